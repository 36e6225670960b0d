//! The ledger: decisions as hash-chained JSON lines, committed with the spec.
//!
//! `.kiro/specs/<name>/approvals.jsonl` has one [`Line`] a decision. Each line holds the hash of the
//! line before it, so that a line taken out, put in or changed is found, and says which. The ledger
//! proves order and content, not who held the keyboard: signing commits is git's.

use serde::{Deserialize, Serialize};

use super::{Decision, Subject, Verdict};
use crate::domain::digest::Digest;

/// The file's name inside the spec's folder.
pub const FILE: &str = "approvals.jsonl";
const VERSION: u32 = 1;

/// One decision in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Format version.
    pub v: u32,
    /// Position, from 1.
    pub seq: u64,
    /// The hash of the line before; absent on the first.
    pub prev: Option<Digest>,
    /// What the decision was about, in words: a path, a command, a task's title.
    pub about: String,
    /// The decision.
    #[serde(flatten)]
    pub decision: Decision,
    /// The digest of `tasks.md` after the tick that this decision allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yields: Option<Digest>,
    /// The hash of all the above.
    pub hash: Digest,
}

impl Line {
    fn expected_hash(&self) -> Result<Digest, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        if let Some(fields) = value.as_object_mut() {
            fields.shift_remove("hash");
        }
        Ok(Digest::of(serde_json::to_vec(&value)?))
    }
}

/// What is wrong with a ledger, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{FILE} line {line}: {why}")]
pub struct LedgerError {
    /// Line number, from 1.
    pub line: usize,
    /// What does not hold.
    pub why: String,
}

/// Reads and verifies a whole ledger.
///
/// # Errors
/// The first line that is not readable or breaks the chain.
pub fn read(text: &str) -> Result<Vec<Line>, LedgerError> {
    let mut lines: Vec<Line> = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        let wrong = |why: String| LedgerError { line: index + 1, why };
        if raw.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(raw).map_err(|e| wrong(format!("not a ledger record: {e}")))?;
        if line.v != VERSION {
            return Err(wrong(format!("version {} is not known here (this program writes {VERSION})", line.v)));
        }
        if line.prev != lines.last().map(|l| l.hash) {
            return Err(wrong("does not follow from the line before: something was taken out or put in".into()));
        }
        // Written again, it must be the same text: an unknown or doubled field is a change too.
        let canonical = serde_json::to_string(&line).is_ok_and(|text| text == raw);
        if !canonical || line.expected_hash().ok() != Some(line.hash) {
            return Err(wrong("was changed after it was written".into()));
        }
        lines.push(line);
    }
    Ok(lines)
}

/// The ledger's text with one more decision.
///
/// # Errors
/// When the existing text does not verify: a broken chain is not continued.
pub fn append(text: &str, about: &str, decision: &Decision, yields: Option<Digest>) -> Result<String, LedgerError> {
    let lines = read(text)?;
    let (seq, prev) = lines.last().map_or((1, None), |l| (l.seq + 1, Some(l.hash)));
    let wrong = |e: serde_json::Error| LedgerError { line: lines.len() + 1, why: e.to_string() };
    let hash = Digest::of("");
    let mut line = Line { v: VERSION, seq, prev, about: about.to_owned(), decision: decision.clone(), yields, hash };
    line.hash = line.expected_hash().map_err(wrong)?;
    let mut out = text.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(&serde_json::to_string(&line).map_err(wrong)?);
    out.push('\n');
    Ok(out)
}

/// True when the ledger's last word on `subject` is a yes to exactly `digest` (for tasks also: the
/// digest that an approved task's tick left behind).
pub fn approves(lines: &[Line], subject: Subject, digest: Digest) -> bool {
    let last = lines.iter().rev().find(|l| {
        l.decision.subject == subject
            || (subject == Subject::Tasks && l.decision.subject == Subject::Task && l.yields.is_some())
    });
    last.is_some_and(|l| l.decision.verdict == Verdict::Approve && l.yields.unwrap_or(l.decision.digest) == digest)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::gate::{Identity, Via};

    fn decision(subject: Subject, of: &str, verdict: Verdict) -> Decision {
        let by = Identity { name: "Ada \"L\"".into(), email: "ada@example.org".into() };
        Decision { subject, digest: Digest::of(of), verdict, by, at: Timestamp::UNIX_EPOCH, via: Via::Keyboard }
    }

    fn three() -> String {
        let yes = |s, of| decision(s, of, Verdict::Approve);
        let a = append("", "requirements r2", &yes(Subject::Requirements, "r"), None).unwrap();
        let b = append(&a, "tasks r1", &yes(Subject::Tasks, "t"), None).unwrap();
        append(&b, "1. First", &yes(Subject::Task, "claim"), Some(Digest::of("t ticked"))).unwrap()
    }

    #[test]
    fn a_chain_reads_back() {
        let lines = read(&three()).unwrap();
        assert_eq!(lines.iter().map(|l| l.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(approves(&lines, Subject::Requirements, Digest::of("r")));
        assert!(!approves(&lines, Subject::Requirements, Digest::of("x")));
        assert!(approves(&lines, Subject::Tasks, Digest::of("t ticked")));
        assert!(!approves(&lines, Subject::Tasks, Digest::of("t")));
        assert!(!approves(&lines, Subject::Design, Digest::of("r")));
    }

    #[test]
    fn a_later_no_withdraws_a_yes() {
        let no = decision(Subject::Requirements, "r", Verdict::Reject { feedback: Some("why".into()) });
        let text = append(&three(), "requirements r2", &no, None).unwrap();
        assert!(!approves(&read(&text).unwrap(), Subject::Requirements, Digest::of("r")));
    }

    #[test]
    fn every_single_change_of_a_byte_is_found() {
        let text = three();
        for (i, byte) in text.bytes().enumerate() {
            if byte == b'\n' {
                continue;
            }
            let mut changed = text.clone().into_bytes();
            changed[i] = if byte == b'0' { b'1' } else { b'0' };
            let Ok(changed) = String::from_utf8(changed) else { continue };
            assert!(read(&changed).is_err(), "byte {i} of {changed}");
        }
    }

    #[test]
    fn a_line_taken_out_is_found() {
        let text = three();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(read(&[lines[0], lines[2]].join("\n")).unwrap_err().line, 2);
        assert_eq!(read(&[lines[1], lines[2]].join("\n")).unwrap_err().line, 1);
        assert!(
            append(&[lines[1], lines[2]].join("\n"), "x", &decision(Subject::Merge, "m", Verdict::Approve), None)
                .is_err()
        );
    }
}
