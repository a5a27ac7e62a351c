//! Zoom: a token and what it may do, and for each host the user, the rights, the booking pages, the availability, and
//! the Zoom calendar where busy time goes there.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::Value;

use super::super::compose::{self, Secrets};
use super::super::failure::Failure;
use super::secrets::{Fetched, Purpose};
use super::state::Tokens;
use super::{Item, Kit, in_time, scopes};
use crate::adapters::zoom::account::user_grant;
use crate::adapters::zoom::{Account, HostUser, ZoomClient};
use crate::domain::window::Window;
use crate::plan::policy::BusyTo;
use crate::ports::availability::{Availabilities as _, Availability};
use crate::ports::base::Base;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::zoom::Zoom as _;
use crate::ports::zoom_calendar::ZoomCalendar as _;
use crate::settings::resolved::{Auth, Host};

const TOKEN: &str = "Zoom token";
const AVAILABILITY: &str = "Zoom availability";

pub(super) async fn items(kit: &Kit<'_>, tokens: &Tokens) -> Vec<Item> {
    let had = [Purpose::Client, Purpose::Refresh];
    if !had.iter().all(|purpose| kit.secrets.has(purpose)) {
        return vec![Fetched::not_tried(TOKEN, "zoom.auth")];
    }
    let account = match account(kit, tokens).await {
        Ok(Some(account)) => account,
        // Why there is no token is said already.
        Ok(None) => return Vec::new(),
        Err(error) => return vec![Item::failed(TOKEN, "zoom.auth", &error)],
    };
    let doing = "asking Zoom for an access token";
    let token = in_time(doing, account.authority().access()).await;
    let words = match tokens {
        Tokens::Lent(_) => "the running daemon has a good one",
        Tokens::Anew | Tokens::Kept(_) | Tokens::None => "Zoom gives one",
    };
    let mut items = vec![Item::of(TOKEN, "zoom.auth", &token, |_| words.to_owned())];
    if token.is_ok() {
        items.push(scopes::item(kit.settings, account.authority().scopes()));
        let hosts = kit.settings.hosts.iter();
        let tried = hosts.map(|host| of_host(kit, &account, host));
        items.extend(join_all(tried).await.into_iter().flatten());
    }
    items
}

async fn account(kit: &Kit<'_>, tokens: &Tokens) -> Result<Option<Account>> {
    let revealed = &kit.secrets.live;
    let without_seed;
    let (kept, revealed): (Arc<dyn Base>, &Secrets) = match tokens {
        Tokens::None => return Ok(None),
        Tokens::Anew => (kit.scratch.clone(), revealed),
        Tokens::Kept(base) => (base.clone(), revealed),
        Tokens::Lent(lent) => {
            let Some(Auth::User { client_id, .. }) = &kit.settings.zoom.auth else {
                return Ok(None);
            };
            let grant = user_grant(&kit.settings.zoom.oauth_url, client_id);
            grant.keep(lent.clone(), kit.scratch.clone()).await?;
            without_seed = Secrets {
                client: revealed.client.clone(),
                ..Secrets::default()
            };
            (kit.scratch.clone(), &without_seed)
        }
    };
    let account = compose::account(kit.settings, revealed, &kept, kit.clock);
    let unprepared =
        |failure: Failure| Error::new(Kind::Local, "preparing the Zoom account").because(failure);
    account.map(Some).map_err(unprepared)
}

async fn of_host(kit: &Kit<'_>, account: &Account, host: &Host) -> Vec<Item> {
    let zoom = account.host(HostUser::from_key(&host.zoom_user));
    let name = host.name.as_str();
    let user = in_time("reading the host's user in Zoom", zoom.user()).await;
    let kind = user.as_ref().err().map(Error::kind);
    let mut items = vec![match &user {
        // No flow reads the user: who is missing shows in every listing, too.
        Err(error) if error.kind() == Kind::Denied => not_needed("Zoom user", name, error),
        user => Item::of("Zoom user", name, user, |_| "known to Scheduler".to_owned()),
    }];
    // Without the user, or without Zoom, all of the rest says the same.
    if matches!(kind, None | Some(Kind::Denied)) {
        let (bookings, pages, availability, calendar) = tokio::join!(
            bookings(kit, &zoom, host),
            pages(&zoom, name),
            availability(&zoom, host),
            calendar(&zoom, host),
        );
        items.extend(bookings);
        items.push(pages);
        items.push(availability);
        items.extend(calendar);
        let ahead = zoom.seconds_ahead();
        items.push(Item::of_clock(format!("Zoom ({name})"), ahead));
    }
    items
}

/// What the app may not see, and no flow of this host needs.
fn not_needed(item: &'static str, name: &str, error: &Error) -> Item {
    let words = format!(
        "not shown to this app ({}); nothing here needs it",
        error.cause()
    );
    Item::note(item, name, words)
}

async fn bookings(kit: &Kit<'_>, zoom: &ZoomClient, host: &Host) -> Vec<Item> {
    if host.bookings.is_none() {
        return Vec::new();
    }
    let now = kit.clock.now();
    let day = SignedDuration::from_hours(24);
    let window = Window {
        from: now.checked_sub(day).unwrap_or(now),
        to: now.checked_add(day).unwrap_or(now),
    };
    let (listed, change) = tokio::join!(
        in_time("listing Zoom's bookings", zoom.bookings(window, None)),
        in_time(
            "asking whether bookings may be changed",
            zoom.may_change_bookings()
        ),
    );
    let name = host.name.as_str();
    vec![
        Item::of("Zoom bookings, reading", name, &listed, |_| {
            "they can be listed".to_owned()
        }),
        Item::of("Zoom bookings, changing", name, &change, |()| {
            "the app has the right; none was changed".to_owned()
        }),
    ]
}

async fn pages(zoom: &ZoomClient, name: &str) -> Item {
    let item = "Zoom booking pages";
    match in_time("listing booking pages", zoom.booking_pages()).await {
        Ok(pages) if pages.is_empty() => Item::warning(
            item,
            name,
            "there is none: nobody can book anything",
            "make one in Zoom Scheduler",
        ),
        Ok(pages) => Item::ok(item, name, of_pages(&pages)),
        // Only commands show them: `zoom schedules`, `zoom slots`.
        Err(error) if error.kind() == Kind::Denied => not_needed(item, name, &error),
        Err(error) => Item::failed(item, name, &error),
    }
}

fn of_pages(pages: &[Value]) -> String {
    let off = pages
        .iter()
        .filter(|page| page.get("active") == Some(&Value::Bool(false)))
        .count();
    let own = pages
        .iter()
        .filter(|page| page.get("availability_override") == Some(&Value::Bool(true)))
        .count();
    let mut words = vec![format!("{} found", pages.len())];
    if off > 0 {
        words.push(format!("{off} switched off"));
    }
    if own > 0 {
        words.push(format!(
            "{own} with hours of their own, which slotbridge does not touch"
        ));
    }
    words.join(", ")
}

async fn availability(zoom: &ZoomClient, host: &Host) -> Item {
    let name = host.name.as_str();
    let doing = "listing the host's availability schedules in Zoom";
    let listed = match in_time(doing, zoom.availabilities()).await {
        Ok(listed) => listed,
        Err(error)
            if error.kind() == Kind::Denied && host.busy.is_none() && host.hours.is_none() =>
        {
            return not_needed(AVAILABILITY, name, &error);
        }
        Err(error) => return Item::failed(AVAILABILITY, name, &error),
    };
    let wanted = host
        .hours
        .as_ref()
        .and_then(|hours| hours.availability.as_deref());
    let fits = |one: &&Availability| match wanted {
        Some(wanted) => one.id.as_str() == wanted || one.name == wanted,
        None => one.default || listed.len() == 1,
    };
    let count = listed.len();
    match (listed.iter().find(fits), wanted) {
        (Some(found), None) => Item::ok(
            AVAILABILITY,
            name,
            format!("the default one applies, in {} (of {count})", found.zone),
        ),
        (Some(found), Some(_)) => Item::ok(
            AVAILABILITY,
            name,
            format!(
                "the configured one is there, in {} (of {count})",
                found.zone
            ),
        ),
        (None, wanted) => {
            let (which, hint) = if wanted.is_some() {
                (
                    "has that name or id",
                    "correct `availability` of [host.hours]; `slotbridge zoom availability list` shows them",
                )
            } else {
                (
                    "is the default one",
                    "name one as `availability` of [host.hours], or make one the default in Zoom",
                )
            };
            let error = Error::new(Kind::Missing, "finding the host's availability in Zoom")
                .because(format!("none of the {count} {which}"))
                .hint(hint);
            Item::failed(AVAILABILITY, name, &error)
        }
    }
}

async fn calendar(zoom: &ZoomClient, host: &Host) -> Option<Item> {
    let (item, name) = ("Zoom calendar", host.name.as_str());
    let to = host.busy.as_ref()?.to;
    if to == BusyTo::Availability {
        return None;
    }
    let found = in_time("finding the Zoom calendar", zoom.primary()).await;
    Some(match found {
        Ok(_) => Item::ok(
            item,
            name,
            "found, and it can be written: busy time goes there",
        ),
        Err(error)
            if to == BusyTo::Auto && matches!(error.kind(), Kind::Missing | Kind::Denied) =>
        {
            let words = format!(
                "busy time goes to the availability, as date overrides: {}",
                error.cause()
            );
            Item::note(item, name, words)
        }
        Err(error) => Item::failed(item, name, &error),
    })
}
