//! Takes a command line apart into every simple command and redirection in it.
//!
//! The line will be run by `sh`; it is read with a grammar of bash. Where the two could disagree
//! about what is a command, the whole line is [`Risk::Unreadable`], and so is one that holds
//! characters which show as something else than they are. Nothing is run or expanded here.

use serde::{Deserialize, Serialize};
use tree_sitter::Node;

use super::classify::{self, Word};

/// Longest command line that is read, in bytes.
const LONGEST: usize = 32 * 1024;
/// How deep `sh -c` within `sh -c` is followed.
const DEPTH: u8 = 4;

/// What a command could do, from the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Known to read only, within the repository.
    ReadOnly,
    /// Builds or tests: runs the project's own code.
    Build,
    /// Writes within the repository.
    Writes,
    /// Not known.
    Unknown,
    /// Talks to other machines.
    Network,
    /// Takes away what may not come back, reaches out of the repository, or gains rights.
    Destructive,
    /// Cannot be read with certainty.
    Unreadable,
}

impl std::fmt::Display for Risk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ReadOnly => "reads",
            Self::Build => "builds or tests",
            Self::Writes => "writes",
            Self::Unknown => "unknown",
            Self::Network => "network",
            Self::Destructive => "destructive",
            Self::Unreadable => "unreadable",
        })
    }
}

/// One simple command or redirection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// As it stands in the line.
    pub text: String,
    /// Its words with quotes taken off, without assignments and redirections. Words whose value is
    /// only known when it runs stand as they are written.
    pub words: Vec<String>,
    /// What it could do.
    pub risk: Risk,
    /// Why, in a few words for the screen.
    pub why: String,
}

/// Every part of a command line, in the order of their text; never empty.
pub fn split(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Err(why) = read(text, DEPTH, &mut parts) {
        return vec![Part { text: text.to_owned(), words: Vec::new(), risk: Risk::Unreadable, why }];
    }
    if parts.is_empty() {
        let why = "does nothing".to_owned();
        parts.push(Part { text: text.to_owned(), words: Vec::new(), risk: Risk::ReadOnly, why });
    }
    parts
}

/// The strictest part of a command line.
pub fn strictest(parts: &[Part]) -> Option<&Part> {
    // The first of several: what a reader meets first.
    parts.iter().reduce(|worst, part| if part.risk > worst.risk { part } else { worst })
}

/// Node kinds that `sh` does not have or reads otherwise.
const FOREIGN: &[(&str, &str)] = &[
    ("process_substitution", "a process substitution"),
    ("ansi_c_string", "a $'…' string"),
    ("translated_string", "a $\"…\" string"),
    ("herestring_redirect", "a <<< redirection"),
    ("array", "an array"),
    ("subscript", "an array"),
    ("c_style_for_statement", "a for ((…)) loop"),
    ("extglob_pattern", "an extended pattern"),
    ("&>", "a &> redirection"),
    ("&>>", "a &>> redirection"),
    ("|&", "a |& pipe"),
    ("[[", "a [[ … ]] test"),
    ("((", "a ((…)) command"),
    ("function", "a function in bash's form"),
    ("select", "a select loop"),
    ("$[", "a $[…] expression"),
    (";&", "a falling through case"),
    (";;&", "a falling through case"),
];

fn read(text: &str, depth: u8, parts: &mut Vec<Part>) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err("too long to be read".to_owned());
    }
    if let Some(c) = text.chars().find(|c| lies(*c)) {
        return Err(format!("holds the character U+{:04X}, which does not show as what it is", c as u32));
    }
    // How backslashes count within backticks is where readers disagree.
    if text.contains('`') && text.contains('\\') {
        return Err("backslashes and backticks together cannot be read with certainty".to_owned());
    }
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).map_err(|e| e.to_string())?;
    let tree = parser.parse(text, None).ok_or("cannot be read as a command line")?;
    let root = tree.root_node();
    if root.has_error() {
        return Err("cannot be read as a command line".to_owned());
    }
    // A stack of our own: nesting is as deep as the text says.
    let mut todo = vec![root];
    while let Some(node) = todo.pop() {
        if let Some((_, what)) = FOREIGN.iter().find(|(kind, _)| *kind == node.kind()) {
            return Err(format!("{what} is bash's; sh reads it as something else"));
        }
        // The grammar finds words beyond a line's end in places where a shell does not.
        if matches!(node.kind(), "command" | "file_redirect" | "declaration_command") && spans_lines(node, text) {
            return Err("a command that goes on where its line ends".to_owned());
        }
        // The grammar gives them to the redirection; to a shell they are the command's.
        let (field, most) = if node.kind() == "heredoc_redirect" { ("argument", 0) } else { ("destination", 1) };
        if node.kind().ends_with("_redirect") && node.children_by_field_name(field, &mut node.walk()).count() > most {
            return Err("words after a redirection; put them before it".to_owned());
        }
        visit(node, text, depth, parts)?;
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        todo.extend(children.into_iter().rev());
    }
    Ok(())
}

/// Controls, and what has no width or turns the direction of what follows.
fn lies(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || (c.is_whitespace() && !c.is_ascii())
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn source<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

fn visit(node: Node<'_>, text: &str, depth: u8, parts: &mut Vec<Part>) -> Result<(), String> {
    let mut push = |words: Vec<Word>, (risk, why): (Risk, String)| {
        let words = words.into_iter().map(|w| w.text).collect();
        parts.push(Part { text: source(node, text).trim().to_owned(), words, risk, why });
    };
    match node.kind() {
        "command" => {
            let words = words_of(node, text);
            push(words.clone(), classify::command(&words));
            if let Some(inner) = classify::script(&words) {
                let Some(left) = depth.checked_sub(1) else {
                    return Err("shells within shells, too deep to be read".to_owned());
                };
                read(&inner, left, parts)?;
            }
        }
        "file_redirect" => {
            let mut words = vec![Word::literal(operator(node))];
            words.extend(node.child_by_field_name("destination").map(|d| word(d, text)));
            let verdict = classify::redirection(&words);
            push(words, verdict);
        }
        "variable_assignment" => {
            let name = node.child_by_field_name("name").map_or("", |n| source(n, text));
            push(Vec::new(), classify::assignment(name));
        }
        // The grammar takes `[ a || b ]` for one test; sh runs `b ]` when `[ a` fails.
        "test_command" if source(node, text).contains(['|', '&', ';', '<', '>', '\n']) => {
            return Err("a test with an operator in it, which sh reads as more than one command".to_owned());
        }
        "declaration_command" | "unset_command" | "test_command" => {
            push(Vec::new(), (Risk::ReadOnly, "only changes or tests the shell's own state".to_owned()));
        }
        "function_definition" => {
            push(Vec::new(), (Risk::Unknown, "gives a name a new meaning".to_owned()));
        }
        _ => {}
    }
    Ok(())
}

/// True when an end of line that is neither quoted nor escaped lies within the node.
fn spans_lines(node: Node<'_>, text: &str) -> bool {
    const HOLDS_LINES: &[&str] = &["string", "raw_string", "command_substitution", "expansion", "arithmetic_expansion"];
    let ends_line = |from: usize, to: usize| text.get(from..to).is_some_and(|t| t.replace("\\\n", "").contains('\n'));
    let (mut todo, mut found) = (vec![node], false);
    while let Some(node) = todo.pop() {
        let mut cursor = node.walk();
        let mut at = node.start_byte();
        for child in node.children(&mut cursor) {
            found |= ends_line(at, child.start_byte());
            at = child.end_byte();
            if !HOLDS_LINES.contains(&child.kind()) {
                todo.push(child);
            }
        }
        found |= ends_line(at, node.end_byte());
    }
    found
}

fn operator(redirect: Node<'_>) -> &str {
    let mut cursor = redirect.walk();
    redirect.children(&mut cursor).find(|c| !c.is_named()).map_or("", |c| c.kind())
}

fn words_of(command: Node<'_>, text: &str) -> Vec<Word> {
    let mut cursor = command.walk();
    let mut words = Vec::new();
    for child in command.children(&mut cursor) {
        match child.kind() {
            "variable_assignment" | "file_redirect" | "heredoc_redirect" | "herestring_redirect" | "comment" => {}
            _ => words.push(word(child, text)),
        }
    }
    words
}

/// A word's value, when it is known before the command runs.
fn word(node: Node<'_>, text: &str) -> Word {
    let raw = source(node, text);
    literal(raw).map_or_else(|| Word { text: raw.to_owned(), known: false }, |text| Word { text, known: true })
}

/// Takes quotes and backslashes off; `None` where anything would be expanded.
fn literal(raw: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = raw.chars().peekable();
    let mut double = false;
    while let Some(c) = chars.next() {
        match c {
            '\'' if !double => loop {
                match chars.next()? {
                    '\'' => break,
                    c => out.push(c),
                }
            },
            '"' => double = !double,
            '\\' => match chars.next()? {
                '\n' => {}
                c if double && !matches!(c, '$' | '`' | '"' | '\\') => out.extend(['\\', c]),
                c => out.push(c),
            },
            '$' if chars.peek().is_some_and(|c| c.is_alphanumeric() || "_{(@*#?$!-".contains(*c)) => return None,
            '`' => return None,
            c => out.push(c),
        }
    }
    (!double).then_some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn risk(text: &str) -> Risk {
        strictest(&split(text)).unwrap().risk
    }

    #[test]
    fn every_command_in_a_line_is_found() {
        let line = "cd src && FOO=$(curl x) make -j2 | tee \"$(rm -r a)\" > out; (git push; [ -f x ]) || \
                    if true; then `wget y`; fi; for i in 1 2; do touch $i; done";
        let parts = split(line);
        let names: Vec<&str> = parts.iter().filter_map(|p| p.words.first()).map(String::as_str).collect();
        let expected = ["cd", "make", "curl", "tee", "rm", ">", "git", "true", "`wget y`", "wget", "touch"];
        for name in expected {
            assert!(names.contains(&name), "{name} not in {names:?}");
        }
        assert_eq!(strictest(&parts).unwrap().risk, Risk::Destructive);
    }

    #[test]
    fn substitutions_in_here_documents_count() {
        assert_eq!(risk("cat <<EOF\n$(rm -rf x)\nEOF\n"), Risk::Destructive);
        assert_eq!(risk("cat <<'EOF'\n$(rm -rf x)\nEOF\n"), Risk::ReadOnly);
        assert_eq!(risk("sh <<'EOF'\nls\nEOF\n"), Risk::Destructive);
    }

    #[test]
    fn what_sh_and_bash_read_differently_is_unreadable() {
        for line in [
            "ls &>/dev/null rm -rf x",
            r"echo $'a\'; rm -rf x #'",
            "[[ a == b || rm -rf x ]]",
            "[ rm -rf x||rm -rf x ]",
            "((rm -rf x))",
            "cat <(ls)",
            "cat <<< x",
            "ls |& rm",
            "a=(ls rm)",
            "function f { ls; }",
            "echo `echo \\`rm -rf x\\``",
            "ls \u{a0}x",
            "ls\rrm -rf x",
            "ls \u{202e}x",
            "echo 'unclosed",
            "ls |",
            "rm > /dev/null -rf x",
            "git >/dev/null push",
            "rm <<E -rf x\nE\n",
            "if true; then",
        ] {
            assert_eq!(risk(line), Risk::Unreadable, "{line:?}");
        }
    }

    #[test]
    fn words_lose_their_quotes() {
        let parts = split(r#"echo 'a b' "c \"d\" \n" e\ f "$x" g'h'"i" 5$"#);
        assert_eq!(parts[0].words, ["echo", "a b", "c \"d\" \\n", "e f", "\"$x\"", "ghi", "5$"]);
        // Quoting does not hide a name.
        assert_eq!(risk("'r'm -r x"), Risk::Destructive);
        assert_eq!(risk("\\rm -r x"), Risk::Destructive);
    }

    #[test]
    fn shells_within_are_read_too() {
        for line in ["sh -c 'rm -rf x'", "bash -ec \"sh -c 'rm -rf x'\"", "eval rm -rf x", "env A=1 sh -c 'rm -rf x'"] {
            let parts = split(line);
            assert!(parts.iter().any(|p| p.words == ["rm", "-rf", "x"]), "{line}: {parts:?}");
        }
        assert!(risk("sh -c \"$x\"") >= Risk::Unknown);
        assert_eq!(risk("sh -c 'ls | wc -l'"), Risk::ReadOnly);
    }

    #[test]
    fn an_empty_line_does_nothing() {
        assert_eq!(split("")[0].risk, Risk::ReadOnly);
        assert_eq!(split("# only this")[0].risk, Risk::ReadOnly);
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_an_end(text in "\\PC{0,60}") {
            prop_assert!(!split(&text).is_empty());
        }

        /// Whatever stands around it, a command on a line of its own is never taken for milder.
        #[test]
        fn a_destructive_line_stays_one(before in "[a-z '\"$(){}|&;<>#\\\\\n]{0,20}") {
            let line = format!("ls\n{before}\nrm -rf src\n");
            let parts = split(&line);
            let seen = parts.iter().any(|p| p.risk >= Risk::Destructive);
            // Only quotes, a comment cannot, may turn it into mere text.
            let quoted = before.contains(['\'', '"', '\\', '<']);
            prop_assert!(seen || quoted, "{:?} {:?}", line, parts);
        }
    }
}
