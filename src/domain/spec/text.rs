//! Lines, fences and sections of a Markdown text, as spans over it.
//!
//! A line scanner, not a Markdown renderer: spec documents are written by models and people, and a
//! line has to be found where a person sees it even when the Markdown around it is odd. Lines in
//! fenced code and in HTML comments are marked as not plain, and nothing is read from them.

use serde::{Deserialize, Serialize};

/// A range of bytes in a source text. Both ends lie on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// From `start` up to but not including `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The text it covers; empty where the span is not of this text.
    pub fn of(self, source: &str) -> &str {
        source.get(self.start..self.end).unwrap_or("")
    }

    /// The smallest span over both.
    pub fn to(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// True where `at` is one of its bytes.
    pub fn contains(self, at: usize) -> bool {
        self.start <= at && at < self.end
    }

    /// The span of `part`, which must be a slice of `whole`, where `whole` starts at `base`.
    pub(crate) fn within(whole: &str, base: usize, part: &str) -> Self {
        let offset = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len());
        Self::new(base + offset, base + (offset + part.len()).min(whole.len()))
    }
}

/// One line, without its line ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// Where it lies; the line ending is not included.
    pub span: Span,
    /// Its text.
    pub text: &'a str,
    /// False inside fenced code and HTML comments.
    pub plain: bool,
}

impl<'a> Line<'a> {
    /// Columns of white space before the text; a tab counts up to the next multiple of four.
    pub fn indent(&self) -> usize {
        let mut width = 0;
        for c in self.text.chars() {
            match c {
                ' ' => width += 1,
                '\t' => width += 4 - width % 4,
                _ => break,
            }
        }
        width
    }

    /// True where there is nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The span of `part`, a slice of this line.
    pub fn span_of(&self, part: &str) -> Span {
        Span::within(self.text, self.span.start, part)
    }

    /// Level and title, where the line is a heading.
    pub fn heading(&self) -> Option<(u8, &'a str)> {
        if !self.plain || self.indent() > 3 {
            return None;
        }
        let text = self.text.trim();
        let rest = text.trim_start_matches('#');
        let level = text.len() - rest.len();
        if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
            return None;
        }
        let title = rest.trim();
        let bare = title.trim_end_matches('#');
        let title = if bare.is_empty() || bare.ends_with([' ', '\t']) { bare.trim_end() } else { title };
        Some((u8::try_from(level).unwrap_or(6), title))
    }

    /// The list marker and what follows it, where the line is a list item: `- x`, `* x`, `+ x`,
    /// `1. x`, `1) x`.
    pub fn item(&self) -> Option<(&'a str, &'a str)> {
        let text = self.text.trim_start();
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let marker = if digits == 0 && text.starts_with(['-', '*', '+']) {
            1
        } else if (1..=9).contains(&digits) && text.get(digits..).is_some_and(|t| t.starts_with(['.', ')'])) {
            digits + 1
        } else {
            return None;
        };
        let (marker, rest) = (text.get(..marker)?, text.get(marker..)?);
        if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
            return None;
        }
        // `* * *` and `- - -` are rules, not lists.
        let rule = |c: char| c.is_whitespace() || marker.starts_with(c);
        if digits == 0 && rest.contains(marker) && rest.chars().all(rule) {
            return None;
        }
        Some((marker, rest.trim()))
    }
}

/// A fenced block of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The first word after the fence, lower case; empty where there is none.
    pub language: String,
    /// The line of the opening fence.
    pub line: usize,
    /// What lies between the fences.
    pub body: Span,
}

/// A heading and what stands under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// 1 to 6.
    pub level: u8,
    /// The heading's text, as written.
    pub title: String,
    /// The heading's line.
    pub line: usize,
    /// The heading's line as a span.
    pub heading: Span,
    /// From the heading to the next heading of the same or a higher level.
    pub span: Span,
    /// From below the heading to the next heading of any level.
    pub own: Span,
}

/// A text taken apart.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    /// The text itself.
    pub source: &'a str,
    /// All lines in order.
    pub lines: Vec<Line<'a>>,
    /// All fenced blocks in order.
    pub fences: Vec<Fence>,
    /// All sections in the order of their headings.
    pub sections: Vec<Section>,
}

enum Inside {
    Text,
    Comment,
    Fence { mark: char, length: usize, opened: usize, language: String, body: usize },
}

impl<'a> Scan<'a> {
    /// Takes a text apart. An unclosed fence or comment reaches to the end.
    pub fn new(source: &'a str) -> Self {
        let mut lines = Vec::new();
        let mut fences = Vec::new();
        let mut inside = Inside::Text;
        let mut start = 0;
        for (index, raw) in source.split_inclusive('\n').enumerate() {
            let text = raw.strip_suffix('\n').unwrap_or(raw);
            let text = text.strip_suffix('\r').unwrap_or(text);
            let mut line = Line { number: index + 1, span: Span::new(start, start + text.len()), text, plain: false };
            let next = start + raw.len();
            inside = match inside {
                Inside::Text => match opening(text) {
                    Some((mark, length, language)) => {
                        Inside::Fence { mark, length, opened: line.number, language, body: next }
                    }
                    None if text.trim_start().starts_with("<!--") => {
                        if text.contains("-->") {
                            Inside::Text
                        } else {
                            Inside::Comment
                        }
                    }
                    None => {
                        line.plain = true;
                        Inside::Text
                    }
                },
                Inside::Comment if text.contains("-->") => Inside::Text,
                Inside::Comment => Inside::Comment,
                Inside::Fence { mark, length, opened, language, body } => {
                    let run = text.trim();
                    if run.chars().count() >= length && run.chars().all(|c| c == mark) {
                        fences.push(Fence { language, line: opened, body: Span::new(body, start) });
                        Inside::Text
                    } else {
                        Inside::Fence { mark, length, opened, language, body }
                    }
                }
            };
            lines.push(line);
            start = next;
        }
        if let Inside::Fence { language, opened, body, .. } = inside {
            fences.push(Fence { language, line: opened, body: Span::new(body, source.len()) });
        }
        let sections = sections(source, &lines);
        Self { source, lines, fences, sections }
    }

    /// The lines that start inside `span`.
    pub fn lines_in(&self, span: Span) -> impl Iterator<Item = &Line<'a>> {
        self.lines.iter().filter(move |line| span.contains(line.span.start))
    }

    /// The section whose own text holds byte `at`.
    pub fn section_at(&self, at: usize) -> Option<&Section> {
        self.sections.iter().rev().find(|s| s.heading.start <= at)
    }
}

fn opening(text: &str) -> Option<(char, usize, String)> {
    let text = text.trim_start();
    // A fence may open right behind a list marker.
    let text = ["- ", "* ", "+ "].iter().find_map(|m| text.strip_prefix(m)).unwrap_or(text).trim_start();
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    // Three backticks and a closing run on one line are inline code.
    if length < 3 || (mark == '`' && rest.contains('`')) {
        return None;
    }
    let language = rest.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
    Some((mark, length, language))
}

fn sections(source: &str, lines: &[Line<'_>]) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for line in lines {
        let Some((level, title)) = line.heading() else { continue };
        if let Some(last) = out.last_mut() {
            last.own.end = line.span.start.max(last.own.start);
        }
        while let Some(&index) = open.last() {
            match out.get_mut(index) {
                Some(section) if section.level >= level => section.span.end = line.span.start,
                _ => break,
            }
            open.pop();
        }
        open.push(out.len());
        out.push(Section {
            level,
            title: title.to_owned(),
            line: line.number,
            heading: line.span,
            span: Span::new(line.span.start, source.len()),
            own: Span::new(line.span.end, source.len()),
        });
    }
    out
}

/// The text without Markdown's emphasis and code marks at either end.
pub fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`'))
}

/// True for a line of three or more of `-`, `*` or `_`.
pub fn is_rule(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 3 && ["-", "*", "_"].iter().any(|m| text.chars().all(|c| m.starts_with(c)))
}

/// The text with every run of white space as one space.
pub fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_from_fences_and_comments() {
        let source =
            "# A\n```md\n# B\n- [ ] 1. x\n```\n<!-- # C\n# D\n-->\n<!-- # E -->\n## F ##\n~~~~\n~~~\n# G\n~~~~\n";
        let scan = Scan::new(source);
        let titles: Vec<_> = scan.sections.iter().map(|s| s.title.as_str()).collect();
        assert_eq!(titles, ["A", "F"]);
        assert_eq!(scan.fences.len(), 2);
        assert_eq!(scan.fences[0].language, "md");
        assert_eq!(scan.fences[0].body.of(source), "# B\n- [ ] 1. x\n");
        assert_eq!(scan.fences[1].body.of(source), "~~~\n# G\n");
    }

    #[test]
    fn inline_code_opens_no_fence() {
        assert_eq!(Scan::new("```x```\n# A").sections.len(), 1);
    }

    #[test]
    fn sections_nest() {
        let source = "# A\r\n## B\r\nb\r\n### C\r\nc\r\n## D\r\nd";
        let scan = Scan::new(source);
        let spans: Vec<_> = scan.sections.iter().map(|s| s.span.of(source)).collect();
        assert_eq!(spans, [source, "## B\r\nb\r\n### C\r\nc\r\n", "### C\r\nc\r\n", "## D\r\nd"]);
        assert_eq!(scan.sections[1].own.of(source), "\r\nb\r\n");
    }

    #[test]
    fn list_items_and_rules_are_told_apart() {
        let item = |text| Line { number: 1, span: Span::new(0, 0), text, plain: true }.item();
        assert_eq!(item("  - [ ] x"), Some(("-", "[ ] x")));
        assert_eq!(item("12) x"), Some(("12)", "x")));
        assert_eq!(item("- - -"), None);
        assert_eq!(item("---"), None);
        assert_eq!(item("**bold**"), None);
        assert_eq!(item("1.1 x"), None);
    }
}
