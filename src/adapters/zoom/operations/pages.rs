//! Booking pages, which Zoom calls schedules; links to them, and what can be booked there.

use super::parameter::{FROM, SHOW_DELETED, TEAM, TO, USER, ZONE, body, id, unsaid};
use super::{DELETED, ITEMS, Kind, Operation, Parameter, Unsaid};
use crate::adapters::zoom::raw::Verb;

const ALL_OF_THEM: &str = "/scheduler/schedules";
const ONE: &str = "/scheduler/schedules/{scheduleId}";
const OBJECT: &str = "booking page {scheduleId}";
/// Zoom's document wants the `schedule_id` of the list; what is answered is the slug (FACTS.md
/// section 2).
const PAGE: Parameter = id("scheduleId", "SLUG", "The last part of the page's address");
const SCHEDULE_ID: Parameter = body(
    "schedule_id",
    "ID",
    Kind::Text,
    "The page's id, as `schedules list` prints it",
)
.argument();

const NAME: Parameter = body("summary", "name", Kind::Text, "What it is called");
const MINUTES: Parameter = body(
    "duration",
    "minutes",
    Kind::Number(1, 1440),
    "How long a booking takes, in minutes",
);
const HOURS_ZONE: Parameter = body(
    "time_zone",
    "time-zone",
    Kind::Zone,
    "In which zone its hours are (an IANA name)",
);
const FIRST: Parameter = body(
    "start_date",
    "from-date",
    Kind::Date,
    "The first day that can be booked (2026-12-01)",
);
const LAST: Parameter = body(
    "end_date",
    "to-date",
    Kind::Date,
    "The last day that can be booked (2026-12-31)",
);
const WEEK: Parameter = body(
    "segments_recurrence",
    "weekly",
    Kind::Week,
    "Usual hours, once for each day or stretch of days: mon-fri=09:00-12:00,13:00-17:00 or sun=off",
);
const SPAN: Kind = Kind::Word(&["unlimited", "fixed"]);
const CAPACITY: Parameter = body(
    "capacity",
    "capacity",
    Kind::Number(1, 200),
    "How many can book the same slot",
);

/// What may be said of a page when it is made and later on.
const USUAL: &[Parameter] = &[
    body("slug", "slug", Kind::Text, "The last part of its address"),
    body("description", "description", Kind::Text, "What it says"),
    body("location", "location", Kind::Text, "Where one meets"),
    body(
        "add_on_type",
        "meet",
        Kind::Word(&["zoomMeeting", "zoomPhone", "offline"]),
        "How one meets",
    ),
    body(
        "buffer.before",
        "before",
        Kind::Number(0, 240),
        "So many minutes before a booking have to be free",
    ),
    body(
        "buffer.after",
        "after",
        Kind::Number(0, 240),
        "So many minutes after a booking have to be free",
    ),
    body(
        "cushion",
        "notice",
        Kind::Number(0, 14_340),
        "So many minutes ahead a booking has to be made",
    ),
    body(
        "booking_limit",
        "most-a-day",
        Kind::Number(0, 96),
        "So many bookings a day; 0: any number",
    ),
    body(
        "start_time_increment",
        "every",
        Kind::Number(5, 720),
        "A slot begins every so many minutes",
    ),
    body("color", "colour", Kind::Text, "Its colour: #0b5cff"),
    body(
        "secret",
        "secret",
        Kind::Truth,
        "Whether it is left out of the host's main page",
    ),
    body(
        "active",
        "active",
        Kind::Truth,
        "Whether it can be booked at all",
    ),
    USER,
];

/// What Zoom wants besides (FACTS.md section 2, seen live): hours of its own, dates twice, and its
/// type twice.
const WANTED: &[Parameter] = &[
    unsaid("availability_override", Unsaid::Yes),
    unsaid("availability_rules", Unsaid::NoItems),
    unsaid("capacity", Unsaid::Number(1)),
    unsaid("interval_type", Unsaid::Word("fixed")),
    unsaid("schedule_type", Unsaid::Word("one")),
    unsaid("type", Unsaid::Word("one")),
    unsaid("start", Unsaid::Same("start_date")),
    unsaid("end", Unsaid::Same("end_date")),
];

pub(super) const ALL: &[Operation] = &[
    Operation {
        resource: "schedules",
        verb: "list",
        about: "List booking pages, all pages of the list",
        method: Verb::Get,
        path: ALL_OF_THEM,
        object: "booking pages",
        scope: "scheduler:read:list_schedule",
        parameters: &[&[FROM, TO, SHOW_DELETED, ZONE, USER]],
        listed: ITEMS,
        ends: None,
    },
    Operation {
        resource: "schedules",
        verb: "get",
        about: "Show one booking page",
        method: Verb::Get,
        path: ONE,
        object: OBJECT,
        scope: "scheduler:read:get_schedule",
        parameters: &[&[PAGE, USER]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "schedules",
        verb: "create",
        about: "Make a booking page with hours of its own; what Zoom did not keep is said",
        method: Verb::Post,
        path: ALL_OF_THEM,
        object: "a booking page",
        scope: "scheduler:write:insert_schedule",
        parameters: &[
            &[
                NAME.required(),
                MINUTES.required(),
                HOURS_ZONE.required(),
                WEEK.required(),
                FIRST.required(),
                LAST.required(),
                CAPACITY,
            ],
            WANTED,
            USUAL,
        ],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "schedules",
        verb: "patch",
        about: "Change a booking page; what is not said stays as it is",
        method: Verb::Patch,
        path: ONE,
        object: OBJECT,
        scope: "scheduler:update:patch_schedule",
        parameters: &[
            &[
                PAGE,
                NAME,
                MINUTES,
                HOURS_ZONE,
                WEEK,
                FIRST,
                LAST,
                CAPACITY,
                body(
                    "interval_type",
                    "interval",
                    SPAN,
                    "Whether it ends with its last day",
                ),
            ],
            USUAL,
        ],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "schedules",
        verb: "delete",
        about: "Delete a booking page",
        method: Verb::Delete,
        path: ONE,
        object: OBJECT,
        scope: "scheduler:delete:delete_schedule",
        parameters: &[&[PAGE, USER]],
        listed: None,
        ends: DELETED,
    },
    Operation {
        resource: "schedules",
        verb: "managed",
        about: "Show the booking pages that the account manages for its people, as Zoom answers",
        method: Verb::Get,
        // Announced for November 2026, in no document yet (FACTS.md section 2); nor is its scope.
        path: "/scheduler/managed_schedules",
        object: "managed booking pages",
        scope: "scheduler:read",
        parameters: &[],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "slots",
        verb: "",
        about: "What an invitee can book on a page now",
        method: Verb::Get,
        // Seen live, in no document (FACTS.md section 2); nor is its scope.
        path: "/scheduler/schedules/{slug}/available_times",
        object: "free slots of booking page {slug}",
        scope: "scheduler:read",
        parameters: &[&[
            id("slug", "SLUG", "The last part of the page's address"),
            FROM.meaning("From this time on (RFC 3339); now, if not said"),
            TO.meaning("Before this time (RFC 3339); a week later, if not said"),
            ZONE.meaning("Show times in this zone (an IANA name); the page's own, if not said"),
            USER,
        ]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "links",
        verb: "create",
        about: "Make a link to a booking page that is good for one booking",
        method: Verb::Post,
        path: "/scheduler/schedules/single_use_link",
        object: "a single-use link",
        scope: "scheduler:write:single_use_link",
        parameters: &[&[SCHEDULE_ID, TEAM]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "shares",
        verb: "create",
        about: "Make a link to a booking page with other hours or another length, for somebody",
        method: Verb::Post,
        path: "/scheduler/shares",
        object: "a share",
        scope: "scheduler:write:share",
        parameters: &[&[
            SCHEDULE_ID,
            MINUTES,
            HOURS_ZONE,
            WEEK,
            FIRST,
            LAST,
            body(
                "interval_type",
                "interval",
                SPAN,
                "Whether it ends with its last day",
            ),
        ]],
        listed: None,
        ends: None,
    },
];
