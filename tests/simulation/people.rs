//! What invitees do in Zoom and what the host does in the calendar.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use slotbridge::adapters::memory::zoom::Appointment;
use slotbridge::domain::ids::{BookingId, Href};

use slotbridge::engine::waiting;

use super::chaos::Intrusion;
use super::world::World;

impl World {
    /// Somebody does something.
    pub fn somebody_acts(&mut self) {
        // In a fair world nothing vanishes or goes wrong by itself.
        let fair = [0, 1, 2, 3, 4, 5, 6, 6, 7, 8, 10, 12, 16, 17, 19];
        let what = if self.fair {
            fair[self.rng.random_range(0..fair.len())]
        } else {
            self.rng.random_range(0..26)
        };
        match what {
            0..6 => self.book(),
            6..8 => self.reschedule(),
            8 => self.cancel_in_zoom(),
            9 => self.purge_in_zoom(),
            10 | 11 => self.note_in_zoom(),
            12 => self.rename_in_zoom(),
            13 => self.hide_or_show(),
            14 | 15 => self.note_in_calendar(),
            16 => self.retitle(),
            17 => self.add_x_line(),
            18 => self.move_entry(),
            19 => self.delete_entry(),
            20 => self.mark_cancelled(),
            21 => self.add_foreign(),
            22 => self.lose_cursor_or_state(),
            23 | 24 => self.release(),
            _ => self.empty_calendar(),
        }
    }

    fn slot(&mut self) -> (Timestamp, Timestamp) {
        let hours = self.rng.random_range(1..2000);
        let start = self
            .now()
            .checked_add(SignedDuration::from_hours(hours))
            .unwrap();
        (
            start,
            start.checked_add(SignedDuration::from_mins(30)).unwrap(),
        )
    }

    fn book(&mut self) {
        let (start, end) = self.slot();
        let booker = if self.fair {
            self.seen.text("booker").replace(' ', "-")
        } else {
            ["bob", "eve", "mallory"][self.rng.random_range(0..3)].to_owned()
        };
        let page = ["intro", "review"][self.rng.random_range(0..2)].to_owned();
        let id = self.zoom.book(&Appointment {
            page,
            booker,
            start,
            end,
        });
        self.tell(|_| format!("booked {id} at {start}"));
    }

    fn a_booking(&mut self) -> Option<BookingId> {
        let all = self.zoom.standing();
        (!all.is_empty()).then(|| all[self.rng.random_range(0..all.len())].clone())
    }

    fn an_entry(&mut self) -> Option<Href> {
        let ours: Vec<Href> = self
            .calendar
            .hrefs()
            .into_iter()
            .filter(|href| href.as_str().contains("@scheduler.slotbridge"))
            .collect();
        (!ours.is_empty()).then(|| ours[self.rng.random_range(0..ours.len())].clone())
    }

    fn reschedule(&mut self) {
        let Some(id) = self.a_booking() else { return };
        let (start, end) = self.slot();
        if let Some(new) = self.zoom.reschedule(&id, start, end) {
            self.tell(|_| format!("rescheduled {id} to {new} at {start}"));
            self.seen.moved.insert(id.clone(), new);
            self.seen.last_note.remove(&id);
        }
    }

    fn cancel_in_zoom(&mut self) {
        let Some(id) = self.a_booking() else { return };
        self.tell(|_| format!("cancelled {id} in Zoom"));
        self.zoom.withdraw(&id);
    }

    fn purge_in_zoom(&mut self) {
        let Some(id) = self.a_booking() else { return };
        self.tell(|_| format!("purged {id} in Zoom"));
        self.zoom.purge(&id);
    }

    fn hide_or_show(&mut self) {
        let Some(id) = self.a_booking() else { return };
        let hidden = self.rng.random_bool(0.5);
        self.tell(|_| format!("hidden {id}: {hidden}"));
        self.zoom.hide(&id, hidden);
    }

    fn note_in_zoom(&mut self) {
        let Some(id) = self.a_booking() else { return };
        let text = self.seen.text("zoom note");
        self.tell(|_| format!("{id} in Zoom: {text}"));
        self.zoom
            .change(&id, |booking| booking.notes.clone_from(&text));
        self.seen.last_note.insert(id, text);
    }

    fn rename_in_zoom(&mut self) {
        let Some(id) = self.a_booking() else { return };
        let text = self.seen.text("renamed");
        self.tell(|_| format!("{id} in Zoom: {text}"));
        self.zoom.change(&id, |booking| booking.summary = text);
    }

    fn note_in_calendar(&mut self) {
        let Some(href) = self.an_entry() else { return };
        let text = self.seen.text("calendar note");
        self.tell(|_| format!("{href}: {text}"));
        let mut done = false;
        self.edit(&href, |entry| {
            done = true;
            with_notes(&entry, &text)
        });
        if done && let Some(id) = self.event_id(&href) {
            self.seen.last_note.insert(id, text);
        }
    }

    fn retitle(&mut self) {
        let Some(href) = self.an_entry() else { return };
        let text = self.seen.text("own title");
        self.tell(|_| format!("{href}: {text}"));
        self.replace_line(&href, "SUMMARY", &format!("SUMMARY:{text}"));
        let uid = uid(&href);
        self.seen.own.entry(uid).or_default().title = Some(text);
    }

    fn add_x_line(&mut self) {
        let Some(href) = self.an_entry() else { return };
        let line = format!("X-PERSON;P=\"a;b\":{}", self.seen.text("mine"));
        self.tell(|_| format!("{href}: {line}"));
        self.edit(&href, |entry| {
            let at = entry.find("END:VEVENT").unwrap();
            let without: String = entry[..at]
                .split_inclusive("\r\n")
                .filter(|line| !line.starts_with("X-PERSON"))
                .collect();
            format!("{without}{line}\r\n{}", &entry[at..])
        });
        let uid = uid(&href);
        self.seen.own.entry(uid).or_default().x_line = Some(line);
    }

    fn move_entry(&mut self) {
        let Some(href) = self.an_entry() else { return };
        self.tell(|_| format!("{href} moved by hand"));
        self.replace_line(&href, "DTSTART", "DTSTART:20270101T100000Z");
        self.replace_line(&href, "DTEND", "DTEND:20270101T103000Z");
    }

    fn delete_entry(&mut self) {
        // Now and then a person tidies up.
        let many = if self.rng.random_bool(0.3) { 5 } else { 1 };
        for _ in 0..many {
            let Some(href) = self.an_entry() else { return };
            self.tell(|_| format!("{href} deleted by hand"));
            self.withdrawn(&href);
            self.calendar.remove(&href);
        }
    }

    fn mark_cancelled(&mut self) {
        let Some(href) = self.an_entry() else { return };
        self.tell(|_| format!("{href} marked cancelled by hand"));
        self.withdrawn(&href);
        self.replace_line(&href, "STATUS", "STATUS:CANCELLED");
    }

    fn withdrawn(&mut self, href: &Href) {
        self.seen.own.remove(&uid(href));
        if let Some(id) = self.event_id(href) {
            let raw = self.calendar.raw(href).unwrap();
            self.seen.deleted = Some((href.clone(), raw, id.clone()));
            self.seen.last_note.remove(&id);
            self.seen.withdrawn.insert(id);
        }
    }

    fn add_foreign(&mut self) {
        let name = self.seen.text("foreign");
        let href = Href::new(format!("{}.ics", name.replace(' ', "-")));
        self.tell(|_| format!("{href} put there"));
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:{name}@elsewhere\r\n\
             DTSTAMP:20260101T000000Z\r\nDTSTART:20261201T100000Z\r\nSUMMARY:Dentist\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        self.calendar.put_raw(&href, text.as_bytes());
        self.seen
            .foreign
            .insert(href.to_string(), text.into_bytes());
    }

    fn lose_cursor_or_state(&mut self) {
        if self.rng.random_bool(0.5) {
            self.tell(|_| "the cursor expired".to_owned());
            self.calendar.expire_cursors();
        } else {
            self.tell(|_| "the state was lost".to_owned());
            self.seen.state_lost = true;
            self.base
                .restore(&slotbridge::adapters::memory::base::Snapshot::default());
        }
    }

    fn empty_calendar(&mut self) {
        if !self.rng.random_bool(0.2) {
            return;
        }
        self.tell(|_| "the calendar was emptied".to_owned());
        for href in self.calendar.hrefs() {
            if href.as_str().contains("@scheduler.slotbridge") {
                self.withdrawn(&href);
            }
        }
        self.seen.emptied = true;
        self.seen.foreign.clear();
        self.calendar.clear();
    }

    /// A person's client reads and writes unfolded lines.
    fn edit(&self, href: &Href, edit: impl FnOnce(String) -> String) {
        self.calendar
            .edit_as_person(href, |entry| edit(entry.replace("\r\n ", "")));
    }

    fn replace_line(&mut self, href: &Href, name: &str, line: &str) {
        self.edit(href, |entry| {
            // Only the event's own lines: an alarm has some of the same names.
            let end = entry.find("BEGIN:VALARM").unwrap_or(entry.len());
            let (event, rest) = entry.split_at(end);
            let is_it = |text: &str| {
                text.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with([':', ';']))
            };
            let lines = event.split_inclusive("\r\n").map(|text| {
                if is_it(text) {
                    format!("{line}\r\n")
                } else {
                    text.to_owned()
                }
            });
            format!("{}{rest}", lines.collect::<String>())
        });
    }

    /// The booking that an entry says it stands for.
    pub fn event_id(&self, href: &Href) -> Option<BookingId> {
        let raw = self.calendar.raw(href)?;
        let text = String::from_utf8(raw).ok()?.replace("\r\n ", "");
        let line = text
            .lines()
            .find(|line| line.starts_with("X-SLOTBRIDGE-EVENT-ID:"))?;
        Some(BookingId::new(line.split_once(':')?.1))
    }
}

/// The `UID` in the name of an entry.
pub fn uid(href: &Href) -> String {
    href.as_str().trim_end_matches(".ics").to_owned()
}

/// What somebody does while a pass runs, and what the laws must know of it afterwards.
pub enum Intruded {
    /// Nobody did anything.
    Nobody,
    /// Notes were written in Zoom.
    Noted(BookingId, String),
    /// Notes were written in an entry, over whatever stood there by then.
    Overwrote(BookingId, Href),
    /// A deleted entry was put back; these bookings had been cancelled by then.
    PutBack(BookingId, Arc<Mutex<Vec<BookingId>>>),
    /// A booking was cancelled in Zoom.
    Withdrawn,
}

impl World {
    /// A person releases what is held.
    fn release(&mut self) {
        let scopes = [(&self.host.name, Some(&self.host.calendar))];
        let held = waiting::held(self.base.as_ref(), &scopes).unwrap();
        let Some(one) = held.into_iter().find(|held| !held.released) else {
            return;
        };
        let id = one.id.clone();
        self.tell(|_| format!("released {id}: {} {:?}", one.what, one.booking()));
        let scopes = [(&self.host.name, Some(&self.host.calendar))];
        let release = waiting::release(self.base.as_ref(), &scopes, &id);
        futures_util::FutureExt::now_or_never(release)
            .unwrap()
            .unwrap();
        self.seen.released += 1;
        self.seen.ever_released = true;
    }

    /// Somebody will act in the middle of the next pass.
    pub fn somebody_intrudes(&mut self) -> Intruded {
        if self.calm || self.fair || !self.rng.random_bool(0.3) {
            return Intruded::Nobody;
        }
        let after = self.rng.random_range(0..12);
        let (act, intruded): (Intrusion, Intruded) = match self.rng.random_range(0..4) {
            0 => self.will_note_in_zoom(),
            1 => self.will_note_in_calendar(),
            2 => self.will_put_back(),
            _ => self.will_withdraw(),
        }
        .unwrap_or_else(|| (Box::new(|| {}), Intruded::Nobody));
        self.chaos.let_in(after, act);
        intruded
    }

    fn will_note_in_zoom(&mut self) -> Option<(Intrusion, Intruded)> {
        let id = self.a_booking()?;
        let text = self.seen.text("zoom note in mid-pass");
        self.tell(|_| format!("in mid-pass {id} in Zoom: {text}"));
        let (zoom, whose, words) = (self.zoom.clone(), id.clone(), text.clone());
        let act = move || zoom.change(&whose, |booking| booking.notes = words);
        Some((Box::new(act), Intruded::Noted(id, text)))
    }

    fn will_note_in_calendar(&mut self) -> Option<(Intrusion, Intruded)> {
        let href = self.an_entry()?;
        let id = self.event_id(&href)?;
        let place = href.clone();
        let text = self.seen.text("calendar note in mid-pass");
        self.tell(|_| format!("in mid-pass {href}: {text}"));
        let (calendar, words) = (self.calendar.clone(), text);
        let act = move || {
            calendar.edit_as_person(&href, |entry| {
                with_notes(&entry.replace("\r\n ", ""), &words)
            });
        };
        Some((Box::new(act), Intruded::Overwrote(id, place)))
    }

    fn will_put_back(&mut self) -> Option<(Intrusion, Intruded)> {
        // Without its state slotbridge writes a deleted entry anew, and an old one that is put back
        // beside it is a person's copy: reported, and nobody's law.
        let (href, raw, id) = self
            .seen
            .deleted
            .clone()
            .filter(|_| !self.seen.state_lost)?;
        self.tell(|_| format!("in mid-pass {href} is put back"));
        let cancelled = Arc::new(Mutex::new(Vec::new()));
        let whose = id.clone();
        let (calendar, zoom, then) = (self.calendar.clone(), self.zoom.clone(), cancelled.clone());
        let act = move || {
            *then.lock().unwrap() = zoom.cancellations();
            if calendar.raw(&href).is_none() {
                calendar.put_raw(&href, &raw);
            } else {
                // It is there already, whatever it says: nothing was put back.
                then.lock().unwrap().push(whose);
            }
        };
        Some((Box::new(act), Intruded::PutBack(id, cancelled)))
    }

    fn will_withdraw(&mut self) -> Option<(Intrusion, Intruded)> {
        let id = self.a_booking()?;
        self.tell(|_| format!("in mid-pass {id} is cancelled in Zoom"));
        let zoom = self.zoom.clone();
        Some((Box::new(move || zoom.withdraw(&id)), Intruded::Withdrawn))
    }

    /// After the pass: what the laws must know.
    pub fn after(&mut self, intruded: Intruded) {
        match intruded {
            Intruded::Nobody | Intruded::Withdrawn => {}
            Intruded::Overwrote(id, href) => {
                self.seen.last_note.remove(&id);
                if let Some(id) = self.event_id(&href) {
                    self.seen.last_note.remove(&id);
                }
            }
            Intruded::Noted(id, text) => {
                self.seen.last_note.insert(id, text);
            }
            Intruded::PutBack(id, before) => {
                let before = before.lock().unwrap().contains(&id);
                let now = self.zoom.cancellations().contains(&id);
                assert!(
                    before || !now,
                    "law 6: {id} was cancelled although its entry was back"
                );
                // What becomes of an entry that is put back is a matter of timing, and it is as
                // old as its deletion.
                self.seen.last_note.remove(&id);
                if let Some((href, ..)) = &self.seen.deleted {
                    self.seen.own.remove(&uid(href));
                }
            }
        }
    }
}

/// The text of an entry with other notes.
fn with_notes(entry: &str, text: &str) -> String {
    let Some((head, rest)) = entry.split_once("--- Notes ---") else {
        return entry.to_owned();
    };
    let tail = rest.split_once("\r\n").map_or("", |(_, tail)| tail);
    format!("{head}--- Notes ---\\n{text}\r\n{tail}")
}
