//! What a fault does to a request that it strikes.

use std::time::Duration;

use serde_json::{Value, json};

use super::State;
use super::answer::Answer;
use super::call::Call;
use super::faults::Fault;

/// How an answer reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    Late(Duration),
    /// Half of the body, then the end of the connection.
    Truncated,
    /// The end of the connection.
    Nothing,
}

impl Fault {
    /// The answer in place of doing anything; `None` where it is done all the same.
    pub(super) fn instead(&self, state: &mut State, call: &Call) -> Option<Answer> {
        match self {
            Self::Status(status) => {
                Some(Answer::platform(*status, u32::from(*status), "On purpose."))
            }
            // Nobody sees this one.
            Self::DropBefore => Some(Answer::no_content()),
            Self::ThrottleQps { retry_after } => Some(Answer::throttled_qps(*retry_after)),
            Self::ThrottleDaily { until } => Some(Answer::throttled_daily(*until)),
            Self::Unauthorized => {
                if let Some(token) = call.credentials("Bearer") {
                    state.keys.revoke(token);
                }
                Some(Answer::platform(401, 124, "Invalid access token."))
            }
            Self::StalePageToken => Some(Answer::bad_page_token()),
            Self::StaleSyncToken => Some(Answer::platform(410, 410, "The sync token is gone.")),
            // A calendar's listing keeps its sync token: it is emptied afterwards.
            Self::EmptyListing if call.is_calendar_listing() => None,
            Self::EmptyListing => Some(Answer::ok(json!({"items": [], "next_page_token": ""}))),
            Self::DropAfter
            | Self::DelayAfter(_)
            | Self::TruncateBody
            | Self::CutListing
            | Self::GarbageItem => None,
        }
    }

    /// What becomes of the answer, and of the connection.
    pub(super) fn spoil(&self, answer: &mut Answer) -> Delivery {
        match self {
            Self::DelayAfter(time) => return Delivery::Late(*time),
            Self::TruncateBody if answer.body.is_some() => return Delivery::Truncated,
            // A body that is not there cannot be cut; the connection ends all the same.
            Self::DropBefore | Self::DropAfter | Self::TruncateBody => return Delivery::Nothing,
            Self::CutListing => cut(answer, 2),
            Self::EmptyListing => cut(answer, usize::MAX),
            Self::GarbageItem => litter(answer),
            Self::Status(_)
            | Self::ThrottleQps { .. }
            | Self::ThrottleDaily { .. }
            | Self::Unauthorized
            | Self::StaleSyncToken
            | Self::StalePageToken => {}
        }
        Delivery::Whole
    }
}

/// Leaves the first part of a listing, as if it were the whole.
fn cut(answer: &mut Answer, part: usize) {
    let body = answer.body.as_mut().and_then(Value::as_object_mut);
    if let Some(body) = body {
        body.remove("next_page_token");
        body.remove("nextPageToken");
        if let Some(items) = body.get_mut("items").and_then(Value::as_array_mut) {
            items.truncate(items.len() / part);
        }
    }
}

fn litter(answer: &mut Answer) {
    let first = answer.body.as_mut().and_then(|body| {
        let items = body.get_mut("items")?.as_array_mut()?;
        items.first_mut()?.as_object_mut()
    });
    if let Some(item) = first {
        item.insert("start_date_time".to_owned(), json!("the day after never"));
        item.insert("attendees".to_owned(), json!(7));
        for name in ["start", "segments", "segments_recurrence"] {
            if item.contains_key(name) {
                item.insert(name.to_owned(), json!("the day after never"));
            }
        }
    }
}
