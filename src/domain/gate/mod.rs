//! The gate: the only way from something shown to something done.
//!
//! What is shown becomes a [`Shown<T>`] with the digest of its exact bytes. A [`Decision`] names the
//! digest its maker saw. [`judge`] compares the two and mints the [`Approved<T>`] that every port
//! with a side effect takes by value. The fields are private and there is no other constructor, so
//! code that forgets to ask does not compile.
//!
//! This module does not decide *when* something may be asked (that is [`crate::domain::phase`]) and
//! stores nothing (that is the journal's, and the [`ledger`]'s, which travels with the branch).

pub mod ledger;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;

/// What kind of thing stands at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// `requirements.md` or `bugfix.md`.
    Requirements,
    /// `design.md`.
    Design,
    /// `tasks.md`.
    Tasks,
    /// The standing permission of batch autonomy.
    Standing,
    /// One proposed file change.
    Change,
    /// One command line.
    Command,
    /// A finished task: its files, its tests, its commit message.
    Task,
    /// Merging although tests did not pass or tasks are open.
    Override,
    /// The merge into the main branch.
    Merge,
    /// One action on an AWS account.
    Cloud,
    /// What the developer changed in the worktree past this program.
    Own,
    /// That this is put back.
    PutBack,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requirements => "requirements",
            Self::Design => "design",
            Self::Tasks => "tasks",
            Self::Standing => "standing permission",
            Self::Change => "change",
            Self::Command => "command",
            Self::Task => "task",
            Self::Override => "override",
            Self::Merge => "merge",
            Self::Cloud => "action on the account",
            Self::Own => "change of your own",
            Self::PutBack => "putting back of your own changes",
        })
    }
}

/// Who decided, as git knows them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// `user.name`.
    pub name: String,
    /// `user.email`.
    pub email: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

/// How a decision came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A key in the terminal.
    Keyboard,
    /// A line on standard input of a headless run.
    Headless,
    /// A decision made before, named by its digest: batch autonomy, or a command allowed for the
    /// rest of the spec.
    Standing(Digest),
}

/// Yes, or no with the words that go to the agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Do it.
    Approve,
    /// Do not. The feedback goes to the agent word for word; without any, nothing is asked of it.
    Reject {
        /// What the developer wrote.
        feedback: Option<String>,
    },
}

/// One decision, as it is journaled and written to the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// What kind of thing was judged.
    pub subject: Subject,
    /// The digest of the bytes that were on the screen.
    pub digest: Digest,
    /// Yes or no.
    pub verdict: Verdict,
    /// Who.
    pub by: Identity,
    /// When.
    pub at: Timestamp,
    /// How it came in.
    pub via: Via,
}

/// Something that can stand at a gate.
pub trait Reviewable {
    /// Its kind.
    fn subject(&self) -> Subject;

    /// The digest of exactly what the developer is shown: two values that would do different things
    /// must never share it.
    fn digest(&self) -> Digest;
}

/// Something on the screen, with the digest of what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<T> {
    item: T,
    digest: Digest,
}

impl<T: Reviewable> Shown<T> {
    /// Takes the digest now; the item cannot be changed afterwards.
    pub fn new(item: T) -> Self {
        let digest = item.digest();
        Self { item, digest }
    }

    /// What a decision on it has to name.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The item.
    pub fn item(&self) -> &T {
        &self.item
    }
}

/// Permission to do one thing. Only [`judge`] makes one.
#[derive(Debug)]
#[must_use = "an approval that nothing consumes does nothing"]
pub struct Approved<T> {
    item: T,
    decision: Decision,
}

impl<T> Approved<T> {
    /// What was approved.
    pub fn item(&self) -> &T {
        &self.item
    }

    /// The decision that approved it.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Uses the permission up.
    pub fn into_parts(self) -> (T, Decision) {
        (self.item, self.decision)
    }
}

/// What a permission for one thing carries with it: an approved change may be applied, an approved
/// document may be written and committed. Implemented beside the types, in this crate's domain only.
pub trait Grants<U>: Sized {
    /// The further thing, made from what was approved and nothing else.
    fn granted(approval: &Approved<Self>) -> U;
}

impl<T> Approved<T> {
    /// The permission that this one carries with it.
    pub fn grant<U>(&self) -> Approved<U>
    where
        T: Grants<U>,
    {
        Approved { item: T::granted(self), decision: self.decision.clone() }
    }
}

impl<T> Approved<Option<T>> {
    /// The permission, where there is something it permits.
    pub fn transpose(self) -> Option<Approved<T>> {
        let Self { item, decision } = self;
        item.map(|item| Approved { item, decision })
    }
}

/// Why no permission came of a decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum GateError {
    /// The decision is about other bytes than those at the gate.
    #[error("the {subject} changed since it was shown (it was {seen}, it is {now}); look again", seen = seen.short(), now = now.short())]
    Moved {
        /// What kind of thing.
        subject: Subject,
        /// The digest in the decision.
        seen: Digest,
        /// The digest at the gate.
        now: Digest,
    },
    /// The decision is about another kind of thing.
    #[error("the decision is about a {given}, but a {wanted} is waiting")]
    OtherSubject {
        /// What the decision says.
        given: Subject,
        /// What waits.
        wanted: Subject,
    },
    /// The decision was a no.
    #[error("the {0} was rejected")]
    Rejected(Subject),
}

/// Compares a decision with what is at the gate; an approval of exactly that becomes permission.
///
/// # Errors
/// [`GateError`] when the kinds or the digests differ, or the verdict is a no.
pub fn judge<T: Reviewable>(shown: Shown<T>, decision: Decision) -> Result<Approved<T>, GateError> {
    let wanted = shown.item.subject();
    if decision.subject != wanted {
        return Err(GateError::OtherSubject { given: decision.subject, wanted });
    }
    // Taken again from the item: a `Shown` that came back from the journal is not trusted either.
    let now = shown.item.digest();
    if decision.digest != now || shown.digest != now {
        return Err(GateError::Moved { subject: wanted, seen: decision.digest, now });
    }
    match decision.verdict {
        Verdict::Approve => Ok(Approved { item: shown.item, decision }),
        Verdict::Reject { .. } => Err(GateError::Rejected(wanted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Note(&'static str);
    impl Reviewable for Note {
        fn subject(&self) -> Subject {
            Subject::Command
        }
        fn digest(&self) -> Digest {
            Digest::of(self.0)
        }
    }

    fn decision(subject: Subject, digest: Digest, verdict: Verdict) -> Decision {
        let by = Identity { name: "Ada".into(), email: "ada@example.org".into() };
        Decision { subject, digest, verdict, by, at: Timestamp::UNIX_EPOCH, via: Via::Keyboard }
    }

    #[test]
    fn only_a_yes_to_the_same_bytes_opens() {
        let seen = Digest::of("cargo test");
        let yes = decision(Subject::Command, seen, Verdict::Approve);
        assert!(judge(Shown::new(Note("cargo test")), yes.clone()).is_ok());
        assert!(matches!(judge(Shown::new(Note("cargo test ")), yes), Err(GateError::Moved { .. })));
        let other = decision(Subject::Merge, seen, Verdict::Approve);
        assert!(matches!(judge(Shown::new(Note("cargo test")), other), Err(GateError::OtherSubject { .. })));
        let no = decision(Subject::Command, seen, Verdict::Reject { feedback: None });
        assert!(matches!(judge(Shown::new(Note("cargo test")), no), Err(GateError::Rejected(_))));
    }
}
