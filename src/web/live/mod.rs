//! What goes on in the exchange, for pages and programs that watch it, and the simulated callers that they place.

pub(crate) mod figures;
pub(crate) mod happening;
pub(crate) mod picture;
pub(crate) mod place;
pub(crate) mod wire;
