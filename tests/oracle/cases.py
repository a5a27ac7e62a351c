"""Makes up calendars, and says when they are busy by two programs that others wrote.

    python cases.py SEED COUNT > cases.json

Each case: `ics`, the window (`from`, `to`), the viewer's `zone`, and the occurrences that overlap the window as
pairs of Unix seconds: `dateutil` (starts by python-dateutil; `null` where the case has changed occurrences, which
it does not know) and `rie` (recurring-ical-events). `kind` says what was made up, for whoever reads a failure.
"""

import json
import random
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr

ZONES = [
    "Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
UTC = timezone.utc
# Windows around changes of the clock come more often than others.
MIDDLES = [
    date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5), date(2026, 10, 4),
    date(2027, 3, 28), date(2024, 2, 29), date(2026, 12, 31),
]


def some(rnd, values, most):
    return sorted(rnd.sample(values, rnd.randint(1, most)))


def rule(rnd):
    """A rule without an end: the words behind RRULE."""
    freq = rnd.choice(["YEARLY", "MONTHLY", "MONTHLY", "WEEKLY", "WEEKLY", "DAILY", "DAILY", "HOURLY"])
    parts = {"FREQ": freq}
    if rnd.random() < 0.4:
        parts["INTERVAL"] = rnd.choice([2, 2, 3, 4, 5, 7, 13])
    if rnd.random() < 0.15:
        parts["WKST"] = rnd.choice(DAYS)
    numbers = lambda values, most: ",".join(str(n) for n in some(rnd, values, most))
    signed = lambda most: [n for n in range(-most, most + 1) if n]
    numbered = lambda most: ",".join(
        f"{rnd.choice(signed(most))}{day}" if rnd.random() < 0.7 else day for day in some(rnd, DAYS, 3)
    )
    if rnd.random() < 0.2:
        parts["BYMONTH"] = numbers(range(1, 13), 5)
    choice = rnd.random()
    if freq == "YEARLY":
        if choice < 0.15:
            parts["BYWEEKNO"] = numbers(signed(53), 4)
            parts["BYDAY"] = ",".join(some(rnd, DAYS, 2))
        elif choice < 0.3:
            parts["BYYEARDAY"] = numbers(signed(366), 6)
        elif choice < 0.5:
            parts["BYDAY"] = numbered(5)
        elif choice < 0.7:
            parts["BYMONTHDAY"] = numbers(signed(31), 3)
    elif freq == "MONTHLY":
        if choice < 0.4:
            parts["BYDAY"] = numbered(5)
        elif choice < 0.7:
            parts["BYMONTHDAY"] = numbers(signed(31), 3)
        elif choice < 0.8:
            parts["BYMONTHDAY"] = "13"
            parts["BYDAY"] = "FR"
        elif choice < 0.9:
            parts["BYDAY"] = ",".join(some(rnd, DAYS, 5))
            parts["BYSETPOS"] = rnd.choice(["1", "-1", "2", "1,-1"])
    elif freq == "WEEKLY" and choice < 0.7:
        parts["BYDAY"] = ",".join(some(rnd, DAYS, 4))
    elif freq == "DAILY" and choice < 0.3:
        parts["BYDAY"] = ",".join(some(rnd, DAYS, 5))
    elif freq == "DAILY" and choice < 0.4:
        parts["BYMONTHDAY"] = numbers(signed(31), 8)
    elif freq == "HOURLY" and choice < 0.5:
        parts["BYHOUR"] = numbers(range(24), 4)
        parts.pop("INTERVAL", None)
    if freq != "HOURLY" and rnd.random() < 0.1:
        parts["BYHOUR"] = numbers(range(24), 3)
    return parts


class Series:
    """A recurring event, before it is written."""

    def __init__(self, rnd, first, last, viewer):
        self.rnd = rnd
        self.viewer = viewer
        self.kind = rnd.choice(["zoned"] * 6 + ["utc", "floating", "date", "date"])
        self.zone = ZoneInfo(rnd.choice(ZONES)) if self.kind == "zoned" else None
        begin = rnd.choice([first - timedelta(days=rnd.randint(0, 90)), first - timedelta(days=rnd.randint(0, 4000)),
                            first + timedelta(days=rnd.randint(0, (last - first).days))])
        time = (0, 0) if self.kind == "date" else (rnd.randint(0, 23), rnd.choice([0, 0, 15, 30, 45]))
        if self.kind == "zoned" and rnd.random() < 0.3:
            time = (rnd.choice([1, 2, 2, 3]), rnd.choice([0, 15, 30]))
        self.start = datetime(begin.year, begin.month, begin.day, *time)
        self.parts = rule(rnd) if rnd.random() < 0.9 else None
        if self.kind == "date" and self.parts:
            if self.parts["FREQ"] == "HOURLY":
                self.parts = {"FREQ": "DAILY"}
            self.parts.pop("BYHOUR", None)
        self.length = timedelta(days=rnd.choice([1, 1, 1, 2, 3, 7])) if self.kind == "date" else timedelta(
            minutes=rnd.choice([15, 30, 45, 60, 60, 90, 120, 480, 480, 1440, 2880]))
        if self.kind != "date" and rnd.random() < 0.1:
            self.start = self.start.replace(hour=0, minute=0)
            self.length = timedelta(days=rnd.choice([1, 2]))

    def zone_of(self, viewer):
        return {"zoned": self.zone, "utc": UTC}.get(self.kind, viewer)

    def write(self, name, at, zone=None):
        """A line for a local time of the series."""
        if self.kind == "date" and zone is not None and name in ("EXDATE", "RECURRENCE-ID"):
            # As Outlook does: midnight of that day where the calendar is, told in UTC.
            return f"{name}:{at.replace(tzinfo=self.viewer).astimezone(UTC):%Y%m%dT%H%M%SZ}"
        if self.kind == "date":
            return f"{name};VALUE=DATE:{at:%Y%m%d}"
        if zone is not None and self.kind in ("zoned", "utc"):
            other = at.replace(tzinfo=self.zone or UTC).astimezone(UTC).astimezone(zone)
            return f"{name};TZID={zone.key}:{other:%Y%m%dT%H%M%S}"
        if self.kind == "zoned":
            return f"{name};TZID={self.zone.key}:{at:%Y%m%dT%H%M%S}"
        return f"{name}:{at:%Y%m%dT%H%M%S}{'Z' if self.kind == 'utc' else ''}"

    def end(self, at, length):
        if self.rnd.random() < 0.5:
            return self.write("DTEND", at + length)
        if length % timedelta(days=1) == timedelta(0) and (self.kind == "date" or self.rnd.random() < 0.5):
            return f"DURATION:P{length.days}D"
        minutes = int(length.total_seconds()) // 60
        return f"DURATION:PT{minutes}M" if minutes % 60 or self.rnd.random() < 0.5 else f"DURATION:PT{minutes // 60}H"


def instant(at, zone):
    """RFC 5545 section 3.3.5: in a gap the offset before it, of two equal times the first."""
    return int(at.replace(tzinfo=zone, fold=0).astimezone(UTC).timestamp())


def case(rnd):
    viewer = ZoneInfo(rnd.choice(ZONES))
    middle = rnd.choice(MIDDLES)
    first = middle - timedelta(days=rnd.randint(1, 50))
    last = first + timedelta(days=rnd.choice([14, 30, 60]))
    window = (instant(datetime(first.year, first.month, first.day), viewer),
              instant(datetime(last.year, last.month, last.day), viewer))
    series = Series(rnd, first, last, viewer)
    zone = series.zone_of(viewer)
    lines = [series.write("DTSTART", series.start), series.end(series.start, series.length)]
    horizon = datetime(last.year, last.month, last.day) + timedelta(days=60)
    times = {series.start}
    text = None
    if series.parts:
        bare = ";".join(f"{name}={value}" for name, value in series.parts.items())
        how = rnd.random()
        found = rrulestr(bare, dtstart=series.start)
        if how < 0.3:
            text = f"{bare};COUNT={rnd.choice([1, 2, 5, 10, 30, 100, 500])}"
            found = rrulestr(text, dtstart=series.start)
        elif how < 0.5:
            until = datetime(middle.year, middle.month, middle.day, rnd.randint(0, 23), rnd.choice([0, 15]))
            until = max(until, series.start)
            found = rrulestr(bare, dtstart=series.start).replace(until=until)
            text = bare + ";UNTIL=" + (
                f"{until:%Y%m%d}" if series.kind == "date" else
                f"{until:%Y%m%dT%H%M%S}" if series.kind == "floating" else
                f"{until.replace(tzinfo=zone).astimezone(UTC):%Y%m%dT%H%M%SZ}")
        else:
            text = bare
        times |= set(found.between(series.start - timedelta(days=1), horizon, inc=True))
        lines.append(f"RRULE:{text}")
    if rnd.random() < 0.3:
        for _ in range(rnd.randint(1, 3)):
            day = first + timedelta(days=rnd.randint(0, (last - first).days))
            at = datetime(day.year, day.month, day.day, series.start.hour, series.start.minute)
            if at < series.start:
                continue
            if series.kind != "date":
                at += timedelta(hours=rnd.choice([0, 1]))
            times.add(at)
            lines.append(series.write("RDATE", at, ZoneInfo(rnd.choice(ZONES)) if rnd.random() < 0.3 else None))
    listed = sorted(times)
    near = [at for at in listed if at >= datetime(first.year, first.month, first.day) - timedelta(days=5)]
    for at in rnd.sample(near, min(len(near), rnd.choice([0, 0, 1, 2, 4]))):
        times.discard(at)
        lines.append(series.write("EXDATE", at, ZoneInfo(rnd.choice(ZONES)) if rnd.random() < 0.3 else None))
    overrides = []
    near = [at for at in sorted(times) if at in near]
    if near and series.parts and rnd.random() < 0.4:
        picked = sorted(rnd.sample(near, min(len(near), rnd.randint(1, 3))))
        for at in picked:
            to = at + (timedelta(days=rnd.choice([-1, 1, 2])) if series.kind == "date" else
                       timedelta(minutes=rnd.choice([-90, -30, 15, 60, 300, 1500])))
            length = series.length if rnd.random() < 0.5 else series.length + timedelta(
                days=1 if series.kind == "date" else 0, minutes=0 if series.kind == "date" else 30)
            future = rnd.random() < 0.25 and at == picked[-1]
            other = ZoneInfo(rnd.choice(ZONES)) if rnd.random() < 0.3 and not future else None
            id_line = series.write("RECURRENCE-ID", at, other)
            if future:
                id_line = id_line.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE", 1)
            more = ["STATUS:CANCELLED"] if rnd.random() < 0.2 and not future else []
            overrides.append([id_line, series.write("DTSTART", to), series.end(to, length), *more])
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//oracle//EN"]
    event = lambda lines: ["BEGIN:VEVENT", "UID:case@example.org", "DTSTAMP:20260101T000000Z", "SUMMARY:Secret",
                           *lines, "END:VEVENT"]
    all_lines = head + event(lines) + [line for one in overrides for line in event(one)] + ["END:VCALENDAR"]
    ics = "\r\n".join(all_lines) + "\r\n"
    # By the clock on the wall: with DTEND on the clock of DTSTART (as calendar programs do), and with days (RFC 5545
    # section 3.3.6). Hours of a DURATION are exact.
    wall = not lines[1].startswith("DURATION:PT")
    ends = lambda at: (instant(at + series.length, zone) if wall else
                       instant(at, zone) + int(series.length.total_seconds()))
    spans = {(instant(at, zone), ends(at)) for at in times}
    return {
        "ics": ics, "zone": viewer.key, "kind": series.kind, "rule": text,
        "from": datetime.fromtimestamp(window[0], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "to": datetime.fromtimestamp(window[1], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "dateutil": None if overrides else inside(spans, window),
        "rie": inside(by_rie(ics, first, last, viewer), window),
    }


def inside(spans, window):
    return sorted(list(span) for span in spans if span[0] < span[1] and span[0] < window[1] and window[0] < span[1])


def by_rie(ics, first, last, viewer):
    calendar = icalendar.Calendar.from_ical(ics)
    around = (first - timedelta(days=10), last + timedelta(days=10))
    found = set()
    for event in recurring_ical_events.of(calendar).between(*around):
        if str(event.get("STATUS", "")) == "CANCELLED":
            continue
        found.add((seconds(event["DTSTART"].dt, viewer), seconds(event["DTEND"].dt, viewer)))
    return found


def seconds(at, viewer):
    if not isinstance(at, datetime):
        return instant(datetime(at.year, at.month, at.day), viewer)
    if at.tzinfo is None:
        return instant(at, viewer)
    return int(at.astimezone(UTC).timestamp())


def main():
    rnd = random.Random(int(sys.argv[1]))
    print(json.dumps([case(rnd) for _ in range(int(sys.argv[2]))]))


main()
