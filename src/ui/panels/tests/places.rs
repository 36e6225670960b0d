//! Places in a difference that are found again: what is searched for.

use super::{
    sets::{Desk, foot},
    *,
};
#[test]
fn heads_of_hunks_and_notes_of_moved_blocks_are_found() {
    let block: String = (1..=6).map(|n| format!("let moved{n} = compute(of, {n});\n")).collect();
    let rest: String = (1..=30).map(|n| format!("const stays{n} = {n};\n")).collect();
    let (old, new) = (format!("{block}{rest}"), format!("{rest}{block}"));
    let mut desk = Desk::new(Story::working().proposed(Proposal::Change(file("a.ts", Some(&old), Some(&new))), &[]));
    for size in [(60, 40), (140, 40)] {
        desk.size = size;
        desk.draw();
        for (words, line) in [("hunk 2 of", "hunk 2 of 2"), ("moved to line", "⇢ 6 lines"), ("here from", "⇠ 6 lines")]
        {
            assert_eq!(desk.panel.search(words), 1, "{words} at {size:?}");
            let shown = desk.draw();
            let at = shown.lines().find(|l| l.contains('▌')).unwrap_or_default();
            assert!(at.contains(line) && foot(&shown).contains("match 1/1"), "{words}\n{shown}");
        }
    }
}
