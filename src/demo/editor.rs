//! What a person does to a calendar directory with a text editor and a file manager: nothing here
//! knows how slotbridge reads or writes entries.

use std::io::{self, Write as _};
use std::path::Path;

use crate::domain::entry::NOTES_LINE;

const ALARM: [&str; 5] = [
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "DESCRIPTION:Reminder",
    "TRIGGER:-PT10M",
    "END:VALARM",
];

/// Adds an alarm ten minutes before the start.
///
/// # Errors
/// When the file cannot be read or written.
pub fn add_alarm(file: &Path) -> io::Result<()> {
    edit(file, |line| match line {
        "END:VEVENT" => ALARM
            .iter()
            .chain(&["END:VEVENT"])
            .map(ToString::to_string)
            .collect(),
        line => vec![line.to_owned()],
    })
}

/// Writes one line of notes below the notes line.
///
/// # Errors
/// When the file cannot be read or written.
pub fn write_notes(file: &Path, notes: &str) -> io::Result<()> {
    // Commas and semicolons are escaped in a text (RFC 5545 section 3.3.11).
    let notes = notes.replace(',', "\\,").replace(';', "\\;");
    let mut in_alarm = false;
    edit(file, |line| {
        in_alarm = match line {
            "BEGIN:VALARM" => true,
            "END:VALARM" => false,
            _ => in_alarm,
        };
        // An alarm has a description of its own.
        if in_alarm || !line.starts_with("DESCRIPTION") {
            return vec![line.to_owned()];
        }
        let separator = if !line.contains(NOTES_LINE) {
            format!("\\n\\n{NOTES_LINE}\\n")
        } else if line.ends_with("\\n") {
            String::new()
        } else {
            "\\n".to_owned()
        };
        vec![format!("{line}{separator}{notes}")]
    })
}

/// Whether somebody has added an alarm.
#[must_use]
pub fn has_alarm(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.contains("BEGIN:VALARM"))
}

/// Puts the edited text in place of the old one, as editors save: a new file, renamed.
fn edit(file: &Path, change: impl FnMut(&str) -> Vec<String>) -> io::Result<()> {
    // A folded line continues with a blank (RFC 5545 section 3.1).
    let text = std::fs::read_to_string(file)?.replace("\r\n ", "");
    let lines: Vec<String> = text.lines().flat_map(change).collect();
    let directory = file.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new()
        .prefix(".")
        .suffix("~")
        .tempfile_in(directory)?;
    new.write_all((lines.join("\r\n") + "\r\n").as_bytes())?;
    new.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_changes_what_it_was_asked_to_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.ics");
        let text = "BEGIN:VEVENT\r\nDESCRIPTION:Bo\r\n b\r\nX-A:1\r\nEND:VEVENT\r\n";
        std::fs::write(&file, text).unwrap();
        add_alarm(&file).unwrap();
        write_notes(&file, "One, two").unwrap();
        assert!(has_alarm(&file));
        let text = std::fs::read_to_string(&file).unwrap();
        let alarm = ALARM.join("\r\n");
        assert_eq!(
            text,
            format!(
                "BEGIN:VEVENT\r\nDESCRIPTION:Bob\\n\\n--- Notes ---\\nOne\\, two\r\nX-A:1\r\n{alarm}\r\nEND:VEVENT\r\n"
            )
        );
    }
}
