//! What is remembered, counted and told of a pass.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Daemon;
use crate::app::failing::{self, Flow, Tell};
use crate::app::failure::Exit;
use crate::app::hinting::{self, Looked};
use crate::app::hints;
use crate::app::metrics;
use crate::app::round::Round;
use crate::domain::hint::Hint;
use crate::domain::ids::HostName;
use crate::engine::report::HostReport;

/// What a flow did: `ok` is its own, whatever the others did.
macro_rules! line {
    ($level:ident, $host:expr, $name:expr, $flow:expr) => {
        tracing::$level!(
            host = %$host.name, flow = $name.word(), ok = $flow.is_well(), seen = $flow.seen,
            created = $flow.created, updated = $flow.updated, deleted = $flow.deleted,
            cancelled = $flow.cancelled, noted = $flow.noted, held = $flow.held,
            conflicts = $flow.conflicts, failed = $flow.failed, "pass done"
        )
    };
}

/// How a pass ended, for whoever reads `systemctl status`.
fn words(round: &Round) -> String {
    let well: u64 = round
        .hosts
        .iter()
        .filter_map(|host| host.bookings.as_ref())
        .map(|flow| flow.seen)
        .sum();
    let unwell: Vec<&str> = round
        .hosts
        .iter()
        .filter(|host| !host.ok)
        .map(|host| host.name.as_str())
        .collect();
    let unwell = unwell.join(", ");
    match round.exit() {
        Exit::Done => match (round.hosts.len(), well) {
            (1, 1) => "in step: 1 booking".to_owned(),
            (1, bookings) => format!("in step: {bookings} bookings"),
            (hosts, bookings) => format!("in step: {bookings} bookings of {hosts} hosts"),
        },
        Exit::Unreachable => format!("{unwell}: a side cannot be reached"),
        Exit::Denied => format!("{unwell}: credentials were refused, see the log"),
        Exit::Attention | Exit::Usage | Exit::State => {
            format!("{unwell}: something needs attention, see `slotbridge status`")
        }
    }
}

impl Daemon {
    pub(super) fn count(&self, round: &Round, begun: Instant, before: (u64, u64)) {
        metrics::pass(round, begun.elapsed().as_secs_f64());
        self.count_throttles(before);
    }

    pub(super) fn count_throttles(&self, before: (u64, u64)) {
        let now = self.plan.throttles();
        metrics::throttled("zoom", now.0.saturating_sub(before.0));
        metrics::throttled("calendar", now.1.saturating_sub(before.1));
    }

    /// Counts what looking into hints came to, and then tells it: who hears of it may ask for the
    /// numbers.
    pub(super) fn note_hints(&mut self, looked: &Looked) {
        for report in &looked.reports {
            metrics::done(report);
            self.state_failed |= report.worst.state;
        }
        let now = self.clock.now();
        for (hint, outcome) in &looked.answers {
            let (word, delay) = (hinting::word(*outcome), hints::delay(hint, now));
            metrics::hint(word, delay);
            tracing::debug!(booking = %hint.booking, outcome = word, "a hint was looked into");
        }
        for hint in &looked.strange {
            metrics::hint("not-ours", hints::delay(hint, now));
            tracing::debug!(booking = %hint.booking, "a hint is about nobody's booking here");
        }
        for report in &looked.reports {
            for error in &report.errors {
                tracing::warn!(host = %report.name, cause = %error.cause, hint = %error.hint, "{}", error.doing);
            }
            if !report.actions.is_empty() {
                self.state.feeds.look_again();
            }
        }
    }

    /// A whole pass has seen everything that was heard before it began.
    pub(super) async fn seen_all(&mut self, round: &Round, begun: Instant) {
        self.unready.send_replace(None);
        let hosts = round.hosts.iter();
        let listed: Vec<&HostName> = hosts
            .filter(|host| host.worst.is_none())
            .map(|host| &host.name)
            .collect();
        for host in &listed {
            self.deleted.remove(*host);
        }
        let all = listed.len() == round.hosts.len();
        let whose = &self.whose;
        let seen = |hint: &Hint| {
            let user = hint.user.as_ref();
            all || user.is_some_and(|user| whose.is_one_of(user, &listed))
        };
        if let Err(error) = self.hints.passed(begun, seen).await {
            tracing::error!(%error, "what was heard cannot be forgotten");
        }
        metrics::waiting(self.hints.waiting());
    }

    /// Remembers a pass, and tells what is news of it. `next`: when the next one is due.
    pub(super) async fn note(&mut self, round: &Round, next: Option<Timestamp>) {
        if let Err(error) = round.remember(self.state.base.as_ref()).await {
            tracing::error!(%error, "this pass cannot be remembered");
        }
        self.state.feeds.look_again();
        self.tell_what_lasts(round, next).await;
        for host in &round.hosts {
            self.tell_of(host);
        }
        self.state_failed |= round.exit() == Exit::State;
        if let Err(error) = self.state.rest().await {
            tracing::error!(%error, "the state cannot be read");
            self.state_failed = true;
        }
    }

    /// What a pass did for a host: loud where it is news, and only with `-v` where all is as it was.
    fn tell_of(&mut self, host: &HostReport) {
        for (error, is_news) in self.outcomes.troubles(&host.name, &host.errors) {
            let (cause, hint) = (&error.cause, &error.hint);
            if is_news {
                tracing::warn!(host = %host.name, %cause, %hint, "{}", error.doing);
            } else {
                tracing::debug!(host = %host.name, %cause, %hint, "{}", error.doing);
            }
        }
        for name in Flow::ALL {
            let Some(flow) = name.of(host) else { continue };
            if self.outcomes.flow(&host.name, name, flow) {
                line!(info, host, name, flow);
            } else {
                line!(debug, host, name, flow);
            }
        }
    }

    /// How all hosts are, after a pass over all of them: when the next one is to be, and what systemd
    /// is told.
    pub(super) fn judge(&mut self, round: &Round) {
        let fails = |host: &HostReport| host.worst.unreachable || host.worst.unusable;
        let failing = round.hosts.iter().any(fails);
        let until = round.hosts.iter().filter_map(|host| host.worst.wait_until);
        self.told_to_wait = until
            .max()
            .and_then(|until| Duration::try_from(until.duration_since(self.clock.now())).ok())
            .unwrap_or_default();
        self.left_alone = Some(Instant::now() + self.told_to_wait);
        self.failures = if failing {
            self.failures.saturating_add(1)
        } else {
            0
        };
        self.words = words(round);
    }

    /// Tells once what has failed for over an hour, and once when it is over.
    async fn tell_what_lasts(&mut self, round: &Round, next: Option<Timestamp>) {
        while self.commands.try_join_next().is_some() {}
        let settings = self.settings.borrow().clone();
        let base = self.state.base.as_ref();
        let noted = match failing::note(base, &settings, round, next).await {
            Ok(noted) => noted,
            Err(error) => {
                tracing::error!(%error, "what has failed cannot be remembered");
                return;
            }
        };
        metrics::failing(&noted);
        for one in noted {
            let (host, flow) = (one.host.clone(), one.flow.word());
            if one.tell == Tell::Passed {
                tracing::info!(%host, flow, since = ?one.since, "this had failed and is well again");
            }
            let Some(words) = one.words() else { continue };
            if one.tell == Tell::Began {
                let (cause, hint) = (one.cause(), one.hint());
                tracing::error!(%host, flow, since = ?one.since, cause, hint, "{words}");
            } else {
                tracing::info!(%host, flow, since = ?one.since, "{words}");
            }
            let command = settings.sync.on_failure.clone();
            if command.is_empty() {
                continue;
            }
            self.commands.spawn(async move {
                match one.run(&command).await {
                    Ok(()) => tracing::info!(%host, flow, "sync.on_failure was run"),
                    Err(cause) => tracing::warn!(%host, flow, cause, "sync.on_failure went wrong"),
                }
            });
        }
    }
}
