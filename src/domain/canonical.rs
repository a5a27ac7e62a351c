//! The one form in which a field's text is compared, so that what a calendar cannot carry (a
//! control character, a CR, blanks at the end) is not taken for a change when it is missing later.

use super::entry::{Field, NOTES_LINE};

/// The text as an entry gives it back after it was written there. Applying it twice is applying it
/// once.
#[must_use]
pub fn canonical(field: Field, text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let writable = |c: &char| !c.is_ascii_control() || matches!(c, '\t' | '\n');
    let clean: String = lines.chars().filter(writable).collect();
    match field {
        Field::About => guarded(clean.trim_end()),
        // Whoever types below the line often leaves an empty one first.
        Field::Notes => clean.trim_start_matches('\n').trim_end().to_owned(),
        Field::Summary | Field::Location | Field::Time => clean.trim().to_owned(),
        Field::Url => address(&clean),
        // Radicale 3.9 cuts the value of a property that it does not know at the first comma.
        Field::Conference => address(&clean).replace(',', "%2C").replace(';', "%3B"),
        Field::Status => clean.trim().to_ascii_uppercase(),
        Field::Attendees => {
            let mut lines: Vec<&str> = clean.lines().map(str::trim).collect();
            lines.retain(|line| !line.is_empty());
            lines.sort_unstable();
            lines.dedup();
            lines.join("\n")
        }
    }
}

/// An address is one line without blanks around it, and a backslash is no part of one: servers that
/// take it for TEXT would read it as an escape.
fn address(text: &str) -> String {
    let line: String = text.chars().filter(|c| !matches!(c, '\n' | '\t')).collect();
    line.trim().replace('\\', "%5C")
}

/// The text with each line that would be taken for [`NOTES_LINE`] moved in by a blank: an answer
/// of the booking form must not turn what follows it into notes.
fn guarded(about: &str) -> String {
    about
        .split('\n')
        .map(|line| {
            if line.trim_end() == NOTES_LINE {
                format!(" {line}")
            } else {
                line.to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_calendar_cannot_carry_is_no_difference() {
        let cases = [
            (Field::Notes, "\n a\r\nb \u{1}\n\n", " a\nb"),
            (Field::About, "x\n--- Notes ---\ny", "x\n --- Notes ---\ny"),
            (Field::Summary, " Intro: Bob\r\n", "Intro: Bob"),
            (
                Field::Url,
                "https://x.test/a\r\nb\\c ",
                "https://x.test/ab%5Cc",
            ),
            (
                Field::Conference,
                "https://x.test/?p=a,b;c",
                "https://x.test/?p=a%2Cb%3Bc",
            ),
            (Field::Status, "confirmed", "CONFIRMED"),
            (
                Field::Attendees,
                "b <b@x>\n\na <a@x>\nb <b@x>",
                "a <a@x>\nb <b@x>",
            ),
        ];
        for (field, text, expected) in cases {
            let once = canonical(field, text);
            assert_eq!(once, expected);
            assert_eq!(canonical(field, &once), once);
        }
    }
}
