//! Wakes at the times of a cron expression, in UTC.
//!
//! The job only sends a wake: the crate overlaps runs, knows no jitter and waits for nothing at
//! its end, so all of that stays with the daemon's own loop.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::Wake;

/// A running cron expression.
pub struct Cron(JobScheduler);

impl Cron {
    /// Starts it.
    ///
    /// # Errors
    /// When the expression makes no sense.
    pub async fn start(
        expression: &str,
        wake: mpsc::Sender<Wake>,
    ) -> Result<Self, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let job = Job::new(expression, move |_, _| {
            // A full queue holds a wake already.
            wake.try_send(Wake::Due).unwrap_or_default();
        })?;
        scheduler.add(job).await?;
        scheduler.start().await?;
        Ok(Self(scheduler))
    }

    /// How long until the next time, where there is one.
    pub async fn next(&mut self) -> Option<Duration> {
        self.0.time_till_next_job().await.ok().flatten()
    }

    /// Ends it.
    pub async fn stop(mut self) {
        if let Err(error) = self.0.shutdown().await {
            tracing::debug!(%error, "the cron expression did not end cleanly");
        }
    }
}
