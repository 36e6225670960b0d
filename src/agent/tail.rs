//! The log of a function while it is called: what it writes is shown as it comes.
//!
//! Reads only. Always holds: what it wrote before the call is not shown as this call's; secrets are
//! taken out; a log that cannot be read is said once and never stands in the way of the call.

use std::{collections::BTreeSet, future::Future, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::ports::Tell;
use crate::{
    domain::{policy::secrets::redact, wire::Event},
    ports::cloud::Cloud,
};

/// How far back is looked, in minutes: as long as a function may run.
const MINUTES: u32 = 15;
/// The most lines of one look.
const LINES: usize = 500;

/// Does the call, and meanwhile shows what the function writes.
pub(super) async fn beside<T>(
    call: impl Future<Output = T>,
    cloud: Arc<dyn Cloud>,
    function: String,
    every: Duration,
    tell: Tell,
) -> T {
    // Looked at before the call begins.
    let known = lines(cloud.as_ref(), &function).await;
    let tail = async {
        let silent = |why: String| tell(Event::Output(format!("(the log is not shown: {why})\n")));
        let mut known = match known {
            Ok(known) => known,
            Err(why) => return silent(why),
        };
        loop {
            tokio::time::sleep(every).await;
            let now = match lines(cloud.as_ref(), &function).await {
                Ok(now) => now,
                Err(why) => return silent(why),
            };
            let fresh: String = now.difference(&known).map(|(_, _, text)| format!("{}\n", redact(text))).collect();
            if !fresh.is_empty() {
                tell(Event::Output(fresh));
            }
            known = now;
        }
    };
    tokio::pin!(call, tail);
    tokio::select! {
        biased;
        done = &mut call => return done,
        () = &mut tail => {}
    }
    call.await
}

/// The lines, each known by when it was written, which of its moment it is, and what it says.
async fn lines(cloud: &dyn Cloud, function: &str) -> Result<BTreeSet<(Timestamp, usize, String)>, String> {
    let found = cloud.logs(function, MINUTES, LINES).await.map_err(|e| e.message)?;
    let mut out = BTreeSet::new();
    let mut last: Option<(Timestamp, usize)> = None;
    for line in found {
        let nth = last.filter(|(at, _)| *at == line.at).map_or(0, |(_, n)| n + 1);
        last = Some((line.at, nth));
        out.insert((line.at, nth, line.text));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::adapters::cloud::MemoryCloud;

    #[tokio::test]
    async fn what_is_written_meanwhile_is_shown_once_and_what_was_there_before_is_not() {
        let cloud = MemoryCloud::default();
        cloud.function_is(crate::domain::cloud::Function {
            name: "f".into(),
            arn: "arn:f".into(),
            runtime: String::new(),
            handler: String::new(),
            memory_mb: 128,
            timeout_s: 3,
            code_bytes: 1,
            environment: Vec::new(),
            role: String::new(),
            state: String::new(),
            changed: String::new(),
        });
        cloud.logged("f", "before");
        let shown: Arc<Mutex<String>> = Arc::default();
        let (kept, account) = (shown.clone(), cloud.clone());
        let (ends, ended) = tokio::sync::oneshot::channel::<()>();
        let ends = Mutex::new(Some(ends));
        let tell: Tell = Arc::new(move |event| {
            let Event::Output(text) = event else { return };
            let mut all = kept.lock().unwrap();
            all.push_str(&text);
            match all.lines().count() {
                1 => account.logged("f", "password=hunter2hunter2"),
                _ => drop(ends.lock().unwrap().take()),
            }
        });
        let logged = cloud.clone();
        let call = async move {
            logged.logged("f", "one");
            let _gone = ended.await;
            "answer"
        };
        let every = Duration::from_millis(1);
        let answer = beside(call, Arc::new(cloud.clone()), "f".into(), every, tell).await;
        assert_eq!(answer, "answer");
        let shown = shown.lock().unwrap().clone();
        assert!(shown.starts_with("one\npassword=") && !shown.contains("hunter2"), "{shown}");
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_read_is_said_and_the_call_goes_on() {
        let cloud: Arc<dyn Cloud> = Arc::new(MemoryCloud::default());
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = said.clone();
        let tell: Tell = Arc::new(move |event| {
            if let Event::Output(text) = event {
                kept.lock().unwrap().push(text);
            }
        });
        let call = async {
            tokio::task::yield_now().await;
            7
        };
        assert_eq!(beside(call, cloud, "none".into(), Duration::from_millis(1), tell).await, 7);
        assert!(said.lock().unwrap()[0].contains("not shown"), "{said:?}");
    }
}
