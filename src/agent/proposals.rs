//! What a call of the model comes to: an answer, a question, or something at a gate.

use super::{
    session::{Session, Stopped},
    tools::Act,
};
use crate::{
    domain::{
        change::{Change, Mode, propose},
        command::{CommandLine, Confinement},
        journal::{Author, Entry, Origin, Proposal, Tone},
        path::RelPath,
        phase::Doc,
        policy::{
            command::{Risk, split},
            rules::{Capability, Effect, Ruling},
            secrets, sensitive,
        },
        prose::clean,
        turn::message::{Message, ToolCall},
    },
    ports::files::FilesError,
};

/// Longest result of a reading tool, in characters.
const LONGEST: usize = 60_000;
/// Longest answer to a comment, in characters.
const ANSWER: usize = 800;
/// Paths or lines that a list or search gives.
const MOST: usize = 400;
/// Time limit of the agent's commands, in seconds.
const COMMAND_S: u32 = 300;

/// An answer to a call.
pub(super) type Answer = Result<String, String>;

impl Session {
    pub(super) fn call(&mut self, call: &ToolCall) -> Result<(), Stopped> {
        let act = match self.toolbox().read(call) {
            Ok(act) => act,
            Err(misuse) => {
                self.attempt(format!("called {}: {misuse}", call.name))?;
                return self.answer(call, Err(misuse.to_string()));
            }
        };
        match act {
            Act::List { glob } => {
                let answer = self.list(glob.as_deref());
                self.answer(call, answer)
            }
            Act::Read { path, from, to } => {
                let answer = self.read(&path, from, to);
                self.refused(call, &path, answer)
            }
            Act::Search { pattern, glob } => {
                let answer = self.search(&pattern, glob.as_deref());
                self.answer(call, answer)
            }
            Act::Ask { question, options } => {
                self.record(Entry::Asked { call: call.id.clone(), question, options }).map(drop)
            }
            Act::Submit { markdown, answers } => match self.state.drafting() {
                Some(doc) => {
                    let answers = self.answers(doc, answers);
                    if !answers.is_empty() {
                        self.record(Entry::CommentsAnswered { doc, answers })?;
                    }
                    let text = with_final_newline(markdown);
                    self.record(Entry::Drafted { doc, text, author: Author::Agent }).map(drop)
                }
                None => self.answer(call, Err("No document is being written.".into())),
            },
            Act::Write { path, content, why } => {
                let change = self.proposed(&path, |at, place| propose::write(at, place, &content));
                self.propose_change(call, &[&path], change, why)
            }
            Act::Edit { path, edits, why } => {
                let change = self.proposed(&path, |at, place| propose::edit(at, place, &edits));
                self.propose_change(call, &[&path], change, why)
            }
            Act::Delete { path, why } => {
                let change = self.proposed(&path, propose::delete);
                self.propose_change(call, &[&path], change, why)
            }
            Act::Rename { from, to, why } => {
                let change = self.renamed(&from, &to);
                self.propose_change(call, &[&from, &to], change, why)
            }
            Act::Run { command, why, unconfined } => self.propose_command(call, command, why, unconfined),
            Act::Finish { summary } => self.finish(call, &summary),
        }
    }

    /// What the model says of comments that it was sent, a few lines each.
    fn answers(&self, doc: Doc, answers: Vec<(u64, String)>) -> Vec<(u64, String)> {
        let asked = |id: &u64| self.state.open_comments(doc).any(|c| c.sent && c.id == *id);
        let short = |words: String| -> String { secrets::redact(&words).chars().take(ANSWER).collect() };
        answers.into_iter().filter(|(id, _)| asked(id)).map(|(id, words)| (id, short(words))).collect()
    }

    pub(super) fn answer(&mut self, call: &ToolCall, answer: Answer) -> Result<(), Stopped> {
        let is_error = answer.is_err();
        let content: String = answer.unwrap_or_else(|why| why).chars().take(LONGEST).collect();
        self.record(Entry::Told(Message::Tool { call: call.id.clone(), content, is_error })).map(drop)
    }

    /// What the model tried and may not is shown to the developer, in visible characters.
    pub(super) fn attempt(&mut self, what: String) -> Result<(), Stopped> {
        let short: String = what.chars().take(300).collect();
        self.note(Tone::Attempt, format!("the model {}", clean(&short)))
    }

    /// An answer that may be a refusal of the path itself.
    fn refused(&mut self, call: &ToolCall, path: &str, answer: Answer) -> Result<(), Stopped> {
        if let Err(why) = &answer
            && self.is_barred(path, Capability::FsRead)
        {
            self.attempt(format!("tried to read {path}: {why}"))?;
        }
        self.answer(call, answer)
    }

    /// True for a path that the model may not name at all: it leads out, is git's, or a rule says no.
    fn is_barred(&self, path: &str, capability: Capability) -> bool {
        let Ok(at) = RelPath::parse(path) else { return true };
        let leads_out = || matches!(self.files().read(&at), Err(FilesError::Outside(_)));
        (capability == Capability::FsWrite && at.is_kiro()) || self.may(capability, at.as_str()).is_err() || leads_out()
    }

    fn list(&self, glob: Option<&str>) -> Answer {
        let (paths, more) = self.files().list(glob, MOST).map_err(|e| e.to_string())?;
        let mut out: String = paths.iter().map(|p| format!("{p}\n")).collect();
        if out.is_empty() {
            out.push_str("(no files)");
        }
        if more {
            out.push_str("(and more; use a narrower glob)");
        }
        Ok(out)
    }

    fn read(&self, path: &str, from: Option<usize>, to: Option<usize>) -> Answer {
        let at = RelPath::parse(path).map_err(|e| e.to_string())?;
        self.may(Capability::FsRead, at.as_str())?;
        let state = self.files().read(&at).map_err(|e| e.to_string())?.ok_or_else(|| format!("{at} does not exist"))?;
        if state.mode == Mode::Symlink {
            let target = String::from_utf8_lossy(&state.bytes);
            return Err(format!("{at} is a symbolic link to {target}; read the file it leads to"));
        }
        let text = state.text().ok_or_else(|| format!("{at} is not UTF-8 text ({} bytes)", state.bytes.len()))?;
        let (from, to) = (from.unwrap_or(1).max(1), to.unwrap_or(usize::MAX));
        let whole = from == 1 && to == usize::MAX;
        let picked: String = if whole {
            text.to_owned()
        } else {
            text.split_inclusive('\n').skip(from - 1).take(to.saturating_sub(from).saturating_add(1)).collect()
        };
        let shown = secrets::redact(&picked);
        if shown.chars().count() > LONGEST {
            let cut: String = shown.chars().take(LONGEST - 200).collect();
            return Ok(format!("{cut}\n(cut: the file is long; read the rest by from_line and to_line)"));
        }
        Ok(shown.into_owned())
    }

    fn search(&self, pattern: &str, glob: Option<&str>) -> Answer {
        let (found, more) = self.files().search(pattern, glob, MOST).map_err(|e| e.to_string())?;
        let readable = found.iter().filter(|f| self.may(Capability::FsRead, f.path.as_str()).is_ok());
        let mut out: String =
            readable.map(|f| format!("{}:{}: {}\n", f.path, f.line, secrets::redact(&f.text))).collect();
        if out.is_empty() {
            out.push_str("(nothing found)");
        }
        if more {
            out.push_str("(and more; use a narrower pattern)");
        }
        Ok(out)
    }

    /// Asks the permission rules; only a deny stops.
    fn may(&self, capability: Capability, text: &str) -> Result<Ruling, String> {
        let ruling = self.options.rules.decide(capability, text);
        match ruling.effect {
            Effect::Deny => Err(format!("a permission rule denies this: {}", ruling.why)),
            Effect::Allow | Effect::Ask => Ok(ruling),
        }
    }

    fn proposed(
        &self,
        path: &str,
        make: impl FnOnce(&RelPath, propose::Place<'_>) -> Result<Change, propose::ProposeError>,
    ) -> Result<Change, String> {
        let at = RelPath::parse(path).map_err(|e| e.to_string())?;
        self.may(Capability::FsWrite, at.as_str())?;
        self.is_ours(&at)?;
        let state = self.files().read(&at).map_err(|e| e.to_string())?;
        make(&at, state.as_ref().into()).map_err(|e| e.to_string())
    }

    /// Refuses what lies in another repository, such as a submodule: no commit here would hold it.
    fn is_ours(&self, at: &RelPath) -> Result<(), String> {
        match self.ports.vcs.another(self.name(), at).map_err(|e| e.to_string())? {
            Some(other) => Err(propose::ProposeError::Submodule(other).to_string()),
            None => Ok(()),
        }
    }

    fn renamed(&self, from: &str, to: &str) -> Result<Change, String> {
        let (from, to) = (RelPath::parse(from), RelPath::parse(to));
        let (from, to) = (from.map_err(|e| e.to_string())?, to.map_err(|e| e.to_string())?);
        self.may(Capability::FsWrite, from.as_str())?;
        self.may(Capability::FsWrite, to.as_str())?;
        self.is_ours(&from)?;
        self.is_ours(&to)?;
        let files = self.files();
        let source = files.read(&from).map_err(|e| e.to_string())?;
        let target = files.read(&to).map_err(|e| e.to_string())?;
        propose::rename(&from, source.as_ref().into(), &to, target.as_ref().into()).map_err(|e| e.to_string())
    }

    fn propose_change(
        &mut self,
        call: &ToolCall,
        paths: &[&str],
        change: Result<Change, String>,
        why: String,
    ) -> Result<(), Stopped> {
        let change = match change {
            Ok(change) => change,
            // Proposed again after it was applied: a crash came between, or the model repeats itself.
            Err(why) if why.contains("already exactly so") => return self.answer(call, Ok(why)),
            Err(why) => {
                if let Some(path) = paths.iter().find(|p| self.is_barred(p, Capability::FsWrite)) {
                    self.attempt(format!("tried to write {path}: {why}"))?;
                }
                return self.answer(call, Err(why));
            }
        };
        let mut sensitive = sensitive::in_words(&sensitive::in_change(&change));
        let ruling = self.options.rules.decide(Capability::FsWrite, change.path.as_str());
        if ruling.effect == Effect::Ask && ruling.by.is_some() {
            sensitive.push(ruling.why);
        }
        let (proposal, origin) = (Proposal::Change(change), Origin::Call(call.id.clone()));
        self.record(Entry::Proposed { proposal, sensitive, why, origin }).map(drop)
    }

    fn propose_command(
        &mut self,
        call: &ToolCall,
        text: String,
        why: String,
        unconfined: Option<String>,
    ) -> Result<(), Stopped> {
        let ruling = self.options.rules.decide_command(&split(&text));
        if ruling.effect == Effect::Deny {
            self.attempt(format!("wanted to run what a rule denies: {text}"))?;
            return self.answer(call, Err(format!("A permission rule denies this command: {}", ruling.why)));
        }
        let confinement = match unconfined {
            Some(reason) => Confinement::Unsandboxed { reason },
            None => self.confinement(),
        };
        let command = CommandLine { text, timeout_s: COMMAND_S, confinement };
        let sensitive = self.ruled_command(&command);
        let (proposal, origin) = (Proposal::Command(command), Origin::Call(call.id.clone()));
        self.record(Entry::Proposed { proposal, sensitive, why, origin }).map(drop)
    }

    /// Why a command asks even under a standing permission.
    pub(super) fn ruled_command(&self, command: &CommandLine) -> Vec<String> {
        let parts = split(&command.text);
        let ruling = self.options.rules.decide_command(&parts);
        // A rule of the developer's own speaks for what is merely not known; for nothing worse.
        let allowed = ruling.effect == Effect::Allow && ruling.by.is_some();
        let unknown = Risk::Unknown.to_string();
        let mut sensitive: Vec<String> = sensitive::in_command(command)
            .iter()
            .filter(|s| !(allowed && s.what == unknown))
            .map(|s| format!("{}: {}", s.what, s.why))
            .collect();
        if ruling.effect == Effect::Ask && ruling.by.is_some() {
            sensitive.push(ruling.why);
        }
        sensitive.dedup();
        sensitive
    }
}

fn with_final_newline(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
