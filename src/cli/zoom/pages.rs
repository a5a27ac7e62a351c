//! Booking pages: told to a person, and read back after they were written.

use serde_json::{Map, Value};

use super::super::terminal;
use super::connection::Connection;
use super::typed::Typed;
use super::{show, table};
use crate::adapters::zoom::operations;
use crate::adapters::zoom::raw::Request;
use crate::app::failure::{Exit, Failure};

/// What Zoom wants to be told twice, and shows once or not at all (FACTS.md section 2).
const NOT_SHOWN: [&str; 3] = ["start", "end", "type"];

/// Prints the page that was made or changed. Zoom takes some wishes and forgets them (FACTS.md
/// section 2), so it is read back, and what was not kept is said.
///
/// # Errors
/// When stdout cannot be written.
pub(super) async fn made(
    connection: &Connection,
    typed: &Typed,
    request: &Request,
    answer: Value,
) -> Result<Exit, Failure> {
    let asked = request.body.as_ref().and_then(Value::as_object);
    let slug = [Some(&answer), request.body.as_ref()]
        .into_iter()
        .flatten()
        .find_map(|said| said.get("slug")?.as_str());
    let id = request.ids.first().map(|(_, id)| id.as_str());
    let (Some(get), Some(slug)) = (operations::find("schedules", "get"), slug.or(id)) else {
        show::one(typed, &answer)?;
        return Ok(unread("Zoom did not tell the page's address"));
    };
    let again = Request {
        ids: vec![("scheduleId", slug.to_owned())],
        query: request.query.clone(),
        body: None,
    };
    let page = match connection.ask(get, &again).await {
        Ok(page) => page,
        Err(failure) => {
            show::one(typed, &answer)?;
            return Ok(unread(&failure.words));
        }
    };
    show::one(typed, &page)?;
    let forgotten = asked.map_or_else(Vec::new, |asked| forgotten(asked, &page));
    if forgotten.is_empty() {
        return Ok(Exit::Done);
    }
    terminal::warn(&format!(
        "Zoom took the page, but did not keep as asked: {}; look at the page in Zoom",
        forgotten.join(", ")
    ));
    Ok(Exit::Attention)
}

fn unread(why: &str) -> Exit {
    terminal::warn(&format!(
        "the page is written, but whether Zoom kept everything is not known: {why}"
    ));
    Exit::Attention
}

/// The members that are not as they were asked for.
fn forgotten(asked: &Map<String, Value>, page: &Value) -> Vec<String> {
    let kept = |(name, wish): &(&String, &Value)| {
        // A list without anything asks for nothing.
        let asks = wish.as_array().is_none_or(|wish| !wish.is_empty());
        !asks || NOT_SHOWN.contains(&name.as_str()) || is_kept(wish, page.get(name.as_str()))
    };
    let forgotten = asked.iter().filter(|member| !kept(member));
    forgotten.map(|(name, _)| table::tame(name)).collect()
}

/// Whether a wish came true; what stands besides it is Zoom's own.
fn is_kept(wish: &Value, there: Option<&Value>) -> bool {
    match (wish, there) {
        (Value::Array(wish), Some(Value::Array(there))) => {
            let mut pairs = wish.iter().zip(there);
            wish.len() == there.len() && pairs.all(|(wish, there)| is_kept(wish, Some(there)))
        }
        (Value::Object(wish), Some(there)) => wish
            .iter()
            .all(|(name, wish)| is_kept(wish, there.get(name))),
        (Value::Number(wish), Some(Value::Number(there))) => wish.as_f64() == there.as_f64(),
        (wish, Some(there)) => wish == there,
        (_, None) => false,
    }
}

/// The list of pages, with a head.
pub(super) fn rows(pages: &[Value]) -> Vec<Vec<String>> {
    let head = ["slug", "minutes", "name", "hours", "id"].map(str::to_owned);
    std::iter::once(head.to_vec())
        .chain(pages.iter().map(row))
        .collect()
}

fn row(page: &Value) -> Vec<String> {
    let word = |name| table::word(page, name);
    let id = word("schedule_id");
    vec![
        word("slug"),
        word("duration"),
        word("summary"),
        hours(page),
        id,
    ]
}

/// One page, line by line.
pub(super) fn told(page: &Value) -> Vec<Vec<String>> {
    let buffer = |name| {
        let minutes = page.get("buffer").map(|buffer| table::word(buffer, name));
        minutes
            .filter(|minutes| !minutes.is_empty())
            .unwrap_or_else(|| "0".to_owned())
    };
    let line = |name: &str, words: String| vec![format!("{name}:"), words];
    let minutes = |words: String| format!("{words} min");
    vec![
        line("name", table::word(page, "summary")),
        line("address", table::word(page, "scheduling_url")),
        line("duration", minutes(table::word(page, "duration"))),
        line("before", minutes(buffer("before"))),
        line("after", minutes(buffer("after"))),
        line("hours", hours(page)),
        line("zone", table::word(page, "time_zone")),
        line("id", table::word(page, "schedule_id")),
    ]
}

/// The availability schedules that a page offers the hours of.
fn hours(page: &Value) -> String {
    let rules = page.get("availability_rules").and_then(Value::as_array);
    let ids: Vec<String> = rules
        .into_iter()
        .flatten()
        .map(|rule| table::word(rule, "availability_id"))
        .filter(|id| !id.is_empty())
        .collect();
    if ids.is_empty() {
        "its own".to_owned()
    } else {
        ids.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_zoom_took_and_forgot_is_found() {
        let asked = json!({
            "summary": "Talk", "duration": 30, "type": "one", "availability_rules": [],
            "buffer": {"before": 5}, "pooling_type": "all", "user_pools": [{"email": "x"}],
            "segments_recurrence": {"mon": [{"start": "09:00", "end": "10:00"}], "tue": []},
            "description": "x", "segments": [],
        });
        let page = json!({
            "summary": "Talk", "duration": 30.0, "availability_rules": [{"email": "x"}],
            "buffer": {"before": 0, "after": 0}, "description": null,
            "segments_recurrence": {"mon": [{"end": "10:00", "start": "09:00"}], "tue": []},
        });
        let mut other = page.clone();
        other["segments_recurrence"]["tue"] = page["segments_recurrence"]["mon"].clone();
        assert!(!is_kept(
            &asked["segments_recurrence"],
            other.get("segments_recurrence")
        ));
        let found = asked.as_object().map(|asked| forgotten(asked, &page));
        let found = found.unwrap_or_default();
        assert_eq!(
            found,
            ["buffer", "description", "pooling_type", "user_pools"]
        );
    }
}
