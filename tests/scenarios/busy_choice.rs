//! Where busy time goes: chosen, explained, and changed without leaving anything behind.

use rstest::rstest;
use slotbridge::demo::account::{AccountOptions, AppOwner, Discovery, Fault, Role, Scope};

use super::busy::{Sink, bench_with, flows, flows_to, span};
use super::side::Side::{Radicale, Vdir};

#[rstest]
#[case::the_calendar_is_there("", Sink::Blocks, "can be found and written")]
#[case::no_calendar_is_shown("empty", Sink::Overrides, "because")]
#[case::no_primary_one("no primary", Sink::Overrides, "because")]
#[case::refused("refused", Sink::Overrides, "because")]
#[case::a_scope_is_missing("scope", Sink::Overrides, "to use it: give the app these scopes")]
#[case::read_only("reader", Sink::Overrides, "because")]
fn auto_takes_the_calendar_where_it_can_and_says_why(
    #[case] account: &str,
    #[case] expected: Sink,
    #[case] words: &str,
) {
    let mut options = AccountOptions::default();
    let calendar = &mut options.calendar;
    match account {
        "empty" => calendar.discovery = Discovery::Empty,
        "no primary" => calendar.discovery = Discovery::NoPrimary,
        "refused" => calendar.discovery = Discovery::Refused(403),
        "scope" => calendar.scope = Scope::Missing(400),
        "reader" => calendar.primary_role = Role::Reader,
        _ => {}
    }
    let bench = bench_with(Vdir, &flows_to("auto"), options);
    bench.has_event("dentist", span(3, 9, 11));
    bench.clean_passes(2);
    bench.is_taken(&[span(3, 9, 11)], "by either sink");
    assert_eq!(bench.block_spans().is_empty(), expected == Sink::Overrides);
    assert_eq!(bench.overrides().is_empty(), expected == Sink::Blocks);
    let status = bench.status();
    assert_eq!(status.code, 0, "{status:#?}");
    let to = match expected {
        Sink::Blocks => "busy time goes to the Zoom calendar",
        Sink::Overrides => "busy time goes to the availability",
    };
    assert!(status.stdout.contains(to), "{status:#?}");
    assert!(status.stdout.contains(words), "{words}: {status:#?}");
    let run = bench.writes_nothing(2);
    assert_eq!(run.zoom_requests(), 1, "{run:#?}");
    bench.has_no_event("dentist");
    bench.pass_takes(&[], "given back");
    bench.has_no_trace();
}

#[test]
fn another_sink_or_none_takes_away_what_the_first_one_wrote() {
    let mut bench = bench_with(Radicale, &flows(Sink::Blocks), AccountOptions::default());
    let taken = [span(3, 9, 11), span(5, 9, 11)];
    bench.has_event("dentist", taken[0]);
    bench.has_event("lunch", taken[1]);
    bench.pass_takes(&taken, "blocks");
    assert_eq!(bench.block_spans(), taken);
    bench.set_flows(&flows(Sink::Overrides));
    bench.pass_takes(&taken, "overrides");
    assert_eq!(bench.block_spans(), []);
    assert!(!bench.overrides().is_empty());
    bench.writes_nothing(1);
    bench.set_flows(&flows(Sink::Blocks));
    bench.pass_takes(&taken, "blocks again");
    assert_eq!(bench.block_spans(), taken);
    assert_eq!(bench.overrides(), []);
    bench.writes_nothing(1);
    bench.set_flows("");
    bench.pass_takes(&[], "switched off");
    bench.has_no_trace();
    bench.set_flows(&flows(Sink::Overrides));
    bench.pass_takes(&taken, "on again");
    bench.set_flows("");
    bench.pass_takes(&[], "switched off again");
    bench.has_no_trace();
}

/// An app whose scopes let it find the calendar, but not list or write its events.
#[rstest]
#[case::list("GET")]
#[case::write("POST")]
fn auto_goes_elsewhere_where_the_calendar_is_found_and_cannot_be_used(#[case] method: &str) {
    let bench = bench_with(Vdir, &flows_to("auto"), AccountOptions::default());
    let events = format!("/v2/calendars/{}/events", bench.account.calendar_id());
    let faults = bench.account.faults();
    faults.always(method, &events, Fault::Status(403));
    bench.has_event("dentist", span(3, 9, 11));
    bench.clean_passes(2);
    bench.is_taken(&[span(3, 9, 11)], "by the other sink");
    assert!(bench.block_spans().is_empty());
    let status = bench.status();
    for words in ["goes to the availability", "scopes", "calendar:write:event"] {
        assert!(status.stdout.contains(words), "{words}: {status:#?}");
    }
}

/// An app of somebody else's in the account can neither change the host's availability nor find
/// their calendar. Credentials that lack the right are refused credentials: exit code 3.
#[rstest]
fn the_app_of_somebody_else_is_told_the_one_thing_that_helps(
    #[values("availability", "zoom_calendar", "auto")] to: &str,
) {
    let options = AccountOptions {
        app_owner: AppOwner::SomebodyElse,
        ..AccountOptions::default()
    };
    let user = options.user_id.clone();
    let bench = bench_with(Vdir, &flows_to(to), options);
    let as_user =
        |text: String| text.replace("zoom_user = \"me\"", &format!("zoom_user = \"{user}\""));
    bench.configure(as_user);
    bench.has_event("dentist", span(3, 9, 11));
    let run = bench.sync(&["--json"]);
    let code = if to == "zoom_calendar" { 1 } else { 3 };
    assert_eq!(run.code, code, "{run:#?}");
    let errors = run.host()["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{run:#?}");
    let hint = errors[0]["hint"].as_str().unwrap();
    assert!(hint.contains("let this user log in themselves"), "{hint}");
    assert!(hint.contains("slotbridge login"), "{hint}");
    // Neither way out leads to the other.
    assert!(!run.said().contains("host.busy.to"), "{run:#?}");
    assert!(!bench.status().said().contains("host.busy.to"));
    bench.has_no_trace();
}
