//! A host with every flow and every feed, whose state real passes have made, and a server that
//! gives its feeds out.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use slotbridge::adapters::system::SystemClock;
use slotbridge::app::feeds::Address;
use slotbridge::app::state::{self, State};
use slotbridge::demo::account::NewBooking;
use slotbridge::settings::environment::Environment;
use slotbridge::settings::{self, Settings, Sources};
use slotbridge::web;

use crate::machine::Alive;

/// A title that no busy feed may ever say.
pub const PRIVATE: &str = "Very private dentist";

pub struct Stage {
    pub alive: Alive,
    runtime: tokio::runtime::Runtime,
}

/// A state that is served, until it is dropped.
pub struct Given {
    pub state: State,
    pub url: String,
    runtime: tokio::runtime::Handle,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<()>>,
}

/// What is added to the configuration of a machine that is alive.
pub const FLOWS: &str = "[host.busy]\nfrom = [\"family\"]\nbefore = \"15m\"\n[host.hours]\ncalendar = \"work\"\n\
    [[host.feed]]\nname = \"alice-bookings\"\nkind = \"bookings\"\n\
    [[host.feed]]\nname = \"alice busy\"\nkind = \"busy\"\n\
    [[host.feed]]\nname = \"alice-hours\"\nkind = \"hours\"\n";

impl Stage {
    /// With a booking, an event that comes every day, and a pass over them.
    pub fn new() -> Self {
        let alive = Alive::server_to_server();
        let family = alive.machine.home.path().join("family");
        fs::create_dir(&family).unwrap();
        let mut config = fs::read_to_string(&alive.machine.config).unwrap();
        config.push_str(FLOWS);
        config.push_str(&format!(
            "[[calendar]]\nname = \"family\"\nkind = \"vdir\"\npath = \"{}\"\n",
            family.display()
        ));
        fs::write(&alive.machine.config, config).unwrap();
        let stage = Self {
            alive,
            runtime: tokio::runtime::Runtime::new().unwrap(),
        };
        let start = stage.tomorrow(15);
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:dentist@example.org\r\n\
             DTSTAMP:20260101T000000Z\r\nDTSTART:{}\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=3\r\n\
             SUMMARY:{PRIVATE}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            start.strftime("%Y%m%dT%H%M%SZ")
        );
        fs::write(family.join("dentist.ics"), text).unwrap();
        stage.book("Bob; \"Ünal\", the ☎ tester");
        stage.pass();
        stage
    }

    /// Tomorrow, at a full hour in UTC.
    pub fn tomorrow(&self, hour: i64) -> Timestamp {
        let now = self.alive.account.now().as_second();
        let midnight = now.div_euclid(86_400) * 86_400;
        Timestamp::from_second(midnight + 86_400 + hour * 3_600).unwrap()
    }

    /// Somebody books, tomorrow at 10:00; the next one an hour later each time.
    pub fn book(&self, name: &str) -> String {
        let booked = i64::try_from(self.alive.account.live_ids().len()).unwrap();
        let start = self.tomorrow(10) + SignedDuration::from_hours(booked);
        let booking = NewBooking::new(start, name, "bob@example.org");
        self.alive.account.book(booking)
    }

    pub fn pass(&self) {
        let (code, json) = self.alive.sync();
        assert_eq!(code, 0, "{json}");
    }

    /// Serves the feeds of the state as it is now.
    pub fn serve(&self) -> Given {
        let clock = SystemClock;
        let settings = self.settings();
        let state = state::open(&self.alive.machine.state(), &clock).unwrap();
        self.runtime.block_on(async {
            state.feeds.follow(&settings).await.unwrap();
            let errors = state.feeds.refresh(Timestamp::now()).await;
            assert!(errors.is_empty(), "{errors:?}");
        });
        let routes = web::feeds::routes(Arc::new(state.feeds.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0");
        let listener = self.runtime.block_on(listener).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let served = self.runtime.spawn(async move {
            let server = axum::serve(listener, routes);
            let server = server.with_graceful_shutdown(async { stopped.await.unwrap_or_default() });
            server.await.unwrap();
        });
        Given {
            state,
            url,
            runtime: self.runtime.handle().clone(),
            stop: Some(stop),
            served: Some(served),
        }
    }

    fn settings(&self) -> Settings {
        let machine = &self.alive.machine;
        let sources = Sources {
            files: vec![machine.config.clone()],
            state_dir: None,
        };
        let variables = machine.environment().into_iter();
        let environment: Environment = variables
            .map(|(name, path)| (name.to_owned(), path.display().to_string()))
            .collect();
        settings::load(&sources, &environment).unwrap().settings
    }

    /// A new directory below the machine's home.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.alive.machine.home.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    }
}

/// Nobody holds the state any more when this is done.
impl Drop for Given {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        if let Some(served) = self.served.take() {
            self.runtime.block_on(served).ok();
        }
    }
}

impl Given {
    /// Where a feed is.
    pub fn address(&self, name: &str) -> String {
        let all: Vec<Address> = self.state.feeds.addresses();
        let one = all.iter().find(|one| one.name.as_str() == name).unwrap();
        format!("{}{}", self.url, one.path)
    }
}
