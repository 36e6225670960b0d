//! What the model is told of the developer's decisions: exactly what was taken, what was not, and
//! what the files now hold.

use std::borrow::Cow;

use crate::domain::{
    change::{Change, FileState, Mode},
    command::{CommandLine, Exit, Outcome},
    diff::{is_binary, patch},
    journal::{Proposal, Side, Spot},
    policy::secrets,
};

/// Longest file content that is repeated to the model, in bytes.
const LONGEST: usize = 40_000;

fn effect(change: &Change) -> String {
    let path = &change.path;
    match (&change.from, &change.before, &change.after) {
        (Some(from), ..) => format!("{from} is now {path}"),
        (None, None, Some(_)) => format!("{path} was created"),
        (None, Some(_), None) => format!("{path} was deleted"),
        (None, Some(_), Some(_)) => format!("{path} was changed"),
        (None, None, None) => format!("{path} is untouched"),
    }
}

/// A change was applied, as proposed or as the developer changed it. `comments` are theirs on it.
pub fn applied(change: &Change, original: Option<&Proposal>, comments: &str) -> String {
    let proposed = match original {
        Some(Proposal::Change(proposed)) if proposed != change => proposed,
        _ => {
            let whole = format!("The developer approved this. {}, exactly as you proposed.", effect(change));
            return with_comments(whole, comments);
        }
    };
    let mut out = format!(
        "The developer approved this in part or with changes of their own. {}, but NOT as you proposed.",
        effect(change)
    );
    for line in aside(proposed, change) {
        out.push_str(&format!(" {line}"));
    }
    if let (Some(yours), Some(theirs)) = (lines(&proposed.after), lines(&change.after)) {
        let differs = patch::unified(yours, theirs, 1);
        let differs = secrets::redact(&differs);
        if !differs.is_empty() && differs.len() <= LONGEST {
            out.push_str(&format!(
                "\n\nFrom your proposal to the file as it is now (lines with - were not taken, do not assume them; \
                 lines with + stand there instead):\n\n{differs}"
            ));
        }
    }
    // Line ends only: blanks at the end may be what a line of the file is.
    let mut out = with_comments(out.trim_end_matches('\n').to_owned(), comments);
    out.push_str("\n\n");
    match &change.after {
        Some(state) if state.bytes.len() > LONGEST => {
            out.push_str(&format!("{} is too long to repeat here: read it with read_file.", change.path));
        }
        Some(state) => {
            let whole = text(state);
            let how = match secrets::redact(&whole) {
                Cow::Borrowed(_) => "exactly",
                Cow::Owned(_) => "this, with what looks like a secret blanked out",
            };
            out.push_str(&format!("{} now holds {how}:\n\n{}", change.path, secrets::redact(&whole)));
        }
        None => out.push_str(&format!("{} does not exist.", change.path)),
    }
    out
}

/// What of a proposal its lines do not show, where it was not taken: place, existence, mode.
fn aside(proposed: &Change, change: &Change) -> Vec<String> {
    let mut out = Vec::new();
    if proposed.path != change.path {
        out.push(format!("The move to {} was not taken: it does not exist.", proposed.path));
    }
    match (&proposed.after, &change.after) {
        (None, Some(_)) => out.push(format!("{} was not deleted as a whole.", change.path)),
        (Some(_), None) => out.push(format!("Unlike in your proposal there is no {}.", change.path)),
        (Some(yours), Some(theirs)) if yours.mode != theirs.mode => {
            out.push(format!("It is {}, not {} as you proposed.", mode(theirs.mode), mode(yours.mode)));
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    out
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Regular => "a regular file",
        Mode::Executable => "executable",
        Mode::Symlink => "a symbolic link",
        Mode::Submodule => "a submodule",
    }
}

/// A side's bytes, where its lines can be compared; nothing counts as an empty text.
fn lines(state: &Option<FileState>) -> Option<&[u8]> {
    let bytes = state.as_ref().map_or(&[][..], |s| &*s.bytes);
    (!is_binary(bytes)).then_some(bytes)
}

fn with_comments(words: String, comments: &str) -> String {
    if comments.is_empty() { words } else { format!("{words}\n\nThey comment:\n\n{comments}") }
}

/// One comment on a change, with the place it was made on; `proposed` where the after side of that is no
/// file, but what the agent proposed.
pub fn comment(spot: &Spot, words: &str, proposed: bool) -> String {
    let side = match (spot.side, proposed) {
        (Side::Before, _) => " before the change",
        (Side::After, true) => " of your proposal",
        (Side::After, false) => "",
    };
    let place = match spot.lines {
        Some((from, to)) if from == to => format!("{}, line {from}{side}", spot.path),
        Some((from, to)) => format!("{}, lines {from} to {to}{side}", spot.path),
        None => spot.path.to_string(),
    };
    if spot.quoted.is_empty() {
        return format!("{place}:\n{}", words.trim());
    }
    let quoted: Vec<String> = spot.quoted.lines().map(|line| format!("> {line}\n")).collect();
    format!("{place}:\n{}{}", quoted.concat(), words.trim())
}

fn text(state: &FileState) -> String {
    state.text().map_or_else(|| format!("({} bytes that are not UTF-8)", state.bytes.len()), str::to_owned)
}

/// The developer changed files themselves, and took that into the task.
pub fn own(changes: &[Change]) -> String {
    let mut out =
        "The developer changed the worktree themselves, and that belongs to this task now. Build on it; read a \
                   file again before you edit it."
            .to_owned();
    for change in changes {
        out.push_str(&format!("\n\n{}.", effect(change)));
        if let (Some(before), Some(after)) = (lines(&change.before), lines(&change.after)) {
            let differs = patch::unified(before, after, 1);
            if !differs.is_empty() && out.len() + differs.len() <= LONGEST {
                out.push_str(&format!("\n\n{}", secrets::redact(differs.trim_end_matches('\n'))));
            }
        }
    }
    out
}

/// Something was rejected.
pub fn rejected(proposal: &Proposal, feedback: Option<&str>) -> String {
    let unchanged = match proposal {
        Proposal::Change(Change { from: Some(from), path, .. }) => {
            format!("The developer rejected this move. {from} is where it was, and {path} does not exist.")
        }
        Proposal::Change(change) => match &change.before {
            Some(_) => format!("The developer rejected this change. {} is unchanged.", change.path),
            None => format!("The developer rejected this change. {} does not exist.", change.path),
        },
        Proposal::Command(command) => format!("The developer rejected this command. It was not run: {}", command.text),
        Proposal::Task(_) => {
            "The developer does not accept the task as finished. Nothing was committed; the files are as they were."
                .to_owned()
        }
    };
    match feedback {
        Some(words) => format!("{unchanged} Their words:\n\n{words}"),
        None => format!("{unchanged} They gave no reason. Ask them, or propose something else."),
    }
}

/// Something approved could not be done. Only of a change is it certain that nothing of it happened.
pub fn failed(proposal: &Proposal, why: &str) -> String {
    match proposal {
        Proposal::Change(_) => {
            format!("The developer approved this, but it could not be done, and nothing was changed: {why}")
        }
        Proposal::Command(_) => format!(
            "The developer approved this command, but it did not run to its end: {why}. Files may have been changed \
             by it; look before you go on."
        ),
        Proposal::Task(_) => format!("The developer approved the task, but it could not be committed: {why}"),
    }
}

/// A command ran.
pub fn ran(command: &CommandLine, original: Option<&Proposal>, outcome: &Outcome) -> String {
    let end = match outcome.exit {
        Exit::Code(code) => format!("It exited with {code}."),
        Exit::Signal(signal) => format!("Signal {signal} ended it."),
        Exit::TimedOut => format!("It was killed after its time limit of {} s.", command.timeout_s),
        Exit::Stopped => "The developer stopped it.".to_owned(),
    };
    let edited = match original {
        Some(Proposal::Command(first)) if first.text != command.text => {
            format!("The developer changed the command and ran: {}\n", command.text)
        }
        Some(_) | None => String::new(),
    };
    let omitted = if outcome.omitted > 0 { format!(" ({} bytes left out)", outcome.omitted) } else { String::new() };
    format!("{edited}{end} Output{omitted}:\n{}", outcome.output)
}

/// A question was answered.
pub fn answered(text: &str) -> String {
    format!("The developer answered:\n\n{text}")
}

#[cfg(test)]
mod tests;
