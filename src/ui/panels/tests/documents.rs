//! Pictures of a document in each of its views, with the styles at every size.

use super::*;

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 60)];

/// A design whose second revision was read, edited by the developer, and revised again.
pub(super) fn revised() -> Story {
    let edited = DESIGN_2.replace("Unit tests.", "Unit tests, and one against a bucket.");
    let third = edited.replace("30 s", "20 s");
    let no = Verdict::Reject { feedback: Some("shorter".into()) };
    Story::design()
        .then(Entry::Read { doc: Doc::Design, rev: Digest::of(DESIGN_2) })
        .then(Entry::Drafted { doc: Doc::Design, text: edited.clone(), author: Author::Developer })
        .decided(Subject::Design, Digest::of(&edited), no)
        .then(Entry::Drafted { doc: Doc::Design, text: third, author: Author::Agent })
}

fn album(world: &World, keys: &[Action]) -> String {
    let mut out = String::new();
    for (width, height) in SIZES {
        let mut panel = DocumentPanel::default();
        let mut buf = world.draw(&mut panel, width, height);
        for key in keys {
            panel.act(*key, &world.ctx());
            buf = world.draw(&mut panel, width, height);
        }
        out.push_str(&format!("{width}x{height}\n{}\n", picture(&buf)));
    }
    out
}

macro_rules! pictures {
    ($($name:ident: $keys:expr;)*) => {
        $(#[test] fn $name() {
            let world = World::of(revised());
            insta::assert_snapshot!(stringify!($name), album(&world, &$keys));
        })*
    };
}

pictures! {
    review_rendered: [];
    review_source: [Action::ToggleSource];
    review_next_change: [Action::NextChange];
    review_authors: [Action::ToggleAuthors];
    review_authors_of_the_source: [Action::ToggleSource, Action::ToggleAuthors];
    review_folded: [Action::FoldAll, Action::Bottom];
    review_changes: [Action::ToggleDiffRevisions];
    review_changes_in_the_source: [Action::ToggleSource, Action::ToggleDiffRevisions];
}
