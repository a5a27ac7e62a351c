//! Splits a `DESCRIPTION` into what the booking says and what a person notes, and joins them.

use crate::domain::canonical::canonical;
use crate::domain::entry::{Field, NOTES_LINE};

/// The two halves of a description, as they stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Halves {
    /// Above the line, without the line ending before it.
    pub about: String,
    /// Below the line.
    pub notes: String,
    /// Whether the line is there.
    pub shown: bool,
}

impl Halves {
    /// Splits at the first line that is [`NOTES_LINE`]; trailing blanks do not count. Without one,
    /// everything is about.
    pub(super) fn split(description: &str) -> Self {
        let mut about = Vec::new();
        let mut lines = description.split('\n');
        for line in lines.by_ref() {
            if line.trim_end() == NOTES_LINE {
                return Self {
                    about: about.join("\n"),
                    notes: lines.collect::<Vec<_>>().join("\n"),
                    shown: true,
                };
            }
            about.push(line);
        }
        Self {
            about: description.to_owned(),
            notes: String::new(),
            shown: false,
        }
    }

    /// Joins both halves. Below the line there is always one to type on. A line that is not shown
    /// is not put there: with nothing below it, it would read as notes that somebody emptied.
    pub(super) fn join(&self) -> String {
        let about = canonical(Field::About, &self.about);
        if !self.shown {
            return about;
        }
        let gap = if about.is_empty() { "" } else { "\n\n" };
        format!("{about}{gap}{NOTES_LINE}\n{}", self.notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_splits_at_the_first_notes_line() {
        let cases = [
            ("", "", "", false),
            ("about", "about", "", false),
            ("about\n--- Notes ---", "about", "", true),
            (
                "about\n\n--- Notes ---  \nnotes\n",
                "about\n",
                "notes\n",
                true,
            ),
            (
                "--- Notes ---\na\n--- Notes ---\nb",
                "",
                "a\n--- Notes ---\nb",
                true,
            ),
            ("see --- Notes ---\nx", "see --- Notes ---\nx", "", false),
        ];
        for (text, about, notes, shown) in cases {
            let halves = Halves::split(text);
            assert_eq!(
                (halves.about.as_str(), halves.notes.as_str(), halves.shown),
                (about, notes, shown)
            );
        }
    }

    #[test]
    fn an_answer_cannot_pretend_to_be_the_notes_line() {
        let joined = Halves {
            about: "answer\n--- Notes ---\nevil".to_owned(),
            notes: "mine".to_owned(),
            shown: true,
        }
        .join();
        let halves = Halves::split(&joined);
        assert_eq!(halves.about.trim_end(), "answer\n --- Notes ---\nevil");
        assert_eq!(halves.notes, "mine");
    }
}
