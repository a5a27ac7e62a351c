"""Makes calendars, and says when they are busy by the word of programs that others wrote.

    free_slots.py FOLDER COUNT SEED

writes each calendar twice, as a feed (FOLDER/0.ics, ...) and as a directory with a file for each event
(FOLDER/0/...), and FOLDER/cases.json: for each calendar the host's zone, the time at which the test
happens, how far the window reaches, and the busy spans that recurring-ical-events (on top of
python-dateutil and icalendar) finds. Same seed, same calendars.
"""

import datetime as dt
import json
import pathlib
import random
import sys
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr

UTC = dt.timezone.utc
MINE = "alice@example.org"
# Days on which the clocks of these zones change; the two without change are there for their offsets.
ZONES = {
    "Europe/Berlin": ["2026-10-25", "2027-03-28", "2027-10-31"],
    "America/New_York": ["2026-11-01", "2027-03-14", "2027-11-07"],
    "Australia/Sydney": ["2026-10-04", "2027-04-04", "2027-10-03"],
    "Asia/Kolkata": ["2026-10-25", "2027-03-28"],
    "Asia/Kathmandu": ["2026-10-25", "2027-03-28"],
    "Australia/Lord_Howe": ["2026-10-04", "2027-04-04", "2027-10-03"],
}
WINDOW = 14
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def stamp(time):
    return time.strftime("%Y%m%dT%H%M%S")


class Maker:
    """Writes one calendar."""

    def __init__(self, rng, zone, now):
        self.rng = rng
        self.zone = zone
        self.today = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None, hour=0, minute=0, second=0)
        self.count = 0

    def day(self, first, last):
        return self.today + dt.timedelta(days=self.rng.randint(first, last))

    def at(self, day):
        """A time of that day at which no clock is ever changed, on a quarter of an hour."""
        return day.replace(hour=self.rng.randint(6, 18), minute=15 * self.rng.randint(0, 3))

    def length(self):
        return dt.timedelta(minutes=15 * self.rng.randint(1, 14))

    def place(self):
        """How times are written: a suffix for the property and one for the value."""
        kind = self.rng.randint(0, 9)
        if kind < 5:
            return f";TZID={self.zone}", ""
        if kind < 7:
            return "", "Z"
        if kind < 8:
            return "", ""
        return f";TZID={self.rng.choice(sorted(ZONES))}", ""

    def series(self, start, ending):
        """A rule, and the first time at or after the start that it gives: a start that its own rule
        does not give is undefined (RFC 5545 section 3.8.5.3)."""
        rng = self.rng
        parts = rng.choice(
            [
                ["FREQ=DAILY", f"INTERVAL={rng.randint(1, 5)}"],
                ["FREQ=WEEKLY", "BYDAY=" + ",".join(sorted(rng.sample(DAYS, rng.randint(1, 4)), key=DAYS.index))],
                ["FREQ=WEEKLY", f"INTERVAL={rng.randint(1, 3)}"],
                ["FREQ=MONTHLY", f"BYDAY={rng.choice(['1', '2', '3', '-1'])}{rng.choice(DAYS)}"],
                ["FREQ=MONTHLY", f"BYMONTHDAY={rng.choice([1, 15, 28, 31, -1])}"],
                ["FREQ=MONTHLY", "BYDAY=MO,TU,WE,TH,FR", f"BYSETPOS={rng.choice([1, -1])}"],
                ["FREQ=YEARLY", f"BYMONTH={start.month}", f"BYMONTHDAY={start.day}"],
            ]
        )
        start = rrulestr(";".join(parts), dtstart=start)[0]
        end = rng.randint(0, 3)
        if end == 0:
            parts.append(f"COUNT={rng.randint(2, 60)}")
        elif end == 1:
            until = self.today + dt.timedelta(days=rng.randint(0, 40))
            # A rule that ends before its own start is undefined: for us the start still counts.
            until = max(until, start.replace(hour=0, minute=0) + dt.timedelta(days=2))
            parts.append(f"UNTIL={ending(until)}")
        return start, ";".join(parts)

    def event(self):
        self.count += 1
        rng = self.rng
        uid = f"private-uid-{self.count}"
        kind = rng.choice(["timed", "timed", "all-day", "series", "series", "series", "all-day series"])
        head = [f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"SUMMARY:private title {self.count}"]
        head += [f"LOCATION:private place {self.count}", "DESCRIPTION:private words"]
        free = rng.randint(0, 11)
        tail = []
        if free == 0:
            tail.append("TRANSP:TRANSPARENT")
        elif free == 1:
            tail.append("STATUS:CANCELLED")
        elif free == 2:
            tail.append(f"ATTENDEE;CN=private name;PARTSTAT=DECLINED:mailto:{MINE}")
        elif free == 3:
            tail.append("ATTENDEE;PARTSTAT=DECLINED:mailto:private.person@example.net")
        elif free == 4:
            tail.append("STATUS:TENTATIVE")
        if kind == "timed":
            param, z = self.place()
            start = self.at(self.day(-3, WINDOW))
            end = start + self.length()
            return [self.wrap(head + [f"DTSTART{param}:{stamp(start)}{z}", f"DTEND{param}:{stamp(end)}{z}"] + tail)]
        if kind == "all-day":
            start = self.day(-5, WINDOW)
            end = start + dt.timedelta(days=rng.randint(1, 3))
            return [
                self.wrap(head + [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{end:%Y%m%d}"] + tail)
            ]
        if kind == "all-day series":
            start, rule = self.series(self.day(-200, WINDOW), lambda day: f"{day:%Y%m%d}")
            return [self.wrap(head + [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"RRULE:{rule}"] + tail)]
        param, z = self.place()
        length = self.length()
        utc = "Z" if param or z else ""
        start, rule = self.series(self.at(self.day(-300, WINDOW)), lambda day: stamp(day) + utc)
        lines = [f"DTSTART{param}:{stamp(start)}{z}", f"RRULE:{rule}"]
        lines.append(
            f"DTEND{param}:{stamp(start + length)}{z}"
            if rng.random() < 0.5
            else f"DURATION:PT{int(length.total_seconds() // 60)}M"
        )
        if rng.random() < 0.3:
            extra = self.at(self.day(0, WINDOW - 1))
            lines.append(f"RDATE{param}:{stamp(extra)}{z}")
        master = head + lines + tail
        times = self.starts(master)
        parts = []
        if times and rng.random() < 0.3:
            gone = rng.choice(times)
            master.append(f"EXDATE{param}:{stamp(gone)}{z}")
            times.remove(gone)
        if times and rng.random() < 0.4:
            old = rng.choice(times)
            new = self.at(old.replace(hour=0, minute=0))
            moved = [f"UID:{uid}", "DTSTAMP:20260101T000000Z", "SUMMARY:private moved"]
            moved += [f"RECURRENCE-ID{param}:{stamp(old)}{z}", f"DTSTART{param}:{stamp(new)}{z}"]
            moved.append(f"DTEND{param}:{stamp(new + self.length())}{z}")
            moved += rng.choice([[], [], ["STATUS:CANCELLED"], ["TRANSP:TRANSPARENT"]])
            parts.append(self.wrap(moved))
        return [self.wrap(master)] + parts

    def starts(self, master):
        """When the series begins in the window, as it writes it itself."""
        text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", self.wrap(master), "END:VCALENDAR", ""])
        found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(
            self.today, self.today + dt.timedelta(days=WINDOW)
        )
        return sorted({event["DTSTART"].dt.replace(tzinfo=None) for event in found})

    @staticmethod
    def wrap(lines):
        return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def busy(text, zone, first, last):
    """The spans in which the calendar is busy, in UTC."""
    here = ZoneInfo(zone)

    def instant(value):
        if not isinstance(value, dt.datetime):
            value = dt.datetime.combine(value, dt.time())
        return (value if value.tzinfo else value.replace(tzinfo=here)).astimezone(UTC)

    spans = []
    for event in recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(first, last):
        attendees = event.get("ATTENDEE", [])
        attendees = attendees if isinstance(attendees, list) else [attendees]
        declined = any(
            str(a).lower() == f"mailto:{MINE}" and a.params.get("PARTSTAT") == "DECLINED" for a in attendees
        )
        if declined or event.get("TRANSP") == "TRANSPARENT" or event.get("STATUS") == "CANCELLED":
            continue
        start = event["DTSTART"].dt
        end = event["DTEND"].dt
        spans.append([instant(start).strftime("%Y-%m-%dT%H:%M:%SZ"), instant(end).strftime("%Y-%m-%dT%H:%M:%SZ")])
    return sorted(spans)


def write(path, parts):
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//slotbridge//tests//"]
    text = "\r\n".join([*head, *parts, "END:VCALENDAR", ""])
    path.write_bytes(text.encode())
    return text


def main():
    folder, count, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    cases = []
    for number in range(count):
        zone = sorted(ZONES)[number % len(ZONES)]
        change = dt.datetime.fromisoformat(rng.choice(ZONES[zone])).replace(tzinfo=UTC)
        now = change - dt.timedelta(days=rng.randint(0, 10), minutes=rng.randint(0, 1439))
        maker = Maker(rng, zone, now)
        events = [maker.event() for _ in range(rng.randint(1, 14))]
        (folder / str(number)).mkdir()
        for index, parts in enumerate(events):
            write(folder / str(number) / f"{index}.ics", parts)
        parts = [part for event in events for part in event]
        rng.shuffle(parts)
        text = write(folder / f"{number}.ics", parts)
        first, last = now - dt.timedelta(days=3), now + dt.timedelta(days=WINDOW + 3)
        cases.append(
            {
                "zone": zone,
                "now": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "window_days": WINDOW,
                "busy": busy(text, zone, first, last),
            }
        )
    (folder / "cases.json").write_text(json.dumps(cases))


if __name__ == "__main__":
    main()
