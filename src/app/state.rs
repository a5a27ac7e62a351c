//! The state on disk, opened.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::adapters::store::{self, OpenError, Options, Recovered, SledBase};
use crate::engine::ledger;
use crate::engine::report::Trouble;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind};

use jiff::Timestamp;

use super::failure::Failure;
use super::feeds::Feeds;

/// The state, held by this process.
#[derive(Clone)]
pub struct State {
    /// The store itself.
    pub store: SledBase,
    /// The store, as the engine sees it.
    pub base: Arc<dyn Base>,
    /// What is served from it to subscribers.
    pub feeds: Feeds,
    /// Whether some of it was lost: everything is then to be looked at again.
    lost_some: bool,
    /// What is to be said about a damage that was recovered from.
    damage: Option<Trouble>,
}

impl State {
    /// What a person has to be told about a damage that was recovered from, once.
    #[must_use]
    pub fn damage(&self) -> Option<&Trouble> {
        self.damage.as_ref()
    }

    /// Writes the daily export, where this day has none yet; without one, a damaged state could
    /// only be rebuilt.
    ///
    /// # Errors
    /// When the state cannot be read, or the file not be written.
    pub async fn export_today(&self, now: Timestamp) -> Result<(), Error> {
        let store = self.store.clone();
        let written = tokio::task::spawn_blocking(move || {
            if store::is_exported(&store, now) {
                return Ok(());
            }
            store::export_daily(&store, now).map(|_| ())
        });
        written.await.unwrap_or_else(|error| {
            Err(Error::new(Kind::Local, "writing the daily export").because(error))
        })
    }

    /// Gives back the memory that a pass needed.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn rest(&self) -> Result<(), Error> {
        let store = self.store.clone();
        let rested = tokio::task::spawn_blocking(move || store.rest());
        rested.await.unwrap_or_else(|error| {
            Err(Error::new(Kind::State, "reading the state").because(error))
        })
    }

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
    /// It is another user's, and this is root, who does not write there.
    Anothers(Failure),
    /// It cannot be used.
    Unusable(Failure),
}

impl From<OpenError> for NotHeld {
    fn from(error: OpenError) -> Self {
        let failure = Failure::of_state(&error);
        match error {
            OpenError::Locked { .. } => Self::Locked(failure),
            OpenError::ByRoot { .. } => Self::Anothers(failure),
            _ => Self::Unusable(failure),
        }
    }
}

impl From<NotHeld> for Failure {
    fn from(why: NotHeld) -> Self {
        match why {
            NotHeld::Locked(failure) | NotHeld::Anothers(failure) | NotHeld::Unusable(failure) => {
                failure
            }
        }
    }
}

/// How often a state that a pass holds is tried again, and the time between.
const TRIES: u32 = 60;
const BETWEEN: Duration = Duration::from_millis(500);

/// The waiting for a state that another process holds: most passes are over soon.
#[derive(Debug, Default)]
pub struct Patience {
    tries: u32,
}

impl Patience {
    /// Waits a little, and says once for what.
    ///
    /// # Errors
    /// When the state cannot be used at all, or was waited for long enough.
    pub async fn wait(&mut self, why: NotHeld, clock: &dyn Clock) -> Result<(), Failure> {
        let NotHeld::Locked(failure) = why else {
            return Err(why.into());
        };
        if self.tries >= TRIES {
            return Err(failure);
        }
        if self.tries == 0 {
            let cause = failure.words.lines().next().unwrap_or_default();
            tracing::warn!(
                "waiting for up to {} s: {cause}",
                (BETWEEN * TRIES).as_secs()
            );
        }
        self.tries += 1;
        clock.sleep(BETWEEN).await;
        Ok(())
    }
}

/// Opens the state to read it. What is damaged stays as it is, for a pass to see and to report.
///
/// # Errors
/// When another process holds it, it is damaged, or it cannot be used.
pub fn open_to_read(dir: &Path, clock: &dyn Clock) -> Result<State, NotHeld> {
    open_with(dir, &Options::to_read(clock.now()))
}

/// Opens the state to write it, but only where it is whole: whoever recovers a damaged one has to
/// report that, and a decision has no place for it.
///
/// # Errors
/// As [`open_to_read`].
pub fn open_if_whole(dir: &Path, clock: &dyn Clock) -> Result<State, NotHeld> {
    if let Some(refused) = OpenError::of_root(dir) {
        return Err(refused.into());
    }
    if dir.join("db").exists() {
        drop(open_to_read(dir, clock)?);
    }
    open(dir, clock)
}

/// Opens the state, recovers what is damaged, and tells the log what that took.
///
/// # Errors
/// When another process holds it, or it cannot be used.
pub fn open(dir: &Path, clock: &dyn Clock) -> Result<State, NotHeld> {
    open_with(dir, &Options::at(clock.now()))
}

fn open_with(dir: &Path, options: &Options) -> Result<State, NotHeld> {
    // A database that a person deleted is not a damaged one, even if an export takes its place.
    let was_there = dir.join("db").exists();
    let opened = SledBase::open(dir, options)?;
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
    let base: Arc<dyn Base> = Arc::new(opened.base.clone());
    Ok(State {
        lost_some,
        damage: damage(&opened.recovered, dir).filter(|_| was_there),
        feeds: Feeds::open(base.clone()),
        base,
        store: opened.base,
    })
}

/// What a person has to be told about it, where something was damaged.
fn damage(recovered: &Recovered, dir: &Path) -> Option<Trouble> {
    let what = match recovered {
        // A new state, and one whose snapshot alone was damaged, have lost nothing.
        Recovered::No | Recovered::WithoutSnapshot | Recovered::Fresh { aside: None } => {
            return None;
        }
        Recovered::Older { missing } => {
            format!("its last {missing} batches are missing, the rest is whole and stays in use")
        }
        Recovered::FromExport { export, aside } => {
            let aside = aside.as_ref().map_or_else(
                || "its database was gone".to_owned(),
                |aside| format!("the damaged files are in {}", aside.display()),
            );
            format!("the export {} took its place, {aside}", export.display())
        }
        Recovered::Fresh { aside: Some(aside) } => format!(
            "there was no export, so a new one was begun, the damaged files are in {}",
            aside.display()
        ),
    };
    Some(Trouble {
        doing: format!("opening the state in {}", dir.display()),
        cause: format!(
            "it was damaged; {what}; tokens and what waits for you were taken from their second copy where there was one"
        ),
        hint: "nothing was deleted or cancelled because of it, and this pass looked at everything again; run `slotbridge state verify`, and keep the files put aside until all looks right".to_owned(),
    })
}
