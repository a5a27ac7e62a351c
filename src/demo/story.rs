//! The story as data: who does what, in which order. Nothing is done here.

/// Somebody who books a meeting with Alice, the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guest {
    /// Books an intro call, and moves it later.
    Bob,
    /// Books an intro call, and cancels it.
    Carol,
    /// Books a review, whose entry Alice deletes.
    Dan,
}

impl Guest {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Bob, Self::Carol, Self::Dan];

    /// What they are called in the story.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bob => "Bob",
            Self::Carol => "Carol",
            Self::Dan => "Dan",
        }
    }

    /// First and last name, as they fill them in.
    #[must_use]
    pub fn full_name(self) -> &'static str {
        match self {
            Self::Bob => "Bob Miller",
            Self::Carol => "Carol Jones",
            Self::Dan => "Dan Berg",
        }
    }

    /// The mail address that they fill in.
    #[must_use]
    pub fn email(self) -> &'static str {
        match self {
            Self::Bob => "bob@example.org",
            Self::Carol => "carol@example.org",
            Self::Dan => "dan@example.org",
        }
    }
}

/// A booking page of Alice's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Half an hour, online.
    Intro,
    /// An hour, in a room.
    Review,
}

/// A time in the week that begins with the coming Monday, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Days after that Monday.
    pub day: i8,
    /// Hour.
    pub hour: i8,
}

/// What happens between two passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// In Zoom: somebody books.
    Book(Guest, Page, Slot),
    /// In Zoom: they take another time.
    Reschedule(Guest, Slot),
    /// In Zoom: they cancel.
    Cancel(Guest),
    /// In the calendar: an alarm of ten minutes is added to an entry.
    AddAlarm(Guest),
    /// In the calendar: this is written below the notes line of an entry.
    WriteNotes(Guest, &'static str),
    /// In the calendar: an entry is deleted.
    DeleteEntry(Guest),
}

/// Somebody does something.
#[derive(Clone, Copy, Debug)]
pub struct Deed {
    /// Who, and where.
    pub who: &'static str,
    /// What, in words.
    pub does: &'static str,
    /// What.
    pub act: Act,
}

/// What happens, and one pass after it.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What it shows.
    pub title: &'static str,
    /// What happens before the pass.
    pub deeds: &'static [Deed],
}

const IN_ZOOM: [&str; 3] = ["Bob, in Zoom", "Carol, in Zoom", "Dan, in Zoom"];
const IN_CALENDAR: &str = "Alice, in her calendar";

/// The notes that Alice writes.
pub const NOTES: &str = "Ask Bob about the contract.";

/// The whole story.
pub const STORY: [Step; 4] = [
    Step {
        title: "Three people book a meeting with Alice",
        deeds: &[
            Deed {
                who: IN_ZOOM[0],
                does: "books an intro call on Tuesday at 10:00",
                act: Act::Book(Guest::Bob, Page::Intro, Slot { day: 1, hour: 10 }),
            },
            Deed {
                who: IN_ZOOM[1],
                does: "books an intro call on Wednesday at 14:00",
                act: Act::Book(Guest::Carol, Page::Intro, Slot { day: 2, hour: 14 }),
            },
            Deed {
                who: IN_ZOOM[2],
                does: "books a review on Thursday at 9:00",
                act: Act::Book(Guest::Dan, Page::Review, Slot { day: 3, hour: 9 }),
            },
        ],
    },
    Step {
        title: "One moves, one cancels, and what Alice added stays",
        deeds: &[
            Deed {
                who: IN_CALENDAR,
                does: "adds an alarm to Bob's entry",
                act: Act::AddAlarm(Guest::Bob),
            },
            Deed {
                who: IN_ZOOM[0],
                does: "reschedules to Friday at 11:00",
                act: Act::Reschedule(Guest::Bob, Slot { day: 4, hour: 11 }),
            },
            Deed {
                who: IN_ZOOM[1],
                does: "cancels",
                act: Act::Cancel(Guest::Carol),
            },
        ],
    },
    Step {
        title: "Alice edits her calendar, and Zoom follows",
        deeds: &[
            Deed {
                who: IN_CALENDAR,
                does: "writes notes into Bob's entry",
                act: Act::WriteNotes(Guest::Bob, NOTES),
            },
            Deed {
                who: IN_CALENDAR,
                does: "deletes Dan's entry",
                act: Act::DeleteEntry(Guest::Dan),
            },
        ],
    },
    Step {
        title: "Nobody does anything",
        deeds: &[],
    },
];
