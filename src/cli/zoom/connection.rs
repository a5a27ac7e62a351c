//! A client for one command: whose, and with which tokens.

use std::sync::Arc;

use serde_json::Value;

use super::super::Context;
use super::Common;
use crate::adapters::memory::base::MemoryBase;
use crate::adapters::zoom::ZoomClient;
use crate::adapters::zoom::raw::Verb;
use crate::app::compose;
use crate::app::failure::{Exit, Failure};
use crate::app::state::{self, NotHeld};
use crate::ports::base::Base;
use crate::ports::error::Error;
use crate::settings::Settings;
use crate::settings::resolved::Auth;

/// A listing that goes on after so many pages is none.
const MOST_PAGES: usize = 1_000;

/// Zoom, as one host sees it.
pub(super) struct Connection {
    client: ZoomClient,
    /// Whether the host is who logged in: only then their single resources are seen.
    pub(super) own: bool,
    /// Keeps the state open as long as the client may write its tokens there.
    _kept: Arc<dyn Base>,
}

impl Connection {
    /// Reads the configuration and prepares a client; nothing is asked yet.
    ///
    /// # Errors
    /// When the configuration names no app or no such host, or a secret cannot be had.
    pub(super) async fn open(context: &Context, common: &Common) -> Result<Self, Failure> {
        let mut settings = context.settings_with_warnings()?;
        settings.complete()?;
        let zoom_user = whose(&settings, common.host.as_deref())?;
        // Only Zoom is asked, so that no calendar's password is fetched.
        for host in &mut settings.hosts {
            (host.bookings, host.busy, host.hours) = (None, None, None);
        }
        let revealed = compose::reveal(&settings).await?;
        let kept = kept(context, &settings)?;
        let client = compose::zoom_client(&settings, &revealed, &zoom_user, &kept, &context.clock)?;
        Ok(Self {
            client,
            own: zoom_user == "me",
            _kept: kept,
        })
    }

    /// One request below the API's address; `Null` where nothing is answered.
    ///
    /// # Errors
    /// As Zoom answers.
    pub(super) async fn ask(
        &self,
        verb: Verb,
        path: &str,
        query: &[(String, String)],
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        Ok(self.try_ask(verb, path, query, body).await?)
    }

    /// The same, with how to react to a refusal.
    ///
    /// # Errors
    /// As Zoom answers.
    pub(super) async fn try_ask(
        &self,
        verb: Verb,
        path: &str,
        query: &[(String, String)],
        body: Option<Value>,
    ) -> Result<Value, Error> {
        self.client.raw(verb, path, query, body).await
    }

    /// The items of every page of a list.
    ///
    /// # Errors
    /// As Zoom answers; and when the list does not come to an end.
    pub(super) async fn list(
        &self,
        path: &str,
        query: &[(String, String)],
    ) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = query.to_vec();
            query.push(("page_size".to_owned(), "250".to_owned()));
            let next = token
                .take()
                .map(|token| ("next_page_token".to_owned(), token));
            query.extend(next);
            let mut page = self.ask(Verb::Get, path, &query, None).await?;
            if let Some(Value::Array(more)) = page.get_mut("items").map(Value::take) {
                items.extend(more);
            }
            let next = page.get("next_page_token").and_then(Value::as_str);
            match next.filter(|next| !next.is_empty()) {
                Some(next) => token = Some(next.to_owned()),
                None => return Ok(items),
            }
        }
        Err(Failure::new(
            Exit::Attention,
            "reading from Zoom: the list does not come to an end",
            "try again later; check zoom.api_url if this stays",
        ))
    }
}

/// Where tokens are kept. An account-wide app gets as many as it asks for, so that neither a running
/// daemon nor another user's state is an obstacle; of a user app's refresh tokens only the last one is good, and who holds
/// the state has it.
fn kept(context: &Context, settings: &Settings) -> Result<Arc<dyn Base>, Failure> {
    let account_wide = matches!(settings.zoom.auth, Some(Auth::ServerToServer { .. }));
    match state::open_if_whole(&settings.state_dir, context.clock.as_ref()) {
        Ok(state) => Ok(state.base),
        Err(NotHeld::Locked(_) | NotHeld::Anothers(_)) if account_wide => {
            Ok(Arc::new(MemoryBase::new()))
        }
        Err(NotHeld::Locked(mut failure)) => {
            failure.words.push_str(
                "\n  hint: with kind = \"user\" only one process can use the app's tokens: end the other one first (`systemctl stop slotbridge`)",
            );
            Err(failure)
        }
        Err(NotHeld::Anothers(failure) | NotHeld::Unusable(failure)) => Err(failure),
    }
}

fn whose(settings: &Settings, name: Option<&str>) -> Result<String, Failure> {
    let found = match name {
        Some(name) => settings
            .hosts
            .iter()
            .find(|host| host.name.as_str() == name),
        None => settings.hosts.first(),
    };
    let unknown = || {
        Failure::new(
            Exit::Usage,
            "--host: there is no such host",
            "use the name of a [[host]]",
        )
    };
    found.map(|host| host.zoom_user.clone()).ok_or_else(unknown)
}
