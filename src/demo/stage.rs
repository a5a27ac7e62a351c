//! The stage of the story: the built-in account, a directory calendar and a state, composed as the
//! daemon composes them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::account::{Account, AccountOptions, NewBooking, Place, Server};
use super::story::{Act, Guest, Page, Slot};
use super::table::Row;
use super::{configuration, editor};
use crate::app::compose::{self, Wired};
use crate::app::failure::{Exit, Failure};
use crate::app::round::Round;
use crate::app::state::{self, State};
use crate::domain::entry::{Entry, Field, TimeSpan};
use crate::domain::ids::{BookingId, HostName, Href, Uid};
use crate::engine::{Order, Progress, Silent};
use crate::ports::calendar::Content;
use crate::ports::clock::Clock;

/// Everything that the story happens in.
pub struct Stage {
    account: Account,
    clock: Arc<dyn Clock>,
    /// The Monday that the story's week begins with.
    monday: Date,
    /// Every id that the booking of a guest has had, the first one first.
    ids: BTreeMap<Guest, Vec<String>>,
    /// Where the files are.
    pub places: Places,
    wired: Vec<Wired>,
    state: State,
    server: Server,
}

/// Where the files are; they outlive the story.
#[derive(Clone, Debug)]
pub struct Places {
    /// The directory calendar.
    pub calendar: PathBuf,
    /// The state.
    pub state: PathBuf,
    /// A configuration with which other commands find both.
    pub config: PathBuf,
}

impl Stage {
    /// Builds it in a new temporary directory.
    ///
    /// # Errors
    /// When the directory cannot be written, or no loopback port is free.
    pub async fn build(clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let places =
            Places::make().map_err(|error| local("making a temporary directory", &error))?;
        let account = Account::new(AccountOptions::new(clock.clone()));
        let server = account
            .serve()
            .await
            .map_err(|error| local("listening on a port of 127.0.0.1", &error))?;
        let settings = configuration::settings(&account, &server, &places)?;
        let config = configuration::file(&account, &server, &places);
        fs::write(&places.config, config)
            .map_err(|error| local(&format!("writing {}", places.config.display()), &error))?;
        let secrets = compose::Secrets::of(&settings, &clock);
        let state = state::open(&settings.state_dir, clock.as_ref())?;
        let wired = compose::wire(&settings, &secrets, &state.base, &state.base, &clock)?;
        let today = clock.now().to_zoned(TimeZone::UTC).date();
        Ok(Self {
            monday: monday_after(today),
            account,
            clock,
            ids: BTreeMap::new(),
            places,
            wired,
            state,
            server,
        })
    }

    /// Does what a deed of the story says.
    ///
    /// # Errors
    /// When a file of the calendar cannot be read or written.
    pub fn act(&mut self, act: Act) -> Result<(), Failure> {
        match act {
            Act::Book(guest, page, slot) => {
                let id = self.account.book(booking(guest, page, self.start(slot)?));
                self.ids.insert(guest, vec![id]);
                Ok(())
            }
            Act::Reschedule(guest, slot) => {
                let start = self.start(slot)?;
                let id = self.account.reschedule(self.id(guest), start);
                self.ids.entry(guest).or_default().extend(id);
                Ok(())
            }
            Act::Cancel(guest) => {
                self.account.cancel(self.id(guest));
                Ok(())
            }
            Act::AddAlarm(guest) => self.with_file(guest, editor::add_alarm),
            Act::WriteNotes(guest, notes) => {
                self.with_file(guest, |file| editor::write_notes(file, notes))
            }
            Act::DeleteEntry(guest) => self.with_file(guest, |file| fs::remove_file(file)),
        }
    }

    /// One pass over both sides.
    ///
    /// # Errors
    /// When anything went wrong in it: the story has no mishaps.
    pub async fn pass(&self) -> Result<Round, Failure> {
        let hears = |_: &HostName| Box::new(Silent) as Box<dyn Progress>;
        let round = Round::run(&self.wired, &Order::default(), self.clock.as_ref(), &hears).await;
        round.remember(self.state.base.as_ref()).await?;
        let troubles = round.hosts.iter().flat_map(|host| {
            let flow = host.bookings.iter().flat_map(|flow| &flow.errors);
            host.errors.iter().chain(flow)
        });
        match troubles.into_iter().next() {
            Some(trouble) => Err(Failure::new(
                Exit::Attention,
                format!("{}: {}", trouble.doing, trouble.cause),
                &trouble.hint,
            )),
            None => Ok(round),
        }
    }

    /// Ends it; the files stay.
    pub async fn strike(self) -> Places {
        self.server.stop().await;
        self.places
    }

    /// Whose booking this is.
    #[must_use]
    pub fn whose(&self, id: &str) -> Option<Guest> {
        let mut all = self.ids.iter();
        all.find(|(_, ids)| ids.iter().any(|known| known == id))
            .map(|(guest, _)| *guest)
    }

    /// What Zoom holds: every booking, cancelled ones included.
    #[must_use]
    pub fn zoom(&self) -> Vec<Row> {
        let guests = Guest::ALL.into_iter();
        guests
            .filter_map(|guest| {
                let event = self.account.event(self.ids.get(&guest)?.last()?)?;
                let text = |name| event.get(name).and_then(Value::as_str).unwrap_or_default();
                Some(Row {
                    when: when(text("start_date_time").parse().ok()),
                    title: format!("{}, {}", text("summary"), guest.full_name()),
                    status: text("status").to_owned(),
                    notes: quoted(text("meeting_notes")),
                })
            })
            .collect()
    }

    /// What the calendar holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn calendar(&self) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for guest in Guest::ALL {
            let Some(href) = self.href(guest) else {
                continue;
            };
            for wired in &self.wired {
                let bookings = wired.bookings.as_ref();
                let Some(Ok(sides)) = bookings.map(|bookings| &bookings.sides) else {
                    continue;
                };
                let objects = sides.calendar.read(std::slice::from_ref(&href)).await?;
                for object in objects {
                    if let Content::Ours(entry) = object.content {
                        let file = self.places.calendar.join(href.as_str());
                        rows.push(entry_row(&entry, editor::has_alarm(&file)));
                    }
                }
            }
        }
        Ok(rows)
    }

    fn id(&self, guest: Guest) -> &str {
        let ids = self.ids.get(&guest).and_then(|ids| ids.last());
        ids.map_or("", String::as_str)
    }

    /// The entry keeps its place through every reschedule.
    fn href(&self, guest: Guest) -> Option<Href> {
        let first = self.ids.get(&guest)?.first()?;
        Some(Href::of_uid(&Uid::of_booking(&BookingId::new(first))))
    }

    fn with_file(
        &self,
        guest: Guest,
        edit: impl FnOnce(&Path) -> std::io::Result<()>,
    ) -> Result<(), Failure> {
        let href = self.href(guest).unwrap_or_else(|| Href::new(""));
        let file = self.places.calendar.join(href.as_str());
        edit(&file).map_err(|error| local(&format!("editing {}", file.display()), &error))
    }

    fn start(&self, slot: Slot) -> Result<Timestamp, Failure> {
        let day = self.monday.checked_add(i32::from(slot.day).days());
        let start = day.and_then(|day| {
            let start = day.at(slot.hour, 0, 0, 0).to_zoned(TimeZone::UTC)?;
            Ok(start.timestamp())
        });
        start.map_err(|error| local("counting days", &error))
    }
}

impl Places {
    fn make() -> std::io::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("slotbridge-demo-")
            .tempdir()?
            .keep();
        let calendar = directory.join("calendar");
        fs::create_dir(&calendar)?;
        Ok(Self {
            calendar,
            state: directory.join("state"),
            config: directory.join("config.toml"),
        })
    }
}

/// The week of the story is the next whole one.
fn monday_after(today: Date) -> Date {
    today.nth_weekday(1, Weekday::Monday).unwrap_or(today)
}

fn booking(guest: Guest, page: Page, start: Timestamp) -> NewBooking {
    let intro = NewBooking::new(start, guest.full_name(), guest.email());
    match page {
        Page::Intro => intro,
        Page::Review => NewBooking {
            schedule: "review".to_owned(),
            summary: "Review".to_owned(),
            description: "What we have so far.".to_owned(),
            minutes: 60,
            place: Place::from("Room 7"),
            ..intro
        },
    }
}

fn entry_row(entry: &Entry, alarm: bool) -> Row {
    let fields = &entry.fields;
    let start = TimeSpan::parse(fields.get(Field::Time)).map(|span| span.start);
    let notes = quoted(fields.get(Field::Notes));
    let extras = [
        notes,
        if alarm {
            "alarm".to_owned()
        } else {
            String::new()
        },
    ];
    let extras: Vec<String> = extras.into_iter().filter(|text| !text.is_empty()).collect();
    let status = fields.get(Field::Status).to_lowercase();
    Row {
        when: when(start),
        title: fields.get(Field::Summary).to_owned(),
        status: if status.is_empty() {
            "confirmed".to_owned()
        } else {
            status
        },
        notes: extras.join(", "),
    }
}

fn when(start: Option<Timestamp>) -> String {
    start.map_or_else(
        || "?".to_owned(),
        |start| start.strftime("%a %e %b %H:%M").to_string(),
    )
}

fn quoted(notes: &str) -> String {
    if notes.is_empty() {
        String::new()
    } else {
        format!("\"{}\"", notes.replace('\n', " / "))
    }
}

fn local(doing: &str, cause: &dyn fmt::Display) -> Failure {
    Failure::new(
        Exit::Attention,
        format!("{doing}: {cause}"),
        "check space and rights of the directory for temporary files (TMPDIR)",
    )
}
