//! Availability schedules: working hours. Hours and days that differ are typed in a way of their
//! own (`cli/zoom/availability`).

use super::parameter::{USER, body, id};
use super::{DELETED, ITEMS, Kind, Operation, Parameter};
use crate::adapters::zoom::raw::Verb;

const AVAILABILITY: Parameter = id("availabilityId", "ID", "As `list` prints it");
const ALL_OF_THEM: &str = "/scheduler/availability";
const ONE: &str = "/scheduler/availability/{availabilityId}";
const OBJECT: &str = "availability schedule {availabilityId}";
const NAME: Parameter = body("name", "name", Kind::Text, "What it is to be called");
const ZONE: Parameter = body(
    "time_zone",
    "time-zone",
    Kind::Zone,
    "In which zone its hours are (an IANA name)",
);

pub(super) const ALL: &[Operation] = &[
    Operation {
        resource: "availability",
        verb: "list",
        about: "List availability schedules",
        method: Verb::Get,
        path: ALL_OF_THEM,
        object: "availability schedules",
        scope: "scheduler:read:list_availability",
        parameters: &[&[USER]],
        listed: ITEMS,
        ends: None,
    },
    Operation {
        resource: "availability",
        verb: "get",
        about: "Show the hours of one, and the days that differ",
        method: Verb::Get,
        path: ONE,
        object: OBJECT,
        scope: "scheduler:read:availability",
        parameters: &[&[AVAILABILITY]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "availability",
        verb: "create",
        about: "Make one; days that are not named are off",
        method: Verb::Post,
        path: ALL_OF_THEM,
        object: "an availability schedule",
        scope: "scheduler:write:availability",
        parameters: &[&[NAME.required(), ZONE.required()]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "availability",
        verb: "patch",
        about: "Change one; what is not said stays as it is",
        method: Verb::Patch,
        path: ONE,
        object: OBJECT,
        scope: "scheduler:update:availability",
        parameters: &[&[AVAILABILITY, NAME, ZONE]],
        listed: None,
        ends: None,
    },
    Operation {
        resource: "availability",
        verb: "delete",
        about: "Delete one",
        method: Verb::Delete,
        path: ONE,
        object: OBJECT,
        scope: "scheduler:delete:availability",
        parameters: &[&[AVAILABILITY]],
        listed: None,
        ends: DELETED,
    },
];
