//! Reads what test runners print at their end.
//!
//! The runner is told by its output, not by the command, since scripts and makefiles hide it.
//! Several summaries in one output add up. Where nothing is recognised the counts stay unknown, and
//! only the exit code speaks.

use serde::{Deserialize, Serialize};

use crate::domain::command::Exit;

/// Names of failed tests that are kept.
const MOST_NAMES: usize = 50;

/// What a run of tests said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestSummary {
    /// The command that ran.
    pub command: String,
    /// How it ended.
    pub exit: Exit,
    /// How many tests passed, where the runner said.
    pub passed: Option<u32>,
    /// How many failed, errors and cancelled ones included.
    pub failed: Option<u32>,
    /// How many did not run: skipped, ignored, to be written.
    pub skipped: Option<u32>,
    /// Names of failed tests, the first fifty, as the runner writes them.
    pub failures: Vec<String>,
}

impl TestSummary {
    /// True when the command exited with 0 and no test is said to have failed.
    pub fn green(&self) -> bool {
        self.exit == Exit::Code(0) && self.failed.unwrap_or(0) == 0
    }

    /// True when the runner said that it ran no test at all: that is green, and proves nothing.
    pub fn empty(&self) -> bool {
        self.passed == Some(0) && self.failed.unwrap_or(0) == 0
    }
}

#[derive(Default)]
struct Counts {
    passed: Option<u32>,
    failed: Option<u32>,
    skipped: Option<u32>,
}

impl Counts {
    fn add(&mut self, passed: u32, failed: u32, skipped: u32) {
        for (sum, more) in [(&mut self.passed, passed), (&mut self.failed, failed), (&mut self.skipped, skipped)] {
            *sum = Some(sum.unwrap_or(0).saturating_add(more));
        }
    }
}

/// Reads the output of a test command, control sequences already removed.
pub fn read_outcome(command: &str, output: &str, exit: Exit) -> TestSummary {
    let mut counts = Counts::default();
    let mut failures: Vec<String> = Vec::new();
    let mut ran: Option<u32> = None;
    for line in output.lines() {
        let line = line.trim_end();
        if let Some((passed, failed, skipped)) = summary(line, &mut ran) {
            counts.add(passed, failed, skipped);
        }
        if let Some(name) = failure(line).filter(|n| !n.is_empty())
            && failures.len() < MOST_NAMES
            && !failures.iter().any(|f| f == name)
        {
            failures.push(name.to_owned());
        }
    }
    TestSummary {
        command: command.to_owned(),
        exit,
        passed: counts.passed,
        failed: counts.failed,
        skipped: counts.skipped,
        failures,
    }
}

type Triple = (u32, u32, u32);

/// What one line adds. `ran` holds what unittest said a line before its verdict.
fn summary(line: &str, ran: &mut Option<u32>) -> Option<Triple> {
    let trimmed = line.trim_start();
    cargo(trimmed)
        .or_else(|| nextest(trimmed))
        .or_else(|| node(line))
        .or_else(|| pytest(line))
        .or_else(|| unittest(line, ran))
        .or_else(|| jest(line))
        .or_else(|| go(line))
        .or_else(|| mocha(line))
        .or_else(|| others(trimmed))
}

/// The sum of all numbers that stand before one of the words.
fn before(text: &str, words: &[&str]) -> u32 {
    let tokens: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || ",;|():=".contains(c)).filter(|t| !t.is_empty()).collect();
    let fits = |pair: &&[&str]| pair.get(1).is_some_and(|w| words.contains(w));
    tokens.windows(2).filter(fits).filter_map(|pair| pair.first()?.parse::<u32>().ok()).fold(0, u32::saturating_add)
}

/// The number after `label`.
fn after(text: &str, label: &str) -> Option<u32> {
    let rest = text.split_once(label)?.1.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

fn cargo(line: &str) -> Option<Triple> {
    let rest = line.strip_prefix("test result: ")?;
    Some((before(rest, &["passed"]), before(rest, &["failed"]), before(rest, &["ignored"])))
}

fn nextest(line: &str) -> Option<Triple> {
    let rest = line.strip_prefix("Summary [")?.split_once(']')?.1;
    rest.contains(" run: ").then(|| {
        let failed = before(rest, &["failed", "timed", "exec"]);
        (before(rest, &["passed"]), failed, before(rest, &["skipped"]))
    })
}

/// Node's runner gives each count a line, `# pass 3` or `ℹ pass 3`.
fn node(line: &str) -> Option<Triple> {
    let rest = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?;
    let (word, number) = rest.split_once(' ')?;
    let number = number.parse().ok()?;
    match word {
        "pass" => Some((number, 0, 0)),
        "fail" | "cancelled" => Some((0, number, 0)),
        "skipped" | "todo" => Some((0, 0, number)),
        _ => None,
    }
}

/// `=== 1 failed, 2 passed in 0.09s ===`, or the same without the bars.
fn pytest(line: &str) -> Option<Triple> {
    let inner = line.trim_matches(['=', ' ']);
    let (counts, time) = inner.rsplit_once(" in ")?;
    let seconds = time.split_once('s')?.0;
    if !seconds.contains('.') || seconds.parse::<f64>().is_err() {
        return None;
    }
    if counts == "no tests ran" {
        return Some((0, 0, 0));
    }
    const WORDS: &[&str] = &[
        "passed",
        "failed",
        "error",
        "errors",
        "skipped",
        "xfailed",
        "xpassed",
        "deselected",
        "warning",
        "warnings",
        "rerun",
        "subtests",
    ];
    let whole = counts.split(", ").all(|part| {
        part.split_once(' ')
            .is_some_and(|(n, word)| n.parse::<u32>().is_ok() && word.split(' ').all(|w| WORDS.contains(&w)))
    });
    whole.then(|| {
        let failed = before(counts, &["failed", "error", "errors"]);
        (before(counts, &["passed", "xpassed"]), failed, before(counts, &["skipped", "xfailed"]))
    })
}

fn unittest(line: &str, ran: &mut Option<u32>) -> Option<Triple> {
    if let Some(rest) = line.strip_prefix("Ran ") {
        *ran = rest.contains(" test").then(|| rest.split(' ').next()?.parse().ok()).flatten();
        return None;
    }
    let verdict = line == "OK"
        || line == "NO TESTS RAN"
        || ["OK (", "FAILED (", "NO TESTS RAN ("].iter().any(|v| line.starts_with(v));
    if !verdict {
        return None;
    }
    let total = ran.take()?;
    // "expected failures" ends in the word "failures" as well.
    let plain = line.replace("expected failures=", "expected=").replace("unexpected successes=", "unexpected=");
    let count = |label: &str| after(&plain, label).unwrap_or(0);
    let failed = count("failures=").saturating_add(count("errors=")).saturating_add(count("unexpected="));
    let skipped = count("skipped=").saturating_add(count("(expected=").max(count(" expected=")));
    Some((total.saturating_sub(failed).saturating_sub(skipped), failed, skipped))
}

/// Jest's `Tests: 1 failed, 4 total` and Vitest's `Tests  1 failed | 1 passed (2)`.
fn jest(line: &str) -> Option<Triple> {
    let rest = line.trim_start().strip_prefix("Tests")?;
    let fits = (rest.starts_with(": ") && rest.ends_with(" total")) || (rest.starts_with("  ") && rest.ends_with(')'));
    fits.then(|| (before(rest, &["passed"]), before(rest, &["failed"]), before(rest, &["skipped", "todo", "pending"])))
}

/// Go names its tests one a line, those that passed only when asked to be verbose.
fn go(line: &str) -> Option<Triple> {
    let (word, rest) = line.strip_prefix("--- ")?.split_once(": ")?;
    if !rest.ends_with("s)") {
        return None;
    }
    match word {
        "PASS" => Some((1, 0, 0)),
        "FAIL" => Some((0, 1, 0)),
        "SKIP" => Some((0, 0, 1)),
        _ => None,
    }
}

fn mocha(line: &str) -> Option<Triple> {
    let (number, rest) = line.strip_prefix("  ")?.split_once(' ')?;
    let number = number.parse().ok()?;
    match rest.split_once(' ').map_or((rest, ""), |(w, r)| (w, r)) {
        ("passing", time) if time.starts_with('(') => Some((number, 0, 0)),
        ("failing", "") => Some((0, number, 0)),
        ("pending", "") => Some((0, 0, number)),
        _ => None,
    }
}

/// Maven, .NET, RSpec and ExUnit.
fn others(line: &str) -> Option<Triple> {
    let bare = line.trim_start_matches(|c: char| c == '[' || c == ']' || c.is_ascii_uppercase() || c == ' ');
    if bare.starts_with("ests run: ") && !line.contains("Time elapsed") {
        let (total, skipped) = (after(line, "Tests run:")?, after(line, "Skipped:")?);
        let failed = after(line, "Failures:")?.saturating_add(after(line, "Errors:")?);
        return Some((total.saturating_sub(failed).saturating_sub(skipped), failed, skipped));
    }
    if (line.starts_with("Passed!") || line.starts_with("Failed!")) && line.contains("Total:") {
        return Some((after(line, "Passed:")?, after(line, "Failed:")?, after(line, "Skipped:")?));
    }
    let counted = line.starts_with(|c: char| c.is_ascii_digit());
    let kinds: &[&str] = &["example", "examples", "test", "tests", "doctest", "doctests", "property", "properties"];
    if counted && line.contains(" failure") && before(line, kinds) + u32::from(line.starts_with("0 ")) > 0 {
        let (total, failed) = (before(line, kinds), before(line, &["failure", "failures"]));
        let skipped = before(line, &["pending", "skipped", "excluded"]);
        return Some((total.saturating_sub(failed).saturating_sub(skipped), failed, skipped));
    }
    None
}

/// The failed test that a line names.
fn failure(line: &str) -> Option<&str> {
    let trimmed = line.trim_start();
    let untimed = |name: &'_ str| -> usize { name.rfind(" (").filter(|_| name.ends_with(')')).unwrap_or(name.len()) };
    if let Some(rest) = line.strip_prefix("test ") {
        return rest.strip_suffix(" ... FAILED");
    }
    if let Some(rest) = trimmed.strip_prefix("not ok ") {
        let name = rest.split_once(" - ")?.1;
        return (!name.contains("# TODO") && !name.contains("# SKIP")).then_some(name);
    }
    if let Some(name) = trimmed.strip_prefix("✖ ").filter(|n| n.ends_with("ms)")) {
        return name.get(..untimed(name));
    }
    if let Some(rest) = trimmed.strip_prefix("--- FAIL: ") {
        return rest.get(..untimed(rest));
    }
    if let Some(rest) = line.strip_prefix("FAIL: ").or_else(|| line.strip_prefix("ERROR: ")) {
        return rest.ends_with(')').then_some(rest);
    }
    if let Some(rest) = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR ")) {
        // pytest; the message follows the name.
        return rest.contains("::").then(|| rest.split(" - ").next().unwrap_or(rest));
    }
    if let Some(rest) = trimmed.strip_prefix("FAIL ") {
        // nextest gives the time and how far it is; vitest the path to the test.
        if let Some((time, name)) = rest.trim_start().strip_prefix('[').and_then(|r| r.split_once(']')) {
            let name = name.trim_start();
            let name = name.strip_prefix('(').and_then(|n| n.split_once(") ")).map_or(name, |(_, n)| n);
            return time.ends_with('s').then(|| name.trim());
        }
        return rest.contains(" > ").then(|| rest.trim());
    }
    line.strip_prefix("  ● ").filter(|n| !n.starts_with("Console"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(output: &str) -> (Option<u32>, Option<u32>, Option<u32>, Vec<String>) {
        let s = read_outcome("x", output, Exit::Code(1));
        (s.passed, s.failed, s.skipped, s.failures)
    }

    fn case(output: &str, passed: u32, failed: u32, skipped: u32, failures: &[&str]) {
        let failures = failures.iter().map(|f| (*f).to_owned()).collect();
        assert_eq!(read(output), (Some(passed), Some(failed), Some(skipped), failures), "{output}");
    }

    #[test]
    fn node_speaks_tap_and_spec() {
        case(
            "TAP version 13\n# Subtest: ok\nok 1 - ok\nok 2 - skips # SKIP\nok 3 - todo # TODO\nnot ok 4 - bad\n  ---\n  error: '1 == 2'\n  ...\n\
             # Subtest: group\n    ok 1 - in\n    1..1\nok 5 - group\n1..5\n# tests 6\n# suites 0\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 1\n# duration_ms 273.189704\n",
            3,
            1,
            2,
            &["bad"],
        );
        case(
            "✔ ok (2.158748ms)\n﹣ skips (0.162585ms) # SKIP\n✔ todo (0.3252ms) # TODO\n✖ bad (1.559905ms)\n  AssertionError [ERR_ASSERTION]: 1 == 2\n\
             ▶ group\n  ✔ in (0.244629ms)\n✔ group (0.731993ms)\nℹ tests 6\nℹ suites 0\nℹ pass 3\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 1\n\
             ℹ duration_ms 474.880546\n\n✖ failing tests:\n\ntest at a.test.mjs:2:96\n✖ bad (1.559905ms)\n",
            3,
            1,
            2,
            &["bad"],
        );
    }

    #[test]
    fn cargo_adds_its_binaries_up() {
        case(
            "running 3 tests\ntest b ... ignored\ntest a ... ok\ntest d ... FAILED\n\nfailures:\n    d\n\n\
             test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.15s\n\n\
             running 1 test\ntest src/lib.rs - (line 1) ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.18s\n",
            2,
            1,
            1,
            &["d"],
        );
        case(
            "    Starting 2 tests across 1 binary (1 test skipped)\n        PASS [   0.010s] (1/2) c a\n        FAIL [   0.213s] (2/2) c d\n────────────\n\
                 Summary [   0.215s] 2 tests run: 1 passed, 1 failed, 1 skipped\n        FAIL [   0.213s] (2/2) c d\nerror: test run failed\n",
            1,
            1,
            1,
            &["c d"],
        );
    }

    #[test]
    fn python_speaks_both_ways() {
        case(
            "E   ValueError: y\nFAILED test_x.py::T::test_b - AssertionError: x\nFAILED test_x.py::T::test_d - ValueError: y\n\
             ============== 2 failed, 1 passed, 1 skipped, 1 xfailed in 0.09s ===============\n",
            1,
            2,
            2,
            &["test_x.py::T::test_b", "test_x.py::T::test_d"],
        );
        case(".     [100%]\n1 passed, 4 deselected in 0.02s\n", 1, 0, 0, &[]);
        case("===== no tests ran in 0.01s =====\n", 0, 0, 0, &[]);
        case(
            "FAIL: test_b (test_x.T.test_b)\n----\nAssertionError: x\n\n----\nRan 5 tests in 0.001s\n\nFAILED (failures=1, errors=1, skipped=1, expected failures=1)\n",
            1,
            2,
            2,
            &["test_b (test_x.T.test_b)"],
        );
        case("..\n----\nRan 2 tests in 0.000s\n\nOK\n", 2, 0, 0, &[]);
        case("\nRan 0 tests in 0.000s\n\nNO TESTS RAN\n", 0, 0, 0, &[]);
    }

    #[test]
    fn the_others_speak_too() {
        case(
            "Test Suites: 1 failed, 1 total\nTests:       1 failed, 1 skipped, 1 todo, 1 passed, 4 total\nSnapshots:   0 total\n  ● b\n",
            1,
            1,
            2,
            &["b"],
        );
        case(
            " FAIL  a.test.js > b\n Test Files  1 failed (1)\n      Tests  1 failed | 1 passed | 1 skipped (3)\n   Start at  10:15:18\n",
            1,
            1,
            1,
            &["a.test.js > b"],
        );
        case(
            "=== RUN   TestA\n--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.01s)\n    --- FAIL: TestB/sub (0.00s)\nFAIL\tx\t0.1s\n",
            1,
            1,
            0,
            &["TestB", "TestB/sub"],
        );
        case("  3 passing (5ms)\n  1 pending\n  2 failing\n", 3, 2, 1, &[]);
        case(
            "[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in A\n[ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1\n",
            2,
            2,
            1,
            &[],
        );
        case("Failed!  - Failed:     1, Passed:     5, Skipped:     2, Total:     8, Duration: 9 ms\n", 5, 1, 2, &[]);
        case("5 examples, 1 failure, 2 pending\n", 2, 1, 2, &[]);
    }

    #[test]
    fn other_text_says_nothing() {
        let text = "1 passed the parcel in Rome\nTests are good (really)\nOK\nall 5 tests passed\n# a heading\nok  \tpkg\t0.1s\n";
        assert_eq!(read(text), (None, None, None, vec![]));
    }

    #[test]
    fn the_exit_code_always_counts() {
        let green = |output, code| read_outcome("x", output, Exit::Code(code)).green();
        let passed = "test result: ok. 1 passed; 0 failed; 0 ignored;\n";
        assert!(green(passed, 0) && green("", 0));
        assert!(!green(passed, 1) && !green("test result: FAILED. 0 passed; 1 failed; 0 ignored;\n", 0));
        assert!(!read_outcome("x", passed, Exit::TimedOut).green());
        assert!(read_outcome("x", "test result: ok. 0 passed; 0 failed; 0 ignored;\n", Exit::Code(0)).empty());
        assert!(!read_outcome("x", "", Exit::Code(0)).empty());
    }

    proptest! {
        #[test]
        fn any_output_is_read(output in "(Ran |OK|Tests|: |  | total|test result: |[0-9]{1,12}| passed| in |s|✖ |ms\\)|é|FAIL |\\[|\\]|\\(|--- FAIL: |\n){0,16}") {
            read_outcome("x", &output, Exit::Code(0));
        }
    }
}
