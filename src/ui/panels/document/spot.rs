//! Where the cursor stands in a document, in words that outlive its rows: they are laid out anew when
//! the columns change, when something is said above, when more is unfolded.
//!
//! Always holds: a row that shows a source line or a comment is found again as one that shows the same,
//! where there is one; else as the one that the line went into.

use super::render::source_line;
use crate::ui::panels::pane::{Pane, Row, Tag};

/// A row, by what it shows.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    tag: Tag,
    /// Nothing is written on it.
    blank: bool,
    /// Which of the rows that show the same.
    nth: usize,
    /// The row's place.
    row: usize,
    /// The next row above that shows a line, for one that shows none.
    above: Option<Box<Spot>>,
}

impl Spot {
    /// Of a source line.
    pub(super) fn of_line(line: usize) -> Self {
        Self { tag: Tag::Source { line, heading: false }, blank: false, nth: 0, row: 0, above: None }
    }

    fn of(rows: &[Row], row: usize) -> Option<Self> {
        let here = rows.get(row)?;
        let before = rows.get(..row).unwrap_or_default();
        let mut spot = Self { tag: here.tag.clone(), blank: here.line.spans.is_empty(), nth: 0, row, above: None };
        spot.nth = before.iter().filter(|r| spot.shows(r)).count();
        if !spot.has_line() {
            let above =
                before.iter().rposition(|r| matches!(r.tag, Tag::Source { .. } | Tag::Diff { new: Some(_), .. }));
            spot.above = above.and_then(|at| Self::of(rows, at)).map(Box::new);
        }
        Some(spot)
    }

    fn has_line(&self) -> bool {
        matches!(self.tag, Tag::Source { .. } | Tag::Comment { .. } | Tag::Diff { new: Some(_), .. })
    }

    fn line(&self) -> Option<usize> {
        match self.tag {
            Tag::Source { line, .. } | Tag::Comment { line, .. } => Some(line),
            Tag::Diff { new, .. } => new,
            _ => None,
        }
    }

    fn shows(&self, row: &Row) -> bool {
        match (&self.tag, &row.tag) {
            (Tag::Source { line, .. }, Tag::Source { line: other, .. }) => {
                line == other && self.blank == row.line.spans.is_empty()
            }
            (Tag::Comment { id, .. }, Tag::Comment { id: other, .. }) => id == other,
            (Tag::None, _) => false,
            (tag, other) => tag == other,
        }
    }

    /// The row it is now.
    pub(super) fn find(&self, rows: &[Row]) -> Option<usize> {
        let same = rows.iter().enumerate().filter(|(_, r)| self.shows(r)).map(|(at, _)| at);
        if let Some(at) = same.take(self.nth + 1).last() {
            return Some(at);
        }
        if let (Some(line), true) = (self.line(), self.has_line()) {
            let text = |r: &Row| !matches!(r.tag, Tag::Comment { .. });
            let at = |r: &Row| source_line(r).filter(|_| text(r));
            let exact = || rows.iter().position(|r| at(r) == Some(line) && !r.line.spans.is_empty());
            let within = || rows.iter().rposition(|r| at(r).is_some_and(|l| l <= line));
            let below = || rows.iter().position(|r| at(r).is_some());
            return exact().or_else(within).or_else(below);
        }
        let from = match &self.above {
            Some(above) => above.find(rows)? + (self.row - above.row),
            None => self.row,
        };
        Some(from.min(rows.len().saturating_sub(1)))
    }
}

/// The cursor, the other end of a selection, and how much of the view is above the cursor.
#[derive(Clone, Debug)]
pub(super) struct View {
    cursor: Option<Spot>,
    mark: Option<Spot>,
    above: Option<usize>,
}

impl View {
    /// Takes note of it.
    pub(super) fn of(pane: &Pane, rows: &[Row]) -> Self {
        Self {
            cursor: Spot::of(rows, pane.cursor),
            mark: pane.mark.and_then(|mark| Spot::of(rows, mark)),
            // At the top it stays at the top: what comes in there is to be seen.
            above: (pane.top > 0).then(|| pane.cursor.saturating_sub(pane.top)),
        }
    }

    /// Puts the cursor where it was.
    pub(super) fn restore(&self, pane: &mut Pane, rows: &[Row]) {
        if let Some(row) = self.cursor.as_ref().and_then(|spot| spot.find(rows)) {
            pane.cursor = row;
            pane.top = self.above.map_or(0, |above| row.saturating_sub(above));
        }
        pane.mark = pane.mark.and(self.mark.as_ref()).and_then(|spot| spot.find(rows));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::DocumentPanel;
    use super::*;
    use crate::{
        domain::{
            digest::Digest,
            journal::{Anchor, Author, Entry},
            phase::{Autonomy, Doc},
        },
        ui::{
            keys::Action,
            panels::{
                Panel,
                tests::{Story, World},
            },
        },
    };

    /// What a document is made of.
    fn block() -> impl Strategy<Value = String> {
        let words = |most| prop::collection::vec("[a-z]{1,9}", 1..most).prop_map(|w| w.join(" "));
        prop_oneof![
            words(5).prop_map(|w| format!("## {w}\n\n")),
            words(40).prop_map(|w| format!("{w}\n\n")),
            prop::collection::vec(words(20), 1..5).prop_map(|l| format!("{}\n\n", l.join("\n"))),
            prop::collection::vec(words(20), 1..5).prop_map(|l| l
                .iter()
                .map(|w| format!("- {w}\n"))
                .collect::<String>()
                + "\n"),
            prop::collection::vec(words(20), 1..5).prop_map(|l| format!("```\n{}\n```\n\n", l.join("\n"))),
            words(9).prop_map(|w| format!("| a | b |\n|---|---|\n| {w} | {w} |\n| x | {w} |\n\n")),
        ]
    }

    #[derive(Clone, Debug)]
    enum Step {
        Down(usize),
        /// Something is said of a line, or of the whole.
        Say(Option<usize>, String),
        Width(u16),
        Resolve(u64),
        Do(Action),
    }

    fn step() -> impl Strategy<Value = Step> {
        let actions = [Action::ToggleSource, Action::ToggleAuthors, Action::UnfoldAll];
        prop_oneof![
            3 => (1..30_usize).prop_map(Step::Down),
            3 => (prop::option::of(1..60_usize), "[a-z ]{1,200}").prop_map(|(line, text)| Step::Say(line, text)),
            2 => (40..160_u16).prop_map(Step::Width),
            1 => (0..6_u64).prop_map(Step::Resolve),
            1 => prop::sample::select(actions.to_vec()).prop_map(Step::Do),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn what_comes_in_above_leaves_the_cursor_on_its_line(
            blocks in prop::collection::vec(block(), 1..20),
            steps in prop::collection::vec(step(), 1..30),
        ) {
            let document = blocks.concat();
            let rev = Digest::of(&document);
            let mut story = Story::new(Autonomy::Strict).drafted(Doc::Requirements, &document);
            let (mut panel, mut width, mut said) = (DocumentPanel::default(), 80, 0);
            let mut world = World::of(story.clone());
            world.draw(&mut panel, width, 24);
            for step in steps {
                let before = panel.rows.get(panel.pane.cursor).cloned().unwrap_or_default();
                let top = panel.pane.cursor == 0;
                match step.clone() {
                    Step::Down(by) => {
                        (0..by).for_each(|_| drop(panel.act(Action::Down, &world.ctx())));
                        continue;
                    }
                    Step::Width(columns) => width = columns,
                    Step::Say(line, text) => {
                        said += 1;
                        let lines = line.map(|l| l.min(document.lines().count().max(1))).map(|l| (l, l));
                        let anchor = Anchor { doc: Doc::Requirements, rev, lines };
                        story = story.then(Entry::Commented { id: said, anchor, text });
                    }
                    Step::Resolve(id) if id > 0 && id <= said => {
                        if story.state.comments.iter().any(|c| c.id == id && !c.resolved) {
                            story = story.then(Entry::CommentClosed { id, resolved: true });
                        }
                    }
                    Step::Resolve(_) => {}
                    Step::Do(action) => drop(panel.act(action, &world.ctx())),
                }
                world.state = story.state.clone();
                world.draw(&mut panel, width, 24);
                let after = panel.rows.get(panel.pane.cursor).cloned().unwrap_or_default();
                if let (Tag::Comment { id, .. }, Tag::Comment { id: other, .. }) = (&before.tag, &after.tag) {
                    prop_assert_eq!(id, other, "{:?}", step);
                    continue;
                }
                let (Some(line), Some(now)) = (source_line(&before), source_line(&after)) else { continue };
                let own = panel.rows.iter().any(|r| matches!(r.tag, Tag::Source { line: l, .. } if l == line));
                // What a paragraph's rows are is another thing in other columns.
                let within = !own && now < line;
                prop_assert!(now == line || within || (top && matches!(step, Step::Do(_))), "{:?}: {} to {}", step, line, now);
                // And it is in view.
                let pane = &panel.pane;
                prop_assert!(pane.top <= pane.cursor && pane.cursor < pane.top + 22);
            }
        }
    }

    /// The row of the screen that the cursor is on, and how many there are.
    fn on_screen(panel: &DocumentPanel) -> usize {
        panel.pane.cursor - panel.pane.top
    }

    #[test]
    fn a_jump_shows_what_follows() {
        let sections: String = (1..=30).map(|n| format!("## Section {n}\n\nOne.\n\nTwo.\n\n")).collect();
        let world = World::of(Story::new(Autonomy::Strict).drafted(Doc::Requirements, &sections));
        let mut panel = DocumentPanel::default();
        world.draw(&mut panel, 80, 24);
        for line in [61, 91, 13, 127] {
            panel.go(line);
            world.draw(&mut panel, 80, 24);
            assert_eq!(panel.at().map(|(.., line)| line), Some(line));
            assert!(on_screen(&panel) < 17, "row {} of 22", on_screen(&panel));
        }
        panel.act(Action::Top, &world.ctx());
        for _ in 0..20 {
            panel.act(Action::NextSection, &world.ctx());
            world.draw(&mut panel, 80, 24);
            assert!(on_screen(&panel) < 17, "row {} of 22", on_screen(&panel));
        }
        // A document that is shown at a line for the first time, too.
        let mut panel = DocumentPanel::default();
        panel.show(Doc::Requirements, Some(91));
        world.draw(&mut panel, 80, 24);
        assert!(on_screen(&panel) < 17, "row {} of 22", on_screen(&panel));
    }

    #[test]
    fn an_edit_leaves_the_cursor_on_its_line() {
        let old: String = (1..=40).map(|n| format!("Line {n}.\n\n")).collect();
        let new = old.replace("Line 3.", "Line 3.\n\nMore of it.\n\nAnd more.");
        let story = Story::new(Autonomy::Strict).drafted(Doc::Requirements, &old);
        let mut panel = DocumentPanel::default();
        let world = World::of(story.clone());
        world.draw(&mut panel, 80, 24);
        panel.go(51);
        world.draw(&mut panel, 80, 24);
        let author = Author::Developer;
        let world = World::of(story.then(Entry::Drafted { doc: Doc::Requirements, text: new.clone(), author }));
        world.draw(&mut panel, 80, 24);
        assert_eq!(panel.at(), Some((Doc::Requirements, Some(Digest::of(&new)), 55)));
        panel.act(Action::RevisionOlder, &world.ctx());
        world.draw(&mut panel, 80, 24);
        assert_eq!(panel.at(), Some((Doc::Requirements, Some(Digest::of(&old)), 51)));
    }
}
