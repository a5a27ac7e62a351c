//! Finds the rules for a `TZID`: by name where the name is known, else from the object itself.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use strum::IntoEnumIterator as _;
use windows_timezones::WindowsTimezone;

use super::broken::Broken;
use super::component::Component;
use super::vtimezone;

/// What Microsoft's own servers put before a name.
const MICROSOFT: &str = "tzone://Microsoft/";

/// Names that Windows gave up and calendars still have: CLDR lists only those of today.
const RETIRED: [(&str, &str); 5] = [
    ("Armenian Standard Time", "Asia/Yerevan"),
    ("Kamchatka Standard Time", "Asia/Kamchatka"),
    ("Mexico Standard Time", "America/Mexico_City"),
    ("Mexico Standard Time 2", "America/Chihuahua"),
    ("Mid-Atlantic Standard Time", "Etc/GMT+2"),
];

/// The rules for a `TZID`. Names come first, because many a `VTIMEZONE` has wrong or partial rules
/// (khal issue 755); the object's own `VTIMEZONE`, as it is in force at `local`, is for names that
/// nobody knows.
///
/// # Errors
/// When the name is not known and the object has no rules for it that can be followed.
pub fn find(tzid: &str, local: DateTime, calendar: &Component) -> Result<TimeZone, Broken> {
    let tzid = tzid.trim();
    by_name(tzid)
        .or_else(|| {
            calendar
                .components()
                .filter(|component| component.is("VTIMEZONE"))
                .find(|zone| zone.text("TZID").is_some_and(|id| id.trim() == tzid))
                .and_then(|zone| vtimezone::rules(zone, local))
        })
        .ok_or_else(|| {
            Broken::new(
                "its TZID is not known, and its VTIMEZONE has no rules that can be followed",
            )
        })
}

/// Rules by name: an IANA name, also one with a vendor's path before it or with its `/` and `_` written
/// otherwise; what Windows calls a zone, or shows it as, in any case; or a plain offset.
#[must_use]
pub fn by_name(tzid: &str) -> Option<TimeZone> {
    let tzid = tzid.trim();
    let tzid = match tzid.get(..MICROSOFT.len()) {
        Some(head) if head.eq_ignore_ascii_case(MICROSOFT) => tzid.get(MICROSOFT.len()..)?,
        _ => tzid,
    };
    TimeZone::get(tzid)
        .ok()
        .or_else(|| offset(tzid))
        .or_else(|| windows(tzid))
        .or_else(|| tail(tzid))
        .or_else(|| respelled(tzid))
}

/// A name under which [`by_name`] finds the same rules, and which says nothing else; `None` when
/// nobody knows it.
#[must_use]
pub fn plain_name(tzid: &str) -> Option<String> {
    let zone = by_name(tzid)?;
    match zone.iana_name() {
        Some(name) => Some(name.to_owned()),
        None => Some(offset_name(zone.to_fixed_offset().ok()?.seconds())),
    }
}

/// The name of a fixed offset, in seconds east of Greenwich: `UTC+0130`.
#[must_use]
pub fn offset_name(east: i32) -> String {
    let sign = if east < 0 { '-' } else { '+' };
    let size = east.unsigned_abs();
    let seconds = match size % 60 {
        0 => String::new(),
        seconds => format!("{seconds:02}"),
    };
    format!("UTC{sign}{:02}{:02}{seconds}", size / 3600, size / 60 % 60)
}

/// "/freeassociation.sourceforge.net/Europe/Berlin": the longest tail that is a name. A single word
/// is no tail: "/example.org/Custom/EST" says nothing about New York.
fn tail(tzid: &str) -> Option<TimeZone> {
    let words: Vec<&str> = tzid.split('/').collect();
    [3, 2].into_iter().find_map(|count| {
        let tail = words.get(words.len().checked_sub(count)?..)?;
        TimeZone::get(&tail.join("/")).ok()
    })
}

/// What Windows calls a zone, or shows it as. Outlook numbers names that it has seen before:
/// "Eastern Standard Time 1".
fn windows(tzid: &str) -> Option<TimeZone> {
    windows_name(tzid).or_else(|| {
        let (name, number) = tzid.rsplit_once(' ')?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| windows_name(name.trim_end()))?
    })
}

fn windows_name(tzid: &str) -> Option<TimeZone> {
    let retired = RETIRED
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(tzid));
    if let Some((_, name)) = retired {
        return TimeZone::get(name).ok();
    }
    let shown = Some(shown(tzid)).filter(|shown| !shown.is_empty());
    let found = WindowsTimezone::iter().find(|zone| {
        zone.name().eq_ignore_ascii_case(tzid)
            || shown
                .as_ref()
                .is_some_and(|known| *known == self::shown(zone.description()))
    });
    TimeZone::get(found?.tzdb_id()).ok()
}

/// What a zone is shown as, less its offset and however it is punctuated: "(UTC-05:00) Eastern Time
/// (US & Canada)", and "(GMT+01.00) Amsterdam / Berlin / …" of old servers.
fn shown(name: &str) -> String {
    let name = match name.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((offset, name)) if offset.starts_with("UTC") || offset.starts_with("GMT") => name,
        _ => name,
    };
    let name = name.replace('&', "and").to_lowercase();
    name.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '+' | '-'))
        .collect()
}

/// An IANA name that had to do without `/` or `_`: "America-New_York", "America/New York".
fn respelled(tzid: &str) -> Option<TimeZone> {
    let name = tzid.replace(' ', "_");
    // Some places have a hyphen of their own: America/Port-au-Prince.
    [1, 2].into_iter().find_map(|count| {
        let name = name.replacen('-', "/", count);
        name.contains('/').then(|| TimeZone::get(&name).ok())?
    })
}

/// "GMT-0500", "UTC+01:00", "+0530": hours east of Greenwich, as people write them. The names like
/// `Etc/GMT+5`, which count westward, are known by then.
fn offset(tzid: &str) -> Option<TimeZone> {
    let name = tzid.to_ascii_uppercase();
    let rest = ["GMT", "UTC"]
        .iter()
        .find_map(|head| name.strip_prefix(head));
    let rest = rest.unwrap_or(&name).trim_start();
    let (sign, rest) = match rest.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, rest.strip_prefix('+')?),
    };
    let digits = rest.replace(':', "");
    let hours = match digits.len() {
        1 | 3 => 1,
        2 | 4 | 6 => 2,
        _ => return None,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize| -> Option<i32> {
        let text = digits.get(from..from + 2)?;
        text.parse().ok().filter(|part| *part < 60)
    };
    let hour: i32 = digits.get(..hours)?.parse().ok()?;
    let minute = if digits.len() > 2 { part(hours)? } else { 0 };
    let second = if digits.len() == 6 { part(4)? } else { 0 };
    let east = sign * (hour * 3600 + minute * 60 + second);
    let offset = Offset::from_seconds(east).ok()?;
    (hour <= 14).then(|| TimeZone::fixed(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_they_are_dressed() {
        let cases = [
            ("Europe/Berlin", Some("Europe/Berlin")),
            ("europe/berlin", Some("Europe/Berlin")),
            (
                "/freeassociation.sourceforge.net/Europe/Berlin",
                Some("Europe/Berlin"),
            ),
            (
                "/mozilla.org/20050126_1/America/Argentina/Buenos_Aires",
                Some("America/Argentina/Buenos_Aires"),
            ),
            ("W. Europe Standard Time", Some("Europe/Berlin")),
            ("Eastern Standard Time", Some("America/New_York")),
            ("EASTERN STANDARD TIME", Some("America/New_York")),
            ("Eastern Standard Time 1", Some("America/New_York")),
            (
                "(UTC-05:00) Eastern Time (US & Canada)",
                Some("America/New_York"),
            ),
            (
                "(GMT-05:00) Eastern Time (US and Canada)",
                Some("America/New_York"),
            ),
            ("Eastern Time (US & Canada)", Some("America/New_York")),
            (
                "(GMT+01.00) Amsterdam / Berlin / Bern / Rome / Stockholm / Vienna",
                Some("Europe/Berlin"),
            ),
            ("(UTC) Coordinated Universal Time", Some("Etc/UTC")),
            ("tzone://Microsoft/Utc", Some("UTC")),
            ("tzone://microsoft/Custom", None),
            ("America-New_York", Some("America/New_York")),
            ("America/New York", Some("America/New_York")),
            ("America-Port-au-Prince", Some("America/Port-au-Prince")),
            (
                "America-Argentina-Buenos_Aires",
                Some("America/Argentina/Buenos_Aires"),
            ),
            ("US-Eastern", Some("US/Eastern")),
            ("Kamchatka Standard Time", Some("Asia/Kamchatka")),
            ("Mid-Atlantic Standard Time", Some("Etc/GMT+2")),
            ("Mexico Standard Time 2", Some("America/Chihuahua")),
            ("Customized Time Zone", None),
            ("Eastern", None),
            ("Time", None),
            ("1", None),
            ("/example.org/Custom/EST", None),
            ("", None),
            ("/", None),
        ];
        for (tzid, name) in cases {
            let found = by_name(tzid);
            assert_eq!(found.as_ref().and_then(TimeZone::iana_name), name, "{tzid}");
        }
    }

    #[test]
    fn an_offset_is_a_name() {
        let cases = [
            ("GMT-0500", Some("UTC-0500")),
            ("GMT+01:00", Some("UTC+0100")),
            ("utc+5:30", Some("UTC+0530")),
            ("UTC +1", Some("UTC+0100")),
            ("+0545", Some("UTC+0545")),
            ("UTC-001730", Some("UTC-001730")),
            // A name of Windows, and one of POSIX, which counts westward.
            ("UTC-11", Some("UTC-1100")),
            ("Etc/GMT+5", Some("Etc/GMT+5")),
            ("GMT+15", None),
            ("GMT+00:60", None),
            ("0100", None),
            ("+", None),
            ("GMT-é", None),
        ];
        for (tzid, name) in cases {
            assert_eq!(plain_name(tzid).as_deref(), name, "{tzid}");
            if let Some(name) = name {
                assert_eq!(by_name(name), by_name(tzid), "{tzid}");
            }
        }
    }
}
