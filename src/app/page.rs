//! The status page: a week of every host, how its passes go, what waits for a person, and the feeds.
//! All of it is read from the state when somebody asks, away from where passes and requests run, and
//! one page at a time: a page is never worth more than that.

mod days;
mod html;
mod view;

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use jiff::tz::TimeZone;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::domain::iso_week::IsoWeek;
use crate::domain::waiting::Held;
use crate::engine::feeds::Shown;
use crate::engine::{waiting, week};
use crate::plan;
use crate::ports::error::{Error, Kind, Result};
use crate::settings::resolved::Host;
use crate::web::page::{Page, Reader};

use super::desk::scopes;
use super::serving::Serving;
use super::{compose, status};
pub(super) use view::STYLE;
use view::View;

/// The page of the daemon.
#[derive(Clone)]
pub(super) struct StatusPage {
    serving: Serving,
    turn: Arc<Semaphore>,
}

impl StatusPage {
    pub(super) fn new(serving: &Serving) -> Self {
        Self {
            serving: serving.clone(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Writes it, as long as somebody waits for it.
    async fn written(
        &self,
        asked: Option<IsoWeek>,
        reader: Reader,
        asks: &Weak<()>,
    ) -> Result<String> {
        let serving = &self.serving;
        let base = serving.state.base.as_ref();
        let settings = serving.settings.borrow().clone();
        let now = serving.clock.now();
        let mut status = status::read(base, &settings, now)?;
        status.of_this_daemon(*serving.next.borrow());
        let zone = match settings.hosts.first() {
            Some(host) => week::zone(base, &shown(host), now)?,
            None => TimeZone::UTC,
        };
        let asked = asked.unwrap_or_else(|| plan::week::week_of(now, &zone));
        let mut weeks = Vec::new();
        for host in &settings.hosts {
            if asks.strong_count() == 0 {
                return Err(failed().because("nobody waits for it any more"));
            }
            weeks.push(week::read(base, &shown(host), asked, now).await);
        }
        let scopes = scopes(&settings);
        let mut held = waiting::held(base, &scopes)?;
        held.retain(Held::waits);
        let view = View {
            week: asked,
            now,
            zone,
            reader,
            unready: *serving.unready.borrow(),
            status,
            weeks,
            conflicts: waiting::conflicts(base, &scopes)?,
            held,
            feeds: serving.state.feeds.overview(),
        };
        Ok(view.html())
    }
}

fn shown(host: &Host) -> Shown {
    let bookings = host.bookings.as_ref();
    Shown {
        host: compose::bookable_host(host),
        bookings: bookings.map(|bookings| bookings.calendar.clone()),
    }
}

#[async_trait]
impl Page for StatusPage {
    async fn html(&self, week: Option<IsoWeek>, reader: Reader) -> Result<String> {
        // Forgotten together with the request.
        let request = Arc::new(());
        let asks = Arc::downgrade(&request);
        let turn = self.turn.clone().acquire_owned().await;
        let turn = turn.map_err(|error| failed().because(error))?;
        let (page, runtime) = (self.clone(), Handle::current());
        let written = tokio::task::spawn_blocking(move || {
            // Held to the end, even where nobody waits for it any more.
            let _turn = turn;
            runtime.block_on(page.written(week, reader, &asks))
        });
        let written = written.await;
        drop(request);
        // What a panic says may be private.
        written.map_err(|_| {
            failed()
                .because("the program failed while doing so")
                .hint("please report it with the place that the log names")
        })?
    }
}

fn failed() -> Error {
    Error::new(Kind::Local, "writing the status page")
}
