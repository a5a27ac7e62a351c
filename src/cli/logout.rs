//! `slotbridge logout`: the end of a login, to Zoom or to a calendar.

use clap::Args;

use super::status::unexpected;
use super::{Context, terminal};
use crate::app::desk::{Answer, Ask};
use crate::app::failure::{Exit, Failure};
use crate::app::login::{self, App, Logout};
use crate::settings::Settings;
use crate::settings::resolved::Auth;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// End the login to this calendar instead of Zoom
    #[arg(long, value_name = "NAME")]
    calendar: Option<String>,
    /// Forget the tokens here without a word to the server, where it cannot be reached
    #[arg(long)]
    only_here: bool,
}

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let settings = context.settings_with_warnings()?;
    let app = super::login::app(&settings, arguments.calendar.as_deref())?;
    if app.calendar().is_some() {
        return of_calendar(&settings, context, app, arguments.only_here).await;
    }
    let Some(Auth::User { refresh_token, .. }) = &settings.zoom.auth else {
        terminal::print(
            "nobody is logged in: zoom.auth.kind is \"server_to_server\"; to shut it out, deactivate the app in Zoom's marketplace\n",
        )?;
        return Ok(Exit::Done);
    };
    let logout = Logout {
        app,
        only_here: arguments.only_here,
    };
    let answer = login::hand_over(&Ask::Logout(logout), &settings, &context.clock).await?;
    let Answer::Done(was) = answer else {
        return Err(unexpected());
    };
    let mut text = match (was, arguments.only_here) {
        (0, _) => "nobody was logged in\n",
        (_, false) => "logged out: Zoom ended the login, and the tokens are forgotten\n",
        (_, true) => {
            "the tokens are forgotten here; end the login in Zoom, too: Marketplace, Manage, Added Apps\n"
        }
    }
    .to_owned();
    if refresh_token.is_some() {
        text.push_str(
            "zoom.auth.refresh_token still stands in the configuration: take it out, or it is tried again\n",
        );
    }
    terminal::print(&text)?;
    Ok(Exit::Done)
}

/// Ends the login to a calendar.
async fn of_calendar(
    settings: &Settings,
    context: &Context,
    app: App,
    only_here: bool,
) -> Result<Exit, Failure> {
    let server = app.server().to_owned();
    let logout = Logout { app, only_here };
    let answer = login::hand_over(&Ask::Logout(logout), settings, &context.clock).await?;
    let Answer::Done(was) = answer else {
        return Err(unexpected());
    };
    let text = match (was, only_here) {
        (0, _) => "nobody was logged in\n".to_owned(),
        (_, false) => format!("logged out of {server}: the tokens are forgotten\n"),
        (_, true) => format!(
            "the tokens are forgotten here; take slotbridge's access away at {server}, too\n"
        ),
    };
    terminal::print(&text)?;
    Ok(Exit::Done)
}
