//! The calendars that scenarios run against, as a person's own program sees them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::proxy::Proxy;
use super::servers::{PASSWORD, Radicale, Server, USER, Xandikos};

/// Which calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Radicale,
    Xandikos,
    Vdir,
}

/// A calendar of a test's own.
pub enum Shelf {
    Caldav {
        server: &'static Server,
        /// `/alice/t1/`
        path: String,
        proxy: Proxy,
    },
    Vdir(PathBuf),
}

/// A server that all tests of this process share, and what ends it with the process.
struct Shared {
    server: Server,
    _watchdog: Child,
}

static RADICALE: OnceLock<Shared> = OnceLock::new();
static XANDIKOS: OnceLock<Shared> = OnceLock::new();
static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// Statics are never dropped, so a shell waits for this process to close its end of a pipe.
fn shared(server: Server) -> Shared {
    let watchdog = Command::new("sh")
        .args(["-c", "cat; kill \"$1\"; rm -rf \"$2\"", "watchdog"])
        .arg(server.pid().to_string())
        .arg(server.home())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Shared {
        server,
        _watchdog: watchdog,
    }
}

impl Side {
    /// A new, empty calendar.
    pub fn calendar(side: Self, home: &Path) -> Shelf {
        let (server, parent) = match side {
            Self::Vdir => {
                let path = home.join("calendar");
                fs::create_dir(&path).unwrap();
                return Shelf::Vdir(path);
            }
            Self::Radicale => (
                &RADICALE.get_or_init(|| shared(Radicale::start())).server,
                "/alice/",
            ),
            Self::Xandikos => (
                &XANDIKOS.get_or_init(|| shared(Xandikos::start())).server,
                "/alice/calendars/",
            ),
        };
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let path = format!("{parent}t{number}/");
        let shelf = Shelf::Caldav {
            server,
            path,
            proxy: Proxy::before(port_of(server)),
        };
        shelf.make();
        shelf
    }
}

fn port_of(server: &Server) -> u16 {
    let url = server.url();
    let port = url.trim_end_matches('/').rsplit(':').next();
    port.and_then(|port| port.parse().ok()).unwrap()
}

impl Shelf {
    /// The `[[calendar]]` table.
    pub fn config(&self) -> String {
        match self {
            Self::Caldav {
                server,
                path,
                proxy,
            } => {
                let mut text = format!(
                    "[[calendar]]\nname = \"work\"\nkind = \"caldav\"\nurl = \"http://127.0.0.1:{}{path}\"\n",
                    proxy.port()
                );
                if server.login().is_some() {
                    text += "username = \"";
                    text += USER;
                    text += "\"\npassword = \"";
                    text += PASSWORD;
                    text += "\"\n";
                }
                text
            }
            Self::Vdir(path) => format!(
                "[[calendar]]\nname = \"work\"\nkind = \"vdir\"\npath = \"{}\"\n",
                path.display()
            ),
        }
    }

    /// Leaves only reading to everybody, by making the calendar anew where the server's rights say so.
    pub fn make_read_only(&mut self) {
        let Self::Caldav { server, path, .. } = self else {
            panic!("a directory has no rights of its own");
        };
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap();
        let place = server.home().join("data/collection-root/alice");
        let read_only = format!("readonly-{name}");
        fs::rename(place.join(name), place.join(&read_only)).unwrap();
        *path = format!("/alice/{read_only}/");
    }

    /// Makes the calendar, which must not be there.
    pub fn make(&self) {
        match self {
            Self::Caldav { server, path, .. } => {
                let body = r#"<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop><displayname>Scenario</displayname></prop></set></C:mkcalendar>"#;
                let kind = [("Content-Type", "application/xml; charset=utf-8")];
                let (status, answer) = server.request("MKCALENDAR", path, &kind, body);
                assert_eq!(status, 201, "{answer}");
            }
            Self::Vdir(path) => fs::create_dir(path).unwrap(),
        }
    }

    /// Deletes the calendar with everything in it.
    pub fn remove(&self) {
        match self {
            Self::Caldav { server, path, .. } => {
                let (status, answer) = server.request("DELETE", path, &[], "");
                assert!((200..300).contains(&status), "{answer}");
            }
            Self::Vdir(path) => fs::remove_dir_all(path).unwrap(),
        }
    }

    /// The names of all objects.
    pub fn names(&self) -> Vec<String> {
        let mut names = match self {
            Self::Caldav { server, path, .. } => {
                let body = r#"<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>"#;
                let headers = [("Depth", "1"), ("Content-Type", "application/xml")];
                let (status, answer) = server.request("PROPFIND", path, &headers, body);
                assert_eq!(status, 207, "{answer}");
                hrefs(&answer)
            }
            Self::Vdir(path) => fs::read_dir(path)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect(),
        };
        let is_event = |name: &str| name.rsplit_once('.').is_some_and(|(_, end)| end == "ics");
        names.retain(|name| is_event(name) && !name.starts_with('.'));
        names.sort();
        names
    }

    /// The server's sync-token of now.
    pub fn sync_token(&self) -> String {
        let Self::Caldav { server, path, .. } = self else {
            panic!("a directory has no tokens");
        };
        let body = r#"<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"#;
        let headers = [("Depth", "0"), ("Content-Type", "application/xml")];
        let (status, answer) = server.request("REPORT", path, &headers, body);
        assert_eq!(status, 207, "{answer}");
        let token = answer.split("sync-token>").nth(1).unwrap();
        token.split('<').next().unwrap().to_owned()
    }

    pub fn read(&self, name: &str) -> Option<String> {
        match self {
            Self::Caldav { server, path, .. } => server.get(&format!("{path}{name}")),
            Self::Vdir(path) => fs::read_to_string(path.join(name)).ok(),
        }
    }

    pub fn put(&self, name: &str, text: &str) {
        match self {
            Self::Caldav { server, path, .. } => server.put(&format!("{path}{name}"), text),
            Self::Vdir(path) => fs::write(path.join(name), text).unwrap(),
        }
    }

    pub fn delete(&self, name: &str) {
        match self {
            Self::Caldav { server, path, .. } => server.delete(&format!("{path}{name}")),
            Self::Vdir(path) => fs::remove_file(path.join(name)).unwrap(),
        }
    }

    /// All objects with their texts.
    pub fn entries(&self) -> BTreeMap<String, String> {
        let read = |name: String| {
            let text = self.read(&name).unwrap();
            (name, text)
        };
        self.names().into_iter().map(read).collect()
    }
}

/// The last segment of every address in a multistatus, whatever its XML prefixes.
fn hrefs(answer: &str) -> Vec<String> {
    let pieces = answer.split("href>").skip(1).step_by(2);
    let paths = pieces.filter_map(|piece| piece.split('<').next());
    let names = paths.filter_map(|path| path.rsplit('/').next());
    names.map(|name| name.replace("%40", "@")).collect()
}
