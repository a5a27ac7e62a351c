//! Reads an export back: all of it, or nothing.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::PAGE;
use super::export::{FORMAT, hex};
use super::schema;
use crate::ports::base::{Base, Change};
use crate::ports::error::{Error, Kind, Result};

/// The longest line that is read (bytes): well over anything that an export of ours holds.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Whether to go on where a careful person would stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// Refuse a state that is not empty, and an export that is cut short or was changed.
    No,
    /// Replace what is there; take what can be read.
    Yes,
}

/// What was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// How many pairs.
    pub pairs: u64,
    /// What was passed over, with the number of its line; only when forced.
    pub passed_over: Vec<String>,
}

/// An export that was read.
pub(super) struct WholeExport {
    pub(super) version: u32,
    /// The number of the last batch in it, where it was written by the store itself.
    pub(super) generation: Option<u64>,
    pub(super) pairs: BTreeMap<String, Vec<u8>>,
    pub(super) passed_over: Vec<String>,
}

/// Puts an export into a base, in one batch; what was there before goes.
///
/// # Errors
/// `Malformed`, with the number of the line, for what is no whole export; `Local` for a base
/// that is not empty. Both only without force.
pub async fn import(
    reader: impl BufRead + Send,
    base: &dyn Base,
    force: Force,
) -> Result<Imported> {
    if force == Force::No && !base.scan("", None, 1)?.is_empty() {
        return Err(Error::new(Kind::Local, "importing the state")
            .because("there is a state already")
            .hint("give a new --state-dir, or --force to replace what is there"));
    }
    let read = read(reader, force)?;
    let mut batch = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = base.scan("", after.as_deref(), PAGE)?;
        after = page.last().map(|(key, _)| key.clone());
        if after.is_none() {
            break;
        }
        let going = page
            .into_iter()
            .filter(|(key, _)| !read.pairs.contains_key(key));
        batch.extend(going.map(|(key, _)| Change::Delete(key)));
    }
    let pairs = read.pairs.len() as u64;
    let puts = read.pairs.into_iter();
    batch.extend(puts.map(|(key, value)| Change::Put(key, value)));
    base.commit(batch).await?;
    Ok(Imported {
        pairs,
        passed_over: read.passed_over,
    })
}

/// Reads and checks an export as a whole.
pub(super) fn read(reader: impl BufRead, force: Force) -> Result<WholeExport> {
    let mut reading = Reading {
        reader,
        number: 0,
        hash: Sha256::new(),
    };
    let header = reading.header()?;
    let mut read = WholeExport {
        version: header.version,
        generation: header.generation,
        pairs: BTreeMap::new(),
        passed_over: Vec::new(),
    };
    let mut count = 0_u64;
    loop {
        let before = reading.hash.clone();
        let Some(line) = reading.line()? else {
            let cut = reading.wrong("the export is cut short: its last line is missing");
            return forced(read, cut, force);
        };
        let wrong = match parse(&line) {
            Some(Line::Pair(key, value)) => {
                count += 1;
                read.pairs.insert(key, value);
                continue;
            }
            Some(Line::End { pairs, sha256 }) => {
                if pairs == count && sha256 == hex(before) && reading.line()?.is_none() {
                    return Ok(read);
                }
                let wrong = reading.wrong("the export was changed after it was written");
                return forced(read, wrong, force);
            }
            None => reading.wrong("this line is no pair of key and value"),
        };
        if force == Force::No {
            return Err(wrong);
        }
        read.passed_over.push(wrong.to_string());
    }
}

fn forced(mut read: WholeExport, wrong: Error, force: Force) -> Result<WholeExport> {
    if force == Force::No {
        return Err(wrong);
    }
    read.passed_over.push(wrong.to_string());
    Ok(read)
}

enum Line {
    Pair(String, Vec<u8>),
    End { pairs: u64, sha256: String },
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
    generation: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PairLine {
    key: String,
    value: Option<Value>,
    base64: Option<String>,
}

#[derive(Deserialize)]
struct EndLine {
    end: End,
}

#[derive(Deserialize)]
struct End {
    pairs: u64,
    sha256: String,
}

fn parse(line: &str) -> Option<Line> {
    if let Some((key, value)) = as_written(line) {
        return Some(Line::Pair(key, value));
    }
    if let Ok(EndLine { end }) = serde_json::from_str(line) {
        return Some(Line::End {
            pairs: end.pairs,
            sha256: end.sha256,
        });
    }
    let pair: PairLine = serde_json::from_str(line).ok()?;
    let value = match (pair.value, pair.base64) {
        (Some(value), None) => serde_json::to_vec(&value).ok()?,
        (None, Some(text)) => STANDARD.decode(text).ok()?,
        _ => return None,
    };
    Some(Line::Pair(pair.key, value))
}

/// A line exactly as an export writes it, whose value is taken byte for byte.
fn as_written(line: &str) -> Option<(String, Vec<u8>)> {
    let rest = line.strip_prefix(r#"{"key":"#)?;
    let mut parts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    let key = parts.next()?.ok()?;
    let value = rest
        .get(parts.byte_offset()..)?
        .strip_prefix(r#","value":"#)?
        .strip_suffix('}')?;
    serde_json::from_str::<IgnoredAny>(value).ok()?;
    Some((key, value.as_bytes().to_vec()))
}

struct Reading<R> {
    reader: R,
    number: u64,
    hash: Sha256,
}

impl<R: BufRead> Reading<R> {
    fn header(&mut self) -> Result<Header> {
        let line = self.line()?.unwrap_or_default();
        let header: Header = serde_json::from_str(&line)
            .ok()
            .filter(|header: &Header| header.format == FORMAT)
            .ok_or_else(|| self.wrong("this is no export of slotbridge's state"))?;
        if header.version == 0 || header.version > schema::OF_PAIRS {
            let why = format!(
                "the export has version {}, but this slotbridge knows only up to {}",
                header.version,
                schema::OF_PAIRS
            );
            return Err(self
                .wrong(&why)
                .hint("import it with the version that wrote it"));
        }
        Ok(header)
    }

    /// The next line without its end; one that does not end is no line.
    fn line(&mut self) -> Result<Option<String>> {
        let mut bytes = Vec::new();
        self.number += 1;
        self.reader
            .by_ref()
            .take(LONGEST)
            .read_until(b'\n', &mut bytes)
            .map_err(|error| self.wrong("it cannot be read").because(error))?;
        if bytes.pop() != Some(b'\n') {
            return Ok(None);
        }
        self.hash.update(&bytes);
        self.hash.update(b"\n");
        String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| self.wrong("this line is not UTF-8"))
    }

    fn wrong(&self, why: &str) -> Error {
        Error::new(
            Kind::Malformed,
            format!("importing the state, line {}", self.number),
        )
        .because(why)
        .hint("use another export, or --force to take what can be read of this one")
    }
}
