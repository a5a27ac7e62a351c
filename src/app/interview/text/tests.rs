//! What the text of some answers means.

use super::*;
use crate::settings::environment::Environment;
use crate::settings::resolved::{Auth, CalendarPlace};
use crate::settings::{Sources, load_draft};

fn typed(secret: &str, file: &str) -> Kept {
    Kept::Typed {
        secret: secret.into(),
        file: file.to_owned(),
        said: format!("/etc/slotbridge/{file}"),
    }
}

fn answers() -> Answers {
    let login = Login {
        username: "al\"ice".to_owned(),
        password: typed("hush-dav", "dav-password"),
    };
    let calendar = |name: &str, place| Calendar {
        name: name.to_owned(),
        remark: "what\nit = \"is\"".to_owned(),
        place,
    };
    Answers {
        app: Some(App {
            account_id: Some("account".to_owned()),
            client_id: "id".to_owned(),
            client_secret: typed("hush\"\\client", "client-secret"),
        }),
        calendars: vec![
            calendar(
                "work",
                Place::Caldav {
                    url: "https://dav.example.org/alice/work/".to_owned(),
                    collection: None,
                    login: Some(login.clone()),
                },
            ),
            calendar(
                "family",
                Place::Feed {
                    url: "https://example.org/hush-feed.ics".into(),
                    login: Some(Login {
                        password: Kept::Command(vec!["pass".to_owned(), "a b".to_owned()]),
                        ..login.clone()
                    }),
                },
            ),
            calendar(
                "laptop",
                Place::Directory {
                    said: "/home/alice/calendar".to_owned(),
                    make: None,
                },
            ),
            calendar(
                "google",
                Place::Google {
                    account: "alice@gmail.com".to_owned(),
                    client_id: "id".to_owned(),
                    client_secret: typed("hush-google", "google-secret"),
                },
            ),
            calendar(
                "shared",
                Place::Caldav {
                    url: "alice@example.org".to_owned(),
                    collection: Some("Shared".to_owned()),
                    login: Some(login),
                },
            ),
        ],
        host: Some(Host {
            name: "alice".to_owned(),
            zoom_user: "me".to_owned(),
            emails: vec!["alice@example.org".to_owned()],
            bookings: Some("work".to_owned()),
            busy: vec!["work".to_owned(), "family".to_owned()],
            hours: Some("work".to_owned()),
        }),
    }
}

fn settings(answers: &Answers, secrets: Secrets) -> crate::settings::Settings {
    let text = of(answers, secrets);
    let nobody = [("HOME".to_owned(), "/nonexistent".to_owned())];
    let environment: Environment = nobody.into_iter().collect();
    let draft = std::path::Path::new("/nonexistent/draft.toml");
    load_draft(&Sources::default(), &environment, draft, &text)
        .unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
        .settings
}

#[test]
fn the_text_means_what_was_answered_and_holds_no_secret() {
    let answers = answers();
    let text = of(&answers, Secrets::InFiles);
    assert!(!text.replace("hush-feed", "").contains("hush"), "{text}");
    let settings = settings(&answers, Secrets::InFiles);
    settings.complete().unwrap();
    assert_eq!(settings.calendars.len(), 5);
    let host = &settings.hosts[0];
    assert_eq!(host.emails, ["alice@example.org"]);
    assert_eq!(host.busy.as_ref().unwrap().from.len(), 2);
    assert!(host.bookings.is_some() && host.hours.is_some());
    let CalendarPlace::Caldav { collection, .. } = &settings.calendars[4].place else {
        panic!("{settings:?}");
    };
    assert_eq!(collection.as_deref(), Some("Shared"));
    assert!(
        matches!(&settings.zoom.auth, Some(Auth::ServerToServer { account_id, .. }) if account_id == "account")
    );
}

#[tokio::test]
async fn what_is_tried_holds_the_secrets_as_they_were_typed() {
    let settings = settings(&answers(), Secrets::InText);
    let Some(Auth::ServerToServer { client_secret, .. }) = settings.zoom.auth else {
        panic!("no app");
    };
    let secret = client_secret.reveal().await.unwrap();
    assert_eq!(secret.expose_secret(), "hush\"\\client");
}

#[test]
fn one_that_says_nothing_yet_is_a_configuration_too() {
    let nothing = settings(&Answers::default(), Secrets::InFiles);
    assert!(nothing.hosts.is_empty() && nothing.zoom.auth.is_none());
}

#[test]
fn a_secret_that_two_calendars_share_is_one_file() {
    let names: Vec<String> = answers()
        .typed()
        .into_iter()
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(names, ["client-secret", "dav-password", "google-secret"]);
    assert_eq!(answers().free_name("work"), "work-2");
}
