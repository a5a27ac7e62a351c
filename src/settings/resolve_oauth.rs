//! Reads `[calendar.oauth]`: a calendar whose server wants tokens that a person agreed to (RFC 6749).
//! What is not said is Google's.

use url::Url;

use super::reader::Table;
use super::resolve_zoom::url;
use super::resolved::OAuth;
use super::secret;

const AUTHORIZE: &str = "https://accounts.google.com/o/oauth2/v2/auth";
const TOKEN: &str = "https://oauth2.googleapis.com/token";
const REVOKE: &str = "https://oauth2.googleapis.com/revoke";
const SCOPE: &str = "https://www.googleapis.com/auth/calendar";
const CALDAV: &str = "https://apidata.googleusercontent.com/caldav/v2/";
/// Whose servers may be told Google's tokens.
const GOOGLE: [&str; 2] = ["googleusercontent.com", "google.com"];

/// Reads `[calendar.oauth]`; nothing where there is none.
pub(super) fn oauth(calendar: &Table<'_>, warnings: &mut Vec<String>) -> Option<OAuth> {
    let table = calendar.table("oauth")?;
    let client_id = table.needed("client_id", "copy it from the page of your OAuth client");
    if !table.has("client_secret") {
        let remedy = "copy it from the page of your OAuth client into a file of its own";
        table.missing("client_secret", remedy);
    }
    let client_secret = secret::read(&table, "client_secret", warnings);
    let account = table.text("account").map(|said| said.value);
    let schemes = ["https", "http"];
    let authorize_url = url(&table, "authorize_url", &schemes);
    let token_url = url(&table, "token_url", &schemes);
    let revoke_url = url(&table, "revoke_url", &schemes);
    let scope = table.text("scope").map(|said| said.value);
    let (has_page, has_token) = (table.has("authorize_url"), table.has("token_url"));
    let both = "name both of that server, or none of them for Google";
    if has_page && !has_token {
        table.missing("token_url", both);
    } else if has_token && !has_page {
        table.missing("authorize_url", both);
    }
    let googles = !has_page && !has_token;
    if googles && table.has("revoke_url") {
        table.missing("token_url", both);
    }
    if googles && !leads_to_google(calendar) {
        table.missing(
            "token_url",
            "this calendar is not Google's: name authorize_url and token_url of its server",
        );
    }
    table.finish();
    let usual = |given: Option<Url>, usual: &str| if googles { usual.parse().ok() } else { given };
    Some(OAuth {
        client_id: client_id?.value,
        client_secret: client_secret?,
        authorize_url: usual(authorize_url, AUTHORIZE)?,
        token_url: usual(token_url, TOKEN)?,
        revoke_url: usual(revoke_url, REVOKE),
        scope: scope.or_else(|| googles.then(|| SCOPE.to_owned())),
        account,
    })
}

impl OAuth {
    /// What is to be said of the server in a configuration: nothing of what is Google's.
    #[must_use]
    pub fn of_server(&self) -> Vec<(&'static str, &str)> {
        let googles = self.authorize_url.as_str() == AUTHORIZE && self.token_url.as_str() == TOKEN;
        let scope = self.scope.as_deref().map(|scope| ("scope", scope));
        if googles {
            return scope
                .filter(|(_, scope)| *scope != SCOPE)
                .into_iter()
                .collect();
        }
        let revoke_url = self.revoke_url.as_ref().map(Url::as_str);
        let addresses = [
            ("authorize_url", self.authorize_url.as_str()),
            ("token_url", self.token_url.as_str()),
        ];
        let revoke_url = revoke_url.map(|url| ("revoke_url", url));
        addresses
            .into_iter()
            .chain(revoke_url)
            .chain(scope)
            .collect()
    }
}

/// Where Google keeps the calendars of an account: its own calendar, or its user where another one
/// is wanted.
pub(super) fn google_address(oauth: &OAuth, by_name: bool) -> Option<String> {
    let account = oauth.account.as_deref()?;
    let mut address = Url::parse(CALDAV).ok()?;
    let last = if by_name {
        ["user"].as_slice()
    } else {
        &["events", ""]
    };
    address
        .path_segments_mut()
        .ok()?
        .pop_if_empty()
        .push(account)
        .extend(last);
    Some(address.into())
}

/// Whether a calendar without an address, or with this one, is Google's.
fn leads_to_google(calendar: &Table<'_>) -> bool {
    if !calendar.has("url") {
        return true;
    }
    let address = calendar.text("url").map(|said| said.value);
    let address = address.and_then(|text| Url::parse(&text).ok());
    let Some(host) = address.as_ref().and_then(Url::host_str) else {
        return false;
    };
    GOOGLE.iter().any(|own| {
        let rest = host.strip_suffix(own);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}
