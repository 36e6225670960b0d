//! The form's existing documentation: paths, globs, directories and URLs.

use futures_util::future::join_all;

use super::Gatherer;
use crate::{
    domain::path::RelPath,
    ports::{
        files::{Files, FilesError},
        web::Web,
    },
};

/// How many files one glob or directory may bring.
const FILES: usize = 100;

/// Reads entries that are paths or globs from the repository's root.
pub(super) fn local(files: &dyn Files, entries: &[String], out: &mut Gatherer) {
    for entry in entries {
        if entry.contains(['*', '?', '[', '{']) {
            many(files, entry, out);
            continue;
        }
        let path = match RelPath::parse(entry.trim_end_matches('/')) {
            Ok(path) => path,
            Err(e) => {
                out.note(format!("documentation: {e}"));
                continue;
            }
        };
        match read(files, &path) {
            Ok(Some(text)) => out.take(path.to_string(), &text),
            Ok(None) => out.note(format!("documentation: there is no `{path}` in the repository")),
            Err(Unread::Directory) => many(files, &format!("{path}/**"), out),
            Err(Unread::Not(why)) => out.note(format!("documentation: {why}")),
        }
    }
}

fn many(files: &dyn Files, glob: &str, out: &mut Gatherer) {
    match files.list(Some(glob), FILES) {
        Ok((paths, _)) if paths.is_empty() => out.note(format!("documentation: nothing matches `{glob}`")),
        Ok((paths, more)) => {
            for path in paths {
                match read(files, &path) {
                    Ok(Some(text)) => out.take(path.to_string(), &text),
                    Ok(None) | Err(Unread::Directory) => {}
                    Err(Unread::Not(why)) => out.note(format!("documentation: {why}")),
                }
            }
            if more {
                out.note(format!("documentation: `{glob}` matches more than {FILES} files; the rest was left out"));
            }
        }
        Err(e) => out.note(format!("documentation: {e}")),
    }
}

/// Why a file gives no text.
pub(super) enum Unread {
    /// It is a directory.
    Directory,
    /// Another reason, in words that name the file.
    Not(String),
}

/// The text of a file; `None` when there is none.
pub(super) fn read(files: &dyn Files, path: &RelPath) -> Result<Option<String>, Unread> {
    match files.read(path) {
        Ok(None) => Ok(None),
        Ok(Some(state)) => match state.text().filter(|t| !t.contains('\0')) {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(Unread::Not(format!("`{path}` is not text and was left out"))),
        },
        Err(FilesError::Unsuitable { path: directory, why }) if why.contains("directory") && directory == *path => {
            Err(Unread::Directory)
        }
        Err(e) => Err(Unread::Not(format!("{e}; it was left out"))),
    }
}

/// Fetches pages, all at once, and takes them in the order given.
pub(super) async fn fetched(web: &dyn Web, urls: &[String], out: &mut Gatherer) {
    let pages = join_all(urls.iter().map(|url| web.fetch(url))).await;
    for (url, page) in urls.iter().zip(pages) {
        match page {
            Ok(page) => {
                if page.truncated {
                    out.note(format!("documentation: {url} is longer than what is read of a page"));
                }
                out.take(url.clone(), &page.text);
            }
            Err(e) => out.note(format!("documentation: {e}")),
        }
    }
}
