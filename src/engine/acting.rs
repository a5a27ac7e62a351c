//! One span for each action: whatever is logged while something is written says what that is.

use std::fmt::Display;

use tracing::Span;

/// The span of an action: what is done, to which side, about what. Ids only, no private content.
pub(super) fn action(verb: &'static str, side: &'static str, id: &(impl Display + ?Sized)) -> Span {
    tracing::info_span!("action", verb, side, %id)
}
