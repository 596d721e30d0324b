//! Places in scenario files.

/// A place in a file: a source of the [`super::source::Sources`] and its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Span {
    /// The file.
    pub source: u16,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}
