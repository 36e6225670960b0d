//! The full-screen program: the screen on this thread, the agent on another.

use std::thread;

use anyhow::{Context as _, Result, anyhow};
use tokio::sync::mpsc;

use crate::{
    agent::{Options, Ports, host::Defaults, host::Host, ports::Tell},
    domain::{journal::Start, wire::Command},
    ui::{self, Exit, Mailbox, UiConfig},
};

/// What the agent is made from. It is called on the agent's own thread, so that nothing slow stands
/// before the first frame.
pub type MakeAgent = Box<dyn FnOnce(Tell) -> (Ports, Options, Defaults) + Send>;

/// Shows the screen until the developer leaves. `first` is the first command to the agent.
///
/// # Errors
/// When there is no terminal to show it on, or a thread cannot be had.
pub fn run(screen: UiConfig, prefilled: Option<Start>, first: Command, make: MakeAgent) -> Result<Exit> {
    let mailbox = Mailbox::default();
    let (commands, receive) = mpsc::channel(64);
    commands.try_send(first).context("the agent cannot be told what to do first")?;
    let told = mailbox.clone();
    let agent = thread::Builder::new()
        .name("agent".into())
        .spawn(move || {
            let (ports, options, defaults) = make(std::sync::Arc::new(move |event| told.push(event)));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(Host::new(ports, options, defaults).run(receive)))
        })
        .context("no thread for the agent")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(ui::run(screen, prefilled, commands, mailbox));
    // The screen's end of the queue is gone, so the agent ends after what it is doing.
    agent.join().map_err(|_| anyhow!("the agent ended with a fault; the journal has everything up to it"))??;
    Ok(exit?)
}
