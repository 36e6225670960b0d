//! `tasks.md`: tasks, their marks, links and order.
//!
//! A task's parent comes from its number (`2.1` lies under `2`), and where that says nothing, from
//! its indentation. Only leaves are run; a parent is done when its required children are.

use serde::Serialize;

use super::{
    refs::{self, Ref},
    task_line::{Head, fields, properties, task_id},
    text::{Line, Scan, Section, Span},
    waves::{self, RunOrder, Waves},
};

/// A parsed `tasks.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tasks {
    source: String,
    /// All tasks in document order.
    pub tasks: Vec<Task>,
    /// The dependency waves, where the document has them.
    pub waves: Option<Waves>,
    /// Lines that look like a task but have no readable box, such as `- [] x`; from 1.
    pub odd_boxes: Vec<usize>,
    /// All sections in document order.
    pub sections: Vec<Section>,
}

/// What stands between a task's brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// `[ ]`
    Open,
    /// `[x]` or `[X]`
    Done,
    /// `[-]`: begun. Found in a file at rest, it is what an interrupted run left.
    Active,
    /// `[~]`: waiting for its turn.
    Queued,
    /// Any other character.
    Other(char),
}

impl Mark {
    /// The mark a character stands for.
    pub fn of(c: char) -> Self {
        match c {
            ' ' => Self::Open,
            'x' | 'X' => Self::Done,
            '-' => Self::Active,
            '~' => Self::Queued,
            other => Self::Other(other),
        }
    }

    /// The character that is written for it.
    pub fn char(self) -> char {
        match self {
            Self::Open => ' ',
            Self::Done => 'x',
            Self::Active => '-',
            Self::Queued => '~',
            Self::Other(c) => c,
        }
    }
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    /// Its number as written, without a full stop at the end; for a task without one, `#n` with its
    /// place among its unnumbered siblings, behind its parent's id where it has a parent.
    pub id: String,
    /// True where the number is written.
    pub numbered: bool,
    /// Its title, without number, star and emphasis around the whole.
    pub title: String,
    /// Its mark.
    pub mark: Mark,
    /// The character between the brackets.
    pub mark_span: Span,
    /// 0 for a top-level task.
    pub depth: usize,
    /// Index of its parent in [`Tasks::tasks`].
    pub parent: Option<usize>,
    /// Indices of its children.
    pub children: Vec<usize>,
    /// True where a star says it may be left out.
    pub optional: bool,
    /// True where `(P)` says it may run beside its siblings.
    pub parallel: bool,
    /// Its line, from 1.
    pub line: usize,
    /// Its own lines: the task line and the details under it, without its children.
    pub span: Span,
    /// The bullets and lines under it, links included.
    pub details: Vec<Detail>,
    /// The labelled fields among its details, such as `_Requirements: 1.1_`.
    pub fields: Vec<Field>,
    /// The requirements and criteria it names.
    pub requirements: Vec<Ref>,
    /// The numbers of the correctness properties it names.
    pub properties: Vec<u32>,
    /// The ids of the tasks it says it depends on.
    pub depends: Vec<String>,
}

/// One line under a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// Its text without the bullet.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
    /// Where the text stands.
    pub span: Span,
}

/// A labelled value in a task's details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The label, as written.
    pub name: String,
    /// The value.
    pub value: String,
    /// Its line, from 1.
    pub line: usize,
    /// Where the value stands.
    pub span: Span,
}

impl Task {
    /// True where it has no children: only such tasks are run.
    pub fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }

    /// True for a task that only asks to stop and verify.
    pub fn is_checkpoint(&self) -> bool {
        let title = self.title.to_lowercase();
        ["checkpoint", "チェックポイント", "检查点", "체크포인트"].iter().any(|w| title.contains(w))
    }

    /// The value of the first field with this name, in any case.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|f| f.name.eq_ignore_ascii_case(name)).map(|f| f.value.as_str())
    }
}

impl Tasks {
    /// Indexes the text. Never fails: what is not understood is simply not in the index.
    pub fn parse(source: &str) -> Self {
        let scan = Scan::new(source);
        let mut odd_boxes = Vec::new();
        let mut reader = Reader::default();
        for line in &scan.lines {
            reader.line(line, &mut odd_boxes);
        }
        let waves = waves::find(&scan);
        Self { source: source.to_owned(), tasks: reader.tasks, waves, odd_boxes, sections: scan.sections }
    }

    /// The text that was parsed, byte for byte.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The task with this id, where exactly one has it.
    pub fn get(&self, id: &str) -> Option<&Task> {
        let mut found = self.tasks.iter().filter(|t| t.id == id);
        found.next().filter(|_| found.next().is_none())
    }

    /// The tasks that are run, in document order.
    pub fn leaves(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|t| t.is_leaf())
    }

    /// The leaves in the order they should run.
    pub fn run_order(&self) -> RunOrder {
        waves::order(self)
    }

    /// The first required leaf, in run order, that is not done.
    pub fn next_open(&self) -> Option<&Task> {
        self.open_leaves().into_iter().find(|t| !self.is_optional(t))
    }

    /// The leaves, in run order, that are not done; optional ones included.
    pub fn open_leaves(&self) -> Vec<&Task> {
        let order = self.run_order();
        order.tasks.iter().filter_map(|i| self.tasks.get(*i)).filter(|t| t.mark != Mark::Done).collect()
    }

    /// True where the task or one above it is optional.
    pub fn is_optional(&self, task: &Task) -> bool {
        task.optional || self.ancestors(task).any(|t| t.optional)
    }

    /// True where a leaf is marked done, or all required leaves below a parent are. Where all of
    /// its children are optional, a parent's own mark counts.
    pub fn is_done(&self, task: &Task) -> bool {
        let mut required = task.children.iter().filter_map(|i| self.tasks.get(*i)).filter(|t| !t.optional).peekable();
        if required.peek().is_none() {
            return task.mark == Mark::Done;
        }
        required.all(|t| self.is_done(t))
    }

    /// Done and all of the required leaves.
    pub fn progress(&self) -> (usize, usize) {
        let required = self.leaves().filter(|t| !self.is_optional(t));
        required.fold((0, 0), |(done, all), t| (done + usize::from(t.mark == Mark::Done), all + 1))
    }

    /// The tasks above, nearest first.
    pub fn ancestors<'a>(&'a self, task: &'a Task) -> impl Iterator<Item = &'a Task> {
        let up = |t: &&'a Task| t.parent.and_then(|i| self.tasks.get(i));
        std::iter::successors(up(&task), up)
    }

    /// All requirement references at and below a task.
    pub fn requirements_below<'a>(&'a self, task: &'a Task) -> Vec<&'a Ref> {
        let mut out: Vec<&Ref> = task.requirements.iter().collect();
        for child in task.children.iter().filter_map(|i| self.tasks.get(*i)) {
            out.extend(self.requirements_below(child));
        }
        out
    }
}

impl std::fmt::Display for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)
    }
}

#[derive(Default)]
struct Reader {
    tasks: Vec<Task>,
    /// Column and index of the tasks the next line may lie under.
    open: Vec<(usize, usize)>,
}

impl Reader {
    fn line(&mut self, line: &Line<'_>, odd_boxes: &mut Vec<usize>) {
        if line.heading().is_some() {
            self.open.clear();
            return;
        }
        if line.plain
            && let Some(head) = Head::read(line)
        {
            self.task(line, head);
            return;
        }
        if line.plain && line.item().is_some_and(|(_, rest)| rest.starts_with("[]")) {
            odd_boxes.push(line.number);
        }
        if line.is_blank() {
            return;
        }
        // A line belongs to the nearest task that stands further left; one that stands as far left
        // as all of them ends the list.
        let column = line.indent();
        self.open.retain(|(c, _)| *c < column);
        let Some(task) = self.open.last().and_then(|(_, index)| self.tasks.get_mut(*index)) else { return };
        if task.children.is_empty() {
            task.span.end = line.span.end;
        }
        // Code under a task is part of its text, but nothing is read from it.
        if line.plain {
            detail(task, line);
        }
    }

    fn task(&mut self, line: &Line<'_>, head: Head<'_>) {
        let column = line.indent();
        self.open.retain(|(c, _)| *c < column);
        let by_number = head
            .number
            .and_then(|n| n.rsplit_once('.'))
            .and_then(|(up, _)| self.tasks.iter().rposition(|t| t.numbered && t.id == up));
        let parent = by_number.or(self.open.last().map(|(_, index)| *index));
        let index = self.tasks.len();
        let siblings = self.tasks.iter().filter(|t| t.parent == parent && !t.numbered).count();
        let up = parent.and_then(|p| self.tasks.get(p));
        let id = match (head.number, up) {
            (Some(number), _) => number.to_owned(),
            (None, Some(up)) => format!("{}#{}", up.id, siblings + 1),
            (None, None) => format!("#{}", siblings + 1),
        };
        let depth = up.map_or(0, |t| t.depth + 1);
        if let Some(up) = parent.and_then(|p| self.tasks.get_mut(p)) {
            up.children.push(index);
        }
        let mut task = Task {
            id,
            numbered: head.number.is_some(),
            title: head.title.to_owned(),
            mark: Mark::of(head.mark),
            mark_span: Span::new(head.mark_at, head.mark_at + head.mark.len_utf8()),
            depth,
            parent,
            children: Vec::new(),
            optional: head.optional,
            parallel: head.parallel,
            line: line.number,
            span: line.span,
            details: Vec::new(),
            fields: Vec::new(),
            requirements: Vec::new(),
            properties: Vec::new(),
            depends: Vec::new(),
        };
        properties(head.title, &mut task.properties);
        self.tasks.push(task);
        self.open.push((column, index));
    }
}

fn detail(task: &mut Task, line: &Line<'_>) {
    let text = line.item().map_or(line.text, |(_, rest)| rest).trim();
    let span = line.span_of(text);
    task.details.push(Detail { text: text.to_owned(), line: line.number, span });
    for (name, value) in fields(text) {
        let span = line.span_of(value);
        let list = || refs::parse_list(value, span.start, line.number);
        match name.to_lowercase().as_str() {
            "requirements" | "requirement" | "reqs" | "req" | "validates" | "traces" | "要件" | "需求" => {
                task.requirements.extend(list());
            }
            "depends" | "depends on" | "dependencies" | "dependency" | "blocked by" => {
                task.depends.extend(value.split([',', ';', '、']).filter_map(task_id));
            }
            _ => {}
        }
        task.fields.push(Field { name: name.to_owned(), value: value.to_owned(), line: line.number, span });
    }
    properties(text, &mut task.properties);
}
