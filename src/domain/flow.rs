//! The two ways in.

/// The way a session is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Two halves, two refresh tokens.
    Dual,
    /// A session cookie, exchanged for pairs that live shortly.
    Session,
}

impl Flow {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dual => "dual",
            Self::Session => "session",
        }
    }

    /// Reads the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Dual, Self::Session].into_iter().find(|flow| flow.as_str() == text)
    }
}
