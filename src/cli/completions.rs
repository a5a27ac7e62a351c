//! `slotbridge completions` and `slotbridge man`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, terminal};
use crate::app::failure::{Exit, Failure};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command(),
        "slotbridge",
        &mut text,
    );
    terminal::print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

pub(super) fn man() -> Result<Exit, Failure> {
    let mut text = Vec::new();
    terminal::written(clap_mangen::Man::new(Cli::command()).render(&mut text))?;
    terminal::print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}
