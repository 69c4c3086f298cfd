//! Who is in which room and what they are owed, by the plainest means.

use siox_socketio::Packet;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// An event that a socket is owed.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) n: u64,
    /// It may be lost: it is volatile.
    pub(super) uncertain: bool,
}

impl Due {
    const fn certain(n: u64) -> Self {
        Self {
            n,
            uncertain: false,
        }
    }
}

/// An event and whom it was for.
#[derive(Debug)]
struct Said {
    n: u64,
    to: Vec<String>,
    except: Vec<String>,
}

impl Said {
    fn is_for(&self, sid: &str, rooms: &BTreeSet<String>) -> bool {
        let is_in = |room: &String| *room == sid || rooms.contains(room);
        (self.to.is_empty() || self.to.iter().any(is_in)) && !self.except.iter().any(is_in)
    }
}

/// A socket, by its public id: here, or cut off and kept.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) nsp: usize,
    pub(super) rooms: BTreeSet<String>,
    pub(super) here: bool,
    pub(super) due: VecDeque<Due>,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) sockets: BTreeMap<String, Standing>,
    /// Every event that the log was given, whatever it keeps of them: the offset of one is its place,
    /// counted from 1.
    kept: Vec<Said>,
    /// What was under way to those who have left for good.
    under_way: BTreeMap<String, BTreeSet<u64>>,
    pub(super) delivered: u32,
    pub(super) recovered: u32,
}

impl Model {
    /// A socket comes in: a new one, or one that was kept, which is owed what was said since `from` to
    /// the rooms that it was in when it was cut off.
    pub(super) fn enter(
        &mut self,
        sid: &str,
        nsp: usize,
        from: Option<&str>,
    ) -> Result<(), String> {
        let Some(from) = from else {
            let standing = Standing {
                nsp,
                rooms: BTreeSet::new(),
                here: true,
                due: VecDeque::new(),
            };
            let before = self.sockets.insert(sid.to_owned(), standing);
            return before.map_or(Ok(()), |_| Err(format!("{sid} is new, and was there")));
        };
        let from = from.rsplit('-').next().unwrap_or_default();
        let from = usize::from_str_radix(from, 16).map_err(|e| e.to_string())?;
        let Some(socket) = self.sockets.get_mut(sid).filter(|socket| !socket.here) else {
            return Err(format!("{sid} comes back, and was not away"));
        };
        socket.here = true;
        let missed = self.kept.iter().skip(from);
        let missed = missed.filter(|said| said.is_for(sid, &socket.rooms));
        socket.due = missed.map(|said| Due::certain(said.n)).collect();
        self.recovered += 1;
        Ok(())
    }

    /// It goes, to come back perhaps.
    pub(super) fn leave(&mut self, sid: &str, kept: bool) {
        match self.sockets.get_mut(sid) {
            Some(standing) if kept => standing.here = false,
            Some(_) | None => {
                let due = self.sockets.remove(sid).map(|standing| standing.due);
                let due = due.into_iter().flatten().map(|due| due.n);
                self.under_way.insert(sid.to_owned(), due.collect());
            }
        }
    }

    /// Who is here and in `to` (or anybody) and not in `except`: they are owed the event.
    pub(super) fn tell(
        &mut self,
        nsp: usize,
        (to, except): (&[String], &[String]),
        n: u64,
        (volatile, kept): (bool, bool),
    ) -> BTreeSet<String> {
        let said = Said {
            n,
            to: to.to_vec(),
            except: except.to_vec(),
        };
        let mut here = BTreeSet::new();
        for (sid, socket) in &mut self.sockets {
            if socket.here && socket.nsp == nsp && said.is_for(sid, &socket.rooms) {
                here.insert(sid.clone());
                socket.due.push_back(Due {
                    n,
                    uncertain: volatile,
                });
            }
        }
        if kept {
            self.kept.push(said);
        }
        here
    }

    /// A client hears event `n`: the next that it is owed, or one behind what may be lost.
    pub(super) fn heard(&mut self, sid: &str, n: u64) -> Result<(), String> {
        self.delivered += 1;
        let Some(socket) = self.sockets.get_mut(sid) else {
            // The server knows it has gone, and the client not yet: what was under way still comes.
            return Ok(());
        };
        while let Some(due) = socket.due.pop_front() {
            if due.n == n {
                return Ok(());
            }
            if !due.uncertain {
                return Err(format!("{sid} was owed event {} and hears {n}", due.n));
            }
        }
        Err(format!("{sid} hears event {n}, which it is not owed"))
    }

    /// A client that is back in after it has left, on the same connection, hears what was under way to
    /// whom it was then: on the wire, that looks as if it were for whom it is now.
    pub(super) fn was_under_way(&mut self, before: &str, n: u64) -> bool {
        let under_way = self.under_way.get_mut(before);
        under_way.is_some_and(|under_way| under_way.remove(&n))
    }

    pub(super) fn is_settled(&self) -> bool {
        let here = self.sockets.values().filter(|socket| socket.here);
        here.flat_map(|socket| &socket.due).all(|due| due.uncertain)
    }

    /// What is not settled.
    pub(super) fn left(&self) -> String {
        let here = self.sockets.iter().filter(|(_, socket)| socket.here);
        let owed = here.filter(|(_, socket)| socket.due.iter().any(|due| !due.uncertain));
        let owed: Vec<_> = owed.map(|(sid, socket)| (sid, socket.due.len())).collect();
        format!("owed: {owed:?}")
    }
}

/// The arguments of a packet, without brackets and the event's name.
pub(super) fn inner<'a>(packet: &'a Packet<'_>) -> &'a str {
    let all = packet.args().trim_start_matches('[');
    let all = all.strip_suffix(']').unwrap_or(all);
    match all.strip_prefix('"') {
        Some(named) => named.split_once(',').map_or("", |(_, rest)| rest),
        None => all,
    }
}
