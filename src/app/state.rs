//! The state on disk, opened.

use std::path::Path;
use std::sync::Arc;

use crate::adapters::store::{OpenError, Options, Recovered, SledBase};
use crate::engine::ledger;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::Error;

use super::failure::{Exit, Failure};

/// The state, held by this process.
#[derive(Clone)]
pub struct State {
    /// The store itself.
    pub store: SledBase,
    /// The store, as the engine sees it.
    pub base: Arc<dyn Base>,
    /// Whether some of it was lost: everything is then to be looked at again.
    lost_some: bool,
}

impl State {
    /// After a loss: forgets where listings ended, so that the next passes list everything. That
    /// is on disk before the first of them begins.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub async fn look_again_after_a_loss(&self) -> Result<(), Error> {
        if !self.lost_some {
            return Ok(());
        }
        ledger::forget_positions(self.base.as_ref()).await
    }
}

/// Why this process does not hold the state.
#[derive(Debug)]
pub enum NotHeld {
    /// Another process holds it.
    Locked(Failure),
    /// It cannot be used.
    Unusable(Failure),
}

impl From<NotHeld> for Failure {
    fn from(why: NotHeld) -> Self {
        match why {
            NotHeld::Locked(failure) | NotHeld::Unusable(failure) => failure,
        }
    }
}

/// Opens the state, and tells the log what that took.
///
/// # Errors
/// When another process holds it, or it cannot be used.
pub fn open(dir: &Path, clock: &dyn Clock) -> Result<State, NotHeld> {
    let opened = SledBase::open(dir, &Options::at(clock.now())).map_err(|error| {
        let failure = Failure::new(Exit::State, &error, error.remedy());
        match error {
            OpenError::Locked { .. } => NotHeld::Locked(failure),
            _ => NotHeld::Unusable(failure),
        }
    })?;
    match &opened.recovered {
        Recovered::No => {}
        Recovered::WithoutSnapshot => {
            tracing::warn!("the state's snapshot was damaged and put aside; nothing is lost");
        }
        Recovered::Older { missing } => tracing::warn!(
            missing,
            "the last batches of the state are missing; the next pass looks at everything again"
        ),
        Recovered::FromExport { export, .. } => {
            tracing::warn!(export = %export.display(), "the state was damaged or gone; an export took its place");
        }
        Recovered::Fresh { aside: Some(aside) } => {
            tracing::warn!(aside = %aside.display(), "the state was damaged and put aside; the next pass recognises its own entries");
        }
        Recovered::Fresh { aside: None } => tracing::info!("the state is new"),
    }
    let lost_some = !matches!(opened.recovered, Recovered::No | Recovered::WithoutSnapshot);
    Ok(State {
        lost_some,
        base: Arc::new(opened.base.clone()),
        store: opened.base,
    })
}
