//! The front matter of a steering file: the few forms of YAML that such files are written in.
//!
//! Takes `key: value`, lists in brackets or as lines with `-`, quotes, and comments. Anything else
//! in it is passed over.

/// Keys with their values, in order.
#[derive(Debug, Default)]
pub(super) struct Front(Vec<(String, Vec<String>)>);

impl Front {
    /// The first value of a key.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).and_then(|(_, values)| values.first()).map(String::as_str)
    }

    /// All values of a key.
    pub(super) fn list(&self, key: &str) -> Vec<String> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, values)| values.clone()).unwrap_or_default()
    }
}

/// Front matter, if the text begins with a closed one, and what is below it.
pub(super) fn split(text: &str) -> (Option<Front>, &str) {
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|l| l.trim_end() == "---") else { return (None, text) };
    let mut front = Front::default();
    let mut at = first.len();
    for line in lines {
        at += line.len();
        if matches!(line.trim_end(), "---" | "...") {
            return (Some(front), text.get(at..).unwrap_or_default());
        }
        take(&mut front, line.trim_end());
    }
    // A rule at the top of a text that is no front matter.
    (None, text)
}

fn take(front: &mut Front, line: &str) {
    let trimmed = line.trim_start();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return;
    }
    if let Some(item) = trimmed.strip_prefix("- ") {
        if let Some((_, values)) = front.0.last_mut() {
            values.extend(scalar(item));
        }
        return;
    }
    // Deeper keys belong to something this program does not read.
    if trimmed.len() != line.len() {
        return;
    }
    let Some((key, value)) = line.split_once(':') else { return };
    let value = value.trim();
    let values = match value.strip_prefix('[').and_then(|v| uncommented(v).trim_end().strip_suffix(']')) {
        Some(inside) => items(inside).iter().filter_map(|i| scalar(i)).collect(),
        None => scalar(value).into_iter().collect(),
    };
    front.0.push((unquoted(key.trim()).to_owned(), values));
}

/// Cuts a list at its commas; those in quotes or braces do not count.
fn items(text: &str) -> Vec<&str> {
    let (mut out, mut from, mut quote, mut depth) = (Vec::new(), 0, None, 0_usize);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                out.extend(text.get(from..at));
                from = at + 1;
            }
            (None, _) => {}
        }
    }
    out.extend(text.get(from..));
    out
}

fn scalar(text: &str) -> Option<String> {
    let text = uncommented(text.trim()).trim();
    let inner = unquoted(text);
    (!inner.is_empty()).then(|| inner.to_owned())
}

/// Without a comment: ` #` outside of quotes.
fn uncommented(text: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') if before.is_whitespace() => return text.get(..at).unwrap_or(text),
            (None, _) => {}
        }
        before = c;
    }
    text
}

fn unquoted(text: &str) -> &str {
    let inner = |q: char| text.strip_prefix(q).and_then(|t| t.strip_suffix(q));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}
