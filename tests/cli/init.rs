//! `config init` on a terminal, against the built-in account and a real calendar server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use rstest::rstest;
use slotbridge::demo::account::{Fault, NewBooking};

use super::asked::{Newcomer, Step, all, answer, host, mode, on_radicale, secret, usual};
use super::servers::{PASSWORD, Radicale, Server, USER, Xandikos};

#[test]
fn what_was_answered_works_at_once() {
    let (newcomer, server) = (Newcomer::new(), Radicale::start());
    let family = newcomer.home.path().join("family.ics");
    fs::write(
        &family,
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n",
    )
    .unwrap();
    let rest = [
        usual("What shall the configuration call it?"),
        usual("Do the events in work make you busy? [yes]"),
        answer("Is there another calendar that makes you busy? [no]", "y"),
        answer("Where is it?", "3"),
        answer("Its address, or the file", &family.display().to_string()),
        usual("User name"),
        answer("What shall the configuration call it?", "family"),
        usual("Is there another calendar that makes you busy? [no]"),
        answer("Keep the working hours of Zoom", "yes"),
    ];
    let steps = all(&[&newcomer.app(), &host(), &on_radicale(&server.url()), &rest]);
    let talk = newcomer.talk(&[], &steps);
    assert_eq!(talk.code, 0, "{}", talk.seen);
    for said in [
        "ok: Zoom takes the app",
        "found: \"Work\"",
        "ok: calendar, writing work: a test object was written, read back and removed",
        "written: ",
        "slotbridge check",
        "slotbridge sync --dry-run",
    ] {
        assert!(talk.seen.contains(said), "{said}: {}", talk.seen);
    }
    assert!(!talk.seen.contains("slotbridge login "), "{}", talk.seen);

    let folder = newcomer.folder();
    let config = newcomer.config();
    for name in ["config.toml", "client-secret", "dav-password"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
    let said = "password = { file = \"~/.config/slotbridge/dav-password\" }";
    assert!(config.contains(said), "{config}");
    assert!(!config.contains(PASSWORD), "{config}");
    assert!(config.contains(&server.calendar_url()), "{config}");
    assert!(config.contains("from = [\"work\", \"family\"]"), "{config}");

    let (code, out, error) = newcomer.run(&["config", "show"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let (code, out, error) = newcomer.run(&["check"]);
    assert_eq!(code, 0, "{out}{error}");
    let start = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let booking = NewBooking::new(start, "Bob Bunting", "bob@example.org");
    newcomer.account.book(booking);
    let (code, out, error) = newcomer.run(&["sync"]);
    assert_eq!(code, 0, "{out}{error}");
}

#[test]
fn what_is_wrong_is_said_and_asked_again() {
    let (newcomer, server) = (Newcomer::new(), Radicale::start());
    let app = newcomer.account.options();
    let account = format!("Account id, from the app's page [{}]", app.account_id);
    let client = format!("Client id, from the app's page [{}]", app.client_id);
    // What was right stands there as the usual answer; the secret is asked for anew.
    let right_app = [
        usual("Number [1]: "),
        usual(&account),
        usual(&client),
        usual("How is the client secret kept?"),
        secret("not shown): ", &app.client_secret),
    ];
    let wrong_app = [
        answer("Number [1]: ", "seven"),
        usual("answer a number from 1 to 2"),
        answer("Account id", &app.account_id),
        answer("Client id", &app.client_id),
        usual("How is the client secret kept?"),
        secret("not shown): ", "hush-wrong"),
        answer("invalid_client", "1"),
    ];
    let wrong_host = [
        answer("What shall commands and logs call", "a/lice"),
        answer("no slash", "alice"),
        answer("Their mail address", "alice-at-example"),
        usual("that is no mail address"),
        usual("Their user in Zoom"),
    ];
    let wrong_password = [
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", "https://"),
        answer("this is no address", "1"),
        answer("mail address there: ", &server.url()),
        answer("User name", USER),
        answer("How is the password kept?", "2"),
        answer("The command", "echo wrong"),
        answer("401", "1"),
    ];
    let good = [
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", &server.calendar_url()),
        answer("User name", USER),
        answer("How is the password kept?", "1"),
        secret("not shown): ", PASSWORD),
        answer("What shall the configuration call it?", "a/b"),
        answer("this cannot be a name", "2"),
        answer("The directory", "~/.config"),
        answer("There is none yet. Make it?", "maybe"),
        answer("answer yes or no", "no"),
        answer("The directory", "~/bookings"),
        usual("There is none yet. Make it?"),
        usual("What shall the configuration call it? [bookings]"),
        answer("make you busy? [yes]", "no"),
        usual("another calendar"),
        usual("Keep the working hours"),
    ];
    let steps = all(&[&wrong_app, &right_app, &wrong_host, &wrong_password, &good]);
    let talk = newcomer.talk(&[], &steps);
    assert_eq!(talk.code, 0, "{}", talk.seen);
    let config = newcomer.config();
    assert!(config.contains("path = \"~/bookings\""), "{config}");
    assert!(
        !config.contains("[host.busy]") && !config.contains("caldav"),
        "{config}"
    );
    assert!(newcomer.home.path().join("bookings").is_dir());
    let secret = fs::read_to_string(newcomer.folder().join("client-secret")).unwrap();
    assert_eq!(secret.trim_end(), app.client_secret);
    let (code, out, error) = newcomer.run(&["check"]);
    assert_eq!(code, 0, "{out}{error}");
}

#[test]
fn what_cannot_be_tried_now_may_be_kept() {
    let newcomer = Newcomer::new();
    let steps = [
        answer("Number [1]: ", "2"),
        answer("Client id", "an id"),
        answer("How is the client secret kept?", "3"),
        answer("The file", "~/not-there"),
        answer("No such file", "2"),
        usual("What shall commands and logs call"),
        usual("Their mail address"),
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", "http://127.0.0.1:9/alice/"),
        usual("User name"),
        answer("looking for calendars on 127.0.0.1", "2"),
        answer("The calendar's name there", "Work"),
        usual("What shall the configuration call it? [work]"),
        answer("calendar work: ", "2"),
        usual("make you busy? [yes]"),
        usual("another calendar"),
        usual("Keep the working hours"),
    ];
    let other = newcomer.home.path().join("other/slotbridge.toml");
    let talk = newcomer.talk(&[&other.display().to_string()], &steps);
    assert_eq!(talk.code, 0, "{}", talk.seen);
    let next = format!("slotbridge --config {} login", other.display());
    assert!(talk.seen.contains(&next), "{}", talk.seen);
    let words = ["--config", &other.display().to_string(), "config", "show"];
    let (code, out, error) = newcomer.run(&words);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    assert!(out.contains("collection = \"Work\""), "{out}");
    assert_eq!(mode(other.parent().unwrap()), 0o700);
}

#[test]
fn several_calendars_of_one_server_are_chosen_by_number() {
    let (newcomer, server) = (Newcomer::new(), Xandikos::start());
    let steps = [
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", &server.url()),
        usual("User name"),
        answer("Which one?", "1"),
        usual("What shall the configuration call it?"),
        usual("make you busy? [yes]"),
        answer("Which of the others there make you busy, too?", "9"),
        answer("answer numbers from 1", "1"),
        usual("another calendar"),
        usual("Keep the working hours"),
    ];
    let talk = newcomer.talk(&[], &all(&[&newcomer.app(), &host(), &steps]));
    assert_eq!(talk.code, 0, "{}", talk.seen);
    let config = newcomer.config();
    assert_eq!(config.matches("[[calendar]]").count(), 2, "{config}");
    assert_eq!(newcomer.run(&["check"]).0, 0);
}

/// Where it ends: how many answers are given before, and the key.
#[rstest]
#[case::at_once(0, "\u{4}", "the input ended")]
#[case::in_a_secret(4, "\u{4}", "the input ended")]
#[case::later(9, "\u{4}", "the input ended")]
#[case::interrupted(2, "\u{3}", "interrupted")]
#[case::interrupted_in_a_secret(12, "\u{3}", "interrupted")]
fn whatever_ends_it_leaves_nothing_behind(
    #[case] answered: usize,
    #[case] end: &str,
    #[case] cause: &str,
) {
    let newcomer = Newcomer::new();
    let server: Option<Server> = (answered > 9).then(Radicale::start);
    let address = server.as_ref().map(Server::url).unwrap_or_default();
    let mut steps = all(&[&newcomer.app(), &host(), &on_radicale(&address)]);
    steps.truncate(answered + 1);
    let last = steps.pop().unwrap();
    let how = if last.2 == "hidden" {
        "hidden key"
    } else {
        "key"
    };
    steps.push(Step(last.0, end.to_owned(), how));
    let talk = newcomer.talk(&[], &steps);
    assert_eq!(talk.code, 2, "{}", talk.seen);
    for said in [cause, "nothing was written", "hint: "] {
        assert!(talk.seen.contains(said), "{said}: {}", talk.seen);
    }
    newcomer.ensure_nothing_is_left();
}

#[test]
fn a_file_that_is_there_is_left_alone_and_nothing_is_asked() {
    let newcomer = Newcomer::new();
    fs::create_dir_all(newcomer.folder()).unwrap();
    fs::write(newcomer.folder().join("config.toml"), "# mine").unwrap();
    let talk = newcomer.talk(&[], &[]);
    assert_eq!(talk.code, 2, "{}", talk.seen);
    assert!(talk.seen.contains("left as it is"), "{}", talk.seen);
    assert!(!talk.seen.contains('?'), "{}", talk.seen);
    assert_eq!(newcomer.config(), "# mine");
}

#[test]
fn without_questions_it_is_the_file_to_fill_in() {
    let newcomer = Newcomer::new();
    let talk = newcomer.talk(&["--no-input"], &[]);
    assert_eq!(talk.code, 0, "{}", talk.seen);
    assert_eq!(newcomer.config(), slotbridge::settings::STARTER);
}

#[test]
fn a_calendar_at_google_is_logged_in_to_afterwards() {
    let newcomer = Newcomer::new();
    let steps = [
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", "alice@gmail.com"),
        usual("The account's mail address [alice@gmail.com]"),
        answer("Client id of your OAuth client", "an id"),
        usual("How is the client secret kept?"),
        secret("not shown): ", "hush-google"),
        usual("What shall the configuration call it? [google]"),
        usual("make you busy? [yes]"),
        usual("another calendar"),
        usual("Keep the working hours"),
    ];
    let talk = newcomer.talk(&[], &all(&[&newcomer.app(), &host(), &steps]));
    assert_eq!(talk.code, 0, "{}", talk.seen);
    assert!(
        talk.seen.contains("login --calendar 'google'"),
        "{}",
        talk.seen
    );
    assert_eq!(mode(&newcomer.folder().join("google-secret")), 0o600);
    let (code, out, error) = newcomer.run(&["config", "show"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let (code, out, error) = newcomer.run(&["login", "--calendar", "google", "--no-browser"]);
    assert_eq!(code, 2, "{out}{error}");
    assert!(
        out.contains("https://accounts.google.com/o/oauth2/v2/auth?"),
        "{error}"
    );
}

#[test]
fn a_password_may_come_from_a_command_or_a_file() {
    let (newcomer, server) = (Newcomer::new(), Radicale::start());
    let pass = newcomer.home.path().join("pass");
    fs::write(&pass, format!("{PASSWORD}\n")).unwrap();
    fs::set_permissions(&pass, fs::Permissions::from_mode(0o644)).unwrap();
    let steps = [
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", &server.url()),
        answer("User name", USER),
        answer("How is the password kept?", "2"),
        answer("The command", "cat ~/pass"),
        usual("What shall the configuration call it? [work]"),
        answer("make you busy? [yes]", "no"),
        answer("another calendar", "yes"),
        answer("Where is it?", "1"),
        answer("mail address there: ", &server.calendar_url()),
        answer("User name", USER),
        answer("How is the password kept?", "3"),
        answer("The file", "~/pass"),
        usual("What shall the configuration call it? [work-2]"),
        usual("another calendar"),
        usual("Keep the working hours"),
    ];
    let talk = newcomer.talk(&[], &all(&[&newcomer.app(), &host(), &steps]));
    assert_eq!(talk.code, 0, "{}", talk.seen);
    // The file is one that everybody here can read.
    assert!(
        talk.seen.contains("warning: ") && talk.seen.contains("chmod 600"),
        "{}",
        talk.seen
    );
    let config = newcomer.config();
    for said in [
        "password = { command = [\"sh\", \"-c\", \"cat ~/pass\"] }",
        "password = { file = \"~/pass\" }",
        "from = [\"work-2\"]",
    ] {
        assert!(config.contains(said), "{said}: {config}");
    }
    let (code, out, error) = newcomer.run(&["sync"]);
    assert_eq!(code, 0, "{out}{error}");
}

#[test]
fn a_try_that_hangs_can_be_interrupted() {
    let newcomer = Newcomer::new();
    let late = Fault::DelayAfter(Duration::from_mins(5));
    newcomer.account.faults().once("POST", "/oauth/token", late);
    let mut steps = newcomer.app();
    steps.push(Step("trying it".to_owned(), "\u{3}".to_owned(), "key"));
    let talk = newcomer.talk(&[], &steps);
    assert_eq!(talk.code, 2, "{}", talk.seen);
    assert!(
        talk.seen.contains("interrupted; nothing was written"),
        "{}",
        talk.seen
    );
    newcomer.ensure_nothing_is_left();
}

#[test]
fn what_cannot_be_written_in_the_end_leaves_no_directory_behind() {
    let newcomer = Newcomer::new();
    let file = newcomer.home.path().join("file");
    fs::write(&file, "mine").unwrap();
    let rest = [
        answer("In which calendar shall the bookings stand?", "2"),
        answer("The directory", "~/made/bookings"),
        usual("There is none yet. Make it?"),
        usual("What shall the configuration call it? [bookings]"),
        answer("make you busy? [yes]", "no"),
        answer("Is there another calendar", "yes"),
        answer("Where is it?", "2"),
        answer("The directory", "~/file/family"),
        usual("There is none yet. Make it?"),
        usual("What shall the configuration call it? [family]"),
        usual("another calendar"),
        usual("Keep the working hours"),
    ];
    let talk = newcomer.talk(&[], &all(&[&newcomer.app(), &host(), &rest]));
    assert_eq!(talk.code, 2, "{}", talk.seen);
    assert!(talk.seen.contains("/file/family: "), "{}", talk.seen);
    let left = fs::read_dir(newcomer.home.path()).unwrap();
    let left: Vec<_> = left.map(|one| one.unwrap().path()).collect();
    assert_eq!(left, [file]);
}
