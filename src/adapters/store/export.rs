//! Writes the whole state as JSON Lines: a header, one pair a line, a trailer that proves the end.
//!
//! ```text
//! {"format":"slotbridge-state","version":1,"exported":"2026-11-21T12:00:00Z"}
//! {"key":"link/…","value":{…}}         a value that is JSON stands there byte for byte
//! {"key":"token/…","base64":"…"}       any other value
//! {"end":{"pairs":2,"sha256":"…"}}     the digest of all lines above, with their line ends
//! ```

use std::io::{self, BufRead as _, Read as _, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::Builder;

use super::PAGE;
use super::blobs::sync_dir;
use super::schema;
use crate::ports::base::Base;
use crate::ports::error::{Error, Kind, Result};

/// The word that tells such a file.
pub(super) const FORMAT: &str = "slotbridge-state";

/// More than the first line of any export has (bytes).
const LONGEST_HEAD: u64 = 4096;

/// What was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many pairs.
    pub pairs: u64,
}

/// Writes everything, tokens included: who reads it can act as the person.
///
/// Run it inside [`SledBase::still`](super::SledBase::still) where somebody else may commit
/// meanwhile.
///
/// # Errors
/// When the state cannot be read, or `out` not be written (`Local`).
pub fn export(base: &dyn Base, out: &mut dyn Write, now: Timestamp) -> Result<Exported> {
    write_lines(base, out, now, None)
}

fn write_lines(
    base: &dyn Base,
    out: &mut dyn Write,
    now: Timestamp,
    generation: Option<u64>,
) -> Result<Exported> {
    let mut lines = Lines {
        out,
        hash: Sha256::new(),
    };
    let mut header = json!({
        "format": FORMAT,
        "version": schema::OF_PAIRS,
        "exported": now.to_string(),
    });
    if let (Some(header), Some(generation)) = (header.as_object_mut(), generation) {
        header.insert("generation".to_owned(), generation.into());
    }
    lines.write(&header.to_string())?;
    let mut pairs = 0;
    let mut after: Option<String> = None;
    loop {
        let page = base.scan("", after.as_deref(), PAGE)?;
        for (key, value) in &page {
            lines.write(&line(key, value))?;
            pairs += 1;
        }
        match page.into_iter().next_back() {
            Some((key, _)) => after = Some(key),
            None => break,
        }
    }
    let trailer = json!({"end": {"pairs": pairs, "sha256": hex(lines.hash.clone())}});
    lines.write(&trailer.to_string())?;
    lines.out.flush().map_err(failed)?;
    Ok(Exported { pairs })
}

/// Exports into a file (mode 0600) that is there as a whole or not at all.
///
/// # Errors
/// When the state cannot be read, or the file not be written (`Local`).
pub fn write_export(base: &dyn Base, path: &Path, now: Timestamp) -> Result<Exported> {
    write_file(base, path, now, None)
}

/// Whether an export of this program stands there, whole or not.
#[must_use]
pub fn is_export(path: &Path) -> bool {
    let there = std::fs::metadata(path).is_ok_and(|there| there.is_file());
    let head = || {
        let mut head = String::new();
        let file = std::fs::File::open(path)?;
        io::BufReader::new(file.take(LONGEST_HEAD)).read_line(&mut head)?;
        io::Result::Ok(head)
    };
    let head = head().ok().filter(|_| there);
    let head = head.and_then(|head| serde_json::from_str::<serde_json::Value>(&head).ok());
    head.is_some_and(|head| head["format"] == FORMAT)
}

/// Like [`write_export`]; one of the state itself names the last batch that is in it.
pub(super) fn write_file(
    base: &dyn Base,
    path: &Path,
    now: Timestamp,
    generation: Option<u64>,
) -> Result<Exported> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let at = |error: io::Error| {
        Error::new(
            Kind::Local,
            format!("writing the export {}", path.display()),
        )
        .because(error)
        .hint("check that the directory is there, its rights and the disk space")
    };
    // Such a file is 0600 from the start.
    let file = Builder::new()
        .prefix(".export-")
        .tempfile_in(dir)
        .map_err(at)?;
    let mut out = io::BufWriter::new(file);
    let exported = write_lines(base, &mut out, now, generation)?;
    let file = out.into_inner().map_err(|error| at(error.into_error()))?;
    file.as_file().sync_all().map_err(at)?;
    file.persist(path).map_err(|error| at(error.error))?;
    sync_dir(dir).map_err(at)?;
    Ok(exported)
}

struct Lines<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
}

impl Lines<'_> {
    fn write(&mut self, line: &str) -> Result<()> {
        for bytes in [line.as_bytes(), b"\n"] {
            self.hash.update(bytes);
            self.out.write_all(bytes).map_err(failed)?;
        }
        Ok(())
    }
}

fn line(key: &str, value: &[u8]) -> String {
    let key = json!(key);
    // Written as it is, not parsed and written again: numbers and the order of members would
    // not come back the same.
    let as_json = std::str::from_utf8(value)
        .ok()
        .filter(|text| text.trim() == *text && !text.contains(['\n', '\r']))
        .filter(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    match as_json {
        Some(text) => format!(r#"{{"key":{key},"value":{text}}}"#),
        None => format!(r#"{{"key":{key},"base64":"{}"}}"#, STANDARD.encode(value)),
    }
}

/// The digest in words.
pub(super) fn hex(hash: Sha256) -> String {
    format!("{:x}", hash.finalize())
}

fn failed(error: io::Error) -> Error {
    Error::new(Kind::Local, "writing the export")
        .because(error)
        .hint("check the disk space where it is written to")
}
