//! Taking a record in.

use super::{
    Activity, AppliedChange, Comment, Halt, MergeNote, Noted, Partial, Proposed, Question, Remark, Revision, Said,
    Scene, State, words,
};
use crate::domain::{
    change::Change,
    claim::{Evidence, TestResult},
    digest::Digest,
    gate::{Decision, Reviewable, Subject, Verdict, Via},
    journal::{Author, Done, Entry, Origin, Proposal, Record, Tone},
    phase::{self, Doc, Effect, Refused, Workflow},
    policy,
    turn::message::Message,
};

impl State {
    /// Takes in one record and tells what it has to cause.
    ///
    /// # Errors
    /// [`Refused`] when the gates do not allow it, and then nothing has changed. A journal written
    /// through [`State::check`] never has such a record.
    pub fn apply(&mut self, record: &Record) -> Result<Vec<Effect>, Refused> {
        self.fits(&record.entry)?;
        let drafting = self.drafting();
        let mut effects = Vec::new();
        if let Some(event) = self.phase_event(&record.entry) {
            let (flow, due) = phase::step(&self.flow, &event)?;
            self.flow = flow;
            effects = due;
        }
        self.seq = record.seq;
        self.at = record.at;
        if let Some((tone, text)) = line(self, &record.entry) {
            let commit = commit(&record.entry).map(str::to_owned);
            self.activity.push(Activity { at: record.at, tone, text, commit });
        }
        self.take(record);
        if let Some(doc) = drafting.filter(|_| self.drafting() != drafting) {
            self.stage_again(doc);
        }
        // Something else goes on: what was asked of the account is not asked again by a word to go on.
        self.cloud.again &= self.halt.is_some();
        // A permission that was shown is not to be granted for other documents than it names.
        if self.standing_shown.as_ref().is_some_and(|s| s.rests_on != self.standing_base()) {
            self.standing_shown = None;
        }
        Ok(effects)
    }

    fn take(&mut self, record: &Record) {
        match &record.entry {
            Entry::Started(start) => {
                self.flow = Workflow::new(start.order, start.autonomy);
                self.start = Some(start.clone());
            }
            Entry::Found { doc, text, .. } => self.revise(*doc, text, Author::Found, record),
            Entry::Drafted { doc, text, author } => {
                self.revise(*doc, text, *author, record);
                if *author == Author::Agent {
                    self.end_turn();
                }
            }
            Entry::DraftAsked(_) => {
                self.halt = None;
                self.partial = Partial::default();
            }
            Entry::Continued => {
                self.halt = None;
                self.partial = Partial::default();
            }
            Entry::SceneStarted { name, message } => {
                let talk = vec![Message::User { text: message.clone() }];
                self.scene = Some(Scene { name: name.clone(), talk });
                self.partial = Partial::default();
                self.results.clear();
                // It reads the files as they are.
                self.untold = None;
            }
            Entry::Streamed(delta) => self.stream(delta),
            Entry::Replied { reply, usage, .. } => {
                self.tell(Message::Assistant(reply.clone()));
                self.partial = Partial::default();
                self.usage += *usage;
            }
            Entry::Told(message) => {
                self.partial = Partial::default();
                match message {
                    Message::Tool { call, .. } => self.results.retain(|(id, ..)| id != call),
                    Message::User { text } if self.untold.as_ref() == Some(text) => self.untold = None,
                    Message::User { .. } | Message::Assistant(_) => {}
                }
                self.tell(message.clone());
            }
            Entry::TurnFailed { why, remedy } => self.halt = Some(Halt { why: why.clone(), remedy: remedy.clone() }),
            Entry::Commented { id, anchor, text } => {
                let quoted = anchor.lines.and_then(|(from, _)| {
                    let revision = self.revisions(anchor.doc).iter().find(|r| r.digest == anchor.rev)?;
                    revision.text.lines().nth(from.saturating_sub(1)).map(str::to_owned)
                });
                let (id, anchor, text, at) = (*id, *anchor, text.clone(), record.at);
                self.comments.push(Comment {
                    id,
                    anchor,
                    quoted,
                    text,
                    sent: false,
                    sent_over: 0,
                    resolved: false,
                    answer: None,
                    at,
                });
            }
            Entry::CommentsAnswered { doc, answers } => {
                let revision = self.revisions(*doc).len() + 1;
                for (id, words) in answers {
                    let of = |c: &&mut Comment| c.id == *id && c.anchor.doc == *doc && c.sent;
                    if let Some(comment) = self.comments.iter_mut().find(of) {
                        comment.answer = Some(Said { revision, words: words.clone() });
                    }
                }
            }
            Entry::CommentClosed { id, resolved: true } => {
                self.comments.iter_mut().filter(|c| c.id == *id).for_each(|c| c.resolved = true);
                self.remarks.iter_mut().filter(|r| r.id == *id).for_each(|r| r.resolved = true);
            }
            Entry::CommentClosed { id, resolved: false } => {
                self.comments.retain(|c| c.id != *id);
                self.remarks.retain(|r| r.id != *id);
            }
            Entry::Remarked { id, spot, text } => {
                let (id, spot, text, at) = (*id, spot.clone(), text.clone(), record.at);
                self.remarks.push(Remark { id, spot, text, sent: false, resolved: false, at });
            }
            Entry::Reviewed { path, after, read: true } => drop(self.reviewed.insert(path.clone(), *after)),
            Entry::Reviewed { path, read: false, .. } => drop(self.reviewed.remove(path)),
            Entry::Read { doc, rev } => {
                self.read.insert((*doc, *rev));
            }
            Entry::Decided { decision, about, .. } => self.decide(decision, about),
            Entry::Saved { commit, doc } => {
                self.commits.push((commit.clone(), format!("approve {}", doc.name())));
                self.ledgered = self.decisions.len();
            }
            Entry::SaveFailed { why, .. } => {
                self.halt = Some(Halt { why: why.clone(), remedy: "mend it, then approve again".into() });
            }
            Entry::StandingShown(standing) => self.standing_shown = Some(standing.clone()),
            Entry::TaskStarted(_) => {
                self.halt = None;
                self.partial = Partial::default();
                self.failures = 0;
                self.evidence = None;
            }
            Entry::Proposed { proposal, sensitive, why, origin } => {
                if let Some(task) = self.task().cloned() {
                    self.proposal = Some(Proposed {
                        task,
                        proposal: proposal.clone(),
                        original: None,
                        sensitive: sensitive.clone(),
                        why: why.clone(),
                        origin: origin.clone(),
                        decision: None,
                    });
                }
            }
            Entry::Amended { proposal, .. } => {
                if let Some(proposed) = &mut self.proposal {
                    let was = std::mem::replace(&mut proposed.proposal, proposal.clone());
                    proposed.original.get_or_insert(was);
                }
            }
            Entry::Finished { done, .. } => self.finish(done),
            Entry::Failed { why, .. } => {
                if let Some(Proposed { origin: Origin::Call(call), proposal, .. }) = self.proposal.take() {
                    self.results.push((call, words::failed(&proposal, why), true));
                }
            }
            Entry::Tested(evidence) => {
                if evidence.result == TestResult::Failed {
                    self.failures += 1;
                }
                self.evidence = Some(evidence.clone());
                if let Some(task) = self.task().cloned() {
                    self.tested = Some((task, evidence.clone(), self.applied.len()));
                }
            }
            Entry::TaskHalted { why } => {
                self.proposal = None;
                let remedy = "continue the task, or change the plan".to_owned();
                self.halt = Some(Halt { why: why.clone(), remedy });
            }
            Entry::Asked { call, question, options } => {
                self.question = Some(Question { call: call.clone(), text: question.clone(), options: options.clone() });
            }
            Entry::Answered { text } => {
                if let Some(question) = self.question.take() {
                    self.results.push((question.call, words::answered(text), false));
                }
            }
            Entry::CommandChanged { files } => self.by_command.extend(files.iter().cloned()),
            Entry::OwnFound { changes } => {
                self.own.clone_from(changes);
                // The tests ran on other files, and a task was finished with other ones.
                self.evidence = None;
                if matches!(self.proposal.as_ref().map(|p| &p.proposal), Some(Proposal::Task(_))) {
                    self.proposal = None;
                }
            }
            Entry::OwnGone | Entry::PutBackDone { .. } => {
                self.own.clear();
                self.evidence = None;
            }
            Entry::OwnLeft { .. } | Entry::PutBackFailed { .. } => {}
            Entry::MergeShown { held, .. } => {
                self.merge.held.clone_from(held);
                self.merge.moved = false;
            }
            Entry::OverrideSaved { commit } => {
                self.merge.overridden = std::mem::take(&mut self.merge.held);
                self.merge.moved = true;
                self.commits.push((commit.clone(), "record override".into()));
                self.ledgered = self.decisions.len();
            }
            Entry::Merged { commit } => {
                self.merge = MergeNote { commit: Some(commit.clone()), ..MergeNote::default() };
            }
            Entry::NothingToMerge => self.merge = MergeNote::default(),
            Entry::MergeFailed { why } => {
                self.halt = Some(Halt { why: why.clone(), remedy: "mend it, then ask for the merge again".into() });
            }
            Entry::Cancelled => {
                self.cancel_cloud();
                self.proposal = None;
                self.question = None;
                self.halt = Some(Halt { why: "stopped by you".into(), remedy: "continue when you like".into() });
            }
            Entry::CloudAsked(_)
            | Entry::CloudProposed { .. }
            | Entry::CloudBegun { .. }
            | Entry::CloudDone { .. }
            | Entry::CloudFailed { .. }
            | Entry::CloudRunning { .. }
            | Entry::CloudFollowed(_)
            | Entry::CloudEvents(_)
            | Entry::CloudEnded { .. }
            | Entry::CloudLost { .. }
            | Entry::CloudRecorded { .. }
            | Entry::PlaceChosen(_) => self.take_cloud(record),
            Entry::ReworkAsked { task, words } => {
                self.halt = None;
                self.partial = Partial::default();
                (self.failures, self.evidence) = (0, None);
                self.rework = Some((task.clone(), words.clone()));
                // What it mends is not offered to be mended once more.
                self.cloud.unmade = None;
            }
            Entry::AutonomySet(_) => self.standing_shown = None,
            Entry::Noted { .. } => {}
        }
    }

    fn revise(&mut self, doc: Doc, text: &str, author: Author, record: &Record) {
        let digest = Digest::of(text);
        let all = self.revisions.entry(doc).or_default();
        if author == Author::Found && all.last().is_some_and(|r| r.digest == digest) {
            return;
        }
        let number = all.len() + 1;
        all.push(Revision { number, text: text.to_owned(), digest, author, at: record.at, seq: record.seq });
    }

    /// The agent's work on a revision is over. What was sent for one that never came is answered by nothing: it goes
    /// with the next request.
    fn stage_again(&mut self, doc: Doc) {
        let answered = self.revisions(doc).iter().rev().find(|r| r.author == Author::Agent).map_or(0, |r| r.number);
        let waits = |c: &&mut Comment| c.anchor.doc == doc && c.sent && !c.resolved && c.sent_over >= answered;
        self.comments.iter_mut().filter(waits).filter(|c| c.answer.is_none()).for_each(|c| c.sent = false);
    }

    fn tell(&mut self, message: Message) {
        if let Some(scene) = &mut self.scene {
            scene.talk.push(message);
        }
    }

    fn end_turn(&mut self) {
        self.scene = None;
        self.partial = Partial::default();
        self.question = None;
        self.halt = None;
    }

    fn decide(&mut self, decision: &Decision, about: &str) {
        // What the developer changed themselves is no reason to take up what was interrupted.
        if !matches!(decision.subject, Subject::Own | Subject::PutBack) {
            self.halt = None;
        }
        let of_cloud = self.decide_cloud(decision);
        self.decisions.push(Noted { about: about.to_owned(), decision: decision.clone(), yields: None });
        let rejected = matches!(decision.verdict, Verdict::Reject { .. });
        match decision.subject {
            Subject::Requirements | Subject::Design | Subject::Tasks => {
                let doc = Doc::ALL.into_iter().find(|d| d.subject() == decision.subject);
                if let (Some(doc), false, Via::Keyboard | Via::Headless) = (doc, rejected, decision.via) {
                    self.read.insert((doc, decision.digest));
                }
                let over = doc.map_or(0, |doc| self.revisions(doc).len());
                let staged = |c: &&mut Comment| Some(c.anchor.doc) == doc && !c.sent && !c.resolved;
                for comment in self.comments.iter_mut().filter(staged).filter(|_| rejected) {
                    (comment.sent, comment.sent_over) = (true, over);
                }
            }
            Subject::Command if of_cloud => {}
            Subject::Change | Subject::Command | Subject::Task => {
                if let Some(proposed) = &mut self.proposal {
                    proposed.decision = Some(decision.clone());
                }
                if let (Verdict::Reject { feedback }, Some(proposed)) = (&decision.verdict, self.proposal.clone()) {
                    self.proposal = None;
                    if feedback.is_some() {
                        self.send_remarks();
                    }
                    match &proposed.origin {
                        Origin::Call(call) => {
                            let told = words::rejected(&proposed.proposal, feedback.as_deref());
                            self.results.push((call.clone(), told, true));
                        }
                        // Tests that the developer does not want to run have not run.
                        Origin::Tests => {
                            let why = feedback.clone().unwrap_or_else(|| "not wanted by the developer".into());
                            self.evidence = Some(Evidence::not_run(why));
                        }
                        Origin::Developer => {}
                    }
                }
            }
            Subject::Standing | Subject::Override | Subject::Cloud | Subject::PutBack => {}
            Subject::Own if rejected => {}
            Subject::Own => self.own_taken(),
            Subject::Merge => {
                self.scene = None;
                if matches!(decision.verdict, Verdict::Reject { feedback: Some(_) }) {
                    self.send_remarks();
                }
                // A no without words is the developer's last one until they ask for the merge again.
                if matches!(decision.verdict, Verdict::Reject { feedback: None }) {
                    let remedy = "continue when you want to see it again".to_owned();
                    self.halt = Some(Halt { why: "not merged, as you decided".into(), remedy });
                }
            }
        }
    }

    /// What the developer changed belongs to the task now, as theirs. What lies below `.kiro` goes into no
    /// task: documents have gates of their own.
    fn own_taken(&mut self) {
        let task = self.task().cloned().or_else(|| self.next_task()).unwrap_or_else(|| self.next_rework());
        let taken: Vec<_> = std::mem::take(&mut self.own).into_iter().filter(|c| !c.path.is_kiro()).collect();
        if !taken.is_empty() && self.scene.is_some() && self.drafting().is_none() {
            let before = self.untold.take().map(|words| format!("{words}\n\n")).unwrap_or_default();
            self.untold = Some(format!("{before}{}", words::own(&taken)));
        }
        let theirs = |change| AppliedChange { task: task.clone(), change, committed: false, own: true };
        self.applied.extend(taken.into_iter().map(theirs));
    }

    /// The staged comments on changes are in what the agent is told.
    fn send_remarks(&mut self) {
        self.remarks.iter_mut().filter(|r| !r.resolved).for_each(|r| r.sent = true);
    }

    fn finish(&mut self, done: &Done) {
        let Some(proposed) = self.proposal.take() else { return };
        match (done, &proposed.proposal) {
            (Done::Applied, Proposal::Change(change)) => {
                self.evidence = None;
                if let Origin::Call(call) = &proposed.origin {
                    let comments = self.remarks_on(Some(&proposed), Some(change.digest()));
                    let told = words::applied(change, proposed.original.as_ref(), &comments);
                    self.results.push((call.clone(), told, false));
                    self.send_remarks();
                }
                let (task, change) = (proposed.task, change.clone());
                self.by_command.retain(|path, _| *path != change.path && change.from.as_ref() != Some(path));
                self.applied.push(AppliedChange { task, change, committed: false, own: false });
            }
            (Done::Ran(outcome), Proposal::Command(command)) => {
                if outcome.succeeded() && policy::stacks::synthesises(&command.text) {
                    self.synthesised = Some(self.applied.len());
                }
                if let Origin::Call(call) = &proposed.origin {
                    let told = words::ran(command, proposed.original.as_ref(), outcome);
                    self.results.push((call.clone(), told, false));
                }
                // A command of the agent may have changed files; one that runs the tests says so itself.
                if proposed.origin != Origin::Tests {
                    self.evidence = None;
                }
            }
            (Done::Committed { commit, tasks }, Proposal::Task(claim)) => {
                self.accepted.extend(proposed.sensitive.iter().cloned());
                self.commits.push((commit.clone(), format!("task {}", claim.task)));
                self.applied.iter_mut().for_each(|a| a.committed = true);
                self.by_command.retain(|path, _| !claim.files.iter().any(|f| f.path == *path));
                if let Some((digest, text)) = tasks {
                    if let Some(last) = self.decisions.last_mut() {
                        last.yields = Some(*digest);
                    }
                    let number = self.revisions(Doc::Tasks).len() + 1;
                    let (author, at, seq) = (Author::Found, self.at, self.seq);
                    let revision = Revision { number, text: text.clone(), digest: *digest, author, at, seq };
                    // A tick is no new revision to be read: it takes the place of the one before.
                    let all = self.revisions.entry(Doc::Tasks).or_default();
                    match all.last_mut() {
                        Some(last) => {
                            let Revision { number, author, seq, .. } = *last;
                            *last = Revision { number, author, seq, ..revision };
                        }
                        None => all.push(revision),
                    }
                }
                self.ledgered = self.decisions.len();
                self.end_turn();
            }
            (Done::Applied | Done::Ran(_) | Done::Committed { .. }, _) => {}
        }
    }
}

/// The activity line of an entry, where it has one.
fn line(state: &State, entry: &Entry) -> Option<(Tone, String)> {
    let info = |text: String| Some((Tone::Info, text));
    let warning = |text: String| Some((Tone::Warning, text));
    match entry {
        Entry::Started(start) if start.need.is_empty() => info(format!("opened {}", start.name)),
        Entry::Started(start) => info(format!("new spec {}", start.name)),
        Entry::Found { doc, recorded: true, .. } => info(format!("{} found, approved on record", doc.name())),
        Entry::Found { doc, recorded: false, .. } => warning(format!("{} found without approval", doc.name())),
        // By the developer, or because what comes before it is there.
        Entry::DraftAsked(doc) => info(format!("{} to be drafted", doc.name())),
        Entry::Drafted { doc, author, .. } => {
            let number = state.revisions(*doc).len() + 1;
            let by = if *author == Author::Developer { "edited by you" } else { "drafted" };
            info(format!("{} r{number} {by}", doc.name()))
        }
        Entry::TurnFailed { why, .. } => warning(why.clone()),
        Entry::Decided { decision, about, .. } => {
            let who = match decision.via {
                Via::Keyboard | Via::Headless => "you",
                Via::Standing(_) => "standing permission",
            };
            info(match &decision.verdict {
                Verdict::Approve => format!("{who}: approved {about}"),
                Verdict::Reject { feedback: None } => format!("{who}: rejected {about}"),
                Verdict::Reject { feedback: Some(words) } => {
                    let first = words.lines().next().unwrap_or("");
                    format!("{who}: changes to {about}: {first}")
                }
            })
        }
        Entry::Saved { doc, commit } => info(format!("{} committed {}", doc.name(), short(commit))),
        Entry::SaveFailed { why, .. } | Entry::MergeFailed { why } | Entry::Failed { why, .. } => warning(why.clone()),
        Entry::TaskStarted(task) => info(format!("task {task} started")),
        Entry::Proposed { proposal, sensitive, .. } => {
            let text = format!("proposes {}", proposal.about());
            if sensitive.is_empty() { info(text) } else { warning(format!("{text} (sensitive)")) }
        }
        Entry::Amended { proposal, .. } => info(format!("you edited {}", proposal.about())),
        Entry::Finished { done, .. } => match done {
            Done::Applied => info("applied".into()),
            Done::Ran(outcome) => info(format!("ran {:.1} s: {}", outcome.elapsed.as_secs_f32(), outcome.exit)),
            Done::Committed { commit, .. } => info(format!("task committed {}", short(commit))),
        },
        Entry::Tested(evidence) => match evidence.result {
            TestResult::Passed => info(evidence.line()),
            TestResult::Failed | TestResult::NotRun { .. } => warning(evidence.line()),
        },
        Entry::TaskHalted { why } => warning(why.clone()),
        Entry::Asked { question, .. } => info(format!("asks: {question}")),
        Entry::Answered { text } => info(format!("you: {text}")),
        Entry::OwnFound { changes } => warning(format!("changed past this program: {}", named(changes))),
        Entry::OwnGone => info("your own changes are taken back by you".into()),
        Entry::OwnLeft { .. } => warning("your own changes are left open".into()),
        Entry::PutBackDone { .. } => info(format!("put back: {}", named(&state.own))),
        Entry::PutBackFailed { why, .. } => warning(format!("not put back: {why}")),
        Entry::MergeShown { held, .. } if held.is_empty() => info("merge planned".into()),
        Entry::MergeShown { held, .. } => warning(format!("merge held: {}", held.join("; "))),
        Entry::OverrideSaved { .. } => warning("override recorded".into()),
        Entry::Merged { commit } => info(format!("merged {}", short(commit))),
        Entry::NothingToMerge => info("nothing to merge: the main branch has it".into()),
        Entry::CloudAsked(_)
        | Entry::CloudProposed { .. }
        | Entry::CloudBegun { .. }
        | Entry::CloudDone { .. }
        | Entry::CloudFailed { .. }
        | Entry::CloudRunning { .. }
        | Entry::CloudFollowed(_)
        | Entry::CloudEvents(_)
        | Entry::CloudEnded { .. }
        | Entry::CloudLost { .. }
        | Entry::CloudRecorded { .. }
        | Entry::PlaceChosen(_) => super::cloud::line(entry),
        Entry::ReworkAsked { task, .. } => info(format!("{task}: the agent mends it")),
        Entry::AutonomySet(autonomy) => info(format!("autonomy: {autonomy}")),
        Entry::Cancelled => warning("stopped by you".into()),
        Entry::Noted { tone, text } => Some((*tone, text.clone())),
        Entry::Remarked { spot, text, .. } => {
            info(format!("you commented on {}: {}", spot.path, text.lines().next().unwrap_or("")))
        }
        Entry::Commented { text, .. } => info(format!("you commented: {}", text.lines().next().unwrap_or(""))),
        Entry::CommandChanged { .. }
        | Entry::SceneStarted { .. }
        | Entry::Streamed(_)
        | Entry::Replied { .. }
        | Entry::Told(_)
        | Entry::Continued
        | Entry::CommentsAnswered { .. }
        | Entry::CommentClosed { .. }
        | Entry::Reviewed { .. }
        | Entry::Read { .. }
        | Entry::StandingShown(_) => None,
    }
}

/// The commit that an entry made.
fn commit(entry: &Entry) -> Option<&str> {
    match entry {
        Entry::Saved { commit, .. }
        | Entry::Finished { done: Done::Committed { commit, .. }, .. }
        | Entry::OverrideSaved { commit }
        | Entry::Merged { commit }
        | Entry::CloudRecorded { commit } => Some(commit),
        _ => None,
    }
}

fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

/// The first few files by name.
fn named(changes: &[Change]) -> String {
    let names: Vec<&str> = changes.iter().take(5).map(|c| c.path.as_str()).collect();
    let more = changes.len().saturating_sub(names.len());
    if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
}
