//! Steering: the developer's own, the project's, and `AGENTS.md` of the folders in play.

use std::{collections::BTreeSet, fs, path::Path};

use super::{
    EACH, Gatherer, References,
    documents::{Unread, read},
};
use crate::{
    domain::{
        journal::Start,
        path::RelPath,
        steering::{self, Inclusion, Steering},
    },
    ports::files::Files,
};

const FOLDER: &str = ".kiro/steering";
/// How many files of one folder are read.
const FILES: usize = 100;
/// How deep files may put in files.
const DEPTH: usize = 3;

/// Everything that applies, the more particular after the more general.
pub(super) fn gather(own: &References, start: &Start, in_play: &[RelPath], out: &mut Gatherer) {
    let files = own.files.as_ref();
    let project = project(files, out);
    let theirs = own.user.as_deref().map(|dir| user(dir, out)).unwrap_or_default();
    // The project's file of the same name wins.
    let shadowed = |s: &Steering| project.iter().any(|p| last(&p.origin) == last(&s.origin));
    let mut all: Vec<Steering> = theirs.into_iter().filter(|s| !shadowed(s)).collect();
    // The agent cannot read outside of the repository, so there it cannot be left to choose.
    for steering in all.iter_mut().filter(|s| s.inclusion == Inclusion::Auto) {
        steering.inclusion = Inclusion::Always;
    }
    all.extend(project);

    let mentions = steering::mentions(&format!("{}\n{}", start.need, start.constraints));
    let selected = steering::select(&all, in_play, &mentions);
    for steering in &selected.included {
        steering.notes.iter().for_each(|note| out.note(note));
        let text = filled(files, &steering.body, &mut vec![steering.origin.clone()], out);
        out.take(format!("steering: {}", steering.origin), &text);
    }
    agents(files, in_play, out);
    if !selected.offered.is_empty() {
        let line = |s: &&Steering| format!("- `{}`: {}", s.origin, s.description);
        let list = selected.offered.iter().map(line).collect::<Vec<_>>().join("\n");
        let text = format!("Read one of these files when its description fits what you are doing:\n{list}\n");
        out.take("steering: more on demand".into(), &text);
    }
}

fn last(origin: &str) -> &str {
    origin.rsplit('/').next().unwrap_or(origin)
}

fn project(files: &dyn Files, out: &mut Gatherer) -> Vec<Steering> {
    let paths = match files.list(Some(&format!("{FOLDER}/**/*.md")), FILES) {
        Ok((paths, more)) => {
            if more {
                out.note(format!("steering: only the first {FILES} files of `{FOLDER}` were read"));
            }
            paths
        }
        Err(e) => {
            out.note(format!("steering: {e}"));
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for path in paths {
        match read(files, &path) {
            Ok(Some(text)) => found.push(steering::parse(path.as_str(), &text)),
            Ok(None) | Err(Unread::Directory) => {}
            Err(Unread::Not(why)) => out.note(format!("steering: {why}")),
        }
    }
    found
}

/// The developer's own directory. Read plainly: it is theirs and outside of any repository.
fn user(dir: &Path, out: &mut Gatherer) -> Vec<Steering> {
    let mut paths: Vec<_> = fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "md"));
    paths.sort();
    let mut found = Vec::new();
    for path in paths.iter().take(FILES) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let origin = format!("~/.kiro/steering/{name}");
        // Asked before reading: a pipe would wait for somebody to write to it.
        match fs::metadata(path) {
            Ok(meta) if meta.is_file() && meta.len() <= 16 * EACH as u64 => match fs::read_to_string(path) {
                Ok(text) => found.push(steering::parse(&origin, &text)),
                Err(e) => out.note(format!("steering: `{origin}` cannot be read: {e}")),
            },
            Ok(_) => out.note(format!("steering: `{origin}` is not a text file of reasonable size")),
            Err(e) => out.note(format!("steering: `{origin}` cannot be read: {e}")),
        }
    }
    found
}

/// `AGENTS.md` of the root and of every folder above a file in play, the outermost first.
fn agents(files: &dyn Files, in_play: &[RelPath], out: &mut Gatherer) {
    let mut folders = BTreeSet::from([String::new()]);
    for path in in_play {
        let text = path.as_str();
        folders.extend(text.match_indices('/').filter_map(|(at, _)| text.get(..=at)).map(str::to_owned));
    }
    for folder in folders {
        let Ok(path) = RelPath::parse(&format!("{folder}AGENTS.md")) else { continue };
        match read(files, &path) {
            Ok(Some(text)) => {
                let text = filled(files, &text, &mut vec![path.to_string()], out);
                out.take(format!("steering: {path}"), &text);
            }
            Ok(None) | Err(Unread::Directory) => {}
            Err(Unread::Not(why)) => out.note(format!("steering: {why}")),
        }
    }
}

/// A text with the files it asks for put in. `inside` are the files that this text lies in.
fn filled(files: &dyn Files, text: &str, inside: &mut Vec<String>, out: &mut Gatherer) -> String {
    let mut filled = String::new();
    let mut at = 0;
    for (range, given) in steering::file_markers(text) {
        filled.push_str(text.get(at..range.start).unwrap_or_default());
        at = range.end;
        match included(files, given, inside, out) {
            Ok(part) => filled.push_str(&part),
            Err(why) => {
                let outer = inside.last().map_or("", String::as_str);
                out.note(format!("steering: `{outer}` asks for a file that was left out: {why}"));
                filled.push_str(text.get(range).unwrap_or_default());
            }
        }
        // No more is taken of one text anyway.
        if filled.len() > 2 * EACH {
            break;
        }
    }
    filled.push_str(text.get(at..).unwrap_or_default());
    filled
}

fn included(files: &dyn Files, given: &str, inside: &mut Vec<String>, out: &mut Gatherer) -> Result<String, String> {
    let path = RelPath::parse(given).map_err(|e| e.to_string())?;
    if inside.iter().any(|i| i == path.as_str()) {
        return Err(format!("`{path}` would be put into itself"));
    }
    if inside.len() > DEPTH {
        return Err(format!("`{path}` lies more than {DEPTH} files deep"));
    }
    match read(files, &path) {
        Ok(Some(text)) => {
            inside.push(path.to_string());
            let text = filled(files, &text, inside, out);
            inside.pop();
            Ok(format!("Content of `{path}`:\n\n{}\n", text.trim_end()))
        }
        Ok(None) => Err(format!("there is no `{path}`")),
        Err(Unread::Directory) => Err(format!("`{path}` is a directory")),
        Err(Unread::Not(why)) => Err(why),
    }
}
