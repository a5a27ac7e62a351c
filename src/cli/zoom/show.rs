//! What Zoom answers, for a person.

use serde_json::Value;

use super::super::terminal;
use super::typed::Typed;
use super::{availability, pages, table};
use crate::adapters::zoom::operations::Operation;
use crate::app::failure::Failure;

/// The deepest that an answer is told.
const DEEPEST: usize = 8;

/// Prints one thing, as JSON or for a person.
///
/// # Errors
/// When stdout cannot be written.
pub(super) fn one(typed: &Typed, answer: &Value) -> Result<(), Failure> {
    if typed.common.json {
        return terminal::print_json(answer);
    }
    let text = match typed.operation.resource {
        "availability" => availability::told(answer),
        "schedules" if answer.get("slug").is_some() => table::lines(&pages::told(answer)),
        _ => table::lines(&members(answer)),
    };
    terminal::print(&text)
}

/// A list as a table, with a head.
pub(super) fn rows(operation: &Operation, items: &[Value]) -> Vec<Vec<String>> {
    let columns: &[(&str, &str)] = match operation.resource {
        "availability" => return availability::rows(items),
        "schedules" => return pages::rows(items),
        "teams" => &[
            ("id", "/team_id"),
            ("members", "/member_count"),
            ("name", "/name"),
            ("zone", "/timezone"),
        ],
        _ => &[
            ("id", "/event_id"),
            ("start", "/start_date_time"),
            ("status", "/status"),
            ("name", "/summary"),
            ("first attendee", "/attendees/0/display_name"),
        ],
    };
    let head = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let row = |item: &Value| {
        let cell = |(_, place): &(&str, &str)| item.pointer(place).map_or_else(String::new, words);
        columns.iter().map(cell).collect()
    };
    std::iter::once(head).chain(items.iter().map(row)).collect()
}

/// Every member of an answer with where it stands.
fn members(answer: &Value) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    tell(&mut lines, "", answer, 0);
    lines
}

fn tell(lines: &mut Vec<Vec<String>>, place: &str, value: &Value, depth: usize) {
    let deeper = depth < DEEPEST;
    match value {
        Value::Object(all) if deeper && !all.is_empty() => {
            for (name, value) in all {
                let name = table::tame(name);
                let dot = if place.is_empty() { "" } else { "." };
                tell(lines, &format!("{place}{dot}{name}"), value, depth + 1);
            }
        }
        Value::Array(all) if deeper && all.iter().any(|one| one.is_object() || one.is_array()) => {
            for (number, value) in (1_u32..).zip(all) {
                tell(lines, &format!("{place}[{number}]"), value, depth + 1);
            }
        }
        Value::Null => {}
        other => lines.push(vec![format!("{place}:"), words(other)]),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => table::tame(text),
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        Value::Object(all) if all.is_empty() => "none".to_owned(),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(words).collect();
            all.join(", ")
        }
        Value::Null => String::new(),
        other => table::tame(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_member_is_told_with_its_place() {
        let answer = json!({
            "status": "confirmed\u{7}", "guests": [], "nothing": null, "tags": ["a", 2],
            "attendees": [{"email": "x"}, {"email": "y", "deep": {"no_show": false}}],
        });
        let told = table::lines(&members(&answer));
        let expected = "attendees[1].email:         x\n\
                        attendees[2].deep.no_show:  false\n\
                        attendees[2].email:         y\n\
                        guests:                     none\n\
                        status:                     confirmed\u{fffd}\n\
                        tags:                       a, 2\n";
        assert_eq!(told, expected);
    }
}
