//! The web port over HTTP: one page of text, bounded in time, size and redirects.
//!
//! Sends no cookies, credentials or referrer. What always holds: only `http` and `https` are
//! spoken, also after a redirect, and a page on the open network cannot redirect to this machine or
//! its private network. The client is made at the first fetch.

mod html;

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures_util::{StreamExt, future::BoxFuture};
use reqwest::{
    Client, Response, Url,
    header::{ACCEPT, CONTENT_TYPE},
    redirect::{Attempt, Policy},
};

use crate::{
    domain::prose,
    ports::web::{Page, Web, WebError},
};

/// How long a page may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How much of it is read, in bytes.
pub const MOST: usize = 1 << 20;
/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// Fetches pages with reqwest. Clones share their connections.
#[derive(Clone, Debug, Default)]
pub struct HttpWeb {
    client: Arc<OnceLock<Result<Client, String>>>,
}

impl HttpWeb {
    /// Touches neither the network nor the disk yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The client. Making it reads the system's certificates, which is not for the caller's thread.
    async fn client(&self) -> Result<Client, String> {
        let cell = Arc::clone(&self.client);
        let made = tokio::task::spawn_blocking(move || cell.get_or_init(make).clone()).await;
        made.map_err(|e| e.to_string())?
    }

    async fn get(&self, url: &str) -> Result<Page, String> {
        let parsed = Url::parse(url.trim()).map_err(|e| format!("is not a URL: {e}"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(format!("`{}` URLs are not fetched; give an http:// or https:// one", parsed.scheme()));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err("has a user or password in it; save the page to a file and name that".into());
        }
        let request =
            self.client().await?.get(parsed).header(ACCEPT, "text/markdown, text/plain, text/html, */*;q=0.5");
        let response = request.send().await.map_err(|e| why(&e))?;
        if !response.status().is_success() {
            return Err(format!("the server answered {}", response.status()));
        }
        let content_type = content_type(&response);
        if !is_text(&content_type) {
            return Err(format!("is {content_type}, which is not text; save what matters to a file and name that"));
        }
        let (bytes, truncated) = body(response).await?;
        let text = String::from_utf8_lossy(&bytes);
        if text.contains('\0') {
            return Err("is not text; save what matters to a file and name that".into());
        }
        let looks_html = content_type.is_empty() && text.trim_start().starts_with('<');
        let is_html = looks_html || matches!(content_type.as_str(), "text/html" | "application/xhtml+xml");
        let text = if is_html { html::to_text(&text) } else { text.replace("\r\n", "\n") };
        Ok(Page { text: prose::clean(&text).into_owned(), content_type, truncated })
    }
}

impl Web for HttpWeb {
    fn fetch(&self, url: &str) -> BoxFuture<'_, Result<Page, WebError>> {
        let url = url.to_owned();
        Box::pin(async move { self.get(&url).await.map_err(|why| WebError(format!("{}: {why}", prose::clean(&url)))) })
    }
}

fn make() -> Result<Client, String> {
    Client::builder()
        .timeout(TIMEOUT)
        .redirect(Policy::custom(follow))
        .referer(false)
        .user_agent(concat!("kiro-tui/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| why(&e))
}

fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    match refusal(attempt.previous(), attempt.url()) {
        Some(why) => attempt.error(why),
        None => attempt.follow(),
    }
}

/// Why a redirect is not followed. `before` are the URLs that led to it, the developer's own first.
fn refusal(before: &[Url], next: &Url) -> Option<&'static str> {
    if before.len() > REDIRECTS {
        return Some("too many redirects");
    }
    if !matches!(next.scheme(), "http" | "https") {
        return Some("it redirects to something that is not a web page");
    }
    let from_outside = !before.first().is_some_and(is_inside);
    (from_outside && is_inside(next)).then_some("it redirects into the private network")
}

/// True for this machine and private networks, by name or literal address.
fn is_inside(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        Ok(IpAddr::V6(ip)) => {
            let mapped =
                ip.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback() || v4.is_private() || v4.is_link_local());
            ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local() || mapped
        }
        Err(_) => host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
    }
}

fn content_type(response: &Response) -> String {
    let given = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_text(content_type: &str) -> bool {
    const MORE: [&str; 8] = ["json", "xml", "yaml", "x-yaml", "toml", "markdown", "javascript", "graphql"];
    let Some((family, kind)) = content_type.split_once('/') else { return content_type.is_empty() };
    family == "text" || MORE.iter().any(|m| kind == *m || kind.strip_suffix(m).is_some_and(|k| k.ends_with('+')))
}

async fn body(response: Response) -> Result<(Vec<u8>, bool), String> {
    let (mut bytes, mut stream) = (Vec::new(), response.bytes_stream());
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.map_err(|e| why(&e))?);
        if bytes.len() > MOST {
            bytes.truncate(MOST);
            // A character may have been cut; what is left of it would show as a replacement.
            let whole = bytes.utf8_chunks().map(|c| c.valid().len() + c.invalid().len()).sum::<usize>();
            let tail = bytes.utf8_chunks().last().map_or(0, |c| c.invalid().len());
            bytes.truncate(whole - tail);
            return Ok((bytes, true));
        }
    }
    Ok((bytes, false))
}

/// The innermost reason: the outer ones only say that there was one, and name the URL again.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TIMEOUT.as_secs());
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    prose::clean(&inner.to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// Answers every request with the same bytes; gives the base URL.
    async fn server(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match socket.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => break,
                    }
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                // The reader may have had enough before the end.
                let _ = socket.write_all(&answer(&path)).await;
            }
        });
        base
    }

    fn ok(content_type: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    #[tokio::test]
    async fn a_page_becomes_clean_text() {
        let base = server(|path| match path {
            "/html" => ok("Text/HTML; charset=utf-8", b"<h1>T&amp;T</h1><script>x()</script><p>a\x1b[2Jb</p>"),
            _ => ok("text/markdown", b"# T\r\n\r\n\tx\r\n"),
        })
        .await;
        let web = HttpWeb::new();
        let html = web.fetch(&format!("{base}/html")).await.unwrap();
        assert_eq!(html.content_type, "text/html");
        assert!(
            html.text.starts_with("T&T\n") && !html.text.contains('\x1b') && !html.text.contains("x()"),
            "{html:?}"
        );
        let markdown = web.fetch(&format!("{base}/md")).await.unwrap();
        assert_eq!((markdown.text.as_str(), markdown.truncated), ("# T\n\n\tx\n", false));
    }

    #[tokio::test]
    async fn a_long_page_is_cut_between_characters() {
        let base = server(|_| ok("text/plain", "aé".repeat(MOST / 2).as_bytes())).await;
        let page = HttpWeb::new().fetch(&base).await.unwrap();
        assert!(page.truncated && page.text.len() <= MOST && page.text.len() > MOST - 4);
        assert!(!page.text.contains('\u{fffd}'));
    }

    #[tokio::test]
    async fn what_is_no_page_is_refused_with_the_reason() {
        let base = server(|path| match path {
            "/png" => ok("image/png", b"\x89PNG"),
            "/nul" => ok("text/plain", b"a\0b"),
            "/loop" => {
                b"HTTP/1.1 302 Found\r\nlocation: /loop\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec()
            }
            "/file" => {
                b"HTTP/1.1 302 Found\r\nlocation: ftp://h/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec()
            }
            _ => b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
        })
        .await;
        let web = HttpWeb::new();
        for (url, reason) in [
            (format!("{base}/png"), "not text"),
            (format!("{base}/nul"), "not text"),
            (format!("{base}/loop"), "too many redirects"),
            (format!("{base}/file"), "not a web page"),
            (format!("{base}/gone"), "404"),
            ("file:///etc/passwd".into(), "not fetched"),
            ("http://u:p@127.0.0.1/".into(), "password"),
            ("nonsense".into(), "not a URL"),
        ] {
            let error = web.fetch(&url).await.unwrap_err().to_string();
            assert!(error.starts_with(&url) && error.contains(reason), "{error}");
        }
    }

    #[test]
    fn the_open_network_cannot_lead_inside() {
        let url = |text: &str| Url::parse(text).unwrap();
        let outside = [url("https://example.org"), url("http://example.com/next")];
        assert!(refusal(&outside, &url("http://169.254.169.254/latest")).is_some_and(|w| w.contains("private")));
        assert_eq!(refusal(&outside, &url("https://example.net")), None);
        assert_eq!(refusal(&[url("http://localhost:8000")], &url("http://127.0.0.1:8000/x")), None);
    }

    #[test]
    fn the_inside_is_known_by_name_and_address() {
        let inside = |url: &str| is_inside(&Url::parse(url).unwrap());
        for url in [
            "http://localhost./",
            "http://10.0.0.1",
            "http://169.254.169.254/x",
            "http://[::1]",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert!(inside(url), "{url}");
        }
        for url in ["https://example.org", "http://8.8.8.8", "http://[2001:db8::1]"] {
            assert!(!inside(url), "{url}");
        }
    }
}
