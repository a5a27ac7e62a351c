//! A page read by a strict parser: whatever is not well-formed XML is a failed test.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// The words before each child, and behind the last one.
    words: Vec<String>,
}

impl Element {
    /// Reads a whole document.
    #[track_caller]
    pub fn read(text: &str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = true;
        config.check_comments = true;
        let mut open = vec![Self::default()];
        loop {
            let event = reader.read_event();
            match event.unwrap_or_else(|error| panic!("{error}: {text}")) {
                Event::Start(start) => open.push(Self::of(&start)),
                Event::Empty(start) => {
                    let element = Self::of(&start);
                    open.last_mut().unwrap().push(element);
                }
                Event::End(_) => {
                    let element = open.pop().unwrap();
                    open.last_mut().unwrap().push(element);
                }
                Event::Text(words) => {
                    let words = words.into_inner();
                    assert!(!words.contains("]]>"), "{words}");
                    open.last_mut().unwrap().say(&words);
                }
                Event::GeneralRef(name) => {
                    let said = match &*name.into_inner() {
                        "amp" => Cow::from("&"),
                        "lt" => Cow::from("<"),
                        "gt" => Cow::from(">"),
                        "quot" => Cow::from("\""),
                        "apos" => Cow::from("'"),
                        other => panic!("&{other}; is not known: {text}"),
                    };
                    open.last_mut().unwrap().say(&said);
                }
                Event::DocType(kind) => assert_eq!(kind.into_inner(), "html"),
                Event::Eof => break,
                other => panic!("{other:?} has no place in the page"),
            }
        }
        assert_eq!(open.len(), 1, "not everything is closed: {text}");
        let mut document = open.pop().unwrap();
        assert_eq!(document.children.len(), 1, "one root: {text}");
        document.children.pop().unwrap()
    }

    fn of(start: &BytesStart<'_>) -> Self {
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.unwrap();
            let name = attribute.key.as_ref().to_owned();
            let value = quick_xml::escape::unescape(&attribute.value).unwrap();
            (name, value.into_owned())
        });
        Self {
            name: start.name().as_ref().to_owned(),
            attributes: attributes.collect(),
            ..Self::default()
        }
    }

    fn push(&mut self, child: Self) {
        self.words.resize(self.children.len() + 1, String::new());
        self.children.push(child);
    }

    fn say(&mut self, words: &str) {
        self.words.resize(self.children.len() + 1, String::new());
        self.words.last_mut().unwrap().push_str(words);
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// Everything below it with this name, in order.
    pub fn all(&self, name: &str) -> Vec<&Self> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            found.extend(child.all(name));
        }
        found
    }

    /// What is below it with this `id`.
    #[track_caller]
    pub fn by_id(&self, id: &str) -> &Self {
        self.find_id(id).unwrap_or_else(|| panic!("no #{id}"))
    }

    pub fn find_id(&self, id: &str) -> Option<&Self> {
        if self.attribute("id") == Some(id) {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find_id(id))
    }

    /// All its words, blanks made one.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.gather(&mut text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn gather(&self, text: &mut String) {
        let empty = String::new();
        for (index, child) in self.children.iter().enumerate() {
            text.push_str(self.words.get(index).unwrap_or(&empty));
            // Blocks stand apart, whatever is between their tags.
            text.push(' ');
            child.gather(text);
            text.push(' ');
        }
        text.push_str(self.words.get(self.children.len()).unwrap_or(&empty));
    }
}
