//! `slotbridge sync`: one pass over all hosts.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::{Context, terminal, words};
use crate::adapters::memory::base::MemoryBase;
use crate::adapters::store::Overlay;
use crate::app::control::NoDaemon;
use crate::app::desk::{Answer, Ask};
use crate::app::failing::Tell;
use crate::app::failure::{Exit, Failure};
use crate::app::plan::no_host;
use crate::app::round::Round;
use crate::app::signals::{GRACE, Signals};
use crate::app::state::{self, NotHeld, State};
use crate::app::{compose, control, desk, failing};
use crate::domain::ids::HostName;
use crate::engine::{Order, Stop};
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::settings::Settings;
use crate::settings::resolved::Auth;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print the plan, and change nothing anywhere
    #[arg(long)]
    dry_run: bool,
    /// Only this host
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Look at everything, not only at what changed
    #[arg(long)]
    full: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let mut settings = context.settings_with_warnings()?;
    settings.complete()?;
    if let Some(name) = &arguments.host {
        only(&mut settings, name)?;
    }
    if let Some(asked) = ask_the_daemon(&settings, arguments).await? {
        let (round, exit) = asked;
        print(&round, arguments)?;
        return Ok(exit);
    }
    let secrets = compose::Secrets::of(&settings, &context.clock);
    let state = if !arguments.dry_run {
        Some(hold(context, &settings, state::open)?)
    } else if needs_no_state(&settings) {
        None
    } else {
        Some(hold(context, &settings, state::open_if_whole)?)
    };
    let kept: Arc<dyn Base> = match &state {
        Some(state) => {
            state.look_again_after_a_loss().await?;
            state.base.clone()
        }
        None => Arc::new(MemoryBase::new()),
    };
    let base: Arc<dyn Base> = if arguments.dry_run {
        Arc::new(Overlay::new(kept.clone()))
    } else {
        kept.clone()
    };
    let wired = compose::wire(&settings, &secrets, &base, &kept, &context.clock)?;
    let order = Order {
        dry_run: arguments.dry_run,
        full: arguments.full,
        retry_now: true,
        ..Order::default()
    };
    // Progress is drawn with escape sequences, too.
    let shown = !arguments.json && !context.quiet() && !context.is_plain();
    let hears = |host: &HostName| terminal::progress(host, shown);
    let signals = Signals::listen()?;
    let round = Round::run(&wired, &order, context.clock.as_ref(), &hears);
    let mut round = until_interrupted(round, &order.stop, &secrets, signals).await?;
    let usable = round.exit() != Exit::State;
    if let Some(damage) = state.as_ref().and_then(State::damage) {
        round.add_damage(damage);
    }
    print(&round, arguments)?;
    if let Some(state) = state.filter(|_| !arguments.dry_run && usable) {
        round.remember(state.base.as_ref()).await?;
        tell(&settings, &round, state.base.as_ref()).await?;
        if let Err(error) = state.export_today(context.clock.now()).await {
            terminal::warn(&format!("the daily export failed: {error}"));
        }
    }
    Ok(if order.stop.asked() && round.exit() == Exit::Done {
        Exit::Attention
    } else {
        round.exit()
    })
}

/// Says what has failed for over an hour, or is well again: once, however often this is run.
async fn tell(settings: &Settings, round: &Round, base: &dyn Base) -> Result<(), Failure> {
    for noted in failing::note(base, settings, round, None).await? {
        let Some(mut words) = noted.words() else {
            continue;
        };
        if noted.tell == Tell::Began && noted.trouble.is_some() {
            // Writing to a String cannot fail.
            write!(words, "\n  {}\n  hint: {}", noted.cause(), noted.hint()).unwrap_or_default();
        }
        terminal::warn(&format!("{}, {}: {words}", noted.host, noted.flow.word()));
        if let Err(cause) = noted.run(&settings.sync.on_failure).await {
            terminal::warn(&format!("sync.on_failure: {cause}"));
        }
    }
    Ok(())
}

fn print(round: &Round, arguments: &Arguments) -> Result<(), Failure> {
    if arguments.json {
        terminal::print_json(round)
    } else {
        terminal::print(&words::of_round(round))
    }
}

/// A running daemon holds the state: it runs the pass, and tells what it did.
async fn ask_the_daemon(
    settings: &Settings,
    arguments: &Arguments,
) -> Result<Option<(Round, Exit)>, Failure> {
    let ask = Ask::Sync {
        dry_run: arguments.dry_run,
        full: arguments.full,
        host: arguments.host.as_deref().map(HostName::new),
    };
    match control::ask(&settings.state_dir, &ask).await {
        Ok(Answer::Synced { round, exit }) => Ok(Some((*round, desk::exit_of(exit)))),
        Ok(Answer::Failed { exit, words }) => Err(Failure {
            exit: desk::exit_of(exit),
            words,
        }),
        Ok(_) => Err(Failure::new(
            Exit::State,
            "the running daemon's answer makes no sense",
            "it may be of another version: restart it",
        )),
        Err(NoDaemon::Absent) => Ok(None),
        Err(NoDaemon::Broken(failure)) => Err(failure),
    }
}

fn only(settings: &mut Settings, name: &str) -> Result<(), Failure> {
    let hosts = settings.hosts.clone();
    settings.hosts.retain(|host| host.name.as_str() == name);
    if settings.hosts.is_empty() {
        let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
        return Err(no_host(name, &names));
    }
    Ok(())
}

/// Whether a dry run can do without a state: there is none yet, and nothing has to be kept. With
/// a user app something has: a refresh token is good for one use, so that the one which Zoom
/// gives in its place must reach the disk even in a dry run, and making the directory is right.
fn needs_no_state(settings: &Settings) -> bool {
    let is_there = |name: &str| settings.state_dir.join(name).exists();
    !is_there("db")
        && !is_there("generation")
        && matches!(settings.zoom.auth, Some(Auth::ServerToServer { .. }))
}

/// Holds the state, or says who does.
pub(super) fn hold(
    context: &Context,
    settings: &Settings,
    open: fn(&Path, &dyn Clock) -> Result<State, NotHeld>,
) -> Result<State, Failure> {
    open(&settings.state_dir, context.clock.as_ref()).map_err(|why| {
        // Why root does not is said with what to do.
        let is_said = matches!(why, NotHeld::Anothers(_));
        let mut failure = Failure::from(why);
        if !is_said && control::path(&settings.state_dir).exists() {
            failure.words.push_str("\n  hint: if that is `slotbridge run`, end it (`systemctl stop slotbridge`), do this, and start it again; `slotbridge status` tells how it is");
        }
        failure
    })
}

/// The first signal lets the call in hand end and be committed, for as long as [`GRACE`]; the
/// second ends everything.
async fn until_interrupted(
    round: impl Future<Output = Round>,
    stop: &Stop,
    secrets: &compose::Secrets,
    mut signals: Signals,
) -> Result<Round, Failure> {
    let mut round = Box::pin(round);
    tokio::select! {
        round = &mut round => return Ok(round),
        () = signals.end() => {
            terminal::say("stopping after the call in hand; again to stop at once");
            stop.ask();
            secrets.end();
        }
    }
    tokio::select! {
        round = &mut round => Ok(round),
        () = signals.end() => std::process::exit(130),
        () = tokio::time::sleep(GRACE) => Err(Failure::new(
            Exit::Attention,
            "stopped in the middle of a call that did not end in time",
            "nothing that was done is lost: the next pass looks again and goes on from there",
        )),
    }
}
