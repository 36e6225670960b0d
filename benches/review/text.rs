//! A text that is typed on the screen of 120 by 40: the whole program but its terminal, a key and the frame after it.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use kiro_tui::{
    config::theme::shipped,
    domain::{
        journal::{Author, Entry, Record, Start},
        path::SpecName,
        phase::{Autonomy, Doc, Order},
        session::State,
        spec::{Depth, SpecKind},
        wire::Event,
    },
    ui::{
        UiConfig,
        keys::{Keymap, shipped as keymaps},
        model::Model,
        msg::Msg,
        style::{Capability, Styles},
        update::update,
        views,
    },
};
use ratatui::{buffer::Buffer, layout::Rect};

/// A document that is edited, after a paste.
pub struct Text {
    model: Model,
    buf: Buffer,
}

impl Text {
    /// So many lines pasted into the requirements.
    pub fn of(lines: usize) -> Self {
        let styles = Styles::load(&shipped(), "dark", Capability::TrueColor).unwrap();
        let keymap = Keymap::load(&keymaps(), "default", None).unwrap();
        let mut model = Model::new(UiConfig::new(styles, keymap), None);
        model.size = (120, 40);
        let start = Start {
            name: SpecName::parse("text").unwrap(),
            need: "A text".into(),
            constraints: String::new(),
            documents: Vec::new(),
            aws_references: Vec::new(),
            kind: SpecKind::Feature,
            order: Order::RequirementsFirst,
            depth: Depth::Light,
            autonomy: Autonomy::Strict,
            aws: false,
        };
        let doc = Doc::Requirements;
        let drafted = Entry::Drafted { doc, text: "# Requirements\n".into(), author: Author::Agent };
        let mut state = State::default();
        for entry in [Entry::Started(start), Entry::DraftAsked(doc), drafted] {
            let record = Record { seq: state.seq + 1, at: jiff::Timestamp::UNIX_EPOCH, entry };
            state.apply(&record).unwrap();
        }
        update(&mut model, Msg::Agent(Event::Opened(Box::new(state))));
        update(&mut model, Msg::Agent(Event::Waiting));
        let mut text = Self { model, buf: Buffer::empty(Rect::new(0, 0, 120, 40)) };
        // What is drawn is what a key is about.
        text.draw();
        text.press(KeyCode::Char('E'));
        let line = |n: usize| format!("{n}. WHEN an image of kind {} arrives, THE Thumbnailer SHALL keep it\n", n % 97);
        update(&mut text.model, Msg::Paste((0..lines).map(line).collect()));
        text.press(KeyCode::Left);
        let shown: String = text.buf.content().iter().map(|c| c.symbol()).collect();
        assert!(shown.contains(&format!(" of {}, changed", lines + 2)), "nothing is edited:\n{shown}");
        text
    }

    /// A key and the frame after it.
    pub fn press(&mut self, code: KeyCode) -> Duration {
        let at = Instant::now();
        update(&mut self.model, Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        self.draw();
        at.elapsed()
    }

    fn draw(&mut self) {
        self.buf.reset();
        views::draw(&mut self.model, &mut self.buf);
    }

    /// Keys one after the other.
    pub fn keys(&mut self, code: KeyCode, times: usize) -> Vec<Duration> {
        (0..times).map(|_| self.press(code)).collect()
    }
}
