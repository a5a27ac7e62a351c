//! A digest of what a text says, however a server writes it.

use super::super::broken::Broken;
use super::super::component::{Component, Document};
use crate::domain::fingerprint::Fingerprint;

/// Lines that say when and by whom something was written (FIELD.md section 2).
const NOISE: [&str; 6] = [
    "PRODID",
    "DTSTAMP",
    "LAST-MODIFIED",
    "CREATED",
    "SEQUENCE",
    "CALSCALE",
];

/// The same for two texts that differ only in order, folding, and marks of time and program.
///
/// # Errors
/// When the text cannot be read.
pub fn print(bytes: &[u8]) -> Result<Fingerprint, Broken> {
    let document = Document::parse(bytes)?;
    let mut said: Vec<String> = document.components.iter().map(say).collect();
    said.sort();
    Ok(Fingerprint::of(said))
}

/// Whether two texts say the same, however each is written.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one == other || matches!((print(one), print(other)), (Ok(one), Ok(other)) if one == other)
}

/// Everything that a component says, in an order of its own. Its depth is bounded by the reader.
fn say(component: &Component) -> String {
    let mut lines: Vec<String> = component
        .lines()
        .filter(|line| NOISE.iter().all(|noise| !line.is(noise)))
        .map(|line| {
            let mut parameters: Vec<String> = line
                .parameters()
                .into_iter()
                .map(|parameter| format!("{}={}", parameter.name, parameter.value))
                .collect();
            parameters.sort();
            let name = line.name().to_ascii_uppercase();
            format!("{name};{}:{}", parameters.join(";"), line.value().trim())
        })
        .collect();
    let inner = component
        .components()
        .filter(|inner| !inner.is("VTIMEZONE"))
        .map(say);
    lines.extend(inner);
    lines.sort();
    Fingerprint::of(lines).as_str().to_owned()
}
