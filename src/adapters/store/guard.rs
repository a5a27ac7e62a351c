//! Keeps sled's panics in: damaged bytes make it panic where it should give an error.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread is expected, and so not to be printed.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Runs something that may panic; a panic becomes its message, and prints nothing.
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // A thread that is being torn down has no such flag any more: then print as usual.
            if !EXPECTED.try_with(Cell::get).unwrap_or(false) {
                usual(info);
            }
        }));
    });
    let before = EXPECTED.replace(true);
    // What the panic leaves behind is sled's own; after one the whole store is given up.
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    EXPECTED.set(before);
    outcome.map_err(|payload| words(payload.as_ref()))
}

fn words(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without words".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(
            contained(|| panic!("torn page {}", 7)),
            Err::<(), _>("torn page 7".to_owned())
        );
        assert_eq!(contained(|| 5), Ok(5));
    }
}
