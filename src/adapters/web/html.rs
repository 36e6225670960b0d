//! HTML reduced to the text that a reader sees, with headings and lists as Markdown.
//!
//! No parser of the standard: it reads tags one after the other and never fails. What it gets
//! wrong costs a line break, since the result is only read by people and models.

/// Elements whose content is not for reading.
const SKIPPED: [&str; 7] = ["script", "style", "noscript", "template", "svg", "nav", "head"];
/// Elements that stand on lines of their own.
const BLOCKS: [&str; 22] = [
    "p",
    "div",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "aside",
    "ul",
    "ol",
    "table",
    "tr",
    "blockquote",
    "figure",
    "form",
    "dl",
    "dt",
    "dd",
    "body",
    "html",
    "details",
    "summary",
];

/// The text of a page.
pub(super) fn to_text(html: &str) -> String {
    let mut out = Text::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tail) = rest.split_at(at);
        out.push(text);
        rest = match Tag::read(tail) {
            Some((tag, after)) if !tag.closing && SKIPPED.contains(&tag.name.as_str()) && !tag.empty => {
                after_end(after, &tag.name)
            }
            Some((tag, after)) => {
                out.tag(&tag);
                after
            }
            None => {
                out.push("<");
                tail.get(1..).unwrap_or_default()
            }
        };
    }
    out.push(rest);
    out.finish()
}

struct Tag {
    name: String,
    closing: bool,
    empty: bool,
}

impl Tag {
    /// A tag or comment at the start of a text, and what follows it.
    fn read(text: &str) -> Option<(Self, &str)> {
        if let Some(comment) = text.strip_prefix("<!--") {
            let after = comment.find("-->").and_then(|at| comment.get(at + 3..)).unwrap_or_default();
            return Some((Self { name: String::new(), closing: false, empty: true }, after));
        }
        let inner = text.strip_prefix('<')?;
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            return None;
        }
        let mut quote = None;
        let end = inner.char_indices().find_map(|(at, c)| {
            match (quote, c) {
                (Some(q), c) if c == q => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '>') => return Some(at),
                (None, _) => {}
            }
            None
        })?;
        let body = inner.get(..end)?;
        let closing = body.starts_with('/');
        let name = body.trim_start_matches('/');
        let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
        let tag = Self { name: name.to_ascii_lowercase(), closing, empty: body.ends_with('/') };
        Some((tag, inner.get(end + 1..)?))
    }
}

/// What follows the end tag of a skipped element; nothing when it has none.
fn after_end<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        let tail = rest.get(at + 2..).unwrap_or_default();
        let is_it = tail.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name));
        if is_it {
            return tail.find('>').and_then(|end| tail.get(end + 1..)).unwrap_or_default();
        }
        rest = tail;
    }
    ""
}

#[derive(Default)]
struct Text {
    out: String,
    /// Depth of `pre`, where white space counts.
    pre: usize,
    /// White space that is due before the next word.
    space: bool,
}

impl Text {
    fn push(&mut self, html: &str) {
        let text = entities(html);
        if self.pre > 0 {
            self.out.push_str(&text.replace("\r\n", "\n"));
            return;
        }
        for (i, word) in text.split(char::is_whitespace).enumerate() {
            self.space |= i > 0;
            if word.is_empty() {
                continue;
            }
            if self.space && !self.out.is_empty() && !self.out.ends_with(['\n', ' ']) {
                self.out.push(' ');
            }
            self.space = false;
            self.out.push_str(word);
        }
    }

    fn lines(&mut self, count: usize) {
        self.space = false;
        if self.out.is_empty() {
            return;
        }
        let there = self.out.len() - self.out.trim_end_matches('\n').len();
        self.out.extend(std::iter::repeat_n('\n', count.saturating_sub(there)));
    }

    fn tag(&mut self, tag: &Tag) {
        match (tag.name.as_str(), tag.closing) {
            ("pre", false) => {
                self.lines(2);
                self.out.push_str("```\n");
                self.pre += 1;
            }
            ("pre", true) => {
                self.pre = self.pre.saturating_sub(1);
                self.lines(1);
                self.out.push_str("```\n\n");
            }
            ("br", _) => self.lines(1),
            ("li", false) => {
                self.lines(1);
                self.out.push_str("- ");
            }
            ("td" | "th", true) => self.out.push_str(" | "),
            (name @ ("h1" | "h2" | "h3" | "h4" | "h5" | "h6"), false) => {
                let depth = name.chars().nth(1).and_then(|d| d.to_digit(10)).unwrap_or(1) as usize;
                self.lines(2);
                // The first heading is the page's title and needs no mark.
                if !self.out.is_empty() {
                    self.out.push_str(&"#".repeat(depth));
                    self.out.push(' ');
                }
            }
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", true) => self.lines(2),
            ("li" | "tr", true) => self.lines(1),
            (name, _) if BLOCKS.contains(&name) => self.lines(if name == "p" { 2 } else { 1 }),
            _ => {}
        }
    }

    fn finish(self) -> String {
        let trimmed = self.out.trim();
        if trimmed.is_empty() { String::new() } else { format!("{trimmed}\n") }
    }
}

/// Replaces character references; those that are not known stay as they are.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        // The longest name known here is shorter than this.
        let end = tail.bytes().take(12).position(|b| b == b';');
        let found = end.and_then(|end| Some((entity(tail.get(1..end)?)?, tail.get(end + 1..)?)));
        rest = match found {
            Some((c, after)) => {
                out.push(c);
                after
            }
            None => {
                out.push('&');
                tail.get(1..).unwrap_or_default()
            }
        };
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "hellip" => '…',
        "mdash" => '—',
        "ndash" => '–',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "bull" => '•',
        "middot" => '·',
        "times" => '×',
        "rarr" => '→',
        "larr" => '←',
        "deg" => '°',
        "euro" => '€',
        "sect" => '§',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_like_its_text() {
        let html = "<!doctype html><html><head><title>no</title></head><body><!-- a > b -->\
                    <nav><a>menu</a></nav><h1>Upload&nbsp;API</h1>\n<p>Limits\n  are <b>hard</b>: 5&#x20;MB &lt; 6.</p>\
                    <ul><li>one</li><li>two</li></ul><h2 title='a>b'>Use</h2><pre>let  x\n  = 1;</pre>\
                    <SCRIPT>if (a < b) { '</p>' }</SCRIPT><p>End &bogus; a < b</p></body>";
        let want = "Upload API\n\nLimits are hard: 5 MB < 6.\n\n- one\n- two\n\n## Use\n\n```\nlet  x\n  = 1;\n```\n\n\
                    End &bogus; a < b\n";
        assert_eq!(to_text(html), want);
    }

    proptest::proptest! {
        #[test]
        fn anything_can_be_read(html in "[<>/a-z!&;#\"' \u{e9}-]{0,80}") {
            let _ = to_text(&html);
        }

        #[test]
        fn plain_words_stay(words in proptest::collection::vec("[a-z]{1,6}", 1..8)) {
            proptest::prop_assert_eq!(to_text(&words.join(" \n")), words.join(" ") + "\n");
        }
    }
}
