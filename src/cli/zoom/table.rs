//! Tables for people: columns under each other, words of others made tame.

use serde_json::Value;

/// Rows of cells as lines of text, each column as wide as its widest cell.
pub(super) fn lines(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A text that Zoom answered; empty where there is none. Control characters, which could drive the
/// terminal, are replaced.
pub(super) fn word(value: &Value, name: &str) -> String {
    let text = match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    tame(&text)
}

/// The same without control characters.
pub(super) fn tame(text: &str) -> String {
    let tame = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    text.chars().map(tame).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_stand_under_each_other_and_words_are_tame() {
        let rows = [
            vec!["a".to_owned(), "b".to_owned()],
            vec!["long".to_owned(), String::new()],
        ];
        assert_eq!(lines(&rows), "a     b\nlong\n");
        assert_eq!(word(&json!({"name": "a\u{1b}[2J"}), "name"), "a\u{fffd}[2J");
        assert_eq!(word(&json!({"minutes": 30}), "minutes"), "30");
        assert_eq!(word(&json!({}), "name"), "");
    }
}
