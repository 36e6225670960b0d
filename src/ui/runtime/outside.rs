//! Other programs on the terminal: the developer's editor and shell, and the shell that started this.
//!
//! The caller has given the terminal back before and takes it again afterwards.

use std::{io::Write, path::Path};

use tokio::process::Command;

/// Opens `editor` (a command line, as in `$EDITOR`) with the text in a file and gives the text as it
/// was left.
///
/// # Errors
/// Why there is no text: the editor could not be started or ended with an error, or what it left is
/// not UTF-8. In a sentence.
pub(super) async fn edit(editor: &str, text: &str, suffix: &str) -> Result<String, String> {
    let mut file = tempfile::Builder::new()
        .prefix("kiro-")
        .suffix(suffix)
        .tempfile()
        .map_err(|e| format!("no temporary file: {e}"))?;
    file.write_all(text.as_bytes()).map_err(|e| format!("the temporary file cannot be written: {e}"))?;
    let path = file.into_temp_path();
    // As git does it: the setting may hold options, the path is an argument of its own.
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$@\"")).arg(editor).arg(&path).status().await;
    match status {
        Ok(status) if status.success() => {
            std::fs::read_to_string(&path).map_err(|e| format!("what the editor left cannot be read: {e}"))
        }
        Ok(status) => Err(format!("`{editor}` ended with {status}; set $EDITOR to another")),
        Err(e) => Err(format!("`{editor}` could not be started: {e}")),
    }
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
        let edited = wait(edit("f() { printf ' more' >> \"$1\"; }; f", "text", ".md"));
        assert_eq!(edited, Ok("text more".to_owned()));
        let suffix = wait(edit("f() { printf '%s' \"${1##*.}\" > \"$1\"; }; f", "text", ".rs"));
        assert_eq!(suffix, Ok("rs".to_owned()));
    }

    #[test]
    fn an_editor_that_fails_changes_nothing_and_says_so() {
        assert!(wait(edit("false", "text", ".md")).is_err_and(|e| e.contains("`false` ended")));
        assert!(wait(shell("/no/such/shell", Path::new("/"))).is_err());
    }
}
