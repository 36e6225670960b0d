//! What a spec's gates are about and what is chosen for them: documents, their order, autonomy.

use serde::{Deserialize, Serialize};

use crate::domain::{gate::Subject, spec::UnknownName};

/// The three documents of a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doc {
    /// `requirements.md`, or `bugfix.md` of a bugfix spec.
    Requirements,
    /// `design.md`.
    Design,
    /// `tasks.md`.
    Tasks,
}

impl Doc {
    /// All three, in the usual order.
    pub const ALL: [Self; 3] = [Self::Requirements, Self::Design, Self::Tasks];

    /// What its gate is called.
    pub fn subject(self) -> Subject {
        match self {
            Self::Requirements => Subject::Requirements,
            Self::Design => Subject::Design,
            Self::Tasks => Subject::Tasks,
        }
    }

    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requirements => "requirements",
            Self::Design => "design",
            Self::Tasks => "tasks",
        }
    }
}

/// In which order the documents come, and whether one waits for the approval of those above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Requirements, design, tasks.
    #[default]
    RequirementsFirst,
    /// Design, requirements, tasks.
    DesignFirst,
    /// Requirements, design, tasks, drafted one after the other without waiting. They are judged
    /// afterwards, in this order, each by itself.
    Quick,
}

impl Order {
    /// The documents in this order.
    pub fn docs(self) -> [Doc; 3] {
        match self {
            Self::RequirementsFirst | Self::Quick => [Doc::Requirements, Doc::Design, Doc::Tasks],
            Self::DesignFirst => [Doc::Design, Doc::Requirements, Doc::Tasks],
        }
    }

    /// What must be approved before `doc` may be approved.
    pub fn upstream(self, doc: Doc) -> Option<Doc> {
        let [first, second, third] = self.docs();
        match doc {
            d if d == second => Some(first),
            d if d == third => Some(second),
            Doc::Requirements | Doc::Design | Doc::Tasks => None,
        }
    }

    /// What becomes stale when `doc` changes.
    pub fn downstream(self, doc: Doc) -> impl Iterator<Item = Doc> {
        self.docs().into_iter().skip_while(move |d| *d != doc).skip(1)
    }
}

/// Who may say yes while nobody looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// Every phase and every file asks.
    #[default]
    Strict,
    /// After the design a recorded standing permission covers tasks and execution, except what is
    /// sensitive and the merge.
    Batch,
}

impl Autonomy {
    /// Their names, the strictest first.
    pub const NAMES: [&'static str; 2] = ["strict", "batch"];
}

impl std::fmt::Display for Autonomy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::Batch => "batch",
        })
    }
}

impl std::str::FromStr for Autonomy {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "strict" => Ok(Self::Strict),
            "batch" => Ok(Self::Batch),
            _ => Err(UnknownName { given: text.to_owned(), known: "strict, batch" }),
        }
    }
}
