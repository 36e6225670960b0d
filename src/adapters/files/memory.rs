//! The files port in memory, for tests of what uses it. Same contract as the disk.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use super::{MAX_BYTES, find, plan, zip};
use crate::{
    domain::{
        change::{ChangeSet, FileState, Mode},
        gate::Approved,
        path::{PathError, RelPath},
    },
    ports::files::{Files, FilesError, Found},
};

type Map = BTreeMap<RelPath, FileState>;

/// Files in memory.
#[derive(Debug, Default)]
pub struct MemoryFiles {
    files: Mutex<Map>,
}

impl MemoryFiles {
    /// Regular files with these paths and texts.
    ///
    /// # Errors
    /// The first path that is refused.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, PathError> {
        let mut map = Map::new();
        for (path, text) in files {
            map.insert(RelPath::parse(path)?, FileState::regular(text));
        }
        Ok(Self { files: Mutex::new(map) })
    }

    /// Puts a file there, or takes it away, past any gate: what another program would do.
    pub fn put(&self, path: RelPath, file: Option<FileState>) {
        match file {
            Some(file) => self.map().insert(path, file),
            None => self.map().remove(&path),
        };
    }

    /// All files as they are.
    pub fn all(&self) -> BTreeMap<RelPath, FileState> {
        self.map().clone()
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(map: &Map, path: &RelPath) -> Result<Option<FileState>, FilesError> {
    let unsuitable = |why: String| Err(FilesError::Unsuitable { path: path.clone(), why });
    for above in plan::ancestors(path.as_str()) {
        match RelPath::parse(above).ok().and_then(|p| map.get_key_value(&p)) {
            Some((link, file)) if file.mode == Mode::Symlink => {
                return match plan::link_target(link, &file.bytes) {
                    Ok(_) => unsuitable(format!("`{above}` is a symbolic link; use the path that it leads to")),
                    Err(_) => Err(FilesError::Outside(path.clone())),
                };
            }
            Some(_) => return Ok(None),
            None => {}
        }
    }
    if map.keys().any(|k| plan::ancestors(k.as_str()).any(|a| a == path.as_str())) {
        return unsuitable("is a directory".into());
    }
    match map.get(path) {
        Some(file) if file.bytes.len() > MAX_BYTES => unsuitable("is larger than 8 MiB".into()),
        found => Ok(found.cloned()),
    }
}

/// The ignore files of one name, by the directory they lie in.
fn ignore_files(map: &Map, name: &str) -> Vec<(String, Gitignore)> {
    let mut found = Vec::new();
    for (path, file) in map.iter().filter(|(path, _)| path.name() == name) {
        let dir = path.as_str().strip_suffix(name).unwrap_or("");
        let mut builder = GitignoreBuilder::new(Path::new("/").join(dir));
        for line in file.text().unwrap_or("").lines() {
            // A line that cannot be read is skipped, as git does.
            let _ = builder.add_line(None, line);
        }
        if let Ok(rules) = builder.build() {
            found.push((dir.to_owned(), rules));
        }
    }
    // Deepest first: what is nearer to the file wins.
    found.sort_by_key(|(dir, _)| std::cmp::Reverse(dir.len()));
    found
}

fn ignored(rules: &[Vec<(String, Gitignore)>], path: &str) -> bool {
    let verdict = |at: &str, is_dir: bool| {
        rules.iter().find_map(|by_dir| {
            by_dir.iter().filter(|(dir, _)| at.starts_with(dir.as_str())).find_map(|(_, rules)| {
                match rules.matched(Path::new("/").join(at), is_dir) {
                    Match::None => None,
                    Match::Ignore(_) => Some(true),
                    Match::Whitelist(_) => Some(false),
                }
            })
        })
    };
    plan::ancestors(path).any(|above| verdict(above, true) == Some(true)) || verdict(path, false) == Some(true)
}

fn paths(map: &Map, glob: Option<&str>) -> Result<Vec<RelPath>, FilesError> {
    let glob = find::glob(glob)?;
    let rules = [ignore_files(map, ".kiroignore"), ignore_files(map, ".gitignore")];
    Ok(map
        .keys()
        .filter(|p| !ignored(&rules, p.as_str()))
        .filter(|p| glob.as_ref().is_none_or(|g| g.is_match(p.as_str())))
        .cloned()
        .collect())
}

impl Files for MemoryFiles {
    fn read(&self, path: &RelPath) -> Result<Option<FileState>, FilesError> {
        read(&self.map(), path)
    }

    fn weigh(&self, path: &RelPath) -> Result<Option<u64>, FilesError> {
        let below = format!("{path}/");
        let map = self.map();
        let there = map.iter().filter(|(p, _)| *p == path || p.as_str().starts_with(&below));
        let mut sizes = there.map(|(_, f)| f.bytes.len() as u64).peekable();
        Ok(sizes.peek().is_some().then(|| sizes.sum()))
    }

    fn zipped(&self, path: &RelPath, most: u64) -> Result<Option<u64>, FilesError> {
        if self.weigh(path)?.is_none_or(|bytes| bytes > most) {
            return Ok(None);
        }
        let below = format!("{path}/");
        let mut packed = zip::Zip::default();
        for (at, file) in
            self.map().iter().filter(|(p, f)| f.mode != Mode::Symlink && (*p == path || p.as_str().starts_with(&below)))
        {
            let name = at.as_str().strip_prefix(&below).unwrap_or_default();
            let wrong = |e: std::io::Error| FilesError::Io { path: at.to_string(), why: e.to_string() };
            packed.put(name, &*file.bytes).map_err(wrong)?;
        }
        Ok(Some(packed.bytes()))
    }

    fn list(&self, glob: Option<&str>, limit: usize) -> Result<(Vec<RelPath>, bool), FilesError> {
        Ok(find::cut(paths(&self.map(), glob)?, limit))
    }

    fn search(&self, regex: &str, glob: Option<&str>, limit: usize) -> Result<(Vec<Found>, bool), FilesError> {
        let map = self.map();
        let mut search = find::Search::new(regex, limit)?;
        for path in paths(&map, glob)? {
            let Some(file) = map.get(&path).filter(|f| f.mode != Mode::Symlink) else { continue };
            if file.bytes.len() <= MAX_BYTES && !search.file(&path, &file.bytes)? {
                break;
            }
        }
        Ok(search.finish())
    }

    fn apply(&self, changes: Approved<ChangeSet>) -> Result<(), FilesError> {
        let mut map = self.map();
        let steps = plan::plan(changes.item(), |path| read(&map, path))?;
        for step in steps.iter().filter(|s| s.after.is_some()) {
            for above in plan::ancestors(step.path.as_str()) {
                if RelPath::parse(above).is_ok_and(|p| map.contains_key(&p)) {
                    let why = format!("`{above}` is a file, not a directory");
                    return Err(FilesError::Unsuitable { path: step.path.clone(), why });
                }
            }
        }
        for step in steps {
            match step.after {
                Some(file) => map.insert(step.path, file),
                None => map.remove(&step.path),
            };
        }
        Ok(())
    }
}
