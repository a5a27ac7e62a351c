//! The page as a document.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::days::{self, heads, list};
use super::html::Html;
use crate::app::feeds::Overview;
use crate::app::status::lines::{self, State};
use crate::app::status::{HostStatus, Status, words};
use crate::domain::iso_week::IsoWeek;
use crate::domain::waiting::{Conflict, ConflictStanding, Held};
use crate::engine::week::Week;
use crate::ports::error::Result;
use crate::web::page::Reader;

/// The style of the page. Its digest stands in a header: nothing else has a say.
pub(in crate::app) const STYLE: &str = include_str!("style.css");

/// How many things that wait are named; the others are counted.
const NAMED: usize = 50;

/// Everything that it shows.
pub(super) struct View {
    pub(super) week: IsoWeek,
    pub(super) now: Timestamp,
    /// The zone that the page itself tells the time in.
    pub(super) zone: TimeZone,
    pub(super) reader: Reader,
    /// Why the daemon is not ready, where it is not.
    pub(super) unready: Option<&'static str>,
    pub(super) status: Status,
    /// Of each host of the status, in the same order.
    pub(super) weeks: Vec<Result<Week>>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) held: Vec<Held>,
    pub(super) feeds: Vec<Overview>,
}

impl View {
    /// The document.
    pub(super) fn html(&self) -> String {
        let mut html = Html::new();
        let root = [("lang", "en"), ("xmlns", "http://www.w3.org/1999/xhtml")];
        html.open("html", &root);
        self.head(&mut html);
        html.open("body", &[]);
        self.header(&mut html);
        html.open("main", &[]);
        self.flows(&mut html);
        self.waiting(&mut html);
        let hosts = self.status.hosts.iter().zip(&self.weeks);
        for (number, (host, week)) in (1..).zip(hosts) {
            self.host(&mut html, number, host, week);
        }
        self.feeds(&mut html);
        html.done()
    }

    fn head(&self, html: &mut Html) {
        html.open("head", &[]);
        html.empty("meta", &[("charset", "utf-8")]);
        let width = "width=device-width, initial-scale=1";
        html.empty("meta", &[("name", "viewport"), ("content", width)]);
        // Nothing is to be asked for besides.
        html.empty("link", &[("rel", "icon"), ("href", "data:,")]);
        html.element("title", &[], &format!("slotbridge, week {}", self.week));
        html.style(STYLE);
        html.close();
    }

    fn header(&self, html: &mut Html) {
        html.open("header", &[]);
        html.element("h1", &[], "slotbridge");
        let [monday, .., sunday] = self.week.dates();
        let days = format!(
            "Week {}: {} to {}.",
            self.week,
            monday.strftime("%-d %B %Y"),
            sunday.strftime("%-d %B %Y")
        );
        html.element("p", &[], &days);
        html.open("nav", &[("aria-label", "weeks")]);
        let weeks = [
            (self.week.before(), "earlier week"),
            (self.week.after(), "later week"),
        ];
        for (week, words) in weeks {
            if let Some(week) = week {
                html.element("a", &[("href", &format!("?week={week}"))], words);
            }
        }
        html.element("a", &[("href", "?")], "this week");
        html.close();
        let at = self.now.to_zoned(self.zone.clone());
        let words = format!(
            "This is what the last passes knew, as of {}; nobody was asked for it.",
            at.strftime("%-d %B %Y, %H:%M %Z")
        );
        html.element("p", &[("class", "soft")], &words);
        html.close();
    }

    fn flows(&self, html: &mut Html) {
        html.open("section", &[("id", "flows")]);
        html.element("h2", &[], "How it goes");
        if let Some(why) = self.unready {
            html.element("p", &[("class", "alarm")], &format!("Not ready: {why}."));
        }
        if self.status.hosts.is_empty() {
            let words =
                "No host is configured: slotbridge config init writes a file to start from.";
            html.element("p", &[], words);
        } else {
            html.open("table", &[("role", "table")]);
            heads(html, &lines::HEADS);
            html.open("tbody", &[("role", "rowgroup")]);
            for host in &self.status.hosts {
                for line in lines::of(host, self.now) {
                    cells(html, &lines::HEADS, &line.cells, |column| {
                        // The word itself says it, too.
                        let colour = match line.state {
                            State::New => "soft",
                            State::Well => "free",
                            State::Waiting => "busy",
                            State::Failing => "alarm",
                        };
                        (column == 2).then_some(colour)
                    });
                }
            }
            html.close();
            html.close();
        }
        html.close();
    }

    fn waiting(&self, html: &mut Html) {
        if self.conflicts.is_empty() && self.held.is_empty() {
            return;
        }
        html.open("section", &[("id", "waiting")]);
        html.element("h2", &[], "What waits for you");
        let since = |time: Timestamp| {
            let local = time.to_zoned(self.zone.clone());
            local.strftime("%Y-%m-%d %H:%M").to_string()
        };
        let conflicts = self.conflicts.iter().map(|one| {
            let standing = match (one.decision, one.standing) {
                (Some(_), _) => "decided",
                (None, ConflictStanding::Open) => "open",
                (None, ConflictStanding::Settled) => "settled by a rule",
            };
            [
                one.host.to_string(),
                one.id.to_string(),
                one.about.to_string(),
                standing.to_owned(),
                since(one.found),
                format!("slotbridge conflicts show {}", one.id),
            ]
        });
        let what = "Both sides changed the same thing.";
        let heads = ["host", "id", "about", "state", "since", "command"];
        table(html, what, heads, conflicts, "slotbridge conflicts");
        let held = self.held.iter().map(|one| {
            [
                one.host.to_string(),
                one.id.to_string(),
                one.about.to_string(),
                one.what.to_string(),
                since(one.since),
                format!("slotbridge held show {}", one.id),
            ]
        });
        let what = "Not done without a person.";
        let heads = ["host", "id", "about", "what", "since", "command"];
        table(html, what, heads, held, "slotbridge held");
        html.close();
    }

    fn host(&self, html: &mut Html, number: usize, host: &HostStatus, week: &Result<Week>) {
        let id = format!("host-{number}");
        html.open("section", &[("aria-labelledby", &id)]);
        html.element("h2", &[("id", &id)], &host.name);
        match week {
            Ok(week) => days::write(html, week, number, self.now),
            Err(error) => {
                let words = format!("Its week cannot be shown: {error}");
                html.element("p", &[("class", "alarm")], &words);
                let hint = error.remedy().unwrap_or_default();
                html.element("p", &[], hint);
            }
        }
        list(html, &words::notes(host, self.now));
        html.close();
    }

    fn feeds(&self, html: &mut Html) {
        if self.feeds.is_empty() {
            return;
        }
        html.open("section", &[("id", "feeds")]);
        html.element("h2", &[], "Feeds");
        let shows = self.reader == Reader::Admitted;
        let columns = ["host", "name", "kind", "entries", "changed", "address"];
        let columns = columns.get(..if shows { 6 } else { 5 }).unwrap_or(&columns);
        html.open("table", &[("role", "table")]);
        heads(html, columns);
        html.open("tbody", &[("role", "rowgroup")]);
        for feed in &self.feeds {
            let ago = |time: Timestamp| {
                let seconds = self.now.as_second().saturating_sub(time.as_second());
                format!("{} ago", words::span(seconds))
            };
            let unknown = || "not read yet".to_owned();
            let address = &feed.address;
            let row = [
                address.host.to_string(),
                address.name.to_string(),
                address.kind.word().to_owned(),
                feed.entries.map_or_else(unknown, |count| count.to_string()),
                feed.changed.map_or_else(unknown, ago),
                address.url.clone().unwrap_or_else(|| address.path.clone()),
            ];
            cells(html, columns, &row, |_| None);
        }
        html.close();
        html.close();
        html.open("p", &[("class", "soft")]);
        if shows {
            html.words("Whoever knows an address can read that feed; ");
            html.element("code", &[], "slotbridge feeds rotate NAME");
            html.words(" gives it another one.");
        } else {
            html.words("Their addresses are secret: ");
            html.element("code", &[], "slotbridge feeds list");
            html.words(" shows them; so does this page where admin_token is set.");
        }
        html.close();
        html.close();
    }
}

/// A table of things that wait, the first of them; nothing where there are none.
fn table(
    html: &mut Html,
    what: &str,
    columns: [&str; 6],
    rows: impl ExactSizeIterator<Item = [String; 6]>,
    all: &str,
) {
    let count = rows.len();
    if count == 0 {
        return;
    }
    html.open("table", &[("role", "table")]);
    html.element("caption", &[], what);
    heads(html, &columns);
    html.open("tbody", &[("role", "rowgroup")]);
    for row in rows.take(NAMED) {
        cells(html, &columns, &row, |_| None);
    }
    html.close();
    html.close();
    if count > NAMED {
        let words = format!("And {} more: {all} shows all.", count - NAMED);
        html.element("p", &[], &words);
    }
}

/// A row, with as many cells as there are columns.
fn cells(
    html: &mut Html,
    columns: &[&str],
    row: &[String],
    class: impl Fn(usize) -> Option<&'static str>,
) {
    html.open("tr", &[("role", "row")]);
    for (column, (label, words)) in columns.iter().zip(row).enumerate() {
        html.open("td", &[("role", "cell"), ("data-label", label)]);
        match (class(column), *label) {
            (Some(class), _) => html.element("span", &[("class", class)], words),
            (None, "command" | "address") => html.element("code", &[], words),
            (None, _) => html.words(words),
        }
        html.close();
    }
    html.close();
}

#[cfg(test)]
mod tests;
