//! `slotbridge login`: a person lets slotbridge in, to Zoom or to a calendar.

use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::time::Duration;

use clap::Args;

use super::status::unexpected;
use super::{Context, terminal};
use crate::app::desk::{Answer, Ask};
use crate::app::failure::{Exit, Failure};
use crate::app::login::listener::{self, Listener, Visitor};
use crate::app::login::{self, App, Attempt, Code, Login};
use crate::app::scopes::{self, Need};
use crate::domain::ids::CalendarName;
use crate::settings::resolved::Auth;
use crate::settings::{Settings, duration};

/// The largest text that is taken for a pasted address, in bytes.
const LARGEST: u64 = 16 * 1024;
/// How many answers that are none of this login are told on the terminal.
const STRANGERS_TOLD: u32 = 3;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Log in to this calendar, which has [calendar.oauth], instead of Zoom
    #[arg(long, value_name = "NAME")]
    calendar: Option<String>,
    /// Print the address to open, and read from stdin the one that the browser ended at
    #[arg(long)]
    no_browser: bool,
    /// Wait for the browser at this port, for an app that names one; without it, at a free one
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Give up after this time
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = time)]
    timeout: Duration,
}

fn time(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| format!("{error}; write it like 90s, 10m or 1h"))
}

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let settings = context.settings_with_warnings()?;
    settings.filled_in()?;
    let app = app(&settings, arguments.calendar.as_deref())?;
    if app.calendar().is_none() && matches!(settings.zoom.auth, Some(Auth::ServerToServer { .. })) {
        let granted = login::try_credentials(&settings, &context.clock).await?;
        terminal::print(
            "no login is needed: zoom.auth.kind is \"server_to_server\", and Zoom takes its credentials\n",
        )?;
        return say_scopes(&settings, &granted);
    }
    // Whatever is wrong here is said before anybody is sent to a page.
    let ready = Login {
        app: app.clone(),
        code: None,
    };
    login::hand_over(&Ask::Login(ready), &settings, &context.clock).await?;
    let (code, visitor) = agreed(&app, arguments).await?;
    let login = Login {
        app: app.clone(),
        code: Some(code),
    };
    let answer = login::hand_over(&Ask::Login(login), &settings, &context.clock).await;
    if let Some(visitor) = visitor {
        visitor.tell(answer.is_ok()).await;
    }
    let Answer::LoggedIn(granted) = answer? else {
        return Err(unexpected());
    };
    terminal::print(&format!(
        "logged in; the tokens are kept in {}\n",
        settings.state_dir.display()
    ))?;
    if app.calendar().is_some() {
        return say_scope(&app, &granted);
    }
    say_scopes(&settings, &granted)
}

/// The app that is meant: Zoom's, or that of a calendar.
pub(super) fn app(settings: &Settings, calendar: Option<&str>) -> Result<App, Failure> {
    match calendar {
        Some(name) => App::of_calendar(settings, &CalendarName::new(name)),
        None => App::of(settings),
    }
}

/// Sends the person to the page, and waits for what comes back.
async fn agreed(app: &App, arguments: &Arguments) -> Result<(Code, Option<Visitor>), Failure> {
    let listener = Listener::bind(arguments.port.unwrap_or(0)).await;
    let (listener, redirect_uri) = match (listener, arguments.port) {
        (Ok(listener), _) => {
            let redirect_uri = listener.redirect_uri();
            (Some(listener), redirect_uri)
        }
        // What is pasted needs no port.
        (Err(_), Some(port)) if arguments.no_browser => (None, listener::redirect_uri(port)),
        (Err(error), port) => return Err(no_port(port, &error)),
    };
    let random = [rand::random(), rand::random()];
    let attempt = Attempt::begin(app, redirect_uri, &random);
    show(&attempt, arguments.no_browser)?;
    let came = tokio::time::timeout(
        arguments.timeout,
        first(&attempt, listener.as_ref(), arguments.no_browser),
    );
    came.await.unwrap_or_else(|_| {
        Err(Failure::new(
            Exit::Unreachable,
            format!(
                "logging in to {}: nothing came back within {}",
                app.server(),
                duration::print(arguments.timeout)
            ),
            format!(
                "run `{}` again; if {}'s page spoke of the redirect, add {} to the addresses that the app allows, and fix its port with --port; on a machine without a browser use --no-browser",
                app.command(),
                app.server(),
                attempt.redirect_uri()
            ),
        ))
    })
}

/// Shows the person where to go.
fn show(attempt: &Attempt, no_browser: bool) -> Result<(), Failure> {
    let address = attempt.address();
    if no_browser {
        terminal::say("open this address in any browser, and agree:");
        terminal::print(&format!("{address}\n"))?;
        terminal::say(&format!(
            "the browser then ends at an address that begins with {}, even if it shows an error there; paste that address here:",
            attempt.redirect_uri()
        ));
        return Ok(());
    }
    terminal::say(&format!(
        "opening your browser; if none opens, open this address there:\n{address}"
    ));
    if let Err(error) = open::that_detached(address.as_str()) {
        tracing::debug!(%error, "no browser could be opened");
        terminal::say(
            "no browser could be opened: open that address yourself, or use --no-browser",
        );
    }
    Ok(())
}

/// What comes first: the browser, or what is pasted.
async fn first(
    attempt: &Attempt,
    listener: Option<&Listener>,
    no_browser: bool,
) -> Result<(Code, Option<Visitor>), Failure> {
    let brought = async {
        match listener {
            Some(listener) => ours(attempt, listener).await,
            None => std::future::pending().await,
        }
    };
    let pasted = async {
        if no_browser {
            tokio::task::spawn_blocking(line).await
        } else {
            std::future::pending().await
        }
    };
    tokio::select! {
        brought = brought => {
            let (query, visitor) = brought.map_err(|error| no_port(None, &error))?;
            match attempt.brought(&query) {
                Ok(code) => Ok((code, Some(visitor))),
                Err(failure) => {
                    visitor.tell(false).await;
                    Err(failure)
                }
            }
        }
        text = pasted => {
            let text = text.map_err(io::Error::other).and_then(|text| text);
            let text = text.map_err(|error| Failure::new(
                Exit::Usage,
                format!("reading what is pasted: {error}"),
                "run this on a terminal, or hand it the address on stdin",
            ))?;
            Ok((attempt.pasted(&text)?, None))
        }
    }
}

/// Waits for the answer to this login. Whatever else comes is told so, and waited on.
async fn ours(attempt: &Attempt, listener: &Listener) -> io::Result<(String, Visitor)> {
    let mut told = 0;
    loop {
        let (query, visitor) = listener.answer().await?;
        if attempt.is_ours(&query) {
            return Ok((query, visitor));
        }
        visitor.tell(false).await;
        if let Err(failure) = attempt.brought(&query)
            && told < STRANGERS_TOLD
        {
            told += 1;
            terminal::warn(&format!(
                "{failure}\nstill waiting for the answer to this login"
            ));
        }
    }
}

/// One line of stdin; not more than what an address may have.
fn line() -> io::Result<String> {
    let mut text = String::new();
    io::BufRead::read_line(&mut io::stdin().lock().take(LARGEST), &mut text)?;
    Ok(text)
}

fn no_port(port: Option<u16>, error: &io::Error) -> Failure {
    let place = port.map_or_else(|| "a port".to_owned(), |port| format!("port {port}"));
    Failure::new(
        Exit::Usage,
        format!("listening for the browser at {place} of this machine: {error}"),
        "choose another with --port, end what uses it, or use --no-browser",
    )
}

/// Says whether a calendar's token may do what was asked for: on some pages a person can leave a part out.
fn say_scope(app: &App, granted: &[String]) -> Result<Exit, Failure> {
    let lacking = app.scope().is_some_and(|scope| {
        let mut wanted = scope.split_whitespace();
        !granted.is_empty() && wanted.any(|one| granted.iter().all(|had| had != one))
    });
    if lacking {
        terminal::print(&format!(
            "but not all that was asked for was agreed to ({}): run `{}` again, and leave nothing out on the page\n",
            app.scope().unwrap_or_default(),
            app.command()
        ))?;
        return Ok(Exit::Attention);
    }
    terminal::print("next: `slotbridge check` tries the calendar\n")?;
    Ok(Exit::Done)
}

/// Says what the token lacks, and what each missing scope is for.
fn say_scopes(settings: &Settings, granted: &[String]) -> Result<Exit, Failure> {
    let lacking = scopes::lacking(settings, granted);
    let of_account = matches!(settings.zoom.auth, Some(Auth::ServerToServer { .. }));
    // Such an app knows only scopes for the whole account.
    let (ending, again) = if of_account {
        (":admin", "activate it again")
    } else {
        ("", "log in again")
    };
    let mut text = String::new();
    if granted.is_empty() {
        text.push_str("Zoom did not say which scopes the app has\n");
    }
    list(
        &mut text,
        &format!(
            "these scopes are missing; add them to the app in Zoom's marketplace, then {again}:"
        ),
        &lacking.needed,
        ending,
    );
    list(
        &mut text,
        "busy time goes to the availability schedule; for private events in the Zoom calendar instead, add these scopes:",
        &lacking.better,
        ending,
    );
    if lacking.needed.is_empty() {
        text.push_str("next: `slotbridge sync --dry-run` shows what a pass would do\n");
    }
    terminal::print(&text)?;
    Ok(if lacking.needed.is_empty() {
        Exit::Done
    } else {
        Exit::Attention
    })
}

fn list(text: &mut String, head: &str, needs: &[Need], ending: &str) {
    if needs.is_empty() {
        return;
    }
    // Writing to a String cannot fail.
    writeln!(text, "{head}").unwrap_or_default();
    for need in needs {
        writeln!(text, "  {}{ending}: {}", need.scope, need.purpose).unwrap_or_default();
    }
}
