//! The door that the browser comes back to: one request at a time on the loopback, only
//! `GET /callback`, and closed as soon as the answer came (RFC 8252 section 7.3).

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::callback::is_answer;

/// The largest request that is read, in bytes.
const LARGEST: usize = 16 * 1024;
/// How long a visitor may take to say it. Browsers open connections that they never use.
const PATIENCE: Duration = Duration::from_secs(2);

/// A port of this machine that waits for the browser.
pub struct Listener {
    socket: TcpListener,
    port: u16,
}

/// The browser that brought the answer, and waits to be told how it went.
pub struct Visitor(TcpStream);

/// What a request is worth.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    /// The answer: its query.
    Answer(String),
    /// Anything else, with the status that it gets.
    Other(&'static str),
}

impl Listener {
    /// Listens; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = socket.local_addr()?.port();
        Ok(Self { socket, port })
    }

    /// Where Zoom is to send the browser.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        redirect_uri(self.port)
    }

    /// Waits for the answer: its query, and who brought it.
    ///
    /// # Errors
    /// When the port is lost.
    pub async fn answer(&self) -> io::Result<(String, Visitor)> {
        loop {
            let (mut stream, _) = self.socket.accept().await?;
            let head = tokio::time::timeout(PATIENCE, head(&mut stream)).await;
            let request = match head {
                Ok(Ok(head)) => understood(&head),
                // It hung up, or said nothing.
                Ok(Err(_)) | Err(_) => continue,
            };
            match request {
                Request::Answer(query) => return Ok((query, Visitor(stream))),
                Request::Other(status) => {
                    let told = tell(&mut stream, status, "Not here", "This is not the page.");
                    // Whoever hung up does not want to know.
                    tokio::time::timeout(PATIENCE, told).await.ok();
                }
            }
        }
    }
}

/// Where Zoom is to send the browser, on this port.
#[must_use]
pub fn redirect_uri(port: u16) -> String {
    format!("http://127.0.0.1:{port}/callback")
}

impl Visitor {
    /// Tells the person how it went, without anything that is secret.
    pub async fn tell(mut self, went_well: bool) {
        let (status, title, text) = if went_well {
            (
                "200 OK",
                "slotbridge is logged in",
                "You can close this page. The terminal says how to go on.",
            )
        } else {
            (
                "400 Bad Request",
                "The login did not work",
                "The terminal says why, and what to do. You can close this page.",
            )
        };
        let told = tell(&mut self.0, status, title, text);
        // Whoever closed the page does not want to know.
        tokio::time::timeout(PATIENCE, told).await.ok();
    }
}

/// Reads up to the end of the head; the body of a `GET` is nobody's business.
async fn head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut piece = [0; 2 * 1024];
    loop {
        let read = stream.read(&mut piece).await?;
        head.extend_from_slice(piece.get(..read).unwrap_or_default());
        let whole = head.windows(4).any(|four| four == b"\r\n\r\n");
        if whole || head.len() > LARGEST {
            return Ok(head);
        }
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn understood(head: &[u8]) -> Request {
    if head.len() > LARGEST {
        return Request::Other("431 Request Header Fields Too Large");
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else {
        return Request::Other("400 Bad Request");
    };
    let words: Vec<&str> = line.split(' ').collect();
    let [method, target, "HTTP/1.1" | "HTTP/1.0"] = words.as_slice() else {
        return Request::Other("400 Bad Request");
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match (*method, path) {
        ("GET", "/callback") if is_answer(query) => Request::Answer(query.to_owned()),
        ("GET", "/callback") => Request::Other("400 Bad Request"),
        (_, "/callback") => Request::Other("405 Method Not Allowed"),
        _ => Request::Other("404 Not Found"),
    }
}

async fn tell(stream: &mut TcpStream, status: &str, title: &str, text: &str) -> io::Result<()> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <body style=\"font: 1.1em sans-serif; margin: 4em auto; max-width: 34em\">\
         <h1>{title}</h1><p>{text}</p></body></html>\n"
    );
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\
         Connection: close\r\n\r\n",
        page.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(page.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("GET /callback?code=c&state=s HTTP/1.1\r\n\r\n", Ok("code=c&state=s"))]
    #[case("GET /callback?error=x HTTP/1.0\r\n\r\n", Ok("error=x"))]
    #[case("GET /callback HTTP/1.1\r\n\r\n", Err("400"))]
    #[case("GET /callback?state=s HTTP/1.1\r\n\r\n", Err("400"))]
    #[case("POST /callback?code=c HTTP/1.1\r\n\r\n", Err("405"))]
    #[case("GET /favicon.ico HTTP/1.1\r\n\r\n", Err("404"))]
    #[case("GET /callback/x?code=c HTTP/1.1\r\n\r\n", Err("404"))]
    #[case("GET http://evil/callback?code=c HTTP/1.1\r\n\r\n", Err("404"))]
    #[case("GET /callback?code=c HTTP/2\r\n\r\n", Err("400"))]
    #[case("\u{16}\u{3}\u{1}", Err("400"))]
    fn only_the_answer_is_an_answer(#[case] head: &str, #[case] expected: Result<&str, &str>) {
        match (understood(head.as_bytes()), expected) {
            (Request::Answer(query), Ok(expected)) => assert_eq!(query, expected),
            (Request::Other(status), Err(code)) => assert!(status.starts_with(code), "{status}"),
            (got, expected) => panic!("{got:?}, not {expected:?}"),
        }
    }

    #[tokio::test]
    async fn who_says_nothing_or_too_much_does_not_keep_the_browser_out() {
        let listener = Listener::bind(0).await.unwrap();
        let port = listener.port;
        let at = (Ipv4Addr::LOCALHOST, port);
        let silent = TcpStream::connect(at).await.unwrap();
        let mut loud = TcpStream::connect(at).await.unwrap();
        loud.write_all(&vec![b'x'; LARGEST + 1]).await.unwrap();
        let mut browser = TcpStream::connect(at).await.unwrap();
        browser
            .write_all(b"GET /callback?code=c HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        drop(silent);
        let (query, visitor) = listener.answer().await.unwrap();
        assert_eq!(query, "code=c");
        visitor.tell(true).await;
        let mut page = String::new();
        browser.read_to_string(&mut page).await.unwrap();
        assert!(
            page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("logged in"),
            "{page}"
        );
    }
}
