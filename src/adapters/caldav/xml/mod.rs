//! The XML of WebDAV (RFC 4918): requests are written, answers are read as a stream.

/// What an answer says about one resource.
pub(super) mod multistatus;
/// The properties and values that are asked for or looked at.
pub(super) mod names;
/// The requests that are sent.
pub(super) mod request;
/// Elements read one by one from a body, within limits.
pub(super) mod stream;

/// The XML namespaces that CalDAV uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// `DAV:` (RFC 4918).
    Dav,
    /// `urn:ietf:params:xml:ns:caldav` (RFC 4791).
    Caldav,
    /// `http://calendarserver.org/ns/`: `getctag`.
    CalendarServer,
    /// `http://apple.com/ns/ical/`: `calendar-color`.
    Apple,
    /// Any other one, or none.
    Other,
}

impl Space {
    const KNOWN: [Self; 4] = [Self::Dav, Self::Caldav, Self::CalendarServer, Self::Apple];

    fn uri(self) -> &'static str {
        match self {
            Self::Dav => "DAV:",
            Self::Caldav => "urn:ietf:params:xml:ns:caldav",
            Self::CalendarServer => "http://calendarserver.org/ns/",
            Self::Apple => "http://apple.com/ns/ical/",
            Self::Other => "",
        }
    }

    /// The prefix that we write; servers use any.
    fn prefix(self) -> &'static str {
        match self {
            Self::Dav => "D",
            Self::Caldav => "C",
            Self::CalendarServer => "CS",
            Self::Apple => "A",
            Self::Other => "",
        }
    }

    fn of_uri(uri: &str) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|space| space.uri() == uri)
            .unwrap_or(Self::Other)
    }
}

/// A name in a namespace.
pub(super) type Name = (Space, &'static str);

/// An element with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// Its namespace.
    pub(super) space: Space,
    /// Its local name.
    pub(super) name: String,
    /// Its attributes by local name.
    pub(super) attributes: Vec<(String, String)>,
    /// All text directly in it, joined where entities or sections had split it.
    pub(super) text: String,
    /// The elements directly in it.
    pub(super) children: Vec<Element>,
}

impl Element {
    /// Whether it has this name.
    pub(super) fn is(&self, (space, name): Name) -> bool {
        self.space == space && self.name == name
    }

    /// The elements of this name directly in it.
    pub(super) fn all(&self, name: Name) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.is(name))
    }

    /// The first element of this name directly in it.
    pub(super) fn child(&self, name: Name) -> Option<&Self> {
        self.children.iter().find(|child| child.is(name))
    }

    /// Whether an element of this name stands anywhere in it.
    pub(super) fn holds(&self, name: Name) -> bool {
        self.children
            .iter()
            .any(|child| child.is(name) || child.holds(name))
    }

    /// Its text without the white space around; `None` when nothing is left.
    pub(super) fn word(&self) -> Option<&str> {
        let word = self.text.trim();
        (!word.is_empty()).then_some(word)
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}
