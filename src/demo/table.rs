//! What both sides hold, as a table for a terminal of 80 columns; and its colours.

/// Whether what is printed has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Escape sequences of ECMA-48.
    Colours,
    /// Text only.
    Plain,
}

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A heading.
    Heading,
    /// What a person did.
    Person,
    /// What slotbridge did.
    Ours,
    /// Of less weight.
    Quiet,
    /// What went wrong.
    Alarm,
}

impl Paint {
    /// The text in its colour.
    #[must_use]
    pub fn tint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Heading => 1,
            Tone::Person => 36,
            Tone::Ours => 32,
            Tone::Quiet => 2,
            Tone::Alarm => 31,
        };
        match self {
            Self::Colours => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}

/// One booking, as one side holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// When, in words.
    pub when: String,
    /// Its title.
    pub title: String,
    /// How it stands.
    pub status: String,
    /// The meeting notes, and whatever else is worth showing.
    pub notes: String,
}

impl Row {
    fn cells(&self) -> [&str; 4] {
        [&self.when, &self.title, &self.status, &self.notes]
    }
}

/// Both sides, one below the other, with the same columns.
#[must_use]
pub fn both(zoom: &[Row], calendar: &[Row], paint: Paint) -> String {
    let mut widths = [0; 4];
    for row in zoom.iter().chain(calendar) {
        for (width, cell) in widths.iter_mut().zip(row.cells()) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut lines = Vec::new();
    for (title, rows) in [("Zoom holds", zoom), ("The calendar holds", calendar)] {
        lines.push(format!("   {}\n", paint.tint(Tone::Quiet, title)));
        if rows.is_empty() {
            lines.push("     nothing\n".to_owned());
        }
        for row in rows {
            let cells = row.cells().into_iter().zip(widths);
            let cells: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            lines.push(format!("     {}\n", cells.join("  ").trim_end()));
        }
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(when: &str, title: &str) -> Row {
        Row {
            when: when.to_owned(),
            title: title.to_owned(),
            status: "confirmed".to_owned(),
            notes: String::new(),
        }
    }

    #[test]
    fn both_sides_share_their_columns() {
        let zoom = [row("Tue 10:00", "Intro"), row("Wed", "Große Runde")];
        let text = both(&zoom, &[], Paint::Plain);
        assert_eq!(
            text,
            "   Zoom holds\n     Tue 10:00  Intro        confirmed\n     Wed        Große Runde  confirmed\n   \
             The calendar holds\n     nothing\n"
        );
    }

    #[test]
    fn plain_text_has_no_escape_sequences() {
        assert_eq!(Paint::Plain.tint(Tone::Ours, "x"), "x");
        assert_eq!(Paint::Colours.tint(Tone::Ours, "x"), "\u{1b}[32mx\u{1b}[0m");
    }
}
