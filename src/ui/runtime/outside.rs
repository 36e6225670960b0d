//! Other programs on the terminal: the developer's editor and shell, and the shell that started this.
//!
//! The caller has given the terminal back before and takes it again afterwards.

use std::{
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
};

use tokio::process::Command;

/// Opens `editor` (a command line, as in `$EDITOR`) with the text in a file and gives the text as it
/// was left.
///
/// # Errors
/// Why there is no text: the editor could not be started or ended with an error, or what it left is
/// not UTF-8. In a sentence.
pub(super) async fn edit(editor: &str, text: &str, suffix: &str, line: usize) -> Result<String, String> {
    let mut file = tempfile::Builder::new()
        .prefix("kiro-")
        .suffix(suffix)
        .tempfile()
        .map_err(|e| format!("no temporary file: {e}"))?;
    file.write_all(text.as_bytes()).map_err(|e| format!("the temporary file cannot be written: {e}"))?;
    let path = file.into_temp_path();
    open(editor, &path, line).await?;
    std::fs::read_to_string(&path).map_err(|e| format!("what the editor left cannot be read: {e}"))
}

/// Opens `editor` with a file, at a line where it is known how to ask for one.
///
/// # Errors
/// Why it could not be started, or how it ended, in a sentence.
pub(super) async fn open(editor: &str, path: &Path, line: usize) -> Result<(), String> {
    // As git does it: the setting may hold options, the path is an argument of its own.
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{editor} \"$@\"")).arg(editor).args(place(editor, path, line));
    match command.status().await {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{editor}` ended with {status}; set $EDITOR to another")),
        Err(e) => Err(format!("`{editor}` could not be started: {e}")),
    }
}

/// The arguments that open a file at a line, as each editor wants them; one that is not known gets the
/// file alone.
fn place(editor: &str, path: &Path, line: usize) -> Vec<OsString> {
    let program = editor.split_whitespace().next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let file = path.as_os_str().to_owned();
    let with_line = || {
        let mut place = file.clone();
        place.push(format!(":{line}"));
        place
    };
    match program {
        _ if line <= 1 => vec![file],
        "vi" | "vim" | "nvim" | "view" | "gvim" | "elvis" | "nano" | "pico" | "joe" | "jed" | "emacs"
        | "emacsclient" | "kak" | "ne" | "mg" | "zile" | "less" => vec![format!("+{line}").into(), file],
        "code" | "codium" | "code-insiders" | "cursor" | "windsurf" => vec!["--goto".into(), with_line()],
        "hx" | "helix" | "zed" | "subl" | "micro" => vec![with_line()],
        _ => vec![file],
    }
}

/// Writes a file of the developer's own and gives its path. One of the same name is replaced.
///
/// # Errors
/// Why it could not be written, in a sentence.
pub(super) fn export(dir: Option<&Path>, name: &str, text: &str) -> Result<PathBuf, String> {
    let dir = dir.ok_or("there is no directory for such files")?;
    std::fs::create_dir_all(dir).map_err(|e| format!("{} cannot be made: {e}", dir.display()))?;
    let path = dir.join(name);
    std::fs::write(&path, text).map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
    Ok(path)
}

/// Opens a shell in a directory and waits for its end.
///
/// # Errors
/// Why it could not be started, in a sentence.
pub(super) async fn shell(shell: &str, dir: &Path) -> Result<(), String> {
    match Command::new(shell).current_dir(dir).status().await {
        Ok(_) => Ok(()),
        Err(e) => Err(format!("`{shell}` could not be started: {e}; set $SHELL to another")),
    }
}

/// Stops this program and what it runs in its group, until the shell lets it go on.
pub(super) fn suspend() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn the_editor_gets_the_text_and_what_it_leaves_comes_back() {
        let edited = wait(edit("f() { printf ' more' >> \"$1\"; }; f", "text", ".md", 1));
        assert_eq!(edited, Ok("text more".to_owned()));
        let suffix = wait(edit("f() { printf '%s' \"${1##*.}\" > \"$1\"; }; f", "text", ".rs", 1));
        assert_eq!(suffix, Ok("rs".to_owned()));
    }

    #[test]
    fn a_file_is_written_where_it_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = export(Some(&dir.path().join("exports")), "a-trace.md", "# A\n").unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "# A\n");
        assert!(export(None, "a", "").is_err());
    }

    #[test]
    fn an_editor_that_fails_changes_nothing_and_says_so() {
        assert!(wait(edit("false", "text", ".md", 1)).is_err_and(|e| e.contains("`false` ended")));
        assert!(wait(shell("/no/such/shell", Path::new("/"))).is_err());
    }

    #[test]
    fn each_editor_is_asked_for_a_line_in_its_own_way() {
        let asked = |editor: &str, line| {
            let words = place(editor, Path::new("/w/a b.rs"), line).into_iter().map(|w| w.into_string().unwrap());
            words.collect::<Vec<_>>().join("|")
        };
        assert_eq!(asked("vi", 7), "+7|/w/a b.rs");
        assert_eq!(asked("/usr/bin/nvim -u none", 7), "+7|/w/a b.rs");
        assert_eq!(asked("code --wait", 7), "--goto|/w/a b.rs:7");
        assert_eq!(asked("hx", 7), "/w/a b.rs:7");
        assert_eq!(asked("my-editor", 7), "/w/a b.rs", "what an unknown one would make of it is not known");
        assert_eq!(asked("vi", 1), "/w/a b.rs");
    }
}
