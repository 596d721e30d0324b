//! The colours of a ladder that stands alone, in a file of its own; within a page they are the page's.

/// The style of the design kit's section 3, as far as a ladder needs it.
pub(super) const STYLE: &str = include_str!("ladder.css");

/// What the ladder of a page and that of a file have in common: shapes, strokes, fills.
pub(in crate::report) const SHAPES: &str = include_str!("shapes.css");
