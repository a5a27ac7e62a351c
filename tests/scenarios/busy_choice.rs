//! Where busy time goes: chosen, explained, and changed without leaving anything behind.

use rstest::rstest;
use slotbridge::demo::account::{AccountOptions, AppOwner, Discovery, Role, Scope};

use super::busy::{Sink, bench_with, flows, flows_to, span};
use super::side::Side::{Radicale, Vdir};

#[rstest]
#[case::the_calendar_is_there("", Sink::Blocks, "can be found and written")]
#[case::no_calendar_is_shown("empty", Sink::Overrides, "because")]
#[case::no_primary_one("no primary", Sink::Overrides, "because")]
#[case::refused("refused", Sink::Overrides, "because")]
#[case::a_scope_is_missing("scope", Sink::Overrides, "to use it, give the app these scopes")]
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

#[test]
fn the_app_of_somebody_else_is_told_what_to_do() {
    let options = AccountOptions {
        app_owner: AppOwner::SomebodyElse,
        ..AccountOptions::default()
    };
    let user = options.user_id.clone();
    let bench = bench_with(Vdir, &flows(Sink::Overrides), options);
    let as_user =
        |text: String| text.replace("zoom_user = \"me\"", &format!("zoom_user = \"{user}\""));
    bench.configure(as_user);
    bench.has_event("dentist", span(3, 9, 11));
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 3, "{run:#?}");
    let errors = run.errors();
    for words in [
        "cannot change them by id",
        "let this user log in",
        "zoom_calendar",
    ] {
        assert!(errors.contains(words), "{words}: {run:#?}");
    }
    assert_eq!(bench.overrides(), []);
}
