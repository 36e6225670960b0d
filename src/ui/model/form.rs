//! The form of a new spec: what is typed in it, and the [`Start`] that comes of it.

use super::{Defaults, area::Area};
use crate::{
    domain::{
        journal::Start,
        path::SpecName,
        phase::{Autonomy, Order},
        prose::width::head,
        spec::{Depth, SpecKind},
    },
    ui::text,
};

/// A field of the form, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The need.
    Need,
    /// Constraints.
    Constraints,
    /// Existing documentation.
    Documents,
    /// AWS references.
    References,
    /// The spec's name.
    Name,
    /// Requirements first, design first, bugfix, quick.
    Workflow,
    /// How much the documents must hold.
    Depth,
    /// Strict or batch.
    Autonomy,
    /// Whether AWS is part of it.
    Aws,
}

impl Field {
    /// All, from top to bottom.
    pub const ALL: [Self; 9] = [
        Self::Need,
        Self::Constraints,
        Self::Documents,
        Self::References,
        Self::Name,
        Self::Workflow,
        Self::Depth,
        Self::Autonomy,
        Self::Aws,
    ];

    /// Its label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Need => "Need",
            Self::Constraints => "Constraints",
            Self::Documents => "Documents",
            Self::References => "AWS references",
            Self::Name => "Name",
            Self::Workflow => "Workflow",
            Self::Depth => "Depth",
            Self::Autonomy => "Autonomy",
            Self::Aws => "AWS",
        }
    }

    /// True where text is typed.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Need | Self::Constraints | Self::Documents | Self::References | Self::Name)
    }
}

/// The workflow chosen.
const WORKFLOWS: [(&str, SpecKind, Order); 4] = [
    ("requirements first", SpecKind::Feature, Order::RequirementsFirst),
    ("design first", SpecKind::Feature, Order::DesignFirst),
    ("bugfix", SpecKind::Bugfix, Order::RequirementsFirst),
    ("quick", SpecKind::Feature, Order::Quick),
];
const DEPTHS: [(&str, Depth); 3] =
    [("light", Depth::Light), ("standard", Depth::Standard), ("exhaustive", Depth::Exhaustive)];
const AUTONOMIES: [(&str, Autonomy); 2] = [("strict", Autonomy::Strict), ("batch", Autonomy::Batch)];

/// So many lines of a need, and columns of each, are looked at for a name.
const NAMING: usize = 200;

/// The form as it is filled in.
#[derive(Clone, Debug)]
pub struct Form {
    /// The field that has the keys.
    pub focus: Field,
    need: Area,
    constraints: Area,
    documents: Area,
    references: Area,
    name: Area,
    /// The name was typed, and is no longer suggested from the need.
    named: bool,
    workflow: usize,
    depth: usize,
    autonomy: usize,
    aws: bool,
}

/// A text to go on with, cleaned, with the cursor at its end.
pub fn area(content: &str, placeholder: &str) -> Area {
    let mut area = Area::new(&text::block(content)).placeholder(placeholder);
    area.go_to_end();
    area
}

impl Form {
    /// An empty form.
    pub fn new(defaults: Defaults) -> Self {
        let empty = |placeholder| area("", placeholder);
        Self {
            focus: Field::Need,
            need: empty("What is needed, for whom, and why, in plain language"),
            constraints: empty("What must hold: limits, technology, cost, compliance"),
            documents: empty("Paths, globs or URLs, one a line"),
            references: empty("ARNs or stack names, one a line"),
            name: empty("suggested from the need"),
            named: false,
            workflow: 0,
            depth: DEPTHS.iter().position(|(_, d)| *d == defaults.depth).unwrap_or(1),
            autonomy: AUTONOMIES.iter().position(|(_, a)| *a == defaults.autonomy).unwrap_or(0),
            aws: defaults.aws,
        }
    }

    /// A form that is filled in.
    pub fn filled(start: &Start) -> Self {
        let defaults = Defaults { depth: start.depth, autonomy: start.autonomy, aws: start.aws };
        let mut form = Self::new(defaults);
        form.set(Field::Need, &start.need);
        form.set(Field::Constraints, &start.constraints);
        form.set(Field::Documents, &start.documents.join("\n"));
        form.set(Field::References, &start.aws_references.join("\n"));
        form.set(Field::Name, start.name.as_str());
        form.named = true;
        let same = |(_, kind, order): &(&str, SpecKind, Order)| *kind == start.kind && *order == start.order;
        form.workflow = WORKFLOWS.iter().position(same).unwrap_or(0);
        form
    }

    /// The text area of a text field.
    pub fn text(&self, field: Field) -> Option<&Area> {
        match field {
            Field::Need => Some(&self.need),
            Field::Constraints => Some(&self.constraints),
            Field::Documents => Some(&self.documents),
            Field::References => Some(&self.references),
            Field::Name => Some(&self.name),
            Field::Workflow | Field::Depth | Field::Autonomy | Field::Aws => None,
        }
    }

    fn text_mut(&mut self, field: Field) -> Option<&mut Area> {
        match field {
            Field::Need => Some(&mut self.need),
            Field::Constraints => Some(&mut self.constraints),
            Field::Documents => Some(&mut self.documents),
            Field::References => Some(&mut self.references),
            Field::Name => Some(&mut self.name),
            Field::Workflow | Field::Depth | Field::Autonomy | Field::Aws => None,
        }
    }

    /// What is typed in a text field; empty for the others.
    pub fn content(&self, field: Field) -> String {
        self.text(field).map(Area::text).unwrap_or_default()
    }

    /// Replaces what is typed in a text field.
    pub fn set(&mut self, field: Field, content: &str) {
        if let Some(slot) = self.text_mut(field) {
            let content = if field == Field::Name { text::line(content.trim()) } else { content.to_owned() };
            *slot = area(content.trim_end(), slot.placeholder_text());
        }
        self.changed(field);
    }

    /// The choices of a field and which is taken; none for text.
    pub fn choices(&self, field: Field) -> Option<(Vec<&'static str>, usize)> {
        match field {
            Field::Workflow => Some((WORKFLOWS.iter().map(|w| w.0).collect(), self.workflow)),
            Field::Depth => Some((DEPTHS.iter().map(|d| d.0).collect(), self.depth)),
            Field::Autonomy => Some((AUTONOMIES.iter().map(|a| a.0).collect(), self.autonomy)),
            Field::Aws => Some((vec!["off", "on"], usize::from(self.aws))),
            Field::Need | Field::Constraints | Field::Documents | Field::References | Field::Name => None,
        }
    }

    /// Takes the next choice, or the one before, of the field that has the keys.
    pub fn choose(&mut self, forward: bool) {
        let Some((all, now)) = self.choices(self.focus) else { return };
        let next = if forward { now + 1 } else { now + all.len() - 1 } % all.len().max(1);
        match self.focus {
            Field::Workflow => self.workflow = next,
            Field::Depth => self.depth = next,
            Field::Autonomy => self.autonomy = next,
            Field::Aws => self.aws = next == 1,
            Field::Need | Field::Constraints | Field::Documents | Field::References | Field::Name => {}
        }
    }

    /// Gives the keys to the next field, or to the one before; round at the ends.
    pub fn go(&mut self, forward: bool) {
        let at = Field::ALL.iter().position(|f| *f == self.focus).unwrap_or(0);
        let step = if forward { 1 } else { Field::ALL.len() - 1 };
        self.focus = Field::ALL.get((at + step) % Field::ALL.len()).copied().unwrap_or(Field::Need);
    }

    /// A key for the field that has the keys.
    pub fn key(&mut self, key: crossterm::event::KeyEvent) {
        use crossterm::event::KeyCode;
        let focus = self.focus;
        match (focus.is_text(), key.code) {
            (false, KeyCode::Left) => self.choose(false),
            (false, KeyCode::Right | KeyCode::Char(' ')) => self.choose(true),
            (false, KeyCode::Up) => self.go(false),
            (false, KeyCode::Down | KeyCode::Enter) | (true, KeyCode::Enter)
                if focus != Field::Need && one_line(focus) =>
            {
                self.go(true);
            }
            (false, _) => {}
            (true, KeyCode::Up) if one_line(focus) => self.go(false),
            (true, KeyCode::Down) if one_line(focus) => self.go(true),
            (true, _) => {
                if self.text_mut(focus).is_some_and(|t| t.input(key)) {
                    self.changed(focus);
                }
            }
        }
    }

    /// Pasted text for the field that has the keys.
    pub fn paste(&mut self, pasted: &str) {
        let focus = self.focus;
        let pasted = if focus == Field::Name { text::line(pasted) } else { text::block(pasted) };
        if let Some(area) = self.text_mut(focus) {
            area.insert(&pasted);
            self.changed(focus);
        }
    }

    fn changed(&mut self, field: Field) {
        match field {
            Field::Name => self.named = !self.content(Field::Name).trim().is_empty(),
            Field::Need if !self.named => {
                // What it is called is said at its beginning.
                let need = self.need.lines().iter().take(NAMING).map(|line| head(line, NAMING));
                let need = need.collect::<Vec<_>>().join("\n");
                let name = if need.trim().is_empty() { String::new() } else { SpecName::suggest(&need).to_string() };
                self.name.set(&name);
            }
            _ => {}
        }
    }

    /// The spec that the form describes.
    ///
    /// # Errors
    /// The field that is wrong, and what is wrong with it.
    pub fn start(&self) -> Result<Start, (Field, String)> {
        let need = self.content(Field::Need).trim().to_owned();
        if need.is_empty() {
            return Err((Field::Need, "say what is needed first".into()));
        }
        let name = SpecName::parse(self.content(Field::Name).trim()).map_err(|e| (Field::Name, e.to_string()))?;
        let lines = |field| {
            let content = self.content(field);
            content.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
        };
        let (_, kind, order) = WORKFLOWS.get(self.workflow).copied().unwrap_or(WORKFLOWS[0]);
        Ok(Start {
            name,
            need,
            constraints: self.content(Field::Constraints).trim().to_owned(),
            documents: lines(Field::Documents),
            aws_references: lines(Field::References),
            kind,
            order,
            depth: DEPTHS.get(self.depth).map(|d| d.1).unwrap_or_default(),
            autonomy: AUTONOMIES.get(self.autonomy).map(|a| a.1).unwrap_or_default(),
            aws: self.aws,
        })
    }
}

fn one_line(field: Field) -> bool {
    !matches!(field, Field::Need | Field::Constraints | Field::Documents | Field::References)
}
