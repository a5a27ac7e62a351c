"""Makes calendars, and says when they are busy by the word of programs that others wrote.

    free_slots.py FOLDER COUNT SEED

writes each calendar twice, as a feed (FOLDER/0.ics, ...) and as a directory with a file for each event
(FOLDER/0/...), and FOLDER/cases.json: for each calendar the host's zone, the time at which the test
happens, how far the window reaches, the buffers around each event, the person's own overrides of single
days, and the busy spans, buffers included, that recurring-ical-events (on top of python-dateutil and
icalendar) finds; those of a VFREEBUSY by icalendar alone. Same seed, same calendars.
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
# Names of Windows that icalendar knows.
WINDOWS = ["W. Europe Standard Time", "Eastern Standard Time", "AUS Eastern Standard Time", "India Standard Time"]
WINDOW = 14
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def stamp(time):
    return time.strftime("%Y%m%dT%H%M%S")


class Maker:
    """Writes one calendar."""

    # Zones of their own, in all calendars: icalendar remembers a zone by its name.
    own = 0

    def __init__(self, rng, zone, now):
        self.brought = []
        self.rng = rng
        self.zone = zone
        self.today = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None, hour=0, minute=0, second=0)
        self.count = 0

    def day(self, first, last):
        return self.today + dt.timedelta(days=self.rng.randint(first, last))

    def at(self, day):
        """A time of that day at which no clock is ever changed, on a quarter of an hour."""
        return day.replace(hour=self.rng.randint(6, 18), minute=15 * self.rng.randint(0, 3))

    def at_night(self, day):
        """A time that may be skipped, or come twice."""
        hour = self.rng.choice([22, 23, 0, 1, 1, 2, 2, 3])
        return day.replace(hour=hour, minute=15 * self.rng.randint(0, 3))

    def night(self):
        """Longer than any change of a clock."""
        return dt.timedelta(minutes=15 * self.rng.randint(8, 36))

    def own_zone(self):
        """A zone that only its VTIMEZONE describes, with changes that no public zone has."""
        rng = self.rng
        Maker.own += 1
        name = f"private-zone-{Maker.own}"
        standard = rng.choice([-660, -345, -180, 0, 90, 285, 600])
        offset = lambda minutes: f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
        spring, autumn = rng.choice(
            [
                (("20000321", "BYMONTH=3;BYMONTHDAY=21"), ("20001101", "BYMONTH=11")),
                (("20000326", "BYMONTH=3;BYDAY=-1SU"), ("20001029", "BYMONTH=10;BYDAY=-1SU")),
                (("20000409", "BYMONTH=4;BYDAY=SU;BYMONTHDAY=8,9,10,11,12,13,14"), ("20001104", "BYMONTH=11;BYDAY=1SA")),
            ]
        )
        part = lambda kind, rule, before, after: [
            f"BEGIN:{kind}", f"DTSTART:{rule[0]}T020000", f"RRULE:FREQ=YEARLY;{rule[1]}",
            f"TZOFFSETFROM:{offset(before)}", f"TZOFFSETTO:{offset(after)}", f"END:{kind}",
        ]
        lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
        lines += part("STANDARD", autumn, standard + 60, standard) + part("DAYLIGHT", spring, standard, standard + 60)
        self.brought.append("\r\n".join([*lines, "END:VTIMEZONE"]))
        return name

    def length(self):
        return dt.timedelta(minutes=15 * self.rng.randint(1, 14))

    def place(self, night=False):
        """How times are written: a suffix for the property and one for the value."""
        kind = self.rng.randint(0, 13)
        if kind in (10, 11):
            return f";TZID={self.rng.choice(WINDOWS)}", ""
        if kind > 11 and not night:
            return f";TZID={self.own_zone()}", ""
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
        """The components of one event, with the zones that it needs."""
        self.brought = []
        parts = self.components()
        return self.brought + parts

    def free_busy(self, uid):
        periods = []
        for _ in range(self.rng.randint(1, 3)):
            start = self.at(self.day(0, WINDOW))
            end = start + self.length()
            minutes = int((end - start).total_seconds() // 60)
            periods.append(f"{stamp(start)}Z/" + self.rng.choice([f"{stamp(end)}Z", f"PT{minutes}M"]))
        kind = self.rng.choice(["", "", ";FBTYPE=BUSY-UNAVAILABLE", ";FBTYPE=BUSY-TENTATIVE", ";FBTYPE=FREE"])
        lines = [f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"FREEBUSY{kind}:{','.join(periods)}"]
        return "\r\n".join(["BEGIN:VFREEBUSY", *lines, "END:VFREEBUSY"])

    def components(self):
        self.count += 1
        rng = self.rng
        uid = f"private-uid-{self.count}"
        kind = rng.choice(["timed", "timed", "all-day", "series", "series", "series", "all-day series", "free-busy"])
        if kind == "free-busy":
            return [self.free_busy(uid)]
        night = rng.random() < 0.25
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
            param, z = self.place(night)
            day = self.day(-3, WINDOW)
            start = self.at_night(day) if night else self.at(day)
            end = start + (self.night() if night else self.length())
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
        param, z = self.place(night)
        length = self.night() if night else self.length()
        utc = "Z" if param or z else ""
        day = self.day(-300, WINDOW)
        start = self.at_night(day) if night else self.at(day)
        start, rule = self.series(start, lambda day: stamp(day.replace(hour=12 if night else day.hour)) + utc)
        lines = [f"DTSTART{param}:{stamp(start)}{z}", f"RRULE:{rule}"]
        lines.append(
            f"DTEND{param}:{stamp(start + length)}{z}"
            # The hours of a DURATION pass, whatever the clock does; the oracle counts them by the clock.
            if night or rng.random() < 0.5
            else f"DURATION:PT{int(length.total_seconds() // 60)}M"
        )
        if rng.random() < 0.3:
            extra = self.at(self.day(0, WINDOW - 1))
            lines.append(f"RDATE{param}:{stamp(extra)}{z}")
        master = head + lines + tail
        times = self.starts(master)
        period = self.at(self.day(0, WINDOW - 1))
        # The oracle compares EXDATE by its digits alone, whatever its zone.
        if rng.random() < 0.2 and "RDATE" not in lines[-1] and period not in times:
            master.append(f"RDATE;VALUE=PERIOD:{stamp(period)}{utc}/{stamp(period + self.length())}{utc}")
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
            if not tail and "RDATE" not in "".join(master) and rng.random() < 0.4:
                moved[3] = moved[3].replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE")
            else:
                moved += rng.choice([[], [], ["STATUS:CANCELLED"], ["TRANSP:TRANSPARENT"]])
            parts.append(self.wrap(moved))
        return [self.wrap(master)] + parts

    def starts(self, master):
        """When the series begins in the window, as it writes it itself."""
        parts = self.brought + [self.wrap(master)]
        text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *parts, "END:VCALENDAR", ""])
        found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(
            self.today, self.today + dt.timedelta(days=WINDOW)
        )
        return sorted({event["DTSTART"].dt.replace(tzinfo=None) for event in found})

    @staticmethod
    def wrap(lines):
        return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def busy(text, zone, first, last, buffers):
    """The spans in which the calendar is busy, with what is added before and after, in UTC."""
    here = ZoneInfo(zone)
    calendar = icalendar.Calendar.from_ical(text)

    def instant(value):
        if not isinstance(value, dt.datetime):
            value = dt.datetime.combine(value, dt.time())
        return (value if value.tzinfo else value.replace(tzinfo=here)).astimezone(UTC)

    spans = []
    for answer in calendar.walk("VFREEBUSY"):
        for periods in listed(answer.get("FREEBUSY", [])):
            for period in listed(periods):
                if period.params.get("FBTYPE") != "FREE":
                    spans.append((instant(period.start), instant(period.end)))
    for event in recurring_ical_events.of(calendar).between(first, last):
        attendees = listed(event.get("ATTENDEE", []))
        declined = any(
            str(a).lower() == f"mailto:{MINE}" and a.params.get("PARTSTAT") == "DECLINED" for a in attendees
        )
        if declined or event.get("TRANSP") == "TRANSPARENT" or event.get("STATUS") == "CANCELLED":
            continue
        spans.append((instant(event["DTSTART"].dt), instant(event["DTEND"].dt)))
    before, after = (dt.timedelta(minutes=minutes) for minutes in buffers)
    return sorted([told(start - before), told(end + after)] for start, end in spans)


def listed(value):
    return value if isinstance(value, list) else [value]


def told(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def overrides(maker):
    """What the person opens on single days in place of the usual hours."""
    rng = maker.rng
    here = ZoneInfo(maker.zone)
    spans = []
    for day in rng.sample(range(1, WINDOW - 1), rng.randint(0, 3)):
        start = (maker.today + dt.timedelta(days=day)).replace(hour=rng.randint(6, 17), minute=15 * rng.randint(0, 3))
        end = start + dt.timedelta(minutes=15 * rng.randint(1, 16))
        spans.append([told(time.replace(tzinfo=here).astimezone(UTC)) for time in (start, end)])
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
        buffers = rng.choice([(0, 0), (0, 0), (15, 0), (0, 30), (15, 45)])
        first, last = now - dt.timedelta(days=3), now + dt.timedelta(days=WINDOW + 3)
        cases.append(
            {
                "zone": zone,
                "now": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "window_days": WINDOW,
                "before": buffers[0],
                "after": buffers[1],
                "overrides": overrides(maker),
                "busy": busy(text, zone, first, last, buffers),
            }
        )
    (folder / "cases.json").write_text(json.dumps(cases))


if __name__ == "__main__":
    main()
