//! Tests in a file: where they are, what they are called, and which criteria and properties their
//! names or the comments right above them name.
//!
//! A line scanner for the usual languages and runners, not a parser: what it does not recognise is
//! not listed, and a file whose tests are not recognised still counts as a test file by its name.

use crate::domain::spec::refs::{ReqId, parse_list};

/// A test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its line, from 1.
    pub line: usize,
    /// Its name or title.
    pub name: String,
    /// Requirements and criteria that it names.
    pub ids: Vec<ReqId>,
    /// Numbers such as `1.2` in its title, which may be a criterion's id or something else.
    pub perhaps: Vec<ReqId>,
    /// Properties that it names, by number.
    pub properties: Vec<u32>,
}

/// Languages by how their tests are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Script,
    Rust,
    Python,
    Go,
    /// Java, Kotlin, C#, Scala: an annotation above a method.
    Annotated,
    /// Ruby, Elixir: `test "title"`, `it "title"`.
    Quoted,
    /// PHP, Swift: a function whose name begins with `test`.
    Prefixed,
}

fn language(path: &str) -> Option<Language> {
    Some(match path.rsplit_once('.')?.1 {
        "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" => Language::Script,
        "rs" => Language::Rust,
        "py" => Language::Python,
        "go" => Language::Go,
        "java" | "kt" | "kts" | "cs" | "scala" => Language::Annotated,
        "rb" | "exs" => Language::Quoted,
        "php" | "swift" => Language::Prefixed,
        _ => return None,
    })
}

/// True for a file of tests, by its name and place; for Rust, also by its text.
pub fn is_test(path: &str, text: &str) -> bool {
    let Some(language) = language(path) else { return false };
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let folder = path.split('/').rev().skip(1).any(|part| matches!(part, "test" | "tests" | "__tests__" | "spec"));
    match language {
        Language::Script => {
            let marked = [".test.", ".spec.", "-test.", "_test."].iter().any(|m| name.contains(m));
            marked || (folder && !tests(path, text).is_empty())
        }
        Language::Rust => text.contains("#[test]") || text.contains("::test]") || text.contains("::test("),
        Language::Python => stem.starts_with("test_") || stem.ends_with("_test"),
        Language::Go => stem.ends_with("_test"),
        Language::Annotated => {
            ["Test", "Tests", "IT", "Spec"].iter().any(|end| stem.ends_with(end)) || path.contains("src/test/")
        }
        Language::Quoted => stem.ends_with("_spec") || stem.ends_with("_test"),
        Language::Prefixed => stem.ends_with("Test") || stem.ends_with("Tests"),
    }
}

/// The tests of a file, in order.
pub fn tests(path: &str, text: &str) -> Vec<Test> {
    let Some(language) = language(path) else { return Vec::new() };
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    // Titles of the blocks that a test may lie in, each with its column.
    let mut around: Vec<(usize, String)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let column = line.len() - line.trim_start().len();
        if !line.trim().is_empty() {
            around.retain(|(at, _)| *at < column);
        }
        if let Some(title) = block(language, line) {
            around.push((column, title));
            continue;
        }
        let Some(name) = name(language, &lines, index) else { continue };
        let above = above(&lines, index);
        let mut test = Test { line: index + 1, name, ids: Vec::new(), perhaps: Vec::new(), properties: Vec::new() };
        let titles = around.iter().map(|(_, title)| title.as_str());
        for words in titles.chain([test.name.clone().as_str(), above.as_str()]) {
            named(words, &mut test);
        }
        test.perhaps = bare(&test.name).into_iter().filter(|id| !test.ids.contains(id)).collect();
        out.push(test);
    }
    out
}

/// The title of a block of tests that begins in a line.
fn block(language: Language, line: &str) -> Option<String> {
    let text = line.trim_start();
    match language {
        Language::Script => quoted(call(text, &["describe", "suite", "context"])?),
        Language::Quoted => ["describe ", "context "].iter().find_map(|w| quoted(text.strip_prefix(w)?)),
        Language::Python => text.strip_prefix("class ").map(|rest| word(rest).to_owned()),
        Language::Rust | Language::Go | Language::Annotated | Language::Prefixed => None,
    }
}

/// The name of the test that begins in a line.
fn name(language: Language, lines: &[&str], index: usize) -> Option<String> {
    let text = lines.get(index)?.trim_start();
    match language {
        Language::Script => {
            let rest = call(text, &["test", "it"])?;
            // A long title stands on the next line.
            quoted(rest).or_else(|| quoted(lines.get(index + 1).filter(|_| rest.trim().is_empty())?))
        }
        Language::Quoted => ["test ", "it ", "scenario "].iter().find_map(|w| quoted(text.strip_prefix(w)?)),
        Language::Python => {
            let rest = text.strip_prefix("async ").unwrap_or(text).strip_prefix("def ")?;
            Some(word(rest)).filter(|name| name.starts_with("test")).map(str::to_owned)
        }
        Language::Go => match text.strip_prefix("func ") {
            Some(rest) => {
                let name = word(rest);
                ["Test", "Fuzz", "Example"].iter().any(|p| name.starts_with(p)).then(|| name.to_owned())
            }
            None => quoted(text.strip_prefix("t.Run(")?),
        },
        Language::Prefixed => {
            let at = text.find("function ").map(|at| at + 9).or_else(|| text.find("func ").map(|at| at + 5))?;
            Some(word(text.get(at..)?)).filter(|name| name.starts_with("test")).map(str::to_owned)
        }
        Language::Rust => {
            let at = text.find("fn ").filter(|at| text.get(..*at).is_some_and(|b| b.split(' ').all(is_modifier)))?;
            let attribute =
                |l: &str| l.contains("#[test") || l.contains("::test]") || l.contains("::test(") || l == "#[rstest]";
            marked(lines, index, "#[", attribute).then(|| word(text.get(at + 3..).unwrap_or_default()).to_owned())
        }
        Language::Annotated => {
            let attribute = |l: &str| {
                ["@Test", "@ParameterizedTest", "@RepeatedTest", "@Property", "[Fact", "[Theory", "[Test"]
                    .iter()
                    .any(|a| l.starts_with(a))
            };
            let call = text.find('(')?;
            let head = text.get(..call)?;
            let method = !text.starts_with(['@', '[', '/', '*']) && head.contains(' ');
            let name = head.rsplit(['`']).nth(1).or_else(|| head.split_whitespace().last())?;
            (method && marked(lines, index, "", attribute)).then(|| name.to_owned())
        }
    }
}

fn is_modifier(word: &str) -> bool {
    matches!(word, "" | "pub" | "async" | "const" | "unsafe" | "pub(crate)" | "pub(super)")
}

/// True where one of the lines right above is such an attribute. Lines that begin with `goes`, or are
/// attributes, comments or annotations, do not end the search.
fn marked(lines: &[&str], index: usize, goes: &str, attribute: impl Fn(&str) -> bool) -> bool {
    for line in lines.get(..index).unwrap_or_default().iter().rev().take(12) {
        let line = line.trim();
        if attribute(line) {
            return true;
        }
        let on = (!goes.is_empty() && line.starts_with(goes)) || line.starts_with(['@', '[', '/', '*', '#', ')']);
        if !on {
            return false;
        }
    }
    false
}

/// What stands behind the bracket of a call to one of these: `test.only(`, `it.each(…)(`.
fn call<'a>(text: &'a str, names: &[&str]) -> Option<&'a str> {
    let name = word(text);
    let mut rest = text.get(name.len()..).filter(|_| names.contains(&name))?;
    while let Some(more) = rest.strip_prefix('.') {
        let part = word(more);
        rest = more.get(part.len()..)?;
        if part == "each" {
            // The table comes first, the title behind it.
            let at = rest.find(")(").map(|at| at + 1).or_else(|| rest.rfind("`(").map(|at| at + 1))?;
            rest = rest.get(at..)?;
        }
    }
    rest.strip_prefix('(')
}

/// The text of a quotation that begins here.
fn quoted(text: &str) -> Option<String> {
    let text = text.trim_start();
    let mark = text.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    let mut out = String::new();
    let mut chars = text.chars().skip(1);
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c if c == mark => return Some(out),
            c => out.push(c),
        }
    }
    None
}

/// The identifier that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The comments and attributes right above a line.
fn above(lines: &[&str], index: usize) -> String {
    let before = lines.get(..index).unwrap_or_default().iter().rev();
    let on = |line: &&&str| {
        let line = line.trim();
        line.starts_with("//") || line.starts_with(['#', '*', '@', '[']) || line.starts_with("/*")
    };
    let mut above: Vec<&str> = before.take_while(on).copied().collect();
    above.reverse();
    above.join("\n")
}

/// Words that ids follow.
const WORDS: &[&str] = &["requirements", "requirement", "reqs", "req", "validates", "criterion", "criteria", "ac"];

/// Adds what a title, an identifier or a comment names.
fn named(words: &str, test: &mut Test) {
    let spoken = spoken(words);
    let lower = spoken.to_ascii_lowercase();
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    for (at, word) in WORDS.iter().flat_map(|w| lower.match_indices(w)) {
        let rest = spoken.get(at + word.len()..).unwrap_or_default();
        let whole = !letter(lower.get(..at).and_then(|b| b.chars().next_back()));
        let rest = rest.trim_start_matches([' ', ':', '#', '*', '-', '(']);
        if !whole || !rest.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | '-' | '–')));
        let list =
            rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().trim_end_matches(['.', ',', ' ', '-', '–']);
        for link in parse_list(list, 0, 1) {
            test.ids.extend(link.ids().filter(|id| !test.ids.contains(id)).cloned().collect::<Vec<_>>());
        }
    }
    for (at, word) in ["property", "properties", "prop"].iter().flat_map(|w| lower.match_indices(w)) {
        let whole = !letter(lower.get(..at).and_then(|b| b.chars().next_back()));
        let rest = lower.get(at + word.len()..).unwrap_or_default().trim_start_matches([' ', '#', ':']);
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if let Some(number) = rest.get(..digits).and_then(|d| d.parse().ok()).filter(|_| whole)
            && !test.properties.contains(&number)
        {
            test.properties.push(number);
        }
    }
}

/// An identifier as words: `test_req_1_2_refuses` and `testReq1_2Refuses` say "req 1.2". Other text is
/// as it is.
fn spoken(words: &str) -> String {
    if words.contains(char::is_whitespace) || !words.contains(|c: char| c.is_alphabetic()) {
        return words.to_owned();
    }
    let mut out = String::new();
    let mut last = ' ';
    for c in words.chars() {
        let turns = (c.is_uppercase() && last.is_lowercase()) || (c.is_ascii_digit() && last.is_alphabetic());
        if c == '_' {
            out.push(' ');
        } else {
            if turns || (c.is_alphabetic() && last.is_ascii_digit()) {
                out.push(' ');
            }
            out.push(c);
        }
        last = c;
    }
    // Two numbers in a row are an id of two parts.
    let parts: Vec<&str> = out.split(' ').filter(|p| !p.is_empty()).collect();
    let number = |p: &str| p.chars().all(|c| c.is_ascii_digit());
    let mut joined = String::new();
    for (index, part) in parts.iter().enumerate() {
        let after = index.checked_sub(1).and_then(|i| parts.get(i)).is_some_and(|p| number(p));
        joined.push_str(if index == 0 {
            ""
        } else if after && number(part) {
            "."
        } else {
            " "
        });
        joined.push_str(part);
    }
    joined
}

/// Numbers of two parts in a title.
fn bare(title: &str) -> Vec<ReqId> {
    let words = title.split_whitespace().map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()));
    let id = |w: &str| w.parse::<ReqId>().ok().filter(|id| id.parts().len() == 2 && id.series().is_empty());
    words.filter(|w| w.starts_with(|c: char| c.is_ascii_digit())).filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        tests(path, text)
            .into_iter()
            .map(|t| {
                let ids: Vec<String> = t.ids.iter().chain(&t.perhaps).map(ToString::to_string).collect();
                let properties: Vec<String> = t.properties.iter().map(|p| format!("P{p}")).collect();
                format!("{}:{} [{}]", t.line, t.name, [ids, properties].concat().join(" "))
            })
            .collect()
    }

    #[test]
    fn tests_of_the_usual_runners_are_found_with_what_they_name() {
        for (path, text, want) in [
            (
                "test/a.test.mjs",
                "import test from 'node:test';\ntest('it\\'s 1.2: refused', () => {});\ntest.only(\"Requirement 1.3 holds\", f);\nconst x = test(1);\n",
                vec!["2:it's 1.2: refused [1.2]", "3:Requirement 1.3 holds [1.3]"],
            ),
            (
                "src/a.spec.ts",
                "describe('Property 3: keys', () => {\n  // Validates: Requirements 2.1, 2.2\n  it(\n    'is kept',\n    () => {});\n});\nit.each([1, 2])('works for %i', f);\n",
                vec!["3:is kept [2.1 2.2 P3]", "7:works for %i []"],
            ),
            (
                "src/lib.rs",
                "fn helper() {}\n\n/// Requirement 4.1\n#[test]\nfn keeps_order() {}\n\n#[tokio::test]\nasync fn property_2_holds() {}\n",
                vec!["5:keeps_order [4.1]", "8:property_2_holds [P2]"],
            ),
            (
                "tests/test_shop.py",
                "class TestReq3:\n    def test_total(self): pass\n\ndef helper(): pass\nasync def test_requirement_1_2_refuses(): pass\n",
                vec!["2:test_total [3]", "5:test_requirement_1_2_refuses [1.2]"],
            ),
            (
                "shop_test.go",
                "func TestReq1_2(t *testing.T) {\n\tt.Run(\"empty 1.4\", f)\n}\nfunc helper() {}\n",
                vec!["1:TestReq1_2 [1.2]", "2:empty 1.4 [1.4]"],
            ),
            (
                "src/test/java/ShopTest.java",
                "class ShopTest {\n  // _Requirements: 1.2_\n  @Test\n  void refuses() {}\n\n  void helper() {}\n  @Test @DisplayName(\"AC 2.3\")\n  void sends() {}\n}\n",
                vec!["4:refuses [1.2]", "8:sends [2.3]"],
            ),
            ("ShopTest.kt", "@Test\nfun `Requirement 1.1 stores`() {}\n", vec!["2:Requirement 1.1 stores [1.1]"]),
            ("shop_spec.rb", "describe 'Shop' do\n  it 'meets 1.2' do\n", vec!["2:meets 1.2 [1.2]"]),
            ("ShopTest.php", "  public function testRequirement1_1(): void {}\n", vec!["1:testRequirement1_1 [1.1]"]),
            ("README.md", "test('x', f)", vec![]),
        ] {
            assert_eq!(found(path, text), want, "{path}");
        }
    }

    #[test]
    fn words_that_only_look_like_an_id_are_none() {
        let text = "test('squares 12 prerequisites 1.2.3 in version v1.2', f);\ntest('properties of 3 items', f);\ntest('reacts to 20 MiB', f);\n";
        assert_eq!(
            found("a.test.js", text),
            [
                "1:squares 12 prerequisites 1.2.3 in version v1.2 []",
                "2:properties of 3 items []",
                "3:reacts to 20 MiB []",
            ]
        );
    }

    #[test]
    fn a_file_of_tests_is_known_by_its_name_or_place() {
        for path in [
            "test/thumbnails.test.mjs",
            "src/__tests__/a.spec.tsx",
            "tests/test_a.py",
            "pkg/a_test.go",
            "src/test/java/A.java",
            "AppTests.cs",
            "spec/a_spec.rb",
            "test/a_test.exs",
            "ATest.php",
            "ATests.swift",
        ] {
            assert!(is_test(path, ""), "{path}");
        }
        for path in ["src/contest.mjs", "src/latest.py", "attest.go", "docs/test.md", "src/Testing.java", "test"] {
            assert!(!is_test(path, ""), "{path}");
        }
        assert!(is_test("src/a.rs", "#[test]\nfn a() {}") && !is_test("src/a.rs", "fn a() {}"));
        assert!(is_test("test/all.js", "test('a', f)") && !is_test("test/helper.js", "export const a = 1;"));
    }
}
