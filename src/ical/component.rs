//! Reads an object into a tree of components and content lines in their original order, and writes
//! it back.

use super::broken::Broken;
use super::content_line::{ContentLine, unfold};
use super::text;

/// The largest object that is read as an entry, in bytes.
pub const MAX_OBJECT_BYTES: usize = 1024 * 1024;

/// The deepest nesting that is read. A real object has three levels.
pub const MAX_DEPTH: usize = 16;

/// A component with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    begin: ContentLine,
    /// Lines and components, in order.
    pub items: Vec<Item>,
    end: ContentLine,
}

/// What stands in a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A property.
    Line(ContentLine),
    /// A component.
    Component(Component),
}

/// A whole object: usually one `VCALENDAR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The outermost components, in order.
    pub components: Vec<Component>,
}

impl Document {
    /// Reads an object.
    ///
    /// # Errors
    /// When it is larger than [`MAX_OBJECT_BYTES`], deeper than [`MAX_DEPTH`], cut off, has a line
    /// outside any component, or an END that does not fit its BEGIN.
    pub fn parse(bytes: &[u8]) -> Result<Self, Broken> {
        if bytes.len() > MAX_OBJECT_BYTES {
            return Err(Broken::new(format!(
                "it is larger than {MAX_OBJECT_BYTES} bytes"
            )));
        }
        let mut components = Vec::new();
        // A stack of our own: a hostile object must not reach ours.
        let mut open: Vec<Component> = Vec::new();
        for line in unfold(bytes) {
            if line.is("BEGIN") {
                if open.len() >= MAX_DEPTH {
                    return Err(Broken::new(format!(
                        "its components are nested more than {MAX_DEPTH} deep"
                    )));
                }
                open.push(Component::begin(line));
            } else if line.is("END") {
                let Some(mut done) = open.pop() else {
                    return Err(Broken::new("it has an END without a BEGIN"));
                };
                if !done.is(line.value().trim()) {
                    return Err(Broken::new("it has an END that does not fit its BEGIN"));
                }
                done.end = line;
                match open.last_mut() {
                    Some(parent) => parent.items.push(Item::Component(done)),
                    None => components.push(done),
                }
            } else if let Some(parent) = open.last_mut() {
                parent.items.push(Item::Line(line));
            } else {
                return Err(Broken::new("it is not iCalendar"));
            }
        }
        if !open.is_empty() {
            return Err(Broken::new("it is cut off: a component has no END"));
        }
        Ok(Self { components })
    }

    /// The object as text, folded, with CRLF.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for component in &self.components {
            component.write(&mut out);
        }
        out
    }
}

impl Component {
    /// A component with nothing in it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::begin(ContentLine::new("BEGIN", name))
    }

    /// A component that was just begun.
    fn begin(begin: ContentLine) -> Self {
        let end = ContentLine::new("END", begin.value().trim());
        Self {
            begin,
            items: Vec::new(),
            end,
        }
    }

    /// Appends it as text, folded, with CRLF.
    pub fn write(&self, out: &mut Vec<u8>) {
        enum Step<'a> {
            Open(&'a Component),
            Line(&'a ContentLine),
        }
        let mut steps = vec![Step::Open(self)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Line(line) => line.write(out),
                Step::Open(component) => {
                    component.begin.write(out);
                    steps.push(Step::Line(&component.end));
                    steps.extend(component.items.iter().rev().map(|item| match item {
                        Item::Line(line) => Step::Line(line),
                        Item::Component(inner) => Step::Open(inner),
                    }));
                }
            }
        }
    }

    /// Whether it has this name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.begin.value().trim().eq_ignore_ascii_case(name)
    }

    /// Its properties, in order.
    pub fn lines(&self) -> impl Iterator<Item = &ContentLine> {
        self.items.iter().filter_map(|item| match item {
            Item::Line(line) => Some(line),
            Item::Component(_) => None,
        })
    }

    /// The components directly in it, in order.
    pub fn components(&self) -> impl Iterator<Item = &Self> {
        self.items.iter().filter_map(|item| match item {
            Item::Line(_) => None,
            Item::Component(component) => Some(component),
        })
    }

    /// The first property with this name.
    #[must_use]
    pub fn line(&self, name: &str) -> Option<&ContentLine> {
        self.lines().find(|line| line.is(name))
    }

    /// The value of the first property with this name, read as TEXT.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.line(name).map(|line| text::unescape(&line.value()))
    }

    /// Puts a line where the first one that fits stands, and removes all others that fit; without
    /// one, adds it after the last property (RFC 5545 section 3.6: properties come first).
    pub fn put(&mut self, line: ContentLine, fits: impl Fn(&ContentLine) -> bool) {
        let fits = |item: &Item| matches!(item, Item::Line(line) if fits(line));
        let at = self.items.iter().position(&fits).unwrap_or_else(|| {
            self.items
                .iter()
                .position(|item| matches!(item, Item::Component(_)))
                .unwrap_or(self.items.len())
        });
        self.items.insert(at, Item::Line(line));
        let mut index = 0;
        self.items.retain(|item| {
            let keep = index == at || !fits(item);
            index += 1;
            keep
        });
    }

    /// Removes every property that fits.
    pub fn remove(&mut self, fits: impl Fn(&ContentLine) -> bool) {
        self.items
            .retain(|item| !matches!(item, Item::Line(line) if fits(line)));
    }
}
