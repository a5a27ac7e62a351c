//! The requests that are sent: `PROPFIND` (RFC 4918), `sync-collection` (RFC 6578 section 3.2) and
//! `calendar-multiget` (RFC 4791 section 7.9).

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{Name, Space};

type Doc = Writer<Vec<u8>>;

/// Asks for properties.
///
/// # Errors
/// None in practice: it writes to memory.
pub(in super::super) fn propfind(props: &[Name]) -> io::Result<Vec<u8>> {
    document((Space::Dav, "propfind"), |doc| write_props(doc, props))
}

/// Asks what changed since a token; the empty token asks for everything. No `limit` is sent:
/// Nextcloud refuses it on a first listing, and Stalwart and Xandikos then give a token that
/// skips the rest (FIELD.md section 3).
///
/// # Errors
/// None in practice: it writes to memory.
pub(in super::super) fn sync_collection(token: &str) -> io::Result<Vec<u8>> {
    document((Space::Dav, "sync-collection"), |doc| {
        write_text(doc, (Space::Dav, "sync-token"), token)?;
        write_text(doc, (Space::Dav, "sync-level"), "1")?;
        write_props(doc, &[(Space::Dav, "getetag")])
    })
}

/// Asks for objects by their paths.
///
/// # Errors
/// None in practice: it writes to memory.
pub(in super::super) fn multiget(paths: &[String]) -> io::Result<Vec<u8>> {
    let props = [(Space::Dav, "getetag"), (Space::Caldav, "calendar-data")];
    document((Space::Caldav, "calendar-multiget"), |doc| {
        write_props(doc, &props)?;
        for path in paths {
            write_text(doc, (Space::Dav, "href"), path)?;
        }
        Ok(())
    })
}

fn document(root: Name, fill: impl FnOnce(&mut Doc) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut doc = Writer::new(Vec::new());
    doc.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let name = qualified(root);
    let mut start = BytesStart::new(name.as_str());
    for space in Space::KNOWN {
        start.push_attribute((format!("xmlns:{}", space.prefix()).as_str(), space.uri()));
    }
    doc.write_event(Event::Start(start))?;
    fill(&mut doc)?;
    doc.write_event(Event::End(BytesEnd::new(name.as_str())))?;
    Ok(doc.into_inner())
}

fn write_props(doc: &mut Doc, props: &[Name]) -> io::Result<()> {
    doc.write_event(Event::Start(BytesStart::new("D:prop")))?;
    for prop in props {
        doc.write_event(Event::Empty(BytesStart::new(qualified(*prop))))?;
    }
    doc.write_event(Event::End(BytesEnd::new("D:prop")))
}

fn write_text(doc: &mut Doc, name: Name, text: &str) -> io::Result<()> {
    let name = qualified(name);
    doc.write_event(Event::Start(BytesStart::new(name.as_str())))?;
    doc.write_event(Event::Text(BytesText::new(text)))?;
    doc.write_event(Event::End(BytesEnd::new(name.as_str())))
}

fn qualified((space, name): Name) -> String {
    format!("{}:{name}", space.prefix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_gave_us_cannot_break_out_of_a_request() {
        let text = String::from_utf8(sync_collection("</D:sync-token>&x").unwrap()).unwrap();
        assert!(text.contains("<D:sync-token>&lt;/D:sync-token&gt;&amp;x</D:sync-token>"));
        assert!(!text.contains("limit"));
        let text = String::from_utf8(multiget(&["/a&b".to_owned()]).unwrap()).unwrap();
        assert!(text.contains("<D:href>/a&amp;b</D:href>"));
    }
}
