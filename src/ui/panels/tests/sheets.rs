//! Files that are laid out as they come into view: the same rows as all at once.

use proptest::prelude::*;

use super::{
    super::{
        find::{Needle, Place},
        laid::Format,
        lines::{Look, Sides},
        pane::Row as Drawn,
        sheet::{Rows, Sheet},
        shown::Shown,
    },
    *,
};
use crate::{
    config::theme::Role,
    domain::{change::header::Header, diff::hunks::CONTEXT, prose::Reads},
};

fn format(columns: usize, flags: u8, shift: usize) -> Format {
    Format {
        styles: styles(),
        columns,
        split: flags & 1 > 0,
        wrap: flags & 2 > 0,
        prose: flags & 4 > 0,
        reads: if flags & 1 > 0 { Reads::Code } else { Reads::Prose },
        no_spaces: flags & 8 > 0,
        shift,
        open: vec![2..5, 9..10],
        unfold: "enter".into(),
        file: 0,
        notes: Vec::new(),
        away: Vec::new(),
    }
}

fn sheet(change: &Change, format: Format) -> Sheet {
    Sheet::of(&std::sync::Arc::new(Shown::of(change, false)), format).expect("it is text")
}

/// The rows as they are without a sheet.
fn whole(change: &Change, format: &Format) -> Vec<Drawn> {
    let (old, new) = change.sides();
    let diff = Header::of(change, CONTEXT).diff.expect("it is text");
    let sides = Sides { old, new, diff: &diff, paint_old: None, paint_new: None };
    let Format { columns, split, wrap, prose, reads, shift, no_spaces, file, .. } = *format;
    let (styles, open, unfold) = (&format.styles, format.open.as_slice(), format.unfold.as_str());
    let look = Look { styles, columns, split, wrap, prose, reads, shift, open, no_spaces, away: &[], unfold, file };
    let mut rows = Vec::new();
    sides.rows(&look, &mut rows);
    rows
}

fn pick(rows: &[Drawn]) -> Vec<(String, Tag)> {
    rows.iter().map(|r| (r.text(), r.tag.clone())).collect()
}

use super::super::pane::Tag;

fn line() -> impl Strategy<Value = Vec<u8>> {
    let odd: [&[u8]; 12] = [
        b"",
        b"a",
        b"let total = sum(items);",
        b"\tif x {  y  }",
        "図図図図図図図図図図図図図図図図図図図図図図".as_bytes(),
        "cafe\u{301} \u{202e}abc\u{200b}".as_bytes(),
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5e2}\u{5d5}\u{5dc}\u{5dd}".as_bytes(),
        b"caf\xe9\xff\xfe",
        b"\x1b[31mred\x07\r.",
        b"a long line of words that is wrapped once or more in every panel that is not very wide at all",
        b"}",
        b"return everything + 1;",
    ];
    let long = |c: &'static str| (4000..9000_usize).prop_map(move |n| c.repeat(n / c.len()).into_bytes());
    prop_oneof![
        20 => prop::sample::select(odd.map(<[u8]>::to_vec).to_vec()),
        1 => long("abc "),
        1 => long("é\t図"),
    ]
}

fn side() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec((line(), prop::sample::select(vec!["\n", "\n", "\r\n"])), 0..25)
        .prop_map(|lines| lines.iter().flat_map(|(l, e)| [l.as_slice(), e.as_bytes()].concat()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn what_comes_into_view_is_what_was_there(
        old in side(),
        new in side(),
        columns in 12..130_usize,
        flags in 0..16_u8,
        shift in prop::sample::select(vec![0_usize, 8, 2000, 4100]),
        parts in prop::collection::vec((0..80_usize, 0..30_usize), 1..6),
    ) {
        let state = |b: Vec<u8>| Some(FileState::regular(b));
        let change = Change { before: state(old), after: state(new), ..file("a.rs", None, None) };
        prop_assume!(Header::of(&change, CONTEXT).diff.is_some());
        let format = format(columns, flags, shift);
        let all = whole(&change, &format);
        let mut sheet = sheet(&change, format);
        prop_assert_eq!(sheet.len(), all.len());
        let mut rows = Rows::default();
        for (from, count) in parts {
            let mut seen = Vec::new();
            let to = (from + count).min(all.len());
            let from = from.min(to);
            sheet.view(from..to, &mut seen);
            prop_assert_eq!(pick(&seen), pick(&all[from..to]));
        }
        for (at, row) in all.iter().enumerate() {
            prop_assert_eq!(sheet.tag(at), row.tag.clone());
        }
        rows.push(Drawn::default());
        rows.push_sheet(Box::new(sheet));
        rows.push(Drawn::default());
        prop_assert_eq!(rows.len(), all.len() + 2);
        let heads = |tag: &Tag| matches!(tag, Tag::Hunk(_));
        let (mut at, mut found) = (0, Vec::new());
        while let Some(row) = rows.seek(at, true, &heads) {
            found.push(row);
            at = row;
        }
        let wanted = all.iter().enumerate().filter(|(_, r)| heads(&r.tag)).map(|(i, _)| i + 1);
        prop_assert_eq!(&found, &wanted.collect::<Vec<_>>());
        let mut back = Vec::new();
        at = usize::MAX;
        while let Some(row) = rows.seek(at, false, &heads) {
            back.push(row);
            at = row;
        }
        back.reverse();
        prop_assert_eq!(found, back);
    }

    #[test]
    fn scrolled_sideways_it_is_as_if_laid_out_anew(
        old in side(),
        new in side(),
        columns in 12..130_usize,
        flags in 0..16_u8,
        shifts in prop::collection::vec(prop::sample::select(vec![0_usize, 8, 2000, 4100]), 2..5),
    ) {
        let state = |b: Vec<u8>| Some(FileState::regular(b));
        let change = Change { before: state(old), after: state(new), ..file("a.rs", None, None) };
        prop_assume!(Header::of(&change, CONTEXT).diff.is_some());
        let shown = std::sync::Arc::new(Shown::of(&change, false));
        let mut sheet = Box::new(Sheet::of(&shown, format(columns, flags, 0)).expect("it is text"));
        for shift in shifts {
            let format = format(columns, flags, shift);
            sheet = sheet.again(&shown, &format).expect("the same layout");
            let (mut seen, all) = (Vec::new(), whole(&change, &format));
            sheet.view(0..all.len(), &mut seen);
            prop_assert_eq!(pick(&seen), pick(&all));
        }
        prop_assert!(sheet.again(&shown, &format(columns + 1, flags, 0)).is_none());
    }

    #[test]
    fn a_stop_is_on_the_row_and_at_the_column_where_the_word_is_drawn(
        old in side(),
        new in side(),
        columns in 30..130_usize,
        flags in 0..16_u8,
    ) {
        let state = |b: Vec<u8>| Some(FileState::regular(b));
        let change = Change { before: state(old), after: state(new), ..file("a.rs", None, None) };
        prop_assume!(Header::of(&change, CONTEXT).diff.is_some());
        let shown = std::sync::Arc::new(Shown::of(&change, false));
        let laid = |shift| Box::new(Sheet::of(&shown, format(columns, flags, shift)).expect("it is text"));
        let styles = styles();
        let of_word = |role, word| styles.get(role).patch(styles.get(word));
        let words = [Role::AddedWord, Role::RemovedWord];
        let grounds = [Role::Added, Role::Removed, Role::Moved, Role::Context];
        let marks: Vec<_> = grounds.iter().flat_map(|g| words.map(|w| of_word(*g, w))).collect();
        let marked = |row: &Drawn| row.line.spans.iter().position(|s| marks.contains(&s.style) && !s.content.is_empty());
        let mut rows = Rows::default();
        rows.push_sheet(laid(0));
        let mut at = 0;
        while at < rows.len() {
            let Some(lie) = rows.lie(at) else { at += 1; continue };
            let drawn = rows.view(lie.rows.clone());
            at = lie.rows.end;
            let found: Vec<usize> = drawn.iter().enumerate().filter(|(_, r)| marked(r).is_some()).map(|(i, _)| i).collect();
            if flags & 2 > 0 {
                prop_assert!(lie.stops.iter().all(|stop| found.contains(&stop.row)), "{:?} {found:?}", lie.stops);
                prop_assert!(found.is_empty() || lie.stops.first().map(|s| s.row) == found.first().copied());
            } else if flags & 1 == 0 {
                for stop in &lie.stops {
                    let mut scrolled = Rows::default();
                    scrolled.push_sheet(laid(stop.column));
                    let row = scrolled.view(lie.rows.clone()).remove(0);
                    let wide = row.line.spans.get(2).is_some_and(|s| s.content == "…" || s.content.is_empty());
                    prop_assert!(wide || marked(&row) == Some(2), "{stop:?} {row:?}");
                }
            }
        }
    }

    #[test]
    fn a_search_finds_every_place(old in side(), new in side(), flags in 0..16_u8) {
        let state = |b: Vec<u8>| Some(FileState::regular(b));
        let change = Change { before: state(old), after: state(new), ..file("a.rs", None, None) };
        prop_assume!(Header::of(&change, CONTEXT).diff.is_some());
        let format = format(125, flags, 0);
        let all = whole(&change, &format);
        let mut rows = Rows::default();
        rows.push_sheet(Box::new(sheet(&change, format)));
        let needle = Needle::of("return");
        let places = rows.places(&needle, &|_| None);
        // Each row of a line that has it lies in exactly one place, and each place in view has such a row.
        let has: Vec<usize> = all.iter().enumerate().filter(|(_, r)| r.text().contains("return")).map(|(i, _)| i).collect();
        let inside = |p: &Place, row: &usize| p.hidden.is_none() && (p.row..p.row + p.rows).contains(row);
        for row in &has {
            prop_assert_eq!(places.iter().filter(|p| inside(p, row)).count(), 1);
        }
        // What is cut, or broken within the word, is found all the same.
        if flags & 2 > 0 && flags & 4 > 0 {
            prop_assert!(places.iter().filter(|p| p.hidden.is_none()).all(|p| has.iter().any(|row| inside(p, row))));
        }
        // With what folds hide it is every line that has it.
        let hidden = places.iter().filter(|p| p.hidden.is_some()).count();
        let (mut open, mut wanted) = (Rows::default(), 0);
        let mut everything = self::format(125, flags, 0);
        everything.open.push(0..usize::MAX);
        open.push_sheet(Box::new(sheet(&change, everything)));
        wanted += open.places(&needle, &|_| None).len();
        prop_assert!(places.len() <= wanted && (flags & 1 == 0 || places.len() == wanted), "{} hidden", hidden);
        prop_assert!(places.is_sorted_by_key(|p| p.row));
    }
}

#[test]
fn a_megabyte_on_one_line_is_scrolled_to_its_end() {
    let long = format!("{}the end", "abcdefgh".repeat(131_072));
    let edited = long.replace("the end", "an end");
    let change = file("a.js", Some(&long), Some(&edited));
    let at = |shift: usize| {
        let mut sheet = sheet(&change, format(60, 0, shift));
        let mut rows = Vec::new();
        sheet.view(0..3, &mut rows);
        rows.iter().map(Drawn::text).collect::<Vec<_>>()
    };
    assert!(at(0)[1].contains("-abcdefgh") && at(0)[1].ends_with('…'));
    let end = at(long.len() - 20);
    assert!(end[1].contains("the end") && end[2].contains("an end"), "{end:?}");
    // Wrapped, its last row is found without the ones before.
    let mut sheet = sheet(&change, format(60, 2, 0));
    let mut rows = Vec::new();
    let len = sheet.len();
    sheet.view(len - 1..len, &mut rows);
    assert!(rows[0].text().contains("an end"));
    assert!(len > 2 * long.len() / 60);
}
