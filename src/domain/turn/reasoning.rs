//! How much a model should reason before it answers.

use std::fmt;

/// How much the model should reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reasoning {
    /// Not at all.
    Off,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// As much as it can.
    Max,
    /// At most so many tokens.
    Tokens(u32),
}

impl Reasoning {
    /// Reads a name or a number of tokens.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "off" => Some(Self::Off),
            "low" => Some(Self::Low),
            "medium" => Some(Self::Medium),
            "high" => Some(Self::High),
            "max" => Some(Self::Max),
            number => number.parse().ok().filter(|n| *n > 0).map(Self::Tokens),
        }
    }
}

impl fmt::Display for Reasoning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Low => f.write_str("low"),
            Self::Medium => f.write_str("medium"),
            Self::High => f.write_str("high"),
            Self::Max => f.write_str("max"),
            Self::Tokens(n) => write!(f, "{n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_read_back() {
        for name in ["off", "low", "medium", "high", "max", "2048"] {
            assert!(Reasoning::parse(name).is_some_and(|r| r.to_string() == name));
        }
        assert_eq!(Reasoning::parse("0").or(Reasoning::parse("lots")), None);
    }
}
