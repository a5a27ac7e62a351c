//! What listings hold.

use rstest::rstest;
use slotbridge::domain::ids::{Cursor, Etag, Href};
use slotbridge::ports::calendar::Coverage;
use slotbridge::ports::error::Kind;

use crate::bench::{calendar, list};
use crate::script::{
    Skill, document, line, multistatus, propfind, server, sync, token, url, with_props,
    with_status, xml,
};

fn since(text: &str) -> Cursor {
    Cursor::new(format!("token:{text}"))
}

fn names(hrefs: impl IntoIterator<Item = Href>) -> Vec<String> {
    hrefs.into_iter().map(|href| href.to_string()).collect()
}

#[tokio::test]
async fn the_collection_subcollections_and_repeats_are_no_objects() {
    let server = server(Skill::Sync).await;
    let inner = [
        line("", "\"self\""),
        with_props("/cal", "<d:getetag>\"self\"</d:getetag>"),
        with_props("/%63al/", "<d:getetag>\"self\"</d:getetag>"),
        line("sub/", "\"sub\""),
        with_props(
            "/cal/sub2",
            "<d:resourcetype><d:collection/></d:resourcetype>",
        ),
        with_props(
            "/cal/card.vcf",
            "<d:getcontenttype>text/vcard</d:getcontenttype>",
        ),
        with_props("/cal/sub/deep.ics", "<d:getetag>\"d\"</d:getetag>"),
        line("a%40b.ics", "\"1\""),
        line("a@b.ics", "\"1\""),
        line("plain.ics", "unquoted"),
        line("odd.ics", "W/\"weak\""),
        with_props("/cal/untagged.ics", ""),
        token("t1"),
    ];
    sync("")
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    let read = list(&calendar(&url(&server)), None).await.unwrap();
    let found: Vec<(&str, Option<&str>)> = read
        .there
        .iter()
        .map(|(href, etag)| (href.as_str(), etag.as_ref().map(Etag::as_str)))
        .collect();
    let expected = [
        ("a@b.ics", Some("\"1\"")),
        ("odd.ics", Some("W/\"weak\"")),
        ("plain.ics", Some("unquoted")),
        ("untagged.ics", None),
    ];
    assert_eq!((found, read.lines), (expected.to_vec(), 4));
    assert_eq!(read.listed.coverage, Coverage::Full);
    assert_eq!(read.listed.cursor, Some(since("t1")));
}

#[tokio::test]
async fn only_a_response_with_a_404_of_its_own_is_a_deletion() {
    let server = server(Skill::Sync).await;
    let half = "<d:response><d:href>/cal/half.ics</d:href><d:propstat><d:prop><d:getetag/></d:prop>\
        <d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>";
    let inner = [
        half.to_owned(),
        with_status("/cal/gone.ics", 404),
        // Deleted and made again: Stalwart says both.
        with_status("/cal/again.ics", 404),
        line("again.ics", "\"2\""),
        line("before.ics", "\"3\""),
        with_status("/cal/before.ics", 404),
        token("t2"),
    ];
    sync("t1")
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    let read = list(&calendar(&url(&server)), Some(&since("t1")))
        .await
        .unwrap();
    assert_eq!(read.listed.coverage, Coverage::Since);
    assert_eq!(names(read.removed), ["gone.ics"]);
    assert_eq!(
        names(read.there.into_keys()),
        ["again.ics", "before.ics", "half.ics"]
    );
}

#[tokio::test]
async fn deletions_in_a_full_listing_mean_nothing() {
    let server = server(Skill::Sync).await;
    let inner = [
        line("a.ics", "\"1\""),
        with_status("/cal/old.ics", 404),
        token("t1"),
    ];
    sync("")
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    let read = list(&calendar(&url(&server)), None).await.unwrap();
    assert_eq!((read.lines, read.removed.len()), (1, 0));
}

#[rstest]
#[case::cut("<d:response><d:href>/cal/b.ics</d:href>", Kind::Transient)]
#[case::cut_before_the_end("", Kind::Transient)]
#[case::bomb(
    "<d:response><d:href>&lol;</d:href></d:response></d:multistatus>",
    Kind::Malformed
)]
#[case::nonsense("</d:response></x>", Kind::Malformed)]
#[tokio::test]
async fn a_body_that_breaks_off_is_never_a_shorter_listing(#[case] rest: &str, #[case] kind: Kind) {
    let server = server(Skill::Sync).await;
    let whole = document(&line("a.ics", "\"1\""));
    let body = whole.strip_suffix("</d:multistatus>").unwrap().to_owned() + rest;
    sync("").respond_with(xml(207, body)).mount(&server).await;
    let error = list(&calendar(&url(&server)), None).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
}

#[tokio::test]
async fn an_entity_bomb_and_deep_nesting_are_refused() {
    let bomb =
        r#"<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><m>&b;</m>"#;
    let deep = format!(
        "<d:multistatus xmlns:d=\"DAV:\">{}",
        "<d:x>".repeat(100_000)
    );
    for body in [bomb.to_owned(), deep] {
        let server = server(Skill::Ctag).await;
        propfind("1")
            .respond_with(xml(207, body))
            .mount(&server)
            .await;
        let error = list(&calendar(&url(&server)), None).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Malformed, "{error:?}");
    }
}

#[tokio::test]
async fn a_delta_cut_short_is_followed_to_its_end() {
    let server = server(Skill::Sync).await;
    let first = [
        line("a.ics", "\"1\""),
        with_status("/cal/", 507),
        token("t2"),
    ];
    let second = [with_status("/cal/b.ics", 404), token("t3")];
    sync("t1")
        .respond_with(multistatus(&first.concat()))
        .mount(&server)
        .await;
    sync("t2")
        .respond_with(multistatus(&second.concat()))
        .mount(&server)
        .await;
    let read = list(&calendar(&url(&server)), Some(&since("t1")))
        .await
        .unwrap();
    assert_eq!((read.there.len(), read.removed.len()), (1, 1));
    assert_eq!(read.listed.coverage, Coverage::Since);
    assert_eq!(read.listed.cursor, Some(since("t3")));
}

#[tokio::test]
async fn a_full_listing_cut_short_proves_no_absence() {
    let server = server(Skill::Sync).await;
    let first = [
        line("a.ics", "\"1\""),
        with_status("/cal/", 507),
        token("t2"),
    ];
    let second = [line("b.ics", "\"1\""), token("t3")];
    sync("")
        .respond_with(multistatus(&first.concat()))
        .mount(&server)
        .await;
    sync("t2")
        .respond_with(multistatus(&second.concat()))
        .mount(&server)
        .await;
    let read = list(&calendar(&url(&server)), None).await.unwrap();
    assert_eq!((read.lines, read.listed.coverage), (2, Coverage::Partial));
    assert_eq!(read.listed.cursor, Some(since("t3")));
}

#[tokio::test]
async fn a_token_that_skips_the_rest_makes_a_delta_doubtful() {
    let server = server(Skill::Sync).await;
    let first = [
        line("a.ics", "\"1\""),
        with_status("/cal/", 507),
        token("t9"),
    ];
    sync("t1")
        .respond_with(multistatus(&first.concat()))
        .mount(&server)
        .await;
    sync("t9")
        .respond_with(multistatus(&token("t9")))
        .mount(&server)
        .await;
    let read = list(&calendar(&url(&server)), Some(&since("t1")))
        .await
        .unwrap();
    assert_eq!((read.lines, read.listed.coverage), (1, Coverage::Partial));
}

#[tokio::test]
async fn a_truncation_that_never_ends_is_left() {
    let server = server(Skill::Sync).await;
    let always = [
        line("a.ics", "\"1\""),
        with_status("/cal/", 507),
        token("t1"),
    ];
    sync("")
        .respond_with(multistatus(&always.concat()))
        .mount(&server)
        .await;
    sync("t1")
        .respond_with(multistatus(&always.concat()))
        .mount(&server)
        .await;
    let calendar = calendar(&url(&server));
    let read = list(&calendar, None).await.unwrap();
    assert_eq!(read.listed.coverage, Coverage::Partial);
    let read = list(&calendar, Some(&since("t1"))).await.unwrap();
    assert_eq!(read.listed.coverage, Coverage::Partial);
}

#[tokio::test]
async fn an_etag_listing_cut_short_is_partial_too() {
    let server = server(Skill::Ctag).await;
    let inner = [line("a.ics", "\"1\""), with_status("/cal/", 507)];
    propfind("1")
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    let read = list(&calendar(&url(&server)), None).await.unwrap();
    assert_eq!((read.lines, read.listed.coverage), (1, Coverage::Partial));
}

#[tokio::test]
async fn a_listing_of_things_elsewhere_is_not_an_empty_calendar() {
    let server = server(Skill::Sync).await;
    let inner = [
        with_props("/inside/cal/a.ics", "<d:getetag>\"1\"</d:getetag>"),
        token("t1"),
    ];
    sync("")
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    let error = list(&calendar(&url(&server)), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
}

#[tokio::test]
async fn an_empty_listing_is_believed_only_of_a_calendar_that_is_there() {
    let server = server(Skill::Sync).await;
    sync("")
        .respond_with(multistatus(&token("t1")))
        .mount(&server)
        .await;
    let calendar = calendar(&url(&server));
    let read = list(&calendar, None).await.unwrap();
    assert_eq!((read.lines, read.listed.coverage), (0, Coverage::Full));
    // RustiCal and Stalwart say the same of one that was deleted.
    propfind("0")
        .respond_with(xml(404, ""))
        .mount(&server)
        .await;
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Missing);
}

#[tokio::test]
async fn hundreds_of_lines_come_in_portions() {
    let server = server(Skill::Sync).await;
    let lines: Vec<String> = (0..450)
        .map(|i| line(&format!("{i}.ics"), "\"1\""))
        .collect();
    sync("")
        .respond_with(multistatus(&(lines.concat() + &token("t1"))))
        .mount(&server)
        .await;
    let calendar = calendar(&url(&server));
    let mut listing = slotbridge::ports::calendar::Calendar::list(&calendar, None)
        .await
        .unwrap();
    let mut portions = Vec::new();
    while let Some(changes) = listing.next().await.unwrap() {
        portions.push(changes.len());
    }
    assert_eq!(portions, [200, 200, 50]);
}
