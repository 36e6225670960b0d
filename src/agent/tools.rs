//! The tools a model is given, and what its calls mean.
//!
//! Each phase has its own list. There is no tool that approves, commits, merges or deploys: those
//! are gates. A call of a tool that is not on the list of the phase, or with arguments that do not
//! fit, is answered with words and does nothing.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::turn::message::{ToolCall, ToolSpec};

/// Which tools are on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolbox {
    /// Reading, asking and submitting a document.
    Document,
    /// Reading, asking, and proposing changes and commands.
    Execution,
}

/// A call, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// List paths.
    List {
        /// Glob.
        glob: Option<String>,
    },
    /// Read a file, or some of its lines.
    Read {
        /// Path.
        path: String,
        /// First line, from 1.
        from: Option<usize>,
        /// Last line.
        to: Option<usize>,
    },
    /// Search the files.
    Search {
        /// Regular expression.
        pattern: String,
        /// Glob.
        glob: Option<String>,
    },
    /// Ask the developer.
    Ask {
        /// The question.
        question: String,
        /// Answers to choose from.
        options: Vec<String>,
    },
    /// Submit a document.
    Submit {
        /// Its whole text.
        markdown: String,
        /// What was done about the developer's comments, by their numbers.
        answers: Vec<(u64, String)>,
    },
    /// Propose a file's whole content.
    Write {
        /// Path.
        path: String,
        /// Content.
        content: String,
        /// Why.
        why: String,
    },
    /// Propose exact-match edits.
    Edit {
        /// Path.
        path: String,
        /// Old and new text.
        edits: Vec<(String, String)>,
        /// Why.
        why: String,
    },
    /// Propose a deletion.
    Delete {
        /// Path.
        path: String,
        /// Why.
        why: String,
    },
    /// Propose a rename.
    Rename {
        /// From.
        from: String,
        /// To.
        to: String,
        /// Why.
        why: String,
    },
    /// Propose a command.
    Run {
        /// The command line.
        command: String,
        /// Why.
        why: String,
        /// Why it has to run outside the sandbox, where it has to.
        unconfined: Option<String>,
    },
    /// Say that the task is finished.
    Finish {
        /// What was done.
        summary: String,
    },
}

/// Why a call was not understood; the text is for the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// The tool belongs to another phase.
    #[error("`{0}` is not available in this phase. Available: {1}.")]
    OtherPhase(String, String),
    /// There is no such tool.
    #[error("There is no tool `{0}`. Available: {1}.")]
    Unknown(String, String),
    /// The arguments do not fit.
    #[error("The arguments of `{0}` do not fit: {1}")]
    Arguments(String, String),
    /// The arguments were cut or are not JSON.
    #[error(
        "The arguments of `{0}` are not complete JSON: the call was probably cut off at the output limit. \
         Send it again in smaller parts, for example as several edits."
    )]
    Cut(String),
}

const DOCUMENT: &[&str] = &["list_files", "read_file", "search", "ask_developer", "submit_document"];
const EXECUTION: &[&str] = &[
    "list_files",
    "read_file",
    "search",
    "ask_developer",
    "write_file",
    "edit_file",
    "delete_file",
    "rename_file",
    "run_command",
    "finish_task",
];

impl Toolbox {
    /// The names of its tools.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Document => DOCUMENT,
            Self::Execution => EXECUTION,
        }
    }

    /// Its tools as they are described to a model.
    pub fn specs(self) -> Vec<ToolSpec> {
        self.names().iter().map(|name| spec(name)).collect()
    }

    /// What a call means.
    ///
    /// # Errors
    /// [`Misuse`], in words for the model.
    pub fn read(self, call: &ToolCall) -> Result<Act, Misuse> {
        let name = call.name.as_str();
        if !self.names().contains(&name) {
            let (list, known) = (self.names().join(", "), DOCUMENT.contains(&name) || EXECUTION.contains(&name));
            let shown: String = name.chars().take(60).collect();
            return Err(if known { Misuse::OtherPhase(shown, list) } else { Misuse::Unknown(shown, list) });
        }
        if call.arguments.is_string() {
            return Err(Misuse::Cut(name.to_owned()));
        }
        act(name, &call.arguments).map_err(|why| Misuse::Arguments(name.to_owned(), why))
    }
}

fn spec(name: &str) -> ToolSpec {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let why = || text("One sentence for the developer: why this is needed.");
    let path = || text("Path relative to the repository's root.");
    let (description, properties, required): (&str, Value, &[&str]) = match name {
        "list_files" => (
            "List the repository's files. Ignored files are left out.",
            json!({ "glob": text("Optional glob such as src/**/*.ts.") }),
            &[],
        ),
        "read_file" => (
            "Read a text file, or some of its lines.",
            json!({ "path": path(),
                "from_line": { "type": "integer", "minimum": 1, "description": "First line, from 1." },
                "to_line": { "type": "integer", "minimum": 1, "description": "Last line." } }),
            &["path"],
        ),
        "search" => (
            "Search file contents with a regular expression.",
            json!({ "pattern": text("Regular expression (Rust syntax)."), "glob": text("Optional glob.") }),
            &["pattern"],
        ),
        "ask_developer" => (
            "Ask the developer one question that only they can answer, and wait for the answer.",
            json!({ "question": text("The question."),
                "options": { "type": "array", "items": { "type": "string" }, "maxItems": 9,
                    "description": "Answers to choose from; they may write another." } }),
            &["question"],
        ),
        "submit_document" => (
            "Submit the complete document for the developer's review. It is not approved by this.",
            json!({ "markdown": text("The whole document."),
                "answers": { "type": "array", "description": "One for each numbered comment of the developer, if there are any.",
                    "items": { "type": "object", "properties": {
                        "comment": { "type": "integer", "description": "The comment's number." },
                        "answer": text("One sentence: what you changed for it and where, or why you did not.") },
                    "required": ["comment", "answer"] } } }),
            &["markdown"],
        ),
        "write_file" => (
            "Propose a new file, or the whole new content of one. The developer sees it as a diff and decides.",
            json!({ "path": path(), "content": text("The whole content."), "why": why() }),
            &["path", "content", "why"],
        ),
        "edit_file" => (
            "Propose edits of a file. Each old text must occur exactly once, with its white space. \
             The developer sees the diff and decides.",
            json!({ "path": path(), "why": why(),
                "edits": { "type": "array", "minItems": 1, "items": { "type": "object",
                    "properties": { "old": text("The exact text that is there."), "new": text("What replaces it.") },
                    "required": ["old", "new"] } } }),
            &["path", "edits", "why"],
        ),
        "delete_file" => ("Propose to delete a file.", json!({ "path": path(), "why": why() }), &["path", "why"]),
        "rename_file" => {
            ("Propose to move a file.", json!({ "from": path(), "to": path(), "why": why() }), &["from", "to", "why"])
        }
        "run_command" => (
            "Propose a shell command, run in the repository's root with no terminal, no network and no write \
             access elsewhere. The developer sees it whole and decides.",
            json!({ "command": text("The command line."), "why": why(),
                "unconfined_because": text("Only if it cannot work without network or writing elsewhere: why.") }),
            &["command", "why"],
        ),
        _ => (
            "Say that the task is finished. The tests are run, and the developer judges the result.",
            json!({ "summary": text("What was done, what was left out, what the developer should look at.") }),
            &["summary"],
        ),
    };
    let schema = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    ToolSpec { name: name.to_owned(), description: description.to_owned(), schema }
}

#[derive(Deserialize)]
struct PathArgs {
    path: String,
    #[serde(default)]
    from_line: Option<usize>,
    #[serde(default)]
    to_line: Option<usize>,
    #[serde(default)]
    why: String,
}

#[derive(Deserialize)]
struct OldNew {
    old: String,
    new: String,
}

fn act(name: &str, arguments: &Value) -> Result<Act, String> {
    fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, String> {
        serde_json::from_value(value.clone()).map_err(|e| e.to_string())
    }
    #[derive(Deserialize)]
    struct Glob {
        #[serde(default)]
        glob: Option<String>,
    }
    #[derive(Deserialize)]
    struct Search {
        pattern: String,
        #[serde(default)]
        glob: Option<String>,
    }
    #[derive(Deserialize)]
    struct Ask {
        question: String,
        #[serde(default)]
        options: Vec<String>,
    }
    #[derive(Deserialize)]
    struct Submit {
        markdown: String,
        #[serde(default)]
        answers: Value,
    }
    #[derive(Deserialize)]
    struct Write {
        path: String,
        content: String,
        #[serde(default)]
        why: String,
    }
    #[derive(Deserialize)]
    struct Edit {
        path: String,
        edits: Vec<OldNew>,
        #[serde(default)]
        why: String,
    }
    #[derive(Deserialize)]
    struct Rename {
        from: String,
        to: String,
        #[serde(default)]
        why: String,
    }
    #[derive(Deserialize)]
    struct Run {
        command: String,
        #[serde(default)]
        why: String,
        #[serde(default)]
        unconfined_because: Option<String>,
    }
    #[derive(Deserialize)]
    struct Finish {
        #[serde(default)]
        summary: String,
    }
    // A model that sends null for no arguments means an empty object.
    let empty = json!({});
    let value = if arguments.is_null() { &empty } else { arguments };
    Ok(match name {
        "list_files" => {
            let Glob { glob } = read(value)?;
            Act::List { glob: glob.filter(|g| !g.trim().is_empty()) }
        }
        "read_file" => {
            let PathArgs { path, from_line, to_line, .. } = read(value)?;
            Act::Read { path, from: from_line, to: to_line }
        }
        "search" => {
            let Search { pattern, glob } = read(value)?;
            Act::Search { pattern, glob: glob.filter(|g| !g.trim().is_empty()) }
        }
        "ask_developer" => {
            let Ask { question, mut options } = read(value)?;
            options.truncate(9);
            Act::Ask { question, options }
        }
        "submit_document" => {
            let Submit { markdown, answers } = read(value)?;
            if markdown.trim().is_empty() {
                return Err("the document is empty".into());
            }
            Act::Submit { markdown, answers: numbered(&answers) }
        }
        "write_file" => {
            let Write { path, content, why } = read(value)?;
            Act::Write { path, content, why }
        }
        "edit_file" => {
            let Edit { path, edits, why } = read(value)?;
            Act::Edit { path, edits: edits.into_iter().map(|e| (e.old, e.new)).collect(), why }
        }
        "delete_file" => {
            let PathArgs { path, why, .. } = read(value)?;
            Act::Delete { path, why }
        }
        "rename_file" => {
            let Rename { from, to, why } = read(value)?;
            Act::Rename { from, to, why }
        }
        "run_command" => {
            let Run { command, why, unconfined_because } = read(value)?;
            if command.trim().is_empty() {
                return Err("the command is empty".into());
            }
            Act::Run { command, why, unconfined: unconfined_because.filter(|u| !u.trim().is_empty()) }
        }
        _ => {
            let Finish { summary } = read(value)?;
            Act::Finish { summary }
        }
    })
}

/// Answers by number. What does not fit is left out: no document is to be written again for it.
fn numbered(answers: &Value) -> Vec<(u64, String)> {
    let one = |answer: &Value| {
        let number = answer.get("comment")?;
        let spelled = || number.as_str()?.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok();
        let words = answer.get("answer")?.as_str()?.trim();
        Some((number.as_u64().or_else(spelled)?, words.to_owned())).filter(|_| !words.is_empty())
    };
    answers.as_array().into_iter().flatten().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: Value) -> ToolCall {
        ToolCall { id: "c".into(), name: name.into(), arguments }
    }

    #[test]
    fn no_document_phase_has_a_tool_that_changes_anything() {
        for name in ["write_file", "edit_file", "delete_file", "rename_file", "run_command", "finish_task"] {
            let misuse = Toolbox::Document.read(&call(name, json!({}))).unwrap_err();
            assert!(matches!(misuse, Misuse::OtherPhase(..)), "{name}");
        }
        let misuse = Toolbox::Execution.read(&call("submit_document", json!({"markdown": "x"}))).unwrap_err();
        assert!(matches!(misuse, Misuse::OtherPhase(..)));
        for name in ["approve", "commit", "merge", "deploy"] {
            for toolbox in [Toolbox::Document, Toolbox::Execution] {
                assert!(matches!(toolbox.read(&call(name, json!({}))), Err(Misuse::Unknown(..))));
            }
        }
    }

    #[test]
    fn every_described_tool_can_be_called_with_its_required_arguments() {
        for toolbox in [Toolbox::Document, Toolbox::Execution] {
            for spec in toolbox.specs() {
                let mut arguments = serde_json::Map::new();
                for name in spec.schema["required"].as_array().unwrap() {
                    let name = name.as_str().unwrap();
                    let kind = spec.schema["properties"][name]["type"].as_str().unwrap();
                    let value = if kind == "array" { json!([{"old": "a", "new": "b"}]) } else { json!("x") };
                    arguments.insert(name.to_owned(), value);
                }
                let call = call(&spec.name, Value::Object(arguments));
                assert!(toolbox.read(&call).is_ok(), "{}: {:?}", spec.name, toolbox.read(&call));
            }
        }
    }

    #[test]
    fn answers_to_comments_are_read_where_they_fit() {
        let answers = json!([{"comment": 4, "answer": " Done in 1.2. "}, {"comment": "#7", "answer": "No: cost."},
            {"comment": 5}, {"comment": 6, "answer": " "}, "x"]);
        let act = Toolbox::Document.read(&call("submit_document", json!({"markdown": "# A", "answers": answers})));
        let read = vec![(4, "Done in 1.2.".to_owned()), (7, "No: cost.".to_owned())];
        assert_eq!(act, Ok(Act::Submit { markdown: "# A".into(), answers: read }));
        let act = Toolbox::Document.read(&call("submit_document", json!({"markdown": "# A", "answers": "none"})));
        assert_eq!(act, Ok(Act::Submit { markdown: "# A".into(), answers: vec![] }));
    }

    #[test]
    fn wrong_arguments_are_named() {
        let cases = [
            ("read_file", json!({}), "path"),
            ("edit_file", json!({"path": "a", "edits": "x"}), "edits"),
            ("write_file", json!({"path": "a"}), "content"),
            ("run_command", json!({"command": " "}), "empty"),
        ];
        for (name, arguments, named) in cases {
            let why = Toolbox::Execution.read(&call(name, arguments)).unwrap_err().to_string();
            assert!(why.contains(named) || why.contains("sequence"), "{name}: {why}");
        }
        let cut = Toolbox::Execution.read(&call("write_file", json!("{\"path\": \"a"))).unwrap_err();
        assert!(matches!(cut, Misuse::Cut(_)));
    }
}
