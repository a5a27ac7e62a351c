//! `slotbridge demo`: everything at work, with nothing to configure and no network.

use std::io::{self, IsTerminal};

use clap::Args;

use super::{Context, terminal};
use crate::app::failure::{Exit, Failure};
use crate::demo::table::Paint;
use crate::demo::{Telling, tell};
use crate::telemetry::Color;

#[derive(Debug, Args)]
pub(super) struct Arguments {}

pub(super) async fn run(context: &Context, _arguments: &Arguments) -> Result<Exit, Failure> {
    let program = std::env::args_os().next();
    let program = program.map_or_else(
        || "slotbridge".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    let telling = Telling {
        paint: paint(context),
        program: &program,
        print: &mut |text| terminal::print(text),
    };
    tell(telling, context.clock.clone()).await?;
    Ok(Exit::Done)
}

fn paint(context: &Context) -> Paint {
    let unwanted = context.environment.get("NO_COLOR");
    let unwanted = unwanted.is_some_and(|set| !set.is_empty());
    let coloured = match context.global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => !unwanted && io::stdout().is_terminal(),
    };
    if coloured {
        Paint::Colours
    } else {
        Paint::Plain
    }
}
