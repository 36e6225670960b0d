//! A model that writes down what another model replies.
//!
//! An exchange is written when it has ended, whole or with an error, in one append; one that was
//! dropped in the middle is not written. Failing to write never fails an exchange: it is logged.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt, stream::BoxStream};
use serde_json::Value;

use super::{cassette::Exchange, translate::Partial};
use crate::{
    domain::turn::message::{Reply, Stop, ToolCall, Usage},
    ports::model::{Model, ModelError, ModelEvent, Request, Scene},
};

/// A model whose exchanges are recorded.
#[derive(Debug)]
pub struct Recorder<M> {
    inner: M,
    file: Arc<Mutex<File>>,
}

impl<M: Model> Recorder<M> {
    /// Records `inner` at the end of the file at `path`, which is made, readable by its owner
    /// alone, when it is not there.
    ///
    /// # Errors
    /// Those of opening the file.
    pub fn new(inner: M, path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        // A line that a crash has torn must not swallow the next one.
        if file.metadata()?.len() > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
            }
        }
        Ok(Self { inner, file: Arc::new(Mutex::new(file)) })
    }
}

impl<M: Model> Model for Recorder<M> {
    fn name(&self) -> String {
        self.inner.name()
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        let file = Arc::clone(&self.file);
        let mut taker = Taker { scene: request.scene.clone(), partial: Partial::default() };
        self.inner
            .stream(request)
            .inspect(move |event| {
                if let Some(exchange) = taker.take(event) {
                    write(&file, &exchange);
                }
            })
            .boxed()
    }
}

fn write(file: &Mutex<File>, exchange: &Exchange) {
    let written = exchange.line().map_err(io::Error::from).and_then(|line| {
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())?;
        file.flush()
    });
    if let Err(error) = written {
        tracing::warn!(%error, scene = %exchange.scene.name, "an exchange was not recorded");
    }
}

/// Gathers one exchange from its events.
struct Taker {
    scene: Scene,
    partial: Partial,
}

impl Taker {
    fn take(&mut self, event: &Result<ModelEvent, ModelError>) -> Option<Exchange> {
        match event {
            Ok(ModelEvent::Text(text)) => self.partial.text.push_str(text),
            Ok(ModelEvent::Reasoning(text)) => self.partial.reasoning.push_str(text),
            Ok(ModelEvent::Call { id, name, arguments }) => self.partial.call(id, name, arguments),
            Ok(ModelEvent::Retrying { .. }) => {}
            Ok(ModelEvent::End { reply, usage }) => {
                return Some(Exchange { scene: self.scene.clone(), reply: reply.clone(), usage: *usage, error: None });
            }
            Err(error) => {
                let partial = std::mem::take(&mut self.partial);
                let calls = partial.calls.into_iter();
                let reply = Reply {
                    text: partial.text,
                    reasoning: partial.reasoning,
                    calls: calls.map(|(id, name, raw)| ToolCall { id, name, arguments: Value::String(raw) }).collect(),
                    stop: Stop::End,
                };
                return Some(Exchange {
                    scene: self.scene.clone(),
                    reply,
                    usage: Usage::default(),
                    error: Some(error.clone()),
                });
            }
        }
        None
    }
}
