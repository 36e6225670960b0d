//! Events on their way from the agent to the screen.
//!
//! Always holds: no event is dropped and their order is kept; pieces of the same stream become one
//! while nobody looks, so that a slow terminal never makes a fast model wait.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::domain::{journal::Delta, wire::Event};

/// Where the agent puts what it tells. Clones are the same box.
#[derive(Clone, Debug, Default)]
pub struct Mailbox(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    events: Mutex<Vec<Event>>,
    arrived: Notify,
}

impl Mailbox {
    /// Puts an event in; never waits.
    pub fn push(&self, event: Event) {
        let mut events = self.0.events.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(event) = joined(events.last_mut(), event) {
            events.push(event);
        }
        drop(events);
        self.0.arrived.notify_one();
    }

    /// Takes out all there is, oldest first.
    pub fn drain(&self) -> Vec<Event> {
        std::mem::take(&mut *self.0.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until something was put in since the last time.
    pub async fn arrived(&self) {
        self.0.arrived.notified().await;
    }
}

/// Adds an event to the one before it, or gives it back.
fn joined(last: Option<&mut Event>, event: Event) -> Option<Event> {
    match (last, event) {
        (Some(Event::Output(before)), Event::Output(more)) => before.push_str(&more),
        (Some(Event::Streaming(Delta::Text(before))), Event::Streaming(Delta::Text(more)))
        | (Some(Event::Streaming(Delta::Reasoning(before))), Event::Streaming(Delta::Reasoning(more))) => {
            before.push_str(&more);
        }
        (
            Some(Event::Streaming(Delta::Call { id: before, more: text, .. })),
            Event::Streaming(Delta::Call { id, more, .. }),
        ) if *before == id => text.push_str(&more),
        (_, event) => return Some(event),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_stream_become_one_and_the_order_is_kept() {
        let mailbox = Mailbox::default();
        let call = |id: &str, more: &str| {
            Event::Streaming(Delta::Call { id: id.into(), name: "write_file".into(), more: more.into() })
        };
        for event in [
            Event::Streaming(Delta::Text("a".into())),
            Event::Streaming(Delta::Text("b".into())),
            Event::Streaming(Delta::Reasoning("r".into())),
            call("1", "x"),
            call("1", "y"),
            call("2", "z"),
            Event::Output("o".into()),
            Event::Output("p".into()),
            Event::Refused("no".into()),
            Event::Refused("no".into()),
        ] {
            mailbox.push(event);
        }
        let shown: Vec<String> = mailbox
            .drain()
            .into_iter()
            .map(|e| match e {
                Event::Streaming(Delta::Text(t)) => format!("text {t}"),
                Event::Streaming(Delta::Reasoning(t)) => format!("reasoning {t}"),
                Event::Streaming(Delta::Call { id, more, .. }) => format!("call {id} {more}"),
                Event::Output(t) => format!("output {t}"),
                other => format!("{other:?}"),
            })
            .collect();
        let expected =
            ["text ab", "reasoning r", "call 1 xy", "call 2 z", "output op", "Refused(\"no\")", "Refused(\"no\")"];
        assert_eq!(shown, expected);
        assert!(mailbox.drain().is_empty());
    }
}
