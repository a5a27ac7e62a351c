//! What a feed's bytes are, whatever their server calls them.

/// The mark that Windows programs put in front of UTF-8.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
/// How a calendar begins and ends (RFC 5545 section 3.4).
const BEGIN: &[u8] = b"BEGIN:VCALENDAR";
const END: &[u8] = b"END:VCALENDAR";

/// What bytes can be that are no calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing at all.
    Empty,
    /// HTML or XML.
    WebPage,
    /// JSON.
    Json,
    /// Something else.
    Foreign,
    /// The beginning of a calendar.
    Cut,
}

/// The calendar in some bytes, as UTF-8 without a mark in front.
///
/// # Errors
/// What they are instead.
pub(super) fn of(bytes: Vec<u8>) -> Result<Vec<u8>, Fault> {
    let text = as_utf8(bytes);
    let text = match text.strip_prefix(UTF8_MARK) {
        Some(rest) => rest.to_vec(),
        None => text,
    };
    let start = text.trim_ascii_start();
    match start.first() {
        None => return Err(Fault::Empty),
        Some(b'<') => return Err(Fault::WebPage),
        Some(b'{' | b'[') => return Err(Fault::Json),
        Some(_) if !begins(start) => return Err(Fault::Foreign),
        Some(_) => {}
    }
    if is_cut(start) {
        return Err(Fault::Cut);
    }
    Ok(text)
}

/// Bytes in UTF-16, which say so with their first two, as UTF-8; others as they are.
fn as_utf8(bytes: Vec<u8>) -> Vec<u8> {
    let (pairs, little) = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => (rest, true),
        [0xfe, 0xff, rest @ ..] => (rest, false),
        _ => return bytes,
    };
    let words = pairs
        .chunks_exact(2)
        .filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
    let chars = char::decode_utf16(words.map(|pair| {
        if little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        }
    }));
    let text: String = chars
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    text.into_bytes()
}

fn begins(text: &[u8]) -> bool {
    text.get(..BEGIN.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(BEGIN))
}

/// Whether a calendar that was begun is not ended: a connection that breaks off may look like a
/// shorter answer, and a file may be half written.
fn is_cut(text: &[u8]) -> bool {
    let lines = text.split(|byte| matches!(byte, b'\n' | b'\r'));
    let (mut begun, mut ended) = (0_usize, 0_usize);
    for line in lines.map(<[u8]>::trim_ascii_end) {
        begun += usize::from(line.eq_ignore_ascii_case(BEGIN));
        ended += usize::from(line.eq_ignore_ascii_case(END));
    }
    ended < begun
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n";

    fn utf16(text: &str, word: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let words = std::iter::once(0xfeff).chain(text.encode_utf16());
        words.flat_map(word).collect()
    }

    #[rstest]
    #[case::plain(CALENDAR.as_bytes().to_vec())]
    #[case::marked([UTF8_MARK, CALENDAR.as_bytes()].concat())]
    #[case::little(utf16(CALENDAR, u16::to_le_bytes))]
    #[case::big(utf16(CALENDAR, u16::to_be_bytes))]
    fn a_calendar_is_told_whatever_its_marks(#[case] bytes: Vec<u8>) {
        assert_eq!(of(bytes).unwrap(), CALENDAR.as_bytes());
    }

    #[rstest]
    #[case::nothing("", Fault::Empty)]
    #[case::blank("\r\n \t\n", Fault::Empty)]
    #[case::html("\n<!DOCTYPE html><html><title>Log in</title>", Fault::WebPage)]
    #[case::xml("<?xml version=\"1.0\"?><error/>", Fault::WebPage)]
    #[case::json("{\"error\": \"BEGIN:VCALENDAR\"}", Fault::Json)]
    #[case::words("Too many requests", Fault::Foreign)]
    #[case::card("BEGIN:VCARD\r\nEND:VCARD\r\n", Fault::Foreign)]
    #[case::cut("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x", Fault::Cut)]
    #[case::cut_in_the_last_line("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALE", Fault::Cut)]
    #[case::second_cut(
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
        Fault::Cut
    )]
    fn what_is_no_calendar_is_called_by_its_name(#[case] text: &str, #[case] fault: Fault) {
        assert_eq!(of(text.as_bytes().to_vec()), Err(fault));
    }

    #[rstest]
    #[case("begin:vcalendar\nend:vcalendar")]
    #[case("\n\nBEGIN:VCALENDAR\rEND:VCALENDAR\r")]
    #[case("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n<!-- 0.1 s -->")]
    fn a_sloppy_calendar_is_one(#[case] text: &str) {
        assert!(of(text.as_bytes().to_vec()).is_ok());
    }
}
