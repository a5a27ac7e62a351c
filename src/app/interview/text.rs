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
                self.plain(key, secret);
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
            Place::Google {
                account,
                client_id,
                client_secret,
            } => {
                self.key("kind", "caldav");
                self.line("# Who logs in, and the OAuth client of one's own there.");
                self.line("[calendar.oauth]");
                self.key("account", account);
                self.key("client_id", client_id);
                self.secret("client_secret", client_secret);
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
mod tests;
