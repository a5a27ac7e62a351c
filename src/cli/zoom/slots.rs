//! `slotbridge zoom slots`: what an invitee can book on a page now.

use std::collections::BTreeMap;

use clap::Args;
use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::super::{Context, terminal};
use super::connection::Connection;
use super::{Common, table};
use crate::adapters::zoom::raw::Verb;
use crate::app::failure::{Exit, Failure};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The last part of the page's address
    slug: String,
    /// From this time on (RFC 3339); now, if not said
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Before this time (RFC 3339); a week later, if not said
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Show times in this zone (an IANA name); the page's own, if not said
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let from = arguments.from.unwrap_or_else(|| context.clock.now());
    let to = match arguments.to {
        Some(to) => to,
        None => from
            .saturating_add((7 * 24).hours())
            .unwrap_or(Timestamp::MAX),
    };
    if from >= to {
        return Err(Failure::new(
            Exit::Usage,
            "--from is not before --to",
            "name a later time for --to",
        ));
    }
    let instant = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut query = vec![
        ("from".to_owned(), instant(from)),
        ("to".to_owned(), instant(to)),
    ];
    query.extend(
        arguments
            .time_zone
            .iter()
            .map(|zone| ("time_zone".to_owned(), zone.clone())),
    );
    let connection = Connection::open(context, &arguments.common)?;
    let path = format!("/scheduler/schedules/{}/available_times", arguments.slug);
    let answer = connection.ask(Verb::Get, &path, &query, None).await?;
    if arguments.common.json {
        terminal::print_json(&answer)?;
        return Ok(Exit::Done);
    }
    let days = days(&answer);
    if days.is_empty() {
        terminal::print("nothing can be booked in this time\n")?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = days
        .into_iter()
        .map(|(day, times)| vec![day, times.join(" ")])
        .collect();
    terminal::print(&table::lines(&rows))?;
    Ok(Exit::Done)
}

/// The starts by day, on the wall clock on which they are told. Zoom's document does not know this
/// answer, so any `start_time` in it is one.
fn days(answer: &Value) -> BTreeMap<String, Vec<String>> {
    let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut waiting = vec![answer];
    let mut starts = Vec::new();
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(all) => waiting.extend(all),
            Value::Object(all) => {
                let start = all.get("start_time").and_then(Value::as_str);
                starts.extend(start.and_then(wall_clock));
                waiting.extend(all.values());
            }
            _ => {}
        }
    }
    starts.sort_unstable();
    starts.dedup();
    for start in starts {
        let day = start.strftime("%Y-%m-%d %a").to_string();
        let times = days.entry(day).or_default();
        times.push(start.strftime("%H:%M").to_string());
    }
    days
}

/// What stands before the offset.
fn wall_clock(text: &str) -> Option<DateTime> {
    text.get(..19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn starts_are_told_by_day_wherever_they_stand_in_the_answer() {
        let spots = json!([{"start_time": "2026-11-23T10:00:00+01:00"}, {"start_time": "2026-11-23T09:30:00+01:00"}]);
        let answer =
            json!({"x": 1, "days": [{"date": "y", "spots": spots}, {"start_time": "soon"}]});
        let told = days(&answer);
        let expected = [(
            "2026-11-23 Mon".to_owned(),
            vec!["09:30".to_owned(), "10:00".to_owned()],
        )];
        assert_eq!(told, BTreeMap::from(expected));
    }
}
