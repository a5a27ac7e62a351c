//! The questions about one calendar: where it is, who asks there, which one it is.

use std::path::Path;

use super::super::calendars::{described, stem};
use super::super::terminal;
use super::ask;
use super::interview::{Interview, Then, after};
use crate::adapters::caldav::dns::Resolver;
use crate::adapters::caldav::{Collection, Credentials};
use crate::app::failure::Failure;
use crate::app::interview::{Calendar, Login, Place};
use crate::app::seek::{self, Target};

/// What a calendar is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Bookings are written there.
    Bookings,
    /// Its events make busy.
    Busy,
}

/// A calendar that was chosen, and the others on the same server.
pub(super) struct Chosen {
    pub(super) calendar: Calendar,
    pub(super) others: Vec<Calendar>,
}

impl Interview<'_> {
    /// Asks where a calendar is; `None` where the person is to begin again.
    pub(super) async fn ask_place(
        &self,
        question: &str,
        used: Use,
    ) -> Result<Option<Chosen>, Failure> {
        let mut kinds = vec![
            "a server (CalDAV): iCloud, Fastmail, mailbox.org, Posteo, Nextcloud, Radicale, …"
                .to_owned(),
            "a directory of .ics files, as khal and vdirsyncer use".to_owned(),
        ];
        if used == Use::Busy {
            kinds.push(
                "a feed (an address that ends in .ics, webcal://…), or a single file".to_owned(),
            );
        }
        match ask::one_of(question, &kinds).await? {
            0 => self.on_a_server(used).await,
            1 => self.in_a_directory().await.map(Some),
            _ => self.behind_a_feed().await.map(Some),
        }
    }

    async fn on_a_server(&self, used: Use) -> Result<Option<Chosen>, Failure> {
        let question = "Its address, its server, or your mail address there";
        let typed = ask::line(question, None).await?;
        let target = match Target::of(&typed) {
            Ok(target) => target,
            Err(failure) => {
                terminal::print(&format!("{failure}\n"))?;
                return Ok(None);
            }
        };
        if let Some(preset) = target.preset() {
            terminal::print(&format!("  {}: {}\n", preset.name, preset.needs))?;
            if !preset.takes_passwords {
                let account = usual_name(&typed, &target);
                return self.at_google(&account).await.map(Some);
            }
        }
        let login = self
            .login(&usual_name(&typed, &target), "dav-password")
            .await?;
        let found = match self.look(&target, login.as_ref()).await {
            Ok(found) => found,
            Err(failure) => {
                return match after(&failure).await? {
                    Then::Again => Ok(None),
                    Then::Keep => self.unseen(typed, login).await.map(Some),
                };
            }
        };
        self.choose(found, login, used).await
    }

    /// A calendar that is logged in to once the configuration is written.
    async fn at_google(&self, usual: &str) -> Result<Chosen, Failure> {
        let usual = Some(usual).filter(|usual| !usual.is_empty());
        let account = ask::line("The account's mail address", usual).await?;
        let client_id = ask::line("Client id of your OAuth client there", None).await?;
        let client_secret = self.ask_secret("client secret", "google-secret").await?;
        Ok(alone(Calendar {
            name: "google".to_owned(),
            remark: "The calendar of an account at Google.".to_owned(),
            place: Place::Google {
                account,
                client_id,
                client_secret,
            },
        }))
    }

    async fn login(&self, usual: &str, file: &str) -> Result<Option<Login>, Failure> {
        let question = if usual.is_empty() {
            "User name (Enter: none is asked for)"
        } else {
            "User name"
        };
        let username = ask::line(question, Some(usual)).await?;
        if username.is_empty() {
            return Ok(None);
        }
        let password = self.ask_secret("password", file).await?;
        Ok(Some(Login { username, password }))
    }

    async fn look(
        &self,
        target: &Target,
        login: Option<&Login>,
    ) -> Result<Vec<Collection>, Failure> {
        let credentials = match login {
            Some(Login { username, password }) => Credentials::Password {
                username: username.clone(),
                password: self.reveal("password", password).await?.into(),
            },
            None => Credentials::None,
        };
        terminal::print("looking for calendars …\n")?;
        let resolver = Resolver::of_the_system();
        let found = seek::calendars(target, &credentials, &resolver, &self.context.clock).await?;
        Ok(found.calendars)
    }

    async fn choose(
        &self,
        found: Vec<Collection>,
        login: Option<Login>,
        used: Use,
    ) -> Result<Option<Chosen>, Failure> {
        let fits = |one: &Collection| used == Use::Busy || one.writable != Some(false);
        let (mut fitting, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(fits);
        let choices: Vec<String> = fitting.iter().map(described).collect();
        let number = match choices.as_slice() {
            [] => {
                terminal::print("all that is there is read-only: bookings cannot be written\n")?;
                return Ok(None);
            }
            [only] => {
                terminal::print(&format!("  found: {only}\n"))?;
                0
            }
            _ => ask::one_of("Which one?", &choices).await?,
        };
        let calendar = |collection: &Collection| Calendar {
            name: stem(&collection.display_name),
            remark: described(collection),
            place: Place::Caldav {
                url: collection.url.to_string(),
                collection: None,
                login: login.clone(),
            },
        };
        let chosen = fitting.remove(number);
        Ok(Some(Chosen {
            calendar: calendar(&chosen),
            others: fitting.iter().chain(&rest).map(calendar).collect(),
        }))
    }

    /// A calendar that could not be seen, and is kept all the same.
    async fn unseen(&self, typed: String, login: Option<Login>) -> Result<Chosen, Failure> {
        let (question, usual) = if typed.contains("://") {
            (
                "The calendar's name there (Enter: the address is its own)",
                Some(""),
            )
        } else {
            ("The calendar's name there", None)
        };
        let collection = ask::line(question, usual).await?;
        let collection = Some(collection).filter(|name| !name.is_empty());
        Ok(alone(Calendar {
            name: stem(collection.as_deref().unwrap_or_default()),
            remark: "A calendar on a server; it could not be tried when this was written."
                .to_owned(),
            place: Place::Caldav {
                url: typed,
                collection,
                login,
            },
        }))
    }

    async fn in_a_directory(&self) -> Result<Chosen, Failure> {
        loop {
            let path = match self.expanded(&ask::line("The directory", None).await?) {
                Ok(path) => path,
                Err(failure) => {
                    terminal::print(&format!("{failure}\n"))?;
                    continue;
                }
            };
            let make = if path.is_dir() {
                false
            } else if path.symlink_metadata().is_ok() {
                terminal::print("this is no directory\n")?;
                continue;
            } else if ask::yes("There is none yet. Make it?", true).await? {
                true
            } else {
                continue;
            };
            let last = path.file_name().map_or(Path::new(""), Path::new);
            return Ok(alone(Calendar {
                name: stem(&last.to_string_lossy()),
                remark: "A directory with one .ics file per event.".to_owned(),
                place: Place::Directory {
                    said: self.said(&path)?,
                    make: make.then_some(path),
                },
            }));
        }
    }

    async fn behind_a_feed(&self) -> Result<Chosen, Failure> {
        let url = ask::line("Its address, or the file", None).await?;
        let login = self.login("", "feed-password").await?;
        Ok(alone(Calendar {
            name: "feed".to_owned(),
            remark: "A feed; it is only read.".to_owned(),
            place: Place::Feed {
                url: url.into(),
                login,
            },
        }))
    }
}

fn alone(calendar: Calendar) -> Chosen {
    Chosen {
        calendar,
        others: Vec::new(),
    }
}

/// The user name that a mail address is most of the time.
fn usual_name(typed: &str, target: &Target) -> String {
    let mail = typed.trim();
    match target {
        Target::Mail(_) => mail.strip_prefix("mailto:").unwrap_or(mail).to_owned(),
        Target::Url(_) => String::new(),
    }
}
