//! The web port: a page of documentation that the developer named.

use futures_util::future::BoxFuture;

/// A page as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its text: HTML reduced to what is read, control characters made visible.
    pub text: String,
    /// What the server called it, without parameters: `text/html`; empty when it did not say.
    pub content_type: String,
    /// True when it was longer than what is read.
    pub truncated: bool,
}

/// A page that could not be had. One line: which, why, and what to do where there is something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WebError(pub String);

/// Fetches pages.
pub trait Web: Send + Sync {
    /// Fetches one page by its `http://` or `https://` URL. Nothing is sent but the request.
    ///
    /// # Errors
    /// [`WebError`]: no such page, not text, or too slow.
    fn fetch(&self, url: &str) -> BoxFuture<'_, Result<Page, WebError>>;
}
