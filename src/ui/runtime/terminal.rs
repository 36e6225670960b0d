//! The terminal, taken and given back.
//!
//! Always holds: whoever leaves, by whatever way, [`give_back`] has run: at the end, in a panic, on a
//! signal, and before an editor or a shell gets the terminal. It may run any number of times.

use std::{
    io::{self, Write},
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

/// True while the terminal is ours.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Alternate screen, the window's name remembered, pasted text marked, the cursor away.
const TAKE: &str = "\x1b[?1049h\x1b[22;2t\x1b[?2004h\x1b[?25l";
/// Esc and its like can be told apart (kitty keyboard protocol).
const KEYS: &str = "\x1b[>1u";
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
const GIVE: &str = "\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[23;2t\x1b[?25h\x1b[?1049l";

/// The bytes that turn the mouse on or off.
pub(super) fn mouse(on: bool) -> &'static str {
    if on { MOUSE_ON } else { MOUSE_OFF }
}

/// Takes the terminal.
///
/// # Errors
/// When it is none, or is gone.
pub(super) fn take(enhanced: bool, mouse: bool) -> io::Result<()> {
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // A fault that is caught is none: the screen goes on.
            if std::thread::current().name() == Some(crate::ui::panels::DIAGRAMS) {
                return;
            }
            give_back();
            before(info);
        }));
    });
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    ENHANCED.store(enhanced, Ordering::SeqCst);
    let mut bytes = TAKE.to_owned();
    if enhanced {
        bytes.push_str(KEYS);
    }
    if mouse {
        bytes.push_str(MOUSE_ON);
    }
    write(bytes.as_bytes())
}

static ENHANCED: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back, if it is ours. A terminal that is gone is no error any more.
pub(super) fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let keys = if ENHANCED.load(Ordering::SeqCst) { "\x1b[<1u" } else { "" };
    let _ = write(format!("{MOUSE_OFF}{keys}{GIVE}").as_bytes());
    let _ = disable_raw_mode();
}

/// Writes all of it and waits until the terminal has it.
///
/// # Errors
/// When the terminal is gone.
pub(super) fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Gives the terminal back when it goes out of scope.
pub(super) struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}
