//! Which session a request means.

use alloc::collections::BTreeMap;
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
    /// An id without a session is reserved.
    map: BTreeMap<Sid, Option<K>>,
    sessions: usize,
}

impl<K> Default for Sids<K> {
    fn default() -> Self {
        Self {
            map: BTreeMap::new(),
            sessions: 0,
        }
    }
}

impl<K> Sids<K> {
    /// Keeps an id for a session that is still to be made. Whether it was free.
    pub fn reserve(&mut self, sid: Sid) -> bool {
        let free = !self.map.contains_key(&sid);
        if free {
            self.map.insert(sid, None);
        }
        free
    }

    /// Enters a session, under an id that is free or reserved. An id in use is refused and `session`
    /// given back.
    ///
    /// # Errors
    /// The session, when the id is taken.
    pub fn insert(&mut self, sid: Sid, session: K) -> Result<(), K> {
        let place = self.map.entry(sid).or_insert(None);
        if place.is_some() {
            return Err(session);
        }
        *place = Some(session);
        self.sessions = self.sessions.saturating_add(1);
        Ok(())
    }

    /// Gives a reserved id back; a session that has come under it stays.
    pub fn release(&mut self, sid: &Sid) {
        if self.map.get(sid).is_some_and(Option::is_none) {
            self.map.remove(sid);
        }
    }

    /// Takes a session out.
    pub fn remove(&mut self, sid: &Sid) -> Option<K> {
        let session = self.map.get_mut(sid)?.take()?;
        self.map.remove(sid);
        self.sessions = self.sessions.saturating_sub(1);
        Some(session)
    }

    /// The session of this id.
    #[must_use]
    pub fn get(&self, sid: &Sid) -> Option<&K> {
        self.map.get(sid)?.as_ref()
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
            .filter_map(|(sid, session)| Some((sid, session.as_ref()?)))
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
