//! The sources on the bench: in memory, in a directory, in a feed, on a server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use slotbridge::adapters::caldav::{CaldavConfig, CaldavSource, Credentials};
use slotbridge::adapters::ics::{Ics, IcsConfig};
use slotbridge::adapters::memory::base::MemoryBase;
use slotbridge::adapters::memory::calendar::Tracking;
use slotbridge::adapters::memory::source::{MemorySource, Sight};
use slotbridge::adapters::system::SystemClock;
use slotbridge::adapters::vdir::VdirSource;
use slotbridge::domain::ids::Href;
use slotbridge::ports::source::Source;
use tempfile::TempDir;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::servers::{Radicale, Server, Xandikos};
use crate::source::{SourceBench, object};

pub struct Memory(Arc<MemorySource>, Tracking);

pub async fn memory_near() -> Memory {
    let source = MemorySource::new(Tracking::Cursor, Sight::Near);
    Memory(Arc::new(source), Tracking::Cursor)
}

pub async fn memory_by_tags() -> Memory {
    let source = MemorySource::new(Tracking::Tags, Sight::Everything);
    Memory(Arc::new(source), Tracking::Tags)
}

#[async_trait]
impl SourceBench for Memory {
    fn source(&self) -> Arc<dyn Source> {
        self.0.clone()
    }

    async fn put(&self, name: &str, components: &str) {
        self.0.put(&Href::new(name), object(components).as_bytes());
    }

    async fn remove(&self, name: &str) {
        assert!(self.0.remove(&Href::new(name)));
    }

    fn has_deltas(&self) -> bool {
        self.1 == Tracking::Cursor
    }

    fn leaves_out_what_is_far(&self) -> bool {
        self.1 == Tracking::Cursor
    }
}

pub struct Directory {
    directory: TempDir,
    source: Arc<VdirSource>,
}

pub async fn vdir() -> Directory {
    let directory = tempfile::tempdir().expect("a directory");
    let source = VdirSource::open(directory.path().to_owned()).expect("a source");
    Directory {
        directory,
        source: Arc::new(source),
    }
}

#[async_trait]
impl SourceBench for Directory {
    fn source(&self) -> Arc<dyn Source> {
        self.source.clone()
    }

    async fn put(&self, name: &str, components: &str) {
        std::fs::write(self.directory.path().join(name), object(components)).expect("written");
    }

    async fn remove(&self, name: &str) {
        std::fs::remove_file(self.directory.path().join(name)).expect("removed");
    }

    fn has_deltas(&self) -> bool {
        false
    }

    fn leaves_out_what_is_far(&self) -> bool {
        false
    }
}

/// What stands in a feed, by name.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<BTreeMap<String, String>>>);

impl Shelf {
    fn put(&self, name: &str, components: Option<&str>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match components {
            Some(components) => all.insert(name.to_owned(), components.to_owned()),
            None => all.remove(name),
        };
    }

    fn text(&self) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let components: Vec<&str> = all.values().map(String::as_str).collect();
        object(&components.join("\n")).replace("\r\n\r\n", "\r\n")
    }
}

/// A server that keeps `If-None-Match`.
impl Respond for Shelf {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let text = self.text();
        let etag = format!("\"{:x}\"", {
            use std::hash::{DefaultHasher, Hash as _, Hasher as _};
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            hasher.finish()
        });
        let asked = request.headers.get("if-none-match");
        if asked.is_some_and(|asked| asked == etag.as_str()) {
            return ResponseTemplate::new(304);
        }
        ResponseTemplate::new(200)
            .insert_header("etag", etag)
            .set_body_raw(text, "text/html")
    }
}

pub struct WebFeed {
    shelf: Shelf,
    _server: MockServer,
    source: Arc<Ics>,
}

pub async fn web_feed() -> WebFeed {
    let shelf = Shelf::default();
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(shelf.clone())
        .mount(&server)
        .await;
    let source = ics(&format!("{}/private.ics", server.uri()));
    WebFeed {
        shelf,
        _server: server,
        source,
    }
}

fn ics(address: &str) -> Arc<Ics> {
    let config = IcsConfig::new(address.into());
    Arc::new(Ics::new(config, Arc::new(SystemClock)).expect("a feed"))
}

#[async_trait]
impl SourceBench for WebFeed {
    fn source(&self) -> Arc<dyn Source> {
        self.source.clone()
    }

    async fn put(&self, name: &str, components: &str) {
        self.shelf.put(name, Some(components));
    }

    async fn remove(&self, name: &str) {
        self.shelf.put(name, None);
    }

    fn has_deltas(&self) -> bool {
        false
    }

    fn leaves_out_what_is_far(&self) -> bool {
        false
    }
}

pub struct FileFeed {
    directory: TempDir,
    shelf: Shelf,
    source: Arc<Ics>,
}

pub async fn file_feed() -> FileFeed {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("feed.ics");
    let source = ics(&path.display().to_string());
    let feed = FileFeed {
        directory,
        shelf: Shelf::default(),
        source,
    };
    feed.write();
    feed
}

impl FileFeed {
    fn write(&self) {
        let path = self.directory.path().join("feed.ics");
        std::fs::write(path, self.shelf.text()).expect("written");
    }
}

#[async_trait]
impl SourceBench for FileFeed {
    fn source(&self) -> Arc<dyn Source> {
        self.source.clone()
    }

    async fn put(&self, name: &str, components: &str) {
        self.shelf.put(name, Some(components));
        self.write();
    }

    async fn remove(&self, name: &str) {
        self.shelf.put(name, None);
        self.write();
    }

    fn has_deltas(&self) -> bool {
        false
    }

    fn leaves_out_what_is_far(&self) -> bool {
        false
    }
}

pub struct Remote {
    server: Server,
    source: Arc<CaldavSource>,
    all_of: usize,
}

/// With so few objects that everything is listed.
pub async fn radicale() -> Remote {
    Remote::new(Radicale::start(), 1000)
}

/// As if it had too many objects to list them all.
pub async fn radicale_near() -> Remote {
    Remote::new(Radicale::start(), 0)
}

/// With so few objects that everything is listed.
pub async fn xandikos() -> Remote {
    Remote::new(Xandikos::start(), 1000)
}

/// As if it had too many objects to list them all.
pub async fn xandikos_near() -> Remote {
    Remote::new(Xandikos::start(), 0)
}

impl Remote {
    fn new(server: Server, all_of: usize) -> Self {
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
        let source = CaldavSource::new(config, base, Arc::new(SystemClock)).expect("a source");
        Self {
            server,
            source: Arc::new(source.listing_all_of(all_of)),
            all_of,
        }
    }
}

#[async_trait]
impl SourceBench for Remote {
    fn source(&self) -> Arc<dyn Source> {
        self.source.clone()
    }

    async fn put(&self, name: &str, components: &str) {
        self.server.put(name, &object(components));
    }

    async fn remove(&self, name: &str) {
        self.server.delete(name);
    }

    fn has_deltas(&self) -> bool {
        true
    }

    fn leaves_out_what_is_far(&self) -> bool {
        self.all_of == 0
    }
}
