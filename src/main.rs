//! The binary: arguments, TLS, one command, exit code.

use std::process::ExitCode;

use rustix::process::DumpableBehavior;
use slotbridge::app::failure::{Exit, Failure};
use slotbridge::cli::{self, terminal};

fn main() -> ExitCode {
    // Memory holds secrets and calendars: none of it goes into a core dump, or to another process.
    let closed = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    std::panic::set_hook(Box::new(|panic| {
        // The message could quote what a calendar holds; the place is enough to report it.
        let place = panic
            .location()
            .map_or_else(|| "?".to_owned(), ToString::to_string);
        let failure = Failure::new(
            Exit::Attention,
            format!("slotbridge failed at {place}"),
            "this is a bug: please report this place; nothing that was committed is lost",
        );
        terminal::fail(&failure);
    }));
    let cli = cli::parse(std::env::args_os());
    if closed.is_err() {
        terminal::warn("this system does not keep memory out of core dumps");
    }
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        terminal::warn("TLS was set up twice");
    }
    cli::execute(cli).into()
}
