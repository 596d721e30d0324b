//! What is wrong with a cmdlet.

use std::fmt;

use super::mask::mask;

/// What is wrong, and what would be right. It quotes what was typed with every row of digits masked that could be a PIN.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault(String);

impl Fault {
    /// What is wrong, and what would be right, which is shown as it stands: it quotes nothing that was typed.
    #[must_use]
    pub fn new(what: &str, right: &str) -> Self {
        Self(format!("{}; expected {right}", mask(what)))
    }

    /// What is wrong, in words that say what would be right.
    #[must_use]
    pub fn said(what: &str) -> Self {
        Self(mask(what))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}
