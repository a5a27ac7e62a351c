//! The requests that are sent: `PROPFIND` (RFC 4918), `sync-collection` (RFC 6578 section 3.2),
//! `calendar-multiget` and `calendar-query` (RFC 4791 sections 7.9 and 7.8).

use std::io;

use jiff::Timestamp;
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

/// Sets a property to a text (RFC 4918 section 14.19).
///
/// # Errors
/// None in practice: it writes to memory.
pub(in super::super) fn proppatch(prop: Name, text: &str) -> io::Result<Vec<u8>> {
    document((Space::Dav, "propertyupdate"), |doc| {
        for name in ["D:set", "D:prop"] {
            doc.write_event(Event::Start(BytesStart::new(name)))?;
        }
        write_text(doc, prop, text)?;
        for name in ["D:prop", "D:set"] {
            doc.write_event(Event::End(BytesEnd::new(name)))?;
        }
        Ok(())
    })
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

/// Which objects a `calendar-query` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Those {
    /// Events with an instance between two instants.
    Between(Timestamp, Timestamp),
    /// Events that have a property.
    Having(&'static str),
    /// Objects with a component of this kind.
    Being(&'static str),
}

/// Asks for the tags of some objects.
///
/// # Errors
/// None in practice: it writes to memory.
pub(in super::super) fn calendar_query(those: Those) -> io::Result<Vec<u8>> {
    document((Space::Caldav, "calendar-query"), |doc| {
        write_props(doc, &[(Space::Dav, "getetag")])?;
        doc.write_event(Event::Start(BytesStart::new("C:filter")))?;
        within(doc, "C:comp-filter", "VCALENDAR", |doc| match those {
            Those::Being(kind) => named(doc, "C:comp-filter", kind),
            Those::Having(property) => within(doc, "C:comp-filter", "VEVENT", |doc| {
                named(doc, "C:prop-filter", property)
            }),
            Those::Between(from, to) => within(doc, "C:comp-filter", "VEVENT", |doc| {
                let text = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
                let mut range = BytesStart::new("C:time-range");
                range.push_attribute(("start", text(from).as_str()));
                range.push_attribute(("end", text(to).as_str()));
                doc.write_event(Event::Empty(range))
            }),
        })?;
        doc.write_event(Event::End(BytesEnd::new("C:filter")))
    })
}

fn within(
    doc: &mut Doc,
    tag: &str,
    name: &str,
    fill: impl FnOnce(&mut Doc) -> io::Result<()>,
) -> io::Result<()> {
    let mut start = BytesStart::new(tag);
    start.push_attribute(("name", name));
    doc.write_event(Event::Start(start))?;
    fill(doc)?;
    doc.write_event(Event::End(BytesEnd::new(tag)))
}

fn named(doc: &mut Doc, tag: &str, name: &str) -> io::Result<()> {
    let mut empty = BytesStart::new(tag);
    empty.push_attribute(("name", name));
    doc.write_event(Event::Empty(empty))
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
        let hours = (Space::Caldav, "calendar-availability");
        let text = String::from_utf8(proppatch(hours, "]]></x>&\r\n").unwrap()).unwrap();
        assert!(text.contains("<D:set><D:prop><C:calendar-availability>]]&gt;&lt;/x&gt;&amp;"));
        let text = String::from_utf8(multiget(&["/a&b".to_owned()]).unwrap()).unwrap();
        assert!(text.contains("<D:href>/a&amp;b</D:href>"));
    }

    #[test]
    fn a_query_is_nested_as_rfc_4791_wants_it() {
        let text = |those| String::from_utf8(calendar_query(those).unwrap()).unwrap();
        let between = Those::Between(
            "2026-11-20T00:00:00Z".parse().unwrap(),
            "2027-01-21T12:30:00Z".parse().unwrap(),
        );
        assert!(text(between).contains(
            "<C:filter><C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">\
             <C:time-range start=\"20261120T000000Z\" end=\"20270121T123000Z\"/>\
             </C:comp-filter></C:comp-filter></C:filter>"
        ));
        assert!(text(Those::Having("RRULE")).contains(
            "<C:comp-filter name=\"VEVENT\"><C:prop-filter name=\"RRULE\"/></C:comp-filter>"
        ));
        assert!(text(Those::Being("VFREEBUSY")).contains(
            "<C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VFREEBUSY\"/></C:comp-filter>"
        ));
    }
}
