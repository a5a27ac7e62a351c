//! `slotbridge zoom availability create` and `patch`.

use clap::FromArgMatches;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::super::super::{Context, terminal};
use super::super::command::REPLACE;
use super::super::connection::Connection;
use super::super::typed::{Typed, known, nothing_named};
use super::super::{overrides, table, weekly};
use super::{Hours, body, done, explained, read};
use crate::adapters::zoom::raw::Request;
use crate::app::failure::{Exit, Failure};
use crate::ports::error::Kind;

/// What a PATCH is to change.
struct Wish {
    name: Option<String>,
    time_zone: Option<String>,
    hours: Hours,
    replace_overrides: bool,
}

impl Wish {
    fn of(typed: &Typed) -> Result<Self, Failure> {
        let hours = Hours::from_arg_matches(&typed.arguments);
        let hours = hours.map_err(|error| {
            Failure::new(
                Exit::Usage,
                error,
                "the same command with --help names its options",
            )
        })?;
        let text = |option| typed.text(option).map(str::to_owned);
        Ok(Self {
            name: text("name"),
            time_zone: text("time-zone"),
            hours,
            replace_overrides: typed.says(REPLACE),
        })
    }

    fn is_empty(&self) -> bool {
        let hours = &self.hours;
        let says_hours = !hours.weekly.is_empty() || !hours.overrides.is_empty() || hours.default;
        self.name.is_none() && self.time_zone.is_none() && !says_hours
    }
}

/// Makes a schedule. Zoom makes it for who logged in, whoever the host is.
pub(in crate::cli::zoom) async fn create(
    context: &Context,
    typed: &Typed,
) -> Result<Exit, Failure> {
    let wish = Wish::of(typed)?;
    let zone = wish.time_zone.unwrap_or_default();
    let (time_zone, hours) = (known(&zone)?, wish.hours);
    let connection = Connection::open(context, &typed.common)?;
    connection.ensure_own()?;
    let mut new = body(&wish.name.unwrap_or_default(), &zone, &hours);
    new.insert(
        "segments_recurrence".to_owned(),
        weekly::changed(None, &hours.weekly),
    );
    if !hours.overrides.is_empty() {
        let segments = overrides::changed(&[], &hours.overrides, &time_zone).map_err(refused)?;
        new.insert("segments".to_owned(), json!(segments));
    }
    let made = send(&connection, typed, Vec::new(), new).await?;
    let words = format!("{}\n", table::word(&made, "availability_id"));
    done(&typed.common, &made, &words)
}

/// Changes a schedule; what is not said stays as it is.
pub(in crate::cli::zoom) async fn patch(context: &Context, typed: &Typed) -> Result<Exit, Failure> {
    let wish = Wish::of(typed)?;
    if wish.is_empty() {
        return Err(nothing_named());
    }
    wish.time_zone.as_deref().map(known).transpose()?;
    let ids: Vec<(&str, String)> = typed
        .text("ID")
        .map(|id| ("availabilityId", id.to_owned()))
        .into_iter()
        .collect();
    let connection = Connection::open(context, &typed.common)?;
    let as_it_is = read(&connection, &ids).await?;
    let changed = patched(&as_it_is, &wish)?;
    let answer = send(&connection, typed, ids, changed.clone()).await;
    answer.map_err(|failure| explained(&connection, failure))?;
    done(&typed.common, &Value::Object(changed), "changed\n")
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
    typed: &Typed,
    ids: Vec<(&'static str, String)>,
    body: Map<String, Value>,
) -> Result<Value, Failure> {
    let whole = Value::Object(body);
    let mut request = Request {
        ids,
        body: Some(whole.clone()),
        ..Request::default()
    };
    let error = match connection.try_ask(typed.operation, &request).await {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    match with_minutes(whole) {
        Some(longer) if error.kind() == Kind::Refused => {
            terminal::warn("Zoom takes no empty day: a day off stays open for its first minute");
            request.body = Some(longer);
            connection.ask(typed.operation, &request).await
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

fn refused(why: String) -> Failure {
    Failure::new(Exit::Attention, why, "look at the days that differ in Zoom")
}
