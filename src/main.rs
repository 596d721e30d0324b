//! The `attendant` command.

use std::process::ExitCode;

use attendant::{cli, telemetry};

fn main() -> ExitCode {
    let args = cli::parse();
    telemetry::start(args.verbosity(), args.stays());
    cli::run(args).into()
}
