//! Limits of scenario files, so that reading any input takes bounded memory and time. Each limit
//! is far above what a scenario written by a person needs, and far below what would hurt.

/// Bytes of one file: a story of a thousand lines is a twentieth of it.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// Levels of `[` and `{` inside one another, so that walking a file cannot exhaust the stack.
pub const DEPTH_MAX: usize = 32;

/// Values in one file and all that it includes.
pub const NODES_MAX: usize = 100_000;

/// Bytes of one value, before and after its parameters are put in.
pub const SCALAR_BYTES_MAX: usize = 4_096;

/// Characters of a scenario's line, which is a test's name in every report.
pub const SCENARIO_LINE_MAX: usize = 200;

/// Characters of the name of a caller, an organizer, a mark and the like.
pub const NAME_MAX: usize = 40;

/// Files that one scenario includes, counted once each.
pub const INCLUDES_MAX: usize = 32;

/// Files that include one another in a chain.
pub const INCLUDE_DEPTH_MAX: usize = 8;

/// Parameters, those of the matrix included.
pub const PARAMS_MAX: usize = 100;

/// Combinations of one matrix.
pub const CASES_MAX: usize = 10_000;

/// Combinations times values of the file: each combination reads the file again.
pub const CASE_NODES_MAX: usize = 20_000_000;

/// Steps of one story once procedures and repeats are written out.
pub const STEPS_MAX: usize = 100_000;

/// Steps, callers, users and the like of all combinations of one file together, all of which are kept in memory.
pub const FILE_WEIGHT_MAX: usize = 500_000;

/// Bytes of text that all combinations of one file read, their parameters put in.
pub const FILE_TEXT_MAX: usize = 128 << 20;

/// Times that `repeat` repeats.
pub const REPEAT_MAX: u32 = 10_000;

/// Levels of `run` and `repeat` inside one another, so that compiling cannot exhaust the stack.
pub const STRUCTURE_DEPTH_MAX: usize = 32;

/// Callers of one story, counted one by one: with room beside the largest lobby that a load run fills, 100,000.
pub const CALLERS_MAX: u32 = 150_000;

/// Recordings that callers of one story play.
pub const RECORDINGS_MAX: usize = 100;

/// Keys, pauses and names in one `press`.
pub const KEYS_MAX: usize = 1_000;

/// States and marks that scripts of one story refer to; their numbers have 16 bits.
pub const SIGNALS_MAX: usize = 60_000;

/// Pairs of a state or mark and a caller who waits for it: the story keeps a list of them.
pub const LISTENERS_MAX: usize = 200_000;

/// Questions to the directory that an order counts: two of each of the most callers.
pub const QUESTIONS_MAX: u32 = 200_000;

/// An administrator's acts in one story; their numbers have 16 bits.
pub const ACTS_MAX: usize = 60_000;

/// Organizers and users of one story, and its service numbers: they are looked up one after the other.
pub const USERS_MAX: usize = 1_000;

/// Names of callers in one story; each may stand for many.
pub const CALLER_NAMES_MAX: usize = 1_000;

/// Problems that are reported together: more would scroll off the screen.
pub const PROBLEMS_MAX: usize = 20;
