//! What comes from the terminal: keys, pasted text, its size.
//!
//! A task of its own reads, so that the loop does not ask the terminal each time something else woke
//! it: asking takes system calls and contends with the thread that waits for the next key.
//!
//! Always holds: order is kept and nothing read is lost; after [`Input::pause`] nobody reads.

use std::io;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

/// The terminal's events.
pub(super) struct Input {
    reader: Option<JoinHandle<()>>,
    read: UnboundedSender<io::Result<Event>>,
    events: UnboundedReceiver<io::Result<Event>>,
}

impl Input {
    /// Nobody reads yet.
    pub(super) fn new() -> Self {
        let (read, events) = unbounded_channel();
        Self { reader: None, read, events }
    }

    /// Reads from now on.
    pub(super) fn resume(&mut self) {
        if self.reader.is_some() {
            return;
        }
        let read = self.read.clone();
        self.reader = Some(tokio::spawn(async move {
            let mut terminal = EventStream::new();
            while let Some(event) = terminal.next().await {
                let over = event.is_err();
                if read.send(event).is_err() || over {
                    return;
                }
            }
            let _ = read.send(Err(io::ErrorKind::UnexpectedEof.into()));
        }));
    }

    /// Leaves the terminal to another program.
    pub(super) async fn pause(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.abort();
            let _ = reader.await;
        }
    }

    /// The next event; an error when the terminal is gone. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> io::Result<Event> {
        self.events.recv().await.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))
    }

    /// What has been read besides.
    pub(super) fn more(&mut self) -> Option<io::Result<Event>> {
        self.events.try_recv().ok()
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        if let Some(reader) = &self.reader {
            reader.abort();
        }
    }
}
