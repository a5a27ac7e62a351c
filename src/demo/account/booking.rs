//! What an invitee fills in when they book.

use jiff::Timestamp;

use crate::domain::booking::Answer;

/// A booking to be made. Change what the test is about, leave the rest.
#[derive(Clone, Debug)]
pub struct NewBooking {
    /// The slug of the booking page: `intro` (30 minutes) or `review` (60 minutes).
    pub schedule: String,
    /// When it begins.
    pub start: Timestamp,
    /// How long it takes.
    pub minutes: i64,
    /// The name of the booking page.
    pub summary: String,
    /// What the booking page says.
    pub description: String,
    /// Who books: first and last name.
    pub name: String,
    /// Who books: mail address.
    pub email: String,
    /// Who books: an IANA zone.
    pub time_zone: String,
    /// Who books: phone number, where given.
    pub phone: Option<String>,
    /// Mail addresses of guests.
    pub guests: Vec<String>,
    /// Where it takes place.
    pub place: Place,
    /// The host's meeting notes.
    pub notes: String,
    /// The answers of the booking form.
    pub answers: Vec<Answer>,
    /// Whether the host has to approve it first.
    pub pending: bool,
}

/// Where a booking takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In an online meeting of this kind (`zoom`, `google_meet`, …).
    Online(String),
    /// At a place in words.
    InPerson(String),
    /// Nothing is said.
    Unsaid,
}

impl From<&str> for Place {
    fn from(words: &str) -> Self {
        Self::InPerson(words.to_owned())
    }
}

impl NewBooking {
    /// An intro call of half an hour, booked by this person.
    #[must_use]
    pub fn new(start: Timestamp, name: &str, email: &str) -> Self {
        Self {
            schedule: "intro".to_owned(),
            start,
            minutes: 30,
            summary: "Intro call".to_owned(),
            description: "A first talk.".to_owned(),
            name: name.to_owned(),
            email: email.to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            phone: None,
            guests: Vec::new(),
            place: Place::Online("zoom".to_owned()),
            notes: String::new(),
            answers: Vec::new(),
            pending: false,
        }
    }
}
