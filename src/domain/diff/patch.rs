//! A difference as text, for whoever reads it as text: the hunks with `-`, `+` or a blank before
//! each line. It is made to be read and copied; bytes that are not UTF-8 are replaced in it.

use std::ops::Range;

use super::{End, FileDiff, Hunk, OpKind, lines::Lines};

/// The whole difference of two sides, with `context` unchanged lines around each change.
pub fn unified(old: &[u8], new: &[u8], context: usize) -> String {
    let diff = FileDiff::of(old, new, context);
    diff.hunks.iter().map(|h| hunk(&diff, h, old, new)).collect()
}

/// One hunk, its head line first.
pub fn hunk(diff: &FileDiff, hunk: &Hunk, old: &[u8], new: &[u8]) -> String {
    let mut out = format!("{}\n", hunk.head());
    let mut put = |sign: char, lines: &Lines, bytes: &[u8], range: Range<usize>| {
        for line in range.filter_map(|at| lines.get(at)) {
            let text = String::from_utf8_lossy(bytes.get(line.whole()).unwrap_or_default());
            out.push(sign);
            out.push_str(&text);
            if line.end == End::Missing {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    };
    for op in &diff.ops {
        if op.kind == OpKind::Equal {
            put(' ', &diff.old, old, meet(&op.old, &hunk.old));
        } else if within(&op.old, &hunk.old) && within(&op.new, &hunk.new) {
            put('-', &diff.old, old, op.old.clone());
            put('+', &diff.new, new, op.new.clone());
        }
    }
    out
}

fn meet(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_stands_in_its_hunk_once() {
        let old: String = (1..=30).map(|i| format!("{i}\n")).collect();
        let new = old.replace("\n4\n", "\nfour\n").replace("\n20\n21\n", "\n").replace("30\n", "30\n31");
        assert_eq!(
            unified(old.as_bytes(), new.as_bytes(), 1),
            "@@ -3,3 +3,3 @@\n 3\n-4\n+four\n 5\n@@ -19,4 +19,2 @@\n 19\n-20\n-21\n 22\n@@ -30 +28,2 @@\n 30\n+31\n\\ No newline at end of file\n"
        );
        assert_eq!(unified(b"a\n", b"a\n", 3), "");
        assert_eq!(unified(b"", b"\xff\n", 3), "@@ -0,0 +1 @@\n+\u{fffd}\n");
    }
}
