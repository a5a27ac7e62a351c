//! ical
pub mod import {
    use crate::domain::entry::*;
    use crate::domain::ids::*;
    pub enum Found {
        Ours(Box<Entry>),
        Foreign,
    }
    #[derive(Debug)]
    pub struct Broken(pub String);
    pub fn read(bytes: &[u8]) -> Result<Found, Broken> {
        let text = std::str::from_utf8(bytes).map_err(|e| Broken(e.to_string()))?;
        let line = |name: &str| {
            text.lines()
                .find_map(|l| l.trim_end().strip_prefix(name).map(str::to_owned))
        };
        let Some(uid) = line("UID:") else {
            return Err(Broken("no UID".into()));
        };
        let uid = Uid::new(uid);
        if uid.first_booking().is_none() {
            return Ok(Found::Foreign);
        }
        let mut fields = Fields::default();
        fields.set(Field::Summary, line("SUMMARY:").unwrap_or_default());
        Ok(Found::Ours(Box::new(Entry {
            uid,
            fields,
            event_id: None,
            host: None,
            sequence: line("SEQUENCE:").and_then(|s| s.parse().ok()).unwrap_or(0),
            base: Base::default(),
        })))
    }
}
pub mod export {
    use super::import::Broken;
    use crate::domain::entry::*;
    pub fn create(draft: &Draft) -> String {
        let e = &draft.entry;
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:{}\r\nDTSTAMP:20261121T100000Z\r\nDTSTART:20261121T100000Z\r\nDTEND:20261121T103000Z\r\nSUMMARY:{}\r\nSEQUENCE:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            e.uid,
            e.fields.get(Field::Summary),
            e.sequence
        )
    }
    pub fn edit(bytes: &[u8], edit: &Edit) -> Result<Vec<u8>, Broken> {
        let text = std::str::from_utf8(bytes).map_err(|e| Broken(e.to_string()))?;
        let mut out = String::new();
        for l in text.lines() {
            let l = l.trim_end();
            match edit.set.get(&Field::Summary) {
                Some(v) if l.starts_with("SUMMARY:") => out.push_str(&format!("SUMMARY:{v}")),
                _ => out.push_str(l),
            }
            out.push_str("\r\n");
        }
        Ok(out.into_bytes())
    }
}
