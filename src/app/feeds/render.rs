//! Renders a feed, when it shows something else than before.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::One;
use super::record::{self, Remembered};
use crate::domain::feed::FeedName;
use crate::engine::feeds::{self, Content};
use crate::ical::feed::{Stream, hours};
use crate::ports::base::Base;
use crate::ports::error::{Error, Kind, Result};
use crate::web::feeds::Rendered;

/// A feed that no pass has known yet.
pub(super) fn nothing_yet(name: &FeedName) -> Rendered {
    Rendered {
        file: file(name),
        ics: Bytes::new(),
        gzip: Bytes::new(),
        digest: String::new(),
        gzip_digest: String::new(),
        modified: Timestamp::UNIX_EPOCH,
    }
}

/// How many events, or stretches of working hours, a feed has. A line that goes on begins with a
/// blank, so that no text of an entry is taken for one.
pub(super) fn entries(ics: &[u8]) -> usize {
    let lines = ics.split(|byte| *byte == b'\n');
    let begins = |line: &&[u8]| {
        let line = line.trim_ascii_end();
        line == b"BEGIN:VEVENT" || line == b"BEGIN:AVAILABLE"
    };
    lines.filter(begins).count()
}

/// The feed as it is now, with the digest of its content; `None` where that is as before, or not
/// known yet.
pub(super) async fn anew(
    base: &Arc<dyn Base>,
    one: &One,
    now: Timestamp,
) -> Result<Option<(String, Rendered)>> {
    let Some(content) = digest(base.as_ref(), one, now).await? else {
        return Ok(None);
    };
    if one.content.as_ref() == Some(&content) {
        return Ok(None);
    }
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let name = &one.head.name;
    let last = record::last(base.as_ref(), name)?;
    let same = last.as_ref().filter(|last| last.content == content);
    let since = same.map_or(now, |last| last.changed);
    let Some(mut text) = written(base.as_ref(), one, now, since).await? else {
        return Ok(None);
    };
    let mut changed = since;
    let print = hex(&text);
    if let Some(last) = last.as_ref().filter(|last| last.text == print) {
        changed = last.changed;
    } else if same.is_some() {
        // The same content in other words: another version of this program writes it.
        changed = now;
        text = written(base.as_ref(), one, now, now).await?.unwrap_or(text);
    }
    let gzip = gzip(text.clone()).await?;
    let remembered = Remembered {
        content: content.clone(),
        text: hex(&text),
        changed,
    };
    if last.as_ref() != Some(&remembered) {
        base.commit(vec![remembered.change(name)]).await?;
    }
    let rendered = Rendered {
        file: file(name),
        ics: text.into(),
        digest: remembered.text,
        gzip_digest: hex(&gzip),
        gzip: gzip.into(),
        modified: changed,
    };
    Ok(Some((content, rendered)))
}

/// The digest of everything that the feed shows. Times are not in it, because they do not make a
/// feed another one.
async fn digest(base: &dyn Base, one: &One, now: Timestamp) -> Result<Option<String>> {
    let Some(content) = feeds::content(base, &one.shown, one.head.kind, now).await? else {
        return Ok(None);
    };
    let mut hash = Sha256::new();
    // Plain structs with text keys: writing them as JSON cannot fail.
    let mut add = |json: serde_json::Result<Vec<u8>>| {
        hash.update(json.unwrap_or_default());
        hash.update([b'\n']);
    };
    add(serde_json::to_vec(&(
        one.head.name.as_str(),
        one.head.refresh.as_secs(),
    )));
    match content {
        Content::Bookings(mut bookings) => {
            while let Some(page) = bookings.page()? {
                for draft in &page {
                    add(serde_json::to_vec(draft));
                }
                tokio::task::yield_now().await;
            }
        }
        Content::Busy(busy) => {
            add(serde_json::to_vec(&title(one)));
            add(serde_json::to_vec(busy.spans()));
        }
        Content::Hours(hours) => add(serde_json::to_vec(&hours)),
    }
    Ok(Some(hex_of(&hash.finalize())))
}

/// The text of the feed, as content that is what it is since then.
async fn written(
    base: &dyn Base,
    one: &One,
    now: Timestamp,
    since: Timestamp,
) -> Result<Option<Vec<u8>>> {
    let Some(content) = feeds::content(base, &one.shown, one.head.kind, now).await? else {
        return Ok(None);
    };
    let mut stream = Stream::begin(&one.head);
    match content {
        Content::Bookings(mut bookings) => {
            while let Some(page) = bookings.page()? {
                for draft in &page {
                    stream.booking(draft);
                }
                tokio::task::yield_now().await;
            }
        }
        Content::Busy(busy) => {
            for span in busy.spans() {
                stream.busy(*span, title(one));
            }
        }
        Content::Hours(found) => {
            let text = hours(&one.head, &found, since).map_err(|broken| {
                Error::new(Kind::Malformed, "writing the working hours as a feed").because(broken)
            })?;
            return Ok(Some(text));
        }
    }
    Ok(Some(stream.end()))
}

/// What a stretch of busy time is called: the word for blocks in Zoom.
fn title(one: &One) -> &str {
    let busy = one.shown.host.busy.as_ref();
    busy.map_or("Busy", |busy| busy.title.as_str())
}

/// Compressed, with no time of day in it.
async fn gzip(text: Vec<u8>) -> Result<Vec<u8>> {
    let failed = || Error::new(Kind::Local, "compressing a feed");
    let work = tokio::task::spawn_blocking(move || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&text)?;
        encoder.finish()
    });
    work.await
        .map_err(|error| failed().because(error))?
        .map_err(|error| failed().because(error))
}

fn file(name: &FeedName) -> String {
    format!("{name}.ics")
}

fn hex(bytes: &[u8]) -> String {
    hex_of(&Sha256::digest(bytes))
}

/// The first 128 bits, in hexadecimal digits.
fn hex_of(digest: &[u8]) -> String {
    digest
        .iter()
        .take(16)
        .fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            write!(text, "{byte:02x}").unwrap_or_default();
            text
        })
}
