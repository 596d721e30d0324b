//! Errors in cmdlets.

use std::fmt;

use super::mask::mask;

/// An error, with what was expected. It quotes what was typed with every row of digits masked that could be a PIN.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault(String);

impl Fault {
    /// Creates an error with what was expected, shown unchanged: it must not quote anything that was typed.
    #[must_use]
    pub fn new(what: &str, right: &str) -> Self {
        Self(format!("{}; expected {right}", mask(what)))
    }

    /// Creates an error from a complete sentence.
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
