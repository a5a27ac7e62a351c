//! `logout` against the built-in account.

use slotbridge::demo::account::{Door, Fault};

use super::browser::{log_in, newcomer};
use super::machine::Alive;

#[test]
fn logout_revokes_and_forgets() {
    let alive = newcomer();
    assert_eq!(log_in(&alive).code, 0);
    assert!(
        alive
            .machine
            .run(&["state", "export"])
            .1
            .contains("\"token/")
    );
    alive
        .account
        .faults()
        .always("POST", "/oauth/revoke", Fault::Status(500));
    let (code, _, error) = alive.machine.run(&["logout"]);
    assert_eq!(code, 4, "{error}");
    assert_eq!(alive.sync().0, 0, "nothing is forgotten before Zoom knows");
    alive.account.faults().clear();

    // An access token that is over is renewed first: Zoom ends a login by a living one.
    alive.account.expire_access_tokens();
    let (code, out, error) = alive.machine.run(&["logout"]);
    assert_eq!((code, out.starts_with("logged out")), (0, true), "{error}");
    assert_eq!(alive.account.refresh_token(), None);
    assert!(
        !alive
            .machine
            .run(&["state", "export"])
            .1
            .contains("\"token/")
    );
    let (code, out, _) = alive.machine.run(&["logout"]);
    assert_eq!((code, out.as_str()), (0, "nobody was logged in\n"));
}

#[test]
fn a_seed_in_the_configuration_stands_beside_a_login() {
    let alive = Alive::user();
    assert_eq!(log_in(&alive).code, 0);
    alive.account.expire_access_tokens();
    assert_eq!(alive.sync().0, 0, "the seed is spent, the login is not");
    let (code, out, error) = alive.machine.run(&["logout"]);
    assert_eq!(code, 0, "{error}");
    assert!(
        out.contains("zoom.auth.refresh_token still stands"),
        "{out}"
    );
    assert_eq!(alive.account.refresh_token(), None);
}

#[test]
fn logout_only_here_asks_zoom_nothing() {
    let alive = newcomer();
    assert_eq!(log_in(&alive).code, 0);
    let asked = alive.account.request_count(Door::Oauth);
    let (code, out, _) = alive.machine.run(&["logout", "--only-here"]);
    assert_eq!(code, 0);
    assert!(out.contains("Added Apps"), "{out}");
    assert_eq!(alive.account.request_count(Door::Oauth), asked);
    assert_eq!(alive.machine.run(&["sync"]).0, 3);
}
