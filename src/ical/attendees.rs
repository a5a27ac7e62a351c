//! Reads and writes `ATTENDEE` lines of ours as one comparable text.
//!
//! A line is ours when it says `SCHEDULE-AGENT=NONE`: a person's own invitations do not. Some
//! servers drop that parameter; when no line has it, and all lines together are exactly what
//! `X-SLOTBRIDGE-BASE` says was agreed, they are all ours. What a person adds on such a server makes
//! them unknown, and then they are left alone, except that a line is replaced rather than doubled.

use super::component::Component;
use super::content_line::ContentLine;
use super::text;
use crate::domain::entry::{Base, Field};

/// One attendee.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Attendee {
    name: String,
    mail: String,
}

/// The text of `Field::Attendees`.
pub(super) fn field_text(event: &Component, base: &Base) -> String {
    let lines: Vec<&ContentLine> = event
        .lines()
        .filter(|line| is_ours(line, event, base))
        .collect();
    text_of(lines.into_iter())
}

/// The lines that write this text.
pub(super) fn lines(text: &str) -> Vec<ContentLine> {
    parse(text)
        .map(|attendee| {
            let mut parameters = Vec::new();
            if !attendee.name.is_empty() {
                parameters.push(("CN", attendee.name.as_str()));
            }
            parameters.extend([
                ("ROLE", "REQ-PARTICIPANT"),
                ("PARTSTAT", "ACCEPTED"),
                ("SCHEDULE-AGENT", "NONE"),
            ]);
            let address = format!("mailto:{}", attendee.mail);
            ContentLine::with_parameters("ATTENDEE", &parameters, &address)
        })
        .collect()
}

/// Replaces our lines by those that write this text. Lines that say the same already stay as they
/// are, with what a person or a server added to them.
pub(super) fn replace(event: &mut Component, base: &Base, text: &str) {
    let wanted: Vec<Attendee> = parse(text).collect();
    let kept: Vec<Attendee> = event
        .lines()
        .filter(|line| is_ours(line, event, base))
        .map(Attendee::of_line)
        .filter(|attendee| wanted.contains(attendee))
        .collect();
    let gone: Vec<ContentLine> = event
        .lines()
        .filter(|line| line.is("ATTENDEE"))
        .filter(|line| {
            let attendee = Attendee::of_line(line);
            let same_mail = |other: &Attendee| other.mail.eq_ignore_ascii_case(&attendee.mail);
            !kept.contains(&attendee)
                && (is_ours(line, event, base) || wanted.iter().any(same_mail))
        })
        .cloned()
        .collect();
    event.remove(|line| gone.contains(line));
    for line in lines(text) {
        if !kept.contains(&Attendee::of_line(&line)) {
            event.put(line, |_| false);
        }
    }
}

fn is_ours(line: &ContentLine, event: &Component, base: &Base) -> bool {
    if !line.is("ATTENDEE") {
        return false;
    }
    let all = || event.lines().filter(|line| line.is("ATTENDEE"));
    is_marked(line)
        || (!all().any(is_marked)
            && base
                .get(Field::Attendees)
                .is_some_and(|agreed| agreed.is(&text_of(all()))))
}

fn is_marked(line: &ContentLine) -> bool {
    line.parameter_value("SCHEDULE-AGENT")
        .is_some_and(|agent| agent.eq_ignore_ascii_case("NONE"))
}

fn text_of<'a>(lines: impl Iterator<Item = &'a ContentLine>) -> String {
    let mut texts: Vec<String> = lines.map(|line| Attendee::of_line(line).text()).collect();
    texts.sort();
    texts.dedup();
    texts.join("\n")
}

fn parse(text: &str) -> impl Iterator<Item = Attendee> {
    text.lines().filter_map(|line| {
        let (name, mail) = line.trim().strip_suffix('>')?.rsplit_once('<')?;
        Some(Attendee {
            name: text::one_line(name).trim().to_owned(),
            mail: text::one_line(mail).trim().to_owned(),
        })
    })
}

impl Attendee {
    fn of_line(line: &ContentLine) -> Self {
        let value = line.value();
        let value = value.trim();
        let mail = match value.split_at_checked("mailto:".len()) {
            Some((scheme, mail)) if scheme.eq_ignore_ascii_case("mailto:") => mail,
            _ => value,
        };
        Self {
            name: line
                .parameter_value("CN")
                .map(|name| text::one_line(&name).trim().to_owned())
                .unwrap_or_default(),
            mail: mail.to_owned(),
        }
    }

    fn text(&self) -> String {
        if self.name.is_empty() {
            format!("<{}>", self.mail)
        } else {
            format!("{} <{}>", self.name, self.mail)
        }
    }
}
