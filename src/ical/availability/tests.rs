//! Texts as people and programs write them, and what is read and written of them.

use super::laws::reader;
use super::read;
use crate::domain::hours::Hours;

mod layers;
mod slots;
mod writing;
mod zones;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

fn calendar(inner: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{inner}\nEND:VCALENDAR\n")
}

fn base(inner: &str) -> String {
    calendar(&format!(
        "BEGIN:VAVAILABILITY\nUID:b\n{inner}\nEND:VAVAILABILITY"
    ))
}

fn slot(lines: &str) -> String {
    format!("BEGIN:AVAILABLE\nUID:s\n{lines}\nEND:AVAILABLE\n")
}

/// `zone; Mon 09:00-17:00; 2026-12-24 off; [what is left out]`: days off in the week say nothing.
fn words(hours: &Hours, left_out: &[String]) -> String {
    let mut all = vec![hours.zone.clone()];
    for (name, day) in DAYS.iter().zip(&hours.week.0) {
        if !day.is_off() {
            all.push(format!("{name} {day}"));
        }
    }
    for (date, day) in &hours.overrides {
        all.push(format!("{date} {day}"));
    }
    all.extend(left_out.iter().map(|words| format!("[{words}]")));
    all.join("; ")
}

fn said(text: &str, zone: &str) -> String {
    match read(text.as_bytes(), reader(zone)) {
        Ok(Some(found)) => words(&found.hours, &found.left_out),
        Ok(None) => "none".to_owned(),
        Err(broken) => format!("broken: {broken}"),
    }
}

const BERLIN: &str =
    "DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:20260105T170000";
