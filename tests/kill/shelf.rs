//! The calendar, as a person's own program sees it.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use slotbridge::domain::entry::Entry;
use slotbridge::ical::import::{Found, read};

use super::stage::Stage;

impl Stage {
    /// The names of all objects.
    pub fn names(&self) -> Vec<String> {
        let body = r#"<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>"#;
        let headers = [("Depth", "1"), ("Content-Type", "application/xml")];
        let (status, answer) = self.calendar.request("PROPFIND", "", &headers, body);
        assert_eq!(status, 207, "{answer}");
        let hrefs = answer.split("href>").filter_map(|part| {
            let path = part.split("</").next()?;
            let name = path.rsplit('/').next()?;
            name.strip_suffix(".ics")
                .is_some()
                .then(|| name.replace("%40", "@"))
        });
        hrefs.collect()
    }

    /// All objects by name.
    pub fn objects(&self) -> BTreeMap<String, String> {
        let names = self.names().into_iter();
        let read = names.filter_map(|name| Some((name.clone(), self.calendar.get(&name)?)));
        read.collect()
    }

    /// All entries of ours by name.
    pub fn entries(&self) -> BTreeMap<String, Entry> {
        let mut all = BTreeMap::new();
        for (name, text) in self.objects() {
            match read(text.as_bytes()) {
                Ok(Found::Ours(entry)) => all.insert(name, *entry),
                Ok(Found::Foreign) => panic!("{name} is a stranger:\n{text}"),
                Err(broken) => panic!("{name} is broken ({broken}):\n{text}"),
            };
        }
        all
    }

    /// A person edits an object, if it is as their program saw it; whether they did.
    pub fn edit(&self, name: &str, change: impl Fn(&str) -> String) -> bool {
        let status = self.patiently(|| {
            let (status, answer) = self.calendar.request("GET", name, &[], "");
            let Some((head, text)) = answer.split_once("\r\n\r\n").filter(|_| status == 200) else {
                return (status, answer);
            };
            let unfolded = text.replace("\r\n ", "");
            let headers = [
                ("Content-Type", "text/calendar; charset=utf-8"),
                ("If-Match", etag(head)),
            ];
            self.calendar
                .request("PUT", name, &headers, &change(&unfolded))
        });
        !matches!(status, 404 | 412)
    }

    /// A person deletes an object, if it is there; whether they did.
    pub fn delete(&self, name: &str) -> bool {
        self.patiently(|| self.calendar.request("DELETE", name, &[], "")) != 404
    }

    /// Asks again where the server was in trouble: Xandikos is, when two write at once.
    fn patiently(&self, ask: impl Fn() -> (u16, String)) -> u16 {
        const TRIES: u32 = 200;
        for _ in 0..TRIES {
            let (status, answer) = ask();
            if status < 500 && status != 423 {
                let expected = (200..300).contains(&status) || matches!(status, 404 | 412);
                assert!(expected, "{answer}");
                return status;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("no edit is taken:\n{}", self.calendar.log());
    }
}

fn etag(head: &str) -> &str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let found = lines.find(|(name, _)| name.eq_ignore_ascii_case("etag"));
    found.map(|(_, value)| value).unwrap()
}
