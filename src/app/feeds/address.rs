//! Where a feed is, as far as it can be said from here.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::feed::{FeedKind, FeedName};
use crate::domain::ids::HostName;
use crate::ical::feed::Head;
use crate::settings::resolved::Http;

/// Where a feed is. The path is a secret: whoever knows it can read the feed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Its name in the configuration.
    pub name: FeedName,
    /// Whose it is.
    pub host: HostName,
    /// What it shows.
    pub kind: FeedKind,
    /// Its path below the server's address.
    pub path: String,
    /// The whole address, as far as one is known.
    pub url: Option<String>,
    /// What has to be set so that it can be reached, where something has to.
    pub hint: Option<String>,
}

// Written by hand so that no address can reach a log.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// How the server of feeds is reached from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Reached {
    /// There is none.
    #[default]
    NotAtAll,
    /// Only where it listens.
    Here(String),
    /// At this address.
    At(Url),
}

impl Reached {
    /// What the configuration says about it.
    pub(super) fn by(http: Option<&Http>) -> Self {
        match http {
            None => Self::NotAtAll,
            Some(http) => match &http.public_url {
                Some(url) => Self::At(url.clone()),
                None => Self::Here(format!("http://{}", http.listen)),
            },
        }
    }

    /// The address of a feed.
    pub(super) fn address(&self, head: &Head, host: &HostName, token: &str) -> Address {
        let path = format!("/feeds/{token}.ics");
        let at = |base: &str| Some(format!("{}{path}", base.trim_end_matches('/')));
        let (url, hint) = match self {
            Self::At(url) => (at(url.as_str()), None),
            Self::Here(here) => (
                at(here),
                Some("set public_url in [http] to how others reach this machine"),
            ),
            Self::NotAtAll => (
                None,
                Some(
                    "set listen and public_url in [http] to serve it, or let `slotbridge feeds write DIRECTORY` write files",
                ),
            ),
        };
        Address {
            name: head.name.clone(),
            host: host.clone(),
            kind: head.kind,
            path,
            url,
            hint: hint.map(str::to_owned),
        }
    }
}
