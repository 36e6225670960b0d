//! The loop: keys, events of the agent and time in; frames and commands out.
//!
//! The only part of the screen with I/O. Always holds: a key is drawn at once; what the agent tells
//! is drawn at most sixty times a second; while nothing happens nothing is written and nothing wakes
//! up; the terminal is given back however this ends.

mod diagrams;
mod input;
mod mailbox;
mod outside;
mod screen;
mod terminal;

use std::{collections::VecDeque, io, time::Duration};

use crossterm::{
    clipboard::CopyToClipboard,
    event::{Event, MouseButton, MouseEventKind},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::Sender,
    time::{Instant, sleep_until},
};

use self::input::Input;
pub use self::{diagrams::diagram_main, mailbox::Mailbox, screen::Shown};
use crate::{
    domain::{journal::Start, wire::Command},
    ui::{
        model::{Bell, Model, UiConfig},
        msg::{Exit, Msg, Request},
        panels, text, update, views,
    },
};

/// Between two frames that no key asked for.
const FRAME: Duration = Duration::from_micros(16_667);
/// Between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(250);

/// From the first letter that is written to when it is kept on the disk.
const KEEP: Duration = Duration::from_secs(2);

/// The screen could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// The terminal could not be taken or written to.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
}

/// Shows the screen until the developer leaves, on a current-thread tokio runtime with time and I/O.
///
/// With `prefilled` it begins with that spec in the form. `commands` goes to the agent, `mailbox`
/// comes from it. The terminal is given back before this returns; the agent has then been told to
/// quit, except where it ended by itself.
///
/// # Errors
/// [`UiError`] when there is no terminal. One that goes away later ends this with [`Exit::Signal`].
pub async fn run(
    config: UiConfig,
    prefilled: Option<Start>,
    commands: Sender<Command>,
    mailbox: Mailbox,
) -> Result<Exit, UiError> {
    panels::lay_out_diagrams_by(diagrams::laid_out);
    let mut model = Model::new(config, prefilled.as_ref());
    model.now = jiff::Timestamp::now();
    model.size = crossterm::terminal::size()?;
    terminal::take(model.config.enhanced_keys, model.mouse)?;
    let guard = terminal::Guard;
    let shown = Shown::new(model.size.0, model.size.1);
    let input = Input::new();
    let mut ui = Ui { model, shown, input, commands, mailbox, outbox: VecDeque::new(), out: Vec::new() };
    let exit = ui.run().await;
    drop(guard);
    // What could not be sent while the terminal was shown is sent now: quitting must arrive.
    for command in std::mem::take(&mut ui.outbox) {
        if ui.commands.send(command).await.is_err() {
            break;
        }
    }
    Ok(exit)
}

/// What the loop goes on with.
struct Ui {
    model: Model,
    shown: Shown,
    input: Input,
    commands: Sender<Command>,
    mailbox: Mailbox,
    /// Commands that the agent has no room for yet.
    outbox: VecDeque<Command>,
    /// Bytes that are no cells, for the next write.
    out: Vec<u8>,
}

struct Signals {
    end: Signal,
    hangup: Signal,
    resumed: Option<Signal>,
    _interrupt: Option<Signal>,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            end: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            resumed: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw())).ok(),
            // A child on the terminal may be interrupted; this program is not by that.
            _interrupt: signal(SignalKind::interrupt()).ok(),
        })
    }
}

async fn resumed(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

enum Woken {
    Input(io::Result<Event>),
    Mail,
    Colours,
    Time,
    Room,
    Resumed,
    End,
}

impl Ui {
    async fn run(&mut self) -> Exit {
        let requests = update::start(&mut self.model);
        let mut exit = self.fulfil(requests).await;
        // Before anything else is set up: the first frame is what a developer waits for.
        if self.draw().is_err() {
            return self.gone();
        }
        self.input.resume();
        let Ok(mut signals) = Signals::new() else { return self.gone() };
        let mut last_frame = Instant::now();
        let (mut mail, mut next_tick) = (false, None);
        let mut next_keep: Option<Instant> = None;
        loop {
            if let Some(exit) = exit {
                return exit;
            }
            let due = last_frame + FRAME;
            next_tick = match (self.model.under_way().is_some(), next_tick) {
                (true, None) => Some(Instant::now() + TICK),
                (true, at) => at,
                (false, _) => None,
            };
            let frame = mail.then_some(due);
            let wake = [frame, next_tick, next_keep].into_iter().flatten().min();
            let woken = tokio::select! {
                biased;
                event = self.input.next() => Woken::Input(event),
                _ = signals.end.recv() => Woken::End,
                _ = signals.hangup.recv() => Woken::End,
                () = resumed(&mut signals.resumed) => Woken::Resumed,
                () = self.mailbox.arrived(), if !mail => Woken::Mail,
                () = panels::more_known() => Woken::Colours,
                permit = self.commands.reserve(), if !self.outbox.is_empty() => {
                    match (permit, self.outbox.pop_front()) {
                        (Ok(permit), Some(command)) => permit.send(command),
                        // The agent is gone; it has told so, or will not.
                        _ => self.outbox.clear(),
                    }
                    Woken::Room
                }
                () = sleep_until(wake.unwrap_or(due)), if wake.is_some() => Woken::Time,
            };
            self.model.now = jiff::Timestamp::now();
            let mut draw = false;
            match woken {
                Woken::Input(first) => {
                    // All that was typed or pasted meanwhile belongs into the same frame.
                    let mut next = Some(first);
                    while let Some(event) = next.filter(|_| exit.is_none()) {
                        match event {
                            Ok(event) => exit = self.take(event).await,
                            Err(_) => exit = Some(self.gone()),
                        }
                        next = self.input.more();
                    }
                    draw = true;
                    if update::is_writing(&self.model) {
                        next_keep = next_keep.or_else(|| Some(Instant::now() + KEEP));
                    }
                }
                Woken::End => exit = Some(self.gone()),
                Woken::Resumed => exit = self.again(),
                Woken::Mail => mail = true,
                Woken::Colours => draw = true,
                Woken::Room => {}
                Woken::Time => {
                    let now = Instant::now();
                    if next_keep.is_some_and(|t| t <= now) {
                        next_keep = None;
                        exit = self.message(Msg::Keep).await;
                    }
                    if next_tick.is_some_and(|t| t <= now) && exit.is_none() {
                        next_tick = Some(now + TICK);
                        exit = self.message(Msg::Tick).await;
                        draw = true;
                    }
                }
            }
            if mail && (draw || Instant::now() >= due) && exit.is_none() {
                mail = false;
                draw = true;
                // The spinner turns with what is drawn anyway.
                if next_tick.is_some_and(|t| t <= Instant::now() + TICK / 4) {
                    next_tick = Some(Instant::now() + TICK);
                    exit = self.message(Msg::Tick).await;
                }
                for event in self.mailbox.drain() {
                    if exit.is_none() {
                        exit = self.message(Msg::Agent(event)).await;
                    }
                }
            }
            if draw && exit.is_none() {
                if self.draw().is_err() {
                    exit = Some(self.gone());
                }
                last_frame = Instant::now();
            }
        }
    }

    async fn take(&mut self, event: Event) -> Option<Exit> {
        let msg = match event {
            Event::Key(key) => Msg::Key(key),
            Event::Paste(text) => Msg::Paste(text),
            Event::Resize(columns, rows) => Msg::Resize(columns, rows),
            Event::Mouse(mouse) => match mouse.kind {
                MouseEventKind::ScrollDown => Msg::Scroll { down: true },
                MouseEventKind::ScrollUp => Msg::Scroll { down: false },
                MouseEventKind::Down(MouseButton::Left) => Msg::Click(mouse.column, mouse.row),
                _ => return None,
            },
            Event::FocusGained | Event::FocusLost => return None,
        };
        self.message(msg).await
    }

    async fn message(&mut self, msg: Msg) -> Option<Exit> {
        let requests = update::update(&mut self.model, msg);
        self.fulfil(requests).await
    }

    /// Does what the model asks for, and what follows from that.
    async fn fulfil(&mut self, requests: Vec<Request>) -> Option<Exit> {
        let mut due = VecDeque::from(requests);
        let mut exit = None;
        while let Some(request) = due.pop_front() {
            match request {
                Request::Send(command) => self.send(command),
                Request::OpenEditor { text, suffix, line, purpose } => {
                    self.lend().await;
                    let editor = self.model.config.editor.clone();
                    let text = outside::edit(&editor, &text, &suffix, line).await;
                    exit = exit.or(self.again());
                    due.extend(update::update(&mut self.model, Msg::EditorDone { purpose, text }));
                }
                Request::EditFile { path, line } => {
                    self.lend().await;
                    let editor = self.model.config.editor.clone();
                    let ended = outside::open(&editor, &path, line).await;
                    exit = exit.or(self.again());
                    due.extend(update::update(&mut self.model, Msg::ShellDone(ended)));
                }
                Request::Shell(dir) => {
                    self.lend().await;
                    let shell = self.model.config.shell.clone();
                    let ended = outside::shell(&shell, &dir).await;
                    exit = exit.or(self.again());
                    due.extend(update::update(&mut self.model, Msg::ShellDone(ended)));
                }
                Request::Suspend => {
                    self.lend().await;
                    outside::suspend();
                    exit = exit.or(self.again());
                }
                Request::Export { name, text } => {
                    let written = outside::export(self.model.config.exports.as_deref(), &name, &text);
                    due.extend(update::update(&mut self.model, Msg::Exported(written)));
                }
                Request::Copy(text) => {
                    copy(&mut self.out, &text);
                }
                Request::Bell(words) => {
                    if self.model.config.bell == Bell::Notice {
                        self.out.extend(format!("\x1b]9;{}\x07", text::line(&words)).into_bytes());
                    }
                    self.out.push(0x07);
                }
                Request::SetTitle(words) => {
                    self.out.extend(format!("\x1b]2;{}\x07", text::line(&words)).into_bytes());
                }
                Request::Mouse(on) => self.out.extend(terminal::mouse(on).bytes()),
                Request::Redraw => self.shown = Shown::new(self.model.size.0, self.model.size.1),
                Request::Quit(how) => exit = Some(how),
            }
        }
        exit
    }

    fn send(&mut self, command: Command) {
        self.outbox.push_back(command);
        while let Some(command) = self.outbox.pop_front() {
            if let Err(tokio::sync::mpsc::error::TrySendError::Full(command)) = self.commands.try_send(command) {
                self.outbox.push_front(command);
                return;
            }
        }
    }

    /// Gives the terminal to another program: nobody reads keys or draws meanwhile.
    async fn lend(&mut self) {
        self.input.pause().await;
        terminal::give_back();
    }

    /// Takes the terminal again.
    fn again(&mut self) -> Option<Exit> {
        if terminal::take(self.model.config.enhanced_keys, self.model.mouse).is_err() {
            return Some(self.gone());
        }
        self.input.resume();
        self.model.size = crossterm::terminal::size().unwrap_or(self.model.size);
        self.shown = Shown::new(self.model.size.0, self.model.size.1);
        if self.draw().is_err() { Some(self.gone()) } else { None }
    }

    /// The terminal is gone: the agent is told to end, and saves everything.
    fn gone(&mut self) -> Exit {
        for request in update::keep(&mut self.model) {
            if let Request::Send(command) = request {
                self.send(command);
            }
        }
        self.send(Command::Quit);
        Exit::Signal
    }

    fn draw(&mut self) -> io::Result<()> {
        let (columns, rows) = self.model.size;
        if self.shown.size() != (columns, rows) {
            self.shown = Shown::new(columns, rows);
        }
        let mut next = self.shown.blank();
        let cursor = views::draw(&mut self.model, &mut next);
        let mut bytes = std::mem::take(&mut self.out);
        bytes.extend(self.shown.frame(next, cursor));
        if bytes.is_empty() { Ok(()) } else { terminal::write(&bytes) }
    }
}

/// Puts a text on the terminal's clipboard. It goes there encoded: nothing in it is read as a command.
fn copy(out: &mut Vec<u8>, text: &str) {
    let _ = crossterm::queue!(out, CopyToClipboard::to_clipboard_from(text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::wire::Event,
        ui::testing::{model, press, summary, tell},
    };

    #[test]
    fn what_is_copied_cannot_be_a_command_to_the_terminal() {
        let mut out = Vec::new();
        copy(&mut out, "\u{1b}]0;owned\u{7}\u{1b}[2J\r\n\u{9b}31m");
        let inner = out.strip_prefix(b"\x1b]52;c;").and_then(|o| o.strip_suffix(b"\x1b\\")).unwrap();
        assert!(inner.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)), "{out:?}");
    }

    fn frame(model: &mut Model, shown: &mut Shown) -> usize {
        let mut next = shown.blank();
        let cursor = views::draw(model, &mut next);
        shown.frame(next, cursor).len()
    }

    #[test]
    fn a_typed_key_costs_at_most_twenty_bytes_and_nothing_costs_nothing() {
        let mut model = model(120, 40);
        tell(&mut model, Event::Specs(vec![summary("alpha", "design", "", 0, 0)]));
        let mut shown = Shown::new(120, 40);
        for (begin, typed) in [("n", "Thumbnails for the images"), ("<tab>", "within a minute"), ("<esc>/", "alph")] {
            press(&mut model, begin);
            frame(&mut model, &mut shown);
            for (at, key) in typed.chars().enumerate() {
                press(&mut model, &key.to_string());
                let bytes = frame(&mut model, &mut shown);
                // The first one also takes away the words that said what to type.
                assert!(bytes <= 20 || at == 0, "{bytes} bytes for `{key}` after `{begin}`");
                assert_eq!(frame(&mut model, &mut shown), 0);
            }
        }
    }
}
