//! What is said about wrong configurations.

use super::*;

#[rstest]
#[case::feed_with_a_token(
    "[[calendar]]\nname = \"f\"\nkind = \"ics\"\nurl = \"https://example.org/x\"\nbearer_token = \"x\"",
    "a feed is asked for without one",
    "use username and password"
)]
#[case::feed_with_two_names(
    "[[calendar]]\nname = \"f\"\nkind = \"ics\"\nurl = \"https://a:b@example.org/x\"\nusername = \"x\"\npassword = \"x\"",
    "the address has a user name in it, too",
    "take it out of the address"
)]
#[case::calendar_with_a_name_in_its_address(
    "[[calendar]]\nname = \"c\"\nkind = \"caldav\"\nurl = \"https://a@example.org/x\"",
    "/config.toml:4: calendar.c.url: the address has a user name in it",
    "write username and password"
)]
#[case::file_with_a_name(
    "[[calendar]]\nname = \"f\"\nkind = \"ics\"\nurl = \"/srv/a.ics\"\nusername = \"x\"\npassword = \"x\"",
    "a file asks for no user name",
    "leave out username and password"
)]
#[case::feed_that_is_none(
    "[[calendar]]\nname = \"f\"\nkind = \"ics\"\nurl = \"ftp://example.org/x\"",
    "this is not the address of a feed",
    "webcal(s)://"
)]
#[case::unknown_key(
    "[zoom]\napi_ulr = \"x\"",
    "/config.toml:2: zoom.api_ulr: this key is not known",
    "did you mean \"api_url\"?"
)]
#[case::unknown_table(
    "[zom]\napi_url = \"x\"",
    "/config.toml:1: zom: this key is not known",
    "did you mean \"zoom\"?"
)]
#[case::unknown_far_key(
    "[sync]\nfrequency = 5",
    "sync.frequency: this key is not known",
    "known here are cron, every, jitter, on_failure"
)]
#[case::bad_duration(
    "[sync]\nevery = \"5 minutes\"",
    "/config.toml:2: sync.every: \"5 minutes\": this is not a duration",
    "\"90s\", \"5m\", \"2h\", \"30d\""
)]
#[case::number_for_duration(
    "[sync]\nevery = 300",
    "sync.every: a number stands where a duration is expected",
    "\"5m\""
)]
#[case::no_program(
    "[sync]\non_failure = []",
    "/config.toml:2: sync.on_failure: it names no program",
    "[\"notify-send\", \"slotbridge\"]"
)]
#[case::program_of_no_name(
    "[sync]\non_failure = [\"\", \"x\"]",
    "sync.on_failure: it names no program",
    "the program and its arguments"
)]
#[case::too_often(
    "[sync]\nevery = \"0s\"",
    "sync.every: this is too often",
    "at least \"1s\""
)]
#[case::both_rhythms(
    "[sync]\nevery = \"5m\"\ncron = \"0 */5 * * * *\"",
    "/config.toml:3: sync.cron: both every and cron are given",
    "keep one"
)]
#[case::bad_cron(
    "[sync]\ncron = \"every day\"",
    "sync.cron: \"every day\" is not a cron expression",
    "six fields"
)]
#[case::bad_plan(
    "[zoom]\nplan = \"por\"",
    "zoom.plan: \"por\" is not known here",
    "did you mean \"pro\"? allowed are \"free\", \"pro\", \"business\""
)]
#[case::bad_share("[zoom]\nshare = 1.5", "zoom.share: this is not a share", "at most 1")]
#[case::text_for_share(
    "[zoom]\nshare = \"0.5\"",
    "zoom.share: a text stands where a number is expected",
    "write a number"
)]
#[case::plain_text(
    "[zoom]\napi_url = \"http://zoom.example\"",
    "zoom.api_url: http:// is not encrypted",
    "use https://"
)]
#[case::no_address(
    "[zoom]\napi_url = \"zoom\"",
    "zoom.api_url: this is not an address",
    "https://"
)]
#[case::number_for_text(
    "[zoom]\napi_url = 1",
    "zoom.api_url: a number stands where a text in double quotes",
    "double quotes"
)]
#[case::not_toml(
    "[zoom]\nplan = pro",
    "/config.toml:2: this is not TOML",
    "double quotes"
)]
#[case::no_kind(
    "[zoom.auth]\nclient_id = \"x\"\nclient_secret = \"y\"",
    "/config.toml:1: zoom.auth.kind: this key is missing",
    "server_to_server"
)]
#[case::no_account(
    "[zoom.auth]\nkind = \"server_to_server\"\nclient_id = \"x\"\nclient_secret = \"y\"",
    "zoom.auth.account_id: this key is missing",
    "app's page"
)]
#[case::stray_account(
    "[zoom.auth]\nkind = \"user\"\nclient_id = \"x\"\nclient_secret = \"y\"\naccount_id = \"z\"",
    "/config.toml:5: zoom.auth.account_id: this key belongs to kind = \"server_to_server\"",
    "remove it"
)]
#[case::two_sources(
    "[zoom.webhook]\nsecret_token = { file = \"/x\", env = \"Y\" }",
    "zoom.webhook.secret_token: a secret has exactly one source",
    "{ file"
)]
#[case::odd_source(
    "[zoom.webhook]\nsecret_token = { fiel = \"/x\" }",
    "zoom.webhook.secret_token.fiel: this key is not known",
    "did you mean \"file\"?"
)]
#[case::number_as_secret(
    "[zoom.webhook]\nsecret_token = 12345678",
    "secret_token: this is not a secret",
    "double quotes"
)]
#[case::bad_listen(
    "[http]\nlisten = \"8787\"",
    "http.listen: \"8787\" is not an address with a port",
    "127.0.0.1:8787"
)]
#[case::missing_calendar(
    "[[host]]\nname = \"alice\"\n[host.bookings]\ncalendar = \"wrok\"",
    "/config.toml:4: host.alice.bookings.calendar: there is no calendar \"wrok\"",
    "add a [[calendar]]"
)]
#[case::unnamed_host(
    "[[host]]\nzoom_user = \"me\"",
    "/config.toml:1: host.name: this key is missing",
    "name of its own"
)]
#[case::no_calendar(
    "[[host]]\nname = \"a\"\n[host.bookings]\npast = \"1d\"",
    "/config.toml:3: host.a.bookings.calendar: this key is missing",
    "name the [[calendar]]"
)]
#[case::host_as_table(
    "[host]\nname = \"a\"",
    "host: a table stands where a list of tables: [[host]] is expected",
    "[[host]]"
)]
#[case::bad_mail(
    "[[host]]\nname = \"a\"\nemails = [\"alice\"]",
    "/config.toml:3: host.a.emails: this is not a mail address",
    "alice@example.org"
)]
#[case::password_alone(
    "[[calendar]]\nname = \"w\"\nkind = \"caldav\"\nurl = \"https://x.example/\"\npassword = \"p\"",
    "calendar.w.username: this key is missing",
    "whose password"
)]
#[case::both_credentials(
    "[[calendar]]\nname = \"w\"\nkind = \"caldav\"\nurl = \"https://x.example/\"\nusername = \"u\"\npassword = \"p\"\nbearer_token = \"b\"",
    "bearer_token: both a password and a bearer token",
    "keep one"
)]
#[case::mail_without_collection(
    "[[calendar]]\nname = \"w\"\nkind = \"caldav\"\nurl = \"a@x.example\"",
    "calendar.w.collection: this key is missing",
    "name the calendar"
)]
#[case::key_of_other_kind(
    "[[calendar]]\nname = \"w\"\nkind = \"vdir\"\npath = \"/x\"\nurl = \"y\"",
    "calendar.w.url: this key is not known",
    "known here are"
)]
fn a_mistake_is_named_with_its_place_and_its_remedy(
    #[case] text: &str,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let said = given(text).mistakes();
    assert!(said.contains(cause), "{said}");
    let (_, hints) = said.split_once("hint: ").unwrap();
    assert!(hints.contains(remedy), "{said}");
}

#[rstest]
#[case(
    "calendar = \"family\"",
    "bookings.calendar: the calendar \"family\" is read-only"
)]
#[case(
    "calendar = \"work\"\ntitle = \"{summary} {name}\"",
    "bookings.title: \"{name}\" is not filled in here"
)]
#[case(
    "calendar = \"work\"\ncancelled_in_zoom = \"keep\"",
    "allowed are \"delete\", \"mark\""
)]
#[case(
    "calendar = \"work\"\ndeleted_in_calendar = \"delete\"",
    "allowed are \"cancel\", \"restore\", \"hold\""
)]
#[case(
    "calendar = \"work\"\nmoved_in_calendar = \"follow\"",
    "allowed are \"restore\", \"keep\""
)]
#[case(
    "calendar = \"work\"\nattendees = \"none\"",
    "allowed are \"description\", \"property\""
)]
#[case(
    "calendar = \"work\"\ngrace = \"1w\"",
    "\"1w\": this is not a duration"
)]
fn a_wrong_policy_is_named(#[case] keys: &str, #[case] cause: &str) {
    let text = format!("{CALENDARS}\n[[host]]\nname = \"alice\"\n[host.bookings]\n{keys}");
    let said = given(&text).mistakes();
    assert!(said.contains(cause), "{said}");
}

#[test]
fn all_mistakes_come_at_once_in_the_order_of_their_lines() {
    let text = "[zoom]\nplan = \"x\"\nshare = 0\n[sync]\nevery = \"x\"\njiter = \"1s\"";
    let said = given(text).mistakes();
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("hint:"))
        .collect();
    let starts = [
        "/config.toml:2:",
        "/config.toml:3:",
        "/config.toml:5:",
        "/config.toml:6:",
    ];
    assert_eq!(lines.len(), starts.len(), "{said}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{said}");
    }
}

#[test]
fn two_of_one_name_are_a_mistake_that_names_both_places() {
    let text = format!(
        "{CALENDARS}\n[[calendar]]\nname = \"work\"\nkind = \"vdir\"\npath = \"/tmp/b\"\n[[host]]\nname = \"a\"\n[[host]]\nname = \"a\""
    );
    let said = given(&text).mistakes();
    assert!(
        said.contains("the name \"work\" is taken already (first at /config.toml:3)"),
        "{said}"
    );
    assert!(said.contains("the name \"a\" is taken already"), "{said}");
}

#[rstest]
#[case::of_another_server(
    "url = \"https://dav.example.org/x/\"",
    "",
    "token_url: this key is missing; this calendar is not Google's"
)]
#[case::look_alike(
    "url = \"https://notgoogle.com/x/\"",
    "",
    "this calendar is not Google's"
)]
#[case::no_address("", "", "url: this key is missing")]
#[case::half(
    "",
    "account = \"a@example.org\"\ntoken_url = \"https://auth.example.org/\"",
    "authorize_url: this key is missing"
)]
#[case::plain_text(
    "",
    "account = \"a@example.org\"\nauthorize_url = \"https://x.org/\"\ntoken_url = \"http://x.org/\"",
    "http:// is not encrypted"
)]
#[case::two_ways(
    "username = \"a\"\npassword = \"p\"",
    "account = \"a@example.org\"",
    "both a login and a password"
)]
#[case::unknown("", "account = \"a\"\nclient_idd = \"x\"", "this key is not known")]
fn mistakes_of_a_login(#[case] calendar: &str, #[case] oauth: &str, #[case] said: &str) {
    let text = format!(
        "[[calendar]]\nname = \"work\"\nkind = \"caldav\"\n{calendar}\n[calendar.oauth]\nclient_id = \"i\"\nclient_secret = \"hush\"\n{oauth}\n"
    );
    let mistakes = given(&text).mistakes();
    let plain = mistakes.replace("\n  hint: ", "; ");
    assert!(plain.contains(said), "{mistakes}");
    assert!(!mistakes.contains("hush"), "{mistakes}");
}

#[rstest]
#[case(
    "",
    "https://apidata.googleusercontent.com/caldav/v2/a@example.org/events/"
)]
#[case(
    "collection = \"Work\"",
    "https://apidata.googleusercontent.com/caldav/v2/a@example.org/user"
)]
#[case(
    "url = \"https://apidata.googleusercontent.com/caldav/v2/x/events/\"",
    "https://apidata.googleusercontent.com/caldav/v2/x/events/"
)]
fn what_is_not_said_of_a_login_is_googles(#[case] calendar: &str, #[case] address: &str) {
    let text = format!(
        "[[calendar]]\nname = \"work\"\nkind = \"caldav\"\n{calendar}\n[calendar.oauth]\nclient_id = \"i\"\nclient_secret = \"hush\"\naccount = \"a@example.org\"\n"
    );
    let settings = given(&text).settings();
    let CalendarPlace::Caldav {
        url,
        credentials: Credentials::OAuth(oauth),
        ..
    } = &settings.calendars[0].place
    else {
        panic!("{settings:?}");
    };
    assert_eq!(url, address);
    assert_eq!(
        oauth.token_url.as_str(),
        "https://oauth2.googleapis.com/token"
    );
    assert!(oauth.scope.is_some() && oauth.revoke_url.is_some());
}
