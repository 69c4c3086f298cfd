//! A namespace of the server, as `siox` keeps it: its members and their rooms, and what they may miss.

use super::Party;
use siox_socketio::{
    Revision, Rooms, Slot,
    recovery::{Audience, Log, Retention},
};
use std::collections::BTreeMap;

/// How many rooms a member may be in.
const ROOMS: usize = 100;

/// Rooms to reach, and rooms to leave out.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    pub(super) to: Vec<String>,
    pub(super) except: Vec<String>,
}

impl Audience for Selection {
    fn meets(&self, rooms: &[&str]) -> bool {
        let is_in = |room: &String| rooms.contains(&room.as_str());
        let meant = self.to.is_empty() || self.to.iter().any(is_in);
        meant && !self.except.iter().any(is_in)
    }

    fn weight(&self) -> usize {
        self.to.iter().chain(&self.except).map(String::len).sum()
    }
}

/// A socket that is in.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) session: usize,
    pub(super) slot: Slot,
    pub(super) sid: String,
    pub(super) pid: String,
    pub(super) since: Box<str>,
    /// The last that its client said, of what it says in order.
    pub(super) heard: Option<u64>,
}

/// What is kept of a session that was cut off.
#[derive(Debug)]
pub(super) struct Saved {
    pub(super) sid: String,
    pub(super) since: Box<str>,
    pub(super) rooms: Vec<String>,
    pub(super) heard: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Nsp {
    pub(super) name: &'static str,
    pub(super) members: BTreeMap<u64, Member>,
    pub(super) rooms: Rooms<u64>,
    pub(super) log: Option<Log<Selection, Saved>>,
}

impl Nsp {
    pub(super) fn new(name: &'static str, party: &Party, recovers: bool) -> Self {
        let retention = Retention {
            time: party.kept,
            bytes: party.log,
            sessions: 100,
        };
        Self {
            name,
            members: BTreeMap::new(),
            rooms: Rooms::new(ROOMS),
            log: (recovers && party.revision() == Revision::V5)
                .then(|| Log::new(retention, party.base.seed as u32)),
        }
    }

    /// The member behind a slot of a session.
    pub(super) fn find(&self, session: usize, slot: Slot) -> Option<u64> {
        let mut all = self.members.iter();
        all.find(|(_, m)| m.session == session && m.slot == slot)
            .map(|(number, _)| *number)
    }

    /// The numbers of a selection.
    pub(super) fn select(&self, selection: &Selection) -> Vec<u64> {
        let [to, except] = [&selection.to, &selection.except]
            .map(|rooms| rooms.iter().map(String::as_str).collect::<Vec<_>>());
        self.rooms.select(&to, &except).copied().collect()
    }

    /// Takes a member out; its rooms, without that of its own id.
    pub(super) fn remove(&mut self, number: u64) -> Option<(Member, Vec<String>)> {
        let member = self.members.remove(&number)?;
        let rooms = self.rooms.leave_all(&number);
        let rooms = rooms.iter().map(ToString::to_string);
        let rooms = rooms.filter(|room| *room != member.sid).collect();
        Some((member, rooms))
    }
}
