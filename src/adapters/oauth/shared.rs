//! What everybody in this process who works with the same tokens has in common: whose turn it is, and
//! that nothing is left half done.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::works::State;
use crate::adapters::to_end::ToEnd;
use crate::ports::error::Result;

type Turn = tokio::sync::Mutex<State>;

/// By the address of the base, and the key in it.
static TURNS: Mutex<BTreeMap<(usize, String), Weak<Turn>>> = Mutex::new(BTreeMap::new());

static UNDER_WAY: LazyLock<ToEnd> = LazyLock::new(ToEnd::default);

/// The state of the tokens at this key, one for all.
pub(super) fn state(base: usize, key: &str) -> Arc<Turn> {
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    turns.retain(|_, turn| turn.strong_count() > 0);
    let turn = turns.entry((base, key.to_owned())).or_default();
    turn.upgrade().unwrap_or_else(|| {
        let new = Arc::default();
        *turn = Arc::downgrade(&new);
        new
    })
}

/// Does it to its end, even if nobody waits for it any more: an answer with the only refresh token
/// that is good may be on its way.
pub(super) fn to_end<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send {
    UNDER_WAY.run(work)
}

/// Waits until nothing is under way any more, for this long at most.
pub async fn finished(at_most: Duration) {
    if !UNDER_WAY.finished(at_most).await {
        tracing::warn!("a token endpoint has not answered, and is not waited for any longer");
    }
}
