//! Places in a text that a reviewer should look at twice: what cannot be seen, what reorders what is read,
//! letters and spaces that pass for others.
//!
//! It finds and names; [`super::clean`] makes visible. What ordinary writing needs is no finding: joiners
//! between letters of scripts that join, wide letters and spaces in Chinese, Japanese and Korean, and, in
//! prose, in strings and in comments, spaces that do not break.
//!
//! Always holds: what is drawn as a mark in place of a letter is a finding, but for such joiners.

use super::{
    clean::{Marks, Reads, bidi, clean, name},
    strings::{Yaml, strings},
};

/// What is suspicious about a place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A control character, such as an escape.
    Control(char),
    /// A bidi control: the order on a screen is not the order in the file.
    Bidi(char),
    /// A character that cannot be seen.
    Invisible(char),
    /// A space that is another character than it looks.
    Space(char),
    /// A word of letters that pass for Latin ones: mixed with them, or where a name in ASCII is expected.
    Confusable(String),
}

impl What {
    /// What is so of all places of the kind.
    pub fn reason(&self) -> String {
        match self {
            Self::Control(c) => format!("control character {}", name(*c)),
            Self::Bidi(c) => format!("{} changes the reading order", name(*c)),
            Self::Invisible(c) => format!("invisible character {}", name(*c)),
            Self::Space(c) => format!("{} is no plain space", name(*c)),
            Self::Confusable(_) => "a word with letters that pass for others".to_owned(),
        }
    }
}

/// A finding, for a reviewer to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub col: usize,
    /// What is there.
    pub what: What,
}

impl std::fmt::Display for Suspicion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: ", self.line, self.col)?;
        match &self.what {
            What::Confusable(word) => {
                let mixes = word.chars().any(|c| c.is_ascii_alphabetic());
                let how = if mixes { "mixes scripts:" } else { "looks like ASCII and is not:" };
                write!(f, "`{}` {how}", clean(word))?;
                let odd = word.chars().filter(|c| !c.is_ascii());
                odd.take(8).try_for_each(|c| write!(f, " {}", name(c)))
            }
            what => f.write_str(&what.reason()),
        }
    }
}

/// Findings that are reported for one text.
pub const REPORTED: usize = 1000;

/// Places to look at in prose, in order; at most [`REPORTED`]. A `\r` before `\n`, and a byte-order mark at
/// the very beginning, are none.
pub fn suspicious(text: &str) -> Vec<Suspicion> {
    suspicious_in(text, Reads::Prose, |_| true)
}

/// [`suspicious`] as the text is read, in some lines only, asked by their number from 1.
pub fn suspicious_in(text: &str, reads: Reads, wanted: impl Fn(usize) -> bool) -> Vec<Suspicion> {
    let mut out = Vec::new();
    // Most lines are plain, and cheaper to see as such than to ask about.
    let plain = |line: &str| line.bytes().all(|b| (0x20..0x7f).contains(&b) || b == b'\t');
    if plain(text) {
        return out;
    }
    let strings = if reads.is_code() { strings(text, reads) } else { Vec::new() };
    let (mut yaml, mut begin) = (Yaml::default(), 0);
    for (index, line) in text.split('\n').enumerate() {
        let at = begin;
        begin += line.len() + 1;
        // A page of its own in old sources.
        let page = line.trim_end_matches('\r') == "\u{c}";
        let code = if reads == Reads::Yaml { yaml.code(line) } else { line.len() };
        if plain(line) || page || !wanted(index + 1) {
            continue;
        }
        let mut line = Line::of(line.strip_suffix('\r').unwrap_or(line), reads);
        line.within(at, &strings);
        line.code_to(code);
        let mut marks = Marks::of(reads);
        let mut word = String::new();
        let mut start = 0;
        for (col, c) in line.chars.iter().copied().chain(['\n']).enumerate() {
            if out.len() >= REPORTED {
                return out;
            }
            let at = |col: usize, what| Suspicion { line: index + 1, col: col + 1, what };
            let hidden = marks.hidden(c);
            // The letter of an escape is none of the word behind it.
            let escape = c.is_ascii_alphabetic() && word.is_empty() && line.is_escaped(col);
            if !hidden && !escape && (c.is_alphanumeric() || matches!(c, '_' | '\u{ff3f}')) {
                if word.is_empty() {
                    start = col;
                }
                word.push(c);
                continue;
            }
            if mixed(&word) || line.passes_for_a_name(&word, start, col) {
                out.push(at(start, What::Confusable(word.clone())));
            }
            word.clear();
            let mark = c == '\u{feff}' && index == 0 && col == 0;
            if !hidden || mark || line.joins(col) {
                continue;
            }
            let what = if c.is_control() {
                What::Control(c)
            } else if bidi(c) {
                What::Bidi(c)
            } else if c.is_whitespace() && !matches!(c, '\u{2028}' | '\u{2029}') {
                What::Space(c)
            } else {
                What::Invisible(c)
            };
            if !matches!(what, What::Space(_)) || line.is_code(col) {
                out.push(at(col, what));
            }
        }
    }
    out
}

/// A line, and which of its characters are code: in no string and no comment, as far as one line tells.
struct Line {
    chars: Vec<char>,
    code: Vec<bool>,
}

impl Line {
    fn of(text: &str, reads: Reads) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut code = vec![false; chars.len()];
        let get = |at: usize| chars.get(at).copied().unwrap_or('\n');
        let (mut at, mut quote, mut begun) = (0, None, false);
        while reads.is_code() && at < chars.len() {
            let c = get(at);
            match quote {
                Some(_) if c == '\\' => at += 1,
                Some(open) => quote = (c != open).then_some(open),
                // What no one closes opens nothing: an apostrophe, a lifetime.
                None if matches!(c, '"' | '\'' | '`') && chars.iter().skip(at + 1).any(|d| *d == c) => quote = Some(c),
                None => {
                    let comment = match (c, get(at + 1)) {
                        ('/', '/') => at == 0 || get(at - 1) != ':',
                        ('/', '*') | ('<', '!') => true,
                        ('#', next) => next.is_whitespace(),
                        ('-', '-') => get(at + 2).is_whitespace(),
                        ('*', _) => !begun,
                        _ => false,
                    };
                    if comment {
                        break;
                    }
                    if let Some(code) = code.get_mut(at) {
                        *code = true;
                    }
                }
            }
            begun |= !c.is_whitespace();
            at += 1;
        }
        Self { chars, code }
    }

    /// Takes note of strings over several lines, by bytes of the text in which the line begins at `begin`.
    fn within(&mut self, begin: usize, strings: &[std::ops::Range<usize>]) {
        let mut at = begin;
        let from = strings.partition_point(|s| s.end <= begin);
        let mut strings = strings.iter().skip(from).peekable();
        for (c, code) in self.chars.iter().zip(&mut self.code) {
            while strings.next_if(|s| s.end <= at).is_some() {}
            *code &= !strings.peek().is_some_and(|s| s.contains(&at));
            at += c.len_utf8();
        }
    }

    /// What lies behind so many bytes is no code, but for the line's indentation.
    fn code_to(&mut self, bytes: usize) {
        let mut at = 0;
        let mut indent = true;
        for (c, code) in self.chars.iter().zip(&mut self.code) {
            indent &= c.is_whitespace();
            *code &= at < bytes || indent;
            at += c.len_utf8();
        }
    }

    /// True behind a backslash that is none that was escaped itself.
    fn is_escaped(&self, at: usize) -> bool {
        self.chars.iter().take(at).rev().take_while(|c| **c == '\\').count() % 2 == 1
    }

    fn is_code(&self, at: usize) -> bool {
        self.code.get(at).copied().unwrap_or(false)
    }

    /// True for a joiner between two letters that it joins, or two pictures that it makes one.
    fn joins(&self, at: usize) -> bool {
        let is_joiner = self.chars.get(at).is_some_and(|c| matches!(c, '\u{200c}' | '\u{200d}'));
        let beside = |at: Option<usize>| at.and_then(|at| self.chars.get(at).copied());
        let Some((before, after)) = beside(at.checked_sub(1)).zip(beside(Some(at + 1))) else { return false };
        let script = |c: char| {
            matches!(c, '\u{0600}'..='\u{07ff}' | '\u{08a0}'..='\u{0dff}' | '\u{1000}'..='\u{109f}'
                | '\u{1780}'..='\u{17ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
        };
        let picture = |c: char| matches!(c, '\u{2190}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' | '\u{fe0f}');
        is_joiner && ((script(before) && script(after)) || (picture(before) && picture(after)))
    }

    /// True for a word of wide letters alone that stands where code in ASCII has a name.
    fn passes_for_a_name(&self, word: &str, from: usize, to: usize) -> bool {
        if !word.chars().any(wide_letter) || !word.chars().all(|c| wide(c) || c == '_') || !self.is_code(from) {
            return false;
        }
        let code = || self.chars.iter().zip(&self.code).filter(|(_, code)| **code).map(|(c, _)| *c);
        // Chinese, Japanese and Korean texts have such words.
        if code().any(|c| !c.is_ascii() && c.is_alphanumeric() && !wide(c)) {
            return false;
        }
        let sign = |c: Option<&char>| c.is_some_and(|c| "()[]{}.=;,<>+-*/&|!:".contains(*c));
        let before = self.chars.iter().take(from).rev().find(|c| !c.is_whitespace());
        sign(before) || sign(self.chars.iter().skip(to).find(|c| !c.is_whitespace()))
    }
}

/// Letters and digits of ASCII as wide as Chinese ones, and the line below.
fn wide(c: char) -> bool {
    wide_letter(c) || matches!(c, '\u{ff10}'..='\u{ff19}' | '\u{ff3f}')
}

fn wide_letter(c: char) -> bool {
    matches!(c, '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}')
}

/// Letters of scripts that are written without spaces: a word ends where they begin.
fn spaceless(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

/// True for words of Latin letters and letters that could pass for them. Greek letters that stand
/// in formulas and units (Δ, μ, Ω, π) look like no Latin letter and do not count.
fn mixed(word: &str) -> bool {
    let latin =
        |c: char| c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}') && c != 'ſ';
    let passes = |c: char| {
        matches!(c, '\u{0400}'..='\u{052f}' | '\u{1c80}'..='\u{1c8f}' | '\u{a640}'..='\u{a69f}' | 'ſ'
            | '\u{1d400}'..='\u{1d7ff}' | '\u{13a0}'..='\u{13f4}' | '\u{0531}'..='\u{0587}' | '\u{2160}'..='\u{2188}'
            | '\u{a4d0}'..='\u{a4f7}' | '\u{2c80}'..='\u{2cee}')
            // Of the letters used as signs all but that for ohm.
            || (matches!(c, '\u{210a}'..='\u{2149}') && c != '\u{2126}')
            || wide(c)
            || "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορτυχϲϳͿ".contains(c)
    };
    word.split(spaceless).any(|part| part.chars().any(latin) && part.chars().any(passes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> Vec<What> {
        suspicious_in(text, Reads::Code, |_| true).into_iter().map(|s| s.what).collect()
    }

    #[test]
    fn findings_say_where_and_what() {
        let found = suspicious("ok\r\nif a\u{202e}dmin \u{200b}{\nlet p\u{430}ss = \u{1b};\n");
        assert_eq!(
            found,
            [
                Suspicion { line: 2, col: 5, what: What::Bidi('\u{202e}') },
                Suspicion { line: 2, col: 11, what: What::Invisible('\u{200b}') },
                Suspicion { line: 3, col: 5, what: What::Confusable("p\u{430}ss".into()) },
                Suspicion { line: 3, col: 12, what: What::Control('\u{1b}') },
            ]
        );
        assert_eq!(found[2].to_string(), "3:5: `p\u{430}ss` mixes scripts: ⟨U+0430⟩");
        assert_eq!(suspicious("\u{feff}Δt kΩ k\u{2126} μs привет мир Ελλάδα café"), []);
        assert_eq!(suspicious("last p\u{3b1}ss").len(), 1, "at the end of the text");
    }

    #[test]
    fn letters_that_cannot_be_seen_are_found() {
        for filler in ['\u{3164}', '\u{115f}', '\u{1160}', '\u{ffa0}'] {
            for text in [format!("let {filler} = 1;"), format!("user{filler}id"), filler.to_string()] {
                assert_eq!(code(&text), [What::Invisible(filler)], "{text:?}");
                assert_eq!(suspicious(&text).len(), 1, "{text:?}");
            }
        }
    }

    #[test]
    fn letters_that_pass_for_others_are_found() {
        let found = |text: &str| code(text).iter().any(|what| matches!(what, What::Confusable(_)));
        for text in [
            "// com\u{217f}ent",
            "ｅval(x)",
            "ｅｖａｌ(x)",
            "x = ｅｖａｌ (x) // 実行",
            "document.ｃｏｏｋｉｅ",
            "let total１ = 1;",
            "a\u{ff3f}b",
            "\u{212a}ey",
            "pa\u{17f}sword",
        ] {
            assert!(found(text), "{text}");
        }
        for text in [
            "// ＡＰＩを呼ぶ",
            " * ＡＰＩ(foo)",
            "let s = \"ＡＰＩ(x)\";",
            "ＨＴＭＬとCSSを使う",
            "ＡＰＩ（インターフェース）",
            "ＡＰＩ(Application Programming Interface)は",
            "# ＵＲＬ: http://x",
            "第Ⅲ章 한국어 API를 中文API接口",
            "print('ｅｖａｌ(x)')",
        ] {
            assert_eq!(code(text), [], "{text}");
        }
        assert_eq!(suspicious("ＡＰＩ(x)"), [], "prose has no names in ASCII");
        let told = suspicious_in("ｅｖ(", Reads::Code, |_| true);
        assert_eq!(told[0].to_string(), "1:1: `ｅｖ` looks like ASCII and is not: ⟨U+FF45⟩ ⟨U+FF56⟩");
    }

    #[test]
    fn spaces_that_are_others_are_found_in_code_alone() {
        for c in ['\u{a0}', '\u{2003}', '\u{202f}', '\u{3000}', '\u{1680}'] {
            assert_eq!(code(&format!("if{c}(x)")), [What::Space(c)], "{c:?}");
            let ordinary = [
                format!("let s = \"Bonjour{c}!\";"),
                format!("x(); // Bonjour{c}!"),
                format!(" * 10{c}km"),
                format!("x = '{c}';"),
            ];
            ordinary.iter().for_each(|text| assert_eq!(code(text), [], "{text}"));
            assert_eq!(suspicious(&format!("Bonjour{c}!")), []);
        }
        assert_eq!(code("これは　テスト"), []);
        assert_eq!(code("let a: &'static\u{a0}str;"), [What::Space('\u{a0}')], "what is not closed opens nothing");
    }

    #[test]
    fn strings_over_several_lines_are_no_code() {
        let read = |text: &str, reads| suspicious_in(text, reads, |_| true).len();
        for text in [
            "s = \"\"\"\nBonjour\u{a0}!\n\"\"\"\n",
            "s = '''Bonjour\u{a0}!\n'''\n",
            "let s = r##\"<p>\u{a0}\n# x \"#\u{a0}</p>\"##;",
            "s = \"\"\"\nＡＰＩ(x)\n\"\"\"\n",
        ] {
            assert_eq!(read(text, Reads::Code), 0, "{text}");
        }
        let template = "const s = `Bonjour\u{a0}!\n${x}\u{a0}km`;\n";
        assert_eq!((read(template, Reads::Quoted), read(template, Reads::Code)), (0, 2));
        // Behind it there is code again, and what is not closed opens nothing.
        assert_eq!(read("s = \"\"\"a\nb\"\"\"\nif\u{a0}(x)\n", Reads::Code), 1);
        assert_eq!(read("s = \"\"\"a\nif\u{a0}(x)\n", Reads::Code), 1);
        assert_eq!(read("// don`t\nif\u{a0}(x) // `\n", Reads::Quoted), 1);
        assert_eq!(read("x = '`'; if\u{a0}(x) {\n y = '`' }\n", Reads::Quoted), 1);
        // What cannot be seen, or passes for others, is told there too.
        assert_eq!(read("s = \"\"\"\np\u{430}ss \u{202e}\n\"\"\"\n", Reads::Code), 2);
    }

    #[test]
    fn values_of_yaml_are_no_code_but_commands_are() {
        let read = |text: &str| suspicious_in(text, Reads::Yaml, |_| true).len();
        for text in [
            "title: Bonjour\u{a0}!\n",
            "- name: ＡＰＩ(x)\n",
            "on:\n  text: >\n    Bonjour\u{a0}!\n    10\u{a0}km: env.\n",
            "- Bonjour\u{a0}!\n",
        ] {
            assert_eq!(read(text), 0, "{text}");
        }
        for text in ["\u{a0}key: x\n", "a\u{a0}b: x\n", "- run: rm -rf\u{a0}x\n", "  run: |\n    rm\u{a0}-rf x\n"] {
            assert_eq!(read(text), 1, "{text}");
        }
        assert_eq!(read("run: |\n  x\nname: a\u{a0}b\n"), 0, "a block ends with its indentation");
    }

    #[test]
    fn letters_of_escapes_pictures_and_pages_are_none() {
        for text in ["print(\"\\nтекст\")", "x = \"a\\tℹ ok\"", "ℹ\u{fe0f} Note", "\u{c}", "🅰\u{fe0f}"] {
            assert_eq!(code(text), [], "{text}");
        }
        assert_eq!(code("x = \"\\\\nо\"").len(), 1, "the backslash is escaped, the letter is not");
        assert_eq!(code("x = \"\\np\u{430}ss\"").len(), 1);
        assert_eq!(code("a\u{c}b").len(), 1);
    }

    #[test]
    fn what_writing_needs_is_no_finding() {
        for text in
            ["می\u{200c}خواهم", "क्\u{200d}ष", "👩\u{200d}💻", "❤\u{fe0f}\u{200d}🔥", "שלום, עולם", "مرحبا بالعالم"]
        {
            assert_eq!(code(text), [], "{text}");
        }
        assert_eq!(code("ad\u{200d}min").len(), 1);
        assert_eq!(code("מי\u{200c}x").len(), 1);
    }

    #[test]
    fn a_name_says_how_a_file_is_read() {
        for (path, reads) in [
            ("README.md", Reads::Prose),
            ("docs/x.RST", Reads::Prose),
            ("a.ts", Reads::Quoted),
            ("ci.yml", Reads::Yaml),
            ("a.rs", Reads::Code),
            ("Makefile", Reads::Code),
        ] {
            assert_eq!(Reads::of(path), reads, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_letter_that_is_drawn_as_a_mark_is_a_finding(text in "[a-z (){}\u{3164}\u{115f}\u{ffa0}\u{200b}\u{202e}\u{a0}\"図ｅ]{0,24}") {
            let marked = clean(&text).matches("⟨U+").count();
            let found = suspicious(&text).iter().filter(|s| matches!(s.what, What::Invisible(_) | What::Bidi(_))).count();
            prop_assert_eq!(found, marked);
        }
    }
}
