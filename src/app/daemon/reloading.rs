//! Takes a new configuration: as a whole, or not at all.

use std::sync::Arc;

use sd_notify::NotifyState;

use super::{Daemon, Reload};
use crate::app::ears::{self, Listening};
use crate::app::failure::{Exit, Failure};
use crate::app::plan::Plan;
use crate::app::serving;
use crate::app::tasks::notify;
use crate::app::whose::Whose;
use crate::settings::Settings;

impl Daemon {
    /// Takes the configuration anew; a wrong one is reported, and the old one stays in force.
    pub(super) async fn reload(&mut self, reload: Reload<'_>) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => notify(&[NotifyState::Reloading, now]),
            Err(_) => notify(&[NotifyState::Reloading]),
        }
        match self.try_reload(reload).await {
            Ok(()) => tracing::info!("the configuration was read again"),
            Err(failure) => tracing::error!(
                "the new configuration is not used, the old one stays in force: {failure}"
            ),
        }
        notify(&[NotifyState::Ready]);
    }

    async fn try_reload(&mut self, reload: Reload<'_>) -> Result<(), Failure> {
        let new = reload()?;
        new.complete()?;
        if new.state_dir != self.settings.borrow().state_dir {
            let hint = "restart slotbridge to use another state_dir";
            return Err(Failure::new(
                Exit::Usage,
                "state_dir cannot change while it is in use",
                hint,
            ));
        }
        for warning in &new.warnings {
            tracing::warn!("{warning}");
        }
        let plan = Plan::make(&new, &self.state, &self.clock, &self.wake).await?;
        let (server, ears) = match self.prepare(&new, &plan).await {
            Ok(prepared) => prepared,
            Err(failure) => {
                plan.end().await;
                return Err(failure);
            }
        };
        // Nothing can fail any more: all of it is in force from here on.
        self.server.begin(server).await;
        self.ears.begin(ears).await;
        self.state.feeds.refresh(self.clock.now()).await;
        std::mem::replace(&mut self.plan, plan).end().await;
        self.whose = Whose::of(&new);
        self.settings.send_replace(Arc::new(new));
        self.failures = 0;
        Ok(())
    }

    /// Everything of a new configuration that may fail, while the old one stays in force.
    async fn prepare(
        &self,
        new: &Settings,
        plan: &Plan,
    ) -> Result<(serving::Prepared, ears::Prepared), Failure> {
        let server = self.server.prepare(&self.serving, new).await?;
        if server.lacks() > self.server.lacks() {
            let hint = "see the line before; the pass after the next start or reload takes it";
            let cause = "a secret of the HTTP server cannot be had";
            return Err(Failure::new(Exit::Denied, cause, hint));
        }
        let ears = ears::prepare(Listening {
            settings: new,
            plan,
            state: &self.state,
            clock: &self.clock,
            hearing: Arc::new(self.hints.clone()),
            wake: self.wake.clone(),
        })?;
        // The last of them: only what is surely in force gives a feed another address.
        self.state.feeds.follow(new).await?;
        Ok((server, ears))
    }
}
