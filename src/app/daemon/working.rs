//! What the daemon does when it is awake: whole passes, those that somebody waits for, hints.

use sd_notify::NotifyState;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Daemon;
use crate::app::compose::{Secrets, Wired};
use crate::app::control::{self, PassRequest};
use crate::app::desk::Answer;
use crate::app::failure::{Exit, Failure};
use crate::app::hinting;
use crate::app::metrics;
use crate::app::plan;
use crate::app::round::Round;
use crate::app::signals::{GRACE, Signals};
use crate::app::tasks::{self, Tasks, notify};
use crate::domain::hint::Hint;
use crate::domain::ids::HostName;
use crate::engine::hinted::Outcome;
use crate::engine::{Order, Progress, Silent};

/// How a pass came to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    ByItself,
    Asked,
}

/// Does it to its end. A signal to end lets it finish the call in hand.
async fn until_asked<T>(
    work: impl Future<Output = T>,
    order: &Order,
    secrets: &Secrets,
    signals: &mut Signals,
    running: &mut Tasks,
) -> Result<(Option<T>, Ended), Failure> {
    let mut work = Box::pin(work);
    tokio::select! {
        done = &mut work => Ok((Some(done), Ended::ByItself)),
        () = signals.end() => {
            tracing::info!("stopping after the call in hand");
            order.stop.ask();
            secrets.end();
            let done = tokio::time::timeout(GRACE, &mut work).await.ok();
            if done.is_none() {
                tracing::warn!(
                    "the pass did not end in time and is left; the next one goes on from there"
                );
            }
            Ok((done, Ended::Asked))
        }
        Some(joined) = running.join_next() => {
            order.stop.ask();
            secrets.end();
            if tokio::time::timeout(GRACE, &mut work).await.is_err() {
                tracing::warn!("the pass did not end in time");
            }
            Err(tasks::ended(joined))
        }
    }
}

/// Whoever asked may have gone.
fn tell(answer: oneshot::Sender<Answer>, what: Answer) {
    if answer.send(what).is_err() {
        tracing::debug!("nobody waits for this pass any more");
    }
}

impl Daemon {
    /// Runs a pass over all hosts, remembers it, and says when the next one is due.
    pub(super) async fn whole_pass(
        &mut self,
        order: &Order,
        begun: Instant,
        signals: &mut Signals,
        running: &mut Tasks,
    ) -> Result<(Ended, Option<Instant>), Failure> {
        if self.complete_server(signals).await == Ended::Asked {
            return Ok((Ended::Asked, None));
        }
        notify(&[NotifyState::Status("a pass runs")]);
        self.begun = Some(begun);
        let before = self.plan.throttles();
        let (clock, secrets) = (self.clock.clone(), self.plan.secrets().clone());
        let hears = |_: &HostName| -> Box<dyn Progress> { Box::new(Silent) };
        let round = Round::run(&self.plan.wired, order, clock.as_ref(), &hears);
        let (round, ended) = until_asked(round, order, &secrets, signals, running).await?;
        let mut due = None;
        if let Some(round) = round {
            self.count(&round, begun, before);
            // Whoever hears that the pass is done may ask whether the daemon is ready.
            if ended == Ended::ByItself {
                self.seen_all(&round, begun).await;
            }
            self.judge(&round);
            due = self.due(begun);
            let next = self.when(due).await;
            // Whoever hears that the pass is done may ask when the next one is.
            self.next.send_replace(next);
            self.note(&round, next).await;
        }
        if ended == Ended::ByItself {
            self.export().await;
        }
        Ok((ended, due))
    }

    /// A pass that somebody waits for.
    pub(super) async fn answer(
        &mut self,
        request: PassRequest,
        signals: &mut Signals,
        running: &mut Tasks,
    ) -> Result<Ended, Failure> {
        let PassRequest {
            order,
            host,
            answer,
        } = request;
        self.plan.secrets().without_waiting();
        if self.complete_server(signals).await == Ended::Asked {
            return Ok(Ended::Asked);
        }
        let begun = Instant::now();
        let before = self.plan.throttles();
        let settings = self.settings.borrow().clone();
        let dry: Vec<Wired>;
        let all = if order.dry_run {
            match self.plan.dry(&settings, &self.state, &self.clock) {
                Ok(wired) => dry = wired,
                Err(failure) => {
                    tell(answer, control::failed(&failure));
                    return Ok(Ended::ByItself);
                }
            }
            &dry
        } else {
            &self.plan.wired
        };
        let wired = match plan::only(all, host.as_ref()) {
            Ok(wired) => wired,
            Err(failure) => {
                tell(answer, control::failed(&failure));
                return Ok(Ended::ByItself);
            }
        };
        let (clock, secrets) = (self.clock.clone(), self.plan.secrets().clone());
        let hears = |_: &HostName| -> Box<dyn Progress> { Box::new(Silent) };
        let round = Round::run(wired, &order, clock.as_ref(), &hears);
        let (round, ended) = until_asked(round, &order, &secrets, signals, running).await?;
        let Some(round) = round else {
            return Ok(ended);
        };
        if !order.dry_run {
            self.count(&round, begun, before);
            if ended == Ended::ByItself && host.is_none() {
                self.seen_all(&round, begun).await;
            }
            if host.is_none() {
                self.judge(&round);
            }
            let next = *self.next.borrow();
            self.note(&round, next).await;
        }
        let exit = match round.exit() {
            Exit::Done if ended == Ended::Asked => Exit::Attention,
            exit => exit,
        };
        let round = Box::new(round);
        tell(
            answer,
            Answer::Synced {
                round,
                exit: exit as u8,
            },
        );
        Ok(ended)
    }

    /// Looks into hints. `true` where a whole pass is wanted.
    pub(super) async fn look_into(
        &mut self,
        hints: Vec<Hint>,
        signals: &mut Signals,
        running: &mut Tasks,
    ) -> Result<(Ended, bool), Failure> {
        if hints.is_empty() {
            return Ok((Ended::ByItself, false));
        }
        let order = Order::default();
        let before = self.plan.throttles();
        let secrets = self.plan.secrets().clone();
        let (deleted, whose) = (&mut self.deleted, &mut self.whose);
        let look = hinting::look(&self.plan.wired, &order, hints, deleted, whose);
        let (looked, ended) = until_asked(look, &order, &secrets, signals, running).await?;
        let Some(mut looked) = looked else {
            return Ok((ended, false));
        };
        self.count_throttles(before);
        self.note_hints(&looked);
        // There is nothing to do about those.
        let strange = looked.strange.into_iter();
        let done = strange.map(|hint| (hint, Outcome::Settled));
        looked.answers.extend(done);
        let then = self
            .hints
            .answered(&looked.answers)
            .await
            .map_err(Failure::from)?;
        for user in &then.missed {
            self.whose.missed(user);
        }
        metrics::waiting(self.hints.waiting());
        Ok((ended, then.whole_pass))
    }

    /// Opens what the server keeps closed for want of a secret, where it can be had now.
    async fn complete_server(&mut self, signals: &mut Signals) -> Ended {
        if self.server.lacks() == 0 {
            return Ended::ByItself;
        }
        let settings = self.settings.borrow().clone();
        let prepared = tokio::select! {
            prepared = self.server.prepare(&self.serving, &settings) => prepared,
            () = signals.end() => return Ended::Asked,
        };
        match prepared {
            Ok(prepared) if prepared.lacks() < self.server.lacks() => {
                self.server.begin(prepared).await;
            }
            Ok(_) => {}
            Err(failure) => tracing::warn!("{failure}"),
        }
        Ended::ByItself
    }

    /// Writes the daily export; without one, a damaged state could only be rebuilt.
    async fn export(&mut self) {
        let now = self.clock.now();
        if let Err(error) = self.state.export_today(now).await {
            tracing::warn!(%error, "the daily export failed");
        }
    }
}
