//! Colours, or none.

/// Marks text for a terminal, or leaves it as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Paint {
    /// Whether there are colours.
    pub coloured: bool,
}

impl Paint {
    /// No colours.
    pub const PLAIN: Self = Self { coloured: false };

    /// Formats a success.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// Formats an error.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// Formats something undecided.
    #[must_use]
    pub fn open(self, text: &str) -> String {
        self.with("33", text)
    }

    /// Formats something important.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Formats something less important.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
