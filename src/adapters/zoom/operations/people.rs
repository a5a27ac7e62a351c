//! People, teams, and what the account counts.

use super::parameter::{FROM, TO, USER, ZONE, id, query};
use super::{Kind, Listed, Operation};
use crate::adapters::zoom::raw::Verb;

pub(super) const ALL: &[Operation] = &[
    Operation {
        resource: "users",
        verb: "get",
        about: "Show a person's settings",
        method: Verb::Get,
        path: "/scheduler/users/{userId}",
        object: "user {userId}",
        scope: "scheduler:read:user",
        parameters: &[&[id(
            "userId",
            "ID",
            "`me`, a user id or a mail address; without it, the host",
        )
        .optional()]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "teams",
        verb: "list",
        about: "List the teams that somebody is in",
        method: Verb::Get,
        path: "/scheduler/teams",
        object: "teams",
        // So it stands in Zoom's document.
        scope: "scheduler:read:get_schedule",
        parameters: &[&[USER]],
        listed: Some(Listed {
            member: "teams",
            paged: false,
        }),
        ends: None,
    },
    Operation {
        resource: "analytics",
        verb: "get",
        about: "Show how much was booked, when and on which pages",
        method: Verb::Get,
        path: "/scheduler/analytics",
        object: "analytics",
        scope: "scheduler:read:analytics",
        parameters: &[&[
            FROM,
            TO,
            ZONE,
            query(
                "user_id",
                "user-id",
                Kind::Text,
                "Of whom: a user id, or `all` for the whole account",
            ),
        ]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "routing",
        verb: "get",
        about: "Show what somebody answered in a routing form, and where it led",
        method: Verb::Get,
        path: "/scheduler/routing/forms/{formId}/response/{responseId}",
        object: "response {responseId} to routing form {formId}",
        scope: "scheduler:read:routing",
        parameters: &[&[
            id("formId", "FORM", "The form's id"),
            id("responseId", "RESPONSE", "The response's id"),
        ]],
        listed: None,
        ends: None,
    },
];
