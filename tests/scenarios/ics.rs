//! Reads and edits entries as a person's calendar program would, line by line; knows nothing of
//! the product's own iCalendar layer.

/// The line below which notes stand.
pub const NOTES: &str = "--- Notes ---";

/// The content lines of a text, unfolded.
pub fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let text = text.replace("\n ", "").replace("\n\t", "");
    text.lines().map(str::to_owned).collect()
}

/// The content lines of the event itself, without its alarms.
pub fn event(text: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let mut inside = false;
    let mut found = Vec::new();
    for line in lines(text) {
        if line == "BEGIN:VEVENT" {
            inside = true;
        } else if line == "END:VEVENT" {
            inside = false;
        } else if line.starts_with("BEGIN:") {
            depth += i32::from(inside);
        } else if line.starts_with("END:") {
            depth -= i32::from(inside);
        } else if inside && depth == 0 {
            found.push(line);
        }
    }
    found
}

/// The lines of the event with this property.
pub fn all(text: &str, name: &str) -> Vec<String> {
    let mut found = event(text);
    found.retain(|line| is(line, name));
    found
}

/// The value of a property of the event, unescaped.
pub fn value(text: &str, name: &str) -> Option<String> {
    let found = all(text, name);
    assert!(found.len() <= 1, "{name} more than once in\n{text}");
    let line = found.into_iter().next()?;
    let (_, value) = line.split_once(':')?;
    Some(unescaped(value))
}

/// What stands below the notes line; `None` where there is no such line.
pub fn notes(text: &str) -> Option<String> {
    let description = value(text, "DESCRIPTION")?;
    let mut below = description.lines().skip_while(|line| *line != NOTES);
    below.next()?;
    Some(below.collect::<Vec<_>>().join("\n"))
}

/// The text with other notes.
pub fn with_notes(text: &str, notes: &str) -> String {
    let description = value(text, "DESCRIPTION").unwrap_or_default();
    let above = description.lines().take_while(|line| *line != NOTES);
    let above: Vec<&str> = above.collect();
    let description = format!("{}\n{NOTES}\n{notes}", above.join("\n"));
    with(text, &format!("DESCRIPTION:{}", escaped(&description)))
}

/// The text with this line in place of those of the same property.
pub fn with(text: &str, line: &str) -> String {
    let name = line.split([':', ';']).next().unwrap_or_default();
    adding(&without(text, name), line)
}

/// The text with a line, or more, at the end of the event.
pub fn adding(text: &str, more: &str) -> String {
    let mut out = String::new();
    for line in lines(text) {
        if line == "END:VEVENT" {
            more.lines().for_each(|line| out.push_str(&folded(line)));
        }
        out.push_str(&folded(&line));
    }
    out
}

/// The text without a property of the event.
pub fn without(text: &str, name: &str) -> String {
    let gone = all(text, name);
    let kept = lines(text).into_iter().filter(|line| !gone.contains(line));
    kept.map(|line| folded(&line)).collect()
}

/// An event of somebody else.
pub fn foreign(uid: &str, title: &str, start: jiff::Timestamp) -> String {
    let start = start.strftime("%Y%m%dT%H%M%SZ");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//somebody//else//EN\r\nBEGIN:VEVENT\r\n\
         UID:{uid}\r\nDTSTAMP:20261121T090000Z\r\nDTSTART:{start}\r\nDURATION:PT45M\r\n\
         SUMMARY:{title}\r\nX-THEIRS;X-ODD=\"a,b\":yes\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn is(line: &str, name: &str) -> bool {
    let head = line.split([':', ';']).next().unwrap_or_default();
    head.eq_ignore_ascii_case(name)
}

/// Folded at 70 octets (RFC 5545 section 3.1), never inside a character.
fn folded(line: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for c in line.chars() {
        if width + c.len_utf8() > 70 {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out + "\r\n"
}

fn unescaped(value: &str) -> String {
    let mut out = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace('\n', "\\n")
}
