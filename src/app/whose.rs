//! Whose bookings notifications tell of: which users of the Zoom account are hosts here, and which
//! are strangers, whose bookings cost no request.
//!
//! A notification says on whose page it was booked (`payload.user_id`), and a host is asked whether
//! a booking is theirs; so it is learnt who is who. Nobody is a stranger for good, or at the first
//! sight: who was found once is none, and when in doubt everybody is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::ids::{HostName, ZoomUserId};
use crate::settings::Settings;

/// Nothing of a user was found by any host at so many looks, over such a time, before they are taken
/// for a stranger, where every host is known to be somebody else.
const LOOKS: u32 = 4;
const LOOKED: Duration = Duration::from_secs(5);
/// So many bookings of theirs were looked for until nobody expected them any more, where not every
/// host is known.
const MISSED: u32 = 2;
/// After so long it is found out anew: until then a host whose bookings Zoom showed late is served by
/// whole passes alone.
const LAPSES: Duration = Duration::from_hours(1);
/// So many users are remembered; beyond them everybody is found out anew.
const REMEMBERED: usize = 10_000;

/// What is known of the users of the account.
#[derive(Default)]
pub(super) struct Whose(BTreeMap<ZoomUserId, User>);

struct User {
    /// Who had bookings of theirs.
    hosts: BTreeSet<HostName>,
    since: Instant,
    looks: u32,
    missed: u32,
}

impl Whose {
    /// What the configuration tells: a host whose `zoom_user` is an id, and neither "me" nor a mail
    /// address, is that user.
    pub(super) fn of(settings: &Settings) -> Self {
        let mut whose = Self::default();
        for host in &settings.hosts {
            let user = host.zoom_user.as_str();
            if user != "me" && !user.contains('@') {
                whose.found(&user.into(), &host.name);
            }
        }
        whose
    }

    /// A booking of this user was found to be this host's.
    pub(super) fn found(&mut self, user: &ZoomUserId, host: &HostName) {
        self.user(user).hosts.insert(host.clone());
    }

    /// A booking of this user was looked for, and is no host's, or not yet.
    pub(super) fn not_found(&mut self, user: &ZoomUserId) {
        let user = self.user(user);
        user.looks = user.looks.saturating_add(1);
    }

    /// A booking of this user was looked for until nobody expected it any more.
    pub(super) fn missed(&mut self, user: &ZoomUserId) {
        let user = self.user(user);
        user.missed = user.missed.saturating_add(1);
    }

    /// Whether bookings of this user were found to be this host's.
    pub(super) fn is(&self, user: &ZoomUserId, host: &HostName) -> bool {
        let known = self.0.get(user);
        known.is_some_and(|user| user.hosts.contains(host))
    }

    /// Whether bookings of this user are of these hosts and no others, as far as was found.
    pub(super) fn is_one_of(&self, user: &ZoomUserId, hosts: &[&HostName]) -> bool {
        let known = self.0.get(user).filter(|user| !user.hosts.is_empty());
        known.is_some_and(|user| user.hosts.iter().all(|host| hosts.contains(&host)))
    }

    /// Whether this user is surely none of these hosts.
    pub(super) fn is_stranger(&self, user: &ZoomUserId, hosts: &[&HostName]) -> bool {
        let Some(user) = self.0.get(user).filter(|user| user.hosts.is_empty()) else {
            return false;
        };
        let age = user.since.elapsed();
        let looked = user.looks >= LOOKS && age >= LOOKED && self.knows_all(hosts);
        age < LAPSES && (looked || user.missed >= MISSED)
    }

    /// Whether each of these hosts is known to be some user.
    fn knows_all(&self, hosts: &[&HostName]) -> bool {
        let known = |host: &&HostName| self.0.values().any(|user| user.hosts.contains(*host));
        hosts.iter().all(known)
    }

    fn user(&mut self, id: &ZoomUserId) -> &mut User {
        let known = self.0.get(id);
        let lapsed = known.is_some_and(|user| user.since.elapsed() >= LAPSES);
        if known.is_none() && self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        if lapsed {
            self.0.remove(id);
        }
        self.0.entry(id.clone()).or_insert_with(|| User {
            hosts: BTreeSet::new(),
            since: Instant::now(),
            looks: 0,
            missed: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> (HostName, HostName, ZoomUserId) {
        ("alice".into(), "bob".into(), "stranger".into())
    }

    /// As if everything had been learnt so long ago.
    fn ago(whose: &mut Whose, time: Duration) {
        for user in whose.0.values_mut() {
            user.since = user.since.checked_sub(time).unwrap();
        }
    }

    #[test]
    fn who_was_found_is_asked_first_and_never_a_stranger() {
        let (alice, bob, user) = names();
        let mut whose = Whose::default();
        whose.found(&user, &bob);
        for _ in 0..100 {
            whose.not_found(&user);
            whose.missed(&user);
        }
        assert!(whose.is(&user, &bob) && !whose.is(&user, &alice));
        assert!(!whose.is_stranger(&user, &[&alice, &bob]));
    }

    #[test]
    fn where_every_host_is_somebody_else_a_few_looks_are_enough() {
        let (alice, bob, user) = names();
        let mut whose = Whose::default();
        whose.found(&"a".into(), &alice);
        for _ in 0..100 {
            whose.not_found(&user);
        }
        ago(&mut whose, LOOKED);
        assert!(!whose.is_stranger(&user, &[&alice, &bob]), "it may be bob");
        whose.found(&"b".into(), &bob);
        assert!(whose.is_stranger(&user, &[&alice, &bob]));
        assert!(!whose.is_stranger(&"other".into(), &[&alice, &bob]));
        whose.found(&user, &alice);
        assert!(!whose.is_stranger(&user, &[&alice, &bob]));
    }

    #[test]
    fn many_looks_at_once_say_nothing() {
        let (alice, _, user) = names();
        let mut whose = Whose::default();
        whose.found(&"a".into(), &alice);
        for _ in 0..100 {
            whose.not_found(&user);
        }
        assert!(!whose.is_stranger(&user, &[&alice]), "Zoom may lag");
    }

    #[test]
    fn where_a_host_is_not_known_bookings_have_to_be_missed_for_good() {
        let (alice, bob, user) = names();
        let mut whose = Whose::default();
        whose.missed(&user);
        assert!(!whose.is_stranger(&user, &[&alice, &bob]));
        whose.missed(&user);
        assert!(whose.is_stranger(&user, &[&alice, &bob]));
    }

    #[test]
    fn nobody_is_a_stranger_for_ever() {
        let (alice, _, user) = names();
        let mut whose = Whose::default();
        whose.missed(&user);
        whose.missed(&user);
        ago(&mut whose, LAPSES);
        assert!(!whose.is_stranger(&user, &[&alice]));
        whose.missed(&user);
        assert!(!whose.is_stranger(&user, &[&alice]), "from the start again");
    }
}
