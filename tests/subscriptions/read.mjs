// Reads a feed over HTTP with ical.js in its strict mode, and says what is in it.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, url] = process.argv.slice(2);
const found = createRequire(join(folder, "here.js")).resolve("ical.js");
const loaded = await import(found);
const ICAL = loaded.default ?? loaded;

const answer = await fetch(url);
if (!answer.ok) throw new Error(`${answer.status}`);
const calendar = new ICAL.Component(ICAL.parse(await answer.text()));
for (const zone of calendar.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(new ICAL.Timezone(zone));
}
const iso = (time) => time.toJSDate().toISOString();
const events = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component, { strictExceptions: true });
  return {
    uid: event.uid,
    summary: event.summary,
    description: event.description ?? "",
    start: iso(event.startDate),
    end: iso(event.endDate),
  };
});
const all = calendar.getAllSubcomponents("vavailability");
const available = all.flatMap((one) => one.getAllSubcomponents("available")).map((slot) => ({
  start: iso(slot.getFirstPropertyValue("dtstart")),
  rule: String(slot.getFirstPropertyValue("rrule") ?? ""),
}));
const refresh = calendar.getFirstPropertyValue("refresh-interval");
console.log(
  JSON.stringify({
    name: calendar.getFirstPropertyValue("name"),
    refresh: ICAL.Duration.fromString(String(refresh)).toSeconds(),
    events,
    available,
  }),
);
