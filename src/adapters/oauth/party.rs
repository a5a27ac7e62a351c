//! Who asks for tokens where, and how errors call all of that.

use std::time::Duration;

use url::Url;

use crate::ports::secret::LiveSecret;

/// An app at the server that gives out its tokens.
#[derive(Clone, Debug)]
pub struct Party {
    /// Where tokens come from.
    pub token_url: Url,
    /// Where they are ended (RFC 7009), if anywhere.
    pub revoke_url: Option<Url>,
    /// Of the app.
    pub client_id: String,
    /// Of the app.
    pub client_secret: LiveSecret,
    /// How the app is let in.
    pub way: Way,
    /// What names the grant, besides the server and the app.
    pub whose: String,
    /// What names the server in the state.
    pub place: Url,
    /// Whether the server may be one that finds parameters in the query alone.
    pub may_read_query: bool,
    /// The first wait between two tries; each further one may be twice as long.
    pub first_wait: Duration,
    /// How errors call it.
    pub words: Words,
}

/// How an app is let in.
#[derive(Clone, Debug)]
pub enum Way {
    /// A person logged in.
    User {
        /// Seeds the state in place of a login.
        refresh_token: Option<LiveSecret>,
    },
    /// The app belongs to the account itself.
    Account {
        /// Which.
        account_id: String,
    },
}

/// How errors call the server, the configuration and the remedy.
#[derive(Clone, Debug)]
pub struct Words {
    /// The server.
    pub server: String,
    /// The table of the configuration with the app in it.
    pub table: String,
    /// The key of the configuration with the address in it.
    pub address: String,
    /// What logs in.
    pub login: String,
    /// What to do where nobody is logged in, or the login has ended.
    pub ended: String,
    /// What to do where a login gives no refresh token.
    pub no_refresh: String,
    /// What else may be wrong where the app of a person is refused.
    pub refused: String,
}

impl Words {
    /// What is done while a token is refreshed.
    #[must_use]
    pub fn refreshing(&self) -> String {
        format!("refreshing {}'s access token", self.server)
    }
}
