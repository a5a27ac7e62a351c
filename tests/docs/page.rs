//! A page of the documentation: its fenced blocks and its links.

use std::fs;
use std::path::{Path, PathBuf};

/// A fenced block.
pub struct Block {
    /// What stands behind the fence: `sh`, `toml`, `text` or nothing.
    pub kind: String,
    /// What stands in it.
    pub text: String,
    /// The paragraph before it.
    pub before: String,
    /// The line of its fence.
    pub line: usize,
}

/// A page.
pub struct Page {
    /// Its path below the root of the project.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Page {
    /// README.md and everything in docs.
    pub fn all() -> Vec<Self> {
        let mut paths = vec![PathBuf::from("README.md")];
        for entry in fs::read_dir(root().join("docs")).unwrap() {
            let name = entry.unwrap().file_name();
            paths.push(Path::new("docs").join(name));
        }
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
        paths.sort();
        let read = |path: PathBuf| Self {
            text: fs::read_to_string(root().join(&path)).unwrap(),
            path,
        };
        paths.into_iter().map(read).collect()
    }

    /// Its fenced blocks, in order.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut open: Option<Block> = None;
        let mut paragraph = Vec::new();
        for (number, line) in (1..).zip(self.text.lines()) {
            match (open.take(), line.strip_prefix("```")) {
                (Some(block), Some(_)) => blocks.push(block),
                (Some(mut block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, Some(kind)) => {
                    open = Some(Block {
                        kind: kind.trim().to_owned(),
                        text: String::new(),
                        before: paragraph.join(" "),
                        line: number,
                    });
                }
                (None, None) if line.is_empty() => {}
                (None, None) => {
                    if number > 1 && self.text.lines().nth(number - 2) == Some("") {
                        paragraph.clear();
                    }
                    paragraph.push(line);
                }
            }
        }
        assert!(
            open.is_none(),
            "{}: a block has no end",
            self.path.display()
        );
        blocks
    }

    /// The targets of its links, blocks left out.
    pub fn links(&self) -> Vec<String> {
        let mut links = Vec::new();
        let mut inside = false;
        for line in self.text.lines() {
            if line.starts_with("```") {
                inside = !inside;
            }
            let targets = line.split("](").skip(1).filter(|_| !inside);
            links.extend(targets.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
        }
        links
    }

    /// The names under which its headings can be linked to.
    pub fn anchors(&self) -> Vec<String> {
        let headings = self.text.lines().filter(|line| line.starts_with('#'));
        headings
            .map(|line| {
                let title = line.trim_start_matches('#').trim().to_lowercase();
                title
                    .chars()
                    .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                    .map(|c| if c == ' ' { '-' } else { c })
                    .collect()
            })
            .collect()
    }
}

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
