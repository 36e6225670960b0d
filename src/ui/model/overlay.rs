//! What can lie over a screen: help, palette, prompts, the agent's question, lists to be read.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use crate::{
    domain::{
        digest::Digest,
        gate::Subject,
        journal::{Anchor, Side, Spot},
        phase::Doc,
    },
    ui::{
        keys::{Action, Context, HelpRow},
        model::{area::Area, editor::Editor, listing::Listing},
    },
};

/// Something over the screen; the last one has the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys of what lies below.
    Help(Help),
    /// Commands by name.
    Palette(Palette),
    /// Text is asked for.
    Prompt(Box<Prompt>),
    /// A text is edited.
    Editor(Box<Editor>),
    /// The agent's question.
    Question {
        /// The entry at the cursor.
        selected: usize,
    },
    /// What belongs together, or the comments.
    List(Box<Listing>),
    /// Notices so far, newest last.
    Notices {
        /// Lines scrolled up from the end.
        back: usize,
    },
    /// Settings, a line each.
    Settings {
        /// The first line shown.
        top: usize,
    },
}

/// The help window.
#[derive(Clone, Debug)]
pub struct Help {
    /// Every key that works below it.
    pub rows: Vec<HelpRow>,
    /// What was typed to narrow it.
    pub filter: String,
    /// True while the filter is typed.
    pub typing: bool,
    /// The first row shown.
    pub top: usize,
}

impl Help {
    /// The rows that the filter leaves.
    pub fn shown(&self) -> Vec<&HelpRow> {
        let wanted = self.filter.to_lowercase();
        let fits = |r: &&HelpRow| {
            wanted.is_empty()
                || r.help.to_lowercase().contains(&wanted)
                || r.action.name().contains(&wanted)
                || r.keys.iter().any(|k| k.to_lowercase() == wanted)
        };
        self.rows.iter().filter(fits).collect()
    }
}

/// The command palette.
#[derive(Clone, Debug)]
pub struct Palette {
    /// What is typed.
    pub query: String,
    /// The entry at the cursor, of those that match.
    pub selected: usize,
    /// The contexts below it, for which the keys are shown.
    pub contexts: Vec<Context>,
}

impl Palette {
    /// The actions that match, the best first; all when nothing is typed.
    pub fn found(&self) -> Vec<Action> {
        if self.query.trim().is_empty() {
            return Action::ALL.iter().copied().filter(|a| Self::offered(*a)).collect();
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&self.query, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, Action)> = Vec::new();
        for action in Action::ALL.iter().copied().filter(|a| Self::offered(*a)) {
            // The name counts for more than the words that explain it.
            let name = pattern.score(Utf32Str::new(action.name(), &mut buffer), &mut matcher).map(|s| s * 2);
            let help = pattern.score(Utf32Str::new(action.help(), &mut buffer), &mut matcher);
            if let Some(score) = name.max(help) {
                scored.push((score, action));
            }
        }
        scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        scored.into_iter().map(|(_, action)| action).collect()
    }

    fn offered(action: Action) -> bool {
        action.answer().is_none() && !matches!(action, Action::Palette | Action::Back | Action::Submit | Action::Select)
    }
}

/// What a prompt's text is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// What shall change in a document, with the revision that was on the screen.
    RequestChanges {
        /// The document.
        doc: Doc,
        /// That revision.
        digest: Digest,
    },
    /// What shall change in one part of a document.
    RejectPart {
        /// The document.
        doc: Doc,
        /// The revision that was on the screen.
        digest: Digest,
        /// The part's first and last line.
        lines: (usize, usize),
    },
    /// Why something is rejected.
    Reject {
        /// What kind of thing.
        subject: Subject,
        /// Which bytes.
        digest: Digest,
        /// What of it is not accepted, in words; it goes with the reason.
        with: String,
    },
    /// A comment on a change.
    Remark(Spot),
    /// A comment on a change in the place of another.
    Reremark {
        /// The other's number.
        id: u64,
        /// The agent was told of it: it is resolved, not deleted.
        sent: bool,
        /// Where.
        spot: Spot,
    },
    /// A comment.
    Comment(Anchor),
    /// A comment in the place of another.
    Recomment {
        /// The other's number.
        id: u64,
        /// The agent was told of it: it is resolved, not deleted.
        sent: bool,
        /// Where.
        anchor: Anchor,
    },
    /// The reason of an override.
    Override {
        /// The plan that was on the screen.
        digest: Digest,
    },
    /// The answer to the agent's question.
    Answer,
    /// The event for a function that is called once; the function too, where none is named.
    Invoke(Option<String>),
    /// The region to be in from now on.
    Region,
    /// Which app, stack and parameters are deployed.
    Deploy,
    /// What to look for in the panel.
    Search,
}

impl Purpose {
    /// True where one line is all there is, and Enter hands it in.
    pub const fn one_line(&self) -> bool {
        matches!(self, Self::Override { .. } | Self::Region | Self::Search)
    }

    /// Under which name text is kept when the prompt is closed without handing it in: what it is, in words.
    pub fn key(&self) -> String {
        match self {
            Self::RequestChanges { doc, .. } => format!("the request for changes to {}", doc.name()),
            Self::RejectPart { doc, lines, .. } => {
                format!("the request for changes to {}{}", doc.name(), places(Some(*lines)))
            }
            Self::Reject { subject, .. } => format!("the reason to reject the {subject}"),
            Self::Remark(spot) => {
                let side = if spot.side == Side::Before { " as it was before" } else { "" };
                format!("the comment on {}{}{side}", spot.path, places(spot.lines))
            }
            Self::Comment(anchor) => format!("the comment on {}{}", anchor.doc.name(), places(anchor.lines)),
            Self::Reremark { id, .. } | Self::Recomment { id, .. } => format!("the other words for comment {id}"),
            Self::Override { .. } => "the reason to merge all the same".into(),
            Self::Answer => "the answer to the agent".into(),
            Self::Invoke(None) => "the call of a function".into(),
            Self::Invoke(Some(function)) => format!("the event for {function}"),
            Self::Region => "the region".into(),
            Self::Deploy => "what to deploy".into(),
            Self::Search => "the search".into(),
        }
    }

    /// The action that asks again for text of this name, and where its key is pressed.
    pub fn again(key: &str) -> Option<(Action, &'static [Context])> {
        const DOCUMENT: &[Context] = &[Context::Document, Context::Gate];
        const DIFF: &[Context] = &[Context::Diff, Context::Gate];
        let document = |rest: &str| Doc::ALL.iter().any(|doc| rest == doc.name());
        let on_lines = |rest: &str| rest.rsplit_once(", line").is_some_and(|(doc, _)| document(doc));
        let (what, rest) = [
            "the request for changes to ",
            "the comment on ",
            "the reason to reject ",
            "the other words for ",
            "the reason to merge",
            "the answer",
            "the call of a function",
        ]
        .iter()
        .find_map(|what| Some((*what, key.strip_prefix(what)?)))?;
        Some(match what {
            "the request for changes to " if document(rest) => (Action::RequestChanges, DOCUMENT),
            "the request for changes to " => (Action::RejectPart, DOCUMENT),
            "the comment on " if document(rest) => (Action::CommentDocument, DOCUMENT),
            "the comment on " if on_lines(rest) => (Action::Comment, DOCUMENT),
            "the comment on " => (Action::Comment, DIFF),
            "the reason to reject " => (Action::Reject, DIFF),
            "the other words for " => (Action::ListComments, DIFF),
            "the reason to merge" => (Action::OverrideMerge, DIFF),
            "the answer" => (Action::Continue, DIFF),
            _ => (Action::InvokeFunction, DIFF),
        })
    }
}

/// Lines in words, behind what they are of.
fn places(lines: Option<(usize, usize)>) -> String {
    match lines {
        None => String::new(),
        Some((from, to)) if from == to => format!(", line {from}"),
        Some((from, to)) => format!(", lines {from} to {to}"),
    }
}

/// Text is asked for.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What for.
    pub purpose: Purpose,
    /// What is asked, in a few words.
    pub title: String,
    /// What goes with it, or what the text will do.
    pub hint: String,
    /// What is typed.
    pub text: Area,
}

impl Prompt {
    /// What is typed, without spaces at its ends.
    pub fn words(&self) -> String {
        self.text.text().trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::path::RelPath;

    #[test]
    fn what_is_kept_is_told_in_words_with_the_action_that_brings_it_back() {
        let digest = Digest::of("x");
        let spot = |lines, side| Spot {
            path: RelPath::parse("src/evil.js").unwrap(),
            change: digest,
            side,
            lines,
            quoted: String::new(),
        };
        let anchor = |lines| Anchor { doc: Doc::Design, rev: digest, lines };
        let (doc, subject) = (Doc::Tasks, Subject::Task);
        let lines = (3, 9);
        let told = [
            (Purpose::Remark(spot(Some((2, 2)), Side::After)), "the comment on src/evil.js, line 2"),
            (
                Purpose::Remark(spot(Some(lines), Side::Before)),
                "the comment on src/evil.js, lines 3 to 9 as it was before",
            ),
            (Purpose::Remark(spot(None, Side::After)), "the comment on src/evil.js"),
            (Purpose::Comment(anchor(Some((2, 2)))), "the comment on design, line 2"),
            (Purpose::Comment(anchor(None)), "the comment on design"),
            (Purpose::RequestChanges { doc, digest }, "the request for changes to tasks"),
            (Purpose::RejectPart { doc, digest, lines }, "the request for changes to tasks, lines 3 to 9"),
            (Purpose::Reject { subject, digest, with: String::new() }, "the reason to reject the task"),
        ];
        let again = told.map(|(purpose, words)| {
            assert_eq!(purpose.key(), words);
            Purpose::again(words).unwrap().0
        });
        use Action as A;
        let wanted = [
            A::Comment,
            A::Comment,
            A::Comment,
            A::Comment,
            A::CommentDocument,
            A::RequestChanges,
            A::RejectPart,
            A::Reject,
        ];
        assert_eq!(again, wanted);
        // The lines of a document are commented on in the document, those of a file in the difference.
        let place = |words| Purpose::again(words).unwrap().1.first().copied();
        assert_eq!(place("the comment on design, line 2"), Some(Context::Document));
        assert_eq!(place("the comment on src/evil.js, line 2"), Some(Context::Diff));
        assert_eq!(Purpose::again("comment src/evil.js Some((2, 2))"), None, "of an older version");
    }
}
