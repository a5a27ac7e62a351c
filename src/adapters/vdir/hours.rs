//! Working hours in a file of the directory, an object as any program that syncs it can carry.

use async_trait::async_trait;
use jiff::Timestamp;

use super::Vdir;
use crate::domain::hours::Hours;
use crate::domain::ids::{Etag, Href};
use crate::ical::availability::{self, Form, Reader};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::hours::{HoursCalendar, HoursObject, HoursPlace};
use crate::ports::meter::Meter;

/// The name of the file.
const FILE: &str = "slotbridge-hours.ics";

#[async_trait]
impl HoursCalendar for Vdir {
    async fn hours(&self, zone: &str, now: Timestamp) -> Result<Option<HoursObject>> {
        let href = Href::new(FILE);
        let read = self.work("reading the working hours", move |folder| {
            folder.bytes(&href)
        });
        match read.await? {
            Some((etag, bytes)) => understood(etag, &bytes, Reader { zone, now }),
            None => Ok(None),
        }
    }

    async fn set_hours(
        &self,
        seen: Option<&HoursObject>,
        hours: &Hours,
        now: Timestamp,
    ) -> Result<HoursObject> {
        let before = seen.map(|seen| seen.text.as_bytes());
        let text = availability::write(before, hours, now, Form::Object).map_err(refused)?;
        if let Some(seen) = seen.filter(|seen| seen.text.as_bytes() == text) {
            return Ok(seen.clone());
        }
        let href = Href::new(FILE);
        let etag = seen.map(|seen| seen.etag.clone().unwrap_or_else(|| Etag::new("")));
        let bytes = text.clone();
        let write = self.work("writing the working hours", move |folder| {
            folder.put(&href, &bytes, etag.as_ref())
        });
        let etag = write.await?;
        let reader = Reader {
            zone: &hours.zone,
            now,
        };
        understood(etag, &text, reader)?.ok_or_else(|| refused("it does not read back"))
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }
}

fn understood(etag: Etag, bytes: &[u8], reader: Reader<'_>) -> Result<Option<HoursObject>> {
    let read = availability::read(bytes, reader).map_err(|broken| {
        Error::new(
            Kind::Malformed,
            format!("reading the working hours in {FILE}"),
        )
        .because(broken)
        .hint("repair the VAVAILABILITY in that file, or delete it: it is written anew then")
    })?;
    Ok(read.map(|found| HoursObject {
        place: HoursPlace::Object(Href::new(FILE)),
        etag: Some(etag),
        hours: found.hours,
        left_out: found.left_out,
        text: String::from_utf8_lossy(bytes).into_owned(),
    }))
}

fn refused(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(
        Kind::Refused,
        format!("writing the working hours to {FILE}"),
    )
    .because(why)
    .hint("look at the VAVAILABILITY in that file")
}
