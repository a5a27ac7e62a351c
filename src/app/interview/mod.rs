//! What a person answers when they are asked for a configuration.

/// The file that the answers make.
pub mod text;

use std::path::PathBuf;

use secrecy::SecretString;

/// Everything that was answered so far.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// The app in Zoom.
    pub app: Option<App>,
    /// The calendars, in the order in which they were named.
    pub calendars: Vec<Calendar>,
    /// Whose bookings it is about.
    pub host: Option<Host>,
}

/// The app in Zoom.
#[derive(Clone, Debug)]
pub struct App {
    /// The account of an account-wide app; none for one that users log in to.
    pub account_id: Option<String>,
    /// From its page.
    pub client_id: String,
    /// From its page.
    pub client_secret: Kept,
}

/// How a secret is kept.
#[derive(Clone, Debug)]
pub enum Kept {
    /// It was typed, and goes into a file of its own beside the configuration.
    Typed {
        /// The secret.
        secret: SecretString,
        /// The name of the file.
        file: String,
        /// Where the file stands, as the configuration says it.
        said: String,
    },
    /// A command prints it.
    Command(Vec<String>),
    /// It stands in a file already.
    File(String),
}

/// A calendar.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// What hosts call it.
    pub name: String,
    /// What else is known of it, in one line.
    pub remark: String,
    /// Where it is.
    pub place: Place,
}

/// Where a calendar is.
#[derive(Clone, Debug)]
pub enum Place {
    /// Behind CalDAV.
    Caldav {
        /// Its address; or a server or mail address, with `collection`.
        url: String,
        /// Its name there.
        collection: Option<String>,
        /// Who asks.
        login: Option<Login>,
    },
    /// At Google, where somebody logs in with an app of their own.
    Google {
        /// Who.
        account: String,
        /// Of the app.
        client_id: String,
        /// Of the app.
        client_secret: Kept,
    },
    /// A feed that is only read. Its address is often all that keeps it private.
    Feed {
        /// Its address, or a path.
        url: SecretString,
        /// Who asks.
        login: Option<Login>,
    },
    /// A directory with one file per event.
    Directory {
        /// Where, as the configuration says it.
        said: String,
        /// Where, to be made with the configuration; none where it is there.
        make: Option<PathBuf>,
    },
}

/// A user name and its password.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Kept,
}

/// Whose bookings it is about.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// What commands call them.
    pub name: String,
    /// `me`, or a mail address of an account-wide app's account.
    pub zoom_user: String,
    /// Their own addresses.
    pub emails: Vec<String>,
    /// Where bookings go.
    pub bookings: Option<String>,
    /// What makes them busy.
    pub busy: Vec<String>,
    /// Where working hours are kept.
    pub hours: Option<String>,
}

impl Place {
    /// Its secret, where it has one.
    fn kept(&self) -> Option<&Kept> {
        match self {
            Self::Caldav { login, .. } | Self::Feed { login, .. } => {
                login.as_ref().map(|login| &login.password)
            }
            Self::Google { client_secret, .. } => Some(client_secret),
            Self::Directory { .. } => None,
        }
    }
}

impl Answers {
    /// Every secret that was typed, with the name of its file; each file once.
    #[must_use]
    pub fn typed(&self) -> Vec<(&str, &SecretString)> {
        let app = self.app.iter().map(|app| &app.client_secret);
        let places = self.calendars.iter().filter_map(|one| one.place.kept());
        let mut typed: Vec<(&str, &SecretString)> = Vec::new();
        for kept in app.chain(places) {
            if let Kept::Typed { secret, file, .. } = kept
                && typed.iter().all(|(name, _)| name != file)
            {
                typed.push((file, secret));
            }
        }
        typed
    }

    /// The directories that are to be made.
    pub fn directories(&self) -> impl Iterator<Item = &PathBuf> {
        self.calendars.iter().filter_map(|one| match &one.place {
            Place::Directory { make, .. } => make.as_ref(),
            Place::Caldav { .. } | Place::Google { .. } | Place::Feed { .. } => None,
        })
    }

    /// The calendars that somebody has to log in to.
    pub fn to_log_in(&self) -> impl Iterator<Item = &Calendar> {
        let calendars = self.calendars.iter();
        calendars.filter(|one| matches!(one.place, Place::Google { .. }))
    }

    /// A name like this one that no calendar has yet.
    #[must_use]
    pub fn free_name(&self, stem: &str) -> String {
        let is_taken = |name: &str| self.calendars.iter().any(|one| one.name == name);
        let mut name = stem.to_owned();
        let mut number = 2_u32;
        while is_taken(&name) {
            name = format!("{stem}-{number}");
            number += 1;
        }
        name
    }
}
