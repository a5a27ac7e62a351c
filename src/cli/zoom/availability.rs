//! `slotbridge zoom availability`: working hours as Zoom has them.

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::super::{Context, terminal};
use super::connection::Connection;
use super::overrides::{self, Override};
use super::weekly::{self, DayHours};
use super::{Common, table};
use crate::adapters::zoom::raw;
use crate::app::failure::{Exit, Failure};

mod write;

const ALL: &str = "/scheduler/availability";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Verb {
    /// List availability schedules
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Show the hours of one, and the days that differ
    Get {
        /// As `list` prints it
        id: String,
        #[command(flatten)]
        common: Common,
    },
    /// Make one; days that are not named are off
    Create {
        /// What it is to be called
        #[arg(long)]
        name: String,
        /// In which zone its hours are (an IANA name)
        #[arg(long, value_name = "ZONE")]
        time_zone: String,
        #[command(flatten)]
        hours: Hours,
        #[command(flatten)]
        common: Common,
    },
    /// Change one; what is not said stays as it is
    Patch {
        /// As `list` prints it
        id: String,
        /// What it is to be called
        #[arg(long)]
        name: Option<String>,
        /// In which zone its hours are (an IANA name)
        #[arg(long, value_name = "ZONE")]
        time_zone: Option<String>,
        #[command(flatten)]
        hours: Hours,
        /// Where Zoom does not tell which days differ: forget those that may be there
        #[arg(long, requires = "overrides")]
        replace_overrides: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Delete one
    Delete {
        /// As `list` prints it
        id: String,
        #[command(flatten)]
        common: Common,
    },
}

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

pub(super) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::List { common } => {
            let connection = Connection::open(context, &common)?;
            let all = connection.list(ALL, &[]).await?;
            if common.json {
                terminal::print_json(&json!({ "items": all }))?;
            } else if all.is_empty() {
                terminal::print("no availability schedules\n")?;
            } else {
                terminal::print(&table::lines(&rows(&all)))?;
            }
        }
        Verb::Get { id, common } => {
            let connection = Connection::open(context, &common)?;
            let one = read(&connection, &id).await?;
            if common.json {
                terminal::print_json(&one)?;
            } else {
                terminal::print(&told(&one))?;
            }
        }
        Verb::Create {
            name,
            time_zone,
            hours,
            common,
        } => write::create(context, &name, &time_zone, &hours, &common).await?,
        Verb::Patch {
            id,
            name,
            time_zone,
            hours,
            replace_overrides,
            common,
        } => {
            let wish = write::Wish {
                name,
                time_zone,
                hours,
                replace_overrides,
            };
            write::patch(context, &id, &wish, &common).await?;
        }
        Verb::Delete { id, common } => {
            let connection = Connection::open(context, &common)?;
            let path = format!("{ALL}/{id}");
            let answer = connection.ask(raw::Verb::Delete, &path, &[], None).await;
            answer.map_err(|failure| explained(&connection, failure))?;
            done(&common, &json!({"deleted": id}), "deleted\n")?;
        }
    }
    Ok(Exit::Done)
}

/// One schedule. Of another user's only the list tells (FACTS.md section 2).
async fn read(connection: &Connection, id: &str) -> Result<Value, Failure> {
    if connection.own {
        let path = format!("{ALL}/{id}");
        return connection.ask(raw::Verb::Get, &path, &[], None).await;
    }
    let all = connection.list(ALL, &[]).await?;
    let found = all
        .into_iter()
        .find(|one| table::word(one, "availability_id") == id);
    found.ok_or_else(|| {
        Failure::new(
            Exit::Attention,
            "there is no such availability schedule",
            "see `slotbridge zoom availability list`",
        )
    })
}

/// Why something cannot be changed, with what to do where it is somebody else's.
fn explained(connection: &Connection, mut failure: Failure) -> Failure {
    if !connection.own && failure.exit == Exit::Attention {
        failure.words.push_str(
            "\n  hint: Zoom lets an app change only the hours of who logged in: set host.zoom_user = \"me\" and let this user log in themselves",
        );
    }
    failure
}

/// Says what was done.
fn done(common: &Common, answer: &Value, words: &str) -> Result<(), Failure> {
    if common.json {
        terminal::print_json(answer)
    } else {
        terminal::print(words)
    }
}

fn rows(all: &[Value]) -> Vec<Vec<String>> {
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
fn told(one: &Value) -> String {
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
