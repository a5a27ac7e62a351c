//! A real CalDAV server on the bench.

use std::sync::Arc;

use async_trait::async_trait;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use slotbridge::adapters::caldav::{Caldav, CaldavConfig, Credentials};
use slotbridge::adapters::memory::base::MemoryBase;
use slotbridge::adapters::system::SystemClock;
use slotbridge::ports::calendar::Calendar;

use crate::bench::Bench;
use crate::servers::{Radicale, Server, Xandikos};

pub struct Remote {
    server: Server,
    calendar: Arc<Caldav>,
}

pub async fn radicale() -> Remote {
    Remote::new(Radicale::start())
}

pub async fn xandikos() -> Remote {
    Remote::new(Xandikos::start())
}

impl Remote {
    fn new(server: Server) -> Self {
        let credentials = match server.login() {
            Some((username, password)) => Credentials::Password {
                username: username.to_owned(),
                password: password.into(),
            },
            None => Credentials::None,
        };
        let config = CaldavConfig {
            url: server.calendar_url().parse().expect("an address"),
            collection: None,
            credentials,
        };
        let base = Arc::new(MemoryBase::new());
        let calendar = Caldav::new(config, base, Arc::new(SystemClock)).expect("a calendar");
        Self {
            server,
            calendar: Arc::new(calendar),
        }
    }
}

fn path(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

#[async_trait]
impl Bench for Remote {
    fn calendar(&self) -> Arc<dyn Calendar> {
        self.calendar.clone()
    }

    async fn put_raw(&self, name: &str, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        self.server.put(&path(name), text);
    }

    async fn raw(&self, name: &str) -> Option<Vec<u8>> {
        self.server.get(&path(name)).map(String::into_bytes)
    }

    async fn remove(&self, name: &str) {
        self.server.delete(&path(name));
    }
}
