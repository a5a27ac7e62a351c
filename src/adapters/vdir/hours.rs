//! Working hours in a file of the directory, an object as any program that syncs it can carry.

use async_trait::async_trait;
use jiff::Timestamp;

use super::Vdir;
use super::folder::Folder;
use crate::domain::hours::Hours;
use crate::domain::ids::{Etag, Href};
use crate::ical::availability::{self, Form, Reader};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::hours::{HoursCalendar, HoursObject, HoursPlace};
use crate::ports::meter::Meter;

/// The name of the file.
const FILE: &str = "slotbridge-hours.ics";

/// A file of the directory.
struct Sheet {
    href: Href,
    etag: Etag,
    bytes: Vec<u8>,
}

#[async_trait]
impl HoursCalendar for Vdir {
    async fn hours(&self, zone: &str, now: Timestamp) -> Result<Option<HoursObject>> {
        let sheets = self.work("reading the working hours", sheets).await?;
        found(sheets, Reader { zone, now })
    }

    async fn set_hours(
        &self,
        seen: Option<&HoursObject>,
        hours: &Hours,
        now: Timestamp,
    ) -> Result<HoursObject> {
        let reader = Reader {
            zone: &hours.zone,
            now,
        };
        let before = match seen {
            Some(seen) => Some(Sheet::of(seen)),
            None => self.without_hours(reader).await?,
        };
        let bytes = before.as_ref().map(|before| before.bytes.as_slice());
        let text = availability::write(bytes, hours, now, Form::Object);
        let href = before
            .as_ref()
            .map_or_else(ours, |before| before.href.clone());
        let text = text.map_err(|why| refused(&href, why))?;
        if let Some(seen) = seen.filter(|seen| seen.text.as_bytes() == text) {
            return Ok(seen.clone());
        }
        let (place, bytes) = (href.clone(), text.clone());
        let write = self.work("writing the working hours", move |folder| {
            folder.put(&place, &bytes, before.as_ref().map(|before| &before.etag))
        });
        let sheet = Sheet {
            etag: write.await?,
            bytes: text,
            href: href.clone(),
        };
        understood(sheet, reader)?.ok_or_else(|| refused(&href, "it does not read back"))
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}

impl Vdir {
    /// Our file, where it is there without hours in it: what else is in it stays.
    async fn without_hours(&self, reader: Reader<'_>) -> Result<Option<Sheet>> {
        let sheets = self.work("reading the working hours", sheets).await?;
        let mut own = None;
        for sheet in sheets {
            let is_ours = sheet.href == ours();
            let (href, etag, bytes) = (sheet.href.clone(), sheet.etag.clone(), sheet.bytes.clone());
            if understood(sheet, reader)?.is_some() {
                return Err(Error::new(Kind::Stale, writing(&href))
                    .because("there are some already")
                    .hint("nothing to do: the next pass looks again"));
            }
            if is_ours {
                own = Some(Sheet { href, etag, bytes });
            }
        }
        Ok(own)
    }
}

impl Sheet {
    fn of(seen: &HoursObject) -> Self {
        Self {
            href: match &seen.place {
                HoursPlace::Object(href) => href.clone(),
                HoursPlace::Property => ours(),
            },
            etag: seen.etag.clone().unwrap_or_else(|| Etag::new("")),
            bytes: seen.text.clone().into_bytes(),
        }
    }
}

fn ours() -> Href {
    Href::new(FILE)
}

/// Our file, if it is there; and where it has no hours, all others that may have some: a person's
/// own program chooses its own names.
fn sheets(folder: &Folder) -> Result<Vec<Sheet>> {
    let mut sheets = Vec::new();
    if let Some((etag, bytes)) = folder.bytes(&ours())? {
        let done = has_hours(&bytes);
        sheets.push(Sheet {
            href: ours(),
            etag,
            bytes,
        });
        if done {
            return Ok(sheets);
        }
    }
    let others = folder.having(has_hours)?.into_iter();
    sheets.extend(others.map(|(href, etag, bytes)| Sheet { href, etag, bytes }));
    Ok(sheets)
}

fn has_hours(bytes: &[u8]) -> bool {
    let begin = b"BEGIN:VAVAILABILITY";
    let mut windows = bytes.windows(begin.len());
    windows.any(|window| window.eq_ignore_ascii_case(begin))
}

/// The hours in these files; one alone may have any.
fn found(sheets: Vec<Sheet>, reader: Reader<'_>) -> Result<Option<HoursObject>> {
    let mut found: Vec<HoursObject> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for sheet in sheets {
        let name = sheet.href.to_string();
        if let Some(object) = understood(sheet, reader)? {
            found.push(object);
            names.push(name);
        }
    }
    if found.len() > 1 {
        return Err(
            Error::new(Kind::Refused, "reading the working hours in a directory")
                .because(format!(
                    "several files hold a VAVAILABILITY: {}",
                    names.join(", ")
                ))
                .hint("keep one of them: which one counts cannot be told"),
        );
    }
    Ok(found.pop())
}

fn understood(sheet: Sheet, reader: Reader<'_>) -> Result<Option<HoursObject>> {
    let read = availability::read(&sheet.bytes, reader).map_err(|broken| {
        let doing = format!("reading the working hours in {}", sheet.href);
        Error::new(Kind::Malformed, doing)
            .because(broken)
            .hint("repair the VAVAILABILITY in that file, or delete it: it is written anew then")
    })?;
    Ok(read.map(|found| HoursObject {
        place: HoursPlace::Object(sheet.href),
        etag: Some(sheet.etag),
        hours: found.hours,
        left_out: found.left_out,
        text: String::from_utf8_lossy(&sheet.bytes).into_owned(),
    }))
}

fn writing(href: &Href) -> String {
    format!("writing the working hours to {href}")
}

fn refused(href: &Href, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Kind::Refused, writing(href))
        .because(why)
        .hint("look at the VAVAILABILITY in that file")
}
