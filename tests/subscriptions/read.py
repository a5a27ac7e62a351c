"""Reads a feed over HTTP with icalendar and recurring-ical-events, and says what is in it.

Called with -W error: a warning is a complaint."""

import datetime
import json
import sys

import icalendar
import recurring_ical_events
import requests

url, start, end = sys.argv[1:]
answer = requests.get(url, timeout=60)
answer.raise_for_status()
calendar = icalendar.Calendar.from_ical(answer.content)
for component in calendar.walk():
    if component.errors:
        sys.exit(f"{component.name}: {component.errors}")


def said(event):
    return {
        "uid": str(event["UID"]),
        "summary": str(event.get("SUMMARY", "")),
        "start": event["DTSTART"].dt.astimezone(datetime.timezone.utc).isoformat(),
        "end": event["DTEND"].dt.astimezone(datetime.timezone.utc).isoformat(),
    }


days = [datetime.date.fromisoformat(day) for day in (start, end)]
events = recurring_ical_events.of(calendar).between(*days)
# RFC 7953, as icalendar knows it: each AVAILABLE with the rules of its zone.
available = [
    {"start": slot["DTSTART"].dt.isoformat(), "rule": slot["RRULE"].to_ical().decode() if "RRULE" in slot else ""}
    for slot in calendar.walk("AVAILABLE")
]
json.dump(
    {
        "name": str(calendar.get("NAME", "")),
        "color": str(calendar.get("COLOR", "")),
        "refresh": int(calendar["REFRESH-INTERVAL"].dt.total_seconds()),
        "etag": answer.headers["ETag"],
        "kind": answer.headers["Content-Type"],
        "events": sorted(map(said, events), key=lambda event: event["start"]),
        "available": available,
    },
    sys.stdout,
)
