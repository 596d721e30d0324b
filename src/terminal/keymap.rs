//! The terminal's keys, as programs take them.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key of the keyboard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// A letter, digit or sign; with Alt it is one to hold.
    Char {
        /// The symbol.
        symbol: char,
        /// With Alt.
        held: bool,
    },
    /// Enter.
    Enter,
    /// Backspace.
    Backspace,
    /// Tab.
    Tab,
    /// Tab with Shift.
    BackTab,
    /// Escape.
    Escape,
    /// An arrow upwards.
    Up,
    /// An arrow downwards.
    Down,
    /// An arrow to the left.
    Left,
    /// An arrow to the right.
    Right,
    /// A page upwards.
    PageUp,
    /// A page downwards.
    PageDown,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// A function key, by its number: F1 is 1.
    Function(usize),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L.
    Redraw,
    /// Any other: it ends a held key.
    Other,
}

/// The key that was pressed; `None` for one that went up, which few terminals tell.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "terminals have more keys than anybody needs")]
pub fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let (control, alt) =
        (event.modifiers.contains(KeyModifiers::CONTROL), event.modifiers.contains(KeyModifiers::ALT));
    Some(match event.code {
        KeyCode::Char('c' | 'C') if control => Key::Interrupt,
        KeyCode::Char('z' | 'Z') if control => Key::Suspend,
        KeyCode::Char('l' | 'L') if control => Key::Redraw,
        KeyCode::Char(_) if control => Key::Other,
        KeyCode::Char(symbol) => Key::Char { symbol, held: alt },
        KeyCode::Enter => Key::Enter,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Esc => Key::Escape,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::F(number) => Key::Function(number.into()),
        _ => Key::Other,
    })
}
