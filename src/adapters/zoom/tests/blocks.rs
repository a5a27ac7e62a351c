//! Blocks in the host's Zoom calendar.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::domain::block::{BLOCK_TAG, Block, BlockDraft};
use crate::domain::ids::{BlockId, SyncToken, ZoomCalendarId};
use crate::domain::time_span::TimeSpan;
use crate::ports::calendar::Coverage;
use crate::ports::zoom_calendar::ZoomCalendar;

const LIST: &str = "/v2/calendars/users/me/calendarList";
const EVENTS: &str = "/v2/calendars/alice@zmail.example/events";
const ONE: &str = "/v2/calendars/alice@zmail.example/events/one";

fn calendar() -> ZoomCalendarId {
    ZoomCalendarId::new("alice@zmail.example")
}

fn one() -> BlockId {
    BlockId::new("one")
}

fn draft() -> BlockDraft {
    BlockDraft {
        span: TimeSpan {
            start: "2026-11-23T09:00:00Z".parse().unwrap(),
            end: "2026-11-23T10:30:00Z".parse().unwrap(),
        },
        title: "Busy".to_owned(),
    }
}

/// A block as we write it, as Zoom would list it.
fn ours(id: &str) -> Value {
    let mut event = crate::adapters::zoom::calendar_event::body(&draft());
    event["id"] = json!(id);
    event["kind"] = json!("calendar#event");
    event["something_new"] = json!({"x": [1]});
    event
}

fn with(id: &str, field: &str, value: Value) -> Value {
    let mut event = ours(id);
    event[field] = value;
    event
}

fn events(items: &[Value], next: &str, sync: &str) -> Value {
    json!({"kind": "calendar#events", "items": items, "nextPageToken": next, "nextSyncToken": sync})
}

fn ids(blocks: &[Block]) -> Vec<&str> {
    blocks.iter().map(|block| block.id.as_str()).collect()
}

#[tokio::test]
async fn the_primary_calendar_is_found_on_a_later_page() {
    let world = World::granting().await;
    let first = json!({"items": [{"id": "a@x", "accessRole": "owner"}, {"primary": true}, 7], "nextPageToken": "more"});
    let second = json!({"items": [{"id": "alice@zmail.example", "primary": true}]});
    world
        .on(
            "GET",
            LIST,
            in_turn([body(200, &first), body(200, &second)]),
        )
        .await;
    let zoom = world.client();
    assert_eq!(zoom.primary().await.unwrap(), calendar());
    let sent = world.arrived(LIST).await;
    assert_eq!(query(&sent[1])["pageToken"], "more");
}

#[rstest]
#[case::empty(200, json!({"items": []}), Kind::Missing, "to = \"availability\"")]
#[case::none_is_primary(200, json!({"items": [{"id": "a@x"}]}), Kind::Missing, "server-to-server apps are shown no calendar")]
#[case::read_only(200, json!({"items": [{"id": "a@x", "primary": true, "accessRole": "reader"}]}), Kind::Denied, "to = \"availability\"")]
#[case::not_found(404, json!({}), Kind::Missing, "to = \"availability\"")]
#[case::bad_request(400, json!({"code": 300, "message": "eve@example.org?"}), Kind::Missing, "to = \"availability\"")]
#[case::no_scope(400, json!({"code": 4711, "message": "does not contain scopes:[calendar:read:list_calendar_lists]"}), Kind::Denied, "scopes in Zoom's marketplace (for other users the `:admin` ones where there are such): calendar:read:list_calendar_lists;")]
#[case::no_right(403, json!({"error": {"message": "No."}}), Kind::Denied, "calendar:write:event")]
#[case::no_scope_named(401, json!({"code": 4700, "message": "Invalid access token, does not contain scopes:[calendar:read:list_calendar_lists]."}), Kind::Denied, "marketplace (for other users the `:admin` ones where there are such): calendar:read:list_calendar_lists;")]
#[case::something_else(200, json!({"message": "hello"}), Kind::Malformed, "zoom.api_url")]
#[tokio::test]
async fn a_calendar_that_is_not_found_says_what_to_do(
    #[case] code: u16,
    #[case] answer: Value,
    #[case] kind: Kind,
    #[case] remedy: &str,
) {
    let world = World::granting().await;
    world.on("GET", LIST, body(code, &answer)).await;
    let error = world.client().primary().await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.remedy().unwrap().contains(remedy), "{error:?}");
    assert!(!format!("{error:?}").contains("eve@"));
}

#[tokio::test]
async fn another_users_calendar_is_looked_for_under_their_id() {
    let world = World::granting().await;
    let at = "/v2/calendars/users/bob/calendarList";
    let list =
        json!({"items": [{"id": "bob@zmail.example", "primary": true, "accessRole": "writer"}]});
    world.on("GET", at, body(200, &list)).await;
    let zoom = world.account().host(HostUser::from_key("bob"));
    assert_eq!(zoom.primary().await.unwrap().as_str(), "bob@zmail.example");
}

#[tokio::test]
async fn a_full_listing_shows_our_blocks_on_all_pages_and_nothing_else() {
    let world = World::granting().await;
    let first = [
        ours("b"),
        json!({"id": "private", "summary": "A secret", "description": "none of ours"}),
        with("gone", "status", json!("cancelled")),
        json!("nonsense"),
        json!({"description": BLOCK_TAG}),
    ];
    let second = [ours("a"), ours("b")];
    let pages = [
        body(200, &events(&first, "p2", "")),
        body(200, &events(&second, "", "s1")),
    ];
    world.on("GET", EVENTS, in_turn(pages)).await;
    let zoom = world.client();
    let listed = zoom.blocks(&calendar(), window(), None).await.unwrap();
    assert_eq!(listed.coverage, Coverage::Full);
    assert_eq!(ids(&listed.blocks), ["a", "b"]);
    assert!(listed.blocks.iter().all(|block| block.is_as(&draft())));
    assert_eq!(listed.gone, []);
    assert_eq!(listed.next, Some(SyncToken::new("s1")));
    let sent = world.arrived(EVENTS).await;
    assert_eq!(query(&sent[0])["timeMin"], "2026-11-14T10:00:00Z");
    assert_eq!(query(&sent[1])["timeMax"], "2027-05-20T10:00:00Z");
    assert_eq!(query(&sent[1])["pageToken"], "p2");
    assert!(!query(&sent[0]).contains_key("sendUpdates"));
}

#[tokio::test]
async fn a_listing_since_a_token_shows_what_is_gone() {
    let world = World::granting().await;
    let changed = [
        with(
            "moved",
            "start",
            json!({"dateTime": "2026-11-23T10:00:00+01:00"}),
        ),
        with("cancelled", "status", json!("cancelled")),
        with("untagged", "description", json!("mine now")),
        json!({"id": "bare", "status": "cancelled"}),
    ];
    world
        .on("GET", EVENTS, body(200, &events(&changed, "", "s2")))
        .await;
    let zoom = world.client();
    let token = SyncToken::new("s1");
    let listed = zoom
        .blocks(&calendar(), window(), Some(&token))
        .await
        .unwrap();
    assert_eq!(listed.coverage, Coverage::Since);
    assert_eq!(ids(&listed.blocks), ["moved"]);
    let gone: Vec<_> = listed.gone.iter().map(BlockId::as_str).collect();
    assert_eq!(gone, ["bare", "cancelled", "untagged"]);
    assert_eq!(listed.next, Some(SyncToken::new("s2")));
    let sent = query(&world.arrived(EVENTS).await[0]);
    assert_eq!(sent["syncToken"], "s1");
    assert_eq!(sent["showDeleted"], "true");
    assert!(!sent.contains_key("timeMin"));
}

#[rstest]
#[case(400)]
#[case(404)]
#[case(410)]
#[tokio::test]
async fn a_token_that_is_refused_becomes_a_full_listing(#[case] code: u16) {
    let world = World::granting().await;
    let refusal = body(code, &json!({"error": {"message": "no"}}));
    let full = body(200, &events(&[ours("a")], "", ""));
    world.on("GET", EVENTS, in_turn([refusal, full])).await;
    let token = SyncToken::new("old");
    let zoom = world.client();
    let listed = zoom
        .blocks(&calendar(), window(), Some(&token))
        .await
        .unwrap();
    assert_eq!(listed.coverage, Coverage::Full);
    assert_eq!((ids(&listed.blocks), listed.next), (vec!["a"], None));
    assert_eq!(world.arrived(EVENTS).await.len(), 2);
}

#[rstest]
#[case::gone(body(404, &json!({"code": 404})), Kind::Missing)]
#[case::forbidden(body(403, &json!({})), Kind::Denied)]
#[case::no_list(body(200, &json!({"hello": 1})), Kind::Malformed)]
#[case::its_own_next_page(body(200, &events(&[], "p", "")), Kind::Malformed)]
#[tokio::test]
async fn a_listing_that_fails_shows_nothing(#[case] answer: ResponseTemplate, #[case] kind: Kind) {
    let world = World::granting().await;
    world.on("GET", EVENTS, answer).await;
    let token = SyncToken::new("old");
    for since in [None, Some(&token)] {
        let error = world.client().blocks(&calendar(), window(), since).await;
        assert_eq!(error.unwrap_err().kind(), kind);
    }
}

#[rstest]
#[case::wrapped("description", json!(format!("This time is taken in another calendar. slotbridge keeps this\r\nentry up to date: what is changed here is put right again.\r\n{BLOCK_TAG}\r\n")), true)]
#[case::html("description", json!(format!("<p>This time is taken in another calendar.&nbsp;slotbridge keeps this entry up to date: what is changed here is put right again.</p><p>{BLOCK_TAG}</p>")), true)]
#[case::annotated("description", json!(format!("{BLOCK_TAG} ask Bo")), false)]
#[case::transparent("transparency", json!("transparent"), false)]
#[case::public("visibility", json!("default"), false)]
#[case::tentative("status", json!("tentative"), false)]
#[case::guests("attendees", json!([{"email": "x@y"}]), false)]
#[case::recurring("recurrence", json!(["RRULE:FREQ=DAILY"]), false)]
#[case::visibility_not_told("visibility", json!(null), true)]
#[case::new_words("visibility", json!("confidential"), true)]
#[tokio::test]
async fn what_was_edited_in_zoom_is_noticed(
    #[case] field: &str,
    #[case] value: Value,
    #[case] intact: bool,
) {
    let world = World::granting().await;
    world
        .on("GET", ONE, body(200, &with("one", field, value)))
        .await;
    let block = world
        .client()
        .block(&calendar(), &one())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(block.intact, intact);
    assert_eq!(block.is_as(&draft()), intact);
}

#[rstest]
#[case::offset(json!({"dateTime": "2026-11-23T10:00:00+01:00"}), Some("2026-11-23T09:00:00Z"))]
#[case::zone(json!({"dateTime": "2026-11-23T10:00:00", "timeZone": "Europe/Berlin"}), Some("2026-11-23T09:00:00Z"))]
#[case::all_day(json!({"date": "2026-11-23"}), None)]
#[case::no_zone(json!({"dateTime": "2026-11-23T10:00:00"}), None)]
#[case::nonsense(json!("soon"), None)]
#[tokio::test]
async fn a_block_is_read_in_any_zone(#[case] start: Value, #[case] read: Option<&str>) {
    let world = World::granting().await;
    world
        .on("GET", ONE, body(200, &with("one", "start", start)))
        .await;
    let block = world
        .client()
        .block(&calendar(), &one())
        .await
        .unwrap()
        .unwrap();
    let expected = read.map(|text| text.parse().unwrap());
    assert_eq!(block.span.map(|span| span.start), expected);
}

#[rstest]
#[case::gone(status(404))]
#[case::gone_for_good(status(410))]
#[case::cancelled(body(200, &with("one", "status", json!("cancelled"))))]
#[case::not_ours(body(200, &with("one", "description", json!("mine"))))]
#[tokio::test]
async fn a_block_that_is_gone_or_not_ours_is_none(#[case] answer: ResponseTemplate) {
    let world = World::granting().await;
    world.on("GET", ONE, answer).await;
    assert_eq!(
        world.client().block(&calendar(), &one()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn every_write_mails_nobody_and_says_only_what_a_block_says() {
    let world = World::granting().await;
    world.on("POST", EVENTS, body(200, &ours("one"))).await;
    world.on("PATCH", ONE, body(200, &ours("one"))).await;
    world
        .on(
            "DELETE",
            ONE,
            in_turn([status(204), status(404), status(410)]),
        )
        .await;
    let zoom = world.client();
    assert_eq!(
        zoom.create_block(&calendar(), &draft()).await.unwrap(),
        one()
    );
    zoom.change_block(&calendar(), &one(), &draft())
        .await
        .unwrap();
    for _ in 0..3 {
        zoom.delete_block(&calendar(), &one()).await.unwrap();
    }
    let mut sent = world.arrived(EVENTS).await;
    sent.extend(world.arrived(ONE).await);
    assert_eq!(sent.len(), 5);
    for request in &sent {
        assert_eq!(query(request)["sendUpdates"], "none", "{}", request.method);
    }
    let created: Value = sent[0].body_json().unwrap();
    assert_eq!(
        created,
        json!({
            "start": {"dateTime": "2026-11-23T09:00:00Z", "timeZone": "UTC"},
            "end": {"dateTime": "2026-11-23T10:30:00Z", "timeZone": "UTC"},
            "summary": "Busy",
            "description": format!("This time is taken in another calendar. slotbridge keeps this entry up to date: what is changed here is put right again.\n\n{BLOCK_TAG}"),
            "transparency": "opaque",
            "visibility": "private",
            "status": "confirmed",
        })
    );
    let changed: Value = sent[1].body_json().unwrap();
    assert_eq!(changed, created, "and no list that is empty");
}

#[rstest]
#[case::invited("attendees", json!([{"email": "x@y"}]))]
#[case::recurring("recurrence", json!(["RRULE:FREQ=DAILY"]))]
#[tokio::test]
async fn what_a_person_added_to_a_block_is_taken_away(#[case] field: &str, #[case] value: Value) {
    let world = World::granting().await;
    world
        .on("PATCH", ONE, body(200, &with("one", field, value)))
        .await;
    let zoom = world.client();
    zoom.change_block(&calendar(), &one(), &draft())
        .await
        .unwrap();
    let sent = world.arrived(ONE).await;
    let bodies: Vec<Value> = sent.iter().map(|one| one.body_json().unwrap()).collect();
    assert_eq!(bodies.len(), 2);
    let lists = ["attendees", "recurrence"];
    assert!(lists.iter().all(|name| bodies[0].get(name).is_none()));
    for name in lists {
        let expected = (name == field).then(|| json!([]));
        assert_eq!(bodies[1].get(name), expected.as_ref(), "{name}");
    }
    assert_eq!(
        bodies[1]["end"], bodies[0]["end"],
        "a PATCH needs both ends"
    );
}

#[rstest]
#[case::time_out(too_late(200))]
#[case::server_error(status(503))]
#[tokio::test]
async fn an_insertion_without_an_answer_is_not_repeated(#[case] answer: ResponseTemplate) {
    let world = World::granting().await.impatient();
    world.on("POST", EVENTS, answer.clone()).await;
    world.on("PATCH", ONE, answer).await;
    let zoom = world.client();
    let error = zoom.create_block(&calendar(), &draft()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    let error = zoom
        .change_block(&calendar(), &one(), &draft())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    assert_eq!(world.arrived(EVENTS).await.len(), 1);
    assert_eq!(zoom.meter().requests(), 3, "a change sets all there is");
}

#[rstest]
#[case::gone(404, json!({}), Kind::Stale)]
#[case::gone_for_good(410, json!({}), Kind::Stale)]
#[case::refused(400, json!({"code": 300, "message": "private words"}), Kind::Refused)]
#[case::refused_otherwise(400, json!({"error": {"message": "private words"}}), Kind::Refused)]
#[case::forbidden(403, json!({"message": "private words"}), Kind::Denied)]
#[tokio::test]
async fn a_change_that_fails_says_why(
    #[case] code: u16,
    #[case] answer: Value,
    #[case] kind: Kind,
) {
    let world = World::granting().await;
    world.on("PATCH", ONE, body(code, &answer)).await;
    let zoom = world.client();
    let error = zoom
        .change_block(&calendar(), &one(), &draft())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), kind);
    let all = format!("{error} {error:?}");
    assert!(
        !all.contains("private words") && !all.contains("zmail"),
        "{all}"
    );
}

#[tokio::test]
async fn an_insertion_that_tells_no_id_is_malformed() {
    let world = World::granting().await;
    world
        .on("POST", EVENTS, body(200, &json!({"kind": "x"})))
        .await;
    let error = world.client().create_block(&calendar(), &draft()).await;
    assert_eq!(error.unwrap_err().kind(), Kind::Malformed);
}
