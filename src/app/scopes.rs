//! What the app in Zoom must be allowed to do for what is configured, and what each scope is for.

use crate::plan::policy::BusyTo;
use crate::settings::Settings;
use crate::settings::resolved::Host;

/// A scope that something configured needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Its name in Zoom, for the user who logged in; for other users `:admin` follows.
    pub scope: &'static str,
    /// What it is for.
    pub purpose: &'static str,
}

const fn need(scope: &'static str, purpose: &'static str) -> Need {
    Need { scope, purpose }
}

const BOOKINGS: [Need; 4] = [
    need(
        "scheduler:read:list_scheduled_events",
        "to list the bookings",
    ),
    need(
        "scheduler:read:scheduled_event",
        "to look at a booking again before it is changed or cancelled",
    ),
    need(
        "scheduler:read:scheduled_event_attendee",
        "to read what the booker answered in the form",
    ),
    need(
        "scheduler:update:scheduled_event",
        "to write meeting notes, and to cancel",
    ),
];

const AVAILABILITY: [Need; 3] = [
    need(
        "scheduler:read:list_availability",
        "to find the availability schedule",
    ),
    need(
        "scheduler:read:availability",
        "to read its hours and overrides",
    ),
    need(
        "scheduler:update:availability",
        "to write hours, and busy time as overrides",
    ),
];

const CALENDAR: [Need; 6] = [
    need(
        "calendar:read:list_calendar_lists",
        "to find the Zoom calendar for busy time",
    ),
    need(
        "calendar:read:list_events",
        "to list the blocks in the Zoom calendar",
    ),
    need(
        "calendar:read:event",
        "to look at a block before it is deleted",
    ),
    need("calendar:write:event", "to create blocks"),
    need("calendar:update:event", "to change blocks"),
    need("calendar:delete:event", "to delete blocks"),
];

/// What a token lacks for what is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// Without these something configured does not work.
    pub needed: Vec<Need>,
    /// Without these busy time goes to the availability instead of the Zoom calendar.
    pub better: Vec<Need>,
}

/// What a token with these scopes lacks. Where Zoom did not say, nothing is known to be lacking.
#[must_use]
pub fn lacking(settings: &Settings, granted: &[String]) -> Lacking {
    let mut lacking = Lacking::default();
    if granted.is_empty() {
        return lacking;
    }
    let absent = |needs: &[Need]| -> Vec<Need> {
        let needs = needs.iter().filter(|need| !is_granted(need.scope, granted));
        needs.copied().collect()
    };
    let any = |flow: fn(&Host) -> bool| settings.hosts.iter().any(flow);
    // Who has configured no host yet will want the bookings.
    if settings.hosts.is_empty() || any(|host| host.bookings.is_some()) {
        lacking.needed.extend(absent(&BOOKINGS));
    }
    let (calendar, availability) = (absent(&CALENDAR), absent(&AVAILABILITY));
    let busy = |to: BusyTo| {
        let mut busy = settings.hosts.iter().filter_map(|host| host.busy.as_ref());
        busy.any(|busy| busy.to == to)
    };
    let either = busy(BusyTo::Auto) && !calendar.is_empty();
    if any(|host| host.hours.is_some()) || busy(BusyTo::Availability) || either {
        lacking.needed.extend(availability);
    }
    if busy(BusyTo::ZoomCalendar) {
        lacking.needed.extend(calendar);
    } else if either {
        lacking.better = calendar;
    }
    lacking
}

/// Whether a scope was given: by its own name, for the whole account, or by one of the older scopes
/// that hold all of a product's reading or writing.
fn is_granted(scope: &str, granted: &[String]) -> bool {
    let mut words = scope.split(':');
    let product = words.next().unwrap_or_default();
    let class = if words.next() == Some("read") {
        "read"
    } else {
        "write"
    };
    let older = format!("{product}:{class}");
    granted.iter().any(|given| {
        let given = ["admin", "master"]
            .iter()
            .find_map(|ending| given.strip_suffix(ending)?.strip_suffix(':'))
            .unwrap_or(given);
        given == scope || given == older
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[rstest]
    #[case::own("scheduler:read:availability", true)]
    #[case::of_the_account("scheduler:read:availability:admin", true)]
    #[case::older("scheduler:read", true)]
    #[case::older_of_the_account("scheduler:read:admin", true)]
    #[case::other("scheduler:read:list_availability", false)]
    #[case::longer("scheduler:read:availability_x", false)]
    #[case::other_class("scheduler:write", false)]
    #[case::other_product("calendar:read", false)]
    fn a_scope_is_given_by_itself_or_by_a_wider_one(#[case] given: &str, #[case] expected: bool) {
        let granted = words(given);
        assert_eq!(
            is_granted("scheduler:read:availability", &granted),
            expected
        );
    }

    #[test]
    fn changing_and_deleting_are_writing() {
        let granted = words("calendar:write");
        for scope in ["calendar:update:event", "calendar:delete:event"] {
            assert!(is_granted(scope, &granted));
        }
        assert!(!is_granted("calendar:read:event", &granted));
    }

    const GUIDE: &str = include_str!("../../docs/ZOOM-APPS.md");
    const README: &str = include_str!("../../README.md");

    #[test]
    fn the_guide_lists_every_scope_with_its_flow_and_what_it_is_for() {
        let flows: [(&str, &[Need]); 3] = [
            ("bookings", &BOOKINGS),
            ("hours, and busy time as overrides", &AVAILABILITY),
            ("busy time in the Zoom calendar", &CALENDAR),
        ];
        let expected: Vec<String> = flows
            .iter()
            .flat_map(|(flow, needs)| needs.iter().map(move |need| (flow, need)))
            .map(|(flow, need)| format!("| {flow} | `{}` | {} |", need.scope, need.purpose))
            .collect();
        let told = GUIDE.lines().filter(|line| named(line).next().is_some());
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_front_page_names_the_same_scopes() {
        let all = [&BOOKINGS[..], &AVAILABILITY, &CALENDAR].concat();
        let mut expected: Vec<&str> = all.iter().map(|need| need.scope).collect();
        let mut told: Vec<&str> = named(README)
            .map(|scope| scope.strip_suffix(":admin").unwrap_or(scope))
            .collect();
        expected.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, expected);
    }

    /// The scopes that a text names.
    fn named(text: &str) -> impl Iterator<Item = &str> {
        let quoted = text.split('`').skip(1).step_by(2);
        quoted.filter(|word| word.starts_with("scheduler:") || word.starts_with("calendar:"))
    }
}
