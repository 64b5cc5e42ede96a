//! The `syncscope` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use syncscope::cli::{self, Streams};

/// Trees of very many small texts come and go on several threads: this allocator takes a tenth of the time
/// off a check of many apps.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::main(std::env::args_os(), Streams::of_process()).into()
}
