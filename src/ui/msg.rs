//! What happens to the screen's model, and what it asks of the world.

use std::path::PathBuf;

use crossterm::event::KeyEvent;

use crate::{
    domain::wire::{Command, Event},
    ui::{model::form::Field, panels::EditFor},
};

/// Something happened.
#[derive(Debug)]
pub enum Msg {
    /// A key.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The agent tells something.
    Agent(Event),
    /// Time has passed while something is under way.
    Tick,
    /// Some time has passed since something was written.
    Keep,
    /// The editor was closed.
    EditorDone {
        /// What it was opened for.
        purpose: EditPurpose,
        /// The text, or why there is none.
        text: Result<String, String>,
    },
    /// A file was written, or why not.
    Exported(Result<PathBuf, String>),
    /// A shell was closed, or why there was none.
    ShellDone(Result<(), String>),
    /// The mouse wheel: down or up.
    Scroll {
        /// Down; else up.
        down: bool,
    },
    /// A left click at a column and row.
    Click(u16, u16),
}

/// What an editor is opened for.
#[derive(Clone, Debug, PartialEq)]
pub enum EditPurpose {
    /// A panel asked.
    Panel(EditFor),
    /// A field of the form.
    Field(Field),
    /// The text of the prompt on top.
    Prompt,
}

/// Something the runtime has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Tell the agent.
    Send(Command),
    /// Open the developer's editor; ends in [`Msg::EditorDone`].
    OpenEditor {
        /// The text to begin with.
        text: String,
        /// The end of the file's name, so that the editor knows what it is: `.md`.
        suffix: String,
        /// The line to begin at, from 1.
        line: usize,
        /// What for.
        purpose: EditPurpose,
    },
    /// Open a file itself in the developer's editor; ends in [`Msg::ShellDone`].
    EditFile {
        /// Which.
        path: PathBuf,
        /// At which line, from 1.
        line: usize,
    },
    /// Open a shell there; ends in [`Msg::ShellDone`].
    Shell(PathBuf),
    /// Write a file of the developer's own, outside of any repository; ends in [`Msg::Exported`].
    Export {
        /// Its name.
        name: String,
        /// Its text.
        text: String,
    },
    /// Put it on the clipboard of the terminal.
    Copy(String),
    /// Call the developer: something waits. The words go where the terminal shows notices.
    Bell(String),
    /// Name the window.
    SetTitle(String),
    /// Mouse on or off.
    Mouse(bool),
    /// Draw everything again.
    Redraw,
    /// Give the terminal to the shell that started this, as with ctrl-z.
    Suspend,
    /// Leave.
    Quit(Exit),
}

/// How the screen was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The developer quit.
    Quit,
    /// The developer wants to see the demo.
    Demo,
    /// A signal ended it.
    Signal,
    /// The agent ended by itself.
    Stopped,
}
