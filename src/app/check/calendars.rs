//! Each calendar: found, read, and written to where bookings or hours go to it.

use std::sync::Arc;

use super::super::compose::{self, Opened};
use super::super::failure::Exit;
use super::super::tokens;
use super::secrets::{Fetched, Purpose};
use super::{Item, Kit, PATIENCE, feeds, in_time};
use crate::adapters::caldav::Caldav;
use crate::adapters::caldav::probe::{Changes, Conditions, Conduct, Description, Tags, Unknown};
use crate::adapters::vdir::Vdir;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::CalendarName;
use crate::ports::base::Base;
use crate::ports::calendar::Calendar as _;
use crate::settings::Settings;
use crate::settings::resolved::Calendar;

const NAME: &str = "calendar";
const WRITE: &str = "calendar, writing";

pub(super) async fn items(kit: &Kit<'_>, calendar: &Calendar) -> Vec<Item> {
    let name = &calendar.name;
    let object = name.as_str();
    if !kit.secrets.has(&Purpose::Calendar(name.clone())) {
        return vec![Fetched::not_tried(NAME, object)];
    }
    let (settings, revealed) = (kit.settings, &kit.secrets.live);
    let Some(kept) = tokens_of(kit, name) else {
        let (seen, hint) = (
            "not tried: its tokens could not be had",
            "see above, and run this again",
        );
        return vec![Item::warning(NAME, object, seen, hint)];
    };
    let opened = compose::open(settings, revealed, &kit.scratch, kept, kit.clock, name);
    let written = is_written(settings, calendar);
    match opened {
        Ok(Opened::Caldav(caldav)) => {
            let mark = Fingerprint::of([name.as_str(), &settings.state_dir.to_string_lossy()]);
            of_caldav(&caldav, object, written.then_some(mark)).await
        }
        Ok(Opened::Vdir(vdir)) => of_vdir(&vdir, object, written).await,
        Ok(Opened::Feed(feed)) => feeds::items(&feed, object, kit.clock.now()).await,
        Err(error) => vec![Item::failed(NAME, object, &error)],
    }
}

/// Where the tokens of a calendar are; a calendar that nobody logs in to needs none.
fn tokens_of<'a>(kit: &'a Kit<'_>, name: &CalendarName) -> Option<&'a Arc<dyn Base>> {
    if tokens::oauth(kit.settings, name).is_none() {
        return Some(&kit.scratch);
    }
    let kept = kit.kept.as_ref();
    kept.filter(|_| !kit.not_lent.contains(name))
}

/// Whether bookings or hours go to it.
fn is_written(settings: &Settings, calendar: &Calendar) -> bool {
    settings.hosts.iter().any(|host| {
        let bookings = host.bookings.iter().map(|bookings| &bookings.calendar);
        let hours = host.hours.iter().map(|hours| &hours.calendar);
        bookings.chain(hours).any(|name| *name == calendar.name)
    })
}

async fn of_caldav(caldav: &Caldav, name: &str, mark: Option<Fingerprint>) -> Vec<Item> {
    let found = in_time("looking for the calendar", caldav.describe()).await;
    let description = match found {
        Ok(description) => description,
        Err(error) => return vec![Item::failed(NAME, name, &error)],
    };
    let mut items = vec![
        of_description(name, &description),
        of_changes(name, description.changes),
    ];
    let counted = in_time("listing the calendar", caldav.count()).await;
    items.push(Item::of("calendar, reading", name, &counted, |count| {
        format!("{count} objects listed")
    }));
    match mark {
        Some(mark) => match caldav.try_writing(mark.as_str(), PATIENCE).await {
            Ok(conduct) => items.extend(of_conduct(name, conduct)),
            Err(error) => items.push(Item::failed(WRITE, name, &error)),
        },
        None => items.push(Item::note(
            WRITE,
            name,
            "not tried: nothing is written there",
        )),
    }
    items.push(Item::of_clock(name, caldav.meter().seconds_ahead()));
    items
}

fn of_description(name: &str, description: &Description) -> Item {
    if description.takes_events {
        return Item::ok(NAME, name, "found, and it takes events");
    }
    Item::wrong(
        NAME,
        name,
        Exit::Attention,
        "found, but it takes no events (VEVENT)",
        "use a calendar, not a list of tasks or notes: `slotbridge calendars URL` lists what is there",
    )
}

fn of_changes(name: &str, changes: Changes) -> Item {
    let words = match changes {
        Changes::SyncToken => "its server tells what changed since a token (sync-collection)",
        Changes::Ctag => "its server tells whether anything changed (CTag)",
        Changes::Etags => "its server does not tell; every pass lists everything by its etags",
    };
    Item::ok("calendar, changes", name, words)
}

fn of_conduct(name: &str, conduct: Conduct) -> Vec<Item> {
    let (etags, unknown) = ("calendar, etags", "calendar, unknown properties");
    let words = match (conduct.tags, conduct.conditions) {
        (Tags::WithWrite, Conditions::Kept) => "told with each write, and conditions are kept",
        (Tags::WithRead, Conditions::Kept) => "read after each write, and conditions are kept",
        (Tags::None, _) => "its server gives none to rely on; slotbridge looks before each write",
        (_, Conditions::Ignored) => {
            "its server writes in spite of conditions; slotbridge looks before each write"
        }
    };
    vec![
        Item::ok(
            WRITE,
            name,
            "a test object was written, read back and removed",
        ),
        Item::ok(etags, name, words),
        match conduct.unknown {
            Unknown::Kept => Item::ok(unknown, name, "kept"),
            Unknown::Dropped => Item::warning(
                unknown,
                name,
                "its server drops properties that it does not know (X-…)",
                "keep the daily exports of the state: without the state, what you changed in an entry cannot be told from what Zoom changed",
            ),
        },
    ]
}

async fn of_vdir(vdir: &Vdir, name: &str, written: bool) -> Vec<Item> {
    let counted = in_time("listing the directory", vdir.count()).await;
    let failed = counted.is_err();
    let below = match counted {
        Ok(0) => vdir.calendars_below().await.unwrap_or_default(),
        _ => Vec::new(),
    };
    let mut items = vec![match below.first() {
        Some(first) => Item::warning(
            NAME,
            name,
            format!(
                "a directory without .ics files of its own; there are calendars in it: {}",
                below.join(", ")
            ),
            format!(
                "name one of them as path, like \"{}\"; each is a [[calendar]] of its own",
                vdir.path().join(first).display()
            ),
        ),
        None => Item::of(NAME, name, &counted, |count| {
            format!("a directory with {count} .ics files")
        }),
    }];
    if written && !failed {
        let tried = in_time("writing a test file", vdir.try_writing()).await;
        items.push(Item::of(WRITE, name, &tried, |()| {
            "a test file was written, read back and removed".to_owned()
        }));
    }
    items
}
