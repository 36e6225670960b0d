//! Globs and regular expressions over paths and bytes, shared by the disk and the memory.
//!
//! A glob without `/` matches names at any depth, one with `/` matches from the root; either takes
//! everything below a directory that it matches. `*` does not cross `/`, `**` does.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use grep_regex::RegexMatcher;
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, sinks::Lossy};

use crate::{
    domain::path::RelPath,
    ports::files::{FilesError, Found},
};

const LINE_CHARS: usize = 400;

/// Compiles a glob; no glob takes everything.
pub(super) fn glob(pattern: Option<&str>) -> Result<Option<GlobSet>, FilesError> {
    let Some(given) = pattern.map(str::trim).filter(|p| !p.is_empty()) else { return Ok(None) };
    let wrong = |e: globset::Error| FilesError::Pattern { pattern: given.to_owned(), why: e.kind().to_string() };
    let trimmed = given.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/');
    if trimmed.is_empty() || trimmed == "." {
        return Ok(None);
    }
    let anchored = if trimmed.contains('/') { trimmed.to_owned() } else { format!("**/{trimmed}") };
    let mut set = GlobSetBuilder::new();
    for pattern in [anchored.clone(), format!("{anchored}/**")] {
        set.add(GlobBuilder::new(&pattern).literal_separator(true).build().map_err(wrong)?);
    }
    set.build().map(Some).map_err(wrong)
}

/// Cuts a sorted list to `limit`, and says whether anything was cut.
pub(super) fn cut<T>(mut all: Vec<T>, limit: usize) -> (Vec<T>, bool) {
    let more = all.len() > limit;
    all.truncate(limit);
    (all, more)
}

/// A search through one file after another that stops one match past its limit.
pub(super) struct Search {
    matcher: RegexMatcher,
    searcher: Searcher,
    limit: usize,
    found: Vec<Found>,
}

impl Search {
    /// Compiles the expression.
    pub(super) fn new(regex: &str, limit: usize) -> Result<Self, FilesError> {
        let matcher = RegexMatcher::new_line_matcher(regex)
            .map_err(|e| FilesError::Pattern { pattern: regex.to_owned(), why: e.to_string() })?;
        let searcher = SearcherBuilder::new().line_number(true).binary_detection(BinaryDetection::quit(0)).build();
        Ok(Self { matcher, searcher, limit, found: Vec::new() })
    }

    /// Searches one file; false when there is enough. Binary files have no lines.
    pub(super) fn file(&mut self, path: &RelPath, bytes: &[u8]) -> Result<bool, FilesError> {
        if bytes.contains(&0) {
            return Ok(true);
        }
        let (found, limit) = (&mut self.found, self.limit);
        let sink = Lossy(|line, text| {
            let text = text.trim_end_matches(['\r', '\n']).chars().take(LINE_CHARS).collect();
            found.push(Found { path: path.clone(), line, text });
            Ok(found.len() <= limit)
        });
        self.searcher
            .search_slice(&self.matcher, bytes, sink)
            .map_err(|e| FilesError::Io { path: path.to_string(), why: e.to_string() })?;
        Ok(self.found.len() <= limit)
    }

    /// What was found, and whether there was more.
    pub(super) fn finish(self) -> (Vec<Found>, bool) {
        cut(self.found, self.limit)
    }
}
