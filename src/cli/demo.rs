//! `slotbridge demo`: everything at work, with nothing to configure and no network.

use clap::Args;

use super::Context;
use crate::app::failure::{Exit, Failure};

#[derive(Debug, Args)]
pub(super) struct Arguments {}

#[allow(clippy::unused_async, reason = "the demo is wired in with its story")]
pub(super) async fn run(_context: &Context, _arguments: &Arguments) -> Result<Exit, Failure> {
    Err(Failure::new(
        Exit::Attention,
        "the demo is not built in yet",
        "wire crate::demo in src/cli/demo.rs",
    ))
}
