//! The typefaces of reports and pages: subsets under the SIL Open Font License, which stands beside them.

/// Inter, variable, weights 400 to 650, as WOFF2.
pub const SANS: &[u8] = include_bytes!("fonts/inter.woff2");

/// IBM Plex Mono, as WOFF2.
pub const MONO: &[u8] = include_bytes!("fonts/plex-mono.woff2");
