//! Floor 5: the language of scenario files: reading, checking and compiling them.

pub mod catalogue;
pub mod check;
pub mod collection;
mod compile;
mod file;
pub mod limits;
mod lint;
pub mod load;
mod mask;
mod merge;
mod nodes;
pub mod order;
mod params;
pub mod problem;
pub mod profiles;
pub mod read;
pub mod schema;
pub mod source;
pub mod span;
pub mod story;
pub mod targets;
pub(crate) mod tree;
mod verbs;
mod vocabulary;

pub(crate) use vocabulary::played_prompts;
