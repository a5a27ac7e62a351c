//! `slotbridge zoom availability create` and `patch`.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::super::super::{Context, terminal};
use super::super::connection::Connection;
use super::super::{Common, overrides, table, weekly};
use super::{ALL, Hours, body, done, explained, read};
use crate::adapters::zoom::raw::Verb;
use crate::app::failure::{Exit, Failure};
use crate::ports::error::Kind;

/// What a PATCH is to change.
pub(super) struct Wish {
    pub(super) name: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) hours: Hours,
    pub(super) replace_overrides: bool,
}

/// Makes a schedule. Zoom makes it for who logged in, whoever the host is.
pub(super) async fn create(
    context: &Context,
    name: &str,
    zone: &str,
    hours: &Hours,
    common: &Common,
) -> Result<(), Failure> {
    let time_zone = known(zone)?;
    let connection = Connection::open(context, common)?;
    if !connection.own {
        return Err(Failure::new(
            Exit::Usage,
            "an availability schedule can only be made for who logged in",
            "set host.zoom_user = \"me\" and let this user log in themselves",
        ));
    }
    let mut new = body(name, zone, hours);
    new.insert(
        "segments_recurrence".to_owned(),
        weekly::changed(None, &hours.weekly),
    );
    if !hours.overrides.is_empty() {
        let segments = overrides::changed(&[], &hours.overrides, &time_zone).map_err(refused)?;
        new.insert("segments".to_owned(), json!(segments));
    }
    let made = send(&connection, Verb::Post, ALL, new).await?;
    let words = format!("{}\n", table::word(&made, "availability_id"));
    done(common, &made, &words)
}

/// Changes a schedule; what is not said stays as it is.
pub(super) async fn patch(
    context: &Context,
    id: &str,
    wish: &Wish,
    common: &Common,
) -> Result<(), Failure> {
    let hours = &wish.hours;
    let says_hours = !hours.weekly.is_empty() || !hours.overrides.is_empty() || hours.default;
    if wish.name.is_none() && wish.time_zone.is_none() && !says_hours {
        return Err(Failure::new(
            Exit::Usage,
            "nothing to change is named",
            "see `slotbridge help zoom availability patch`",
        ));
    }
    if let Some(zone) = &wish.time_zone {
        known(zone)?;
    }
    let connection = Connection::open(context, common)?;
    let as_it_is = read(&connection, id).await?;
    let changed = patched(&as_it_is, wish)?;
    let path = format!("{ALL}/{id}");
    let answer = send(&connection, Verb::Patch, &path, changed.clone()).await;
    answer.map_err(|failure| explained(&connection, failure))?;
    done(common, &Value::Object(changed), "changed\n")
}

/// The body of a PATCH.
fn patched(as_it_is: &Value, wish: &Wish) -> Result<Map<String, Value>, Failure> {
    let there = |name: &str| {
        as_it_is
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let unknown = |name| {
        let cause = format!("Zoom did not tell the {name} of this availability schedule");
        Failure::new(Exit::Attention, cause, "name it in the command")
    };
    let name = wish.name.clone().or_else(|| there("name"));
    let name = name.ok_or_else(|| unknown("name"))?;
    let zone = wish.time_zone.clone().or_else(|| there("time_zone"));
    let zone = zone.ok_or_else(|| unknown("time zone"))?;
    let hours = &wish.hours;
    let mut body = body(&name, &zone, hours);
    if !hours.weekly.is_empty() {
        let week = as_it_is.get("segments_recurrence");
        body.insert(
            "segments_recurrence".to_owned(),
            weekly::changed(week, &hours.weekly),
        );
    }
    if !hours.overrides.is_empty() {
        let there = segments(as_it_is, wish.replace_overrides)?;
        let segments = overrides::changed(there, &hours.overrides, &known(&zone)?);
        body.insert("segments".to_owned(), json!(segments.map_err(refused)?));
    }
    Ok(body)
}

/// The days that differ now. A PATCH replaces all of them, so they have to be known.
fn segments(as_it_is: &Value, replace: bool) -> Result<&[Value], Failure> {
    match as_it_is.get("segments").and_then(Value::as_array) {
        Some(segments) => Ok(segments),
        None if replace => Ok(&[]),
        None => Err(Failure::new(
            Exit::Usage,
            "Zoom does not tell which days differ already; they would be lost",
            "look at them in Zoom, name all of them with --override, and add --replace-overrides",
        )),
    }
}

/// Sends what is to be. Where Zoom takes no empty segment, a day off is its first minute, which is
/// too short for any booking.
async fn send(
    connection: &Connection,
    verb: Verb,
    path: &str,
    body: Map<String, Value>,
) -> Result<Value, Failure> {
    let whole = Value::Object(body);
    let error = match connection
        .try_ask(verb, path, &[], Some(whole.clone()))
        .await
    {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    match with_minutes(whole) {
        Some(longer) if error.kind() == Kind::Refused => {
            terminal::warn("Zoom takes no empty day: a day off stays open for its first minute");
            connection.ask(verb, path, &[], Some(longer)).await
        }
        _ => Err(error.into()),
    }
}

/// The same with every empty segment made a minute long; `None` where there is none.
fn with_minutes(mut body: Value) -> Option<Value> {
    let mut found = false;
    for segment in body.get_mut("segments")?.as_array_mut()? {
        let time = |name| segment.get(name)?.as_str()?.parse::<Timestamp>().ok();
        let (start, end) = (time("start")?, time("end")?);
        if start == end {
            found = true;
            let end = start.checked_add(1.minute()).ok()?;
            segment["end"] = json!(end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        }
    }
    found.then_some(body)
}

fn known(zone: &str) -> Result<TimeZone, Failure> {
    TimeZone::get(zone).map_err(|_| {
        Failure::new(
            Exit::Usage,
            "--time-zone: this zone is not known",
            "use an IANA name like Europe/Berlin",
        )
    })
}

fn refused(why: String) -> Failure {
    Failure::new(Exit::Attention, why, "look at the days that differ in Zoom")
}
