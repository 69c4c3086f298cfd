//! What clients may have missed: recent events and the sessions that were cut off. Bounded by time, by
//! bytes and by count; pure data, whose time is an argument.

use super::{Emit, Restored, SavedSession};
use crate::{Recovery, Selection};
use siox_socketio::Encoded;
use siox_wire::Instant;
use std::collections::{BTreeMap, VecDeque};

/// What an entry costs beside its text and attachments, in bytes; rounded up.
const ENTRY: usize = 256;

#[derive(Debug)]
struct Kept {
    at: Instant,
    encoded: Encoded,
    selection: Selection,
    size: usize,
}

#[derive(Debug)]
pub(super) struct Log {
    recovery: Recovery,
    /// The events `first..first + events.len()`.
    events: VecDeque<Kept>,
    first: u64,
    bytes: usize,
    sessions: BTreeMap<Box<str>, (u64, SavedSession)>,
    /// The keys of `sessions`, in the order of their saving.
    saved: BTreeMap<u64, (Instant, Box<str>)>,
    next: u64,
}

impl Log {
    pub(super) fn new(recovery: Recovery) -> Self {
        Self {
            recovery,
            events: VecDeque::new(),
            first: 1,
            bytes: 0,
            sessions: BTreeMap::new(),
            saved: BTreeMap::new(),
            next: 0,
        }
    }

    fn last(&self) -> u64 {
        self.first + self.events.len() as u64 - 1
    }

    /// The offset of the last event.
    pub(super) fn offset(&self) -> Box<str> {
        format!("{:x}", self.last()).into()
    }

    /// The event with the offset that its receiver will come back with, as its last argument. A volatile
    /// one, which is not kept, is given the offset of the last that was where the client would take its
    /// own last argument for an offset; none where it would not.
    pub(super) fn stamp(&self, emit: Emit<'_>) -> Option<Encoded> {
        if !emit.volatile {
            let offset = format!("{:x}", self.last() + 1);
            return Some(emit.encoded.with_argument(&offset));
        }
        emit.encoded
            .ends_with_string()
            .then(|| emit.encoded.with_argument(&self.offset()))
    }

    /// Keeps an event that carries the next offset.
    pub(super) fn keep(&mut self, encoded: Encoded, selection: Selection, now: Instant) {
        let attachments: usize = encoded.attachments().iter().map(bytes::Bytes::len).sum();
        let rooms: usize = selection
            .to
            .iter()
            .chain(&selection.except)
            .map(String::len)
            .sum();
        let size = encoded.json().len() + attachments + rooms + ENTRY;
        self.bytes += size;
        self.events.push_back(Kept {
            at: now,
            encoded,
            selection,
            size,
        });
        self.forget(now);
    }

    /// Lets go what is too old or too much.
    fn forget(&mut self, now: Instant) {
        let old = |at: Instant| at.after(self.recovery.max_disconnection) <= now;
        while let Some(event) = self.events.front()
            && (old(event.at) || self.bytes > self.recovery.max_bytes)
        {
            self.bytes -= event.size;
            self.first += 1;
            self.events.pop_front();
        }
        if self.events.is_empty() {
            self.events = VecDeque::new();
        }
        while let Some((_, (at, _))) = self.saved.first_key_value()
            && (old(*at) || self.saved.len() > self.recovery.max_sessions)
        {
            if let Some((_, (_, pid))) = self.saved.pop_first() {
                self.sessions.remove(&pid);
            }
        }
    }

    pub(super) fn persist(&mut self, session: SavedSession, now: Instant) {
        self.next += 1;
        self.saved.insert(self.next, (now, session.pid.clone()));
        if let Some((before, _)) = self
            .sessions
            .insert(session.pid.clone(), (self.next, session))
        {
            self.saved.remove(&before);
        }
        self.forget(now);
    }

    /// The session of this private id, which is forgotten with this, and whether all it missed is here.
    pub(super) fn restore(
        &mut self,
        pid: &str,
        offset: Option<&str>,
        now: Instant,
    ) -> Option<Restored> {
        self.forget(now);
        let (saved, session) = self.sessions.remove(pid)?;
        self.saved.remove(&saved);
        let since = number(&session.since)?;
        let offset = match offset {
            Some(offset) => number(offset)?,
            None => since,
        };
        // An offset from before the session, or from the future, is not one that this session was told.
        let told = since <= offset && offset <= self.last();
        (told && self.first <= offset + 1).then(|| Restored {
            session,
            missed: Vec::new(),
            until: format!("{offset:x}").into(),
        })
    }

    pub(super) fn missed_since(&self, restored: &Restored) -> Vec<Encoded> {
        let Some(offset) = number(&restored.until) else {
            return Vec::new();
        };
        let skip = usize::try_from((offset + 1).saturating_sub(self.first)).unwrap_or(usize::MAX);
        let session = &restored.session;
        let mut rooms: Vec<&str> = session.rooms.iter().map(|r| &**r).collect();
        rooms.push(&session.sid);
        let missed = self.events.iter().skip(skip);
        missed
            .filter(|event| event.selection.meets(&rooms))
            .map(|event| event.encoded.clone())
            .collect()
    }
}

fn number(offset: &str) -> Option<u64> {
    let plain = (1..=15).contains(&offset.len()) && !offset.starts_with('+');
    plain.then(|| u64::from_str_radix(offset, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn log(max_bytes: usize) -> Log {
        Log::new(Recovery {
            max_bytes,
            max_disconnection: Duration::from_secs(10),
            max_sessions: 2,
            ..Recovery::default()
        })
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1000)
    }

    fn emit(log: &mut Log, room: &str, now: Instant) -> String {
        let encoded = Encoded::event("e", &room).unwrap();
        let selection = Selection::new(vec![room.to_owned()], Vec::new());
        let stamped = log.stamp(Emit::new("e", &encoded, &selection)).unwrap();
        let json = stamped.json().to_owned();
        log.keep(stamped, selection, now);
        json
    }

    fn session(pid: &str, since: &str) -> SavedSession {
        SavedSession {
            pid: pid.into(),
            sid: "sid".into(),
            rooms: vec!["a".into()],
            data: None,
            since: since.into(),
        }
    }

    fn missed(log: &mut Log, pid: &str, offset: Option<&str>, now: Instant) -> Option<Vec<String>> {
        let restored = log.restore(pid, offset, now)?;
        let missed = log.missed_since(&restored);
        Some(missed.iter().map(|e| e.json().to_owned()).collect())
    }

    #[test]
    fn what_was_missed_comes_back_once() {
        let mut log = log(1 << 20);
        assert_eq!(emit(&mut log, "a", at(0)), r#"["e","a","1"]"#);
        emit(&mut log, "b", at(0));
        emit(&mut log, "sid", at(0));
        emit(&mut log, "a", at(1));
        for (offset, expected) in [
            (
                Some("1"),
                Some(vec![r#"["e","sid","3"]"#, r#"["e","a","4"]"#]),
            ),
            (Some("3"), Some(vec![r#"["e","a","4"]"#])),
            (Some("4"), Some(vec![])),
            (
                None,
                Some(vec![
                    r#"["e","a","1"]"#,
                    r#"["e","sid","3"]"#,
                    r#"["e","a","4"]"#,
                ]),
            ),
            (Some("5"), None),
            (Some("+1"), None),
            (Some(""), None),
            (Some("0000000000000000001"), None),
            (Some("x"), None),
        ] {
            log.persist(session("p", "0"), at(1));
            let expected = expected.map(|e| e.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(missed(&mut log, "p", offset, at(1)), expected, "{offset:?}");
            // Taken for good, whether it could be restored or not.
            assert_eq!(missed(&mut log, "p", offset, at(1)), None);
        }
        // From before the session began.
        log.persist(session("p", "2"), at(1));
        assert_eq!(missed(&mut log, "p", Some("1"), at(1)), None);
    }

    #[test]
    fn a_gap_is_declared() {
        let mut log = log(2 * (ENTRY + 20));
        for _ in 0..3 {
            emit(&mut log, "a", at(0));
        }
        for (offset, found) in [("0", false), ("1", true), ("2", true)] {
            log.persist(session("p", "0"), at(0));
            assert_eq!(missed(&mut log, "p", Some(offset), at(0)).is_some(), found);
        }
        // By age.
        log.persist(session("p", "0"), at(5));
        assert_eq!(missed(&mut log, "p", Some("1"), at(10)), None);
        log.persist(session("p", "3"), at(10));
        assert_eq!(missed(&mut log, "p", None, at(11)), Some(vec![]));
    }

    #[test]
    fn sessions_end_and_are_bounded() {
        let mut log = log(1 << 20);
        log.persist(session("a", "0"), at(0));
        assert_eq!(missed(&mut log, "a", None, at(10)), None);
        for pid in ["a", "b", "c"] {
            log.persist(session(pid, "0"), at(20));
        }
        assert_eq!(log.sessions.len(), 2);
        assert_eq!(missed(&mut log, "a", None, at(20)), None);
        assert!(missed(&mut log, "c", None, at(20)).is_some());
        // One that came back and was cut off again has its time anew.
        log.persist(session("b", "0"), at(25));
        assert!(missed(&mut log, "b", None, at(31)).is_some());
    }

    #[test]
    fn a_volatile_string_does_not_pass_for_an_offset() {
        let mut log = log(1 << 20);
        emit(&mut log, "a", at(0));
        let selection = Selection::default();
        for (args, expected) in [
            (Encoded::event("e", &"text"), Some(r#"["e","text","1"]"#)),
            (Encoded::event("e", &1), None),
            (Encoded::event("e", &()), None),
        ] {
            let encoded = args.unwrap();
            let emit = Emit {
                volatile: true,
                ..Emit::new("e", &encoded, &selection)
            };
            let stamped = log.stamp(emit);
            assert_eq!(stamped.as_ref().map(Encoded::json), expected);
        }
    }
}
