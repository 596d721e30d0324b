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

    /// What is well.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// What is wrong.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// What is left open.
    #[must_use]
    pub fn open(self, text: &str) -> String {
        self.with("33", text)
    }

    /// What matters most.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What matters less.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
