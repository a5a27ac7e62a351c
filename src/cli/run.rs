//! `slotbridge run`: the daemon.

use super::Context;
use crate::app::daemon;
use crate::app::failure::{Exit, Failure};

pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    daemon::run(settings, &|| context.settings(), context.clock.clone()).await?;
    Ok(Exit::Done)
}
