//! A reply taken in bursts: what arrives in between is taken together, so that a fast model costs a
//! few wake-ups a second and not several a token.
//!
//! Always holds: no piece is lost, and none is late by more than [`REST`]; a stream that has more
//! ready is never made to wait; a future of [`Paced::next`] may be dropped at any point.

use std::time::Duration;

use futures_util::{FutureExt, Stream, StreamExt};
use tokio::{
    task::yield_now,
    time::{Instant, sleep_until},
};

/// From the end of one burst to the next: text that grows twenty times a second grows smoothly.
const REST: Duration = Duration::from_millis(50);
/// How often others may run before it is taken that nothing more has arrived: the connection is
/// read by a task of its own.
const OTHERS: usize = 3;
/// Pieces of one burst.
const MOST: usize = 256;

/// A stream with rests in it.
pub(super) struct Paced<S: Stream> {
    stream: S,
    /// What was taken when nobody waited for it any more.
    burst: Vec<S::Item>,
    over: bool,
    rest: Option<Instant>,
}

impl<S: Stream + Unpin> Paced<S> {
    /// Nothing is taken before it is asked for.
    pub(super) fn new(stream: S) -> Self {
        Self { stream, burst: Vec::new(), over: false, rest: None }
    }

    /// The next burst; empty at the end.
    pub(super) async fn next(&mut self) -> Vec<S::Item> {
        if let Some(rest) = self.rest {
            sleep_until(rest).await;
            self.rest = None;
        }
        if self.burst.is_empty() && !self.over {
            match self.stream.next().await {
                Some(piece) => self.burst.push(piece),
                None => self.over = true,
            }
        }
        let mut others = 0;
        while !self.over && others < OTHERS && self.burst.len() < MOST {
            match self.stream.next().now_or_never() {
                Some(Some(piece)) => {
                    self.burst.push(piece);
                    others = 0;
                }
                Some(None) => self.over = true,
                None => {
                    others += 1;
                    yield_now().await;
                }
            }
        }
        self.rest = (others == OTHERS).then(|| Instant::now() + REST);
        std::mem::take(&mut self.burst)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_is_there_comes_without_a_rest_and_to_the_end() {
        let mut paced = Paced::new(stream::iter(0..1000));
        let all = async {
            let mut seen = Vec::new();
            loop {
                let burst = paced.next().await;
                if burst.is_empty() {
                    return seen;
                }
                seen.extend(burst);
            }
        };
        assert_eq!(all.now_or_never(), Some((0..1000).collect()));
    }

    #[tokio::test]
    async fn a_burst_that_is_broken_off_loses_nothing() {
        let (send, receive) = mpsc::unbounded_channel();
        let pieces = stream::unfold(receive, |mut receive| async { Some((receive.recv().await?, receive)) });
        let mut paced = Paced::new(Box::pin(pieces));
        (0..3).for_each(|n| send.send(n).unwrap());
        // Beside a command of the developer that comes first.
        assert_eq!(paced.next().now_or_never(), None, "others run before a burst ends");
        send.send(3).unwrap();
        assert_eq!(paced.next().await, [0, 1, 2, 3]);
        send.send(4).unwrap();
        drop(send);
        assert_eq!(paced.next().now_or_never(), None, "it rests");
        assert_eq!(paced.next().await, [4]);
        assert!(paced.next().await.is_empty());
    }
}
