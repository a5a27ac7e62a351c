//! What passes work on, as the settings in force say.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::adapters::store::Overlay;
use crate::domain::ids::HostName;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::meter::Counts;
use crate::settings::Settings;
use crate::settings::resolved::Rhythm;
use crate::triggers::Wake;
use crate::triggers::cron::Cron;

use super::compose::{self, Secrets, Wired};
use super::failure::{Exit, Failure};
use super::state::State;

/// What passes work on.
pub(super) struct Plan {
    pub(super) wired: Vec<Wired>,
    pub(super) cron: Option<Cron>,
    secrets: Secrets,
}

impl Plan {
    pub(super) async fn make(
        settings: &Settings,
        state: &State,
        clock: &Arc<dyn Clock>,
        wake: &mpsc::Sender<Wake>,
    ) -> Result<Self, Failure> {
        let secrets = Secrets::of(settings, clock);
        let wired = compose::wire(settings, &secrets, &state.base, &state.base, clock)?;
        let cron = match &settings.sync.rhythm {
            Rhythm::Every(_) => None,
            Rhythm::Cron(expression) => Some(Cron::start(expression, wake.clone()).await.map_err(
                |error| {
                    Failure::new(
                        Exit::Usage,
                        format!("sync.cron: {error}"),
                        "write six fields, seconds first",
                    )
                },
            )?),
        };
        Ok(Self {
            wired,
            cron,
            secrets,
        })
    }

    /// The same, for a pass that changes nothing.
    pub(super) fn dry(
        &self,
        settings: &Settings,
        state: &State,
        clock: &Arc<dyn Clock>,
    ) -> Result<Vec<Wired>, Failure> {
        let base: Arc<dyn Base> = Arc::new(Overlay::new(state.base.clone()));
        compose::wire(settings, &self.secrets, &base, &state.base, clock)
    }

    /// The secrets that it works with.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Answers so far that asked us to wait: of Zoom, and of the calendars.
    pub(super) fn throttles(&self) -> (u64, u64) {
        let zoom = self
            .wired
            .iter()
            .map(|wired| wired.bookable.sides.of_zoom());
        let calendars = self.wired.iter().map(|wired| {
            let bookings = wired.bookings.as_ref();
            let sides = bookings.and_then(|bookings| bookings.sides.as_ref().ok());
            let calendar = sides.map(|sides| sides.calendar.meter());
            let others = wired.bookable.sides.calendar_meters();
            Counts::of(calendar.into_iter().chain(others))
        });
        (
            zoom.map(|counts| counts.throttles).sum(),
            calendars.map(|counts| counts.throttles).sum(),
        )
    }

    pub(super) async fn end(self) {
        if let Some(cron) = self.cron {
            cron.stop().await;
        }
    }
}

/// The hosts that are asked for.
///
/// # Errors
/// When there is no host of this name.
pub(super) fn only<'a>(
    wired: &'a [Wired],
    name: Option<&HostName>,
) -> Result<Vec<&'a Wired>, Failure> {
    let Some(name) = name else {
        return Ok(wired.iter().collect());
    };
    let found: Vec<&Wired> = wired.iter().filter(|wired| wired.name == *name).collect();
    if found.is_empty() {
        let names: Vec<&str> = wired.iter().map(|wired| wired.name.as_str()).collect();
        return Err(no_host(name.as_str(), &names));
    }
    Ok(found)
}

/// There is no host of this name.
#[must_use]
pub fn no_host(name: &str, names: &[&str]) -> Failure {
    let hint = format!("use one of: {}", names.join(", "));
    Failure::new(
        Exit::Usage,
        format!("--host: there is no host \"{name}\""),
        hint,
    )
}
