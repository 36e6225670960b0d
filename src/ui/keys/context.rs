//! Where a key is pressed. Keymaps bind keys per context.

use crate::config::error::nearest;

/// A part of the screen with keys of its own.
///
/// The caller gives the contexts that are active, the innermost first. A document that waits for
/// approval is `[Document, Gate]`: the panel first, so that its own keys keep their meaning, then the
/// gate with its answers. A question or command is `[Confirm, Gate]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere, looked up last; never given by the caller.
    Global,
    /// The list of specs.
    Home,
    /// A form of several fields. Takes text.
    Form,
    /// A spec document.
    Document,
    /// A proposed change to files.
    Diff,
    /// The activity panel.
    Activity,
    /// Something waits for a yes or a no.
    Gate,
    /// A multi-line text area: a comment, a reason, the new text of a hunk. Takes text.
    Text,
    /// A list in a panel or a window.
    List,
    /// The command palette or a search line. Takes text.
    Palette,
    /// The help window.
    Help,
    /// A question with numbered answers.
    Confirm,
}

impl Context {
    /// Every context, in the order of keymap files.
    pub const ALL: [Self; 12] = [
        Self::Global,
        Self::Home,
        Self::Form,
        Self::Document,
        Self::Diff,
        Self::Activity,
        Self::Gate,
        Self::Text,
        Self::List,
        Self::Palette,
        Self::Help,
        Self::Confirm,
    ];

    /// Its name in keymap files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Home => "home",
            Self::Form => "form",
            Self::Document => "document",
            Self::Diff => "diff",
            Self::Activity => "activity",
            Self::Gate => "gate",
            Self::Text => "text",
            Self::List => "list",
            Self::Palette => "palette",
            Self::Help => "help",
            Self::Confirm => "confirm",
        }
    }

    /// True where characters are typed. Only [`super::Action::everywhere`] reaches it from the
    /// contexts outside, so that no letter is lost to a command.
    pub const fn takes_text(self) -> bool {
        matches!(self, Self::Form | Self::Text | Self::Palette)
    }

    /// Finds a context by its name.
    ///
    /// # Errors
    /// The nearest name, if one is near.
    pub fn parse(name: &str) -> Result<Self, Option<&'static str>> {
        Self::ALL
            .into_iter()
            .find(|c| c.name() == name)
            .ok_or_else(|| nearest(name, Self::ALL.iter().map(|c| c.name())))
    }
}
