//! What a key can do: a closed list, each with its name and a line of help.
//!
//! Says nothing about which key does it (keymap files) or how (the update function).

use std::fmt;
use std::str::FromStr;

use crate::config::error::nearest;

/// There is no action of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no action called `{name}`")]
pub struct UnknownAction {
    /// What was given.
    pub name: String,
    /// The nearest name, if one is near.
    pub meant: Option<&'static str>,
}

macro_rules! actions {
    ($($variant:ident $name:literal $help:literal;)*) => {
        /// Something a key or a palette entry does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $(#[doc = $help] $variant,)*
        }

        impl Action {
            /// Every action, in the order of the help window.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in keymaps and in the palette.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it does, in a few words.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

actions! {
    Approve "approve" "approve what is shown";
    ApproveAlways "approve-always" "approve, and the same again without asking in this spec";
    Reject "reject" "reject, with a reason for the agent";
    RequestChanges "request-changes" "send the comments and ask for a revision";
    Edit "edit" "edit here";
    EditExternal "edit-external" "edit in $EDITOR";
    Comment "comment" "comment on this line or selection";
    CommentPart "comment-part" "comment on this requirement, task or section";
    CommentDocument "comment-document" "comment on the document as a whole";
    RejectPart "reject-part" "ask for changes to this requirement or section";
    DeleteComment "delete-comment" "delete the comment here, or resolve it once it was sent";
    ListComments "list-comments" "list all comments";
    SendComments "send-comments" "send the comments that are staged";
    OverrideMerge "override-merge" "merge although a check stands against it";
    ToggleHunk "toggle-hunk" "take or leave this hunk";
    ToggleLine "toggle-line" "take or leave this line";
    ToggleAll "toggle-all" "take or leave every hunk";
    Answer1 "answer-1" "the first answer";
    Answer2 "answer-2" "the second answer";
    Answer3 "answer-3" "the third answer";
    Answer4 "answer-4" "the fourth answer";
    Answer5 "answer-5" "the fifth answer";
    Answer6 "answer-6" "the sixth answer";
    Answer7 "answer-7" "the seventh answer";
    Answer8 "answer-8" "the eighth answer";
    Answer9 "answer-9" "the ninth answer";
    Up "up" "one line up";
    Down "down" "one line down";
    PageUp "page-up" "one page up";
    PageDown "page-down" "one page down";
    HalfUp "half-up" "half a page up";
    HalfDown "half-down" "half a page down";
    Top "top" "to the top";
    Bottom "bottom" "to the bottom";
    Left "left" "to the left";
    Right "right" "to the right";
    LineStart "line-start" "to the start of the line, however long it is";
    LineEnd "line-end" "to the end of the line, however long it is";
    NextSection "next-section" "next section, or next match while searching";
    PrevSection "prev-section" "previous section, or previous match while searching";
    NextChange "next-change" "next part changed since you read it; next changed word";
    PrevChange "prev-change" "previous part that changed; previous changed word";
    NextItem "next-item" "next comment";
    PrevItem "prev-item" "previous comment";
    NextHunk "next-hunk" "next hunk";
    PrevHunk "prev-hunk" "previous hunk";
    NextFile "next-file" "next file";
    PrevFile "prev-file" "previous file";
    Search "search" "search here";
    SearchNext "search-next" "next match";
    SearchPrev "search-prev" "previous match";
    Filter "filter" "narrow the list";
    Select "select" "take this entry";
    Mark "mark" "start or end a selection of lines";
    Open "open" "open this";
    NewSpec "new-spec" "start a new spec";
    WatchDemo "watch-demo" "watch the demo";
    Notices "notices" "what was said so far";
    ToggleView "toggle-view" "a difference side by side, or unified";
    ToggleSource "toggle-source" "rendered or source";
    ToggleDiffRevisions "toggle-diff-revisions" "show what changed since the last revision";
    RevisionOlder "revision-older" "the revision before";
    RevisionNewer "revision-newer" "the revision after";
    ExpandContext "expand-context" "show more lines around, or unfold";
    Collapse "collapse" "show fewer lines around, or fold";
    FoldAll "fold-all" "fold every section";
    UnfoldAll "unfold-all" "unfold every section";
    ToggleAuthors "toggle-authors" "whose each line is, and since when";
    Wrap "wrap" "wrap long lines or cut them";
    HideSpace "hide-space" "hide or show changes of white space alone";
    ShowTrace "show-trace" "requirements, design, tasks and changes that belong together";
    ShowOutline "show-outline" "the sections of this document";
    ShowChecks "show-checks" "show the checks";
    NextFinding "next-finding" "next finding of the checks";
    PrevFinding "prev-finding" "previous finding of the checks";
    StageFinding "stage-finding" "make the finding here a comment for the agent";
    RewriteLinks "rewrite-links" "rewrite links that were renumbered";
    ShowLinks "show-links" "what belongs to this, and the way to it";
    JumpBack "jump-back" "back to where the last jump began";
    MarkReviewed "mark-reviewed" "mark a file as read, or take that back";
    ListFiles "list-files" "go to a file of the set";
    ShowOwn "show-own" "your own changes in the worktree that are open";
    ShowStacks "show-stacks" "infrastructure: this branch against the checkout";
    Synthesise "synthesise" "make the templates of the CDK app; that asks first";
    Copy "copy" "copy to the clipboard";
    Export "export" "write what is shown to a file";
    Undo "undo" "take the last step back";
    Redo "redo" "do the step again";
    Deploy "deploy" "bring the templates into the account, step by step";
    DeployWith "deploy-with" "deploy a stack of your choice, with parameters";
    StopDeploy "stop-deploy" "ask to stop the deploy that goes on";
    CleanUpDeploy "clean-up-deploy" "ask to put away what a deploy left";
    PlanMerge "plan-merge" "plan the merge, whatever else could go on";
    MendDeploy "mend-deploy" "let the agent mend what made a deploy fail";
    InvokeFunction "invoke-function" "call a function once with a test event";
    ShowFunctions "show-functions" "the functions of the stack; call one with a test event";
    ShowDrift "show-drift" "how the deployed stack differs from its template";
    ShowAccount "show-account" "who you are in AWS; choose profile and region";
    Continue "continue" "let the agent go on";
    Retry "retry" "try the last step again";
    RunTests "run-tests" "run the tests";
    ToggleAutonomy "toggle-autonomy" "switch between strict and batch";
    Refresh "refresh" "read again from disk";
    PanelSpec "panel-spec" "go to the spec panel";
    PanelDocument "panel-document" "go to the document panel";
    PanelDiff "panel-diff" "go to the diff panel";
    PanelActivity "panel-activity" "go to the activity panel";
    NextPanel "next-panel" "next panel";
    PrevPanel "prev-panel" "previous panel";
    NextField "next-field" "next field";
    PrevField "prev-field" "previous field";
    Submit "submit" "hand in what is written";
    Palette "palette" "find a command by name";
    Settings "settings" "settings and where each comes from";
    Shell "shell" "open a shell in the worktree";
    ToggleMouse "toggle-mouse" "mouse on or off";
    Help "help" "the keys of this panel";
    Back "back" "close the top-most thing; nothing is lost";
    Redraw "redraw" "draw the screen again";
    CancelAgent "cancel-agent" "stop the agent; twice quits with everything saved";
    Quit "quit" "quit with everything saved";
}

impl Action {
    /// True for what must work even while text is typed.
    pub const fn everywhere(self) -> bool {
        matches!(self, Self::CancelAgent | Self::Quit | Self::Redraw | Self::Help | Self::Back)
    }

    /// For the numbered answers their index from 0.
    pub const fn answer(self) -> Option<usize> {
        match self {
            Self::Answer1 => Some(0),
            Self::Answer2 => Some(1),
            Self::Answer3 => Some(2),
            Self::Answer4 => Some(3),
            Self::Answer5 => Some(4),
            Self::Answer6 => Some(5),
            Self::Answer7 => Some(6),
            Self::Answer8 => Some(7),
            Self::Answer9 => Some(8),
            _ => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        Self::ALL.iter().copied().find(|a| a.name() == name).ok_or_else(|| UnknownAction {
            name: name.to_owned(),
            meant: nearest(name, Self::ALL.iter().map(|a| a.name())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_kebab_case_and_found_again() {
        for &action in Action::ALL {
            assert_eq!(action.name().parse(), Ok(action), "two actions share a name");
            assert!(action.name().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            assert!(!action.help().is_empty() && action.help().len() <= 60, "{action}");
        }
        assert_eq!("aprove".parse::<Action>().unwrap_err().meant, Some("approve"));
    }
}
