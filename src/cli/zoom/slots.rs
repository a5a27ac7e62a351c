//! `slotbridge zoom slots`: what an invitee can book on a page now.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::super::{Context, terminal};
use super::connection::Connection;
use super::table;
use super::typed::{Typed, instant};
use crate::app::failure::{Exit, Failure};

pub(super) async fn run(context: &Context, typed: &Typed) -> Result<Exit, Failure> {
    let from = typed.time("from").unwrap_or_else(|| context.clock.now());
    let to = match typed.time("to") {
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
    let mut request = typed.request(None, None)?;
    let window = [("from", from), ("to", to)];
    request
        .query
        .retain(|(name, _)| !["from", "to"].contains(name));
    let window = window.map(|(name, time)| (name, instant(time)));
    request.query.extend(window);
    let connection = Connection::open(context, &typed.common)?;
    let answer = connection.ask(typed.operation, &request).await?;
    if typed.common.json {
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
