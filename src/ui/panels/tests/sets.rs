//! The review of a set: a finished task's files and a merge's, in one scroll.

use super::*;
use crate::domain::{
    change::{
        own::{OwnChanges, PutBack},
        select::Taken,
    },
    journal::{Side, Spot},
};

pub(super) fn at_gate() -> Story {
    Story::working().proposed(Proposal::Task(Box::new(claim())), &[])
}

pub(super) fn is_notice(intents: &[Intent], word: &str) -> bool {
    matches!(intents, [Intent::Notice(text)] if text.contains(word))
}

pub(super) struct Desk {
    pub(super) world: World,
    pub(super) panel: DiffPanel,
    pub(super) size: (u16, u16),
}

impl Desk {
    pub(super) fn new(story: Story) -> Self {
        let mut desk = Self { world: World::of(story), panel: DiffPanel::plain(), size: (90, 40) };
        desk.draw();
        desk
    }

    pub(super) fn draw(&mut self) -> String {
        text(&self.world.draw(&mut self.panel, self.size.0, self.size.1))
    }

    /// Does an action and draws what came of it.
    pub(super) fn act(&mut self, action: Action) -> Vec<Intent> {
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

    pub(super) fn taken(&self) -> Vec<Taken> {
        self.panel.marks(&self.world.state).iter().filter_map(|m| m.taken).collect()
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
    desk.act(Action::NextItem);
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

/// The lower border: what was found, and the place of the cursor.
pub(super) fn foot(shown: &str) -> &str {
    shown.trim_end().lines().last().unwrap_or_default()
}

#[test]
fn a_search_counts_its_places_and_unfolds_what_hides_them() {
    let mut desk = Desk::new(at_gate());
    desk.size.0 = 60;
    // In the context that is not shown, and in both files.
    assert_eq!(desk.panel.search("unchanged20 "), 1);
    let shown = desk.draw();
    assert!(shown.contains("const unchanged20 = 20;") && foot(&shown).contains("match 1/1"), "{shown}");
    desk.act(Action::Back);
    assert!(!foot(&desk.draw()).contains("match"));
    // A file that is folded away is searched as well.
    desk.act(Action::NextFile);
    desk.act(Action::Top);
    desk.act(Action::NextFile);
    desk.act(Action::Collapse);
    desk.act(Action::Collapse);
    assert!(!desk.draw().contains("128, 512"));
    assert_eq!(desk.panel.search("128, 512"), 1);
    let shown = desk.draw();
    assert!(shown.contains("▌") && shown.contains("128, 512") && foot(&shown).contains("match 1/1"), "{shown}");
    // All of the set, round and round.
    let found = desk.panel.search("const");
    let mut seen = vec![foot(&desk.draw()).to_owned()];
    for _ in 0..found {
        desk.act(Action::SearchNext);
        seen.push(foot(&desk.draw()).to_owned());
    }
    let numbers: Vec<String> = seen
        .iter()
        .map(|f| f.split("match ").nth(1).unwrap_or(f).split(' ').next().unwrap_or_default().to_owned())
        .collect();
    let mut wanted: Vec<usize> = numbers.iter().map(|n| n.split('/').next().unwrap().parse().unwrap()).collect();
    assert!(numbers.iter().all(|n| n.ends_with(&format!("/{found}"))), "{numbers:?}");
    assert_eq!(wanted.first(), wanted.last(), "once around: {numbers:?}");
    wanted.pop();
    wanted.sort_unstable();
    assert_eq!(wanted, (1..=found).collect::<Vec<_>>(), "every place once");
    desk.act(Action::SearchPrev);
    assert!(foot(&desk.draw()).contains("match "));
    assert_eq!(desk.panel.search("stands nowhere"), 0);
    assert!(foot(&desk.draw()).contains("0 matches"));
}

#[test]
fn a_match_in_a_line_that_is_cut_comes_into_view() {
    let long = format!("let x = \"{}\"; // here it is\n", "abc ".repeat(60));
    let mut desk = Desk::new(Story::working().proposed(Proposal::Change(file("a.rs", None, Some(&long))), &[]));
    desk.act(Action::Wrap);
    assert!(!desk.draw().contains("here it is"));
    desk.panel.search("here it");
    assert!(desk.draw().contains("here it is"), "{}", desk.draw());
}

#[test]
fn lines_are_copied_as_they_are_in_the_file() {
    let old = "one\r\n\ttwo \u{1b}[31m\r\nthree\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\nten";
    let new = old.replace("\ttwo \u{1b}[31m", "\ttwo and a half \u{1b}[32m").replace("three\r\n", "");
    let change = file("a.txt", Some(old), Some(&new));
    let mut desk = Desk::new(Story::working().proposed(Proposal::Change(change), &[]));
    let copied = |desk: &mut Desk| match desk.act(Action::Copy).as_slice() {
        [Intent::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    };
    for size in [(60, 24), (120, 40)] {
        desk.size = size;
        desk.panel = DiffPanel::plain();
        desk.draw();
        desk.panel.search("two and");
        assert_eq!(copied(&mut desk), "\ttwo and a half \u{1b}[32m", "a tab is a tab, an escape an escape");
        desk.panel.search("three");
        assert_eq!(copied(&mut desk), "three", "of a line that goes there is only the version before");
        // From the first line to the last: the fold between is part of it.
        desk.act(Action::Top);
        desk.act(Action::NextHunk);
        assert!(copied(&mut desk).starts_with("one\r\n\ttwo and a half"), "a hunk stands for its lines");
        desk.act(Action::Mark);
        desk.act(Action::Bottom);
        let all = copied(&mut desk);
        assert!(all.ends_with("4\r\n5\r\n6\r\n7\r\n8\r\n9\r\nten"), "{all:?}");
        assert!(all.starts_with("one\r\n") && all.contains("\ttwo and a half \u{1b}[32m\r\n"), "{all:?}");
        desk.act(Action::Mark);
    }
    let mut desk = Desk::new(Story::working().proposed(Proposal::Command(command()), &[]));
    assert_eq!(copied(&mut desk), command().text);
    let mut desk = Desk::new(at_gate());
    desk.act(Action::NextFile);
    assert_eq!(copied(&mut desk), "src/handler.ts");
}

const LONG_WORDS: &str = "why these two and not the three that the requirement names? The smallest is what a list shows, \
                          and a list is what most readers see first.";

/// A comment on lines of the first file, as it is at the gate.
fn remarked(id: u64, side: Side, lines: Option<(usize, usize)>, text: &str) -> Entry {
    let path = RelPath::parse("src/handler.ts").unwrap();
    let spot = Spot { path, change: change().digest(), side, lines, quoted: String::new() };
    Entry::Remarked { id, spot, text: text.into() }
}

pub(super) fn commented() -> Story {
    at_gate()
        .then(remarked(1, Side::After, Some((2, 2)), LONG_WORDS))
        .then(remarked(2, Side::Before, Some((35, 35)), "who used it?"))
        .then(remarked(3, Side::After, Some((20, 20)), "in the context"))
        .then(remarked(4, Side::After, None, "on all of it"))
}

#[test]
fn a_comment_stands_below_its_line_and_is_whole_under_the_cursor() {
    for size in [(80, 60), (120, 60)] {
        let mut desk = Desk::new(commented());
        desk.size = size;
        desk.act(Action::Wrap);
        let shown = desk.draw();
        let line = |shown: &str, words: &str| {
            shown.lines().position(|l| l.contains(words)).unwrap_or_else(|| panic!("{words}\n{shown}"))
        };
        let head = line(&shown, "▾ src/handler.ts");
        assert_eq!(line(&shown, "on all of it"), head + 1, "{shown}");
        assert_eq!(line(&shown, "you 2 "), line(&shown, "128, 512") + 1, "{shown}");
        assert_eq!(line(&shown, "you 20 "), line(&shown, "unchanged20 =") + 1, "its line is in view\n{shown}");
        assert_eq!(line(&shown, "you 35 "), line(&shown, "unchanged35 =") + 1, "{shown}");
        let whole = |shown: &str| shown.contains("most readers") || shown.contains("readers see first");
        assert_eq!(whole(&shown), size.0 >= 100, "{shown}");
        desk.act(Action::NextItem);
        desk.act(Action::NextItem);
        let shown = desk.draw();
        assert!(whole(&shown) && shown.contains("▌") && shown.contains("see first"), "{shown}");
        assert_eq!(desk.act(Action::Comment), [Intent::Prompt(PromptFor::Recomment { id: 1 })]);
        assert_eq!(desk.act(Action::Copy), [Intent::Copy(LONG_WORDS.into())]);
        desk.act(Action::NextItem);
        let shown = desk.draw();
        assert_eq!(whole(&shown), size.0 >= 100, "{shown}");
        assert!(shown.lines().any(|l| l.contains("▌") && l.contains("you 20 ")), "the cursor stays on it\n{shown}");
        assert_eq!(desk.act(Action::DeleteComment), [Intent::Send(Command::CloseComment { id: 3, resolved: false })]);
        desk.act(Action::PrevItem);
        desk.act(Action::PrevItem);
        assert!(desk.draw().lines().any(|l| l.contains("▌") && l.contains("on all of it")));
        // Folded away, all of them are at the head.
        desk.act(Action::Collapse);
        let shown = desk.draw();
        assert!(["you 2 ", "you 20 ", "you 35 "].iter().all(|w| shown.contains(w)), "{shown}");
    }
}

const BLOCK: &str = "export function total(items: Item[]) {\n  const sum = items.length;\n  const tax = rate(sum);\n  \
                     log(sum, tax);\n  return sum + tax;\n}\n";

/// A merge of three files; a block goes from the first to the last.
pub(super) fn apart() -> World {
    let mut merged = plan();
    let rest = "const stays = 1;\nconst other = 2;\n";
    merged.changes = vec![
        file("src/from.ts", Some(&format!("{BLOCK}{rest}")), Some(rest)),
        file("src/middle.ts", Some("const a = 1;\n"), Some("const b = 1;\n")),
        file("src/to.ts", None, Some(&format!("{rest}{}", BLOCK.replace("rate(sum)", "rate(sum, 2)")))),
    ];
    let story = Story::planned(Autonomy::Strict).then(Entry::MergeShown {
        digest: merged.digest(),
        held: Vec::new(),
        into_commit: merged.into_commit.clone(),
    });
    let mut world = World::of(story);
    world.plan = Some(merged);
    world
}

#[test]
fn a_block_that_went_to_another_file_says_so_in_both_and_leads_there() {
    for width in [80, 120] {
        let world = apart();
        let mut panel = DiffPanel::plain();
        let draw = |panel: &mut DiffPanel| text(&world.draw(panel, width, 60));
        draw(&mut panel);
        panel.act(Action::NextFile, &world.ctx());
        let shown = draw(&mut panel);
        assert!(shown.contains("⇢ 6 lines moved to src/to.ts:3, 1 edited"), "{shown}");
        assert!(shown.contains("⇠ 6 lines moved here from src/from.ts:1, 1 edited"), "{shown}");
        panel.act(Action::NextHunk, &world.ctx());
        panel.act(Action::Down, &world.ctx());
        let under = |shown: &str| shown.lines().find(|l| l.contains('▌')).unwrap_or_default().to_owned();
        assert!(under(&draw(&mut panel)).contains("⇢ 6 lines"), "{}", draw(&mut panel));
        // The other file is unfolded for it.
        let to = RelPath::parse("src/to.ts").unwrap();
        panel.show_file(&to, None);
        panel.act(Action::Collapse, &world.ctx());
        assert!(!draw(&mut panel).contains("⇠ 6 lines"));
        go(&world, &mut panel, "⇢ 6 lines");
        panel.act(Action::Open, &world.ctx());
        let shown = draw(&mut panel);
        assert!(under(&shown).contains("export function total"), "{shown}");
        panel.act(Action::Up, &world.ctx());
        assert!(under(&draw(&mut panel)).contains("⇠ 6 lines"), "{}", draw(&mut panel));
        panel.act(Action::Open, &world.ctx());
        let shown = draw(&mut panel);
        assert!(under(&shown).contains("-export function total"), "{shown}");
    }
}

#[test]
fn what_is_still_being_written_is_neither_answered_nor_commented_on() {
    let raw = r#"{"path":"src/a.ts","content":"const a = 1;\nconst b"#;
    let mut desk = Desk::new(Story::working().streaming("write_file", raw));
    let shown = desk.draw();
    assert!(shown.contains("provisional: still being written") && shown.contains("+ const a = 1;"), "{shown}");
    for action in Action::ALL {
        let sent = desk.act(*action);
        let answers = |i: &Intent| matches!(i, Intent::Send(Command::Decide { .. } | Command::Amend { .. }));
        let asks = |i: &Intent| matches!(i, Intent::Prompt(PromptFor::Reject { .. } | PromptFor::Remark { .. }));
        assert!(!sent.iter().any(|i| answers(i) || asks(i)), "{action}: {sent:?}");
    }
    assert!(is_notice(&desk.act(Action::Comment), "still being written"));
    assert!(is_notice(&desk.act(Action::Approve), "nothing waits for you here"));
}

#[test]
fn every_kind_of_change_says_what_it_is() {
    let state = |bytes: &[u8], mode| Some(FileState { mode, ..FileState::regular(bytes.to_vec()) });
    let whole = |path: &str, before, after| Change { path: RelPath::parse(path).unwrap(), from: None, before, after };
    let mut merged = plan();
    merged.changes = vec![
        file("a_gone.txt", Some("gone\n"), None),
        file("b_new_and_empty.txt", None, Some("")),
        whole("c_mode.sh", state(b"#!\n", Mode::Regular), state(b"#!\n", Mode::Executable)),
        whole("d_link", state(b"one", Mode::Symlink), state(b"../two", Mode::Symlink)),
        whole("e_binary.png", state(b"\0old", Mode::Regular), state(b"\0newer", Mode::Regular)),
        whole("f_latin.txt", None, state(b"caf\xe9\n", Mode::Regular)),
        Change {
            from: Some(RelPath::parse("old/g.txt").unwrap()),
            ..file("g_moved.txt", Some("a\nb\n"), Some("a\nc\n"))
        },
        super::submodules::moved("h_submodule"),
    ];
    let story = Story::planned(Autonomy::Strict).then(Entry::MergeShown {
        digest: merged.digest(),
        held: Vec::new(),
        into_commit: merged.into_commit.clone(),
    });
    let mut desk = Desk::new(story);
    desk.world.plan = Some(merged);
    for size in [(60, 120), (120, 120)] {
        desk.size = size;
        let shown = desk.draw().split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [
            "the file is deleted",
            "the file is empty",
            "mode: 100644 regular → 100755 executable",
            "link: one → ../two",
            "binary: 4 bytes, sha256",
            "→ 6 bytes, sha256",
            "caf\\xE9",
            "moved from old/g.txt",
            "+c",
            "submodule: commit 1111111111 → commit 2222222222",
            "8 files: 4 changed, 2 new, 1 moved, 1 deleted",
            "1 submodule: no line of what lies inside is shown here",
            "submodule: brings in another repository's code",
            "> lib: bound the queue",
        ] {
            assert!(shown.contains(words), "{words}\n{shown}");
        }
    }
}

#[test]
fn the_spec_panel_has_the_files_under_review_as_a_tree() {
    let mut desk = Desk::new(at_gate());
    desk.act(Action::NextFile);
    desk.act(Action::NextHunk);
    desk.act(Action::ToggleHunk);
    desk.draw();
    desk.world.files = desk.panel.marks(&desk.world.state);
    let mut panel = SpecPanel::default();
    let shown = text(&desk.world.draw(&mut panel, 50, 60));
    assert!(shown.contains("Files under review") && shown.contains("0/2 read"), "{shown}");
    let line = |shown: &str, words: &str| shown.lines().find(|l| l.contains(words)).unwrap_or_default().to_owned();
    assert!(line(&shown, "▾ src/").contains("[-] ▾ src/") && line(&shown, "▾ src/").contains("+2 −2"), "{shown}");
    assert!(line(&shown, "handler.ts").contains("[-]   handler.ts"), "{shown}");
    assert!(line(&shown, "package-lock.json").contains("[x] package-lock.json"), "{shown}");
    go(&desk.world, &mut panel, "▾ src/");
    assert!(is_notice(&panel.act(Action::Comment, &desk.world.ctx()), "finding"), "a folder has nothing to say");
    assert!(text(&desk.world.draw(&mut panel, 50, 60)).contains("▾ src/"), "and does not fold for it");
    assert!(panel.act(Action::Open, &desk.world.ctx()).is_empty());
    let shown = text(&desk.world.draw(&mut panel, 50, 60));
    assert!(shown.contains("[-] ▸ src/") && !shown.contains("handler.ts"), "{shown}");
    panel.act(Action::Open, &desk.world.ctx());
    go(&desk.world, &mut panel, "handler.ts");
    let handler = RelPath::parse("src/handler.ts").unwrap();
    assert_eq!(panel.act(Action::Open, &desk.world.ctx()), [Intent::ShowFile(handler)]);
}
