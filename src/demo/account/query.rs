//! Query parameters, each known, each given once, each of the right type.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};

use super::answer::{Answer, Result};
use super::call::Call;
use super::strict;

/// The checked query of a request.
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// Takes only parameters that the operation knows.
    pub(super) fn of(call: &Call, known: &[&str]) -> Result<Self> {
        let mut query = BTreeMap::new();
        for (name, value) in &call.query {
            if !known.contains(&name.as_str()) {
                return Err(Answer::bad_request(name, "unknown parameter"));
            }
            if query.insert(name.clone(), value.clone()).is_some() {
                return Err(Answer::bad_request(name, "given twice"));
            }
        }
        Ok(Self(query))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// An RFC 3339 date-time with its offset.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        strict::instant(name, text).map(Some)
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Answer::bad_request(name, "neither true nor false")),
        }
    }

    /// `page_size`: 1 to 300.
    pub(super) fn page_size(&self) -> Result<usize> {
        match self.text("page_size").map(str::parse::<usize>) {
            None => Ok(30),
            Some(Ok(size @ 1..=300)) => Ok(size),
            Some(_) => Err(Answer::invalid_field(
                "page_size",
                "not a number from 1 to 300",
            )),
        }
    }

    /// `maxResults` of the Calendar API: 1 to 2,500.
    pub(super) fn max_results(&self) -> Result<usize> {
        match self.text("maxResults").map(str::parse::<usize>) {
            None => Ok(250),
            Some(Ok(size @ 1..=2_500)) => Ok(size),
            Some(_) => Err(Answer::invalid_field(
                "maxResults",
                "not a number from 1 to 2500",
            )),
        }
    }

    pub(super) fn one_of(&self, name: &str, words: &[&str]) -> Result<Option<&str>> {
        match self.text(name) {
            Some(word) if !words.contains(&word) => {
                Err(Answer::bad_request(name, "not one of the words it takes"))
            }
            word => Ok(word),
        }
    }

    /// `time_zone`: an IANA name.
    pub(super) fn zone(&self) -> Result<Option<TimeZone>> {
        self.text("time_zone")
            .map(TimeZone::get)
            .transpose()
            .map_err(|_| Answer::bad_request("time_zone", "not a time zone"))
    }

    /// Everything but the page token: what a page token is good for.
    pub(super) fn identity(&self) -> String {
        let tokens = ["next_page_token", "pageToken"];
        let rest = self
            .0
            .iter()
            .filter(|(name, _)| !tokens.contains(&name.as_str()));
        rest.flat_map(|(name, value)| [name, "=", value, "\n"])
            .collect()
    }
}
