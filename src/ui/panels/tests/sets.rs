//! The review of a set: a finished task's files and a merge's, in one scroll.

use super::*;
use crate::domain::{
    change::{
        own::{OwnChanges, PutBack},
        select::Taken,
    },
    journal::{Side, Spot},
};

fn at_gate() -> Story {
    Story::working().proposed(Proposal::Task(Box::new(claim())), &[])
}

fn is_notice(intents: &[Intent], word: &str) -> bool {
    matches!(intents, [Intent::Notice(text)] if text.contains(word))
}

struct Desk {
    world: World,
    panel: DiffPanel,
    size: (u16, u16),
}

impl Desk {
    fn new(story: Story) -> Self {
        let mut desk = Self { world: World::of(story), panel: DiffPanel::plain(), size: (90, 40) };
        desk.draw();
        desk
    }

    fn draw(&mut self) -> String {
        text(&self.world.draw(&mut self.panel, self.size.0, self.size.1))
    }

    /// Does an action and draws what came of it.
    fn act(&mut self, action: Action) -> Vec<Intent> {
        let intents = self.panel.act(action, &self.world.ctx());
        self.draw();
        intents
    }

    /// What the agent records of a command.
    fn record(&mut self, entry: Entry) {
        let story = Story { state: self.world.state.clone() };
        self.world.state = story.then(entry).state;
        self.draw();
    }

    /// Marks the file at the cursor as read, or takes that back.
    fn mark(&mut self) -> bool {
        let intents = self.act(Action::MarkReviewed);
        let [Intent::Send(Command::MarkReviewed { path, after, read })] = intents.as_slice() else {
            panic!("{intents:?}")
        };
        self.record(Entry::Reviewed { path: path.clone(), after: *after, read: *read });
        *read
    }

    fn taken(&self) -> Vec<Taken> {
        self.panel.marks(&self.world.state).iter().map(|m| m.taken).collect()
    }

    fn lands(&self) -> String {
        self.panel.marks(&self.world.state).iter().map(|m| format!("{}:{} ", m.path.name(), m.reviewed)).collect()
    }
}

#[test]
fn a_task_is_one_scroll_with_a_head_that_stays() {
    let mut desk = Desk::new(at_gate());
    let shown = desk.draw();
    assert!(shown.contains("2 files: 1 changed, 1 new  +5 −2") && shown.contains("0/2 reviewed"), "{shown}");
    assert!(shown.contains("package-lock.json  dependencies: decides what code others wrote"), "{shown}");
    assert!(!shown.contains("other.txt"), "what the claim does not name is not part of it\n{shown}");
    let bar = |shown: &str| shown.lines().nth(1).unwrap_or_default().to_owned();
    assert!(bar(&shown).contains("[x] 2 files, 2 accepted"), "{shown}");
    desk.act(Action::NextFile);
    assert!(bar(&desk.draw()).contains("src/handler.ts  +2 −2"), "{}", desk.draw());
    desk.act(Action::NextHunk);
    desk.act(Action::NextHunk);
    assert!(bar(&desk.draw()).contains("hunk 2 of 2  file 1 of 2"), "{}", desk.draw());
    // Hunks go on into the next file, and files back from it.
    desk.act(Action::NextHunk);
    desk.size.1 = 12;
    desk.act(Action::Down);
    desk.act(Action::NextHunk);
    desk.act(Action::PrevFile);
    desk.act(Action::NextFile);
    desk.act(Action::NextFile);
    assert!(desk.draw().contains("▌[x] ▾ package-lock.json"), "{}", desk.draw());
    // Below the last file there is no file.
    desk.act(Action::Bottom);
    assert!(bar(&desk.draw()).contains("2 files") || desk.draw().contains("What the tests printed"));
}

#[test]
fn a_file_folds_and_its_head_says_so() {
    let mut desk = Desk::new(at_gate());
    desk.act(Action::NextFile);
    assert!(desk.draw().contains("SIZES = [128, 512]"));
    desk.act(Action::Select);
    let shown = desk.draw();
    assert!(!shown.contains("SIZES = [128, 512]") && shown.contains("▸ src/handler.ts"), "{shown}");
    assert_eq!(desk.taken(), [Taken::All, Taken::All], "folding accepts and refuses nothing");
    desk.act(Action::ExpandContext);
    assert!(desk.draw().contains("SIZES = [128, 512]"));
    desk.act(Action::Collapse);
    assert!(!desk.draw().contains("SIZES = [128, 512]"));
}

#[test]
fn what_is_not_accepted_stops_the_yes_and_goes_back_by_name_and_line() {
    let mut desk = Desk::new(at_gate());
    let digest = claim().digest();
    let yes = Command::Decide {
        subject: Subject::Task,
        digest,
        verdict: Verdict::Approve,
        remember: false,
        note: String::new(),
    };
    assert_eq!(desk.act(Action::Approve), [Intent::Send(yes.clone())]);
    desk.act(Action::NextFile);
    desk.act(Action::NextHunk);
    desk.act(Action::ToggleHunk);
    assert_eq!(desk.taken(), [Taken::Part, Taken::All]);
    let shown = desk.draw();
    assert!(shown.contains("[-] 1 of 2 accepted") && shown.contains("[ ] hunk 1 of 2"), "{shown}");
    assert!(is_notice(&desk.act(Action::Approve), "1 of 2 files are not accepted"));
    desk.act(Action::NextFile);
    desk.act(Action::ToggleHunk);
    assert_eq!(desk.taken(), [Taken::Part, Taken::None]);
    let intents = desk.act(Action::Reject);
    let [Intent::Prompt(PromptFor::Reject { subject: Subject::Task, digest: of, with })] = intents.as_slice() else {
        panic!("{intents:?}")
    };
    assert_eq!(*of, digest);
    assert_eq!(
        with,
        "Not accepted:\n- src/handler.ts: accepted, but for\n  - removed line 2: `const SIZES = [128];`; added line 2: \
         `const SIZES = [128, 512];`\n- package-lock.json: nothing of this change is accepted"
    );
    desk.act(Action::ToggleAll);
    assert_eq!(desk.taken(), [Taken::All, Taken::All]);
    assert_eq!(desk.act(Action::Approve), [Intent::Send(yes)]);
}

#[test]
fn lines_are_taken_and_left_across_files() {
    let mut desk = Desk::new(at_gate());
    desk.panel.search("export const added");
    desk.act(Action::ToggleLine);
    assert_eq!(desk.taken(), [Taken::Part, Taken::All]);
    assert!(desk.draw().contains("✗"), "{}", desk.draw());
    desk.act(Action::Mark);
    desk.act(Action::Bottom);
    desk.act(Action::ToggleLine);
    assert_eq!(desk.taken(), [Taken::All, Taken::All], "what is left of the selected lines is taken first");
    desk.act(Action::ToggleLine);
    assert_eq!(desk.taken(), [Taken::Part, Taken::None]);
}

#[test]
fn a_file_that_was_read_is_marked_until_it_changes() {
    let mut desk = Desk::new(at_gate());
    assert!(is_notice(&desk.act(Action::MarkReviewed), "go to one of them"), "the summary is no file");
    desk.act(Action::NextFile);
    assert!(desk.mark());
    assert_eq!(desk.lands(), "handler.ts:true package-lock.json:false ");
    let shown = desk.draw();
    assert!(shown.contains("1/2 reviewed") && shown.contains("▸ src/handler.ts"), "it folds away\n{shown}");
    assert!(desk.mark(), "the cursor went on to the next file");
    assert!(desk.draw().contains("2/2 reviewed"));
    assert!(!desk.mark(), "a second time takes it back");
    assert_eq!(desk.lands(), "handler.ts:true package-lock.json:false ");
    // Another session, from the same journal: still read. Another text: not any more.
    let again = Desk { panel: DiffPanel::plain(), ..desk };
    let mut again = Desk { world: World { files: Vec::new(), ..again.world }, ..again };
    again.draw();
    assert_eq!(again.lands(), "handler.ts:true package-lock.json:false ");
    let mut other = claim();
    let changed = file("src/handler.ts", Some("a\n"), Some("b\n"));
    other.files[0].digest = changed.after.as_ref().map(FileState::digest);
    again.world.set[0] = changed;
    let digest = claim().digest();
    let story = Story { state: again.world.state.clone() };
    let no = Verdict::Reject { feedback: Some("again".into()) };
    let story = story.decided(Subject::Task, digest, no).proposed(Proposal::Task(Box::new(other)), &[]);
    again.world.state = story.state;
    again.draw();
    assert_eq!(again.lands(), "handler.ts:false package-lock.json:false ");
}

#[test]
fn a_comment_on_lines_is_staged_shown_and_sent() {
    let mut desk = Desk::new(at_gate());
    desk.panel.search("SIZES = [128, 512]");
    let intents = desk.act(Action::Comment);
    let [Intent::Prompt(PromptFor::Remark { spot })] = intents.as_slice() else { panic!("{intents:?}") };
    let wanted = Spot {
        path: RelPath::parse("src/handler.ts").unwrap(),
        change: change().digest(),
        side: Side::After,
        lines: Some((2, 2)),
        quoted: "const SIZES = [128, 512];".into(),
    };
    assert_eq!(*spot, wanted);
    desk.record(Entry::Remarked { id: 7, spot: wanted, text: "why 512?".into() });
    let shown = desk.draw();
    assert!(shown.contains("┊ ● you 2  why 512?  (not sent yet)") && shown.contains("● "), "{shown}");
    let here = desk.panel.act(Action::Copy, &desk.world.ctx());
    assert!(matches!(&here[..], [Intent::Copy(line)] if line.contains("128, 512")), "the cursor stays: {here:?}");
    // Nobody would hear of it after a yes.
    assert!(is_notice(&desk.act(Action::Approve), "a comment is not sent yet"));
    assert_eq!(desk.world.state.remarks_in_words(), "src/handler.ts, line 2:\n> const SIZES = [128, 512];\nwhy 512?");
    desk.act(Action::PrevItem);
    assert_eq!(desk.act(Action::DeleteComment), [Intent::Send(Command::CloseComment { id: 7, resolved: false })]);
    let no = Verdict::Reject { feedback: Some("see the comment".into()) };
    let story = Story { state: desk.world.state.clone() }.decided(Subject::Task, claim().digest(), no);
    assert_eq!(story.state.staged_remarks().count(), 0);
}

#[test]
fn the_spec_panel_leads_to_a_file_of_the_set() {
    let mut desk = Desk::new(at_gate());
    desk.size = (90, 14);
    desk.panel.show_file(&RelPath::parse("package-lock.json").unwrap(), None);
    let shown = desk.draw();
    assert!(shown.contains("▌[x] ▾ package-lock.json"), "{shown}");
}

#[test]
fn a_merge_is_reviewed_with_the_work_before_the_documents_and_goes_back_by_name() {
    let mut merged = plan();
    let document = |name: &str| file(&format!(".kiro/specs/thumbnails/{name}"), None, Some("x\n"));
    merged.changes.insert(0, document("approvals.jsonl"));
    merged.changes.insert(1, document("design.md"));
    let (digest, into_commit) = (merged.digest(), "2".repeat(40));
    let shown = Entry::MergeShown { digest, into_commit, held: Vec::new() };
    let mut desk = Desk::new(Story::planned(Autonomy::Strict).then(shown));
    desk.world.plan = Some(merged);
    desk.draw();
    assert_eq!(desk.lands(), "handler.ts:false README.md:false design.md:false approvals.jsonl:false ");
    desk.act(Action::NextFile);
    assert!(desk.mark());
    assert_eq!(desk.lands(), "handler.ts:true README.md:false design.md:false approvals.jsonl:false ");
    desk.act(Action::ToggleHunk);
    assert_eq!(desk.taken(), [Taken::All, Taken::None, Taken::All, Taken::All], "the mark went on to the next file");
    let intents = desk.act(Action::Comment);
    let [Intent::Prompt(PromptFor::Remark { spot })] = intents.as_slice() else { panic!("{intents:?}") };
    assert_eq!((spot.path.as_str(), spot.lines), ("README.md", None));
    assert!(is_notice(&desk.act(Action::Approve), "1 of 4 files are not accepted"));
    let intents = desk.act(Action::Reject);
    let [Intent::Prompt(PromptFor::Reject { subject: Subject::Merge, digest: of, with })] = intents.as_slice() else {
        panic!("{intents:?}")
    };
    assert_eq!((*of, with.as_str()), (digest, "Not accepted:\n- README.md: nothing of this change is accepted"));
}

#[test]
fn own_changes_are_answered_as_a_whole_and_without_words() {
    let own = OwnChanges { changes: vec![change()] };
    let found = Entry::OwnFound { changes: own.changes.clone() };
    let mut desk = Desk::new(Story::working().then(found));
    let decide = |subject, digest, verdict| {
        [Intent::Send(Command::Decide { subject, digest, verdict, remember: false, note: String::new() })]
    };
    let no = || Verdict::Reject { feedback: None };
    assert_eq!(desk.act(Action::Approve), decide(Subject::Own, own.digest(), Verdict::Approve));
    assert_eq!(desk.act(Action::Reject), decide(Subject::Own, own.digest(), no()));
    desk.act(Action::NextFile);
    assert!(is_notice(&desk.act(Action::Comment), "your own"));
    assert!(is_notice(&desk.act(Action::ToggleHunk), "only a change"));
    let story = Story { state: desk.world.state.clone() }.decided(Subject::Own, own.digest(), no());
    desk.world.state = story.state;
    assert!(desk.draw().contains("Put your own changes back?"));
    let back = PutBack { own: own.clone() }.digest();
    assert_eq!(desk.act(Action::Approve), decide(Subject::PutBack, back, Verdict::Approve));
    assert_eq!(desk.act(Action::Reject), decide(Subject::PutBack, back, no()));
}
