//! `tasks.md`: tasks, their marks, links and order.
//!
//! A task's parent comes from its number (`2.1` lies under `2`), and where that says nothing, from
//! its indentation. Only leaves are run; a parent is done when its required children are.

use serde::Serialize;

use super::{
    refs::{self, Ref, ReqId},
    text::{Line, Scan, Section, Span, bare, squeeze},
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
        let tasks = reader.finish();
        let waves = waves::find(&scan);
        Self { source: source.to_owned(), tasks, waves, odd_boxes, sections: scan.sections }
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
    /// True while lines belong to the last task.
    going: bool,
    column: usize,
}

impl Reader {
    fn line(&mut self, line: &Line<'_>, odd_boxes: &mut Vec<usize>) {
        if line.heading().is_some() {
            self.open.clear();
            self.going = false;
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
        // Code under a task is part of its text, but nothing is read from it.
        let inside = line.is_blank() || line.indent() > self.column;
        self.going = self.going && inside;
        if !self.going || line.is_blank() {
            return;
        }
        let Some(task) = self.tasks.last_mut() else { return };
        task.span.end = line.span.end;
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
        self.going = true;
        self.column = column;
    }

    fn finish(self) -> Vec<Task> {
        self.tasks
    }
}

/// A task line taken apart.
struct Head<'a> {
    mark: char,
    mark_at: usize,
    number: Option<&'a str>,
    title: &'a str,
    optional: bool,
    parallel: bool,
}

impl<'a> Head<'a> {
    fn read(line: &Line<'a>) -> Option<Self> {
        let (marker, rest) = line.item()?;
        let inner = rest.strip_prefix('[')?;
        let mark = inner.chars().next()?;
        let after = inner.get(mark.len_utf8()..)?.strip_prefix(']')?;
        let mark_at = line.span_of(inner).start;
        let (starred, after) = star(after);
        // `- [x](link)` is a link.
        if !starred && !(after.is_empty() || after.starts_with(char::is_whitespace)) {
            return None;
        }
        let (starred_later, text) = star(after.trim_start());
        let text = text.trim();
        let (number, text, starred_last) = number(text);
        // `1. [ ] Title`: the list's own number.
        let number = number.or_else(|| {
            let digits = marker.trim_end_matches(['.', ')']);
            (digits.len() < marker.len()).then_some(digits)
        });
        let (before, text) = parallel(text);
        let title = whole_bare(text);
        let optional = starred || starred_later || starred_last;
        Some(Self { mark, mark_at, number, title, optional, parallel: before })
    }
}

/// Takes off a single star that stands alone.
fn star(text: &str) -> (bool, &str) {
    match text.strip_prefix('*') {
        Some(rest) if rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c.is_ascii_digit()) => {
            (true, rest)
        }
        _ => (false, text),
    }
}

fn parallel(text: &str) -> (bool, &str) {
    if let Some(rest) = text.strip_prefix("(P)").or_else(|| text.strip_prefix("[P]")) {
        return (true, rest.trim_start());
    }
    match text.strip_suffix("(P)") {
        Some(rest) => (true, rest.trim_end()),
        None => (false, text),
    }
}

/// Number, title, and whether a star follows the number: `1.2 x`, `1. x`, `1.2* x`, `**1.2 x**`,
/// `Task 1: x`, `T001 x`.
fn number(text: &str) -> (Option<&str>, &str, bool) {
    let none = (None, text, false);
    let inner = text.trim_start_matches("**");
    let bold = inner.len() < text.len();
    let rest = inner.strip_prefix("Task ").unwrap_or(inner);
    let worded = rest.len() < inner.len();
    let digits_from = if rest.starts_with('T') { 1 } else { 0 };
    let mut end = digits_from;
    let bytes = rest.as_bytes();
    while bytes.get(end).is_some_and(|b| b.is_ascii_digit())
        || (end > digits_from
            && bytes.get(end) == Some(&b'.')
            && bytes.get(end + 1).is_some_and(|b| b.is_ascii_digit()))
    {
        end += 1;
    }
    if end == digits_from {
        return none;
    }
    let (Some(id), Some(after)) = (rest.get(..end), rest.get(end..)) else { return none };
    let after = after.strip_prefix("**").filter(|_| bold).unwrap_or(after);
    let after = after.strip_prefix(['.', ')', ':']).unwrap_or(after);
    let after = after.strip_prefix("**").filter(|_| bold).unwrap_or(after);
    let (starred, after) = match after.strip_prefix('*') {
        Some(rest) if !rest.starts_with('*') => (true, rest.strip_prefix(['.', ')', ':']).unwrap_or(rest)),
        _ => (false, after),
    };
    if !(after.is_empty() || after.starts_with(char::is_whitespace)) && !(worded && after.starts_with(['-', '–', '—']))
    {
        return none;
    }
    // "3 retries for uploads" is a title when a bare number is not followed by a full stop; the
    // format's own `1 Title` looks the same, and is by far the more common.
    let title = after.trim_start();
    let title = if bold { title.strip_suffix("**").filter(|t| !t.contains("**")).unwrap_or(title) } else { title };
    (Some(id), title, starred)
}

/// The text without emphasis around the whole of it.
fn whole_bare(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix("**").and_then(|t| t.strip_suffix("**")) {
        Some(inner) if !inner.contains("**") => inner.trim(),
        _ => text,
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

/// The task id at the start of `text`: `1.1`, `Task 1.1`, `1.1 Title`, `2.`.
pub(super) fn task_id(text: &str) -> Option<String> {
    let text = bare(text);
    let text = text.strip_prefix("Tasks ").or_else(|| text.strip_prefix("Task ")).unwrap_or(text);
    // The ids of unnumbered tasks: `#2`, `3#1`.
    let first = text.split_whitespace().next()?;
    if first.contains('#') && first.chars().all(|c| c.is_ascii_digit() || matches!(c, '#' | '.')) {
        return Some(first.to_owned());
    }
    number(text).0.map(str::to_owned)
}

/// The labelled values in a line: `_A: x_ _B: y_`, `**A:** x`, `**A: x**`, `A: x`.
fn fields(text: &str) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    if text.starts_with('_') {
        let mut rest = text;
        while let Some(inner) = rest.strip_prefix('_') {
            let (one, more) = match inner.split_once("_ _") {
                // The second underscore opens the next field.
                Some((one, more)) => (one, rest.get(rest.len().saturating_sub(more.len() + 1)..).unwrap_or("")),
                None => (inner, ""),
            };
            out.extend(label(one));
            rest = more;
        }
        return out;
    }
    out.extend(label(text));
    out
}

fn label(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once([':', '：'])?;
    let name = bare(name);
    let value = bare(value);
    let plausible = !name.is_empty()
        && name.chars().count() <= 30
        && name.split_whitespace().count() <= 3
        && name.starts_with(char::is_alphabetic)
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-'));
    (plausible && !value.is_empty()).then_some((name, value))
}

/// Adds the numbers in `Property 3`, `Properties 1, 2`.
pub(super) fn properties(text: &str, into: &mut Vec<u32>) {
    for word in ["Property ", "Properties ", "property ", "properties "] {
        for (at, _) in text.match_indices(word) {
            let mut rest = text.get(at + word.len()..).unwrap_or("");
            loop {
                let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let Some(number) = rest.get(..digits).and_then(|d| d.parse::<u32>().ok()) else { break };
                if !into.contains(&number) {
                    into.push(number);
                }
                rest = rest.get(digits..).unwrap_or("");
                let next = [", and ", ", ", " and ", " & "].iter().find_map(|s| rest.strip_prefix(s));
                match next {
                    Some(more) if word.trim().ends_with('s') => rest = more,
                    _ => break,
                }
            }
        }
    }
}

/// The written requirement ids of a task that can be compared, without free text.
pub fn ids_of(refs: &[Ref]) -> Vec<&ReqId> {
    refs.iter().flat_map(Ref::ids).collect()
}

/// A task's title and details as one text, as a prompt would give it.
pub fn brief(tasks: &Tasks, task: &Task) -> String {
    let own = task.span.of(tasks.source());
    let lines = own.lines().map(str::trim_end).filter(|l| !l.trim().is_empty());
    lines.map(squeeze).collect::<Vec<_>>().join("\n")
}
