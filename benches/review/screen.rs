//! The diff panel on a screen of 120 by 40, driven by actions.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use kiro_tui::{
    config::theme::shipped,
    domain::{
        change::Change,
        commit::MergePlan,
        gate::Reviewable as _,
        journal::{Origin, Proposal},
        phase::{Merge, TaskId},
        session::{Proposed, State},
    },
    ui::{
        keys::{Action, Keymap, Keys, shipped as keymaps},
        panels::{self, Checked, Ctx, DiffPanel, Panel},
        style::{Capability, Styles},
    },
};
use ratatui::{buffer::Buffer, layout::Rect};

const AREA: Rect = Rect::new(0, 0, 120, 40);

/// How long a first look at something takes.
#[derive(Clone, Copy, Default)]
pub struct First {
    /// Until lines are in view.
    pub lines: Duration,
    /// Until all is compared.
    pub whole: Duration,
    /// The longest that one frame took meanwhile: what a key may have to wait.
    pub longest: Duration,
}

/// A panel with what it sees.
pub struct Screen {
    panel: DiffPanel,
    state: State,
    plan: Option<MergePlan>,
    checked: Checked,
    styles: Styles,
    keys: Keys,
    buf: Buffer,
    wakes: tokio::runtime::Runtime,
}

impl Screen {
    /// A change at its gate.
    pub fn of(change: Change) -> Self {
        // Taken when it was recorded that it came to its gate.
        change.digest();
        let proposed = Proposed {
            task: TaskId("1".into()),
            proposal: Proposal::Change(change),
            original: None,
            sensitive: Vec::new(),
            why: String::new(),
            origin: Origin::Call("call".into()),
            decision: None,
        };
        let state = State { proposal: Some(proposed), ..State::default() };
        Self::new(state, None)
    }

    /// A merge of many files at its gate.
    pub fn of_set(plan: MergePlan) -> Self {
        let mut state = State::default();
        state.flow.merge = Merge::Review { digest: plan.digest(), held: false };
        Self::new(state, Some(plan))
    }

    fn new(state: State, plan: Option<MergePlan>) -> Self {
        let styles = Styles::load(&shipped(), "dark", Capability::TrueColor).unwrap();
        let keys = Keys::new(Keymap::load(&keymaps(), "default", None).unwrap());
        Self {
            panel: DiffPanel::default(),
            state,
            plan,
            checked: Checked::default(),
            styles,
            keys,
            buf: Buffer::empty(AREA),
            wakes: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        }
    }

    fn draw(&mut self) {
        let Self { panel, state, plan, checked, styles, keys, buf, .. } = self;
        let ctx = ctx(state, plan.as_ref(), checked, styles, keys);
        panel.draw(AREA, buf, &ctx);
    }

    /// From the state to the cells, for the first time, until all is compared.
    pub fn first(&mut self) -> First {
        let at = Instant::now();
        let mut out = First::default();
        loop {
            let frame = Instant::now();
            self.draw();
            out.longest = out.longest.max(frame.elapsed());
            let shown: String = self.buf.content().iter().map(|c| c.symbol()).collect();
            let waits = shown.contains("⠹");
            if out.lines.is_zero() && (shown.contains("hunk 1 of") || !waits) {
                out.lines = at.elapsed();
            }
            if !waits {
                out.whole = at.elapsed();
                // The head of a hunk may be out of sight, where its first change is far along a long line.
                let drawn = ["hunk 1 of", "files", "sha256"].iter().any(|words| shown.contains(words));
                assert!(drawn, "nothing is drawn:\n{shown}");
                return out;
            }
            // As the program does: nothing is drawn until more is known.
            self.wakes.block_on(panels::more_known());
        }
    }

    /// One action and the frame after it.
    pub fn step(&mut self, action: Action) -> Duration {
        let at = Instant::now();
        let Self { panel, state, plan, checked, styles, keys, .. } = self;
        panel.act(action, &ctx(state, plan.as_ref(), checked, styles, keys));
        self.draw();
        at.elapsed()
    }

    pub fn steps(&mut self, action: Action, times: usize) -> Vec<Duration> {
        (0..times).map(|_| self.step(action)).collect()
    }

    /// A page at a time to the last row and back to the first.
    pub fn through(&mut self) {
        for action in [Action::PageDown, Action::PageUp] {
            let mut last = Buffer::default();
            while last != self.buf {
                last = self.buf.clone();
                self.step(action);
            }
        }
    }

    /// Draws until the colours of what is in view have come.
    pub fn coloured(&mut self) {
        let colours = |buf: &Buffer| buf.content().iter().map(|c| c.fg).collect::<Vec<_>>();
        let mut same = 0;
        let mut last = colours(&self.buf);
        while same < 10 {
            std::thread::sleep(Duration::from_millis(50));
            self.draw();
            let now = colours(&self.buf);
            same = if now == last { same + 1 } else { 0 };
            last = now;
        }
    }
}

fn ctx<'a>(
    state: &'a State,
    plan: Option<&'a MergePlan>,
    checked: &'a Checked,
    styles: &'a Styles,
    keys: &'a Keys,
) -> Ctx<'a> {
    Ctx {
        state,
        plan,
        checked,
        set: &[],
        files: &[],
        stacks: &[],
        styles,
        keys,
        output: "",
        now: jiff::Timestamp::UNIX_EPOCH,
        focused: true,
        side_by_side: true,
    }
}

/// Memory of this process that is in use, from which on the most is counted.
pub fn resident_kib() -> Result<u64> {
    std::fs::write("/proc/self/clear_refs", "5").context("what was used at most cannot be set back")?;
    status("VmRSS:")
}

/// The most that was in use since [`resident_kib`].
pub fn peak_kib() -> Result<u64> {
    status("VmHWM:")
}

fn status(name: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix(name));
    let line = line.with_context(|| format!("no {name} in /proc/self/status"))?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
