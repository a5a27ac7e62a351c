//! The questions about Zoom: the app, and whose bookings it is about.

use super::super::terminal;
use super::ask;
use super::interview::{Interview, Then, after, tell};
use crate::app::failure::Failure;
use crate::app::interview::{App, Host};
use crate::app::{check, login};
use crate::settings::Settings;

impl Interview<'_> {
    pub(super) async fn ask_app(&mut self) -> Result<(), Failure> {
        loop {
            // Its secret must not stand in the way of the next one's name.
            let before = self.answers.app.take();
            self.answers.app = Some(self.app(before.as_ref()).await?);
            let Some(settings) = self.without_mistakes()? else {
                continue;
            };
            let Err(failure) = self.try_app(&settings).await else {
                return Ok(());
            };
            if after(&failure).await? == Then::Keep {
                return Ok(());
            }
        }
    }

    /// Asks about the app; what was answered before is the usual answer, but for the secret.
    async fn app(&self, before: Option<&App>) -> Result<App, Failure> {
        let kinds = [
            "Server-to-Server OAuth App: for the account; needs no login",
            "General App, user-managed: somebody logs in to it in a browser",
        ];
        let question = "\nWhich kind of app did you make in Zoom's marketplace?";
        let kind = ask::one_of(question, &kinds.map(str::to_owned)).await?;
        let account_id = match kind {
            0 => {
                let usual = before.and_then(|before| before.account_id.as_deref());
                Some(ask::line("Account id, from the app's page", usual).await?)
            }
            _ => None,
        };
        let usual = before.map(|before| before.client_id.as_str());
        Ok(App {
            account_id,
            client_id: ask::line("Client id, from the app's page", usual).await?,
            client_secret: self.ask_secret("client secret", "client-secret").await?,
        })
    }

    async fn try_app(&self, settings: &Settings) -> Result<(), Failure> {
        let Some(app) = &self.answers.app else {
            return Ok(());
        };
        if app.account_id.is_none() {
            // Without a login there is nothing to try but that the secret can be had.
            self.reveal("client_secret", &app.client_secret).await?;
            return terminal::print("  `slotbridge login` will try this app\n");
        }
        terminal::print("trying it …\n")?;
        login::try_credentials(settings, &self.context.clock).await?;
        terminal::print("  ok: Zoom takes the app\n")
    }

    pub(super) async fn ask_host(&mut self) -> Result<(), Failure> {
        let mut before = None;
        loop {
            self.answers.host = Some(self.host(before.as_ref()).await?);
            before.clone_from(&self.answers.host);
            let Some(settings) = self.without_mistakes()? else {
                continue;
            };
            let Err(failure) = self.try_host(&settings).await else {
                return Ok(());
            };
            if after(&failure).await? == Then::Keep {
                return Ok(());
            }
        }
    }

    /// Asks about the person; what was answered before is the usual answer.
    async fn host(&self, before: Option<&Host>) -> Result<Host, Failure> {
        let user = self.context.environment.get("USER").unwrap_or_default();
        let user = if user.is_empty() { "me" } else { user };
        let user = before.map_or(user, |before| &before.name);
        let question = "\nWhat shall commands and logs call the person whose bookings it is about?";
        let name = ask::fitting(question, Some(user), no_name).await?;
        let email =
            "Their mail address, so that invitations they declined are not busy (Enter: none)";
        let usual = before.and_then(|before| before.emails.first());
        let usual = usual.map_or("", String::as_str);
        let email = ask::fitting(email, Some(usual), no_mail).await?;
        let of_account = self.answers.app.as_ref();
        let of_account = of_account.is_some_and(|app| app.account_id.is_some());
        let zoom_user = if of_account {
            let question = "Their user in Zoom: `me` is whose app it is; else a mail address";
            let usual = before.map_or("me", |before| &before.zoom_user);
            ask::line(question, Some(usual)).await?
        } else {
            "me".to_owned()
        };
        Ok(Host {
            name,
            zoom_user,
            emails: Some(email)
                .filter(|email| !email.is_empty())
                .into_iter()
                .collect(),
            ..Host::default()
        })
    }

    async fn try_host(&self, settings: &Settings) -> Result<(), Failure> {
        let of_account = self.answers.app.as_ref();
        if of_account.is_none_or(|app| app.account_id.is_none()) {
            return Ok(());
        }
        terminal::print("trying it …\n")?;
        let items = check::zoom(settings, &self.context.clock).await;
        tell(&items)?
    }
}

/// What is wrong with a name, as the configuration has it.
fn no_name(name: &str) -> Option<&'static str> {
    let fits = name.chars().count() <= 64 && !name.chars().any(|c| c.is_control() || c == '/');
    (!fits).then_some("a name has at most 64 characters, and no slash")
}

/// What is wrong with a mail address; none at all is right.
fn no_mail(mail: &str) -> Option<&'static str> {
    let fits = mail.is_empty()
        || mail
            .split_once('@')
            .is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty());
    (!fits).then_some(
        "that is no mail address: write it like alice@example.org, or take Enter for none",
    )
}
