//! Something to be said above a page.

/// Something to be said above the page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Note {
    pub(crate) class: &'static str,
    pub(crate) role: &'static str,
    pub(crate) text: String,
    /// The address and the text of a link to more.
    pub(crate) link: Option<(&'static str, &'static str)>,
}

impl Note {
    /// All went well.
    pub(crate) fn good(text: impl Into<String>) -> Self {
        Self { class: "good", role: "status", text: text.into(), link: None }
    }

    /// It did not.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self { class: "bad", role: "alert", text: text.into(), link: None }
    }

    /// It went well, but there is something to know.
    pub(crate) fn warning(text: impl Into<String>) -> Self {
        Self { class: "warn", role: "status", text: text.into(), link: None }
    }

    /// With the way to where more is to be seen.
    #[must_use]
    pub(crate) fn see(self, path: &'static str, called: &'static str) -> Self {
        Self { link: Some((path, called)), ..self }
    }
}
