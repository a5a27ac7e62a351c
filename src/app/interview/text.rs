//! Turns answers into the text of a configuration, with a comment on what each part is for.

use std::fmt::Write as _;

use secrecy::{ExposeSecret as _, SecretString};

use super::{Answers, App, Calendar, Host, Kept, Login, Place};

/// Where secrets that were typed stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// In the files that the text names: what is written.
    InFiles,
    /// In the text itself: what is tried before anything is written.
    InText,
}

const HEAD: &str = "\
# The configuration of slotbridge, as `slotbridge config init` asked for it. `slotbridge config show`
# shows it together with every default, `slotbridge check` tries all of it. Secrets can be plain texts,
# { file = \"…\" }, { command = [\"…\"] }, { env = \"NAME\" } or { credential = \"name\" } (systemd).
";

/// The whole file.
#[must_use]
pub fn of(answers: &Answers, secrets: Secrets) -> String {
    let mut text = Text {
        text: HEAD.to_owned(),
        secrets,
    };
    if let Some(app) = &answers.app {
        text.app(app);
    }
    for calendar in &answers.calendars {
        text.calendar(calendar);
    }
    if let Some(host) = &answers.host {
        text.host(host);
    }
    text.text
}

struct Text {
    text: String,
    secrets: Secrets,
}

impl Text {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn key(&mut self, key: &str, value: &str) {
        // Writing to a String cannot fail.
        writeln!(self.text, "{key} = {}", quoted(value)).unwrap_or_default();
    }

    fn secret(&mut self, key: &str, kept: &Kept) {
        match kept {
            Kept::Typed { secret, .. } if self.secrets == Secrets::InText => {
                self.plain(key, secret)
            }
            Kept::Typed { said, .. } | Kept::File(said) => {
                self.line(&format!("{key} = {{ file = {} }}", quoted(said)));
            }
            Kept::Command(words) => {
                self.line(&format!("{key} = {{ command = {} }}", list(words)));
            }
        }
    }

    fn plain(&mut self, key: &str, secret: &SecretString) {
        self.key(key, secret.expose_secret());
    }

    fn app(&mut self, app: &App) {
        self.line("\n# The app in Zoom's marketplace; all of this stands on its page.");
        self.line("[zoom.auth]");
        match &app.account_id {
            Some(account_id) => {
                self.key("kind", "server_to_server");
                self.key("account_id", account_id);
            }
            None => self.key("kind", "user"),
        }
        self.key("client_id", &app.client_id);
        self.secret("client_secret", &app.client_secret);
    }

    fn calendar(&mut self, calendar: &Calendar) {
        let remark: String = calendar
            .remark
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        self.line(&format!("\n# {remark}"));
        self.line("[[calendar]]");
        self.key("name", &calendar.name);
        match &calendar.place {
            Place::Caldav {
                url,
                collection,
                login,
            } => {
                self.key("kind", "caldav");
                self.key("url", url);
                if let Some(collection) = collection {
                    self.key("collection", collection);
                }
                self.login(login.as_ref());
            }
            Place::Feed { url, login } => {
                self.key("kind", "ics");
                self.plain("url", url);
                self.login(login.as_ref());
            }
            Place::Directory { said, .. } => {
                self.key("kind", "vdir");
                self.key("path", said);
            }
        }
    }

    fn login(&mut self, login: Option<&Login>) {
        if let Some(Login { username, password }) = login {
            self.key("username", username);
            self.secret("password", password);
        }
    }

    fn host(&mut self, host: &Host) {
        self.line("\n# Whose bookings it is about.");
        self.line("[[host]]");
        self.key("name", &host.name);
        self.line(
            "# \"me\" is whose app it is; or a user id or mail address, with an account-wide app.",
        );
        self.key("zoom_user", &host.zoom_user);
        self.line("# Invitations that these addresses declined are not busy.");
        self.line(&format!("emails = {}", list(&host.emails)));
        if let Some(calendar) = &host.bookings {
            self.line("\n# Bookings stand in this calendar, and follow what is done to their entries there.");
            self.line("[host.bookings]");
            self.key("calendar", calendar);
            self.line(
                "# What a deleted entry does to its booking: \"cancel\", \"restore\" or \"hold\".",
            );
            self.line("#deleted_in_calendar = \"cancel\"");
            self.line("# How long before the start a new entry rings; without it, it does not.");
            self.line("#alarm = \"10m\"");
        }
        if !host.busy.is_empty() {
            self.line("\n# Events of these calendars take their time off the booking page. Zoom learns no word of them.");
            self.line("[host.busy]");
            self.line(&format!("from = {}", list(&host.busy)));
            self.line("# \"zoom_calendar\", \"availability\" or \"auto\".");
            self.line("#to = \"auto\"");
            self.line("# Added before and after each event.");
            self.line("#before = \"0m\"");
            self.line("#after = \"0m\"");
        }
        if let Some(calendar) = &host.hours {
            self.line(
                "\n# Zoom's working hours are kept here, too, as a VAVAILABILITY, both ways.",
            );
            self.line("[host.hours]");
            self.key("calendar", calendar);
            self.line("# Who is right on a conflict: \"zoom\", \"calendar\" or \"hold\".");
            self.line("#wins = \"zoom\"");
        }
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("[{}]", words.join(", "))
}

#[cfg(test)]
mod tests {
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
        assert_eq!(settings.calendars.len(), 4);
        let host = &settings.hosts[0];
        assert_eq!(host.emails, ["alice@example.org"]);
        assert_eq!(host.busy.as_ref().unwrap().from.len(), 2);
        assert!(host.bookings.is_some() && host.hours.is_some());
        let CalendarPlace::Caldav { collection, .. } = &settings.calendars[3].place else {
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
        assert_eq!(names, ["client-secret", "dav-password"]);
        assert_eq!(answers().free_name("work"), "work-2");
    }
}
