//! What a Markdown document consists of, as plain data: a flat list of blocks with styled spans.
//!
//! Made by [`super::markdown`], drawn by way of [`super::layout`]. Text in it is cleaned already.

use std::ops::Range;

/// What a span is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ink {
    /// Prose.
    #[default]
    Text,
    /// Code.
    Code,
    /// The text of a link.
    Link,
    /// Where a link leads, and its title.
    Url,
    /// HTML as it stands in the source.
    Html,
    /// A list marker, task box, quote bar or rule that the layout adds.
    Marker,
}

/// Whether a span is there on both sides of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mark {
    /// It is, or nothing is compared.
    #[default]
    None,
    /// Only on the new side.
    Added,
    /// Only on the old side.
    Removed,
}

/// How a span is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// What it is.
    pub ink: Ink,
    /// Strong emphasis.
    pub strong: bool,
    /// Emphasis.
    pub emphasis: bool,
    /// Struck through.
    pub strike: bool,
    /// What became of it ([`super::changes`]).
    pub mark: Mark,
}

/// A run of text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Cleaned text; `\n` is a hard break.
    pub text: String,
    /// How to draw it.
    pub style: Style,
    /// Source line it starts on, from 1.
    pub line: usize,
}

/// A list item's marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marker {
    /// `-`, `*` or `+`.
    Bullet,
    /// A number as written, with what follows it: `2.`.
    Number(String),
}

/// How a table's column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// To the left, or not said.
    Left,
    /// Centred.
    Center,
    /// To the right.
    Right,
}

/// One row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// The cells.
    pub cells: Vec<Vec<Span>>,
    /// Source line, from 1.
    pub line: usize,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A heading.
    Heading {
        /// 1 to 6.
        level: u8,
        /// Its text.
        spans: Vec<Span>,
    },
    /// A paragraph.
    Paragraph {
        /// Its text.
        spans: Vec<Span>,
    },
    /// The first paragraph of a list item, empty when it begins with something else.
    Item {
        /// Its marker.
        marker: Marker,
        /// A task's box: ticked or not.
        task: Option<bool>,
        /// Its text.
        spans: Vec<Span>,
    },
    /// A code block.
    Code {
        /// What stands after the fence, the language first.
        info: String,
        /// The code, with `\n` between lines and none at the end; tabs are kept.
        text: String,
        /// Source line of its first line, from 1.
        first: usize,
    },
    /// A code block that is shown as the diagram it describes.
    Diagram {
        /// What stands above it.
        info: String,
        /// Its lines.
        lines: Vec<String>,
    },
    /// A block of HTML, as it stands.
    Html {
        /// Its text.
        text: String,
        /// Source line of its first line, from 1.
        first: usize,
    },
    /// A table.
    Table {
        /// Of each column.
        align: Vec<Align>,
        /// The header row.
        head: Cells,
        /// The others; a row can have more cells than there are columns.
        rows: Vec<Cells>,
    },
    /// A thematic break.
    Rule,
}

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: Kind,
    /// Block quotes around it.
    pub quote: usize,
    /// Lists around it; 1 for the items of an outer list.
    pub depth: usize,
    /// Columns that the markers of the items around it take.
    pub indent: usize,
    /// Source lines, from 1, the last excluded.
    pub lines: Range<usize>,
}
