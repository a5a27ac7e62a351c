//! Each feed: whether it can be had, how much is in it, and how old it says it is.

use jiff::{SignedDuration, Timestamp};

use super::{Item, in_time};
use crate::adapters::ics::Ics;
use crate::adapters::ics::probe::Look;
use crate::domain::window::Window;
use crate::ports::source::Source as _;

const NAME: &str = "feed";
/// A feed without an event ahead that did not change for so long looks dead.
const LONG_UNCHANGED: SignedDuration = SignedDuration::from_hours(90 * 24);

pub(super) async fn items(feed: &Ics, name: &str, now: Timestamp) -> Vec<Item> {
    let look = match in_time("reading the feed", feed.look(coming_year(now))).await {
        Ok(look) => look,
        Err(error) => return vec![Item::failed(NAME, name, &error)],
    };
    let mut items = vec![of_look(name, look, now)];
    // A file has no clock but this machine's own.
    if !feed.is_file() {
        items.push(Item::of_clock(name, feed.meter().seconds_ahead()));
    }
    items
}

fn of_look(name: &str, look: Look, now: Timestamp) -> Item {
    if look.events == 0 {
        return Item::warning(
            NAME,
            name,
            "it has no events at all",
            "look at the calendar that it shows; copy its address anew if there are events",
        );
    }
    let age = match look.modified {
        Some(modified) => {
            let hours = now.duration_since(modified).as_hours().max(0);
            match hours {
                0 => "changed within the last hour".to_owned(),
                1..48 => format!("last changed {hours} h ago"),
                _ => format!("last changed {} days ago", hours / 24),
            }
        }
        None => "it does not say when it last changed".to_owned(),
    };
    let seen = format!("{} events; {age}", look.events);
    if look.blocks {
        return Item::ok(NAME, name, seen);
    }
    let seen = format!(
        "{} events, none that blocks time in the coming year; {age}",
        look.events
    );
    let old = look
        .modified
        .is_some_and(|modified| now.duration_since(modified) > LONG_UNCHANGED);
    if old {
        let hint = "it looks as if nobody keeps it any more: look at the calendar that it shows, and copy its address anew if that lives on";
        return Item::warning(NAME, name, seen, hint);
    }
    Item::ok(NAME, name, seen)
}

fn coming_year(now: Timestamp) -> Window {
    let end = now.checked_add(SignedDuration::from_hours(365 * 24));
    Window {
        from: now,
        to: end.unwrap_or(Timestamp::MAX),
    }
}
