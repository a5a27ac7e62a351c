//! The binary: arguments, TLS, one command, exit code.

use std::panic::PanicHookInfo;
use std::process::ExitCode;

use rustix::process::DumpableBehavior;
use slotbridge::app::failure::{Exit, Failure};
use slotbridge::cli::{self, terminal};

/// It gives memory back when a pass is over, which glibc's and musl's do not: the daemon rests most of the time. How it is
/// set up stands in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // Memory holds secrets and calendars: none of it goes into a core dump, or to another process.
    let closed = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    std::panic::set_hook(Box::new(say_where));
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

/// Says where a panic was, and nothing else: its message could quote what a calendar holds, or a
/// secret; the place is enough to report it.
fn say_where(panic: &PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map_or_else(|| "?".to_owned(), ToString::to_string);
    let failure = Failure::new(
        Exit::Attention,
        format!("slotbridge failed at {place}"),
        "this is a bug: please report this place; nothing that was committed is lost",
    );
    terminal::fail(&failure);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_where_it_was_and_not_a_word_of_its_message() {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "tests::panics", "--ignored", "--nocapture"]);
        let output = again.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("slotbridge failed at src/main.rs:"), "{said}");
        assert!(!said.contains("hush-"), "{said}");
    }

    #[test]
    #[ignore = "fails on purpose: the test above runs it"]
    fn panics() {
        std::panic::set_hook(Box::new(say_where));
        panic!("a token: hush-panic");
    }
}
