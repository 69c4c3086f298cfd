//! The server: its namespaces, who comes in, what is said to them.

use super::{
    Party,
    model::{Model, inner},
    nsp::{Member, Nsp, Saved, Selection},
};
use crate::{
    check,
    host::{Hosted, Site},
    net::Net,
};
use siox_engineio::CloseReason;
use siox_socketio::{
    self as socketio, Encoded, FIRST_BROADCAST_ACK, Packet, Revision, Slot, recovery::Log, shared,
};
use siox_stack::{Engine, Event, Machine, Session};
use siox_testkit::Rng;
use siox_wire::{Admit, Instant, SendError};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

type Sessions<'a> = &'a mut [Hosted<Session>];

/// An acknowledgement that is owed, with what it must say and by when.
type Owed = BTreeMap<(usize, Slot, u64), (u64, Instant)>;

/// How long a client may take to acknowledge.
const ACK: Duration = Duration::from_secs(3);

pub(super) struct Hall {
    nsps: [Nsp; 2],
    revision: Revision,
    model: Rc<RefCell<Model>>,
    rng: Rng,
    /// How many things it will say, and how far apart.
    acts: u32,
    pace: Duration,
    next: Option<Instant>,
    /// The next event, the next socket, the next acknowledgement of a broadcast.
    n: u64,
    number: u64,
    broadcast_ack: u64,
    owed: Owed,
    /// Slots that nothing must be sent to any more.
    gone: Vec<(usize, Slot)>,
}

impl Hall {
    pub(super) fn new(party: &Party, model: Rc<RefCell<Model>>) -> Self {
        let acts = party.acts[1] * party.guests as u32;
        Self {
            nsps: [Nsp::new("/", party, true), Nsp::new("/b", party, false)],
            revision: party.revision(),
            model,
            rng: Rng::new(party.base.seed ^ 0x00D0_0B5E_55ED),
            acts,
            pace: party.base.spread / acts.max(1),
            next: None,
            n: 0,
            number: 0,
            broadcast_ack: FIRST_BROADCAST_ACK,
            owed: Owed::new(),
            gone: Vec::new(),
        }
    }

    /// Whether it has said all, and no acknowledgement is owed.
    pub(super) fn is_settled(&self) -> bool {
        self.acts == 0 && self.owed.is_empty()
    }

    /// Whether nobody is in.
    pub(super) fn is_empty(&self) -> bool {
        let empty = |nsp: &Nsp| nsp.members.is_empty() && nsp.rooms.is_empty();
        self.nsps.iter().all(empty) && self.owed.is_empty()
    }

    fn connect(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        hosted: &mut Hosted<Session>,
        at: usize,
        (slot, name, auth): (Slot, &str, &str),
    ) {
        let session = &mut hosted.engine;
        let Some(which) = self.nsps.iter().position(|nsp| nsp.name == name) else {
            return net.fail(format!("server: a CONNECT to {name}"));
        };
        if self.rng.chance(30) && self.may_be_out(which) {
            net.note(format_args!("server: refuses {name} to session {at}"));
            // Whoever has gone already is told next.
            let _ = session.refuse(slot, "not now", None);
            return;
        }
        self.number += 1;
        let number = self.number;
        let nsp = &mut self.nsps[which];
        let back = nsp.log.as_mut().zip(field(auth, "pid"));
        let back = back.and_then(|(log, pid)| {
            let (saved, from) = log.restore(pid, field(auth, "offset"), now)?;
            Some((pid, saved, from))
        });
        let (pid, saved, from) = match back {
            Some((pid, saved, from)) => (pid.to_owned(), saved, Some(from)),
            None => {
                let sid = match (self.revision, name) {
                    (Revision::V5, _) => format!("s{number}"),
                    // The client makes it of what it knows.
                    (Revision::V4, "/") => hosted.sid.as_str().to_owned(),
                    (Revision::V4, name) => format!("{name}#{}", hosted.sid.as_str()),
                };
                let saved = Saved {
                    sid,
                    since: nsp.log.as_ref().map(Log::offset).unwrap_or_default(),
                    rooms: Vec::new(),
                    heard: None,
                };
                (format!("p{number}"), saved, None)
            }
        };
        let mut rooms: Vec<&str> = saved.rooms.iter().map(String::as_str).collect();
        rooms.push(&saved.sid);
        let missed = match (&nsp.log, &from) {
            (Some(log), Some(from)) => log.missed_since(from, &rooms),
            (None, _) | (_, None) => Vec::new(),
        };
        let accepted = match nsp.log {
            Some(_) => session.accept_recoverable(slot, &saved.sid, &pid),
            None => session.accept(slot, &saved.sid),
        };
        let mut told = missed.iter();
        if accepted
            .and_then(|()| told.try_for_each(|e| session.emit(slot, e, Admit::Owed)))
            .is_err()
        {
            // It has gone meanwhile, which is told next.
            if let Some(log) = &mut nsp.log {
                log.persist(&pid, saved.since.clone(), saved, now);
            }
            return;
        }
        net.note(format_args!(
            "server: {} is in {name}, {} missed: {from:?}",
            saved.sid,
            missed.len()
        ));
        for room in rooms {
            let joined = nsp.rooms.join(room, number);
            net.check(joined == Ok(true), || {
                format!("server: {joined:?} for {room}")
            });
        }
        let entered = self
            .model
            .borrow_mut()
            .enter(&saved.sid, which, from.as_deref());
        net.check_result("server", entered);
        let member = Member {
            session: at,
            slot,
            sid: saved.sid,
            pid,
            since: saved.since,
            heard: saved.heard,
        };
        nsp.members.insert(number, member);
    }

    /// Whether a client that is not in can ask to be let in.
    fn may_be_out(&self, which: usize) -> bool {
        self.revision == Revision::V5 || which > 0
    }

    /// A member goes.
    fn leave(&mut self, now: Instant, which: usize, number: u64, recoverable: bool) {
        let nsp = &mut self.nsps[which];
        let Some((member, rooms)) = nsp.remove(number) else {
            return;
        };
        self.gone.push((member.session, member.slot));
        self.owed
            .retain(|(session, slot, _), _| (*session, *slot) != (member.session, member.slot));
        let log = nsp.log.as_mut().filter(|_| recoverable);
        self.model.borrow_mut().leave(&member.sid, log.is_some());
        if let Some(log) = log {
            let saved = Saved {
                sid: member.sid,
                since: member.since.clone(),
                rooms,
                heard: member.heard,
            };
            log.persist(&member.pid, member.since, saved, now);
        }
    }

    fn event(
        &mut self,
        net: &mut Net<'_>,
        session: &mut Session,
        at: usize,
        (slot, id): (Slot, Option<u64>),
        packet: &Packet<'_>,
    ) {
        let found = self
            .nsps
            .iter()
            .position(|nsp| nsp.find(at, slot).is_some());
        let Some(which) = found else {
            return net.fail("server: an event of somebody who is not in");
        };
        let nsp = &mut self.nsps[which];
        let number = nsp.find(at, slot).unwrap_or_default();
        let word = inner(packet).trim_matches('"').to_owned();
        match packet.name() {
            "say" | "ask" => {
                let n: u64 = word.parse().unwrap_or(u64::MAX);
                if let Some(member) = nsp.members.get_mut(&number) {
                    let before = member.heard.replace(n);
                    net.check(before.is_none_or(|before| n > before), || {
                        format!("server: {} says {n} behind {before:?}", member.sid)
                    });
                }
                if let Some(id) = id.filter(|_| n % 5 != 4) {
                    self.answer(net, session, slot, id, &n);
                }
            }
            "join" | "leave" => {
                let mut model = self.model.borrow_mut();
                let sid = nsp.members.get(&number).map(|member| &member.sid);
                let standing = sid.and_then(|sid| model.sockets.get_mut(sid));
                let Some(standing) = standing else {
                    return net.fail("server: the model does not know a member");
                };
                let (done, expected) = match packet.name() {
                    "join" => (
                        nsp.rooms.join(&word, number) == Ok(true),
                        standing.rooms.insert(word),
                    ),
                    _ => (
                        nsp.rooms.leave(&word, &number),
                        standing.rooms.remove(&word),
                    ),
                };
                net.check(done == expected, || "server: a room's members".into());
                drop(model);
                if let Some(id) = id {
                    self.answer(net, session, slot, id, &0);
                }
            }
            other => net.fail(format!("server: an event {other}")),
        }
    }

    fn answer(&self, net: &mut Net<'_>, session: &mut Session, slot: Slot, id: u64, n: &u64) {
        let args = Encoded::args(n).map_err(|e| e.to_string());
        let sent = args.map(|args| session.ack(slot, id, &args));
        let fits = matches!(sent, Ok(Ok(()) | Err(SendError::Closed)));
        net.check(fits, || format!("server: {sent:?} for an acknowledgement"));
    }

    fn acknowledged(&mut self, net: &mut Net<'_>, key: (usize, Slot, u64), args: &str) {
        match self.owed.remove(&key) {
            Some((n, _)) if args.parse() == Ok(n) => {}
            other => net.fail(format!(
                "server: {key:?} is acknowledged by {args}, owed {other:?}"
            )),
        }
    }

    /// Something to somebody.
    fn act(&mut self, net: &mut Net<'_>, now: Instant, sessions: Sessions<'_>) {
        let which = usize::from(self.rng.chance(300));
        let room = |rng: &mut Rng| format!("r{}", rng.below(4));
        let rng = &mut self.rng;
        let to = (0..rng.below(3)).map(|_| room(rng)).collect();
        let except = (0..rng.below(2)).map(|_| room(rng)).collect();
        let selection = Selection { to, except };
        let one = self.nsps[which].members.keys().copied();
        let all: Vec<u64> = one.collect();
        let one = (!all.is_empty()).then(|| all[self.rng.index(all.len())]);
        match self.rng.below(20) {
            0..=8 => self.broadcast(net, now, sessions, which, &selection, false),
            9..=11 => self.broadcast(net, now, sessions, which, &selection, true),
            12 | 13 => self.ask_all(net, now, sessions, which, &selection),
            14..=16 => self.emit_to(net, now, sessions, which, one),
            17 | 18 => self.ask(net, now, sessions, which, one),
            _ => {
                let out = self.rng.chance(300) && self.may_be_out(which);
                if let Some(number) = one.filter(|_| out) {
                    let member = &self.nsps[which].members[&number];
                    net.note(format_args!("server: disconnects {}", member.sid));
                    let session = &mut sessions[member.session].engine;
                    // Whoever has gone already is told next.
                    if session.disconnect(member.slot).is_ok() {
                        self.leave(now, which, number, false);
                    }
                }
            }
        }
        let closed = self.gone.last().map(|(at, slot)| {
            let event = Encoded::event("e", &(0,));
            event.map(|event| sessions[*at].engine.emit(*slot, &event, Admit::Owed))
        });
        let fits = matches!(closed, None | Some(Ok(Err(SendError::Closed))));
        net.check(fits, || {
            format!("server: {closed:?} to a socket that has left")
        });
    }

    /// The next event, some with a text at the end, some with bytes.
    fn encode(&mut self) -> Option<(u64, Encoded)> {
        self.n += 1;
        let n = self.n;
        let event = match self.rng.below(4) {
            0 => Encoded::event("e", &(n, "text")),
            1 => Encoded::event("e", &(n, bytes::Bytes::from_static(b"\x01\x02"))),
            _ => Encoded::event("e", &(n,)),
        };
        Some((n, event.ok()?))
    }

    /// Sends an event to a selection and keeps it, as one step.
    fn broadcast(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        sessions: Sessions<'_>,
        which: usize,
        selection: &Selection,
        volatile: bool,
    ) {
        let Some((n, event)) = self.encode() else {
            return net.fail("server: an event that cannot be encoded");
        };
        let nsp = &mut self.nsps[which];
        let stamped = nsp.log.as_ref().and_then(|log| log.stamp(&event, volatile));
        let kept = stamped.is_some() && !volatile;
        let event = stamped.unwrap_or(event);
        let group = shared(nsp.name, &event, None);
        let admit = if volatile {
            Admit::Volatile
        } else {
            Admit::Owed
        };
        let mut reached = std::collections::BTreeSet::new();
        for number in nsp.select(selection) {
            let member = &nsp.members[&number];
            reached.insert(member.sid.clone());
            // Who is closed already is told so next.
            let _ = sessions[member.session]
                .engine
                .broadcast(member.slot, &group, admit);
        }
        if let Some(log) = nsp.log.as_mut().filter(|_| kept) {
            log.keep(event, selection.clone(), now);
        }
        net.note(format_args!(
            "server: event {n} in {} to {reached:?}",
            nsp.name
        ));
        self.tell(net, which, selection, n, (volatile, kept), &reached);
    }

    fn tell(
        &self,
        net: &mut Net<'_>,
        which: usize,
        selection: &Selection,
        n: u64,
        how: (bool, bool),
        reached: &std::collections::BTreeSet<String>,
    ) {
        let rooms = (&selection.to[..], &selection.except[..]);
        let meant = self.model.borrow_mut().tell(which, rooms, n, how);
        net.check(meant == *reached, || {
            format!("server: event {n} went to {reached:?}, not to {meant:?}")
        });
    }

    fn ask_all(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        sessions: Sessions<'_>,
        which: usize,
        selection: &Selection,
    ) {
        let Some((n, event)) = self.encode() else {
            return net.fail("server: an event that cannot be encoded");
        };
        let (id, by) = (self.broadcast_ack, now.after(ACK));
        self.broadcast_ack += 1;
        let nsp = &self.nsps[which];
        let group = shared(nsp.name, &event, Some(id));
        let mut reached = Vec::new();
        for number in nsp.select(selection) {
            let Member {
                session, slot, sid, ..
            } = &nsp.members[&number];
            let machine = &mut sessions[*session].engine;
            if machine
                .broadcast_with_ack(*slot, &group, id, Some(by))
                .is_ok()
            {
                self.owed.insert((*session, *slot, id), (n, by));
                reached.push(sid.clone());
            }
        }
        net.note(format_args!(
            "server: event {n} to {reached:?}, to be acknowledged"
        ));
        for sid in reached {
            self.model
                .borrow_mut()
                .tell(which, (&[sid], &[]), n, (false, false));
        }
    }

    fn emit_to(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        sessions: Sessions<'_>,
        which: usize,
        one: Option<u64>,
    ) {
        let Some(number) = one else {
            return;
        };
        let Some((n, event)) = self.encode() else {
            return net.fail("server: an event that cannot be encoded");
        };
        let nsp = &mut self.nsps[which];
        let Member {
            session, slot, sid, ..
        } = &nsp.members[&number];
        let stamped = nsp.log.as_ref().and_then(|log| log.stamp(&event, false));
        let kept = stamped.is_some();
        let event = stamped.unwrap_or(event);
        let machine = &mut sessions[*session].engine;
        if machine.emit(*slot, &event, Admit::Normal).is_err() {
            return;
        }
        net.note(format_args!("server: event {n} to {sid}"));
        let to = [sid.clone()];
        if let Some(log) = &mut nsp.log {
            let (to, except) = (to.to_vec(), Vec::new());
            log.keep(event, Selection { to, except }, now);
        }
        self.model
            .borrow_mut()
            .tell(which, (&to, &[]), n, (false, kept));
    }

    fn ask(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        sessions: Sessions<'_>,
        which: usize,
        one: Option<u64>,
    ) {
        let Some(number) = one else {
            return;
        };
        let Some((n, event)) = self.encode() else {
            return net.fail("server: an event that cannot be encoded");
        };
        let Member {
            session, slot, sid, ..
        } = &self.nsps[which].members[&number];
        let by = now.after(ACK);
        let machine = &mut sessions[*session].engine;
        let Ok(id) = machine.emit_with_ack(*slot, &event, Some(by)) else {
            return;
        };
        let before = self.owed.insert((*session, *slot, id), (n, by));
        net.check(before.is_none(), || {
            "server: one id for two acknowledgements".into()
        });
        let to = [sid.clone()];
        self.model
            .borrow_mut()
            .tell(which, (&to, &[]), n, (false, false));
    }
}

impl Site for Hall {
    type Machine = Session;

    fn engine(machine: &Session) -> &Engine {
        machine.engine()
    }

    fn opened(&mut self, _net: &mut Net<'_>, now: Instant) {
        self.next.get_or_insert(now.after(self.pace));
    }

    fn hear(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        at: usize,
        sessions: Sessions<'_>,
        event: Event<'_>,
    ) {
        let hosted = &mut sessions[at];
        let session = &mut hosted.engine;
        match event {
            Event::Socket(socketio::Event::Connect {
                slot, nsp, auth, ..
            }) => {
                let auth = auth.as_ref().map_or("", |auth| auth.as_str());
                self.connect(net, now, hosted, at, (slot, &nsp, auth));
            }
            Event::Socket(socketio::Event::Event { slot, id, packet }) => {
                self.event(net, session, at, (slot, id), &packet);
            }
            Event::Unchecked(slot, event) => match event.packet() {
                Some(packet) => self.event(net, session, at, (slot, event.id()), &packet),
                None => {
                    if let Ok(Some(event)) = session.handle_text(now, event.text()) {
                        self.hear(net, now, at, sessions, event);
                    }
                }
            },
            Event::Socket(socketio::Event::Ack { slot, id, packet }) => {
                self.acknowledged(net, (at, slot, id), inner(&packet));
            }
            Event::Socket(socketio::Event::AckTimeout { slot, id }) => {
                let owed = self.owed.remove(&(at, slot, id));
                net.check(owed.is_some_and(|(_, by)| by <= now), || {
                    format!("server: {id} is late, and {owed:?} was owed")
                });
            }
            Event::Socket(socketio::Event::Disconnect { slot, .. }) => {
                for which in 0..self.nsps.len() {
                    if let Some(number) = self.nsps[which].find(at, slot) {
                        self.leave(now, which, number, false);
                    }
                }
            }
            Event::Upgraded => {}
            Event::Closed(reason) => {
                net.note(format_args!("server: session {at} is closed: {reason}"));
                check::server_end(net, &sessions[at], now, reason);
                for which in 0..self.nsps.len() {
                    let members = self.nsps[which].members.iter();
                    let of = members.filter(|(_, m)| m.session == at).map(|(n, _)| *n);
                    for number in of.collect::<Vec<_>>() {
                        let recoverable = reason != CloseReason::ParseError;
                        self.leave(now, which, number, recoverable);
                    }
                }
            }
        }
    }

    fn next(&self) -> Option<Instant> {
        self.next.filter(|_| self.acts > 0)
    }

    fn speak(&mut self, net: &mut Net<'_>, now: Instant, sessions: Sessions<'_>) {
        while self.acts > 0
            && let Some(due) = self.next.filter(|due| *due <= now)
        {
            self.acts -= 1;
            self.next = Some(due.after(self.pace));
            self.act(net, now, sessions);
        }
        let late = self.owed.iter().find(|(key, (_, by))| {
            by.after(Duration::from_millis(1)) <= now && !sessions[key.0].engine.is_closed()
        });
        if let Some((key, _)) =
            late.filter(|(key, _)| sessions[key.0].engine.poll_timeout() > Some(now))
        {
            net.fail(format!("server: the acknowledgement {key:?} is never told"));
        }
    }
}

/// A string of a JSON object, of ours, so without escapes.
fn field<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = object.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next()
}
