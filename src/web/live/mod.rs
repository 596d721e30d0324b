//! The live state of the exchange, for pages and programs that watch it, and the simulated callers that they place.

pub(crate) mod api_event;
pub(crate) mod figures;
pub(crate) mod launch;
pub(crate) mod recent;
pub(crate) mod recorded;
pub(crate) mod records;
pub(crate) mod sink;
pub(crate) mod snapshot;
pub(crate) mod webhooks;
