//! Files that moved at the gates whose changes come without that: a finished task, own changes, their way back.

use super::{sets::Desk, *};
use crate::domain::change::{own::OwnChanges, select::Taken};

/// Two files of which one goes and one comes, and they are nearly the same.
fn moved() -> Vec<Change> {
    let text: String = (0..12).map(|n| format!("line {n}\n")).collect();
    let edited = text.replace("line 7\n", "line seven\n");
    vec![file("lib/new.js", None, Some(&edited)), file("lib/old.js", Some(&text), None)]
}

#[test]
fn a_file_that_moved_is_one_file_of_a_task_and_stands_for_both_its_paths() {
    let set = moved();
    let claimed = |c: &Change| ClaimedFile {
        path: c.path.clone(),
        digest: c.after.as_ref().map(FileState::digest),
        ..claim().files[0].clone()
    };
    let claim = TaskClaim { files: set.iter().map(claimed).collect(), ..claim() };
    let mut desk = Desk::new(Story::working().proposed(Proposal::Task(Box::new(claim)), &[]));
    desk.world.set = set;
    desk.size.1 = 60;
    let shown = desk.draw();
    assert!(shown.contains("1 file: 1 moved  +1 −1") && !shown.contains("deletion"), "{shown}");
    assert!(
        shown.contains("lib/new.js  rename: lies elsewhere now, before at lib/old.js")
            && shown.contains("moved from lib/old.js"),
        "{shown}"
    );
    assert_eq!(desk.taken(), [Taken::All]);
    desk.panel.show_file(&RelPath::parse("lib/old.js").unwrap(), None);
    assert_eq!(desk.panel.path(), None, "it is in the set by its old place, too");
    // What is left of it is told by the path it has now, with the old one's lines.
    desk.act(Action::NextHunk);
    desk.act(Action::ToggleHunk);
    let [Intent::Prompt(PromptFor::Reject { with, .. })] = &desk.act(Action::Reject)[..] else { panic!() };
    assert!(with.contains("lib/new.js: accepted, but for") && with.contains("line seven"), "{with}");
    desk.act(Action::ToggleAll);
    desk.act(Action::ToggleAll);
    desk.act(Action::ToggleAll);
    let approve = desk.act(Action::Approve);
    assert!(matches!(&approve[..], [Intent::Send(Command::Decide { .. })]), "{approve:?}");
}

#[test]
fn what_is_put_back_is_shown_as_what_a_yes_does() {
    let changes = vec![moved().remove(0), moved().remove(1), file("src/evil.js", Some("bad()\n"), None)];
    let own = OwnChanges { changes };
    let mut desk = Desk::new(Story::working().then(Entry::OwnFound { changes: own.changes.clone() }));
    desk.size.1 = 60;
    let shown = desk.draw();
    assert!(shown.contains("2 files: 1 moved, 1 deleted") && shown.contains("src/evil.js  deletion"), "{shown}");
    assert!(shown.contains("before at lib/old.js"), "{shown}");
    let no = Verdict::Reject { feedback: None };
    let story = Story { state: desk.world.state.clone() }.decided(Subject::Own, own.digest(), no);
    desk.world.state = story.state;
    let shown = desk.draw();
    assert!(shown.contains("2 files: 1 new, 1 moved") && !shown.contains("deletion"), "it comes back\n{shown}");
    assert!(shown.contains("+bad()") && shown.contains("before at lib/new.js"), "{shown}");
}
