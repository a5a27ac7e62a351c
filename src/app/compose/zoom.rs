//! The Zoom account, and Zoom as one host.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::Secrets;
use crate::adapters::http_client::Timeouts;
use crate::adapters::zoom::{Account, Auth, HostUser, Jitter, Plan, ZoomClient, ZoomConfig};
use crate::app::failure::{Exit, Failure};
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::Error;
use crate::settings::resolved::{self, Settings};
use crate::triggers::websocket::Tokens;

/// Zoom as one host, for `slotbridge zoom …`.
///
/// # Errors
/// When the Zoom account cannot be prepared.
pub fn zoom_client(
    settings: &Settings,
    secrets: &Secrets,
    zoom_user: &str,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<ZoomClient, Failure> {
    let account = account(settings, secrets, kept, clock)?;
    Ok(account.host(HostUser::from_key(zoom_user)))
}

/// Tokens for Zoom's WebSocket.
pub(in crate::app) fn event_tokens(
    settings: &Settings,
    secrets: &Secrets,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Tokens>, Failure> {
    Ok(Arc::new(EventTokens(account(
        settings, secrets, kept, clock,
    )?)))
}

struct EventTokens(Account);

#[async_trait]
impl Tokens for EventTokens {
    async fn token(&self) -> Result<(SecretString, Duration), Error> {
        self.0.token_for_events().await
    }
}

/// The Zoom account.
///
/// # Errors
/// When it cannot be prepared.
pub(in crate::app) fn account(
    settings: &Settings,
    secrets: &Secrets,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Account, Failure> {
    settings.complete()?;
    zoom_account(settings, secrets, kept, clock)
}

/// The Zoom account, whether or not there is a host already.
///
/// # Errors
/// When no app is configured.
pub fn zoom_account(
    settings: &Settings,
    secrets: &Secrets,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Account, Failure> {
    let zoom = &settings.zoom;
    let config = ZoomConfig {
        api_url: zoom.api_url.clone(),
        oauth_url: zoom.oauth_url.clone(),
        plan: match zoom.plan {
            resolved::Plan::Free => Plan::Free,
            resolved::Plan::Pro => Plan::Pro,
            resolved::Plan::Business => Plan::Business,
        },
        share: zoom.share,
        auth: zoom_auth(zoom.auth.as_ref(), secrets)?,
        timeouts: Timeouts::default(),
        first_wait: ZoomConfig::FIRST_WAIT,
    };
    Ok(Account::new(
        &config,
        kept.clone(),
        clock.clone(),
        Jitter::random(),
    )?)
}

fn zoom_auth(auth: Option<&resolved::Auth>, secrets: &Secrets) -> Result<Auth, Failure> {
    let client_secret = secrets.client.clone().unwrap_or_else(|| "".into());
    match auth {
        Some(resolved::Auth::User { client_id, .. }) => Ok(Auth::User {
            client_id: client_id.clone(),
            client_secret,
            refresh_token: secrets.refresh.clone(),
        }),
        Some(resolved::Auth::ServerToServer {
            client_id,
            account_id,
            ..
        }) => Ok(Auth::ServerToServer {
            client_id: client_id.clone(),
            client_secret,
            account_id: account_id.clone(),
        }),
        None => Err(no_app()),
    }
}

/// No app is configured.
#[must_use]
pub fn no_app() -> Failure {
    Failure::new(
        Exit::Usage,
        "configuration: zoom.auth: this table is missing",
        "add [zoom.auth] with kind, client_id and client_secret of your Zoom app",
    )
}
