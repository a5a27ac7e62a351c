//! Availability schedules over HTTP, and what the host does with them.

use rstest::rstest;
use serde_json::{Value, json};

use super::super::{AccountOptions, AppOwner, EmptySegments, Fault, ShowsSegments};
use super::{Bench, at};

const ALL: &str = "/scheduler/availability";
const FIRST: &str = "/scheduler/availability/hours0id4liffdyszsp8kpxl80";

fn options() -> AccountOptions {
    AccountOptions::at(at("2026-11-21T12:00:00Z"))
}

fn patch_with(more: &Value) -> Value {
    let mut body = json!({"name": "Working hours", "time_zone": "Europe/Berlin"});
    let all = body.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    body
}

fn week(monday: &Value) -> Value {
    json!({"mon": monday, "tue": [], "wed": [], "thu": [], "fri": [], "sat": [], "sun": []})
}

#[rstest]
#[case::nothing(json!({}), 204)]
#[case::an_override(json!({"segments": [{"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00+01:00"}]}), 204)]
#[case::a_day_off(json!({"segments": [{"start": "2026-12-01T00:00:00Z", "end": "2026-12-01T00:00:00Z"}]}), 204)]
#[case::none_any_more(json!({"segments": []}), 204)]
#[case::backwards(json!({"segments": [{"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T08:00:00Z"}]}), 400)]
#[case::without_an_offset(json!({"segments": [{"start": "2026-12-01T09:00:00", "end": "2026-12-01T10:00:00Z"}]}), 400)]
#[case::not_a_time(json!({"segments": [{"start": "soon", "end": "later"}]}), 400)]
#[case::without_an_end(json!({"segments": [{"start": "2026-12-01T09:00:00Z"}]}), 400)]
#[case::one_word_too_many(json!({"segments": [{"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z", "title": "x"}]}), 400)]
#[case::overlapping(json!({"segments": [{"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T11:00:00Z"}, {"start": "2026-12-01T10:00:00Z", "end": "2026-12-01T12:00:00Z"}]}), 400)]
#[case::no_list(json!({"segments": {}}), 400)]
#[case::a_week(json!({"segments_recurrence": week(&json!([{"start": "00:00", "end": "24:00"}]))}), 204)]
#[case::half_a_week(json!({"segments_recurrence": {"mon": []}}), 400)]
#[case::an_eighth_day(json!({"segments_recurrence": {"mon": [], "someday": []}}), 400)]
#[case::past_midnight(json!({"segments_recurrence": week(&json!([{"start": "23:00", "end": "24:01"}]))}), 400)]
#[case::nothing_long(json!({"segments_recurrence": week(&json!([{"start": "09:00", "end": "09:00"}]))}), 400)]
#[case::short_hours(json!({"segments_recurrence": week(&json!([{"start": "9:00", "end": "10:00"}]))}), 400)]
#[case::overlapping_hours(json!({"segments_recurrence": week(&json!([{"start": "09:00", "end": "12:00"}, {"start": "11:00", "end": "13:00"}]))}), 400)]
#[case::no_name(json!({"name": ""}), 400)]
#[case::no_zone(json!({"time_zone": "Nowhere/Else"}), 400)]
#[case::no_boolean(json!({"default": "yes"}), 400)]
#[case::no_default_left(json!({"default": false}), 400)]
#[case::read_only(json!({"owner": "bob@example.org"}), 400)]
#[case::unknown(json!({"colour": "red"}), 400)]
#[tokio::test]
async fn a_patch_is_checked_as_a_whole(#[case] more: Value, #[case] status: u16) {
    let bench = Bench::new().await;
    let before = bench.account.availability(bench.account.availability_id());
    let (answered, words) = bench.call("PATCH", FIRST, Some(patch_with(&more))).await;
    assert_eq!(answered, status, "{words}");
    if status == 400 {
        let after = bench.account.availability(bench.account.availability_id());
        assert_eq!(before, after);
    }
}

#[tokio::test]
async fn a_patch_needs_a_name_and_a_zone_and_leaves_what_it_does_not_say() {
    let bench = Bench::new().await;
    for body in [
        json!({"name": "x"}),
        json!({"time_zone": "UTC"}),
        json!({}),
        json!([]),
    ] {
        assert_eq!(bench.call("PATCH", FIRST, Some(body)).await.0, 400);
    }
    assert_eq!(bench.call("PATCH", FIRST, None).await.0, 400);
    let span = json!([{"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z"}]);
    let body = patch_with(&json!({"segments": span}));
    assert_eq!(bench.call("PATCH", FIRST, Some(body)).await.0, 204);
    let body = json!({"name": "Hours", "time_zone": "Asia/Kolkata"});
    assert_eq!(bench.call("PATCH", FIRST, Some(body)).await.0, 204);
    let (_, shown) = bench.call("GET", FIRST, None).await;
    assert_eq!(shown["segments"], span);
    assert_eq!(
        (&shown["name"], &shown["default"]),
        (&json!("Hours"), &json!(true))
    );
    assert_eq!(shown["segments_recurrence"]["mon"][1]["end"], "17:00");
    let (_, list) = bench.call("GET", ALL, None).await;
    assert_eq!(
        list["items"][0]["segments"][0]["start"],
        "2026-12-01T14:30:00+05:30"
    );
}

#[tokio::test]
async fn one_is_made_made_the_default_and_deleted() {
    let bench = Bench::new().await;
    let body = json!({"name": "Summer", "time_zone": "UTC"});
    let (status, made) = bench.call("POST", ALL, Some(body)).await;
    assert_eq!(status, 201);
    let path = format!("{ALL}/{}", made["availability_id"].as_str().unwrap());
    assert_eq!(made["segments_recurrence"], week(&json!([])));
    let body = json!({"name": "Summer", "time_zone": "UTC", "default": true});
    assert_eq!(bench.call("PATCH", &path, Some(body)).await.0, 204);
    assert_eq!(bench.call("GET", FIRST, None).await.1["default"], false);
    assert_eq!(
        bench.call("DELETE", &path, None).await.0,
        409,
        "the default"
    );
    assert_eq!(bench.call("DELETE", FIRST, None).await.0, 409, "in use");
    bench
        .call("PATCH", FIRST, Some(patch_with(&json!({"default": true}))))
        .await;
    assert_eq!(bench.call("DELETE", &path, None).await.0, 204);
    assert_eq!(bench.call("DELETE", &path, None).await.0, 404);
    assert_eq!(bench.call("PUT", FIRST, None).await.0, 405);
    assert_eq!(
        bench
            .call("GET", &format!("{FIRST}?user_id=me"), None)
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn the_list_has_pages() {
    let bench = Bench::new().await;
    for number in 0..4 {
        bench
            .account
            .add_availability(&format!("Hours {number}"), "UTC");
    }
    let (mut path, mut names) = (format!("{ALL}?page_size=2&user_id=me"), Vec::new());
    loop {
        let (status, page) = bench.call("GET", &path, None).await;
        assert_eq!(status, 200);
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["name"].clone()),
        );
        match page["next_page_token"]
            .as_str()
            .filter(|token| !token.is_empty())
        {
            Some(token) => path = format!("{ALL}?page_size=2&user_id=me&next_page_token={token}"),
            None => break,
        }
    }
    assert_eq!(
        names,
        ["Working hours", "Hours 0", "Hours 1", "Hours 2", "Hours 3"]
    );
}

#[rstest]
#[case(ShowsSegments::Always, true, true)]
#[case(ShowsSegments::InResource, false, true)]
#[case(ShowsSegments::Never, false, false)]
#[tokio::test]
async fn an_account_may_hide_what_differs(
    #[case] shows: ShowsSegments,
    #[case] in_list: bool,
    #[case] in_resource: bool,
) {
    let mut options = options();
    options.availability.shows_segments = shows;
    let bench = Bench::with(options).await;
    let list = bench.call("GET", ALL, None).await.1;
    assert_eq!(list["items"][0].get("segments").is_some(), in_list);
    let one = bench.call("GET", FIRST, None).await.1;
    assert_eq!(one.get("segments").is_some(), in_resource);
}

#[tokio::test]
async fn an_account_may_refuse_empty_segments() {
    let mut options = options();
    options.availability.empty_segments = EmptySegments::Refused;
    let bench = Bench::with(options).await;
    for (end, status) in [("00:00", 400), ("00:01", 204)] {
        let span =
            json!([{"start": "2026-12-01T00:00:00Z", "end": format!("2026-12-01T{end}:00Z")}]);
        let body = patch_with(&json!({"segments": span}));
        assert_eq!(bench.call("PATCH", FIRST, Some(body)).await.0, status);
    }
}

#[tokio::test]
async fn somebody_elses_token_lists_the_host_but_sees_no_single_thing_of_theirs() {
    let mut options = options();
    options.app_owner = AppOwner::SomebodyElse;
    let mut bench = Bench::with(options).await;
    let id = bench.book("2026-11-23T09:00:00Z");
    let host = "user_id=alice%40example.org";
    for list in ["events", "availability", "schedules"] {
        let of = |query: &str| format!("/scheduler/{list}?{query}");
        let (status, page) = bench.call("GET", &of(host), None).await;
        assert_eq!(
            (status, page["items"].as_array().unwrap().is_empty()),
            (200, false)
        );
        let (_, page) = bench.call("GET", &of("user_id=me"), None).await;
        assert!(page["items"].as_array().unwrap().is_empty(), "{list}");
    }
    for (method, path) in [
        ("GET", FIRST.to_owned()),
        ("PATCH", FIRST.to_owned()),
        ("GET", format!("/scheduler/events/{id}")),
        ("GET", "/scheduler/schedules/intro".to_owned()),
    ] {
        let body = (method == "PATCH").then(|| patch_with(&json!({})));
        assert_eq!(
            bench.call(method, &path, body).await.0,
            404,
            "{method} {path}"
        );
    }
    assert_eq!(bench.status("/users/me").await, 403);
    assert_eq!(bench.status("/users/alice@example.org").await, 200);
    let refresh = bench.account.refresh_token().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh)];
    let answer: Value = bench.token(&form).await.json().await.unwrap();
    answer["access_token"]
        .as_str()
        .unwrap()
        .clone_into(&mut bench.token);
    assert_eq!(
        bench.call("GET", FIRST, None).await.0,
        200,
        "the host's own token"
    );
}

#[tokio::test]
async fn faults_strike_here_as_well() {
    let bench = Bench::new().await;
    let faults = bench.account.faults();
    faults.once("PATCH", "/v2/scheduler/availability", Fault::DropAfter);
    let body = patch_with(&json!({"name": "Zahnarzt \"x\""}));
    let url = format!("{}{FIRST}", bench.server.api_url());
    let sent = bench
        .client
        .patch(url)
        .bearer_auth(&bench.token)
        .json(&body)
        .send();
    assert!(sent.await.is_err());
    assert_eq!(
        bench.call("GET", FIRST, None).await.1["name"],
        "Zahnarzt \"x\""
    );
    faults.once("GET", "/v2/scheduler/availability", Fault::EmptyListing);
    assert_eq!(bench.call("GET", ALL, None).await.1["items"], json!([]));
    bench.account.clear_log();
    for word in ["zahnARZT", "\"X\""] {
        let heard = bench.account.was_sent(word).unwrap();
        assert!(heard.starts_with("PATCH"), "{heard}");
    }
    assert_eq!(bench.account.was_sent("dentist"), None);
}
