//! A client for one command: whose, and with which tokens.

use std::sync::Arc;

use serde_json::Value;

use super::super::Context;
use super::Common;
use crate::adapters::memory::base::MemoryBase;
use crate::adapters::zoom::ZoomClient;
use crate::adapters::zoom::operations::{Listed, Operation};
use crate::adapters::zoom::raw::Request;
use crate::app::compose;
use crate::app::failure::{Exit, Failure};
use crate::app::plan::no_host;
use crate::app::state::{self, NotHeld};
use crate::ports::base::Base;
use crate::ports::error::Error;
use crate::settings::Settings;
use crate::settings::resolved::Auth;

/// A listing that goes on after so many pages is none.
const MOST_PAGES: usize = 1_000;
/// So many items are asked for at a time.
const PAGE: usize = 250;

/// Zoom, as one host sees it.
pub(super) struct Connection {
    client: ZoomClient,
    /// Whether the host is who logged in: only then their single resources are seen.
    pub(super) own: bool,
    /// Who the host is in Zoom: `me`, a user id or a mail address.
    pub(super) user: String,
    /// Keeps the state open as long as the client may write its tokens there.
    _kept: Arc<dyn Base>,
}

impl Connection {
    /// Reads the configuration and prepares a client; nothing is asked yet.
    ///
    /// # Errors
    /// When the configuration names no app or no such host.
    pub(super) fn open(context: &Context, common: &Common) -> Result<Self, Failure> {
        let settings = context.settings_with_warnings()?;
        settings.complete()?;
        let zoom_user = whose(&settings, common.host.as_deref())?;
        let secrets = compose::Secrets::of(&settings, &context.clock);
        let kept = kept(context, &settings)?;
        let client = compose::zoom_client(&settings, &secrets, &zoom_user, &kept, &context.clock)?;
        Ok(Self {
            client,
            own: zoom_user == "me",
            user: zoom_user,
            _kept: kept,
        })
    }

    /// Refuses what can only be made for who logged in.
    ///
    /// # Errors
    /// When the host is somebody else.
    pub(super) fn ensure_own(&self) -> Result<(), Failure> {
        if self.own {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Usage,
            "an availability schedule can only be made for who logged in",
            "set host.zoom_user = \"me\" and let this user log in themselves",
        ))
    }

    /// One operation; `Null` where nothing is answered.
    ///
    /// # Errors
    /// As Zoom answers.
    pub(super) async fn ask(
        &self,
        operation: &Operation,
        request: &Request,
    ) -> Result<Value, Failure> {
        Ok(self.try_ask(operation, request).await?)
    }

    /// The same, with how to react to a refusal.
    ///
    /// # Errors
    /// As Zoom answers.
    pub(super) async fn try_ask(
        &self,
        operation: &Operation,
        request: &Request,
    ) -> Result<Value, Error> {
        self.client.ask(operation, request).await
    }

    /// The items of every page of a list, or the first of them.
    ///
    /// # Errors
    /// As Zoom answers; and when the list does not come to an end.
    pub(super) async fn list(
        &self,
        operation: &Operation,
        request: &Request,
        limit: Option<usize>,
    ) -> Result<Vec<Value>, Failure> {
        let Some(Listed { member, paged }) = operation.listed else {
            return Ok(Vec::new());
        };
        let limit = limit.unwrap_or(usize::MAX);
        let mut items = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut asked = request.clone();
            if paged {
                asked.query.push(("page_size", limit.min(PAGE).to_string()));
            }
            let next = token.take().map(|token| ("next_page_token", token));
            asked.query.extend(next);
            let mut page = self.ask(operation, &asked).await?;
            if let Some(Value::Array(more)) = page.get_mut(member).map(Value::take) {
                items.extend(more);
            }
            let next = page.get("next_page_token").and_then(Value::as_str);
            let next = next.filter(|next| paged && !next.is_empty() && items.len() < limit);
            let Some(next) = next else {
                items.truncate(limit);
                return Ok(items);
            };
            token = Some(next.to_owned());
        }
        Err(Failure::new(
            Exit::Attention,
            format!(
                "{}: the list does not come to an end",
                operation.doing(&request.ids)
            ),
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
    let mut hosts = settings.hosts.iter();
    let found = match name {
        Some(name) => hosts.find(|host| host.name.as_str() == name),
        None => hosts.next(),
    };
    found.map(|host| host.zoom_user.clone()).ok_or_else(|| {
        let names: Vec<&str> = settings
            .hosts
            .iter()
            .map(|host| host.name.as_str())
            .collect();
        no_host(name.unwrap_or_default(), &names)
    })
}
