//! The binary: arguments, TLS, one command, exit code.

use std::process::ExitCode;

use slotbridge::app::failure::{Exit, Failure};
use slotbridge::cli::{self, terminal};

fn main() -> ExitCode {
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
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        terminal::warn("TLS was set up twice");
    }
    cli::execute(cli).into()
}
