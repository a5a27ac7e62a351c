//! Secrets as people paste them: with more around them than the secret.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rstest::rstest;

use super::machine::Alive;

/// The secret of the app is in a file with this in it.
fn in_file(text: &str) -> Alive {
    let alive = Alive::server_to_server();
    let path = alive.machine.home.path().join("client-secret");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let machine = &alive.machine;
    machine.rewrite("\"demo-client-secret\"", "{ file = \"client-secret\" }");
    alive
}

#[rstest]
#[case("\u{feff}demo-client-secret\r\n")]
#[case("  demo-client-secret \n")]
#[case("\n\ndemo-client-secret\n")]
#[case("demo-client-secret\nuser: alice\nurl: example.org\n")]
fn what_stands_around_a_secret_is_not_taken_for_it(
    #[case] text: &str,
    #[values("file", "command", "env")] form: &str,
) {
    let alive = in_file(text);
    let machine = &alive.machine;
    let path = machine.home.path().join("client-secret");
    match form {
        "command" => {
            let form = format!("{{ command = [\"cat\", \"{}\"] }}", path.display());
            machine.rewrite("{ file = \"client-secret\" }", &form);
        }
        "env" => machine.rewrite("{ file = \"client-secret\" }", "{ env = \"CLIENT\" }"),
        _ => {}
    }
    let mut command = machine.command(&["sync"]);
    command.env("CLIENT", text);
    let (code, out, error) = super::outcome(command);
    assert_eq!(code, 0, "{out}{error}");
}

#[test]
fn blanks_around_a_secret_in_the_configuration_are_not_taken_for_it() {
    let alive = Alive::server_to_server();
    alive
        .machine
        .rewrite("\"demo-client-secret\"", "\" demo-client-secret\\r\\n\"");
    let (code, out, error) = alive.machine.run(&["sync"]);
    assert_eq!(code, 0, "{out}{error}");
}

#[rstest]
#[case(" \n\t\r\n", "gives nothing")]
#[case("demo\0client-secret", "control characters")]
fn what_is_no_secret_is_told_with_its_key_and_file(#[case] text: &str, #[case] cause: &str) {
    let alive = in_file(text);
    let (code, out, error) = alive.machine.run(&["sync"]);
    assert_eq!(code, 3, "{out}{error}");
    for word in [
        "zoom.auth.client_secret",
        "config.toml:",
        "/client-secret",
        cause,
    ] {
        assert!(out.contains(word), "{word}: {out}");
    }
}

#[rstest]
#[case("\" \"", "the secret is empty")]
#[case("\"one\\ntwo\"", "several lines")]
#[case("\"one\\u0000two\"", "control characters")]
fn what_is_no_secret_in_the_configuration_is_a_mistake(#[case] form: &str, #[case] cause: &str) {
    let alive = Alive::server_to_server();
    alive.machine.rewrite("\"demo-client-secret\"", form);
    let (code, _, error) = alive.machine.run(&["sync"]);
    assert_eq!(code, 2, "{error}");
    for word in ["zoom.auth.client_secret", "config.toml:", cause] {
        assert!(error.contains(word), "{word}: {error}");
    }
}

/// It is sent as it is, because a secret may look like this; who is refused is told.
#[rstest]
#[case("\"demo-client-secret\"\n", "stands in quotes")]
#[case("client_secret = demo-client-secret\n", "looks like `name = value`")]
fn what_was_pasted_with_more_than_the_secret_is_told(#[case] text: &str, #[case] words: &str) {
    let alive = in_file(text);
    for command in [&["sync"][..], &["check"]] {
        let (code, out, error) = alive.machine.run(command);
        assert_eq!(code, 3, "{out}{error}");
        assert!(out.contains(words), "{command:?}: {out}{error}");
        assert!(!out.contains("demo-client-secret") && !error.contains("demo-client-secret"));
    }
}
