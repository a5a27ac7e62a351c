//! Work that is done to its end, even if nobody waits for it any more: whoever asked for it may hang
//! up, or be told to stop, while what cannot be taken back is on its way.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// Does work to its end, and knows how much of it is under way.
#[derive(Clone, Debug)]
pub struct ToEnd(TaskTracker);

impl Default for ToEnd {
    fn default() -> Self {
        let tracker = TaskTracker::new();
        // It still takes tasks; only its `wait` needs this.
        tracker.close();
        Self(tracker)
    }
}

impl ToEnd {
    /// Begins this work at once. To drop what is given ends the waiting, and not the work.
    pub fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send {
        joined(self.0.spawn(work.in_current_span()))
    }

    /// Waits until nothing is under way any more, for this long at most; whether that came.
    pub async fn finished(&self, at_most: Duration) -> bool {
        tokio::time::timeout(at_most, self.0.wait()).await.is_ok()
    }
}

async fn joined<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(outcome) => outcome,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and this with it.
            Err(_) => std::future::pending().await,
        },
    }
}
