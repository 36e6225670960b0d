//! Reads the files that configuration is made of. The only part of it that touches the disk.
//!
//! A file that is not there is no mistake; one that cannot be read is. Which folder is the user's
//! is for the caller to know.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::error::{ConfigError, ConfigErrors};
use super::library::Library;
use super::theme;
use super::tree::Source;

/// The user's settings, in the configuration folder.
pub const USER_FILE: &str = "config.toml";
/// The user's keys on top of the keymap, in the configuration folder.
pub const KEYS_FILE: &str = "keymap.toml";
/// The project's settings, below the repository's root.
pub const PROJECT_FILE: &str = ".kiro/kiro-tui.toml";

/// No configuration is longer.
const MOST: u64 = 1 << 20;

/// The user's settings.
///
/// # Errors
/// The file is there but cannot be read.
pub fn user(dir: &Path) -> Result<Option<Source>, ConfigErrors> {
    read(&dir.join(USER_FILE))
}

/// The user's own keys.
///
/// # Errors
/// The file is there but cannot be read.
pub fn own_keys(dir: &Path) -> Result<Option<Source>, ConfigErrors> {
    read(&dir.join(KEYS_FILE))
}

/// The project's settings. A symbolic link is refused: errors quote the file they are about, and a
/// repository must not choose which file that is.
///
/// # Errors
/// The file is there but cannot be read, or is not a plain file within the repository.
pub fn project(root: &Path) -> Result<Option<Source>, ConfigErrors> {
    let mut path = root.to_path_buf();
    for part in Path::new(PROJECT_FILE) {
        path.push(part);
        if path.symlink_metadata().is_ok_and(|m| m.is_symlink()) {
            return Err(wrong(&path, "is a symbolic link; a project's settings are a plain file").into());
        }
    }
    read(&path)
}

/// Adds the user's files in `dir` to a library, each under its name without `.toml`.
///
/// # Errors
/// The folder or a file in it is there but cannot be read.
pub fn extend(library: &mut Library, dir: &Path) -> Result<(), ConfigErrors> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(wrong(dir, &format!("cannot be read: {error}")).into()),
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let stem = path.file_stem().and_then(|s| s.to_str()).map(str::to_owned);
        if let Some(name) = stem.filter(|_| path.extension().is_some_and(|e| e == "toml"))
            && let Some(source) = read(&path)?
        {
            library.add(name, source);
        }
    }
    Ok(())
}

/// The shipped themes and those in the folder `themes` of the configuration folder.
///
/// # Errors
/// See [`extend`].
pub fn themes(dir: &Path) -> Result<Library, ConfigErrors> {
    let mut library = theme::shipped();
    extend(&mut library, &dir.join("themes"))?;
    Ok(library)
}

fn read(path: &Path) -> Result<Option<Source>, ConfigErrors> {
    // Asked before opening: opening a pipe would wait for someone to write to it.
    match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => return Err(wrong(path, "is not a plain file").into()),
        Ok(meta) if meta.len() > MOST => return Err(wrong(path, "is longer than 1 MiB").into()),
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(wrong(path, &format!("cannot be read: {error}")).into()),
    }
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MOST).read_to_end(&mut bytes))
        .map_err(|error| wrong(path, &format!("cannot be read: {error}")))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Source::new(path.display().to_string(), text))),
        Err(error) => {
            let line = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            let line = line.iter().filter(|b| **b == b'\n').count() + 1;
            Err(ConfigError { line: Some(line), ..wrong(path, "is not UTF-8") }.into())
        }
    }
}

fn wrong(path: &Path, what: &str) -> ConfigError {
    ConfigError { file: path.display().to_string(), line: None, column: None, what: what.to_owned(), meant: None }
}
