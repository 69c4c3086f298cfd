//! Which session a request means, and whether there is a place for another.

use crate::{
    Caps, NoPlace,
    caps::{Census, Neighbourhood},
};
use alloc::collections::{BTreeMap, btree_map::Entry};
use core::net::IpAddr;
use siox_engineio::{self as engineio, Config, ErrorCode, Handshake, Request, Response, Sid};

/// What a request leads to.
#[derive(Debug)]
pub enum Route<'t, K> {
    /// Answer this; there is no session.
    Refuse(Response),
    /// Open a session.
    Open(Handshake),
    /// It belongs to this one.
    Session(&'t K),
}

/// The table of sessions by id. `K` is what a runtime holds a session by: an index, an `Arc`.
#[derive(Debug)]
pub struct Sids<K> {
    map: BTreeMap<Sid, Place<K>>,
    sessions: usize,
    caps: Caps,
    census: Census,
}

/// What stands under an id.
#[derive(Debug)]
struct Place<K> {
    /// None while the id is reserved.
    session: Option<K>,
    /// Whom it is counted for.
    whom: Option<Neighbourhood>,
}

impl<K> Default for Sids<K> {
    fn default() -> Self {
        Self::capped(Caps::default())
    }
}

impl<K> Sids<K> {
    /// A table in which no more ids are reserved than `caps` says.
    #[must_use]
    pub fn capped(caps: Caps) -> Self {
        Self {
            map: BTreeMap::new(),
            sessions: 0,
            caps,
            census: Census::default(),
        }
    }

    /// Keeps an id for a session that is still to be made, and counts it for the address of its client.
    ///
    /// # Errors
    /// Why it cannot be; nothing was counted.
    pub fn reserve(&mut self, sid: Sid, address: Option<IpAddr>) -> Result<(), NoPlace> {
        let sessions = self.map.len();
        let Entry::Vacant(free) = self.map.entry(sid) else {
            return Err(NoPlace::Taken);
        };
        if self.caps.sessions.is_some_and(|most| sessions >= most) {
            return Err(NoPlace::Full);
        }
        let whom = match (self.caps.per_address, address) {
            (Some(most), Some(address)) => {
                let whom = Neighbourhood::from(address);
                if !self.census.add(whom, most) {
                    return Err(NoPlace::FullForAddress);
                }
                Some(whom)
            }
            (None, _) | (_, None) => None,
        };
        let place = Place {
            session: None,
            whom,
        };
        free.insert(place);
        Ok(())
    }

    /// Moves a reservation to another id. Whether that was free; if not, nothing has changed.
    pub fn rename(&mut self, from: &Sid, to: Sid) -> bool {
        if *from == to {
            return true;
        }
        let reserved = self.map.get(from).is_some_and(|p| p.session.is_none());
        if !reserved || self.map.contains_key(&to) {
            return false;
        }
        if let Some(place) = self.map.remove(from) {
            self.map.insert(to, place);
        }
        true
    }

    /// Enters a session, under an id that is free or reserved. An id in use is refused and `session`
    /// given back. Under an id that was not reserved the session counts for no address, and no cap is
    /// asked.
    ///
    /// # Errors
    /// The session, when the id is taken.
    pub fn insert(&mut self, sid: Sid, session: K) -> Result<(), K> {
        let place = self.map.entry(sid).or_insert(Place {
            session: None,
            whom: None,
        });
        if place.session.is_some() {
            return Err(session);
        }
        place.session = Some(session);
        self.sessions = self.sessions.saturating_add(1);
        Ok(())
    }

    /// Gives a reserved id back; a session that has come under it stays.
    pub fn release(&mut self, sid: &Sid) {
        self.vacate(sid, |place| place.session.is_none());
    }

    /// Takes a session out.
    pub fn remove(&mut self, sid: &Sid) -> Option<K> {
        let session = self.vacate(sid, |place| place.session.is_some())?.session;
        self.sessions = self.sessions.saturating_sub(1);
        session
    }

    fn vacate(&mut self, sid: &Sid, is_meant: impl FnOnce(&Place<K>) -> bool) -> Option<Place<K>> {
        let Entry::Occupied(place) = self.map.entry(*sid) else {
            return None;
        };
        if !is_meant(place.get()) {
            return None;
        }
        let place = place.remove();
        if let Some(whom) = place.whom {
            self.census.subtract(whom);
        }
        Some(place)
    }

    /// The session of this id.
    #[must_use]
    pub fn get(&self, sid: &Sid) -> Option<&K> {
        self.map.get(sid)?.session.as_ref()
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions == 0
    }

    /// The sessions, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = (&Sid, &K)> {
        self.map
            .iter()
            .filter_map(|(sid, place)| Some((sid, place.session.as_ref()?)))
    }

    /// Where `request` leads, for whoever has no [`Front`](crate::Front). Nothing is changed.
    #[must_use]
    pub fn route(&self, config: &Config, request: &Request<'_>) -> Route<'_, K> {
        match engineio::Route::check(config, request) {
            Err(code) => Route::Refuse(code.response()),
            Ok(engineio::Route::Open(handshake)) => Route::Open(handshake),
            Ok(engineio::Route::Session(sid)) => self.get(&sid).map_or_else(
                || Route::Refuse(ErrorCode::UnknownSid.response()),
                Route::Session,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "203.0.113.7";

    fn sid(n: u8) -> Sid {
        Sid::from_random(&[n; 15])
    }

    fn table(sessions: Option<usize>, per_address: Option<usize>) -> Sids<()> {
        Sids::capped(Caps {
            sessions,
            per_address,
        })
    }

    fn reserve(sids: &mut Sids<()>, n: u8, address: &str) -> Result<(), NoPlace> {
        sids.reserve(sid(n), address.parse().ok())
    }

    #[test]
    fn what_is_reserved_counts_until_it_is_given_back() {
        let mut sids = table(Some(2), None);
        assert_eq!(reserve(&mut sids, 1, ADDRESS), Ok(()));
        assert_eq!(reserve(&mut sids, 1, ADDRESS), Err(NoPlace::Taken));
        assert_eq!(reserve(&mut sids, 2, "-"), Ok(()));
        assert_eq!(reserve(&mut sids, 3, ADDRESS), Err(NoPlace::Full));
        sids.release(&sid(1));
        assert_eq!(reserve(&mut sids, 3, ADDRESS), Ok(()));
        assert_eq!(sids.insert(sid(3), ()), Ok(()));
        sids.release(&sid(3));
        assert_eq!((sids.len(), sids.get(&sid(3))), (1, Some(&())));
        assert_eq!(reserve(&mut sids, 1, ADDRESS), Err(NoPlace::Full));
        assert_eq!(sids.remove(&sid(3)), Some(()));
        assert_eq!(sids.remove(&sid(3)), None);
        assert_eq!(sids.remove(&sid(2)), None, "reserved, no session");
        assert_eq!(reserve(&mut sids, 1, ADDRESS), Ok(()));
        assert_eq!(reserve(&mut sids, 4, ADDRESS), Err(NoPlace::Full));
    }

    #[test]
    fn addresses_are_counted_apart() {
        let mut sids = table(None, Some(1));
        let table = [
            (ADDRESS, Ok(())),
            (ADDRESS, Err(NoPlace::FullForAddress)),
            ("::ffff:203.0.113.7", Err(NoPlace::FullForAddress)),
            ("203.0.113.8", Ok(())),
            ("2001:db8:0:1::1", Ok(())),
            ("2001:db8:0:1:ffff::2", Err(NoPlace::FullForAddress)),
            ("2001:db8:0:2::1", Ok(())),
            ("-", Ok(())),
            ("-", Ok(())),
        ];
        for (n, (address, expected)) in (0..).zip(table) {
            assert_eq!(reserve(&mut sids, n, address), expected, "{n} {address}");
        }
        for n in 0..9 {
            let _ = sids.insert(sid(n), ());
            sids.remove(&sid(n));
        }
        assert!(sids.census.is_empty() && sids.map.is_empty() && sids.is_empty());
        assert_eq!(reserve(&mut sids, 1, ADDRESS), Ok(()));
    }

    #[test]
    fn a_reservation_that_is_renamed_is_still_one() {
        let mut sids = table(Some(2), Some(2));
        assert_eq!(reserve(&mut sids, 1, ADDRESS), Ok(()));
        assert_eq!(reserve(&mut sids, 2, ADDRESS), Ok(()));
        assert!(!sids.rename(&sid(1), sid(2)), "taken");
        assert!(!sids.rename(&sid(7), sid(8)), "not reserved");
        assert!(sids.rename(&sid(1), sid(1)));
        assert!(sids.rename(&sid(1), sid(3)));
        assert_eq!(reserve(&mut sids, 1, ADDRESS), Err(NoPlace::Full));
        sids.release(&sid(1));
        assert_eq!(reserve(&mut sids, 1, ADDRESS), Err(NoPlace::Full));
        sids.release(&sid(3));
        sids.release(&sid(2));
        assert!(sids.census.is_empty() && sids.map.is_empty());
    }

    #[test]
    fn a_cap_of_nothing_admits_nobody() {
        let mut sids = table(Some(0), None);
        assert_eq!(reserve(&mut sids, 1, ADDRESS), Err(NoPlace::Full));
        let mut sids = table(None, Some(0));
        assert_eq!(reserve(&mut sids, 1, ADDRESS), Err(NoPlace::FullForAddress));
        assert!(sids.census.is_empty());
    }
}
