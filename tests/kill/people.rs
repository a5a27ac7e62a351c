//! What invitees do in Zoom and what the host does in the calendar.

use jiff::Timestamp;
use rand::RngExt as _;
use slotbridge::demo::account::NewBooking;

use super::stage::Stage;

/// More deletions than this are held back by the guard, which is another test's business.
const WITHDRAWN: usize = 3;
const ENDED: usize = 4;

impl Stage {
    /// So many people book.
    pub fn somebody_books(&mut self, people: u32) {
        for _ in 0..people {
            self.book();
        }
    }

    /// Somebody does something.
    pub fn somebody_acts(&mut self) {
        match self.rng.random_range(0..16) {
            0..4 => self.book(),
            4..6 => self.reschedule(),
            6 => self.cancel(),
            7 => self.rename(),
            8 => self.note_in_zoom(),
            9 => self.change_place(),
            10 | 11 => self.retitle(),
            12 => self.add_line(),
            13 | 14 => self.note_in_calendar(),
            _ => self.delete_entry(),
        }
    }

    fn slot(&mut self) -> Timestamp {
        #[allow(
            clippy::disallowed_methods,
            reason = "the binary runs on real time, too"
        )]
        let now = Timestamp::now().as_second();
        let hour = now.div_euclid(3600) + self.rng.random_range(24..2400);
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn text(&mut self, kind: &str) -> String {
        self.history.counter += 1;
        format!("{kind} {}", self.history.counter)
    }

    fn book(&mut self) {
        let start = self.slot();
        let name = self.text("Bob");
        let mail = format!("{}@example.org", name.replace(' ', ""));
        self.account.book(NewBooking::new(start, &name, &mail));
    }

    fn reschedule(&mut self) {
        let Some(id) = self.a_booking() else { return };
        let start = self.slot();
        // They still stand where a withdrawn one was moved: nobody may cancel the new one.
        self.account.reschedule(&id, start).unwrap();
    }

    fn cancel(&mut self) {
        let live = self.account.live_ids();
        let entries = self.entries();
        let ids = entries.values().filter_map(|entry| entry.event_id.as_ref());
        let ended = ids.filter(|id| !live.iter().any(|live| live == id.as_str()));
        if ended.count() < ENDED
            && let Some(id) = self.a_booking()
        {
            self.account.cancel(&id);
        }
    }

    fn rename(&mut self) {
        if let Some(id) = self.a_booking() {
            let text = self.text("Renamed");
            self.account.rename_summary(&id, &text);
        }
    }

    /// Notes of every second booker come from Zoom, those of the others from the calendar, so
    /// that they are never in conflict.
    fn note_in_zoom(&mut self) {
        if let Some(id) = self.a_booking()
            && noted_in_zoom(&self.booker(&id))
        {
            let text = self.text("zoom note");
            self.account.set_notes(&id, &text);
        }
    }

    fn change_place(&mut self) {
        if let Some(id) = self.a_booking() {
            let text = self.text("Room");
            self.account.set_location(&id, text.as_str());
        }
    }

    fn retitle(&mut self) {
        let Some((name, booker)) = self.an_entry() else {
            return;
        };
        let text = self.text("own title");
        let line = format!("SUMMARY:{text}");
        if self.edit(&name, |entry| with_line(entry, "SUMMARY", &line)) {
            self.history.own.entry(booker).or_default().title = Some(text);
        }
    }

    fn add_line(&mut self) {
        let Some((name, booker)) = self.an_entry() else {
            return;
        };
        let line = self.text("X-OWN").replace(' ', "-") + ":kept";
        let end = format!("{line}\r\nEND:VEVENT");
        if self.edit(&name, |entry| with_line(entry, "END:VEVENT", &end)) {
            self.history.own.entry(booker).or_default().lines.push(line);
        }
    }

    fn note_in_calendar(&mut self) {
        let Some((name, booker)) = self.an_entry() else {
            return;
        };
        if noted_in_zoom(&booker) {
            return;
        }
        let text = self.text("calendar note");
        self.edit(&name, |entry| {
            let lines = entry
                .lines()
                .map(|line| match line.split_once("--- Notes ---") {
                    Some((head, _)) => format!("{head}--- Notes ---\\n{text}\r\n"),
                    None => format!("{line}\r\n"),
                });
            lines.collect()
        });
    }

    fn delete_entry(&mut self) {
        let live = self.account.live_ids();
        let withdrawn = live
            .iter()
            .filter(|id| self.history.withdrawn.contains(*id));
        if withdrawn.count() >= WITHDRAWN {
            return;
        }
        let Some((name, booker)) = self.an_entry() else {
            return;
        };
        let Some(id) = self
            .entries()
            .get(&name)
            .and_then(|entry| entry.event_id.clone())
        else {
            return;
        };
        if self.delete(&name) {
            // Whatever they made of it went with it.
            self.history.own.remove(&booker);
            self.history.withdrawn.insert(id.as_str().to_owned());
        }
    }

    fn a_booking(&mut self) -> Option<String> {
        let all = self.account.live_ids();
        (!all.is_empty()).then(|| all[self.rng.random_range(0..all.len())].clone())
    }

    /// The name of an entry, and who booked.
    fn an_entry(&mut self) -> Option<(String, String)> {
        let all: Vec<(String, String)> = self
            .entries()
            .into_iter()
            .filter_map(|(name, entry)| Some((name, self.booker(entry.event_id?.as_str()))))
            .collect();
        (!all.is_empty()).then(|| all[self.rng.random_range(0..all.len())].clone())
    }

    /// Who made a booking: a name that nobody else has.
    pub fn booker(&self, id: &str) -> String {
        let event = self.account.event(id).unwrap();
        event["attendees"][0]["email"].as_str().unwrap().to_owned()
    }
}

pub fn noted_in_zoom(booker: &str) -> bool {
    booker.len().is_multiple_of(2)
}

/// The entry with its line that begins so replaced by another.
fn with_line(entry: &str, begins: &str, line: &str) -> String {
    let lines = entry.lines().map(|old| {
        let found = old.starts_with(begins);
        format!("{}\r\n", if found { line } else { old })
    });
    lines.collect()
}
