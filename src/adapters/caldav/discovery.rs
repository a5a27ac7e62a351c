//! Finds the calendars behind an address (RFC 6764, RFC 4791 section 6, RFC 5397): it may be that
//! of a calendar, of a home with calendars, of a principal, or just of a server.

use std::collections::BTreeSet;

use url::Url;

use super::ask::{Ask, Found};
use super::collection::{Collection, DESCRIPTION, is_calendar};
use super::dav::Dav;
use super::place;
use super::xml::multistatus::Report;
use super::xml::{Name, names, request};
use crate::ports::error::{Error, Kind, Result};

/// Homes of one user that are looked into.
const MOST_HOMES: usize = 16;

/// What an address turned out to be.
pub(super) struct Discovered {
    /// The calendar at the very address, if there is one (or, on a server without principals,
    /// whatever collection is there).
    pub(super) given: Option<Collection>,
    /// The calendars found around it.
    pub(super) around: Vec<Collection>,
    /// Whether the address itself led there, and not a guess about its server.
    pub(super) led: bool,
}

/// Where was looked, in order.
#[derive(Default)]
pub(super) struct Trail {
    /// The addresses.
    pub(super) tried: Vec<Url>,
    /// Whether anything there speaks WebDAV.
    pub(super) speaks: bool,
}

/// Looks at the address itself, and stops there when it is a calendar that will do.
///
/// # Errors
/// `Denied`, `Missing` when no CalDAV server answers there, and what goes wrong on the way.
pub(super) async fn discover(
    dav: &Dav,
    url: &Url,
    will_do: impl Fn(&Collection) -> bool + Send,
    trail: &mut Trail,
) -> Result<Discovered> {
    let mut seen = BTreeSet::new();
    let mut plain = None;
    let bare = is_root(url);
    for start in starts(url) {
        trail.tried.push(start.clone());
        let Some(spot) = look(dav, &start).await? else {
            continue;
        };
        trail.speaks = true;
        if let Some(given) = &spot.calendar
            && start == *url
            && will_do(given)
        {
            return Ok(Discovered {
                given: Some(given.clone()),
                around: Vec::new(),
                led: true,
            });
        }
        let given = spot.calendar.clone();
        let mut around = Vec::new();
        if spot.may_be_home() {
            around = match below(dav, &spot.url).await {
                Ok(around) => around,
                // It may be listed by its owner only, who is asked next.
                Err(error) if is_no(error.kind()) => Vec::new(),
                Err(error) => return Err(error),
            };
        }
        if around.is_empty() {
            for home in homes(dav, &spot).await? {
                if seen.insert(home.to_string()) {
                    around.extend(below(dav, &home).await?);
                }
            }
        }
        if given.is_some() || !around.is_empty() {
            let led = bare || start == *url;
            return Ok(Discovered { given, around, led });
        }
        if start == *url && spot.principal.is_none() && spot.homes.is_empty() {
            plain = spot.plain;
        }
    }
    // Synology and mail.ru know no principals: the address given is the calendar.
    match plain {
        Some(plain) => Ok(Discovered {
            given: Some(plain),
            around: Vec::new(),
            led: true,
        }),
        None => Err(Error::new(Kind::Missing, doing(url))
            .because("no calendar was found there")
            .hint("give the address of the CalDAV server or of the calendar itself")),
    }
}

/// Where to start, best first. A bare server has its calendars behind the well-known address
/// (RFC 6764 section 5); for anything else that is the second guess.
fn starts(url: &Url) -> Vec<Url> {
    let at = |path: &str| {
        let mut start = url.clone();
        start.set_path(path);
        start.set_query(None);
        start.set_fragment(None);
        start
    };
    let (known, root) = (at("/.well-known/caldav"), at("/"));
    if is_root(url) {
        vec![known, root]
    } else {
        vec![url.clone(), known, root]
    }
}

fn is_root(url: &Url) -> bool {
    url.path().trim_matches('/').is_empty()
}

struct Spot {
    url: Url,
    calendar: Option<Collection>,
    plain: Option<Collection>,
    principal: Option<Url>,
    homes: Vec<Url>,
}

impl Spot {
    /// Whether calendars may stand directly below. A server's root is not worth listing.
    fn may_be_home(&self) -> bool {
        self.calendar.is_none() && self.homes.is_empty() && !is_root(&self.url)
    }
}

/// Whether a failure means "not here", and so the next guess.
fn is_no(kind: Kind) -> bool {
    matches!(kind, Kind::Missing | Kind::Refused | Kind::Malformed)
}

/// What stands at an address; `None` when nothing that speaks WebDAV does.
async fn look(dav: &Dav, url: &Url) -> Result<Option<Spot>> {
    let found = match propfind(dav, url, "0", &DESCRIPTION).await {
        Ok(found) => found,
        Err(error) if is_no(error.kind()) => return Ok(None),
        Err(error) => return Err(error),
    };
    let url = found.url.clone();
    let Some(report) = found.reports.first() else {
        return Ok(None);
    };
    let collection = Collection::of(&url, report, &found.headers);
    let is_folder = report
        .prop(names::RESOURCE_TYPE)
        .is_none_or(|kind| kind.child(names::COLLECTION).is_some());
    Ok(Some(Spot {
        calendar: is_calendar(report).then(|| collection.clone()),
        plain: is_folder.then_some(collection),
        principal: linked(&url, report, names::PRINCIPAL).into_iter().next(),
        homes: linked(&url, report, names::CALENDAR_HOME_SET),
        url,
    }))
}

/// The homes of a user: those named at the spot, else those that its principal names.
async fn homes(dav: &Dav, spot: &Spot) -> Result<Vec<Url>> {
    if !spot.homes.is_empty() {
        return Ok(spot.homes.clone());
    }
    let Some(principal) = &spot.principal else {
        return Ok(Vec::new());
    };
    let found = propfind(dav, principal, "0", &[names::CALENDAR_HOME_SET]).await?;
    let homes = found
        .reports
        .iter()
        .flat_map(|report| linked(&found.url, report, names::CALENDAR_HOME_SET));
    Ok(homes.take(MOST_HOMES).collect())
}

/// The calendars directly below a home.
async fn below(dav: &Dav, home: &Url) -> Result<Vec<Collection>> {
    let home = place::as_collection(home);
    let found = propfind(dav, &home, "1", &DESCRIPTION).await?;
    let home = &found.url;
    let mut calendars: Vec<Collection> = Vec::new();
    for report in found.reports.iter().filter(|report| is_calendar(report)) {
        let Some(url) = report
            .hrefs
            .first()
            .and_then(|href| place::follow(home, href))
        else {
            continue;
        };
        let calendar = Collection::of(&url, report, &found.headers);
        let known = calendars.iter().any(|other| other.url == calendar.url);
        if calendar.takes_events() && !known {
            calendars.push(calendar);
        }
    }
    Ok(calendars)
}

async fn propfind(dav: &Dav, url: &Url, depth: &'static str, props: &[Name]) -> Result<Found> {
    let doing = doing(url);
    let ask = Ask::xml("PROPFIND", url, depth, request::propfind(props), &doing)?;
    dav.reports(&ask).await
}

fn linked(base: &Url, report: &Report, name: Name) -> Vec<Url> {
    let Some(prop) = report.prop(name) else {
        return Vec::new();
    };
    prop.all(names::HREF)
        .filter_map(|href| place::follow(base, href.word()?))
        .collect()
}

fn doing(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the server");
    format!("looking for calendars on {host}")
}

/// Picks the calendar that is meant.
///
/// # Errors
/// `Missing`, with the names of what is there, when none or several fit.
pub(super) fn pick(discovered: Discovered, url: &Url, wanted: Option<&str>) -> Result<Collection> {
    let fits = |collection: &Collection| wanted.is_none_or(|name| collection.is_called(name));
    let Discovered {
        given,
        mut around,
        led,
    } = discovered;
    if let Some(given) = &given {
        if fits(given) {
            return Ok(given.clone());
        }
        around.retain(|other| other.url != given.url);
    }
    let all: Vec<Collection> = given.into_iter().chain(around).collect();
    let there: Vec<String> = all.iter().map(named_for_people).collect();
    let mut fitting = all.into_iter().filter(|collection| fits(collection));
    match (fitting.next(), fitting.next(), wanted) {
        // Other calendars of the same user are not the one that was configured.
        (Some(_), _, None) if !led => Err(Error::new(Kind::Missing, doing(url))
            .because("there is no calendar at the address configured")
            .hint(format!(
                "on the same server there are: {}",
                there.join(", ")
            ))),
        (Some(one), None, _) => Ok(one),
        (None, _, _) => Err(Error::new(Kind::Missing, doing(url))
            .because(format!("there is no calendar {:?}", wanted.unwrap_or("")))
            .hint(format!("set collection to one of: {}", there.join(", ")))),
        (Some(_), Some(_), Some(name)) => Err(Error::new(Kind::Missing, doing(url))
            .because(format!("there are several calendars {name:?}"))
            .hint(format!(
                "configure the address of the one that is meant; there are: {}",
                there.join(", ")
            ))),
        (Some(_), Some(_), None) => Err(Error::new(Kind::Missing, doing(url))
            .because("there are several calendars, and none is chosen")
            .hint(format!("set collection to one of: {}", there.join(", ")))),
    }
}

fn named_for_people(collection: &Collection) -> String {
    let path = collection.url.path();
    format!("{:?} ({path})", collection.display_name)
}
