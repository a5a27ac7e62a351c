//! What can be said in a request, and how it is typed.

/// One thing that can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Where it goes.
    pub place: Place,
    /// As Zoom calls it; in a body, a dot leads into an object.
    pub name: &'static str,
    /// As it is typed: the option without its dashes, or what an argument stands for.
    pub option: &'static str,
    /// What it can be.
    pub kind: Kind,
    /// Whether it has to be said.
    pub need: Need,
    /// What it means, as the help says it.
    pub about: &'static str,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A part of the path.
    Path,
    /// The query.
    Query,
    /// A member of the JSON object that is sent.
    Body,
}

/// Whether and how a parameter has to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// As an argument.
    Argument,
    /// As an option.
    Option,
    /// As an option, or not at all; of a path, as an argument, or not at all: then it is the host.
    Optional,
}

/// What a parameter can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number from the one to the other.
    Number(u16, u16),
    /// An option without a value, which says this.
    Switch(&'static str),
    /// `true` or `false`.
    Truth,
    /// One of these words.
    Word(&'static [&'static str]),
    /// RFC 3339 with an offset.
    Time,
    /// A day.
    Date,
    /// An IANA name of a zone.
    Zone,
    /// Weekly hours, several times.
    Week,
    /// An attendee who came (`false`) or did not, several times.
    NoShow(bool),
    /// Nothing that is typed: this is said unless a body of its own is given.
    Unsaid(Unsaid),
}

/// What is said though nobody typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsaid {
    /// This text.
    Word(&'static str),
    /// `true`.
    Yes,
    /// This number.
    Number(u16),
    /// An empty list.
    NoItems,
    /// What this member says.
    Same(&'static str),
}

/// An id in the path.
pub(super) const fn id(name: &'static str, option: &'static str, about: &'static str) -> Parameter {
    Parameter {
        place: Place::Path,
        name,
        option,
        kind: Kind::Text,
        need: Need::Argument,
        about,
    }
}

/// Something that the query may say.
pub(super) const fn query(
    name: &'static str,
    option: &'static str,
    kind: Kind,
    about: &'static str,
) -> Parameter {
    Parameter {
        place: Place::Query,
        name,
        option,
        kind,
        need: Need::Optional,
        about,
    }
}

/// Something that the body may say.
pub(super) const fn body(
    name: &'static str,
    option: &'static str,
    kind: Kind,
    about: &'static str,
) -> Parameter {
    let place = Place::Body;
    let parameter = query(name, option, kind, about);
    Parameter { place, ..parameter }
}

/// What the body says without a word typed.
pub(super) const fn unsaid(name: &'static str, what: Unsaid) -> Parameter {
    body(name, name, Kind::Unsaid(what), "")
}

impl Parameter {
    /// The same, as one that has to be said.
    pub(super) const fn required(self) -> Self {
        let need = Need::Option;
        Self { need, ..self }
    }

    /// The same, meaning this.
    pub(super) const fn meaning(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// The same, which need not be said.
    pub(super) const fn optional(self) -> Self {
        let need = Need::Optional;
        Self { need, ..self }
    }

    /// The same, as an argument.
    pub(super) const fn argument(self) -> Self {
        let need = Need::Argument;
        Self { need, ..self }
    }
}

/// Whose, with an account-wide app.
pub(super) const USER: Parameter = query(
    "user_id",
    "user-id",
    Kind::Text,
    "Whose, with an account-wide app, where it is no [[host]]: a user id",
);

/// Of which team.
pub(super) const TEAM: Parameter = query(
    "team_id",
    "team-id",
    Kind::Text,
    "Of this team, as `teams list` prints it",
);

/// In which zone times are told.
pub(super) const ZONE: Parameter = query(
    "time_zone",
    "time-zone",
    Kind::Zone,
    "Tell times in this zone (an IANA name)",
);

/// Where a window begins.
pub(super) const FROM: Parameter = query(
    "from",
    "from",
    Kind::Time,
    "Only what ends after this time (RFC 3339)",
);

/// Where a window ends.
pub(super) const TO: Parameter = query(
    "to",
    "to",
    Kind::Time,
    "Only what starts before this time (RFC 3339)",
);

/// Whether what is deleted is shown.
pub(super) const SHOW_DELETED: Parameter = query(
    "show_deleted",
    "show-deleted",
    Kind::Switch("true"),
    "Cancelled ones, too",
);
