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
    map: BTreeMap<Sid, K>,
}

impl<K> Default for Sids<K> {
    fn default() -> Self {
        Self {
            map: BTreeMap::new(),
        }
    }
}

impl<K> Sids<K> {
    /// Enters a session. An id in use is refused and `session` given back.
    ///
    /// # Errors
    /// The session, when the id is taken.
    pub fn insert(&mut self, sid: Sid, session: K) -> Result<(), K> {
        if self.map.contains_key(&sid) {
            return Err(session);
        }
        self.map.insert(sid, session);
        Ok(())
    }

    /// Takes a session out.
    pub fn remove(&mut self, sid: &Sid) -> Option<K> {
        self.map.remove(sid)
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The sessions, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = (&Sid, &K)> {
        self.map.iter()
    }

    /// Where `request` leads. Nothing is changed.
    #[must_use]
    pub fn route(&self, config: &Config, request: &Request<'_>) -> Route<'_, K> {
        match engineio::Route::check(config, request) {
            Err(code) => Route::Refuse(code.response()),
            Ok(engineio::Route::Open(handshake)) => Route::Open(handshake),
            Ok(engineio::Route::Session(sid)) => self.map.get(&sid).map_or_else(
                || Route::Refuse(ErrorCode::UnknownSid.response()),
                Route::Session,
            ),
        }
    }
}
