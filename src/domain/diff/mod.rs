//! The difference of two texts as plain data: line operations, rows in pairs, words to emphasise,
//! blocks that moved.
//!
//! It works on bytes, so that a file which is not UTF-8 or whose lines end in different ways is
//! shown and rebuilt exactly. It draws nothing and cleans nothing: ranges point into the bytes that
//! were given, and a renderer passes every piece through [`crate::domain::prose::clean`].
//!
//! Always holds: the left parts of the rows, in order, are the old bytes; the right parts are the
//! new bytes. Every cost is bounded by counts, never by a clock, so the same input gives the same
//! result everywhere.

pub mod hunks;
pub mod lines;
pub mod moves;
mod names;
pub mod patch;
pub mod rows;
mod search;
mod slide;
pub mod words;

pub use hunks::{FileDiff, Hunk, Item, Stats, View, count};
pub use lines::{End, Line, Lines, Op, OpKind};
pub use moves::{Abroad, Move, Moved, Moves, across};
pub use rows::{LineRef, Row, RowKind};

/// True when the bytes are not text that a person can read line by line: a NUL, or mostly bytes that
/// are neither UTF-8 nor ASCII text. Looks at the first 64 KiB only.
pub fn is_binary(bytes: &[u8]) -> bool {
    let head = bytes.get(..64 * 1024).unwrap_or(bytes);
    if head.contains(&0) {
        return true;
    }
    let odd: usize = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    odd * 10 > head.len() * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_is_a_nul_or_mostly_not_text() {
        assert!(!is_binary(b""));
        assert!(!is_binary("été\r\n\u{1b}[0m".as_bytes()));
        assert!(!is_binary(b"caf\xe9 au lait\n"), "Latin-1 prose is text");
        assert!(is_binary(b"a\0b"));
        assert!(is_binary(&[0xff, 0xfe, 0x80, 0x81, b'a']));
    }
}
