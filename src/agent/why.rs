//! Why something approved was not done, in words for the developer.

/// One line.
pub(super) type Why = String;

/// An error as that line.
pub(super) fn say(error: impl std::fmt::Display) -> Why {
    error.to_string()
}
