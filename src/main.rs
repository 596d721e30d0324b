//! The `attendant` command.

fn main() {}
