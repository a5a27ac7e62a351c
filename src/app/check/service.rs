//! The units of systemd that would start slotbridge: the system's, and this person's.

use std::process::Stdio;
use std::time::Duration;

use super::super::failure::Exit;
use super::Item;

const NAME: &str = "systemd";
const OBJECT: &str = "slotbridge.service";
const PATIENCE: Duration = Duration::from_secs(5);

/// How a unit is, in systemd's own words.
#[derive(Clone, Debug)]
struct Unit {
    load: String,
    active: String,
    sub: String,
    file: String,
}

/// Whose a unit is, and how its commands are typed.
#[derive(Clone, Copy, Debug)]
struct Whose {
    words: &'static str,
    systemctl: &'static str,
    journalctl: &'static str,
}

const SYSTEM: Whose = Whose {
    words: "installed for the system",
    systemctl: "sudo systemctl",
    journalctl: "sudo journalctl",
};
const USER: Whose = Whose {
    words: "installed for this user",
    systemctl: "systemctl --user",
    journalctl: "journalctl --user",
};

pub(super) async fn item() -> Item {
    let (system, user) = tokio::join!(ask("--system"), ask("--user"));
    of_units(system, user)
}

fn of_units(system: Option<Unit>, user: Option<Unit>) -> Item {
    if system.is_none() && user.is_none() {
        return Item::note(NAME, OBJECT, "there is no systemd to ask");
    }
    let units = [(SYSTEM, system), (USER, user)];
    let there = units
        .into_iter()
        .filter_map(|(whose, unit)| Some((whose, unit?)))
        .filter(|(_, unit)| unit.load != "not-found");
    // A package has both; what counts is the one that somebody started.
    let chosen = there.min_by_key(|(_, unit)| match unit.active.as_str() {
        "failed" => 0,
        "inactive" if unit.file == "enabled" => 2,
        "inactive" => 3,
        _ => 1,
    });
    match chosen {
        Some((whose, unit)) => of_unit(whose, &unit),
        None => Item::note(
            NAME,
            OBJECT,
            "not installed: slotbridge runs only when somebody starts it",
        ),
    }
}

fn of_unit(whose: Whose, unit: &Unit) -> Item {
    let Whose {
        words,
        systemctl,
        journalctl,
    } = whose;
    let Unit {
        load,
        active,
        sub,
        file,
    } = unit;
    let wrong = |seen: String, hint: String| Item::wrong(NAME, OBJECT, Exit::Attention, seen, hint);
    match (load.as_str(), active.as_str()) {
        ("masked", _) => Item::warning(
            NAME,
            OBJECT,
            format!("{words}, but masked: systemd never starts it"),
            format!("type `{systemctl} unmask slotbridge` if it shall run"),
        ),
        ("loaded", "failed") => wrong(
            format!("{words}, failed"),
            format!(
                "`{journalctl} -u slotbridge -n 50` says why; then `{systemctl} restart slotbridge`"
            ),
        ),
        ("loaded", "activating") if sub == "auto-restart" => wrong(
            format!("{words}, and it ends again and again"),
            format!("`{journalctl} -u slotbridge -n 50` says why"),
        ),
        ("loaded", "inactive") => Item::warning(
            NAME,
            OBJECT,
            format!("{words}, but not running ({file})"),
            format!("type `{systemctl} enable --now slotbridge` if it shall run"),
        ),
        ("loaded", _) if file == "disabled" => Item::warning(
            NAME,
            OBJECT,
            format!("{words}, {active}, but not enabled: it will not come back by itself"),
            format!("type `{systemctl} enable slotbridge`"),
        ),
        ("loaded", _) => Item::ok(NAME, OBJECT, format!("{words}, {active}")),
        _ => wrong(
            format!("{words}, but systemd cannot load it ({load})"),
            format!("`{systemctl} status slotbridge` says why"),
        ),
    }
}

/// How a unit is; `None` where nobody can be asked.
async fn ask(whose: &str) -> Option<Unit> {
    let asked = tokio::process::Command::new("systemctl")
        .args([whose, "show", OBJECT])
        .arg("--property=LoadState,ActiveState,SubState,UnitFileState")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let value = |key: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.strip_prefix('=')?.to_owned())
    };
    let load = value("LoadState").filter(|_| output.status.success())?;
    Some(Unit {
        load,
        active: value("ActiveState").unwrap_or_default(),
        sub: value("SubState").unwrap_or_default(),
        file: value("UnitFileState").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::check::Grade;
    use rstest::rstest;

    fn unit(words: &str) -> Option<Unit> {
        let mut words = words.split(' ').map(str::to_owned);
        let mut next = || words.next().filter(|word| !word.is_empty());
        Some(Unit {
            load: next()?,
            active: next()?,
            sub: next()?,
            file: next()?,
        })
    }

    const GONE: &str = "not-found inactive dead -";

    #[rstest]
    #[case("", "", Grade::Note, "no systemd", "")]
    #[case(GONE, GONE, Grade::Note, "not installed", "")]
    #[case(
        "loaded active running enabled",
        "",
        Grade::Ok,
        "for the system, active",
        ""
    )]
    #[case(
        "loaded failed failed enabled",
        GONE,
        Grade::Failed,
        "failed",
        "sudo journalctl -u slotbridge"
    )]
    #[case(
        GONE,
        "loaded failed failed enabled",
        Grade::Failed,
        "failed",
        "journalctl --user -u slotbridge"
    )]
    #[case(
        "loaded activating auto-restart enabled",
        "",
        Grade::Failed,
        "again",
        "journalctl"
    )]
    #[case(
        "loaded inactive dead enabled",
        GONE,
        Grade::Warning,
        "not running (enabled)",
        "sudo systemctl enable --now"
    )]
    #[case(
        "loaded inactive dead disabled",
        GONE,
        Grade::Warning,
        "not running (disabled)",
        "sudo systemctl enable --now"
    )]
    #[case(
        "loaded active running disabled",
        GONE,
        Grade::Warning,
        "not enabled",
        "sudo systemctl enable slotbridge"
    )]
    #[case(
        "masked inactive dead masked",
        GONE,
        Grade::Warning,
        "masked",
        "sudo systemctl unmask"
    )]
    #[case(
        "bad-setting inactive dead enabled",
        GONE,
        Grade::Failed,
        "bad-setting",
        "sudo systemctl status"
    )]
    // The package brings both.
    #[case(
        "loaded inactive dead disabled",
        "loaded active running enabled",
        Grade::Ok,
        "for this user",
        ""
    )]
    fn a_unit_that_does_not_run_is_said_with_what_to_type(
        #[case] system: &str,
        #[case] user: &str,
        #[case] state: Grade,
        #[case] seen: &str,
        #[case] hint: &str,
    ) {
        let item = of_units(unit(system), unit(user));
        assert_eq!(item.state, state, "{item:?}");
        assert!(item.seen.contains(seen), "{item:?}");
        assert!(item.hint.unwrap_or_default().contains(hint));
    }
}
