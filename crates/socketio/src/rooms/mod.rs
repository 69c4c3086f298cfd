//! Who is in which room, and whom a broadcast reaches. Pure data: nothing is sent here.

mod set;

use alloc::{
    collections::{BTreeMap, btree_map},
    sync::Arc,
    vec,
    vec::Vec,
};
use core::{fmt, slice};
use set::{Set, SetIter};

/// Why a room was not joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoomError {
    /// The member is in too many rooms.
    TooManyRooms {
        /// The largest number allowed.
        limit: usize,
    },
}

impl fmt::Display for RoomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyRooms { limit } => write!(f, "a member of more than {limit} rooms"),
        }
    }
}

impl core::error::Error for RoomError {}

/// Rooms of a member that are kept without room for more.
const FEW: usize = 4;

/// The rooms of one namespace and their members. Every list of members is in the order of `K`, whoever
/// joined first; every member is in it once.
///
/// ```
/// use siox_socketio::Rooms;
///
/// let mut rooms = Rooms::default();
/// for member in 1..=3 {
///     rooms.join("lobby", member)?;
/// }
/// rooms.join("muted", 2)?;
/// assert!(rooms.select(&["lobby"], &["muted"]).eq([&1, &3]));
/// # Ok::<_, siox_socketio::RoomError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rooms<K> {
    rooms: BTreeMap<Arc<str>, Set<K>>,
    /// Every member's rooms, sorted by name.
    members: BTreeMap<K, Vec<Arc<str>>>,
    limit: usize,
}

impl<K> Default for Rooms<K> {
    /// At most 10,000 rooms for each member.
    fn default() -> Self {
        Self::new(10_000)
    }
}

impl<K> Rooms<K> {
    /// No rooms, and at most `limit` for each member.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            rooms: BTreeMap::new(),
            members: BTreeMap::new(),
            limit,
        }
    }
}

impl<K: Ord + Clone> Rooms<K> {
    /// Makes a member known that is in no room yet. A broadcast to everybody reaches it.
    pub fn add(&mut self, member: K) {
        self.members.entry(member).or_default();
    }

    /// Puts a member into a room; says whether it was not there.
    ///
    /// # Errors
    /// [`RoomError::TooManyRooms`].
    pub fn join(&mut self, room: &str, member: K) -> Result<bool, RoomError> {
        self.join_named(room, member, || room.into())
    }

    /// As [`join`](Self::join), with a name to be kept by reference where the room is new.
    ///
    /// # Errors
    /// As those of [`join`](Self::join).
    pub fn join_shared(&mut self, room: &Arc<str>, member: K) -> Result<bool, RoomError> {
        self.join_named(room, member, || room.clone())
    }

    fn join_named(
        &mut self,
        room: &str,
        member: K,
        new: impl FnOnce() -> Arc<str>,
    ) -> Result<bool, RoomError> {
        let theirs = self.members.entry(member.clone()).or_default();
        let Err(place) = theirs.binary_search_by(|r| (**r).cmp(room)) else {
            return Ok(false);
        };
        if theirs.len() >= self.limit {
            return Err(RoomError::TooManyRooms { limit: self.limit });
        }
        let name = match self.rooms.get_key_value(room) {
            Some((name, _)) => name.clone(),
            None => new(),
        };
        // Most are in few rooms.
        if theirs.len() < FEW {
            theirs.reserve_exact(1);
        }
        theirs.insert(place, name.clone());
        self.rooms
            .entry(name)
            .or_insert_with(Set::new)
            .insert(member);
        Ok(true)
    }

    /// Takes a member out of a room; says whether it was there. The member stays known.
    pub fn leave(&mut self, room: &str, member: &K) -> bool {
        let Some(theirs) = self.members.get_mut(member) else {
            return false;
        };
        let Ok(place) = theirs.binary_search_by(|r| (**r).cmp(room)) else {
            return false;
        };
        theirs.remove(place);
        self.take_out(room, member);
        true
    }

    /// Forgets a member; returns the rooms that it was in, sorted by name.
    pub fn leave_all(&mut self, member: &K) -> Vec<Arc<str>> {
        let theirs = self.members.remove(member).unwrap_or_default();
        for room in &theirs {
            self.take_out(room, member);
        }
        theirs
    }

    /// A room without members is gone.
    fn take_out(&mut self, room: &str, member: &K) {
        if let Some(set) = self.rooms.get_mut(room) {
            set.remove(member);
            if set.len() == 0 {
                self.rooms.remove(room);
            }
        }
    }

    /// The rooms of a member, sorted by name.
    pub fn rooms_of(&self, member: &K) -> impl Iterator<Item = &str> {
        let theirs = self.members.get(member).into_iter();
        theirs.flat_map(|rooms| rooms.iter().map(|r| &**r))
    }

    /// The members of a room.
    pub fn members(&self, room: &str) -> impl Iterator<Item = &K> {
        self.rooms.get(room).map_or_else(SetIter::none, Set::iter)
    }

    /// How many members a room has.
    #[must_use]
    pub fn count(&self, room: &str) -> usize {
        self.rooms.get(room).map_or(0, Set::len)
    }

    /// Whether the member is in the room.
    #[must_use]
    pub fn contains(&self, room: &str, member: &K) -> bool {
        self.rooms.get(room).is_some_and(|r| r.contains(member))
    }

    /// All rooms that have members, sorted by name.
    pub fn rooms(&self) -> impl Iterator<Item = &str> {
        self.rooms.keys().map(|r| &**r)
    }

    /// How many rooms have members.
    #[must_use]
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// How many members are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whom a broadcast reaches: the members of any room in `to` (everybody, if it is empty) who are in
    /// no room in `except`. One room costs time in proportion to its members; more rooms are gathered
    /// first, and each excepted room costs a look-up for each member.
    pub fn select<'a>(
        &'a self,
        to: &[&str],
        except: &[&str],
    ) -> impl Iterator<Item = &'a K> + use<'a, K> {
        let find = |room: &&str| self.rooms.get(*room);
        let except: Vec<_> = except.iter().filter_map(find).collect();
        let from = match to {
            [] => Selected::new(More::All(self.members.keys())),
            [room] => {
                let (first, rest) = find(room).map_or((&[][..], &[][..]), Set::runs);
                Selected {
                    run: first.iter(),
                    more: More::Room(rest.iter()),
                }
            }
            rooms => {
                let mut gathered: Vec<&K> =
                    rooms.iter().filter_map(find).flat_map(Set::iter).collect();
                // Each room is sorted already, which this sort finds and merges.
                gathered.sort();
                gathered.dedup();
                Selected::new(More::Rooms(gathered.into_iter()))
            }
        };
        from.filter(move |member| !except.iter().any(|room| room.contains(member)))
    }
}

/// Those selected. A room's members lie behind one another: it is looked where they come from only at the end of
/// a run of them.
struct Selected<'a, K> {
    run: slice::Iter<'a, K>,
    more: More<'a, K>,
}

enum More<'a, K> {
    All(btree_map::Keys<'a, K, Vec<Arc<str>>>),
    Room(slice::Iter<'a, Vec<K>>),
    Rooms(vec::IntoIter<&'a K>),
}

impl<'a, K> Selected<'a, K> {
    fn new(more: More<'a, K>) -> Self {
        Self {
            run: [].iter(),
            more,
        }
    }

    #[inline(never)]
    fn beyond_run(&mut self) -> Option<&'a K> {
        match &mut self.more {
            More::All(all) => all.next(),
            More::Room(runs) => {
                self.run = runs.next()?.iter();
                self.run.next()
            }
            More::Rooms(rooms) => rooms.next(),
        }
    }
}

impl<'a, K> Iterator for Selected<'a, K> {
    type Item = &'a K;

    #[inline]
    fn next(&mut self) -> Option<&'a K> {
        match self.run.next() {
            Some(member) => Some(member),
            None => self.beyond_run(),
        }
    }
}
