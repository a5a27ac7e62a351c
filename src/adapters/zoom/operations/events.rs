//! Bookings, which Zoom calls scheduled events.

use super::parameter::{FROM, SHOW_DELETED, TEAM, TO, USER, ZONE, body, id, query, unsaid};
use super::{DELETED, Ends, ITEMS, Kind, Operation, Parameter, Unsaid};
use crate::adapters::zoom::raw::Verb;

const EVENT: Parameter = id("eventId", "ID", "The booking's id");
const ONE: &str = "/scheduler/events/{eventId}";
const CHANGE: &str = "scheduler:update:scheduled_event";
const NOTES: Parameter = body("meeting_notes", "notes", Kind::Text, "The notes");

pub(super) const ALL: &[Operation] = &[
    Operation {
        resource: "events",
        verb: "list",
        about: "List bookings, all pages",
        method: Verb::Get,
        path: "/scheduler/events",
        object: "bookings",
        scope: "scheduler:read:list_scheduled_events",
        parameters: &[&[
            FROM,
            TO,
            SHOW_DELETED,
            query(
                "event_type",
                "pending",
                Kind::Switch("pending"),
                "Only those that wait for the host's approval",
            ),
            query(
                "search",
                "search",
                Kind::Text,
                "Only those with this meeting id, or these words in their name",
            ),
            query(
                "order_by",
                "order-by",
                Kind::Word(&["startTime", "updated"]),
                "What comes first",
            ),
            ZONE,
            TEAM,
            USER,
        ]],
        listed: ITEMS,
        ends: None,
    },
    Operation {
        resource: "events",
        verb: "get",
        about: "Show one booking",
        method: Verb::Get,
        path: ONE,
        object: "booking {eventId}",
        scope: "scheduler:read:scheduled_event",
        parameters: &[&[EVENT, TEAM, USER]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "events",
        verb: "attendee",
        about: "Show one attendee of a booking, with their answers in the form",
        method: Verb::Get,
        path: "/scheduler/events/{eventId}/attendees/{attendeeId}",
        object: "attendee {attendeeId} of booking {eventId}",
        scope: "scheduler:read:scheduled_event_attendee",
        parameters: &[&[
            EVENT,
            id(
                "attendeeId",
                "ATTENDEE",
                "The attendee's id, as `get` prints it",
            ),
        ]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "events",
        verb: "cancel",
        about: "Cancel one booking; the invitee is told",
        method: Verb::Patch,
        path: ONE,
        object: "booking {eventId}",
        scope: CHANGE,
        parameters: &[&[EVENT, unsaid("status", Unsaid::Word("cancelled")), USER]],
        listed: None,
        ends: Some(Ends {
            doing: "cancelling",
            done: "cancelled",
        }),
    },
    Operation {
        resource: "events",
        verb: "delete",
        about: "Delete one booking",
        method: Verb::Delete,
        path: ONE,
        object: "booking {eventId}",
        scope: "scheduler:delete:scheduled_event",
        parameters: &[&[EVENT, USER]],
        listed: None,
        ends: DELETED,
    },
    Operation {
        resource: "events",
        verb: "note",
        about: "Set the meeting notes of one booking",
        method: Verb::Patch,
        path: ONE,
        object: "booking {eventId}",
        scope: CHANGE,
        parameters: &[&[
            EVENT,
            body("meeting_notes", "TEXT", Kind::Text, "The notes").argument(),
            USER,
        ]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "events",
        verb: "patch",
        about: "Change the notes of one booking, and who came; Zoom changes nothing else of it",
        method: Verb::Patch,
        path: ONE,
        object: "booking {eventId}",
        scope: CHANGE,
        parameters: &[&[
            EVENT,
            NOTES,
            body(
                "attendees",
                "no-show",
                Kind::NoShow(true),
                "This attendee did not come; once for each",
            ),
            body(
                "attendees",
                "showed-up",
                Kind::NoShow(false),
                "This attendee did come; once for each",
            ),
            USER,
        ]],
        listed: None,
        ends: None,
    },
];
