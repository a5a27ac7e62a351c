//! Places for working hours on the bench: memory, a directory, and real servers.

use std::sync::Arc;

use async_trait::async_trait;
use slotbridge::adapters::caldav::{Caldav, CaldavConfig, Credentials};
use slotbridge::adapters::memory::base::MemoryBase;
use slotbridge::adapters::memory::hours::MemoryHours;
use slotbridge::adapters::system::SystemClock;
use slotbridge::adapters::vdir::Vdir;
use slotbridge::ports::hours::HoursCalendar;
use tempfile::TempDir;
use url::Url;

use crate::hours::HoursBench;
use crate::proxy::{Break, Proxy};
use crate::servers::{Radicale, Server, Xandikos};

const FILE: &str = "slotbridge-hours.ics";

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\n\
    UID:one@example.org\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261201T100000Z\r\n\
    DTEND:20261201T110000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

pub struct Memory(Arc<MemoryHours>);

pub async fn memory() -> Memory {
    Memory(Arc::new(MemoryHours::new()))
}

#[async_trait]
impl HoursBench for Memory {
    fn calendar(&self) -> Arc<dyn HoursCalendar> {
        self.0.clone()
    }

    fn reopened(&self) -> Arc<dyn HoursCalendar> {
        self.0.clone()
    }

    async fn raw(&self) -> Option<String> {
        self.0.raw()
    }

    async fn put_raw(&self, text: &str) {
        self.0.put_raw(Some(text));
    }

    async fn remove(&self) {
        self.0.put_raw(None);
    }
}

pub struct Directory {
    directory: TempDir,
    calendar: Arc<Vdir>,
}

pub async fn vdir() -> Directory {
    let directory = tempfile::tempdir().expect("a directory");
    let calendar = Vdir::open(directory.path().to_owned()).expect("a calendar");
    Directory {
        directory,
        calendar: Arc::new(calendar),
    }
}

#[async_trait]
impl HoursBench for Directory {
    fn calendar(&self) -> Arc<dyn HoursCalendar> {
        self.calendar.clone()
    }

    fn reopened(&self) -> Arc<dyn HoursCalendar> {
        Arc::new(Vdir::open(self.directory.path().to_owned()).expect("a calendar"))
    }

    async fn raw(&self) -> Option<String> {
        std::fs::read_to_string(self.directory.path().join(FILE)).ok()
    }

    async fn put_raw(&self, text: &str) {
        std::fs::write(self.directory.path().join(FILE), text).expect("written");
    }

    async fn remove(&self) {
        std::fs::remove_file(self.directory.path().join(FILE)).expect("removed");
    }
}

/// A server on the bench. What other people do goes to the property, or to the object.
pub struct Remote {
    server: Server,
    base: Arc<MemoryBase>,
    calendar: Arc<Caldav>,
    /// Who refuses properties.
    proxy: Option<Proxy>,
    /// Whether the server keeps the property. Xandikos 0.4.10 says 200 to it and loses the
    /// calendar, so it never gets it.
    property: bool,
}

pub async fn radicale() -> Remote {
    Remote::new(Radicale::start(), None, true)
}

pub async fn xandikos() -> Remote {
    Remote::new(Xandikos::start(), None, false)
}

/// Xandikos behind somebody who does not let `PROPPATCH` through.
pub async fn xandikos_without_properties() -> Remote {
    let server = Xandikos::start();
    let url: Url = server.url().parse().expect("an address");
    let proxy = Proxy::before(url.port().expect("a port"));
    proxy.always("PROPPATCH", Break::Answer(405, &[]));
    Remote::new(server, Some(proxy), false)
}

impl Remote {
    fn new(server: Server, proxy: Option<Proxy>, property: bool) -> Self {
        let base = Arc::new(MemoryBase::new());
        Self {
            calendar: open(&server, proxy.as_ref(), &base),
            server,
            base,
            proxy,
            property,
        }
    }

    fn is_property(&self) -> bool {
        self.property
    }

    fn patch(&self, inner: &str) {
        let body = format!(
            r#"<D:propertyupdate xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{inner}</D:propertyupdate>"#
        );
        let kind = [("Content-Type", "application/xml; charset=utf-8")];
        let (status, answer) = self.server.request("PROPPATCH", "", &kind, &body);
        assert!((200..300).contains(&status), "{answer}");
    }
}

fn open(server: &Server, proxy: Option<&Proxy>, base: &Arc<MemoryBase>) -> Arc<Caldav> {
    let credentials = match server.login() {
        Some((username, password)) => Credentials::Password {
            username: username.to_owned(),
            password: password.into(),
        },
        None => Credentials::None,
    };
    let mut url: Url = server.calendar_url().parse().expect("an address");
    if let Some(proxy) = proxy {
        url.set_port(Some(proxy.port())).expect("a port");
    }
    let config = CaldavConfig {
        url,
        collection: None,
        credentials,
    };
    let calendar = Caldav::new(config, base.clone(), Arc::new(SystemClock));
    Arc::new(calendar.expect("a calendar"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[async_trait]
impl HoursBench for Remote {
    fn calendar(&self) -> Arc<dyn HoursCalendar> {
        self.calendar.clone()
    }

    fn reopened(&self) -> Arc<dyn HoursCalendar> {
        open(&self.server, self.proxy.as_ref(), &self.base)
    }

    async fn is_whole(&self) -> bool {
        let body = r#"<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/></D:prop></D:propfind>"#;
        let headers = [("Depth", "1"), ("Content-Type", "application/xml")];
        let (status, answer) = self.server.request("PROPFIND", "", &headers, body);
        self.server.put("one.ics", EVENT);
        status == 207 && answer.contains(":calendar")
    }

    async fn refuses(&self, text: &str) -> bool {
        // Radicale's property takes every text; Xandikos reads what it is to keep.
        let kind = [("Content-Type", "text/calendar; charset=utf-8")];
        !self.is_property() && self.server.request("PUT", FILE, &kind, text).0 >= 400
    }

    async fn raw(&self) -> Option<String> {
        if !self.is_property() {
            return self.server.get(FILE);
        }
        let read = self.calendar.hours(crate::hours::ZONE, crate::hours::now());
        read.await.ok().flatten().map(|object| object.text)
    }

    async fn put_raw(&self, text: &str) {
        if self.is_property() {
            let text = escaped(text);
            self.patch(&format!(
                "<D:set><D:prop><C:calendar-availability>{text}</C:calendar-availability></D:prop></D:set>"
            ));
        } else {
            self.server.put(FILE, text);
        }
    }

    async fn remove(&self) {
        if self.is_property() {
            self.patch("<D:remove><D:prop><C:calendar-availability/></D:prop></D:remove>");
        } else {
            self.server.delete(FILE);
        }
    }
}
