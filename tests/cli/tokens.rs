//! A strict authorisation server, and a calendar server that lets in only who shows its tokens: a
//! real Radicale behind a door of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use url::Url;
use url::form_urlencoded::parse;

use super::servers::{PASSWORD, Radicale, Server, USER};

pub const CLIENT: &str = "desktop-client";
pub const CLIENT_SECRET: &str = "hush-client-of-the-calendar";
pub const SCOPE: &str = "https://calendar.test/auth/calendar";

/// How the server behaves.
#[derive(Clone, Copy, Default)]
pub struct Manners {
    /// Each refresh gives another refresh token and ends the old one.
    pub rotates: bool,
    /// Access tokens are said to end this soon, in seconds; an hour without it.
    pub expires_in: Option<u32>,
    /// A person leaves out the calendar on the page.
    pub grants_less: bool,
    /// The calendar refuses every token.
    pub refuses_all: bool,
    /// The calendar sends everybody to this port of this machine.
    pub sends_to: Option<u16>,
    /// A refresh is done at once, and answered so much later.
    pub answers_late: Option<Duration>,
}

#[derive(Default)]
struct Book {
    manners: Manners,
    /// A code, with its challenge and redirect address.
    codes: BTreeMap<String, (String, String)>,
    refresh: BTreeSet<String>,
    access: BTreeSet<String>,
    given: u32,
    refreshed: u32,
    refused: u32,
    /// Requests to the calendar that showed a good token.
    let_in: u32,
    revoked: Vec<String>,
}

/// Both servers, and what they know.
pub struct Tokens {
    book: Arc<Mutex<Book>>,
    oauth: u16,
    door: u16,
    pub radicale: Server,
}

struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Tokens {
    pub fn start(manners: Manners) -> Self {
        let book = Arc::new(Mutex::new(Book {
            manners,
            ..Book::default()
        }));
        let radicale = Radicale::start();
        let inner: Url = radicale.url().parse().unwrap();
        let inner = inner.port().unwrap();
        let (of_oauth, of_door) = (book.clone(), book.clone());
        Self {
            oauth: serve(move |request| {
                let mut book = of_oauth.lock().unwrap();
                let before = book.refreshed;
                let said = answer(&mut book, request);
                let late = book
                    .manners
                    .answers_late
                    .filter(|_| book.refreshed > before);
                drop(book);
                late.into_iter().for_each(thread::sleep);
                said
            }),
            door: serve(move |request| pass(&of_door, inner, request)),
            book,
            radicale,
        }
    }

    /// The configuration of the calendar.
    pub fn calendar(&self) -> String {
        let oauth = format!("http://127.0.0.1:{}", self.oauth);
        format!(
            "[[calendar]]\nname = \"work\"\nkind = \"caldav\"\nurl = \"http://127.0.0.1:{}/alice/work/\"\n\
             [calendar.oauth]\nclient_id = \"{CLIENT}\"\nclient_secret = \"{CLIENT_SECRET}\"\n\
             authorize_url = \"{oauth}/authorize\"\ntoken_url = \"{oauth}/token\"\nrevoke_url = \"{oauth}/revoke\"\n\
             scope = \"{SCOPE}\"\naccount = \"alice@example.org\"\n",
            self.door
        )
    }

    /// The address of the calendar server.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.door)
    }

    pub fn set(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut self.book.lock().unwrap().manners);
    }

    /// Access tokens end before their time.
    pub fn end_access(&self) {
        self.book.lock().unwrap().access.clear();
    }

    /// The person takes the access back.
    pub fn end_login(&self) {
        let mut book = self.book.lock().unwrap();
        book.access.clear();
        book.refresh.clear();
    }

    pub fn refreshed(&self) -> u32 {
        self.book.lock().unwrap().refreshed
    }

    pub fn refused(&self) -> u32 {
        self.book.lock().unwrap().refused
    }

    pub fn let_in(&self) -> u32 {
        self.book.lock().unwrap().let_in
    }

    pub fn revoked(&self) -> Vec<String> {
        self.book.lock().unwrap().revoked.clone()
    }

    /// How many logins live.
    pub fn logins(&self) -> usize {
        self.book.lock().unwrap().refresh.len()
    }
}

/// Serves until the test ends; one answer a connection.
fn serve(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut stream = stream;
                if let Some(request) = heard(&mut stream) {
                    // Who hung up does not want to know.
                    stream.write_all(&answer(&request)).ok();
                }
            });
        }
    });
    port
}

fn heard(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut piece).ok()? {
            0 => return None,
            read => bytes.extend_from_slice(&piece[..read]),
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        let read = stream.read(&mut piece).ok()?;
        body.extend_from_slice(&piece[..read]);
    }
    Some(Request {
        method,
        target,
        headers,
        body,
    })
}

fn say(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn json(status: &str, body: &str) -> Vec<u8> {
    say(status, "Content-Type: application/json\r\n", body)
}

fn error(word: &str) -> Vec<u8> {
    json("400 Bad Request", &format!("{{\"error\":\"{word}\"}}"))
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The authorisation server.
fn answer(book: &mut Book, request: &Request) -> Vec<u8> {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    match (request.method.as_str(), path) {
        ("GET", "/authorize") => agree(book, query),
        ("POST", "/token" | "/revoke") => {
            // RFC 6749 section 2.3.1; and nothing of a secret in the address.
            let client = STANDARD.encode(format!("{CLIENT}:{CLIENT_SECRET}"));
            if request.header("authorization") != Some(&format!("Basic {client}")) {
                return json("401 Unauthorized", "{\"error\":\"invalid_client\"}");
            }
            assert_eq!(query, "", "parameters stand in the body");
            let form: BTreeMap<String, String> = parse(&request.body).into_owned().collect();
            if path == "/token" {
                token(book, &form)
            } else {
                let token = form["token"].clone();
                book.refresh.remove(&token);
                book.access.clear();
                book.revoked.push(token);
                json("200 OK", "{}")
            }
        }
        _ => say("404 Not Found", "", ""),
    }
}

/// A person agrees at once.
fn agree(book: &mut Book, query: &str) -> Vec<u8> {
    let asked: BTreeMap<String, String> = parse(query.as_bytes()).into_owned().collect();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("scope", SCOPE),
        ("access_type", "offline"),
        ("prompt", "consent"),
        ("login_hint", "alice@example.org"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(asked["redirect_uri"].starts_with("http://127.0.0.1:"));
    assert!(asked["state"].len() >= 43 && asked["code_challenge"].len() == 43);
    book.given += 1;
    let code = format!("code-{}", book.given);
    let redirect = asked["redirect_uri"].clone();
    let mut back: Url = redirect.parse().unwrap();
    back.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &asked["state"]);
    book.codes
        .insert(code, (asked["code_challenge"].clone(), redirect));
    say("302 Found", &format!("Location: {back}\r\n"), "")
}

fn token(book: &mut Book, form: &BTreeMap<String, String>) -> Vec<u8> {
    let refresh = match form["grant_type"].as_str() {
        "authorization_code" => {
            let Some((challenge, redirect)) = book.codes.remove(&form["code"]) else {
                return error("invalid_grant");
            };
            let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
            if verifier != challenge || form["redirect_uri"] != redirect {
                return error("invalid_grant");
            }
            Some(format!("refresh-{}", book.given))
        }
        "refresh_token" => {
            let old = &form["refresh_token"];
            if !book.refresh.contains(old) {
                return error("invalid_grant");
            }
            book.refreshed += 1;
            book.given += 1;
            book.manners.rotates.then(|| {
                book.refresh.remove(old);
                format!("refresh-{}", book.given)
            })
        }
        _ => return error("unsupported_grant_type"),
    };
    let access = format!("access-{}-{}", book.given, book.refreshed);
    book.access.insert(access.clone());
    let mut given = serde_json::json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": book.manners.expires_in.unwrap_or(3599),
        "scope": if book.manners.grants_less { "openid" } else { SCOPE },
    });
    if let Some(refresh) = refresh {
        given["refresh_token"] = refresh.clone().into();
        book.refresh.insert(refresh);
    }
    json("200 OK", &given.to_string())
}

/// The door before the calendar server.
fn pass(book: &Mutex<Book>, inner: u16, request: &Request) -> Vec<u8> {
    {
        let mut book = book.lock().unwrap();
        if let Some(port) = book.manners.sends_to {
            let place = format!("Location: http://127.0.0.1:{port}{}\r\n", request.target);
            return say("302 Found", &place, "");
        }
        let shown = request.header("authorization").unwrap_or_default();
        let token = shown.strip_prefix("Bearer ").unwrap_or_default();
        if book.manners.refuses_all || !book.access.contains(token) {
            book.refused += 1;
            let challenge = "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n";
            return say("401 Unauthorized", challenge, "");
        }
        book.let_in += 1;
    }
    let mut head = format!("{} {} HTTP/1.0\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        if !matches!(name.as_str(), "authorization" | "connection") {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
    }
    let user = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    write!(head, "authorization: Basic {user}\r\n\r\n").unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", inner)).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&request.body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}
