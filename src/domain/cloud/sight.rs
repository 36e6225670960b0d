//! What the developer looks at in an account beside the gates: who they are there, for the screen.
//!
//! Looking changes nothing, is never journaled, and stands in the way of nothing: the answer comes
//! when it comes. Always holds: what could not be seen says why and what to do, short and whole.

use serde::{Deserialize, Serialize};

use super::{Account, Drift, Function, Place, Profile};

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    /// Who we are. Nobody is asked where nothing on this machine says that there are credentials.
    Identity,
    /// Whom and where one could be: the profiles in the files of AWS. Nobody is asked.
    Places,
    /// The functions of the stack that is spoken of, and what their bundles weigh here.
    Functions,
    /// How that stack differs from its template. AWS looks, which takes a while; of several that none was
    /// spoken of, none is looked at.
    Drift,
    /// The same functions of the stack of this name.
    FunctionsOf(String),
    /// The same drift of the stack of this name.
    DriftOf(String),
    /// What could be deployed from here. No account is asked.
    Apps,
}

/// A function of a stack, deployed or to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionSeen {
    /// The stack's name.
    pub stack: String,
    /// The logical id.
    pub id: String,
    /// What is deployed, where it is known.
    pub deployed: Option<Function>,
    /// Bytes of the bundle that would be deployed, as it was made last.
    pub bundle: Option<u64>,
    /// Bytes of the zip that would go up, where it was tried.
    #[serde(default)]
    pub zip: Option<u64>,
    /// What there is to know of the container image that it is, where it is one.
    #[serde(default)]
    pub image: Option<String>,
}

/// A CDK app or a template, and its stacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppSeen {
    /// The directory of the app, or the template's path.
    pub app: String,
    /// The ids of its stacks, as it was synthesised last.
    pub stacks: Vec<String>,
}

/// Why something could not be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// In a word or two, for a header: `expired`.
    pub brief: String,
    /// One line: what failed and where.
    pub why: String,
    /// One line: what to do about it.
    pub remedy: String,
    /// AWS was asked. Else there was nobody to ask as, and nothing was called.
    pub asked: bool,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Who we are, or why that is not known; neither where AWS is no part of the spec.
    Identity {
        /// Who and where.
        account: Option<Account>,
        /// What is in the way.
        trouble: Option<Trouble>,
    },
    /// Whom and where one could be.
    Places {
        /// What is chosen now.
        place: Place,
        /// The profiles, by name.
        profiles: Vec<Profile>,
        /// Why they could not be read.
        trouble: Option<Trouble>,
    },
    /// Functions.
    Functions {
        /// The stacks that were looked at.
        stacks: Vec<String>,
        /// Their functions.
        functions: Vec<FunctionSeen>,
        /// Other stacks that are known here.
        #[serde(default)]
        others: Vec<String>,
        /// Why the account could not be asked; what the files say is there all the same.
        trouble: Option<Trouble>,
    },
    /// Drift, by stack.
    Drift {
        /// A stack, and each of its resources.
        stacks: Vec<(String, Vec<Drift>)>,
        /// Other stacks that are known here.
        #[serde(default)]
        others: Vec<String>,
        /// Why it is not known.
        trouble: Option<Trouble>,
    },
    /// What could be deployed.
    Apps(Vec<AppSeen>),
}
