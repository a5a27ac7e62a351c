//! A small server that says whatever a test wants it to, and counts what it said.

use std::io::{self, Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// One answer being given.
pub struct Answer<'a> {
    stream: &'a TcpStream,
    sent: &'a AtomicU64,
    stop: &'a AtomicBool,
}

/// How long a read or write blocks before it is looked whether the test is over: the client may
/// live on the very thread that waits for this one to end.
const PATIENCE: Duration = Duration::from_millis(20);

impl Answer<'_> {
    /// Waits until the client has gone.
    pub fn wait_for_the_end(&mut self) -> io::Result<()> {
        loop {
            self.dawdle()?;
        }
    }

    /// Waits for a moment, or less if the client goes.
    pub fn dawdle(&mut self) -> io::Result<()> {
        match self.stream.read(&mut [0; 1024]) {
            Ok(0) => Err(io::ErrorKind::ConnectionAborted.into()),
            Ok(_) => Ok(()),
            Err(error) => self.patience(error),
        }
    }

    /// Whether to go on after a read or write that was not done in time.
    fn patience(&self, error: io::Error) -> io::Result<()> {
        let late = matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
        );
        if late && !self.stop.load(Ordering::SeqCst) {
            return Ok(());
        }
        Err(error)
    }

    /// A whole answer.
    pub fn say(&mut self, status: &str, headers: &str, body: &[u8]) -> io::Result<()> {
        let length = body.len();
        write!(
            self,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
        )?;
        self.write_all(body)
    }
}

impl Write for Answer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = loop {
            match self.stream.write(bytes) {
                Ok(written) => break written,
                Err(error) => self.patience(error)?,
            }
        };
        let count = u64::try_from(written).unwrap_or(u64::MAX);
        self.sent.fetch_add(count, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A server that runs until it is dropped. Each connection is for one request.
pub struct Server {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    sent: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers each request, whose head it is given, like this. What a client that went away does
    /// to an answer is no matter.
    pub fn start(
        answer: impl Fn(&str, &mut Answer<'_>) -> io::Result<()> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let sent = Arc::<AtomicU64>::default();
        let stop = Arc::<AtomicBool>::default();
        let thread = std::thread::spawn({
            let (heads, sent, stop) = (Arc::clone(&heads), Arc::clone(&sent), Arc::clone(&stop));
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(stream) = stream else { continue };
                    let Ok(head) = head(&stream) else { continue };
                    let mut all = heads.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push(head.clone());
                    drop(all);
                    stream.set_read_timeout(Some(PATIENCE)).ok();
                    stream.set_write_timeout(Some(PATIENCE)).ok();
                    let mut out = Answer {
                        stream: &stream,
                        sent: &sent,
                        stop: &stop,
                    };
                    answer(&head, &mut out).ok();
                }
            }
        });
        Self {
            address,
            heads,
            sent,
            stop,
            thread: Some(thread),
        }
    }

    /// Always the same answer.
    pub fn saying(status: &'static str, headers: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self::start(move |_, out| out.say(status, headers, &body))
    }

    /// An address on this server, by this name of the machine.
    pub fn at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    /// The heads of the requests so far, in small letters.
    pub fn heads(&self) -> Vec<String> {
        self.heads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Bytes sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes it, so that it sees that it shall stop.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn head(mut stream: &TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).to_lowercase())
}
