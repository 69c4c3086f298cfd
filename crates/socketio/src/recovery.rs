//! Connection state recovery: the events that clients may have missed, and the sessions that were cut
//! off. Bounded by time, by bytes and by count; time is an argument.

use crate::Encoded;
use alloc::{
    boxed::Box,
    collections::{BTreeMap, VecDeque},
    format,
    string::String,
    vec::Vec,
};
use bytes::Bytes;
use core::{fmt, time::Duration};
use siox_wire::Instant;

/// What an entry costs beside its text and attachments, in bytes; rounded up.
const ENTRY: usize = 256;

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long an event, and a session that was cut off, is kept.
    pub time: Duration,
    /// How many bytes of events are kept; 256 are counted for each beside its own.
    pub bytes: usize,
    /// How many sessions are kept.
    pub sessions: usize,
}

/// Whom an event was for.
pub trait Audience {
    /// Whether a socket that is in these rooms was meant.
    fn meets(&self, rooms: &[&str]) -> bool;

    /// What it takes in memory, in bytes.
    fn weight(&self) -> usize;
}

#[derive(Debug)]
struct Kept<A> {
    at: Instant,
    encoded: Encoded,
    audience: A,
    size: usize,
}

/// What the clients of a namespace may have missed. `A` is whom an event was for, `S` what is kept of a
/// session.
///
/// An event carries an offset as its last argument, by which its receiver says later what it had: first
/// [`stamp`](Self::stamp) it, then send it, then [`keep`](Self::keep) it, and let nothing come between.
pub struct Log<A, S> {
    retention: Retention,
    /// What its offsets begin with.
    mark: u32,
    /// The events `first..first + events.len()`.
    events: VecDeque<Kept<A>>,
    first: u64,
    bytes: usize,
    /// By private id: when it was saved, counted; the offset at which it began; the session.
    sessions: BTreeMap<Box<str>, (u64, Box<str>, S)>,
    /// The keys of `sessions`, in the order of their saving.
    saved: BTreeMap<u64, (Instant, Box<str>)>,
    next: u64,
}

impl<A, S> fmt::Debug for Log<A, S> {
    /// Without the private ids, which are credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("retention", &self.retention)
            .field("events", &self.events.len())
            .field("bytes", &self.bytes)
            .field("sessions", &self.sessions.len())
            .finish_non_exhaustive()
    }
}

impl<A: Audience, S> Log<A, S> {
    /// A log that is empty. `mark`, a fresh random number, tells its offsets from those of other logs: of the
    /// server before it was started anew, whose clients may come back with them. The lower 24 bits count.
    #[must_use]
    pub fn new(retention: Retention, mark: u32) -> Self {
        Self {
            retention,
            mark: mark & 0xff_ffff,
            events: VecDeque::new(),
            first: 1,
            bytes: 0,
            sessions: BTreeMap::new(),
            saved: BTreeMap::new(),
            next: 0,
        }
    }

    fn offset_of(&self, number: u64) -> Box<str> {
        format!("{:x}-{number:x}", self.mark).into()
    }

    /// The number of an offset of this log.
    fn number(&self, offset: &str) -> Option<u64> {
        let (mark, number) = place(offset)?;
        (mark == self.mark).then_some(number)
    }

    fn last(&self) -> u64 {
        let kept = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.first.saturating_add(kept).saturating_sub(1)
    }

    /// The offset of the last event: where a session begins that begins now.
    #[must_use]
    pub fn offset(&self) -> Box<str> {
        self.offset_of(self.last())
    }

    /// The event with the offset that its receiver will come back with, as its last argument. A volatile
    /// one, which is not kept, is given the offset of the last that was where the client would take its
    /// own last argument for an offset; none where it would not.
    #[must_use]
    pub fn stamp(&self, event: &Encoded, volatile: bool) -> Option<Encoded> {
        if !volatile {
            let next = self.last().saturating_add(1);
            return Some(event.with_argument(&self.offset_of(next)));
        }
        event
            .ends_with_string()
            .then(|| event.with_argument(&self.offset()))
    }

    /// Keeps an event that carries the next offset.
    pub fn keep(&mut self, encoded: Encoded, audience: A, now: Instant) {
        let attachments = encoded.attachments().iter().map(Bytes::len);
        let parts = [encoded.json_bytes().len(), audience.weight(), ENTRY];
        let size = parts
            .into_iter()
            .chain(attachments)
            .fold(0, usize::saturating_add);
        self.bytes = self.bytes.saturating_add(size);
        self.events.push_back(Kept {
            at: now,
            encoded,
            audience,
            size,
        });
        self.forget(now);
    }

    /// Lets go what is too old or too much.
    fn forget(&mut self, now: Instant) {
        let Retention {
            time,
            bytes,
            sessions,
        } = self.retention;
        let old = |at: Instant| at.after(time) <= now;
        while let Some(event) = self.events.front()
            && (old(event.at) || self.bytes > bytes)
        {
            self.bytes = self.bytes.saturating_sub(event.size);
            self.first = self.first.saturating_add(1);
            self.events.pop_front();
        }
        if self.events.is_empty() {
            self.events = VecDeque::new();
        }
        while let Some((_, (at, _))) = self.saved.first_key_value()
            && (old(*at) || self.saved.len() > sessions)
        {
            if let Some((_, (_, pid))) = self.saved.pop_first() {
                self.sessions.remove(&pid);
            }
        }
    }

    /// Keeps a session that was cut off: its private id, and the offset at which it began.
    pub fn persist(&mut self, pid: &str, since: Box<str>, session: S, now: Instant) {
        self.next = self.next.saturating_add(1);
        self.saved.insert(self.next, (now, pid.into()));
        let kept = (self.next, since, session);
        if let Some((before, ..)) = self.sessions.insert(pid.into(), kept) {
            self.saved.remove(&before);
        }
        self.forget(now);
    }

    /// The session of this private id, which is forgotten with this, and the offset that its client has
    /// come to: `from`, or without one where the session began. `None` when there is none, or when not
    /// all that it missed is here.
    ///
    /// An offset of another log, or from before the session, counts as none: the reference's client keeps that
    /// of its session before until it hears an event in this one.
    pub fn restore(
        &mut self,
        pid: &str,
        from: Option<&str>,
        now: Instant,
    ) -> Option<(S, Box<str>)> {
        self.forget(now);
        let (saved, since, session) = self.sessions.remove(pid)?;
        self.saved.remove(&saved);
        let since = self.number(&since)?;
        let from = match from.map(place) {
            Some(None) => return None,
            Some(Some((mark, from))) if mark == self.mark => from.max(since),
            Some(Some(_)) | None => since,
        };
        // Nobody was told an offset from the future.
        let told = from <= self.last();
        let here = told && self.first <= from.saturating_add(1);
        here.then(|| (session, self.offset_of(from)))
    }

    /// The events after the offset `from` for a socket that is in these rooms, in order.
    #[must_use]
    pub fn missed_since(&self, from: &str, rooms: &[&str]) -> Vec<Encoded> {
        let Some(from) = self.number(from) else {
            return Vec::new();
        };
        let skip = from.saturating_add(1).saturating_sub(self.first);
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let missed = self.events.iter().skip(skip);
        missed
            .filter(|event| event.audience.meets(rooms))
            .map(|event| event.encoded.clone())
            .collect()
    }

    /// How many sessions are kept.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// How many bytes of events are kept, as [`Retention::bytes`] counts them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The log and the number that an offset names.
fn place(offset: &str) -> Option<(u32, u64)> {
    let (mark, number) = offset.split_once('-')?;
    Some((u32::try_from(hex(mark, 6)?).ok()?, hex(number, 15)?))
}

fn hex(digits: &str, most: usize) -> Option<u64> {
    let plain = (1..=most).contains(&digits.len()) && !digits.starts_with('+');
    plain.then(|| u64::from_str_radix(digits, 16).ok())?
}

/// Rooms, of which a socket must be in one.
impl Audience for Vec<String> {
    fn meets(&self, rooms: &[&str]) -> bool {
        self.is_empty() || self.iter().any(|room| rooms.contains(&room.as_str()))
    }

    fn weight(&self) -> usize {
        self.iter().map(String::len).fold(0, usize::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{borrow::ToOwned, vec};

    type Rooms = Vec<String>;

    fn log(bytes: usize) -> Log<Rooms, ()> {
        let retention = Retention {
            time: Duration::from_secs(10),
            bytes,
            sessions: 2,
        };
        Log::new(retention, 0xaaf)
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1000)
    }

    fn emit(log: &mut Log<Rooms, ()>, room: &str, now: Instant) -> String {
        let encoded = Encoded::event("e", &room).unwrap();
        let stamped = log.stamp(&encoded, false).unwrap();
        let json = stamped.json().to_owned();
        log.keep(stamped, vec![room.to_owned()], now);
        json
    }

    fn persist(log: &mut Log<Rooms, ()>, pid: &str, since: &str, now: Instant) {
        log.persist(pid, since.into(), (), now);
    }

    fn missed(
        log: &mut Log<Rooms, ()>,
        pid: &str,
        offset: Option<&str>,
        now: Instant,
    ) -> Option<Vec<String>> {
        let ((), from) = log.restore(pid, offset, now)?;
        let missed = log.missed_since(&from, &["a", "sid"]);
        Some(missed.iter().map(|e| e.json().to_owned()).collect())
    }

    #[test]
    fn what_was_missed_comes_back_once() {
        let mut log = log(1 << 20);
        assert_eq!(emit(&mut log, "a", at(0)), r#"["e","a","aaf-1"]"#);
        emit(&mut log, "b", at(0));
        emit(&mut log, "sid", at(0));
        emit(&mut log, "a", at(1));
        let all = [
            r#"["e","a","aaf-1"]"#,
            r#"["e","sid","aaf-3"]"#,
            r#"["e","a","aaf-4"]"#,
        ];
        for (offset, expected) in [
            (
                Some("aaf-1"),
                Some(vec![r#"["e","sid","aaf-3"]"#, r#"["e","a","aaf-4"]"#]),
            ),
            (Some("aaf-3"), Some(vec![r#"["e","a","aaf-4"]"#])),
            (Some("aaf-4"), Some(vec![])),
            (None, Some(all.to_vec())),
            // Of the log that was here before.
            (Some("bbf-3"), Some(all.to_vec())),
            (Some("bbf-ffff"), Some(all.to_vec())),
            (Some("aaf-5"), None),
            (Some("aaf-+1"), None),
            (Some("+aaf-1"), None),
            (Some("aaf--1"), None),
            (Some("aaf-"), None),
            (Some("1"), None),
            (Some(""), None),
            (Some("aaf-0000000000000000001"), None),
            (Some("0000aaf-1"), None),
            (Some("x"), None),
        ] {
            persist(&mut log, "p", "aaf-0", at(1));
            let expected = expected.map(|e| e.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(missed(&mut log, "p", offset, at(1)), expected, "{offset:?}");
            // Taken for good, whether it could be restored or not.
            assert_eq!(missed(&mut log, "p", offset, at(1)), None);
        }
        // From before the session began, in which nothing was heard then.
        persist(&mut log, "p", "aaf-2", at(1));
        let missed = missed(&mut log, "p", Some("aaf-1"), at(1));
        assert_eq!(missed.unwrap(), all[1..]);
    }

    #[test]
    fn a_gap_is_declared() {
        let mut log = log(2 * (ENTRY + 20));
        for _ in 0..3 {
            emit(&mut log, "a", at(0));
        }
        for (offset, found) in [
            ("aaf-0", false),
            ("aaf-1", true),
            ("aaf-2", true),
            // Of another log: it would have to be told all.
            ("abf-2", false),
        ] {
            persist(&mut log, "p", "aaf-0", at(0));
            assert_eq!(missed(&mut log, "p", Some(offset), at(0)).is_some(), found);
        }
        // By age.
        persist(&mut log, "p", "aaf-0", at(5));
        assert_eq!(missed(&mut log, "p", Some("aaf-1"), at(10)), None);
        persist(&mut log, "p", "aaf-3", at(10));
        assert_eq!(missed(&mut log, "p", None, at(11)), Some(vec![]));
    }

    #[test]
    fn sessions_end_and_are_bounded() {
        let mut log = log(1 << 20);
        persist(&mut log, "a", "aaf-0", at(0));
        assert_eq!(missed(&mut log, "a", None, at(10)), None);
        for pid in ["a", "b", "c"] {
            persist(&mut log, pid, "aaf-0", at(20));
        }
        assert_eq!(log.sessions.len(), 2);
        assert_eq!(missed(&mut log, "a", None, at(20)), None);
        assert!(missed(&mut log, "c", None, at(20)).is_some());
        // One that came back and was cut off again has its time anew.
        persist(&mut log, "b", "aaf-0", at(25));
        assert!(missed(&mut log, "b", None, at(31)).is_some());
    }

    #[test]
    fn a_volatile_string_does_not_pass_for_an_offset() {
        let mut log = log(1 << 20);
        emit(&mut log, "a", at(0));
        for (args, expected) in [
            (
                Encoded::event("e", &"text"),
                Some(r#"["e","text","aaf-1"]"#),
            ),
            (Encoded::event("e", &1), None),
            (Encoded::event("e", &()), None),
        ] {
            let encoded = args.unwrap();
            let stamped = log.stamp(&encoded, true);
            assert_eq!(stamped.as_ref().map(Encoded::json), expected);
        }
    }
}
