//! A feed of 10,000 bookings: rendered, and given out over HTTP by a server with one thread.
//!
//! Criterion's "elements per second" are requests per second; the client has a thread of its own
//! and keeps one connection full.

#![allow(missing_docs, reason = "made by criterion's macros")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what is made here is known to be right"
)]

#[path = "made/mod.rs"]
mod made;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;

use axum::serve::ListenerExt as _;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use slotbridge::adapters::memory::base::MemoryBase;
use slotbridge::app::feeds::Feeds;
use slotbridge::domain::ids::CalendarName;
use slotbridge::engine::ledger::{Batch, Ledger, Position};
use slotbridge::ports::base::Base;
use slotbridge::settings::environment::Environment;
use slotbridge::settings::{self, Settings, Sources};
use slotbridge::web;
use tokio::runtime::{Builder, Runtime};

const BOOKINGS: i64 = 10_000;
/// Requests that are under way at once.
const AT_ONCE: usize = 32;

fn settings() -> Settings {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    let text = "[[calendar]]\nname = \"work\"\nkind = \"vdir\"\npath = \"/w\"\n[[host]]\nname = \"alice\"\n\
        [host.bookings]\ncalendar = \"work\"\n[[host.feed]]\nname = \"bookings\"\nkind = \"bookings\"\n";
    std::fs::write(&file, text).unwrap();
    let sources = Sources {
        files: vec![file],
        state_dir: None,
    };
    let environment = Environment::from_iter([("HOME".to_owned(), "/nowhere".to_owned())]);
    settings::load(&sources, &environment).unwrap().settings
}

async fn base() -> Arc<dyn Base> {
    let base = MemoryBase::new();
    let (host, calendar) = (made::host(), CalendarName::new("work"));
    let ledger = Ledger::new(&base, &host, &calendar);
    let mut batch = Batch::default();
    for number in 0..BOOKINGS {
        let booking = made::booking(number);
        let draft = made::draft(&booking);
        ledger.put_link(&mut batch, &made::link(&booking, &draft.entry), None);
    }
    let position = Position {
        cursor: None,
        at: made::now(),
        full: made::now(),
    };
    ledger.put_position(&mut batch, &position);
    ledger.commit(batch).await.unwrap();
    Arc::new(base)
}

/// Feeds as they are after a start.
async fn rendered(base: &Arc<dyn Base>, settings: &Settings) -> Feeds {
    let feeds = Feeds::open(base.clone());
    feeds.follow(settings).await.unwrap();
    assert!(feeds.refresh(made::now()).await.is_empty());
    feeds
}

/// Serves from one thread until the process ends.
fn serve(feeds: &Feeds) -> SocketAddr {
    let routes = web::feeds::routes(Arc::new(feeds.clone()));
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            // Else an answer waits until the client acknowledged the one before.
            let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
            axum::serve(listener, routes).await.unwrap();
        });
    });
    told.recv().unwrap()
}

/// A client that keeps one connection full.
struct Client {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
    path: String,
}

impl Client {
    fn new(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            answers: BufReader::new(stream.try_clone().unwrap()),
            stream,
            path: path.to_owned(),
        }
    }

    /// The text of the feed, and how many bytes of it go over the wire with gzip.
    fn feed(&mut self) -> (String, u64) {
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n",
            self.path
        );
        self.stream.write_all(request.as_bytes()).unwrap();
        let length = self.head(" 200 ").1;
        let mut body = vec![0; usize::try_from(length).unwrap()];
        self.answers.read_exact(&mut body).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*body)
            .read_to_string(&mut text)
            .unwrap();
        (text, length)
    }

    /// Asks so many times at once. The tag of the last answer.
    fn ask(&mut self, times: usize, headers: &str, status: &str) -> String {
        let mut request = String::new();
        for _ in 0..times {
            write!(
                request,
                "GET {} HTTP/1.1\r\nHost: x\r\n{headers}\r\n",
                self.path
            )
            .unwrap();
        }
        self.stream.write_all(request.as_bytes()).unwrap();
        let mut etag = String::new();
        for _ in 0..times {
            etag = self.answer(status);
        }
        etag
    }

    fn answer(&mut self, status: &str) -> String {
        let (etag, length) = self.head(status);
        let mut body = (&mut self.answers).take(length);
        let read = std::io::copy(&mut body, &mut std::io::sink()).unwrap();
        assert_eq!(read, length, "an answer is cut");
        etag
    }

    /// Tag and length of an answer.
    fn head(&mut self, status: &str) -> (String, u64) {
        let mut etag = String::new();
        let mut length = 0;
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(line.contains(status), "{line}");
        loop {
            line.clear();
            self.answers.read_line(&mut line).unwrap();
            match line.trim_end().split_once(": ") {
                Some(("etag", tag)) => tag.clone_into(&mut etag),
                Some(("content-length", bytes)) => length = bytes.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        (etag, length)
    }
}

fn feeds(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let settings = settings();
    let base = runtime.block_on(base());
    let feeds = runtime.block_on(rendered(&base, &settings));
    let address = feeds.addresses().remove(0);
    let server = serve(&feeds);
    let mut client = Client::new(server, &address.path);
    let gzip = "Accept-Encoding: gzip\r\n";
    let etag = client.ask(1, gzip, " 200 ");
    let (text, length) = client.feed();
    let entries = text.matches("BEGIN:VEVENT").count();
    assert_eq!(entries, usize::try_from(BOOKINGS).unwrap());
    println!(
        "{entries} entries, {} bytes, {length} with gzip",
        text.len()
    );
    let known = format!("{gzip}If-None-Match: {etag}\r\n");

    let mut group = criterion.benchmark_group("a feed of 10,000 bookings");
    group.sample_size(10);
    group.bench_function("rendered", |bench| {
        bench.iter(|| runtime.block_on(rendered(&base, &settings)));
    });
    group.bench_function("found unchanged", |bench| {
        bench.iter(|| runtime.block_on(feeds.refresh(made::now())));
    });
    group.throughput(Throughput::Elements(AT_ONCE as u64));
    group.bench_function("304", |bench| {
        bench.iter(|| client.ask(AT_ONCE, &known, " 304 "));
    });
    group.throughput(Throughput::Elements(4));
    group.bench_function("200 with gzip", |bench| {
        bench.iter(|| client.ask(4, gzip, " 200 "));
    });
    group.finish();
}

criterion_group!(benches, feeds);
criterion_main!(benches);
