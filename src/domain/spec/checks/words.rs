//! Words that a test cannot decide.

/// Words and what to ask of each.
const VAGUE: &[(&str, &str)] = &[
    ("appropriate", "what exactly"),
    ("appropriately", "how exactly"),
    ("adequate", "how much"),
    ("as needed", "when exactly"),
    ("as necessary", "when exactly"),
    ("if possible", "when it is not"),
    ("where possible", "when it is not"),
    ("as soon as possible", "within what time"),
    ("user-friendly", "what the user can do"),
    ("easy", "what the user can do"),
    ("easily", "what the user can do"),
    ("intuitive", "what the user can do"),
    ("fast", "within what time"),
    ("quickly", "within what time"),
    ("quick", "within what time"),
    ("timely", "within what time"),
    ("efficient", "with what cost"),
    ("efficiently", "with what cost"),
    ("robust", "against what"),
    ("seamless", "what is not noticed"),
    ("seamlessly", "what is not noticed"),
    ("flexible", "what can be changed"),
    ("scalable", "up to what load"),
    ("reasonable", "how much"),
    ("sufficient", "how much"),
    ("properly", "what the result is"),
    ("gracefully", "what happens then"),
    ("minimal", "at most how much"),
    ("optimal", "by what measure"),
    ("various", "which"),
    ("several", "how many"),
    ("etc", "what else"),
    ("and so on", "what else"),
    ("and/or", "which of the two"),
    ("tbd", "what"),
    ("todo", "what"),
    ("best effort", "what is guaranteed"),
    ("state-of-the-art", "by what measure"),
    ("modern", "by what measure"),
    ("simple", "by what measure"),
    ("meaningful", "what it says"),
    ("helpful", "what it says"),
];

/// The vague words in a text, each with what it leaves open. Code and quotations are not looked at.
pub(super) fn vague(text: &str) -> Vec<(&'static str, &'static str)> {
    let text = spoken(text).to_lowercase();
    VAGUE.iter().filter(|(word, _)| has_word(&text, word)).copied().collect()
}

/// The text without code spans and quotations.
fn spoken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['`', '"', '“']) {
        let (before, quoted) = rest.split_at(at);
        out.push_str(before);
        out.push(' ');
        let open = quoted.chars().next().unwrap_or('`');
        let close = if open == '“' { '”' } else { open };
        let inner = quoted.get(open.len_utf8()..).unwrap_or("");
        match inner.split_once(close) {
            Some((_, after)) => rest = after,
            // An opening mark alone quotes nothing.
            None => rest = inner,
        }
    }
    out.push_str(rest);
    out
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        !part(before) && !part(after)
    })
}

/// True where the text is in a script that EARS' key words do not belong to. Sentences of other
/// languages are full of names and code in Latin letters: a sixth of the letters is enough.
pub(super) fn is_foreign(text: &str) -> bool {
    let text = spoken(text);
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let foreign = text.chars().filter(|c| c.is_alphabetic() && !c.is_ascii()).count();
    foreign * 6 > letters
}
