//! IAM as statements: who may do what, on what, under which conditions.
//!
//! [`grants`] collects them from everywhere a template can hold them; [`changes`] holds those of two
//! templates against each other, whichever resource carries them: a statement that moves from a role
//! into a policy of that role changes nothing.

mod change;
mod collect;
mod glob;
mod statement;

pub use change::{Class, StatementChange, changes};
pub use collect::grants;
use serde::{Deserialize, Serialize};
pub use statement::{Effect, Set, Statement};

/// Which question a statement answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What the holder may do.
    Identity,
    /// What the holder may do at the most.
    Boundary,
    /// Who may take the role.
    Trust,
    /// Who may do something to a resource.
    Resource,
}

/// A statement and where it counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// Which question it answers.
    pub side: Side,
    /// Whose it is: a role, or the resource whose policy it is.
    pub holder: String,
    /// The logical id of the resource that carries it.
    pub carrier: String,
    /// The statement.
    pub statement: Statement,
}

/// True when a pattern of actions means this action, whatever the case.
pub fn matches(pattern: &str, action: &str) -> bool {
    glob::covers(pattern, action, false)
}
