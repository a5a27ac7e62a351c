//! What differs from one Zoom account to the next, or is not known of the real one.
//!
//! A test sets what it is about and leaves the rest:
//!
//! ```
//! use slotbridge::demo::account::{Account, AccountOptions, Discovery, EmptySegments};
//!
//! let mut options = AccountOptions::default();
//! options.calendar.discovery = Discovery::Empty;
//! options.availability.empty_segments = EmptySegments::Refused;
//! let account = Account::new(options);
//! assert_eq!(account.mails_sent(), 0);
//! ```

/// Of whom a token that was asked for without a person (`account_credentials`) is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AppOwner {
    /// Of the host.
    #[default]
    Host,
    /// Of somebody else in the account. Lists honour `user_id`; single resources of the host are
    /// 404, and calendars work for who knows their id (FACTS.md sections 2 and 3).
    SomebodyElse,
}

/// How availability behaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct AvailabilityOptions {
    /// Whether an answer tells the date overrides.
    pub shows_segments: ShowsSegments,
    /// What becomes of an empty segment.
    pub empty_segments: EmptySegments,
    /// How exactly times are kept.
    pub times: Times,
}

/// Whether an answer tells the date overrides. The document has no such field in an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShowsSegments {
    /// The list and the resource do.
    #[default]
    Always,
    /// Only the resource does.
    InResource,
    /// Nothing does.
    Never,
}

/// What becomes of a segment that ends when it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmptySegments {
    /// Its day is off.
    #[default]
    DayOff,
    /// 400.
    Refused,
}

/// How exactly the times of hours and overrides are kept. The document does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// To the minute.
    #[default]
    AsGiven,
    /// Each is put on the quarter of an hour before it.
    QuarterHours,
}

/// How the Zoom calendar behaves.
#[derive(Clone, Copy, Debug)]
pub struct CalendarOptions {
    /// What the list of calendars says.
    pub discovery: Discovery,
    /// Whether the app may use calendars at all.
    pub scope: Scope,
    /// What the host may do with their primary calendar.
    pub primary_role: Role,
    /// Whether Scheduler takes the time of its events off the booking pages.
    pub connection: Connection,
    /// What a sync token that is no longer good is answered with: 410, or 404, or 400.
    pub stale_sync_token: u16,
}

impl Default for CalendarOptions {
    fn default() -> Self {
        Self {
            discovery: Discovery::default(),
            scope: Scope::default(),
            primary_role: Role::Owner,
            connection: Connection::default(),
            stale_sync_token: 410,
        }
    }
}

/// What the list of calendars says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Discovery {
    /// All calendars.
    #[default]
    Shown,
    /// None at all, as for server-to-server apps (FACTS.md section 3).
    Empty,
    /// All but the primary one.
    NoPrimary,
    /// Nothing: it is answered with this status.
    Refused(u16),
}

/// Whether the app may use calendars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// It may.
    #[default]
    Granted,
    /// Every request is answered with this status and Zoom's code 4700.
    Missing(u16),
}

/// What somebody may do with a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Owner,
    /// Read and write.
    Writer,
    /// Read.
    Reader,
}

/// Whether Scheduler looks at the primary Zoom calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Opaque events take their time off the booking pages.
    #[default]
    Connected,
    /// The host connected another calendar, or none.
    NotConnected,
}

impl Role {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Writer => "writer",
            Self::Reader => "reader",
        }
    }

    pub(super) fn writes(self) -> bool {
        self != Self::Reader
    }
}
