//! A person sees what would become of their booking page before anything is written.

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::busy::{Sink, bench_with, flows, flows_to, span};
use super::side::Side::{Radicale, Vdir};

#[rstest]
fn a_dry_run_shows_each_day_and_writes_nothing(
    #[values("zoom_calendar", "availability", "auto")] to: &str,
) {
    let bench = bench_with(Radicale, &flows_to(to), AccountOptions::default());
    let id = bench.account.availability_id();
    assert!(bench.account.set_availability_zone(id, "UTC"));
    assert!(bench.account.set_week(id, ["09:00-12:00, 13:00-17:00"; 7]));
    let before = bench.taken();
    bench.has_event("dentist", span(3, 11, 14));
    let date = span(3, 0, 1).start.strftime("%Y-%m-%d").to_string();
    for _ in 0..2 {
        let run = bench.sync(&["--dry-run", "--json"]);
        assert_eq!(run.code, 0, "{run:#?}");
        assert_eq!(run.busy()["created"], 1, "{run:#?}");
        let days = run.host()["days"].as_array().unwrap();
        let day = days
            .iter()
            .find(|day| day["date"] == date.as_str())
            .unwrap();
        assert_eq!(
            day["hours"],
            serde_json::json!(["09:00-12:00", "13:00-17:00"])
        );
        assert_eq!(
            day["busy"],
            serde_json::json!(["11:00-12:00", "13:00-14:00"])
        );
        assert_eq!(
            day["bookable"],
            serde_json::json!(["09:00-11:00", "14:00-17:00"])
        );
    }
    let words = bench.sync(&["--dry-run"]);
    let row = words
        .stdout
        .lines()
        .find(|line| line.trim_start().starts_with(&date))
        .unwrap();
    for cell in [
        "09:00-12:00, 13:00-17:00",
        "11:00-12:00, 13:00-14:00",
        "09:00-11:00, 14:00-17:00",
    ] {
        assert!(row.contains(cell), "{cell}: {words:#?}");
    }
    assert!(words.stdout.contains("nothing was changed"), "{words:#?}");
    assert!(bench.zoom_writes().is_empty(), "{:#?}", bench.zoom_writes());
    assert!(bench.calendar_writes().is_empty());
    bench.has_no_trace();
    assert_eq!(bench.taken(), before);
    bench.pass();
    assert_ne!(bench.taken(), before);
}

#[rstest]
fn a_dry_run_of_a_settled_host_plans_nothing(#[values(Sink::Blocks, Sink::Overrides)] sink: Sink) {
    let bench = bench_with(Vdir, &flows(sink), AccountOptions::default());
    bench.has_event("dentist", span(3, 11, 14));
    bench.pass();
    let run = bench.sync(&["--dry-run", "--json"]);
    for count in ["created", "updated", "deleted"] {
        assert_eq!(run.busy()[count], 0, "{run:#?}");
    }
    bench.writes_nothing(1);
}

#[rstest]
#[case("[host.busy]\n", "from")]
#[case("[host.busy]\nfrom = \"work\"\n", "from")]
#[case("[host.busy]\nfrom = [\"wrok\"]\n", "wrok")]
#[case("[host.busy]\nfrom = [\"work\", \"work\"]\n", "twice")]
#[case("[host.busy]\nfrom = [\"work\"]\nto = \"nonsense\"\n", "zoom_calendar")]
#[case("[host.busy]\nfrom = [\"work\"]\nfuture = \"soon\"\n", "future")]
#[case("[host.busy]\nfrom = [\"work\"]\nbefore = -5\n", "before")]
#[case("[host.busy]\nfrom = [\"work\"]\ntitle = \"\"\n", "title")]
#[case("[host.busy]\nfrom = [\"work\"]\nform = 1\n", "form")]
#[case("[host.hours]\nwins = \"zoom\"\n", "calendar")]
#[case("[host.hours]\ncalendar = \"work\"\nwins = \"nobody\"\n", "hold")]
#[case("[host.hours]\ncalendar = \"wrok\"\n", "wrok")]
fn a_mistake_in_the_configuration_is_named_before_anything_is_asked(
    #[case] flows: &str,
    #[case] word: &str,
) {
    let bench = bench_with(Vdir, flows, AccountOptions::default());
    let run = bench.sync(&[]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains(word), "{word}: {run:#?}");
    assert!(bench.account.requests().is_empty());
}
