//! `slotbridge zoom availability`: working hours as Zoom has them.

use clap::Args;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::super::{Context, terminal};
use super::connection::Connection;
use super::overrides::{self, Override};
use super::typed::Typed;
use super::weekly::{self, DayHours};
use super::{Common, show, table};
use crate::adapters::zoom::operations;
use crate::adapters::zoom::raw::Request;
use crate::app::failure::{Exit, Failure};

pub(super) mod write;

/// What to set.
#[derive(Debug, Args)]
pub(in crate::cli) struct Hours {
    /// Usual hours, once for each day or stretch of days: mon-fri=09:00-12:00,13:00-17:00 or sun=off
    #[arg(long = "weekly", value_name = "DAYS=HOURS")]
    weekly: Vec<DayHours>,
    /// A day that differs, once for each: 2026-12-24=off, 2026-12-24=09:00-12:00, or
    /// 2026-12-24=usual for no more
    #[arg(long = "override", value_name = "DATE=HOURS")]
    overrides: Vec<Override>,
    /// Use it where a booking page names none
    #[arg(long)]
    default: bool,
}

/// Shows one.
pub(super) async fn get(context: &Context, typed: &Typed) -> Result<Exit, Failure> {
    let request = typed.request(None, None)?;
    let connection = Connection::open(context, &typed.common)?;
    show::one(typed, &read(&connection, &request.ids).await?)?;
    Ok(Exit::Done)
}

/// One schedule. Of another user's only the list tells (FACTS.md section 2).
async fn read(connection: &Connection, ids: &[(&'static str, String)]) -> Result<Value, Failure> {
    let verb = if connection.own { "get" } else { "list" };
    let Some(operation) = operations::find("availability", verb) else {
        return Ok(Value::Null);
    };
    if connection.own {
        let request = Request {
            ids: ids.to_vec(),
            ..Request::default()
        };
        return connection.ask(operation, &request).await;
    }
    let all = connection
        .list(operation, &Request::default(), None)
        .await?;
    let is_meant = |one: &Value| {
        let id = table::word(one, "availability_id");
        ids.iter().any(|(_, wanted)| *wanted == id)
    };
    all.into_iter().find(is_meant).ok_or_else(|| {
        let id = ids.first().map_or("", |(_, id)| id);
        Failure::new(
            Exit::Attention,
            format!("there is no availability schedule {id}"),
            "see `slotbridge zoom availability list`",
        )
    })
}

/// Why something cannot be changed, with what to do where it is somebody else's.
pub(super) fn explained(connection: &Connection, mut failure: Failure) -> Failure {
    if !connection.own && failure.exit == Exit::Attention {
        failure.words.push_str(
            "\n  hint: Zoom lets an app change only the hours of who logged in: set host.zoom_user = \"me\" and let this user log in themselves",
        );
    }
    failure
}

/// Says what was done.
fn done(common: &Common, answer: &Value, words: &str) -> Result<Exit, Failure> {
    if common.json {
        terminal::print_json(answer)?;
    } else {
        terminal::print(words)?;
    }
    Ok(Exit::Done)
}

pub(super) fn rows(all: &[Value]) -> Vec<Vec<String>> {
    let head = ["id", "default", "name", "zone", "days that differ"];
    let head = head.map(str::to_owned).to_vec();
    let row = |one: &Value| {
        let default = one.get("default").and_then(Value::as_bool) == Some(true);
        let segments = one.get("segments").and_then(Value::as_array);
        let differ = match (segments, zone(one)) {
            (Some(segments), Some(zone)) => overrides::words(segments, &zone)
                .map_or_else(|_| "?".to_owned(), |days| days.len().to_string()),
            _ => "not told".to_owned(),
        };
        vec![
            table::word(one, "availability_id"),
            if default { "yes" } else { "" }.to_owned(),
            table::word(one, "name"),
            table::word(one, "time_zone"),
            differ,
        ]
    };
    std::iter::once(head).chain(all.iter().map(row)).collect()
}

/// One schedule for a person: a line for each day of the week, then the days that differ.
pub(super) fn told(one: &Value) -> String {
    let mut text = format!(
        "{} ({})\n",
        table::word(one, "name"),
        table::word(one, "time_zone")
    );
    let week = weekly::words(one.get("segments_recurrence"));
    let week: Vec<Vec<String>> = week
        .into_iter()
        .map(|(day, hours)| vec![day.to_owned(), hours])
        .collect();
    text.push_str(&table::lines(&week));
    let segments = one.get("segments").and_then(Value::as_array);
    match segments.zip(zone(one)) {
        None => text.push_str("which days differ is not told\n"),
        Some((segments, zone)) => match overrides::words(segments, &zone) {
            Ok(days) if days.is_empty() => text.push_str("no day differs\n"),
            Ok(days) => {
                text.push_str("days that differ:\n");
                let days: Vec<Vec<String>> = days
                    .into_iter()
                    .map(|(date, words)| vec![date, words])
                    .collect();
                text.push_str(&table::lines(&days));
            }
            Err(why) => {
                text.push_str(&why);
                text.push('\n');
            }
        },
    }
    text
}

/// The zone of a schedule; `None` for one that is not known.
fn zone(one: &Value) -> Option<TimeZone> {
    TimeZone::get(one.get("time_zone")?.as_str()?.trim()).ok()
}

/// What a PATCH and a POST have in common.
fn body(name: &str, zone: &str, hours: &Hours) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("name".to_owned(), json!(name));
    body.insert("time_zone".to_owned(), json!(zone));
    if hours.default {
        body.insert("default".to_owned(), json!(true));
    }
    body
}
