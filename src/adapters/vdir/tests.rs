//! What a directory has that no server has: odd files, links, disks that go away.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::failure::failure;
use super::*;
use crate::domain::entry::{Base, Entry, Field, Fields};
use crate::domain::ids::{BookingId, HostName, Uid};
use crate::domain::window::Window;
use crate::ports::calendar::Content;
use crate::ports::source::Source as _;

fn open() -> (TempDir, Vdir) {
    let directory = tempfile::tempdir().expect("a directory");
    let calendar = Vdir::open(directory.path().to_owned()).expect("a calendar");
    (directory, calendar)
}

fn draft() -> Draft {
    let fields: Fields = [
        (
            Field::Time,
            "2026-12-02T10:00:00Z/2026-12-02T10:30:00Z".to_owned(),
        ),
        (Field::Summary, "Intro".to_owned()),
    ]
    .into_iter()
    .collect();
    let uid = Uid::of_booking(&BookingId::new("woft7"));
    Draft {
        href: Href::of_uid(&uid),
        entry: Entry {
            uid,
            event_id: Some(BookingId::new("woft7")),
            host: Some(HostName::new("alice")),
            sequence: 0,
            base: Base::from(&fields),
            fields,
            notes_shown: true,
        },
        modified: "2026-11-21T09:00:00Z".parse().expect("a time"),
        alarm_seconds: None,
    }
}

fn edit(draft: &Draft, seen: Option<Etag>) -> Edit {
    Edit {
        href: draft.href.clone(),
        seen,
        set: [(Field::Summary, "Changed".to_owned())].into(),
        event_id: BookingId::new("woft7"),
        host: HostName::new("alice"),
        sequence: 1,
        base: draft.entry.base.clone(),
        modified: draft.modified,
    }
}

async fn names(calendar: &Vdir) -> Vec<String> {
    let mut listing = calendar.list(None).await.expect("a listing");
    let mut names = Vec::new();
    while let Some(lines) = listing.next().await.expect("lines") {
        for line in lines {
            match line {
                Change::There { href, .. } | Change::Removed { href } => {
                    names.push(href.as_str().to_owned());
                }
            }
        }
    }
    names.sort();
    names
}

fn files(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .expect("a directory")
        .map(|file| {
            file.expect("a file")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

async fn read(calendar: &Vdir, name: &str) -> Content {
    let objects = calendar.read(&[Href::new(name)]).await.expect("read");
    objects.into_iter().next().expect("one answer").content
}

#[tokio::test]
async fn only_visible_ics_files_are_listed() {
    let (directory, calendar) = open();
    let path = |name: &str| directory.path().join(name);
    for name in [
        "a.ics",
        "Ünï.ICS",
        ".hidden.ics",
        "b.ics.tmp",
        "c.txt",
        "color",
        "displayname",
    ] {
        fs::write(path(name), "x").expect("written");
    }
    fs::create_dir(path("folder.ics")).expect("made");
    assert_eq!(names(&calendar).await, ["a.ics", "Ünï.ICS"]);
    assert_eq!(read(&calendar, "folder.ics").await, Content::Absent);
    assert_eq!(read(&calendar, ".hidden.ics").await, Content::Absent);
    assert_eq!(read(&calendar, "../a.ics").await, Content::Absent);
    assert!(matches!(read(&calendar, "a.ics").await, Content::Broken(_)));
}

#[tokio::test]
async fn a_directory_that_is_missing_is_said_and_never_made() {
    let (directory, calendar) = open();
    let draft = draft();
    let written = calendar.create(&draft).await.expect("created");
    directory.close().expect("removed");
    let errors = [
        calendar.list(None).await.err(),
        calendar.read(std::slice::from_ref(&draft.href)).await.err(),
        calendar.create(&draft).await.err(),
        calendar
            .update(&edit(&draft, written.etag.clone()))
            .await
            .err(),
        calendar
            .delete(&draft.href, written.etag.as_ref())
            .await
            .err(),
    ];
    for error in errors {
        let error = error.expect("an error");
        assert_eq!(error.kind(), Kind::Missing, "{error}");
        assert!(
            error
                .remedy()
                .is_some_and(|hint| hint.contains("mount it or create it"))
        );
    }
    assert_eq!(calendar.meter().requests(), 6);
}

#[tokio::test]
async fn a_directory_that_was_swapped_while_listed_is_no_short_listing() {
    let parent = tempfile::tempdir().expect("a directory");
    let path = parent.path().join("calendar");
    fs::create_dir(&path).expect("made");
    let calendar = Vdir::open(path.clone()).expect("a calendar");
    calendar.create(&draft()).await.expect("created");
    let mut listing = calendar.list(None).await.expect("a listing");
    assert!(listing.next().await.expect("lines").is_some());
    // The old one is kept, so that its inode cannot be given out again.
    fs::rename(&path, parent.path().join("unmounted")).expect("renamed");
    fs::create_dir(&path).expect("made");
    let error = listing.next().await.expect_err("an error");
    assert_eq!(error.kind(), Kind::Transient);
}

#[tokio::test]
async fn a_file_in_place_of_a_directory_is_refused() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let error = Vdir::open(file.path().to_owned()).expect_err("an error");
    assert_eq!(error.kind(), Kind::Local);
}

#[tokio::test]
async fn a_change_of_the_same_size_at_the_same_time_is_seen() {
    let (directory, calendar) = open();
    let draft = draft();
    let written = calendar.create(&draft).await.expect("created");
    let path = directory.path().join(draft.href.as_str());
    let before = fs::metadata(&path)
        .expect("a file")
        .modified()
        .expect("a time");
    let text = fs::read_to_string(&path).expect("a text");
    fs::write(&path, text.replace("Intro", "Outro")).expect("written");
    let file = fs::File::options().write(true).open(&path).expect("a file");
    file.set_modified(before).expect("set");
    let error = calendar
        .update(&edit(&draft, written.etag))
        .await
        .expect_err("an error");
    assert_eq!(error.kind(), Kind::Stale);
    assert!(fs::read_to_string(&path).expect("a text").contains("Outro"));
}

#[tokio::test]
async fn what_a_power_cut_left_behind_harms_nobody_and_is_swept_after_a_day() {
    let (directory, calendar) = open();
    let draft = draft();
    let folder = Folder::at(directory.path().to_owned()).expect("a folder");
    let now = fs::metadata(directory.path()).and_then(|now| now.modified());
    let now = now.expect("a time");
    let aged = |name: &str, hours: u64| {
        let path = directory.path().join(name);
        let file = fs::File::options().append(true).create(true).open(path);
        let time = now - Duration::from_hours(hours);
        file.expect("a file").set_modified(time).expect("set");
    };
    let old = folder.leave_behind(&draft.href);
    let young = folder.leave_behind(&draft.href);
    assert_ne!(old, young, "another's file is not taken away");
    aged(&old, 25);
    aged(&young, 23);
    // Nobody's business of ours, however old.
    let others = [".other.tmp", ".slotbridge-note.ics", "x.tmp"];
    for name in others {
        aged(name, 1_000);
    }
    calendar.create(&draft).await.expect("created");
    assert_eq!(names(&calendar).await, [draft.href.as_str()]);
    let mut left = vec![young, draft.href.as_str().to_owned()];
    left.extend(others.map(str::to_owned));
    left.sort();
    assert_eq!(files(directory.path()), left);
}

#[tokio::test]
async fn a_source_is_only_looked_at() {
    let (directory, _) = open();
    let folder = Folder::at(directory.path().to_owned()).expect("a folder");
    let old = folder.leave_behind(&draft().href);
    let path = directory.path().join(&old);
    let before = fs::metadata(&path).and_then(|now| now.modified());
    let long_ago = before.expect("a time") - Duration::from_hours(100);
    let file = fs::File::options().append(true).open(&path);
    file.expect("a file").set_modified(long_ago).expect("set");
    let changed = |path: &Path| {
        fs::metadata(path)
            .and_then(|now| now.modified())
            .expect("a time")
    };
    let before = changed(directory.path());
    let source = VdirSource::open(directory.path().to_owned()).expect("a source");
    let around = Window {
        from: "2026-11-21T00:00:00Z".parse().expect("a time"),
        to: "2027-01-20T00:00:00Z".parse().expect("a time"),
    };
    let mut listing = source.list(None, around).await.expect("a listing");
    assert_eq!(listing.next().await.expect("lines"), None);
    assert_eq!(listing.listed().coverage, Coverage::Full);
    assert_eq!(files(directory.path()), [old]);
    assert_eq!(
        changed(directory.path()),
        before,
        "not even a file that comes and goes"
    );
}

#[tokio::test]
async fn a_directory_that_is_not_mounted_is_no_empty_source() {
    let (directory, _) = open();
    let path = directory.path().join("not-there");
    let source = VdirSource::open(path).expect("a source");
    let around = Window {
        from: "2026-11-21T00:00:00Z".parse().expect("a time"),
        to: "2027-01-20T00:00:00Z".parse().expect("a time"),
    };
    let error = source.list(None, around).await.err().expect("an error");
    assert_eq!(error.kind(), Kind::Missing);
    let error = source
        .read(&[Href::new("a.ics")])
        .await
        .expect_err("an error");
    assert_eq!(error.kind(), Kind::Missing);
}

#[tokio::test]
async fn many_writers_of_one_entry_do_not_take_away_each_others_files() {
    let (directory, calendar) = open();
    let draft = draft();
    let writes = (0..16).map(|_| calendar.create(&draft));
    let done = futures_util::future::join_all(writes).await;
    assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1);
    for error in done.into_iter().filter_map(Result::err) {
        assert_eq!(error.kind(), Kind::Stale, "{error}");
    }
    assert_eq!(files(directory.path()), [draft.href.as_str()]);
}

#[cfg(unix)]
#[tokio::test]
async fn the_rights_of_a_file_are_kept_and_a_link_stays_a_link() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let (directory, calendar) = open();
    let elsewhere = tempfile::tempdir().expect("a directory");
    let draft = draft();
    let written = calendar.create(&draft).await.expect("created");
    let path = directory.path().join(draft.href.as_str());
    let real = elsewhere.path().join("real.ics");
    fs::rename(&path, &real).expect("moved");
    symlink(&real, &path).expect("linked");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("set");
    assert_eq!(names(&calendar).await, [draft.href.as_str()]);
    let written = calendar
        .update(&edit(&draft, written.etag))
        .await
        .expect("updated");
    assert!(fs::symlink_metadata(&path).expect("a file").is_symlink());
    let mode = fs::metadata(&real).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(files(elsewhere.path()), ["real.ics"]);
    calendar
        .delete(&draft.href, written.etag.as_ref())
        .await
        .expect("deleted");
    assert!(real.exists(), "only the link is ours to remove");
    symlink(directory.path().join("nowhere"), &path).expect("linked");
    assert_eq!(names(&calendar).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_file_over_the_limit_is_broken_and_its_changes_are_seen() {
    let (directory, calendar) = open();
    let path = directory.path().join("big.ics");
    let tag = async || {
        let mut listing = calendar.list(None).await.expect("a listing");
        listing.next().await.expect("lines").expect("some")
    };
    fs::write(&path, vec![b'x'; 2 * 1024 * 1024]).expect("written");
    assert!(matches!(
        read(&calendar, "big.ics").await,
        Content::Broken(_)
    ));
    let before = tag().await;
    fs::write(&path, vec![b'x'; 2 * 1024 * 1024 + 1]).expect("written");
    assert_ne!(tag().await, before);
}

#[tokio::test]
async fn an_entry_that_could_not_be_read_back_is_not_written() {
    let (directory, calendar) = open();
    let mut draft = draft();
    draft.entry.fields.set(Field::Time, "");
    let error = calendar.create(&draft).await.expect_err("an error");
    assert_eq!(error.kind(), Kind::Refused);
    assert_eq!(files(directory.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_name_that_the_file_system_refuses_is_refused() {
    let (_directory, calendar) = open();
    let mut draft = draft();
    draft.href = Href::new(format!("{}.ics", "x".repeat(300)));
    let error = calendar.create(&draft).await.expect_err("an error");
    assert_eq!(error.kind(), Kind::Refused, "{error}");
}

#[test]
fn each_cause_has_a_kind_and_a_remedy() {
    let cases = [
        (ErrorKind::PermissionDenied, Kind::Local, "give the user"),
        (
            ErrorKind::ReadOnlyFilesystem,
            Kind::Local,
            "mount it writable",
        ),
        (ErrorKind::StorageFull, Kind::Local, "free some space"),
        (ErrorKind::QuotaExceeded, Kind::Local, "free some space"),
        (
            ErrorKind::InvalidFilename,
            Kind::Refused,
            "does not take a name",
        ),
        (
            ErrorKind::StaleNetworkFileHandle,
            Kind::Transient,
            "network drive",
        ),
        (ErrorKind::Other, Kind::Local, "system's log"),
    ];
    for (cause, kind, hint) in cases {
        let error = failure(
            "writing x.ics".to_owned(),
            Path::new("/calendars/home"),
            io::Error::from(cause),
        );
        assert_eq!(error.kind(), kind);
        let remedy = error.remedy().expect("a hint");
        assert!(
            remedy.contains(hint) && remedy.contains("/calendars/home"),
            "{remedy}"
        );
    }
}
