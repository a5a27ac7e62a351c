//! What of a pass is news: the log tells what was done and what changed, and keeps silent about
//! what stays as it was.

use std::collections::BTreeMap;

use crate::app::failing::Flow;
use crate::domain::ids::HostName;
use crate::engine::report::{FlowReport, Trouble};

/// After so many passes in a row without it, a trouble that comes back is news again: of two that
/// take turns, each is told once.
const FORGOTTEN: u8 = 12;
/// How many troubles of a host are remembered; more are told in each pass.
const MOST: usize = 1_000;

/// How the flows of each host ended last.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    hosts: BTreeMap<String, Host>,
}

#[derive(Debug, Default)]
struct Host {
    flows: BTreeMap<&'static str, Outcome>,
    /// What went wrong, and in how many passes since it did not.
    troubles: BTreeMap<(String, String), u8>,
}

/// How a flow ended, as far as it matters to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    failed: bool,
    held: u64,
    conflicts: u64,
}

impl Outcomes {
    /// Whether a flow did anything, or ended otherwise than the last time; the first time is news.
    pub(super) fn flow(&mut self, host: &HostName, flow: Flow, report: &FlowReport) -> bool {
        let outcome = Outcome {
            failed: report.has_failed(),
            held: report.held,
            conflicts: report.conflicts,
        };
        let flows = &mut self.of(host).flows;
        let before = flows.insert(flow.word(), outcome);
        let written =
            report.created + report.updated + report.deleted + report.cancelled + report.noted;
        written > 0 || before != Some(outcome)
    }

    /// What went wrong in a pass, each with whether it is news.
    pub(super) fn troubles<'a>(
        &mut self,
        host: &HostName,
        troubles: &'a [Trouble],
    ) -> Vec<(&'a Trouble, bool)> {
        let known = &mut self.of(host).troubles;
        for passes in known.values_mut() {
            *passes = passes.saturating_add(1);
        }
        let mut told = Vec::new();
        for trouble in troubles {
            let key = (trouble.doing.clone(), without_numbers(&trouble.cause));
            let is_known = known.contains_key(&key);
            if is_known || known.len() < MOST {
                known.insert(key, 0);
            }
            told.push((trouble, !is_known));
        }
        known.retain(|_, passes| *passes < FORGOTTEN);
        told
    }

    fn of(&mut self, host: &HostName) -> &mut Host {
        self.hosts.entry(host.to_string()).or_default()
    }
}

/// A time or a count in it does not make it another cause.
fn without_numbers(cause: &str) -> String {
    cause.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn alice() -> HostName {
        HostName::new("alice")
    }

    fn trouble(doing: &str, cause: &str) -> Trouble {
        Trouble {
            doing: doing.to_owned(),
            cause: cause.to_owned(),
            hint: "look".to_owned(),
        }
    }

    fn news(outcomes: &mut Outcomes, troubles: &[Trouble]) -> Vec<bool> {
        let told = outcomes.troubles(&alice(), troubles).into_iter();
        told.map(|(_, news)| news).collect()
    }

    #[rstest]
    #[case::as_it_was(FlowReport { seen: 9, unchanged: 9, ..FlowReport::default() }, false)]
    #[case::written(FlowReport { noted: 1, ..FlowReport::default() }, true)]
    #[case::held(FlowReport { held: 1, ..FlowReport::default() }, true)]
    #[case::in_conflict(FlowReport { conflicts: 1, ..FlowReport::default() }, true)]
    #[case::failed(FlowReport { failed: 1, ..FlowReport::default() }, true)]
    fn a_flow_is_news_when_it_did_something_or_ended_otherwise(
        #[case] report: FlowReport,
        #[case] news: bool,
    ) {
        let mut outcomes = Outcomes::default();
        let nothing = FlowReport::default();
        assert!(outcomes.flow(&alice(), Flow::Busy, &nothing), "the first");
        assert!(!outcomes.flow(&alice(), Flow::Busy, &nothing));
        assert_eq!(outcomes.flow(&alice(), Flow::Busy, &report), news);
        let again = report.noted > 0;
        assert_eq!(outcomes.flow(&alice(), Flow::Busy, &report), again);
        assert!(outcomes.flow(&alice(), Flow::Hours, &nothing), "another");
    }

    #[test]
    fn a_trouble_is_news_when_it_begins_or_changes_and_not_while_it_lasts() {
        let mut outcomes = Outcomes::default();
        let away = trouble("listing", "no answer after 30 s");
        assert_eq!(news(&mut outcomes, std::slice::from_ref(&away)), [true]);
        for seconds in [29, 31] {
            let again = trouble("listing", &format!("no answer after {seconds} s"));
            assert_eq!(news(&mut outcomes, &[again]), [false]);
        }
        let other = trouble("listing", "the name is not known");
        assert_eq!(
            news(&mut outcomes, &[other.clone(), away.clone()]),
            [true, false]
        );
        for _ in 0..9 {
            assert_eq!(news(&mut outcomes, std::slice::from_ref(&away)), [false]);
            assert_eq!(
                news(&mut outcomes, std::slice::from_ref(&other)),
                [false],
                "they take turns"
            );
        }
        for _ in 0..12 {
            assert!(news(&mut outcomes, &[]).is_empty());
        }
        assert_eq!(
            news(&mut outcomes, &[away]),
            [true],
            "it was over for an hour"
        );
    }
}
