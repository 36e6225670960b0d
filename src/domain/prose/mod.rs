//! Text for people: cleaning what comes from outside, display width, wrapping, Markdown blocks.
