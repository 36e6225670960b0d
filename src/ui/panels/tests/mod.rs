//! The panels as a developer meets them: what is drawn in each state, and what a key sends.

mod acts;
pub(in crate::ui) mod cloud;
mod documents;
mod heads;
mod heights;
mod large;
mod live;
mod moved;
mod pictures;
mod places;
mod random;
mod review;
mod sets;
mod sheets;
mod stacks;
mod submodules;
mod themes;
mod unseen;
pub(in crate::ui) mod views;

use jiff::{Timestamp, tz::TimeZone};
use ratatui::{buffer::Buffer, layout::Rect, style::Color};

use super::*;
pub(super) use crate::ui::album::text;
use crate::{
    config::theme::{Theme, shipped},
    domain::{
        change::{Bytes, FileState, Mode},
        claim::{ClaimedFile, Evidence, Standing, TaskClaim, TestResult},
        command::{CommandLine, Confinement},
        commit::MergeKind,
        gate::{Decision, Identity, Reviewable, Via},
        journal::{Author, Delta, Done, Entry, Origin, Proposal, Record, Start},
        path::SpecName,
        phase::{Autonomy, Order, TaskId},
        spec::{Depth, SpecKind},
    },
    ui::style::Capability,
};

pub(super) const REQUIREMENTS: &str = "# Requirements Document\n\n## Introduction\n\nThumbnails of *uploaded* images.\n\n## Requirements\n\n### Requirement 1: Resize\n\n**User Story:** As a reader, I want thumbnails, so that pages load fast.\n\n#### Acceptance Criteria\n\n1. WHEN an image is uploaded, THE Thumbnailer SHALL write a thumbnail of 128 pixels.\n2. IF the object is no image, THEN THE Thumbnailer SHALL skip it.\n";
pub(super) const DESIGN_1: &str = "# Design\n\n## Overview\n\nOne function resizes.\n\n## Components and Interfaces\n\n### ThumbnailFunction\n\nMemory 512 MB, timeout 30 s.\n\n```ts\nexport const handler = async () => {};\n```\n\n| Part | Answers |\n|------|---------|\n| Function | 1.1 |\n\n## Testing Strategy\n\nUnit tests.\n";
pub(super) const DESIGN_2: &str = "# Design\n\n## Overview\n\nOne function resizes, and skips what is no image.\n\n## Components and Interfaces\n\n### ThumbnailFunction\n\nMemory 1024 MB, timeout 30 s, reserved concurrency 20.\n\n```ts\nexport const handler = async () => {};\n```\n\n| Part | Answers |\n|------|---------|\n| Function | 1.1, 1.2 |\n\n## Testing Strategy\n\nUnit tests.\n";
pub(super) const TASKS: &str = "# Implementation Plan\n\n- [ ] 1. Resize images\n  - [ ] 1.1 Sizes\n    - _Requirements: 1.1_\n  - [ ] 1.2 Handler\n    - _Requirements: 1.2_\n  - [ ]* 1.3 Notes\n    - _Requirements: 1.1_\n";

pub(super) fn styles() -> Styles {
    styles_of(Capability::TrueColor)
}

pub(super) fn styles_of(capability: Capability) -> Styles {
    let mono = Theme::load(&shipped(), "mono").unwrap();
    Styles::new(&Theme::load(&shipped(), "dark").unwrap(), &mono, capability)
}

pub(super) fn keys() -> Keys {
    let library = crate::ui::keys::shipped();
    Keys::new(crate::ui::keys::Keymap::load(&library, "default", None).unwrap())
}

/// A spec that grows entry by entry.
#[derive(Clone, Default)]
pub(super) struct Story {
    pub(super) state: State,
}

impl Story {
    pub(super) fn new(autonomy: Autonomy) -> Self {
        let start = Start {
            name: SpecName::parse("thumbnails").unwrap(),
            need: "thumbnails".into(),
            constraints: String::new(),
            documents: vec![],
            aws_references: vec![],
            kind: SpecKind::Feature,
            order: Order::RequirementsFirst,
            depth: Depth::Light,
            autonomy,
            aws: false,
        };
        Self::default().then(Entry::Started(start))
    }

    pub(super) fn then(mut self, entry: Entry) -> Self {
        let seq = self.state.seq + 1;
        let at = Timestamp::from_second(1_700_000_000 + seq as i64 * 60).unwrap();
        self.state.apply(&Record { seq, at, entry }).unwrap();
        self
    }

    pub(super) fn drafting(self, doc: Doc) -> Self {
        let name = format!("{} 1", doc.name());
        self.then(Entry::DraftAsked(doc)).then(Entry::SceneStarted { name, message: "go".into() })
    }

    pub(super) fn drafted(self, doc: Doc, text: &str) -> Self {
        self.drafting(doc).then(Entry::Drafted { doc, text: text.into(), author: Author::Agent })
    }

    pub(super) fn decided(self, subject: Subject, digest: Digest, verdict: Verdict) -> Self {
        let by = Identity { name: "Ada".into(), email: "ada@example.org".into() };
        let at = Timestamp::UNIX_EPOCH;
        let decision = Decision { subject, digest, verdict, by, at, via: Via::Keyboard };
        self.then(Entry::Decided { decision, about: subject.to_string(), remember: false })
    }

    pub(super) fn approved(self, doc: Doc, text: &str) -> Self {
        self.drafted(doc, text)
            .decided(doc.subject(), Digest::of(text), Verdict::Approve)
            .then(Entry::Saved { doc, commit: "abcdef0123".into() })
    }

    /// Requirements approved, the design's second revision at its gate, with comments.
    pub(super) fn design() -> Self {
        let no = Verdict::Reject { feedback: Some("more memory".into()) };
        let anchor = |rev, line| Anchor { doc: Doc::Design, rev, lines: Some((line, line)) };
        let (one, two) = (Digest::of(DESIGN_1), Digest::of(DESIGN_2));
        Self::new(Autonomy::Strict)
            .approved(Doc::Requirements, REQUIREMENTS)
            .drafted(Doc::Design, DESIGN_1)
            .then(Entry::Commented { id: 1, anchor: anchor(one, 5), text: "what about other files?".into() })
            .decided(Subject::Design, one, no)
            .then(Entry::Drafted { doc: Doc::Design, text: DESIGN_2.into(), author: Author::Agent })
            .then(Entry::Commented { id: 2, anchor: anchor(two, 11), text: "why 1024?".into() })
    }

    /// All documents approved.
    pub(super) fn planned(autonomy: Autonomy) -> Self {
        let mut story = Self::new(autonomy).approved(Doc::Requirements, REQUIREMENTS).approved(Doc::Design, DESIGN_2);
        if autonomy == Autonomy::Batch {
            story = story.then(Entry::StandingShown(standing()));
        }
        story.approved(Doc::Tasks, TASKS)
    }

    pub(super) fn working() -> Self {
        Self::planned(Autonomy::Strict)
            .then(Entry::TaskStarted(TaskId("1.1".into())))
            .then(Entry::SceneStarted { name: "task 1.1".into(), message: "go".into() })
    }

    pub(super) fn proposed(self, proposal: Proposal, sensitive: &[&str]) -> Self {
        let sensitive = sensitive.iter().map(|s| (*s).to_owned()).collect();
        let origin = Origin::Call("call".into());
        self.then(Entry::Proposed { proposal, sensitive, why: "Sizes come first.".into(), origin })
    }

    pub(super) fn streaming(mut self, tool: &str, raw: &str) -> Self {
        self.state.stream(&Delta::Call { id: "c".into(), name: tool.into(), more: raw.into() });
        self
    }

    pub(super) fn applied(self, change: &Change) -> Self {
        let digest = change.digest();
        self.proposed(Proposal::Change(change.clone()), &[])
            .decided(Subject::Change, digest, Verdict::Approve)
            .then(Entry::Finished { digest, done: Done::Applied })
    }

    pub(super) fn merging(held: &[&str]) -> Self {
        let held: Vec<String> = held.iter().map(|s| (*s).to_owned()).collect();
        let text = plan();
        // Whether tasks are open is not this state's business but the reason it is held for.
        Self::planned(Autonomy::Strict).then(Entry::MergeShown {
            digest: text.digest(),
            held,
            into_commit: text.into_commit.clone(),
        })
    }
}

use crate::domain::change::Change;

pub(super) fn standing() -> Standing {
    let name = SpecName::parse("thumbnails").unwrap();
    Standing { spec: name, rests_on: vec![Digest::of(REQUIREMENTS), Digest::of(DESIGN_2)] }
}

pub(super) fn change() -> Change {
    let line = |i: usize| format!("const unchanged{i} = {i};\n");
    let mut old: Vec<String> = (1..=40).map(line).collect();
    let mut new = old.clone();
    old[1] = "const SIZES = [128];\n".into();
    new[1] = "const SIZES = [128, 512];\n".into();
    new.insert(30, "\texport const added = \"é図\"; // \u{1b}[31mred\n".into());
    new.remove(35);
    file("src/handler.ts", Some(&old.concat()), Some(&new.concat()))
}

pub(super) fn file(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
    let state = |t: Option<&str>| t.map(FileState::regular);
    Change { path: RelPath::parse(path).unwrap(), from: None, before: state(before), after: state(after) }
}

pub(super) fn command() -> CommandLine {
    CommandLine {
        text: "npm  test && rm -rf build/very/long/path/that/goes/on/and/on && git push --force origin main".into(),
        timeout_s: 150,
        confinement: Confinement::Unsandboxed { reason: "it needs the network".into() },
    }
}

pub(super) fn claim() -> TaskClaim {
    let result = TestResult::Passed;
    TaskClaim {
        spec: SpecName::parse("thumbnails").unwrap(),
        task: TaskId("1.1".into()),
        title: "Sizes".into(),
        requirements: vec!["1.1".into(), "9.9".into()],
        summary: "Added the sizes.\nNothing else.".into(),
        files: vec![
            ClaimedFile {
                path: RelPath::parse("src/handler.ts").unwrap(),
                digest: set()[0].after.as_ref().map(FileState::digest),
                added: 2,
                removed: 2,
                by_command: false,
                by_developer: false,
            },
            ClaimedFile {
                path: RelPath::parse("package-lock.json").unwrap(),
                digest: set()[1].after.as_ref().map(FileState::digest),
                added: 3,
                removed: 0,
                by_command: true,
                by_developer: false,
            },
        ],
        evidence: Evidence {
            command: Some("npm test".into()),
            result,
            passed: Some(12),
            failed: None,
            tail: "ok 11\nok 12\n".into(),
        },
        tick: Some(file(".kiro/specs/thumbnails/tasks.md", Some("- [ ] 1.1 Sizes\n"), Some("- [x] 1.1 Sizes\n"))),
        message: "Add the sizes\n\nTask 1.1 of thumbnails".into(),
    }
}

/// The files of the claim, as they are in the worktree, and one more that is none of it.
pub(super) fn set() -> Vec<Change> {
    let lock = "{\n  \"name\": \"x\"\n}\n";
    vec![change(), file("package-lock.json", None, Some(lock)), file("other.txt", None, Some("x\n"))]
}

pub(super) fn plan() -> MergePlan {
    MergePlan {
        spec: SpecName::parse("thumbnails").unwrap(),
        from: "kiro/thumbnails".into(),
        from_commit: "1".repeat(40),
        into: "main".into(),
        into_commit: "2".repeat(40),
        kind: MergeKind::MergeCommit,
        tree: "3".repeat(40),
        commits: vec![("4".repeat(40), "Add the sizes".into()), ("5".repeat(40), "Approve tasks".into())],
        changes: vec![change(), file("README.md", None, Some("# Thumbnails\n"))],
        message: "Merge thumbnails".into(),
    }
}

/// Everything a panel sees, owned.
pub(super) struct World {
    pub(super) state: State,
    pub(super) plan: Option<MergePlan>,
    pub(super) set: Vec<Change>,
    pub(super) files: Vec<FileMark>,
    pub(super) stacks: Vec<crate::domain::stack::StackDiff>,
    pub(super) styles: Styles,
    pub(super) keys: Keys,
    pub(super) output: String,
    pub(super) focused: bool,
    pub(super) checked: Checked,
}

impl World {
    pub(super) fn of(story: Story) -> Self {
        let state = story.state;
        let mut checked = Checked::default();
        checked.refresh(&state);
        Self {
            state,
            checked,
            plan: None,
            set: set(),
            files: Vec::new(),
            stacks: Vec::new(),
            styles: styles(),
            keys: keys(),
            output: String::new(),
            focused: true,
        }
    }

    pub(super) fn ctx(&self) -> Ctx<'_> {
        Ctx {
            state: &self.state,
            plan: self.plan.as_ref(),
            checked: &self.checked,
            set: &self.set,
            files: &self.files,
            stacks: &self.stacks,
            styles: &self.styles,
            keys: &self.keys,
            output: &self.output,
            now: Timestamp::from_second(1_700_009_000).unwrap(),
            focused: self.focused,
            side_by_side: false,
        }
    }

    pub(super) fn draw(&self, panel: &mut dyn Panel, width: u16, height: u16) -> Buffer {
        self.draw_in(&self.styles, panel, width, height)
    }

    pub(super) fn draw_in(&self, styles: &Styles, panel: &mut dyn Panel, width: u16, height: u16) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        panel.draw(area, &mut buf, &Ctx { styles, side_by_side: width >= 100, ..self.ctx() });
        assert_clean(&buf);
        buf
    }
}

pub(super) fn activity() -> ActivityPanel {
    ActivityPanel::in_zone(TimeZone::UTC)
}

/// Nothing that a terminal would take for more than a picture of a character.
pub(super) fn assert_clean(buf: &Buffer) {
    for cell in buf.content() {
        for c in cell.symbol().chars() {
            let hidden = matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
            assert!(!c.is_control() && !hidden, "{c:?} is in a cell");
        }
    }
}

/// Puts the cursor of a panel on the first row that has these words.
pub(super) fn go(world: &World, panel: &mut dyn Panel, words: &str) {
    panel.act(Action::Top, &world.ctx());
    for _ in 0..2000 {
        let shown = text(&world.draw(panel, 90, 40));
        if shown.lines().any(|l| l.contains('▌') && l.contains(words)) {
            return;
        }
        panel.act(Action::Down, &world.ctx());
    }
    panic!("no row has {words}");
}
