//! A whole multistatus from any body, as a listing and a discovery understand it: for whoever has an
//! answer and no server (`fuzz/targets/multistatus.rs`).

use reqwest::header::HeaderMap;
use tokio::io::AsyncBufRead;
use url::Url;

use super::collection::Collection;
use super::place::{self, Named};
use super::xml::multistatus::{Multistatus, Piece, Report};
use super::xml::names;
use crate::domain::ids::{Etag, Href};
use crate::ports::error::Result;

/// One thing that an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// How the collection is.
    Collection(Box<Collection>),
    /// How an object in the collection is.
    Object {
        /// Its name.
        href: Href,
        /// Its tag; `None` when it is gone.
        etag: Option<Etag>,
        /// Its text, where it was asked for.
        data: Option<String>,
    },
    /// Something about another place.
    Elsewhere,
    /// The token to go on with.
    Token(String),
}

/// Reads a whole answer about a collection.
///
/// # Errors
/// `Transient` when it is cut off, `Malformed` when it is none.
pub async fn read(collection: &Url, body: impl AsyncBufRead + Unpin) -> Result<Vec<Said>> {
    let fault = |fault: super::xml::stream::Fault| fault.while_doing("reading an answer");
    let mut multistatus = Multistatus::open(body).await.map_err(fault)?;
    let mut said = Vec::new();
    while let Some(piece) = multistatus.next().await.map_err(fault)? {
        match piece {
            Piece::Token(token) => said.push(Said::Token(token)),
            Piece::About(report) => {
                let all = report
                    .hrefs
                    .iter()
                    .map(|href| about(collection, href, &report));
                said.extend(all);
            }
        }
    }
    Ok(said)
}

fn about(collection: &Url, href: &str, report: &Report) -> Said {
    match place::named(collection, href) {
        Named::Itself => {
            let found = Collection::of(collection, report, &HeaderMap::new());
            Said::Collection(Box::new(found))
        }
        Named::Member(href) => Said::Object {
            href,
            etag: report
                .text(names::ETAG)
                .filter(|_| !report.is_gone())
                .map(Etag::new),
            data: report.text(names::CALENDAR_DATA).map(str::to_owned),
        },
        Named::Below | Named::Outside => Said::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_told_as_a_listing_understands_it() {
        let body = r#"<d:multistatus xmlns:d="DAV:">
          <d:response><d:href>/alice/a%20b.ics</d:href><d:propstat><d:prop><d:getetag>"1"</d:getetag></d:prop>
            <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
          <d:response><d:href>/alice/c.ics</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>
          <d:response><d:href>/bob/</d:href><d:status>HTTP/1.1 200 OK</d:status></d:response>
          <d:sync-token>t1</d:sync-token></d:multistatus>"#;
        let collection = Url::parse("https://dav.example.org/alice/").unwrap();
        let object = |name: &str, etag: Option<&str>| Said::Object {
            href: Href::new(name),
            etag: etag.map(Etag::new),
            data: None,
        };
        let said = read(&collection, body.as_bytes()).await.unwrap();
        let expected = [
            object("a b.ics", Some("\"1\"")),
            object("c.ics", None),
            Said::Elsewhere,
            Said::Token("t1".to_owned()),
        ];
        assert_eq!(said, expected);
        let cut = read(&collection, &body.as_bytes()[..body.len() - 1]).await;
        assert!(cut.is_err());
    }
}
