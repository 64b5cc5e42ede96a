//! The `syncscope` command.

use std::process::ExitCode;

use syncscope::cli::{self, Streams};

fn main() -> ExitCode {
    cli::main(std::env::args_os(), Streams::of_process()).into()
}
