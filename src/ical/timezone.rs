//! Finds the rules for a `TZID`: by name where the name is known, else from the object itself.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use windows_timezones::WindowsTimezone;

use super::broken::Broken;
use super::component::Component;
use super::vtimezone;

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

/// Rules by name: an IANA name, one with a vendor's path before it, or a Windows name.
#[must_use]
pub fn by_name(tzid: &str) -> Option<TimeZone> {
    if let Ok(zone) = TimeZone::get(tzid) {
        return Some(zone);
    }
    if let Ok(windows) = tzid.parse::<WindowsTimezone>() {
        return TimeZone::get(windows.tzdb_id()).ok();
    }
    // "/freeassociation.sourceforge.net/Europe/Berlin": the longest tail that is a name. A single
    // word is no tail: "/example.org/Custom/EST" says nothing about New York.
    let words: Vec<&str> = tzid.split('/').collect();
    [3, 2].into_iter().find_map(|count| {
        let tail = words.get(words.len().checked_sub(count)?..)?;
        TimeZone::get(&tail.join("/")).ok()
    })
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
            ("Customized Time Zone", None),
            ("/example.org/Custom/EST", None),
            ("", None),
            ("/", None),
        ];
        for (tzid, name) in cases {
            let found = by_name(tzid);
            assert_eq!(found.as_ref().and_then(TimeZone::iana_name), name, "{tzid}");
        }
    }
}
