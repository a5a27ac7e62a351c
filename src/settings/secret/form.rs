//! Where a secret comes from, as the configuration has it.

use toml::Value;

use super::{Secret, Source};

impl Secret {
    /// The text that names the same secret in a configuration; none for one that stands there
    /// itself.
    #[must_use]
    pub fn form(&self) -> Option<String> {
        let text = |text: &str| Value::String(text.to_owned()).to_string();
        let (word, value) = match &self.source {
            Source::Plain(_) => return None,
            Source::File(path) => ("file", text(&path.to_string_lossy())),
            Source::Command(words) => {
                let words: Vec<String> = words.iter().map(|word| text(word)).collect();
                ("command", format!("[{}]", words.join(", ")))
            }
            Source::Variable(name, _) => ("env", text(name)),
            Source::Credential(name, _) => ("credential", text(name)),
        };
        Some(format!("{{ {word} = {value} }}"))
    }
}
