//! Each feed: whether it can be had, how much is in it, and how old it says it is.

use jiff::Timestamp;

use super::{Item, in_time};
use crate::adapters::ics::Ics;
use crate::adapters::ics::probe::Look;
use crate::ports::source::Source as _;

const NAME: &str = "feed";

pub(super) async fn items(feed: &Ics, name: &str, now: Timestamp) -> Vec<Item> {
    let look = match in_time("reading the feed", feed.look()).await {
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
    Item::ok(NAME, name, format!("{} events; {age}", look.events))
}
