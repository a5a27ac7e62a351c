//! A booking as Zoom Scheduler knows it: what an invitee reserved with a host.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::ids::{AttendeeId, BookingId, ScheduleId};

/// A scheduled event of Zoom Scheduler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// `event_id`.
    pub id: BookingId,
    /// `schedule_id`, where Zoom tells it.
    pub schedule: Option<ScheduleId>,
    /// `summary`: the name of the booking page.
    pub summary: String,
    /// `description`.
    pub description: String,
    /// `start_date_time`.
    pub start: Timestamp,
    /// `end_date_time`.
    pub end: Timestamp,
    /// `status` and `event_type` together.
    pub status: BookingStatus,
    /// `updated`.
    pub updated: Option<Timestamp>,
    /// `attendees`, in Zoom's order.
    pub attendees: Vec<Attendee>,
    /// `guests`: mail addresses.
    pub guests: Vec<String>,
    /// `location`: a place in words, a phone number; empty when there is none.
    pub location: String,
    /// `external_location`, where it is an online meeting.
    pub meeting: Option<OnlineMeeting>,
    /// `meeting_notes`; empty when there are none.
    pub notes: String,
    /// `manage_url`: where the invitee reschedules or cancels. Webhooks carry it, listings may.
    pub manage_url: Option<String>,
    /// `text_phone_number` of the booker, where known.
    pub phone: Option<String>,
    /// `rescheduled_from_event_id`, where known.
    pub rescheduled_from: Option<BookingId>,
}

/// Whether a booking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BookingStatus {
    /// It stands.
    Confirmed,
    /// It waits for the host's approval (`event_type` `pending`).
    Pending,
    /// It was cancelled.
    Cancelled,
}

/// One attendee of a booking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// `attendee_id`.
    pub id: Option<AttendeeId>,
    /// Whether this is who booked.
    pub booker: bool,
    /// `display_name`, else first and last name.
    pub name: String,
    /// `email`.
    pub email: String,
    /// `time_zone`: an IANA name.
    pub time_zone: String,
    /// `no_show`.
    pub no_show: bool,
    /// The answers of the booking form; only the attendee's own resource carries them.
    pub answers: Vec<Answer>,
}

/// One question of the booking form with its answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The question.
    pub question: String,
    /// The answers, in order.
    pub values: Vec<String>,
}

/// An online meeting that belongs to a booking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineMeeting {
    /// `kind`: `zoom`, `google_meet`, `microsoft_teams`, or what Zoom adds later.
    pub kind: String,
    /// `meeting_id`.
    pub meeting_id: String,
    /// `meeting_passcode`.
    pub passcode: String,
    /// `meeting_join_url`.
    pub join_url: String,
}

impl Booking {
    /// Who booked: the attendee marked so, else the first one.
    #[must_use]
    pub fn booker(&self) -> Option<&Attendee> {
        self.attendees
            .iter()
            .find(|attendee| attendee.booker)
            .or_else(|| self.attendees.first())
    }

    /// The digest of everything that a listing shows of this booking; answers of the booking
    /// form are left out, because a listing never carries them.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut bare = self.clone();
        for attendee in &mut bare.attendees {
            attendee.answers.clear();
        }
        Fingerprint::of([serde_json::to_string(&bare).unwrap_or_default()])
    }

    /// What an old and a new booking of one reschedule have in common: page and booker.
    /// `None` where Zoom tells no page or no booker's address, so that nothing can be paired.
    #[must_use]
    pub fn pair_key(&self) -> Option<Fingerprint> {
        let schedule = self.schedule.as_ref()?;
        // An occurrence's id is the page's id with a start time behind it ("…_20231220T160000Z").
        let page = schedule.as_str().split('_').next().unwrap_or_default();
        let email = self.booker()?.email.to_lowercase();
        (!email.is_empty()).then(|| Fingerprint::of([page, email.as_str()]))
    }
}
