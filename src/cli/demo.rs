//! `slotbridge demo`: everything at work, with nothing to configure and no network.

use clap::Args;

use super::{Context, terminal};
use crate::app::failure::{Exit, Failure};
use crate::demo::{Telling, tell};

#[derive(Debug, Args)]
pub(super) struct Arguments {}

pub(super) async fn run(context: &Context, _arguments: &Arguments) -> Result<Exit, Failure> {
    let program = std::env::args_os().next();
    let program = program.map_or_else(
        || "slotbridge".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    let telling = Telling {
        paint: context.paint(),
        program: &program,
        print: &mut |text| terminal::print(text),
    };
    tell(telling, context.clock.clone()).await?;
    Ok(Exit::Done)
}
