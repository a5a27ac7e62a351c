//! Escapes and unescapes TEXT values (RFC 5545 section 3.3.11).

/// Escapes a text for a TEXT value. Line endings become `\n`; other control characters but the tab
/// are left out, because no calendar can carry them.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in normal_lines(text).chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            ';' => out.push_str("\\;"),
            ',' => out.push_str("\\,"),
            '\n' => out.push_str("\\n"),
            c if is_unwritable(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Reads a TEXT value. An escape that the RFC does not know stays as it is, except for `\:` and
/// `\"`, which some servers write.
#[must_use]
pub fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n' | 'N') => out.push('\n'),
            Some(plain @ ('\\' | ';' | ',' | ':' | '"')) => out.push(plain),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

/// CRLF and lone CR as LF.
#[must_use]
pub fn normal_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// A text on one line: line endings become spaces, control characters go.
#[must_use]
pub fn one_line(text: &str) -> String {
    normal_lines(text)
        .chars()
        .map(|c| if c == '\n' { ' ' } else { c })
        .filter(|c| !is_unwritable(*c))
        .collect()
}

/// Whether a character has no place in iCalendar text (RFC 5545 section 3.1: CONTROL).
fn is_unwritable(c: char) -> bool {
    c.is_ascii_control() && c != '\t' && c != '\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_reads_back() {
        for text in [
            "",
            "plain",
            "a;b,c:d",
            "back\\slash",
            "C:\\next",
            "two\nlines\n",
            "tab\there",
            "ünïcode 🎉",
            "\\",
            "\\n",
        ] {
            assert_eq!(unescape(&escape(text)), text);
        }
    }

    #[test]
    fn line_endings_and_control_characters_cannot_leave_the_value() {
        assert_eq!(escape("a\r\nb\rc\u{0}\u{b}\u{7f}d"), "a\\nb\\ncd");
        assert_eq!(one_line("a\r\nATTENDEE:x\u{1}"), "a ATTENDEE:x");
    }

    #[test]
    fn unknown_escapes_stay() {
        assert_eq!(unescape("tab\\tend\\"), "tab\\tend\\");
        assert_eq!(unescape("a\\:b\\Nc"), "a:b\nc");
    }
}
