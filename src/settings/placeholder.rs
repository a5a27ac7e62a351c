//! What still stands as our own starter file and guides have it, to be filled in.

use config::{Map, Value, ValueKind};

use super::layers::Layers;
use super::mistake::{Mistake, Mistakes};

/// Every value that nobody filled in, as a mistake. Such a file can still be looked at, so that it is
/// said by what needs the values alone.
pub(super) fn all(layers: &Layers) -> Vec<Mistake> {
    let mut mistakes = Mistakes::default();
    of_table(layers, "", &layers.root, &mut mistakes);
    mistakes.sorted()
}

fn of_table(layers: &Layers, path: &str, table: &Map<String, Value>, mistakes: &mut Mistakes) {
    for (key, value) in table {
        let key = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        of_value(layers, &key, value, mistakes);
    }
}

fn of_value(layers: &Layers, key: &str, value: &Value, mistakes: &mut Mistakes) {
    match &value.kind {
        ValueKind::String(text) => {
            if let Some(word) = word(text) {
                let cause = format!("{word} stands there still, as in the example");
                mistakes.add(layers.origin(value), key, cause, remedy(key));
            }
        }
        ValueKind::Table(table) => of_table(layers, key, table, mistakes),
        ValueKind::Array(items) => {
            for item in items {
                let name = match &item.kind {
                    ValueKind::Table(table) => table.get("name").map(|name| &name.kind),
                    _ => None,
                };
                match name {
                    Some(ValueKind::String(name)) => {
                        of_value(layers, &format!("{key}.{name}"), item, mistakes);
                    }
                    _ => of_value(layers, key, item, mistakes),
                }
            }
        }
        _ => {}
    }
}

/// The placeholder in a text. It is one of ours, so that it may be quoted even where a secret belongs.
fn word(text: &str) -> Option<&str> {
    text.split(['/', '.', ':', '@']).find(|part| {
        *part == "FILL-IN"
            || part.strip_prefix("YOUR-").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
            })
    })
}

fn remedy(key: &str) -> &'static str {
    let last = key.rsplit('.').next().unwrap_or(key);
    match last {
        "client_id" | "client_secret" | "account_id" if key.starts_with("zoom.") => {
            "write what the app's page in Zoom's App Marketplace shows"
        }
        "client_id" | "client_secret" => "write what the page of your app shows",
        "url" | "public_url" => "write the address of your own server",
        "username" => "write your user name there",
        _ => "write your own value",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("FILL-IN", Some("FILL-IN"))]
    #[case("YOUR-ACCOUNT-ID", Some("YOUR-ACCOUNT-ID"))]
    #[case("https://YOUR-SERVER/remote.php/dav/", Some("YOUR-SERVER"))]
    #[case("YOUR-ID.apps.googleusercontent.com", Some("YOUR-ID"))]
    #[case("https://dav.example.org/alice/work/", None)]
    #[case("YOUR-", None)]
    #[case("xYOUR-SERVER", None)]
    #[case("FILL-IN-THE-BLANKS", None)]
    fn only_the_words_of_the_examples_count(#[case] text: &str, #[case] found: Option<&str>) {
        assert_eq!(word(text), found);
    }
}
