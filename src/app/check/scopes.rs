//! What the app in Zoom may do.

use super::super::failure::Exit;
use super::super::scopes::{self, Need};
use super::Item;
use crate::ports::error::Result;
use crate::settings::Settings;
use crate::settings::resolved::Auth;

/// What Zoom says that the app may do, against what is configured.
pub(super) fn item(settings: &Settings, granted: Result<Vec<String>>) -> Item {
    let (item, object) = ("Zoom scopes", "zoom.auth");
    let granted = match granted {
        Ok(granted) if granted.is_empty() => {
            return Item::note(item, object, "Zoom does not say which the app has");
        }
        Ok(granted) => granted,
        Err(error) => return Item::failed(item, object, &error),
    };
    let lacking = scopes::lacking(settings, &granted);
    if lacking.needed.is_empty() {
        let mut seen = "the app has all that the configured flows need".to_owned();
        if !lacking.better.is_empty() {
            seen.push_str("; busy time goes to the availability, the Zoom calendar would need ");
            seen.push_str(&list(&lacking.better));
        }
        return Item::ok(item, object, seen);
    }
    let again = match settings.zoom.auth {
        Some(Auth::ServerToServer { .. }) => "activate it again",
        Some(Auth::User { .. }) | None => "run `slotbridge login` again",
    };
    Item::wrong(
        item,
        object,
        Exit::Denied,
        format!("the app lacks {}", list(&lacking.needed)),
        format!(
            "add these scopes to the app in Zoom's marketplace (for other users the `:admin` ones), then {again}"
        ),
    )
}

fn list(needs: &[Need]) -> String {
    let named = needs
        .iter()
        .map(|need| format!("{} ({})", need.scope, need.purpose));
    named.collect::<Vec<_>>().join(", ")
}
