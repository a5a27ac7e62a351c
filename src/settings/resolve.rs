//! Reads the whole configuration: the top, `[sync]` and `[http]`.

use std::path::PathBuf;
use std::time::Duration;

use super::environment::Environment;
use super::layers::Layers;
use super::mistake::Mistakes;
use super::reader::{Reader, Table, quoted};
use super::resolved::{Http, Rhythm, Settings, Sync};
use super::{Sources, known, placeholder, resolve_calendar, resolve_host, resolve_zoom, secret};

const SHORTEST_EVERY: Duration = Duration::from_secs(1);

/// Reads everything. `None` only together with mistakes.
pub(super) fn settings(
    layers: &Layers,
    sources: &Sources,
    environment: &Environment,
    mistakes: &mut Mistakes,
) -> Option<Settings> {
    let reader = Reader::new(layers, environment, std::mem::take(mistakes));
    let settings = read(&reader, sources);
    *mistakes = reader.finish().0;
    settings
}

/// Reads everything with a reader that the caller keeps.
pub(super) fn read<'a>(reader: &'a Reader<'a>, sources: &Sources) -> Option<Settings> {
    let mut warnings = known::strangers(reader.environment, &reader.layers.root);
    let root = reader.root();
    let state_dir = state_dir(&root, sources);
    let zoom = resolve_zoom::zoom(&root, &mut warnings);
    let sync = sync(&root);
    let http = http(&root, &mut warnings);
    if http.is_none() && zoom.as_ref().is_some_and(|zoom| zoom.webhook.is_some()) {
        let words = "[zoom.webhook]: nothing takes webhooks without http.listen; set it, or remove the table";
        warnings.push(words.to_owned());
    }
    let calendars = resolve_calendar::calendars(&root, &mut warnings);
    let hosts = resolve_host::hosts(&root, &calendars);
    root.finish();
    Some(Settings {
        files: reader.layers.files.clone(),
        secrets: reader.secrets(),
        placeholders: placeholder::all(reader.layers),
        state_dir: state_dir?,
        zoom: zoom?,
        sync: sync?,
        http,
        calendars: calendars
            .into_iter()
            .filter_map(|said| said.calendar)
            .collect(),
        hosts,
        warnings,
    })
}

fn state_dir(root: &Table<'_>, sources: &Sources) -> Option<PathBuf> {
    let said = root.path("state_dir");
    let dir = sources.state_dir.clone().or(said);
    let dir = dir.or_else(|| root.reader.environment.state_dir());
    if dir.is_none() && !root.has("state_dir") {
        root.missing("state_dir", "set it, or use --state-dir, or set HOME");
    }
    dir
}

fn sync(root: &Table<'_>) -> Option<Sync> {
    let table = root.table("sync")?;
    let every = table.duration("every");
    if every.is_some_and(|every| every < SHORTEST_EVERY) {
        table.wrong(
            "every",
            "this is too often",
            "write at least \"1s\"; \"5m\" is usual",
        );
    }
    let cron = cron(&table);
    let layer = |key| table.place_of(key).map(super::origin::Origin::layer);
    let rhythm = match (layer("every"), layer("cron")) {
        (Some(every), Some(cron)) if every == cron => {
            table.wrong("cron", "both every and cron are given", "keep one of them");
            None
        }
        (every_at, Some(cron_at)) if every_at < Some(cron_at) => cron.map(Rhythm::Cron),
        _ => every.map(Rhythm::Every),
    };
    let jitter = table.duration("jitter");
    let on_failure = on_failure(&table);
    table.finish();
    Some(Sync {
        rhythm: rhythm?,
        jitter: jitter?,
        on_failure,
    })
}

fn on_failure(table: &Table<'_>) -> Vec<String> {
    let Some(words) = table.texts("on_failure") else {
        return Vec::new();
    };
    let words: Vec<String> = words.into_iter().map(|said| said.value).collect();
    if words
        .first()
        .is_none_or(|program| program.trim().is_empty())
    {
        table.wrong(
            "on_failure",
            "it names no program",
            "write the program and its arguments: [\"notify-send\", \"slotbridge\"]",
        );
    }
    words
}

fn cron(table: &Table<'_>) -> Option<String> {
    let text = table.text("cron")?.value;
    if tokio_cron_scheduler::Job::new(text.as_str(), |_, _| {}).is_ok() {
        return Some(text);
    }
    table.wrong(
        "cron",
        format!("{} is not a cron expression", quoted(&text)),
        "write six fields, seconds first (UTC): \"0 */5 * * * *\"",
    );
    None
}

fn http(root: &Table<'_>, warnings: &mut Vec<String>) -> Option<Http> {
    let table = root.table("http")?;
    let listen = table.text("listen").and_then(|said| {
        let address = said.value.parse();
        if address.is_err() {
            table.wrong(
                "listen",
                format!("{} is not an address with a port", quoted(&said.value)),
                "write it like \"127.0.0.1:8787\" or \"[::1]:8787\"",
            );
        }
        address.ok()
    });
    let public_url = resolve_zoom::url(&table, "public_url", &["https", "http"]);
    let admin_token = secret::read(&table, "admin_token", warnings);
    table.finish();
    Some(Http {
        listen: listen?,
        public_url,
        admin_token,
    })
}
