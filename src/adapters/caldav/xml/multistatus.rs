//! What an answer says about one resource (RFC 4918 section 14.24, RFC 6578 section 3).

use tokio::io::AsyncBufRead;

use super::stream::{Elements, Fault};
use super::{Element, Name, Space};

const MULTISTATUS: Name = (Space::Dav, "multistatus");
const RESPONSE: Name = (Space::Dav, "response");
const SYNC_TOKEN: Name = (Space::Dav, "sync-token");

/// One piece of a multistatus.
#[derive(Debug)]
pub(in super::super) enum Piece {
    /// About one resource (or several with one status).
    About(Report),
    /// The token to go on with.
    Token(String),
}

/// What is said about a resource.
#[derive(Debug)]
pub(in super::super) struct Report {
    /// The resources, as the server spells them. Nearly always one.
    pub(in super::super) hrefs: Vec<String>,
    /// The status of the resource itself. Only a 404 here is a deletion.
    pub(in super::super) status: Option<u16>,
    /// The properties that were found; those under a 404 propstat are not.
    found: Vec<Element>,
}

impl Report {
    fn of(response: Element) -> Self {
        let mut report = Self {
            hrefs: Vec::new(),
            status: None,
            found: Vec::new(),
        };
        for child in response.children {
            if child.is((Space::Dav, "href")) {
                report.hrefs.extend(child.word().map(str::to_owned));
            } else if child.is((Space::Dav, "status")) {
                report.status = child.word().and_then(status_code);
            } else if child.is((Space::Dav, "propstat")) {
                report.found.extend(good_props(child));
            }
        }
        report
    }

    /// A property that was found.
    pub(in super::super) fn prop(&self, name: Name) -> Option<&Element> {
        self.found.iter().find(|prop| prop.is(name))
    }

    /// The text of a property that was found and is not empty.
    pub(in super::super) fn text(&self, name: Name) -> Option<&str> {
        self.prop(name).and_then(Element::word)
    }

    /// Whether the resource itself is gone.
    pub(in super::super) fn is_gone(&self) -> bool {
        matches!(self.status, Some(404 | 410))
    }
}

fn good_props(propstat: Element) -> Vec<Element> {
    let status = propstat
        .child((Space::Dav, "status"))
        .and_then(Element::word)
        .and_then(status_code);
    if status.is_some_and(|code| !(200..300).contains(&code)) {
        return Vec::new();
    }
    propstat
        .children
        .into_iter()
        .filter(|child| child.is((Space::Dav, "prop")))
        .flat_map(|prop| prop.children)
        .collect()
}

/// The code of a status line: `HTTP/1.1 404 Not Found`.
fn status_code(line: &str) -> Option<u16> {
    line.split_whitespace()
        .find_map(|word| word.parse().ok().filter(|code| (100..600).contains(code)))
}

/// A multistatus, piece by piece.
pub(in super::super) struct Multistatus<R>(Elements<R>);

impl<R: AsyncBufRead + Unpin> Multistatus<R> {
    /// Reads up to the first piece.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(in super::super) async fn open(body: R) -> Result<Self, Fault> {
        let (root, elements) = Elements::open(body).await?;
        if root.is(MULTISTATUS) {
            Ok(Self(elements))
        } else {
            Err(Fault::NotDav)
        }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(in super::super) async fn next(&mut self) -> Result<Option<Piece>, Fault> {
        while let Some(element) = self.0.next().await? {
            if element.is(RESPONSE) {
                return Ok(Some(Piece::About(Report::of(element))));
            }
            if element.is(SYNC_TOKEN)
                && let Some(token) = element.word()
            {
                return Ok(Some(Piece::Token(token.to_owned())));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(text: &str) -> Vec<Piece> {
        let mut multistatus = Multistatus::open(text.as_bytes()).await.unwrap();
        let mut pieces = Vec::new();
        while let Some(piece) = multistatus.next().await.unwrap() {
            pieces.push(piece);
        }
        pieces
    }

    #[tokio::test]
    async fn a_missing_property_is_not_a_missing_resource() {
        let pieces = read(
            r#"<m:multistatus xmlns:m="DAV:"><m:response><m:href>/c/a.ics</m:href>
              <m:propstat><m:prop><m:getetag>"1"</m:getetag></m:prop>
                <m:status>HTTP/1.1 200 OK</m:status></m:propstat>
              <m:propstat><m:prop><m:displayname>x</m:displayname></m:prop>
                <m:status>HTTP/1.1 404 Not Found</m:status></m:propstat>
              </m:response>
              <m:response><m:href>/c/b.ics</m:href><m:status>HTTP/1.1 404 Not Found</m:status></m:response>
              <m:sync-token>t&amp;2</m:sync-token></m:multistatus>"#,
        )
        .await;
        let [Piece::About(there), Piece::About(gone), Piece::Token(token)] = &pieces[..] else {
            panic!("{pieces:?}");
        };
        assert!(!there.is_gone());
        assert_eq!(there.text((Space::Dav, "getetag")), Some("\"1\""));
        assert!(there.prop((Space::Dav, "displayname")).is_none());
        assert!(gone.is_gone());
        assert_eq!(token, "t&2");
    }

    #[test]
    fn a_status_line_gives_its_code() {
        for (line, code) in [
            ("HTTP/1.1 404 Not Found", Some(404)),
            ("HTTP/2 200", Some(200)),
            ("507", Some(507)),
            ("fine", None),
        ] {
            assert_eq!(status_code(line), code, "{line}");
        }
    }

    #[tokio::test]
    async fn a_web_page_is_no_multistatus() {
        let opened = Multistatus::open(&b"<html><body/></html>"[..]).await;
        assert!(matches!(opened, Err(Fault::NotDav)));
    }
}
