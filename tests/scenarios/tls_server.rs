//! A server behind TLS, for localhost and 127.0.0.1, that an authority of these tests vouches for.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConnection, Stream};

use super::check_tls;

/// Made for these tests alone, and good until 2120. The authority's key is gone.
const AUTHORITY: &str = "MIIBcjCCARmgAwIBAgIBATAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVhbiBhdXRob3JpdHkgb2YgdGVzdHMwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMCAxHjAcBgNVBAMMFWFuIGF1dGhvcml0eSBvZiB0ZXN0czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABExlUNDnHkKi8DBMX6mHwc5Q86PcLexsdC467IDUmS43H39c/hugDfX8SFC9mv8Cxdo3yWQc5/ks0kjXgoGhgayjQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQWBBTKJODLZj06AwW7HEVKThJ0s5Dy8DAKBggqhkjOPQQDAgNHADBEAiBBug3fLWTvstoQo0F0s3mbxoipqZ0udlV9+mOwlWBViAIgSaDKNGfm0vEcUSRAlDwvtFnOR3VchwHMsysAPuDj6V8=";
const CERTIFICATE: &str = "MIIBtzCCAV6gAwIBAgIBAjAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVhbiBhdXRob3JpdHkgb2YgdGVzdHMwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCybkrqGZGEsFn5K/CqjFlxKL0aFsYTkiWSklUEoSOd/MSVJcnbIpv5CwUEqONjPCE9yh6k0/K2liwcICwqTNpmjgZIwgY8wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMB0GA1UdDgQWBBREKf39Gtcm0biVHMan0KDqfY38+zAfBgNVHSMEGDAWgBTKJODLZj06AwW7HEVKThJ0s5Dy8DAKBggqhkjOPQQDAgNHADBEAiAB32f9BOIz4RA33krXXdABmz9A8S12sQR/+F+MBUikqwIgEBcqlQmPO04iOgkvGcyQdeVQP6t5m+fwHqkpeftuTIQ=";
const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglGLfPK+yXkmstr04vGR8BmUaCdNido5Hbs3efFIECpKhRANCAAQsm5K6hmRhLBZ+SvwqoxZcSi9GhbGE5IlkpJVBKEjnfzElSXJ2yKb+QsFBKjjYzwhPcoepNPytpYsHCAsKkzaZ";
/// How long a client may take to say something.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a server answers to a request, whose head it is given in small letters.
pub type Answers = Box<dyn Fn(&str) -> String + Send + Sync>;

/// Runs until the test process ends.
pub struct Server {
    pub port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Speaks TLS on a free port.
    pub fn start(answers: Answers) -> Self {
        let config = check_tls::config(CERTIFICATE, KEY);
        Self::that(answers, move |stream, answer| {
            let mut talk = ServerConnection::new(config.clone()).unwrap();
            let mut stream = stream;
            answer(&mut Stream::new(&mut talk, &mut stream))?;
            talk.send_close_notify();
            talk.write_tls(&mut stream).map(|_| ())
        })
    }

    /// Speaks without TLS.
    pub fn plain(answers: Answers) -> Self {
        Self::that(answers, |mut stream, answer| answer(&mut stream))
    }

    fn that(
        answers: Answers,
        serve: impl Fn(TcpStream, &dyn Fn(&mut dyn Talk) -> io::Result<()>) -> io::Result<()>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let seen = heads.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let answer = |talk: &mut dyn Talk| {
                    let head = head(talk)?;
                    seen.lock().unwrap().push(head.clone());
                    talk.write_all(answers(&head).as_bytes())?;
                    talk.flush()
                };
                // A client that went away is no concern of a test.
                serve(stream, &answer).ok();
            }
        });
        Self { port, heads }
    }

    /// The heads of the requests so far, in small letters.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// What can be talked over.
trait Talk: Read + Write {}

impl<T: Read + Write> Talk for T {}

/// An answer as it is written.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
    )
}

/// Writes the certificate of the authority where `SSL_CERT_FILE` may name it.
pub fn authority(folder: &Path) -> PathBuf {
    let path = folder.join("authority.pem");
    let text = format!("-----BEGIN CERTIFICATE-----\n{AUTHORITY}\n-----END CERTIFICATE-----\n");
    std::fs::write(&path, text).unwrap();
    path
}

/// A head and, where its length is said, the body after it is read, too.
fn head(talk: &mut dyn Talk) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        talk.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.parse().unwrap_or(0));
    talk.read_exact(&mut vec![0; length])?;
    Ok(head)
}
