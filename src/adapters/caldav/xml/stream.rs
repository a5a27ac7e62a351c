//! Reads the elements below a root one by one from a body, so that a listing never stands in
//! memory as a whole, and within limits: no document type, no entities of their own, no deep
//! nesting, no more bytes than allowed.

use std::io;

use futures_util::StreamExt;
use quick_xml::errors::{Error as XmlError, SyntaxError};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};
use reqwest::Response;
use tokio::io::AsyncBufRead;
use tokio_util::io::StreamReader;

use super::{Element, Space};
use crate::ports::error::{Error, Kind};

/// How deep elements may be nested. CalDAV needs about ten.
const DEEPEST: usize = 32;

/// What can be wrong with a body.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum Fault {
    /// It ends too early: never to be taken for a shorter listing.
    #[error("the answer ends too early")]
    Cut,
    /// The exchange broke.
    #[error("the answer broke off")]
    Broke(#[source] io::Error),
    /// It is too large.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// It holds what no answer needs and attacks use.
    #[error("the answer holds {0}, which is not taken")]
    Forbidden(&'static str),
    /// It is no XML; the parser's own words would quote it.
    #[error("the answer is not well-formed XML at byte {0}")]
    NotXml(u64),
    /// It is XML, but not what was asked for.
    #[error("the answer is not a multistatus")]
    NotDav,
}

impl Fault {
    /// As the failure of a call.
    pub(in super::super) fn while_doing(self, doing: &str) -> Error {
        let passing = matches!(self, Self::Cut | Self::Broke(_));
        let kind = if passing {
            Kind::Transient
        } else {
            Kind::Malformed
        };
        let error = Error::new(kind, doing).because(self);
        if passing {
            error.hint("it is tried again by itself")
        } else {
            error.hint("check that the address is that of a CalDAV calendar")
        }
    }
}

/// Marks, inside an `io::Error`, that the limit was passed.
#[derive(Debug, thiserror::Error)]
#[error("larger than {0} bytes")]
struct PastLimit(u64);

/// A body as a reader, of at most `limit` bytes (after decompression).
pub(in super::super) fn bounded(
    response: Response,
    limit: u64,
) -> impl AsyncBufRead + Unpin + Send + 'static {
    let mut left = limit;
    let counted = response.bytes_stream().map(move |piece| {
        let piece = piece.map_err(|error| io::Error::other(error.without_url()))?;
        let size = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        left = left
            .checked_sub(size)
            .ok_or_else(|| io::Error::other(PastLimit(limit)))?;
        Ok::<_, io::Error>(piece)
    });
    StreamReader::new(Box::pin(counted))
}

/// The elements below a root, one by one.
pub(in super::super) struct Elements<R> {
    reader: NsReader<R>,
    buffer: Vec<u8>,
    ended: bool,
}

enum Step {
    Opened(Element),
    Closed,
    Said(String),
    Nothing,
    End,
}

impl<R: AsyncBufRead + Unpin> Elements<R> {
    /// Reads up to the root, and gives it without what is in it.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(in super::super) async fn open(body: R) -> Result<(Element, Self), Fault> {
        let mut reader = NsReader::from_reader(body);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().allow_dangling_amp = true;
        let mut elements = Self {
            reader,
            buffer: Vec::new(),
            ended: false,
        };
        loop {
            match elements.step().await? {
                Step::Opened(root) => return Ok((root, elements)),
                Step::Said(text) if text.trim().is_empty() => {}
                Step::Nothing => {}
                Step::End => return Err(Fault::Cut),
                Step::Closed | Step::Said(_) => return Err(elements.not_xml()),
            }
        }
    }

    /// The next element below the root; `None` after the root's end.
    ///
    /// # Errors
    /// See [`Fault`]. A body that ends before its root does is [`Fault::Cut`].
    pub(in super::super) async fn next(&mut self) -> Result<Option<Element>, Fault> {
        if self.ended {
            return Ok(None);
        }
        let mut open: Vec<Element> = Vec::new();
        loop {
            match self.step().await? {
                Step::Opened(element) => {
                    if open.len() + 2 > DEEPEST {
                        return Err(Fault::Forbidden("deeply nested elements"));
                    }
                    open.push(element);
                }
                Step::Said(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Step::Closed => match (open.pop(), open.last_mut()) {
                    (Some(done), Some(parent)) => parent.children.push(done),
                    (Some(done), None) => return Ok(Some(done)),
                    (None, _) => {
                        self.ended = true;
                        return Ok(None);
                    }
                },
                Step::Nothing => {}
                Step::End => return Err(Fault::Cut),
            }
        }
    }

    async fn step(&mut self) -> Result<Step, Fault> {
        self.buffer.clear();
        let read = self
            .reader
            .read_resolved_event_into_async(&mut self.buffer)
            .await;
        let outcome = match read {
            Ok((space, Event::Start(start))) => element(&space, &start).map(Step::Opened),
            Ok((_, Event::End(_))) => Ok(Step::Closed),
            Ok((_, Event::Text(text))) => Ok(Step::Said(
                text.xml_content(XmlVersion::Implicit1_0).into_owned(),
            )),
            Ok((_, Event::CData(text))) => Ok(Step::Said(
                text.xml_content(XmlVersion::Implicit1_0).into_owned(),
            )),
            Ok((_, Event::GeneralRef(entity))) => return spelled_out(&entity),
            Ok((_, Event::DocType(_))) => return Err(Fault::Forbidden("a document type")),
            Ok((_, Event::Eof)) => Ok(Step::End),
            Ok(_) => Ok(Step::Nothing),
            Err(error) => Err(error),
        };
        outcome.map_err(|error| self.fault(&error))
    }

    fn fault(&self, error: &XmlError) -> Fault {
        match error {
            XmlError::Io(error) => {
                let limit = error
                    .get_ref()
                    .and_then(|inner| inner.downcast_ref::<PastLimit>());
                match limit {
                    Some(PastLimit(limit)) => Fault::TooLarge(*limit),
                    None => Fault::Broke(io::Error::new(error.kind(), error.to_string())),
                }
            }
            XmlError::Syntax(SyntaxError::InvalidBangMarkup) => self.not_xml(),
            // All others are tags and sections that the end of the body cut through.
            XmlError::Syntax(_) => Fault::Cut,
            _ => self.not_xml(),
        }
    }

    fn not_xml(&self) -> Fault {
        Fault::NotXml(self.reader.error_position())
    }
}

fn element(space: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Element, XmlError> {
    let space = match space {
        ResolveResult::Bound(uri) => Space::of_uri(uri.into_inner()),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => Space::Other,
    };
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute?;
        if attribute.key.as_namespace_binding().is_none() {
            attributes.push((
                attribute.key.local_name().into_inner().to_owned(),
                attribute
                    .normalized_value(XmlVersion::Implicit1_0)?
                    .into_owned(),
            ));
        }
    }
    Ok(Element {
        space,
        name: start.local_name().into_inner().to_owned(),
        attributes,
        text: String::new(),
        children: Vec::new(),
    })
}

/// The five entities of XML and numbered characters; without a document type there are no others.
fn spelled_out(entity: &BytesRef<'_>) -> Result<Step, Fault> {
    let text = match &**entity {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        // A character that XML does not allow (`&#0;`) must not spoil the whole listing.
        name if name.starts_with('#') => {
            let found = entity.resolve_char_ref().ok().flatten();
            return Ok(Step::Said(found.unwrap_or('\u{fffd}').to_string()));
        }
        _ => return Err(Fault::Forbidden("an entity of its own")),
    };
    Ok(Step::Said(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    async fn read_all(text: &str) -> Result<Vec<Element>, Fault> {
        let (_, mut elements) = Elements::open(text.as_bytes()).await?;
        let mut found = Vec::new();
        while let Some(element) = elements.next().await? {
            found.push(element);
        }
        Ok(found)
    }

    #[tokio::test]
    async fn any_prefix_is_understood() {
        for text in [
            r#"<multistatus xmlns="DAV:"><href>/a</href></multistatus>"#,
            r#"<d:multistatus xmlns:d="DAV:"><d:href >/a</d:href ></d:multistatus >"#,
            r#"<x:multistatus xmlns:x="DAV:"><href xmlns="DAV:">/a</href></x:multistatus>"#,
            "\u{feff}<?xml version='1.0'?>\n<!-- hi --><d:multistatus xmlns:d='DAV:'><d:href><![CDATA[/a]]></d:href></d:multistatus>\n",
        ] {
            let found = read_all(text).await.unwrap();
            assert!(found[0].is((Space::Dav, "href")), "{text}");
            assert_eq!(found[0].word(), Some("/a"), "{text}");
        }
    }

    #[tokio::test]
    async fn text_split_at_entities_is_joined() {
        let found = read_all("<r><a>x&amp;y&#38;&#0;z<![CDATA[<]]>\u{1}</a></r>")
            .await
            .unwrap();
        assert_eq!(found[0].text, "x&y&\u{fffd}z<\u{1}");
    }

    #[rstest]
    #[case::nothing("")]
    #[case::in_a_tag("<r><a>x</a><b")]
    #[case::between_elements("<r><a>x</a>")]
    #[case::in_a_section("<r><a><![CDATA[x")]
    #[case::in_text("<r><a>x")]
    #[case::before_the_root("<?xml version='1.0'?>")]
    #[tokio::test]
    async fn a_body_cut_off_is_never_a_shorter_one(#[case] text: &str) {
        assert!(matches!(read_all(text).await, Err(Fault::Cut)), "{text}");
    }

    #[rstest]
    #[case::bomb("<!DOCTYPE r [<!ENTITY a 'x'>]><r>&a;</r>")]
    #[case::entity("<r><a>&a;</a></r>")]
    #[tokio::test]
    async fn entities_are_refused(#[case] text: &str) {
        assert!(
            matches!(read_all(text).await, Err(Fault::Forbidden(_))),
            "{text}"
        );
    }

    #[tokio::test]
    async fn deep_nesting_is_refused() {
        let nest = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(read_all(&nest(DEEPEST)).await.is_ok());
        let found = read_all(&nest(DEEPEST + 1)).await;
        assert!(matches!(found, Err(Fault::Forbidden(_))));
        let found = read_all(&nest(200_000)).await;
        assert!(matches!(found, Err(Fault::Forbidden(_))));
    }

    #[tokio::test]
    async fn what_is_no_xml_is_said_to_be_none() {
        for text in ["hello", "<html><br></html>", "<r></x>"] {
            assert!(
                matches!(read_all(text).await, Err(Fault::NotXml(_))),
                "{text}"
            );
        }
    }
}
