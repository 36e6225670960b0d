//! The outer loop: which spec is open.

use tokio::sync::mpsc::Receiver;

pub use super::found::Defaults;
use super::{
    ports::{Options, Ports},
    session::{Left, Session},
};
use crate::domain::{
    cloud::Place,
    journal::Start,
    path::SpecName,
    wire::{Command, Event},
};

/// Takes commands until it is told to quit or nobody sends any more.
pub struct Host {
    ports: Ports,
    options: Options,
    defaults: Defaults,
    /// Whom and where the settings choose to be, for a spec that chose nothing itself.
    place: Place,
}

impl Host {
    /// A host with no spec open.
    pub fn new(ports: Ports, options: Options, defaults: Defaults) -> Self {
        let place = ports.cloud.place();
        Self { ports, options, defaults, place }
    }

    /// Runs until [`Command::Quit`] or until the sending side is gone. The last event is always
    /// [`Event::Stopped`].
    pub async fn run(self, mut commands: Receiver<Command>) {
        let mut open: Option<Session> = None;
        loop {
            let command = match &mut open {
                None => commands.recv().await,
                Some(session) => match session.run(&mut commands).await {
                    Left::For(command) => Some(command),
                    Left::Gone => None,
                    Left::Broken(error) => {
                        self.tell(Event::Refused(format!("{error}; the spec was closed, nothing was lost")));
                        Some(Command::Close)
                    }
                },
            };
            match command {
                None | Some(Command::Quit) => break,
                Some(Command::List) => self.list(),
                Some(Command::Close) => {
                    open = None;
                    self.tell(Event::Closed);
                    self.list();
                }
                Some(Command::New(start)) => {
                    let name = start.name.clone();
                    self.open(&mut open, &name, Some(start));
                }
                Some(Command::Open(name)) => self.open(&mut open, &name, None),
                // The spec was left meanwhile; what was written in it is kept since then.
                Some(Command::Keep(_)) => {}
                Some(_) => self.tell(Event::Refused("no spec is open".into())),
            }
        }
        drop(open);
        self.tell(Event::Stopped);
    }

    fn open(&self, open: &mut Option<Session>, name: &SpecName, start: Option<Start>) {
        // The one that is open lets go of its journal first: it may be the same spec.
        *open = None;
        match Session::open(&self.ports, &self.options, name, start, self.defaults) {
            Ok(mut session) => {
                let place = session.state.cloud.place.as_ref().unwrap_or(&self.place);
                if self.ports.cloud.place() != *place {
                    self.ports.cloud.switch(place.clone());
                }
                // The screen has the files before it is asked to judge them.
                self.tell(Event::Files(session.pending.clone()));
                self.tell(Event::Opened(Box::new(session.state.clone())));
                match session.unsaved() {
                    Ok(texts) if texts.is_empty() => {}
                    Ok(texts) => self.tell(Event::Kept(texts)),
                    Err(why) => self.tell(Event::Refused(why)),
                }
                if let Some(plan) = &session.plan {
                    self.tell(Event::Plan(Box::new(plan.clone())));
                }
                if let Some(worktree) = &session.worktree {
                    self.tell(Event::Worktree(worktree.clone()));
                }
                *open = Some(session);
            }
            Err(why) => {
                self.tell(Event::Refused(why));
                self.tell(Event::Closed);
                self.list();
            }
        }
    }

    fn list(&self) {
        match (self.ports.summaries)() {
            Ok(specs) => self.tell(Event::Specs(specs)),
            Err(why) => self.tell(Event::Refused(why)),
        }
    }

    fn tell(&self, event: Event) {
        (self.ports.tell)(event);
    }
}
