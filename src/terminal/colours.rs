//! The colours of a screen: some of the terminal's own sixteen, which read on light and dark alike, or none.

use ratatui::style::{Color, Style};

/// The styles of a screen, with colours or without: nothing is told by colour alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Colours {
    /// Whether there are any.
    pub coloured: bool,
}

impl Colours {
    fn of(self, colour: Color) -> Style {
        if self.coloured { Style::new().fg(colour) } else { Style::new() }
    }

    /// Hold music, those who wait, and what keys go to.
    #[must_use]
    pub fn music(self) -> Style {
        self.of(Color::Yellow)
    }

    /// The meeting, and those who are in it.
    #[must_use]
    pub fn meeting(self) -> Style {
        self.of(Color::Green)
    }

    /// A prompt. The bright blue: the dark one of many palettes is hard to read on black.
    #[must_use]
    pub fn prompt(self) -> Style {
        self.of(Color::LightBlue)
    }

    /// A key that is pressed.
    #[must_use]
    pub fn key(self) -> Style {
        self.of(Color::Magenta)
    }

    /// A failure, or a dead end.
    #[must_use]
    pub fn alert(self) -> Style {
        self.of(Color::Red)
    }
}
