//! All that the screen shows, as one value.
//!
//! Changed only by [`crate::ui::update`], drawn by [`crate::ui::views`]. What the agent knows is not
//! copied by hand: [`Model::state`] is the fold of the records that the agent wrote.

pub mod account;
pub mod area;
pub mod editor;
pub mod form;
pub mod listing;
pub mod overlay;

use std::{collections::BTreeMap, path::PathBuf};

use jiff::Timestamp;
use ratatui::layout::Rect;

use self::{account::AccountView, form::Form, overlay::Overlay};
use crate::{
    domain::{
        change::Change,
        commit::MergePlan,
        digest::Digest,
        gate::{Reviewable, Subject},
        journal::Start,
        path::RelPath,
        phase::{Autonomy, Doc, DocState, Effect, Merge, Run, Waiting},
        session::State,
        spec::Depth,
        stack::StackDiff,
        wire::{Command, SpecSummary, Unsaved},
    },
    ui::{
        keys::{Action, Context, HelpRow, Keymap, Keys},
        panels::{ActivityPanel, Checked, Ctx, DiffPanel, DocumentPanel, EditFor, FileMark, Panel, PanelId, SpecPanel},
        style::Styles,
        text,
    },
};

/// The smallest screen that is drawn, in columns and rows.
pub const SMALLEST: (u16, u16) = (60, 16);
/// From so many columns on, several panels stand side by side.
pub const WIDE: u16 = 100;

/// How the developer is called when something waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bell {
    /// Not at all.
    Off,
    /// The terminal's bell.
    #[default]
    Bell,
    /// A notice of the desktop, by OSC 9, and the bell.
    Notice,
}

/// What a new form begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// How much the documents must hold.
    pub depth: Depth,
    /// Strict or batch.
    pub autonomy: Autonomy,
    /// Whether AWS is part of it.
    pub aws: bool,
}

/// What the screen is given at its start and keeps.
#[derive(Clone, Debug)]
pub struct UiConfig {
    /// A style for every role, fitted to the terminal.
    pub styles: Styles,
    /// The keys.
    pub keymap: Keymap,
    /// The model's name, for the header.
    pub model: String,
    /// Why there is no model, and what to do; shown on the list of specs.
    pub no_model: Option<String>,
    /// How the developer is called.
    pub bell: Bell,
    /// Columns of the screen from which differences are shown side by side.
    pub side_by_side: u16,
    /// Copying goes to the terminal's clipboard.
    pub osc52: bool,
    /// The mouse is used.
    pub mouse: bool,
    /// The terminal is known to take the flags of the kitty keyboard protocol.
    pub enhanced_keys: bool,
    /// The editor's command line, as in `$VISUAL` or `$EDITOR`.
    pub editor: String,
    /// The shell, as in `$SHELL`.
    pub shell: String,
    /// Where files that are exported go.
    pub exports: Option<PathBuf>,
    /// What a new form begins with.
    pub defaults: Defaults,
    /// The demo can be offered: leaving with [`crate::ui::Exit::Demo`] is understood.
    pub demo: bool,
    /// Settings and where each comes from, a line each, to be read.
    pub settings: Vec<String>,
}

impl UiConfig {
    /// The given styles and keys, and for the rest what suits most.
    pub fn new(styles: Styles, keymap: Keymap) -> Self {
        Self {
            styles,
            keymap,
            model: String::new(),
            no_model: None,
            bell: Bell::default(),
            side_by_side: WIDE,
            osc52: true,
            mouse: false,
            enhanced_keys: false,
            editor: "vi".into(),
            shell: "sh".into(),
            exports: None,
            defaults: Defaults::default(),
            demo: false,
            settings: Vec::new(),
        }
    }
}

/// Which screen is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The list of specs.
    Home,
    /// The form of a new one.
    New,
    /// An open spec.
    Workbench,
}

/// The list of specs.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// The entry at the cursor, of those that are shown.
    pub selected: usize,
    /// What was typed to narrow the list.
    pub filter: String,
    /// True while it is typed.
    pub typing: bool,
}

/// The panels of an open spec.
pub struct Bench {
    /// Phases, tasks, checks.
    pub spec: SpecPanel,
    /// A document.
    pub document: DocumentPanel,
    /// What is proposed.
    pub diff: DiffPanel,
    /// What happened.
    pub activity: ActivityPanel,
}

impl Default for Bench {
    fn default() -> Self {
        Self {
            spec: SpecPanel::default(),
            document: DocumentPanel::lively(),
            diff: DiffPanel::default(),
            activity: ActivityPanel::default(),
        }
    }
}

impl Bench {
    /// One of them.
    pub fn panel(&mut self, id: PanelId) -> &mut dyn Panel {
        match id {
            PanelId::Spec => &mut self.spec,
            PanelId::Document => &mut self.document,
            PanelId::Diff => &mut self.diff,
            PanelId::Activity => &mut self.activity,
        }
    }

    /// The contexts of one of them, the innermost first.
    pub fn contexts(&self, id: PanelId) -> &'static [Context] {
        match id {
            PanelId::Spec => self.spec.contexts(),
            PanelId::Document => self.document.contexts(),
            PanelId::Diff => self.diff.contexts(),
            PanelId::Activity => self.activity.contexts(),
        }
    }
}

/// Where the screen stood before a jump.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The panel that had the keys.
    pub focus: PanelId,
    /// The document with its revision, and the line at the cursor.
    pub document: Option<(Doc, Option<Digest>, usize)>,
    /// The applied file in the diff panel.
    pub file: Option<RelPath>,
}

/// Another program that the developer goes to in the worktree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outing {
    /// A shell there.
    Shell(PathBuf),
    /// An editor with a file, at a line from 1.
    File(PathBuf, usize),
}

/// A line for the developer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// It was refused or failed; else it is news.
    pub bad: bool,
    /// The line.
    pub text: String,
}

/// What waits for the developer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waits {
    /// A decision at a gate.
    Gate(Waiting),
    /// The answer to a question, known by its tool call.
    Question(String),
}

/// What the developer can start when nothing waits and nothing is under way.
#[derive(Clone, Debug, PartialEq)]
pub struct NextStep {
    /// In words, after "continue: ".
    pub words: String,
    /// What is sent.
    pub command: Command,
}

/// All that the screen shows.
pub struct Model {
    /// Given at the start.
    pub config: UiConfig,
    /// The keymap and the chord being typed.
    pub keys: Keys,
    /// How that chord can go on.
    pub chord: Vec<HelpRow>,
    /// Which screen.
    pub screen: Screen,
    /// The specs; nothing before the agent has told.
    pub specs: Option<Vec<SpecSummary>>,
    /// The list of them.
    pub home: Home,
    /// The form, kept when it is left.
    pub form: Option<Form>,
    /// The open spec.
    pub state: Option<State>,
    /// The merge that is planned.
    pub plan: Option<MergePlan>,
    /// What the task at the gate changes.
    pub set: Vec<Change>,
    /// How the files of the set under review stand, as they were drawn last.
    pub marks: Vec<FileMark>,
    /// An editor or a shell to be opened in the worktree, once the agent has noted how it is.
    pub outing: Option<Outing>,
    /// How the infrastructure differs, when it was asked for last.
    pub stacks: Vec<StackDiff>,
    /// What is known of the account.
    pub account: AccountView,
    /// The worktree of the open spec.
    pub worktree: Option<PathBuf>,
    /// The panels.
    pub bench: Bench,
    /// What the checks find in the open spec.
    pub checked: Checked,
    /// Where jumps began, the last one last.
    pub trail: Vec<Place>,
    /// The panel that has the keys.
    pub focus: PanelId,
    /// The panel at the right of a wide screen: document or diff.
    pub main: PanelId,
    /// What lies over the screen; the last has the keys.
    pub overlays: Vec<Overlay>,
    /// Text of prompts that were closed without handing it in.
    pub drafts: BTreeMap<String, String>,
    /// Edited texts that were closed without handing them in, by what they are of: what was edited,
    /// and the text.
    pub unsaved: BTreeMap<String, (EditFor, String)>,
    /// The edited text handed in last, until the agent has taken it.
    pub handed_edit: Option<(EditFor, String)>,
    /// The words handed in last, with their purpose, until the agent has taken them.
    pub handed: Option<(String, String)>,
    /// What is being written, as the agent was told it last.
    pub kept: Vec<Unsaved>,
    /// The notice that is shown until the next key.
    pub notice: Option<Notice>,
    /// All of them, newest last.
    pub notices: Vec<Notice>,
    /// The end of the output of the command that runs or ran last.
    pub output: String,
    /// The request that will be sent again.
    pub retry: Option<String>,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The time, as the runtime last told it.
    pub now: Timestamp,
    /// Which picture of the spinner.
    pub spinner: usize,
    /// Where each panel was drawn last, for the mouse.
    pub areas: Vec<(PanelId, Rect)>,
    /// The mouse is on.
    pub mouse: bool,
    /// ctrl-c was pressed; once more quits.
    pub quit_armed: bool,
    /// Back was pressed with nothing left to close; once more leaves the spec.
    pub leave_armed: bool,
    /// What waited when it was last looked at.
    pub(super) seen_waits: Option<Waits>,
    /// What the developer was called for last.
    pub(super) called: Option<Waits>,
    /// Where the work stood when the panel was last chosen for it.
    pub(super) seen_place: Option<PanelId>,
    /// The agent has said that the developer is next, and nothing was recorded since.
    pub(super) at_rest: bool,
    /// The window's name as it was last set.
    pub(super) title: String,
}

impl Model {
    /// The screen before anything is known; with `prefilled`, the form filled in.
    pub fn new(config: UiConfig, prefilled: Option<&Start>) -> Self {
        let form = prefilled.map(Form::filled);
        Self {
            keys: Keys::new(config.keymap.clone()),
            chord: Vec::new(),
            screen: if form.is_some() { Screen::New } else { Screen::Home },
            specs: None,
            home: Home::default(),
            form,
            state: None,
            plan: None,
            set: Vec::new(),
            marks: Vec::new(),
            outing: None,
            stacks: Vec::new(),
            account: AccountView::default(),
            worktree: None,
            bench: Bench::default(),
            checked: Checked::default(),
            trail: Vec::new(),
            focus: PanelId::Document,
            main: PanelId::Document,
            overlays: Vec::new(),
            drafts: BTreeMap::new(),
            unsaved: BTreeMap::new(),
            handed_edit: None,
            handed: None,
            kept: Vec::new(),
            notice: None,
            notices: Vec::new(),
            output: String::new(),
            retry: None,
            size: (80, 24),
            now: Timestamp::UNIX_EPOCH,
            spinner: 0,
            areas: Vec::new(),
            mouse: config.mouse,
            quit_armed: false,
            leave_armed: false,
            seen_waits: None,
            called: None,
            seen_place: None,
            at_rest: true,
            title: String::new(),
            config,
        }
    }

    /// True when several panels stand side by side.
    pub fn is_wide(&self) -> bool {
        self.size.0 >= WIDE
    }

    /// True when the screen has the columns that a difference needs to be shown side by side.
    pub fn is_side_by_side(&self) -> bool {
        self.size.0 >= self.config.side_by_side
    }

    /// True when a panel is drawn.
    pub fn is_in_sight(&self, id: PanelId) -> bool {
        let beside = !matches!(id, PanelId::Document | PanelId::Diff) || self.main == id;
        if self.is_wide() { beside } else { self.focus == id }
    }

    /// What waits for the developer.
    pub fn waits(&self) -> Option<Waits> {
        let state = self.state.as_ref()?;
        if let Some(question) = &state.question {
            return Some(Waits::Question(question.call.clone()));
        }
        // A plan that the screen does not have yet cannot be judged.
        let there = |w: &Waiting| self.plan.is_some() || !matches!(w.subject, Subject::Merge | Subject::Override);
        state.waiting().filter(there).map(Waits::Gate).or_else(|| {
            let shown = state.standing_shown.as_ref()?;
            let open = state.flow.autonomy == Autonomy::Batch && state.flow.standing.is_none();
            let waiting = Waiting { subject: Subject::Standing, digest: shown.digest() };
            (open && state.flow.due().is_none()).then_some(Waits::Gate(waiting))
        })
    }

    /// What is under way, if the agent is at work.
    pub fn under_way(&self) -> Option<Effect> {
        let state = self.state.as_ref()?;
        // A job that was cut off is due when it is opened again, and nobody works at it.
        let at_work = state.halt.is_none() && state.question.is_none() && !self.at_rest;
        state.flow.due().filter(|_| at_work)
    }

    /// What the developer can start now.
    pub fn next_step(&self) -> Option<NextStep> {
        let state = self.state.as_ref()?;
        // Between two records what comes next is the agent's to say: it may go on by itself.
        if self.waits().is_some() || self.under_way().is_some() || !self.at_rest {
            return None;
        }
        if state.flow.due().is_some() || matches!(state.flow.run, Run::Halted { .. }) {
            return Some(NextStep { words: "take it up again".into(), command: Command::Continue });
        }
        // What was begun in an account comes before what could be begun.
        if let Some(going) = state.cloud.unfinished() {
            let words = format!("follow the deploy of {}", going.deployment.stack);
            return Some(NextStep { words, command: Command::Continue });
        }
        if state.cloud.stage.is_some() || state.cloud.again && state.cloud.ask.is_some() {
            return Some(NextStep { words: "ask the account again".into(), command: Command::Continue });
        }
        for doc in state.flow.order.docs() {
            if state.flow.doc(doc) == DocState::Missing && state.flow.upstream_drafted(doc) {
                return Some(NextStep { words: format!("draft {}", doc.name()), command: Command::Draft(doc) });
            }
        }
        if !state.flow.documents_approved() || matches!(state.flow.merge, Merge::Merged { .. }) {
            return None;
        }
        match state.next_task() {
            Some(task) => Some(NextStep { words: format!("start task {task}"), command: Command::Continue }),
            None => Some(NextStep { words: "plan the merge".into(), command: Command::PlanMerge }),
        }
    }

    /// The panel that shows what waits, or the work under way.
    pub fn place(&self) -> Option<PanelId> {
        match self.waits() {
            Some(Waits::Gate(waiting)) => Some(match waiting.subject {
                Subject::Requirements | Subject::Design | Subject::Tasks => PanelId::Document,
                Subject::Standing
                | Subject::Change
                | Subject::Command
                | Subject::Task
                | Subject::Override
                | Subject::Merge
                | Subject::Cloud
                | Subject::Own
                | Subject::PutBack => PanelId::Diff,
            }),
            Some(Waits::Question(_)) => None,
            None => match self.state.as_ref()?.flow.due()? {
                Effect::Draft(_) | Effect::Save { .. } => Some(PanelId::Document),
                Effect::Work(_)
                | Effect::Do { .. }
                | Effect::Merge { .. }
                | Effect::Cloud(_)
                | Effect::Follow { .. }
                | Effect::PutBack { .. } => Some(PanelId::Diff),
                Effect::AbortTurn | Effect::StopCommand => None,
            },
        }
    }

    /// The panels of the open spec and what they see; `focused` says whether the one in question has
    /// the keys.
    pub fn desk(&mut self, focused: bool) -> Option<(&mut Bench, Ctx<'_>)> {
        let side_by_side = self.is_side_by_side();
        let ctx = Ctx {
            state: self.state.as_ref()?,
            plan: self.plan.as_ref(),
            checked: &self.checked,
            set: &self.set,
            files: &self.marks,
            stacks: &self.stacks,
            styles: &self.config.styles,
            keys: &self.keys,
            output: &self.output,
            now: self.now,
            focused,
            side_by_side,
        };
        Some((&mut self.bench, ctx))
    }

    /// Takes in how the files of the set under review stand; lists of them that are open show it.
    pub fn mark_files(&mut self, marks: Vec<FileMark>) {
        if self.marks != marks {
            self.marks = marks;
            self.refresh_lists();
        }
    }

    /// Brings the lists that are open up to the state.
    pub fn refresh_lists(&mut self) {
        match &self.state {
            Some(state) => {
                for overlay in &mut self.overlays {
                    if let Overlay::List(list) = overlay {
                        list.refresh(state, &self.marks);
                    }
                }
            }
            None => self.overlays.retain(|o| !matches!(o, Overlay::List(_))),
        }
    }

    /// False for an action that has keys in the panel with the keys and could do nothing to what it shows.
    pub fn means(&self, action: Action) -> bool {
        self.screen != Screen::Workbench || self.focus != PanelId::Diff || self.bench.diff.means(action)
    }

    /// The specs that the filter leaves.
    pub fn listed(&self) -> Vec<&SpecSummary> {
        let wanted = self.home.filter.to_lowercase();
        let all = self.specs.iter().flatten();
        all.filter(|s| s.name.as_str().to_lowercase().contains(&wanted)).collect()
    }

    /// The document at a gate, if it is one of these subjects.
    pub fn doc_of(subject: Subject) -> Option<Doc> {
        Doc::ALL.into_iter().find(|d| d.subject() == subject)
    }

    /// The contexts of the keys, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self.overlays.last() {
            Some(overlay) => match overlay {
                Overlay::Help(help) if help.typing => vec![Context::Palette],
                Overlay::Help(_) => vec![Context::Help],
                Overlay::Palette(_) => vec![Context::Palette],
                Overlay::Prompt(prompt) if prompt.purpose.one_line() => vec![Context::Palette],
                Overlay::Prompt(_) | Overlay::Editor(_) => vec![Context::Text],
                Overlay::Question { .. } => vec![Context::Confirm],
                Overlay::List(list) if list.typing => vec![Context::Palette],
                Overlay::List(_) | Overlay::Notices { .. } | Overlay::Settings { .. } => vec![Context::List],
            },
            None => self.screen_contexts(),
        }
    }

    /// The contexts of the screen below the overlays.
    pub fn screen_contexts(&self) -> Vec<Context> {
        match self.screen {
            Screen::Home if self.home.typing => vec![Context::Palette],
            Screen::Home => vec![Context::Home],
            Screen::New => vec![Context::Form],
            Screen::Workbench => {
                let mut contexts = self.bench.contexts(self.focus).to_vec();
                let gate = matches!(self.waits(), Some(Waits::Gate(_))) && self.place() == Some(self.focus);
                if gate && !contexts.contains(&Context::Gate) {
                    contexts.push(Context::Gate);
                }
                contexts
            }
        }
    }

    /// True when the keys go into text.
    pub fn takes_text(&self) -> bool {
        self.contexts().iter().any(|c| c.takes_text())
    }

    /// Tells the developer something, until the next key.
    pub fn say(&mut self, bad: bool, text: impl Into<String>) {
        let notice = Notice { bad, text: text.into() };
        self.notices.push(notice.clone());
        self.notice = Some(notice);
    }

    /// All that was said, in lines of so many columns; the newest last, and true for what is bad.
    pub fn said(&self, columns: usize) -> Vec<(String, bool)> {
        let lines = |notice: &Notice| {
            let bad = notice.bad;
            text::wrap(&notice.text, columns).into_iter().map(move |line| (line, bad)).collect::<Vec<_>>()
        };
        self.notices.iter().flat_map(lines).collect()
    }

    /// The digest of the document that a request for changes is about: the revision that is shown.
    pub fn judged(&self, doc: Doc) -> Option<Digest> {
        self.state.as_ref()?.current(doc).map(|r| r.digest)
    }
}
