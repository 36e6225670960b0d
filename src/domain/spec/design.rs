//! `design.md`: sections, correctness properties, and the requirements it speaks of.

use serde::Serialize;

use super::{
    refs::{self, Ref, ReqId},
    text::{Line, Scan, Section, Span, bare, is_rule, squeeze},
};

/// A parsed `design.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Design {
    source: String,
    /// The correctness properties in document order.
    pub properties: Vec<Property>,
    /// Every place that names a requirement or criterion, properties' own lists included.
    pub mentions: Vec<Ref>,
    /// Criteria that stand in brackets by themselves, behind what meets them: `(1.4)`, `（3.1/3.2）`. They may
    /// be other numbers too, and are good for telling that something is named, not for links.
    pub asides: Vec<Ref>,
    /// All sections in document order.
    pub sections: Vec<Section>,
}

/// One correctness property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Property {
    /// Its number.
    pub number: u32,
    /// Its title; empty where there is none.
    pub title: String,
    /// What it states, white space squeezed, without the list of what it validates.
    pub text: String,
    /// The criteria it validates.
    pub validates: Vec<Ref>,
    /// Its heading's line, from 1.
    pub line: usize,
    /// Heading and text.
    pub span: Span,
}

impl Design {
    /// Indexes the text. Never fails: what is not understood is simply not in the index.
    pub fn parse(source: &str) -> Self {
        let scan = Scan::new(source);
        Self {
            properties: properties(&scan),
            mentions: mentions(&scan),
            asides: asides(&scan),
            sections: scan.sections,
            source: source.to_owned(),
        }
    }

    /// The text that was parsed, byte for byte.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The property with this number; the first, where several have it.
    pub fn property(&self, number: u32) -> Option<&Property> {
        self.properties.iter().find(|p| p.number == number)
    }
}

impl std::fmt::Display for Design {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)
    }
}

/// Number and title of `### Property 3: Title`, `**Property 3: Title**`, `Property 3 - Title`.
fn head<'a>(line: &Line<'a>) -> Option<(u32, &'a str)> {
    let title = match line.heading() {
        Some((_, title)) => title,
        None if line.text.trim_start().starts_with("**") => line.text,
        None => return None,
    };
    let rest = bare(title);
    let rest = rest.strip_prefix("Correctness ").unwrap_or(rest);
    let rest = rest.strip_prefix("Property ").or_else(|| rest.strip_prefix("Property #"))?.trim_start_matches('P');
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = rest.get(..digits)?.parse().ok()?;
    let title = rest
        .get(digits..)?
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '.' | '-' | '–' | '—' | '：' | '*'));
    Some((number, bare(title)))
}

fn properties(scan: &Scan<'_>) -> Vec<Property> {
    let mut out: Vec<Property> = Vec::new();
    let mut body: Vec<String> = Vec::new();
    let mut going = false;
    for line in &scan.lines {
        let found = if line.plain { head(line) } else { None };
        if found.is_some() || line.heading().is_some() {
            close(&mut out, &mut body);
            going = found.is_some();
        }
        if let Some((number, title)) = found {
            out.push(Property {
                number,
                title: title.to_owned(),
                text: String::new(),
                validates: Vec::new(),
                line: line.number,
                span: line.span,
            });
            continue;
        }
        let Some(property) = out.last_mut().filter(|_| going && !line.is_blank() && !is_rule(line.text)) else {
            continue;
        };
        property.span.end = line.span.end;
        match validates(line) {
            Some(list) if line.plain => property.validates.extend(list),
            _ => body.push(line.text.to_owned()),
        }
    }
    close(&mut out, &mut body);
    out
}

fn close(out: &mut [Property], body: &mut Vec<String>) {
    if let Some(last) = out.last_mut()
        && !body.is_empty()
    {
        last.text = squeeze(&body.join(" "));
    }
    body.clear();
}

/// The list of a line such as `**Validates: Requirements 2.2, 2.5**`.
fn validates(line: &Line<'_>) -> Option<Vec<Ref>> {
    let text = line.item().map_or(line.text, |(_, rest)| rest);
    let (label, list) = text.split_once([':', '：'])?;
    let label = bare(label).to_lowercase();
    let fits =
        label == "validates" || label == "verifies" || label.starts_with("validates req") || label == "requirements";
    fits.then(|| refs::parse_list(list, line.span_of(list).start, line.number))
}

/// Places that name requirements: lists behind the word, and cells of tables that hold only ids.
fn mentions(scan: &Scan<'_>) -> Vec<Ref> {
    let mut out = Vec::new();
    // Whole numbers in a table are rows or status codes unless its header speaks of requirements.
    let mut header: Option<bool> = None;
    for line in scan.lines.iter().filter(|l| l.plain) {
        let mut add = |text: &str| {
            let list = refs::parse_list(text, line.span_of(text).start, line.number);
            if list.iter().all(|r| r.ids().next().is_some()) {
                out.extend(list);
            }
        };
        match line.text.trim().strip_prefix('|') {
            Some(row) => {
                let about = *header.get_or_insert_with(|| names_requirements(row));
                for cell in row.split('|').filter(|cell| about || cell.contains('.')) {
                    add(cell);
                }
            }
            None => header = None,
        }
        for word in ["equirements", "equirement", "Reqs", "Req", "REQ", "alidates", "要件", "需求", "요구사항"]
        {
            for (at, _) in line.text.match_indices(word) {
                let rest = line.text.get(at + word.len()..).unwrap_or("");
                let rest = rest.trim_start_matches(|c: char| {
                    c.is_whitespace() || matches!(c, ':' | '：' | '*' | '_' | '#' | '(' | '[')
                });
                let list = id_run(rest);
                if !list.is_empty() {
                    add(list);
                }
            }
        }
    }
    // The same words are found by several of the patterns.
    out.sort_by(|a: &Ref, b| (a.span.start, b.span.end).cmp(&(b.span.start, a.span.end)));
    out.dedup_by(|b, a| a.span.contains(b.span.start));
    out
}

fn asides(scan: &Scan<'_>) -> Vec<Ref> {
    /// Longer brackets hold sentences, in bytes.
    const LONGEST: usize = 120;
    let mut out = Vec::new();
    for line in scan.lines.iter().filter(|l| l.plain) {
        for (at, bracket) in line.text.match_indices(['(', '（']) {
            let rest = line.text.get(at + bracket.len()..).unwrap_or_default();
            let inner = rest.split_once([')', '）']).map(|(inner, _)| inner).filter(|i| i.len() <= LONGEST);
            let Some(inner) = inner else { continue };
            let list = refs::parse_list(inner, line.span_of(inner).start, line.number);
            // `(3)` and `(0.7)` are something else.
            let criterion = |id: &ReqId| id.parts().len() > 1 || inner.contains(".x");
            let is_id = |id: &ReqId| criterion(id) && id.parts().first().is_some_and(|n| *n > 0);
            if !list.is_empty() && list.iter().all(|r| r.ids().next().is_some() && r.ids().all(is_id)) {
                out.extend(list);
            }
        }
    }
    out
}

fn names_requirements(text: &str) -> bool {
    let text = text.to_lowercase();
    ["requirement", "req", "validates", "要件", "需求", "요구사항"].iter().any(|w| text.contains(w))
}

/// The longest start of `text` that is a list of ids.
fn id_run(text: &str) -> &str {
    let mut end = 0;
    let mut rest = text;
    while let Some((_, after)) = ReqId::read(rest) {
        end = text.len() - after.len();
        let next = [", and ", ", ", ",", "、", " and ", " & ", " to ", "–", "—", "-", "/", "〜", "~"]
            .iter()
            .find_map(|s| after.strip_prefix(s));
        match next {
            Some(next) => rest = next.trim_start(),
            None => break,
        }
    }
    text.get(..end).unwrap_or("")
}
