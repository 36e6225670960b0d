//! What the model is told of the developer's decisions: exactly what was taken, what was not, and
//! what the files now hold.

use crate::domain::{
    change::{Change, FileState},
    command::{CommandLine, Exit, Outcome},
    journal::Proposal,
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

/// A change was applied, as proposed or as the developer changed it.
pub fn applied(change: &Change, original: Option<&Proposal>) -> String {
    let Some(Proposal::Change(proposed)) = original else {
        return format!("The developer approved this. {}, exactly as you proposed.", effect(change));
    };
    if proposed.after == change.after {
        return format!("The developer approved this. {}, exactly as you proposed.", effect(change));
    }
    let content = match &change.after {
        Some(state) if state.bytes.0.len() > LONGEST => "(too long to repeat here: read it with read_file)".to_owned(),
        Some(state) => text(state),
        None => "(nothing)".to_owned(),
    };
    format!(
        "The developer approved this in part or with changes of their own. {}, but NOT as you proposed. \
         Parts you proposed that are missing below were rejected; do not assume them. {} now holds exactly:\n\n{content}",
        effect(change),
        change.path
    )
}

fn text(state: &FileState) -> String {
    state.text().map_or_else(|| format!("({} bytes that are not UTF-8)", state.bytes.0.len()), str::to_owned)
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
mod tests {
    use super::*;
    use crate::domain::path::RelPath;

    fn change(after: &str) -> Change {
        let path = RelPath::parse("a.txt").unwrap();
        Change { path, from: None, before: Some(FileState::regular("old")), after: Some(FileState::regular(after)) }
    }

    #[test]
    fn the_model_hears_what_the_file_holds_when_it_is_not_what_it_proposed() {
        let first = Proposal::Change(change("proposed"));
        let told = applied(&change("taken"), Some(&first));
        assert!(told.contains("NOT as you proposed") && told.ends_with("taken"), "{told}");
        assert!(applied(&change("proposed"), Some(&first)).contains("exactly as you proposed"));
        assert!(applied(&change("proposed"), None).contains("exactly as you proposed"));
    }

    #[test]
    fn a_rejection_says_that_nothing_changed_and_repeats_the_words() {
        let told = rejected(&Proposal::Change(change("x")), Some("use the helper"));
        assert!(told.contains("a.txt is unchanged") && told.ends_with("use the helper"), "{told}");
    }
}
