//! A relay before an account, whose faults the test decides: an answer is lost or kept back, a request
//! does not arrive, AWS says no, or the line is cut. It counts what arrived.
#![allow(dead_code, reason = "each test uses its part")]

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Deed {
    /// It does not arrive, and the line is closed.
    Refuse,
    /// It does not arrive, and nobody says so.
    Swallow,
    /// It arrives, and the line is closed before the answer.
    Lose,
    /// It arrives, and the answer never comes.
    Hold,
    /// It does not arrive; this is answered: a status and an error's code and words.
    Answer(u16, &'static str, &'static str),
}

struct Inner {
    upstream: u16,
    cut: bool,
    faults: Vec<(String, Deed, usize)>,
    arrived: Vec<String>,
    asked: Vec<String>,
    open: Vec<TcpStream>,
}

struct Shared {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Clone)]
pub struct Relay {
    pub url: String,
    shared: Arc<Shared>,
}

impl Relay {
    pub fn new(upstream: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner { upstream, cut: false, faults: vec![], arrived: vec![], asked: vec![], open: vec![] };
        let shared = Arc::new(Shared { inner: Mutex::new(inner), changed: Condvar::new() });
        let relay = Self { url, shared };
        let serving = relay.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(stream));
            }
        });
        relay
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.shared.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So it goes with the next requests of this action, `ExecuteChangeSet`.
    pub fn next(&self, action: &str, times: usize, deed: Deed) {
        self.inner().faults.push((action.to_owned(), deed, times));
    }

    /// Nobody gets through any more, and lines that are open are closed.
    pub fn cut(&self) {
        let mut inner = self.inner();
        inner.cut = true;
        for stream in inner.open.drain(..) {
            stream.shutdown(Shutdown::Both).ok();
        }
    }

    pub fn mend(&self) {
        let mut inner = self.inner();
        inner.cut = false;
        inner.faults.clear();
    }

    /// How many requests of an action arrived at the account.
    pub fn count(&self, action: &str) -> usize {
        self.inner().arrived.iter().filter(|a| *a == action).count()
    }

    /// Waits until so many requests of an action were made, whatever became of them.
    #[track_caller]
    pub fn until(&self, action: &str, times: usize) {
        let end = Instant::now() + Duration::from_secs(120);
        let mut inner = self.inner();
        while inner.asked.iter().filter(|a| *a == action).count() < times {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{action} was not asked {times} times: {:?}", inner.asked);
            inner = self.shared.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How many requests of an action were made until now.
    pub fn asked(&self, action: &str) -> usize {
        self.inner().asked.iter().filter(|a| *a == action).count()
    }

    fn serve(&self, mut client: TcpStream) {
        let Some((head, body)) = read(&mut client) else { return };
        let text = String::from_utf8_lossy(&body);
        let path = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let action = text.split('&').find_map(|part| part.strip_prefix("Action=")).unwrap_or(&path).to_owned();
        let (upstream, deed) = {
            let mut inner = self.inner();
            let due = inner.faults.iter_mut().find(|(name, _, times)| *times > 0 && *name == action);
            let mut deed = due.map(|(_, deed, times)| {
                *times -= 1;
                deed.clone()
            });
            if inner.cut {
                deed = Some(Deed::Refuse);
            }
            if let Ok(open) = client.try_clone() {
                inner.open.push(open);
            }
            if !matches!(deed, Some(Deed::Refuse | Deed::Swallow | Deed::Answer(..))) {
                inner.arrived.push(action.clone());
            }
            (inner.upstream, deed)
        };
        // What arrives has been dealt with by the account before anybody is told that it was asked.
        let arrives = !matches!(deed, Some(Deed::Refuse | Deed::Swallow | Deed::Answer(..)));
        let answer = arrives.then(|| pass(upstream, &head, &body)).flatten();
        self.inner().asked.push(action);
        self.shared.changed.notify_all();
        match deed {
            Some(Deed::Refuse | Deed::Lose) => {}
            Some(Deed::Swallow | Deed::Hold) => wait(&mut client),
            Some(Deed::Answer(status, code, words)) => {
                let body = format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error>\
                     </ErrorResponse>"
                );
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                client.write_all(answer.as_bytes()).ok();
            }
            None => {
                client.write_all(&answer.unwrap_or_default()).ok();
            }
        }
        client.shutdown(Shutdown::Both).ok();
    }
}

/// Until the other side is gone.
fn wait(client: &mut TcpStream) {
    let mut byte = [0; 64];
    while client.read(&mut byte).is_ok_and(|n| n > 0) {}
}

/// A request: its head without the blank line, and its body.
fn read(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut all, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    let end = loop {
        if let Some(at) = all.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        match client.read(&mut buffer) {
            Ok(n) if n > 0 => all.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    };
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let length = head.lines().find_map(|l| {
        let (name, value) = l.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = all.split_off(end + 4);
    if head.to_ascii_lowercase().contains("expect: 100-continue") {
        client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    while body.len() < length.unwrap_or(0) {
        match client.read(&mut buffer) {
            Ok(n) if n > 0 => body.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
    Some((head, body))
}

/// Sends it on, alone on its line, and reads the whole answer.
fn pass(upstream: u16, head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut account = TcpStream::connect(("127.0.0.1", upstream)).ok()?;
    let kept = head.lines().filter(|l| !l.to_ascii_lowercase().starts_with("connection:"));
    let head: String = kept.map(|l| format!("{l}\r\n")).collect();
    account.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).ok()?;
    account.write_all(body).ok()?;
    let mut answer = Vec::new();
    account.read_to_end(&mut answer).ok()?;
    Some(answer)
}
