//! The parts of the screen that a theme can colour: a closed list, each with its name.
//!
//! Says nothing about how they look; themes do.

macro_rules! roles {
    ($($variant:ident $name:literal $doc:literal;)*) => {
        /// A part of the screen that a theme can colour.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $(#[doc = $doc] $variant,)*
        }

        impl Role {
            /// Every role. Its index here is `role as usize`.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name; those of source code begin with `syntax.` and stand in `[syntax]` without it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

roles! {
    Text "text" "Ordinary text, and the ground of the whole screen.";
    Dim "dim" "What matters less.";
    Accent "accent" "What should be seen first.";
    Title "title" "The title of a panel.";
    Border "border" "The frame of a panel.";
    BorderFocus "border-focus" "The frame of the panel that has the keys.";
    Selection "selection" "The selected entry or lines.";
    Cursor "cursor" "The line or cell of the cursor.";
    Waiting "waiting" "What waits for the developer.";
    Ok "ok" "Passed, done.";
    Warn "warn" "To be looked at.";
    Error "error" "Failed, refused.";
    Info "info" "Worth knowing.";
    Added "added" "A line that is added.";
    Removed "removed" "A line that is removed.";
    AddedWord "added-word" "The words within an added line that differ.";
    RemovedWord "removed-word" "The words within a removed line that differ.";
    Moved "moved" "A line that is removed here and added there, or the other way round.";
    Context "context" "A line of a diff that stays.";
    HunkHeader "hunk-header" "The line that begins a hunk or stands for folded lines.";
    Gutter "gutter" "Line numbers and marks.";
    Heading1 "heading1" "A document's title.";
    Heading2 "heading2" "A section's title.";
    Heading3 "heading3" "A title below that.";
    Strong "strong" "Strong text in a document.";
    Emphasis "emphasis" "Emphasised text in a document.";
    Code "code" "Code within text.";
    Link "link" "A link.";
    Quote "quote" "A quotation.";
    Rule "rule" "A ruled line, a table's lines.";
    Comment "comment" "The developer's comment.";
    CommentResolved "comment-resolved" "A comment that a later revision has answered.";
    PhaseDone "phase-done" "An approved phase.";
    PhaseNow "phase-now" "The phase at hand.";
    PhaseNext "phase-next" "A phase to come.";
    PhaseStale "phase-stale" "A phase whose ground has changed.";
    Key "key" "A key in a hint.";
    Badge "badge" "A short label.";
    SearchMatch "search-match" "A match.";
    SearchCurrent "search-current" "The match at the cursor.";
    Provisional "provisional" "What is still being written and cannot be approved.";
    Unseen "unseen" "What cannot be seen by itself, as it is made visible: a control, a byte that is no text.";
    Danger "danger" "A sensitive change: permissions, deletion, the open network.";
    SyntaxKeyword "syntax.keyword" "Keywords.";
    SyntaxOperator "syntax.operator" "Operators.";
    SyntaxString "syntax.string" "Strings.";
    SyntaxEscape "syntax.escape" "Escapes within strings, regular expressions.";
    SyntaxComment "syntax.comment" "Comments.";
    SyntaxFunction "syntax.function" "Functions.";
    SyntaxMacro "syntax.macro" "Macros, attributes, decorators.";
    SyntaxType "syntax.type" "Types.";
    SyntaxNumber "syntax.number" "Numbers.";
    SyntaxPunctuation "syntax.punctuation" "Punctuation.";
    SyntaxVariable "syntax.variable" "Variables.";
    SyntaxParameter "syntax.parameter" "Parameters.";
    SyntaxProperty "syntax.property" "Fields, keys of data files.";
    SyntaxConstant "syntax.constant" "Constants, true and false.";
    SyntaxTag "syntax.tag" "Tags of markup.";
    SyntaxInvalid "syntax.invalid" "What the language does not allow.";
}

impl Role {
    /// The role of a TextMate scope such as `entity.name.function.rust`; nothing for scopes that look
    /// like ordinary text.
    pub fn of_scope(scope: &str) -> Option<Self> {
        const SCOPES: &[(&str, Role)] = &[
            ("comment", Role::SyntaxComment),
            ("constant.character.escape", Role::SyntaxEscape),
            ("constant.numeric", Role::SyntaxNumber),
            ("constant.other.color", Role::SyntaxNumber),
            ("constant", Role::SyntaxConstant),
            ("entity.name.function.macro", Role::SyntaxMacro),
            ("entity.name.function", Role::SyntaxFunction),
            ("entity.name.tag", Role::SyntaxTag),
            ("entity.name", Role::SyntaxType),
            ("entity.other.attribute-name", Role::SyntaxProperty),
            ("entity.other.inherited-class", Role::SyntaxType),
            ("invalid", Role::SyntaxInvalid),
            ("keyword.operator", Role::SyntaxOperator),
            ("keyword", Role::SyntaxKeyword),
            ("meta.annotation", Role::SyntaxMacro),
            ("meta.attribute", Role::SyntaxMacro),
            ("meta.mapping.key", Role::SyntaxProperty),
            ("punctuation.definition.comment", Role::SyntaxComment),
            ("punctuation.definition.string", Role::SyntaxString),
            ("punctuation", Role::SyntaxPunctuation),
            ("storage.type.function", Role::SyntaxKeyword),
            ("storage", Role::SyntaxKeyword),
            ("string.regexp", Role::SyntaxEscape),
            ("string", Role::SyntaxString),
            ("support.function", Role::SyntaxFunction),
            ("support.macro", Role::SyntaxMacro),
            ("support.constant", Role::SyntaxConstant),
            ("support.type.property-name", Role::SyntaxProperty),
            ("support", Role::SyntaxType),
            ("variable.annotation", Role::SyntaxMacro),
            ("variable.function", Role::SyntaxFunction),
            ("variable.language", Role::SyntaxConstant),
            ("variable.other.member", Role::SyntaxProperty),
            ("variable.parameter", Role::SyntaxParameter),
            ("variable", Role::SyntaxVariable),
            ("markup.heading", Role::Heading2),
            ("markup.bold", Role::Strong),
            ("markup.italic", Role::Emphasis),
            ("markup.raw", Role::Code),
            ("markup.underline.link", Role::Link),
            ("markup.quote", Role::Quote),
            ("markup.inserted", Role::Added),
            ("markup.deleted", Role::Removed),
        ];
        let fits = |prefix: &str| scope.strip_prefix(prefix).is_some_and(|r| r.is_empty() || r.starts_with('.'));
        SCOPES.iter().filter(|(p, _)| fits(p)).max_by_key(|(p, _)| p.len()).map(|(_, role)| *role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_scope_wins() {
        assert_eq!(Role::of_scope("constant.numeric.integer.rust"), Some(Role::SyntaxNumber));
        assert_eq!(Role::of_scope("constant.language.rust"), Some(Role::SyntaxConstant));
        assert_eq!(Role::of_scope("keyword.operator.assignment"), Some(Role::SyntaxOperator));
        assert_eq!(Role::of_scope("keywords"), None);
        assert_eq!(Role::of_scope("source.rust"), None);
    }

    #[test]
    fn a_role_is_found_at_its_own_index() {
        for (i, role) in Role::ALL.iter().enumerate() {
            assert_eq!(*role as usize, i);
        }
    }
}
