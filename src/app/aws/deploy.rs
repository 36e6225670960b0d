//! A deploy without a screen: the ordinary session, with its gates and its journal, driven to the
//! next approval.
//!
//! Without a spec the journal is in memory: what is there already is found in the account again.

use std::{io::Write, sync::Arc};

use serde_json::json;
use tokio::sync::mpsc;

use super::{failed, print, reviewed};
use crate::{
    adapters::journal::MemoryJournal,
    agent::{
        Options,
        host::{Defaults, Host},
        ports::Tell,
    },
    app::{
        compose::{self, World},
        failure::Failure,
        headless,
    },
    cli::exit,
    domain::{
        brief,
        cloud::desk::{CloudAsk, Step, Target},
        command::Confinement,
        digest::Digest,
        gate::{Subject, Verdict},
        journal::{Entry, Start},
        path::SpecName,
        phase::{Cloud, Doc},
        prose::clean,
        session::State,
        wire::{Command, Event},
    },
};

/// What was asked for on the command line.
pub(super) struct Wanted<'a> {
    pub(super) target: Target,
    pub(super) approve: &'a [Digest],
    pub(super) spec: Option<&'a SpecName>,
    pub(super) json: bool,
}

/// The name under which a deploy without a spec is known while it lasts.
const NO_SPEC: &str = "deploy-without-spec";

/// Why a digest approves nothing.
const OTHER: &str = "is not what waits: it is another thing, or it moved since it was shown";

/// What comes next for the driver.
enum Turn {
    Send(Vec<Command>),
    End(u8),
}

/// Runs to the next approval or to the end.
pub(super) async fn run(
    world: World,
    options: Options,
    defaults: Defaults,
    wanted: &Wanted<'_>,
    out: &mut impl Write,
) -> Result<u8, Failure> {
    // Without an account there is nothing to begin, and the code says so.
    world.cloud.identity().await.map_err(failed)?;
    let (tell, mut events) = mpsc::unbounded_channel();
    let tell: Tell = Arc::new(move |event| {
        // Nobody is left to hear it only when this function has ended.
        let _gone = tell.send(event);
    });
    let mut ports = compose::ports(world, tell);
    let first = match wanted.spec {
        Some(spec) => Command::Open(spec.clone()),
        None => {
            let kept = MemoryJournal::new(Vec::new());
            ports.journal = Arc::new(move |_| Ok(Box::new(kept.reopen()) as _));
            let name = SpecName::parse(NO_SPEC).map_err(|e| Failure::new(exit::FAILURE, e.to_string()))?;
            Command::New(Start { aws: true, ..defaults.start(name) })
        }
    };
    // A spec that begins by this command is about AWS.
    let defaults = Defaults { aws: true, ..defaults };
    let (commands, receive) = mpsc::channel(16);
    let gone = |_| Failure::new(exit::FAILURE, "internal: the agent has ended");
    commands.send(first).await.map_err(gone)?;
    let host = Host::new(ports, options, defaults).run(receive);
    tokio::pin!(host);
    let mut driver = Driver { state: State::default(), asked: false, used: false, code: None, wanted };
    let mut running = true;
    while running || !events.is_empty() {
        tokio::select! {
            biased;
            event = events.recv() => {
                let Some(event) = event else { break };
                match driver.take(event, out)? {
                    None => {}
                    Some(Turn::Send(all)) => {
                        for command in all {
                            commands.send(command).await.map_err(gone)?;
                        }
                    }
                    Some(Turn::End(code)) => {
                        driver.code = Some(code);
                        commands.send(Command::Quit).await.map_err(gone)?;
                    }
                }
            }
            () = &mut host, if running => running = false,
        }
    }
    Ok(driver.code.unwrap_or(exit::FAILURE))
}

struct Driver<'a> {
    state: State,
    /// The deploy was asked for.
    asked: bool,
    /// A digest of the command line approved something.
    used: bool,
    code: Option<u8>,
    wanted: &'a Wanted<'a>,
}

impl Driver<'_> {
    fn take(&mut self, event: Event, out: &mut impl Write) -> Result<Option<Turn>, Failure> {
        if self.wanted.json
            && !matches!(event, Event::Opened(_) | Event::Specs(_) | Event::Waiting)
            && let Some(value) = headless::told(&event, &self.state)
        {
            writeln!(out, "{value}")?;
        }
        match event {
            Event::Opened(state) => self.state = *state,
            Event::Recorded(record) => {
                if let Err(refused) = self.state.apply(&record) {
                    return Err(Failure::new(exit::FAILURE, format!("internal: {refused}")));
                }
                if !self.wanted.json {
                    self.say(&record.entry, out)?;
                }
                if let Entry::CloudFailed { empty: true, .. } = record.entry {
                    return Ok(Some(Turn::End(exit::OK)));
                }
            }
            Event::Output(text) if !self.wanted.json => write!(out, "{}", clean(&text))?,
            Event::Retrying { why } if !self.wanted.json => writeln!(out, "{}", clean(&why))?,
            Event::Refused(why) if self.code.is_none() => {
                if !self.wanted.json {
                    eprintln!("kiro-tui: {}", clean(&why));
                }
                return Ok(Some(Turn::End(exit::FAILURE)));
            }
            Event::Closed if self.code.is_none() => return Ok(Some(Turn::End(exit::FAILURE))),
            Event::Waiting if self.code.is_none() => return self.turn(out).map(Some),
            _ => {}
        }
        out.flush()?;
        Ok(None)
    }

    /// The developer is next: what they said on the command line decides.
    fn turn(&mut self, out: &mut impl Write) -> Result<Turn, Failure> {
        let desk = &self.state.cloud;
        if let (Cloud::Review { item, .. }, Some(at_gate)) = (self.state.flow.cloud, &desk.at_gate) {
            let yes = |subject: Subject| Command::Decide {
                subject,
                digest: item.digest,
                verdict: Verdict::Approve,
                remember: false,
                note: String::new(),
            };
            let granted = match &at_gate.step {
                // Asked for by this command, and confined.
                Step::Local { line, .. } => match &line.confinement {
                    Confinement::Sandboxed => true,
                    Confinement::Unsandboxed { reason } => self.wanted.target.unconfined.as_ref() == Some(reason),
                    Confinement::Account { .. } => false,
                },
                Step::Action(_) => false,
            };
            self.used |= self.wanted.approve.contains(&item.digest);
            if granted || self.wanted.approve.contains(&item.digest) {
                self.asked = true;
                return Ok(Turn::Send(vec![yes(item.subject())]));
            }
            if !self.asked {
                // What waited since before is looked at anew: it may have moved.
                self.asked = true;
                let again = Command::Cloud(CloudAsk::Deploy(self.wanted.target.clone()));
                return Ok(Turn::Send(vec![Command::Cancel, again]));
            }
            self.ask(item.digest, item.subject(), out)?;
            return Ok(Turn::End(exit::APPROVAL));
        }
        if !self.asked {
            self.asked = true;
            if desk.unfinished().is_some() {
                return Ok(Turn::Send(vec![Command::Continue]));
            }
            return Ok(Turn::Send(vec![Command::Cloud(CloudAsk::Deploy(self.wanted.target.clone()))]));
        }
        let succeeded = desk.going.as_ref().and_then(|g| g.ended.as_ref()).map(|(end, _)| end.succeeded);
        match (&self.state.halt, succeeded) {
            (Some(halt), _) => {
                if !self.wanted.json {
                    eprintln!("kiro-tui: {}; {}", clean(&halt.why), clean(&halt.remedy));
                }
                Ok(Turn::End(exit::FAILURE))
            }
            (None, Some(true)) => Ok(Turn::End(exit::OK)),
            (None, Some(false) | None) => Ok(Turn::End(exit::FAILURE)),
        }
    }

    /// Prints what waits, with its digest and the way to approve it.
    fn ask(&self, digest: Digest, subject: Subject, out: &mut impl Write) -> Result<(), Failure> {
        let Some(at_gate) = &self.state.cloud.at_gate else { return Ok(()) };
        let design = self.state.current(Doc::Design).map_or("", |d| d.text.as_str());
        let reviews = brief::reviews(at_gate, design);
        let review: Vec<String> =
            reviews.iter().zip(brief::sets(at_gate)).flat_map(|(diff, set)| reviewed(diff, set)).collect();
        let (head, rest) = (brief::head(at_gate), brief::rest(at_gate));
        if self.wanted.json {
            let account = match &at_gate.step {
                Step::Action(action) => Some(action.account().clone()),
                Step::Local { .. } => None,
            };
            let text = |lines: &[brief::Line]| -> Vec<String> {
                lines.iter().map(|l| format!("{}{}", l.mark, l.text)).collect()
            };
            let lines = [text(&head), review, text(&rest)].concat();
            let value = json!({
                "event": "approval", "subject": subject, "digest": digest, "account": account, "lines": lines,
                "not_approved": self.other().map(|other| json!({ "digest": other, "why": OTHER })),
            });
            return Ok(writeln!(out, "{value}")?);
        }
        writeln!(out, "\n{}", clean(&brief::title(&at_gate.step)))?;
        print(&head, out)?;
        for line in review {
            writeln!(out, "{}", clean(&line))?;
        }
        print(&rest, out)?;
        if let Some(other) = self.other() {
            writeln!(out, "\n! {} {OTHER}", other.short())?;
        }
        writeln!(out, "\nNothing of this is done yet. To do exactly this, run the same command with")?;
        writeln!(out, "  --approve {digest}")?;
        Ok(())
    }

    /// The digest that was to approve something, and is that of nothing that waited.
    fn other(&self) -> Option<&Digest> {
        self.wanted.approve.first().filter(|_| !self.used)
    }

    fn say(&self, entry: &Entry, out: &mut impl Write) -> Result<(), Failure> {
        match entry {
            Entry::CloudEvents(events) => {
                for event in events {
                    let at = event.at.strftime("%H:%M:%S");
                    let reason = event.reason.as_deref().map(|r| format!("  {r}")).unwrap_or_default();
                    let words = format!("{at}  {}  {}  {}{reason}", event.status, event.resource, event.kind);
                    writeln!(out, "{}", clean(&crate::domain::policy::secrets::redact(&words)))?;
                }
            }
            Entry::CloudEnded { end, .. } => {
                let stack = self.state.cloud.going.as_ref().map_or("", |g| &g.deployment.stack);
                print(&brief::end(stack, end), out)?;
            }
            Entry::CloudFailed { why, empty: true, .. } => writeln!(out, "{}", clean(why))?,
            Entry::CloudFailed { unmade: Some(unmade), .. } => print(&brief::unmade(unmade), out)?,
            Entry::CloudProposed { step: Step::Local { line, .. }, .. } => writeln!(out, "$ {}", clean(&line.text))?,
            Entry::CloudFollowed(deployment) => writeln!(out, "following {}", clean(&deployment.about))?,
            Entry::CloudRecorded { commit } => writeln!(out, "recorded in {}", commit.get(..10).unwrap_or(commit))?,
            _ => {}
        }
        Ok(())
    }
}
