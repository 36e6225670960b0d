//! What a prompt is given besides the developer's words: steering and the documents they named.
//!
//! Reads through the ports only, so that nothing outside the repository is read except the
//! developer's own steering and what they named in their AWS account. What always holds: secrets are redacted, every text and their sum are
//! bounded, and what was left out or cut is in the notes.

mod account;
mod documents;
mod steering;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;

use crate::{
    domain::{journal::Start, path::RelPath, policy::secrets},
    ports::{
        cloud::Cloud,
        context::{Attachment, Context, Gathered},
        files::Files,
        web::Web,
    },
};

/// The most of one text, in bytes.
pub const EACH: usize = 64 * 1024;
/// The most of all documents together, and again of all steering, in bytes.
pub const TOTAL: usize = 256 * 1024;
/// Longer than any secret.
const MARGIN: usize = 8 * 1024;

/// Gathers over one worktree.
#[derive(Clone)]
pub struct References {
    files: Arc<dyn Files>,
    web: Arc<dyn Web>,
    cloud: Arc<dyn Cloud>,
    user: Option<PathBuf>,
}

impl References {
    /// Over these files. `user` is the developer's own steering directory, `~/.kiro/steering`.
    pub fn new(files: Arc<dyn Files>, web: Arc<dyn Web>, cloud: Arc<dyn Cloud>, user: Option<PathBuf>) -> Self {
        Self { files, web, cloud, user }
    }

    async fn all(&self, start: &Start, in_play: &[RelPath]) -> Gathered {
        let (local, urls): (Vec<String>, Vec<String>) =
            start.documents.iter().map(|d| d.trim().to_owned()).filter(|d| !d.is_empty()).partition(|d| !is_url(d));
        let is_on = start.aws && !self.cloud.is_off();
        let named: Vec<String> = start.aws_references.iter().filter(|_| is_on).map(|r| r.trim().to_owned()).collect();
        let (own, start, in_play) = (self.clone(), start.clone(), in_play.to_vec());
        let disk = tokio::task::spawn_blocking(move || {
            let mut steering = Gatherer::default();
            steering::gather(&own, &start, &in_play, &mut steering);
            let mut documents = Gatherer::default();
            documents::local(own.files.as_ref(), &local, &mut documents);
            let mut account = Gatherer::default();
            let left = account::local(own.files.as_ref(), &named, &mut account);
            (steering, documents, account, left)
        });
        let (steering, mut documents, mut account, left) = match disk.await {
            Ok(gathered) => gathered,
            Err(e) => {
                let notes = vec![format!("steering and documents could not be read: {e}")];
                return Gathered { notes, ..Gathered::default() };
            }
        };
        documents::fetched(self.web.as_ref(), &urls, &mut documents).await;
        let left: Vec<String> = left.into_iter().filter(|r| !r.is_empty()).collect();
        account::asked(self.cloud.as_ref(), &left, &mut account).await;
        let notes = steering.notes.into_iter().chain(documents.notes).chain(account.notes).collect();
        let documents = documents.texts.into_iter().chain(account.texts).collect();
        Gathered { steering: steering.texts, documents, notes }
    }
}

impl Context for References {
    fn gather(&self, start: &Start, in_play: &[RelPath]) -> BoxFuture<'_, Gathered> {
        let (start, in_play) = (start.clone(), in_play.to_vec());
        Box::pin(async move { self.all(&start, &in_play).await })
    }
}

fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// Texts within bounds, and notes of what did not fit.
#[derive(Debug, Default)]
struct Gatherer {
    texts: Vec<Attachment>,
    notes: Vec<String>,
    bytes: usize,
    /// One note is enough to say that there is no more room.
    full: bool,
}

impl Gatherer {
    fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Takes a text, cut to what there is room for.
    fn take(&mut self, title: String, text: &str) {
        if text.trim().is_empty() || self.texts.iter().any(|t| t.title == title) {
            return;
        }
        let room = EACH.min(TOTAL.saturating_sub(self.bytes));
        // A few words of a long text would only mislead.
        if room == 0 || (room < 1024 && text.len() > room) {
            if !self.full {
                self.note(format!("{title} and what comes after it was left out: {} KiB are the most", TOTAL / 1024));
            }
            self.full = true;
            return;
        }
        // Redacted before it is cut: half a secret would not be recognised. Of what lies far behind
        // the cut nothing can matter.
        let near = text.floor_char_boundary(room + MARGIN);
        let far = near < text.len();
        let text = secrets::redact(text.get(..near).unwrap_or_default());
        let kept = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
        if kept.len() < text.len() || far {
            self.note(format!("{title} was cut to its first {} KiB", room.div_ceil(1024)));
        }
        self.bytes += kept.len();
        self.texts.push(Attachment { title, text: kept.to_owned() });
    }
}
