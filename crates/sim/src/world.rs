//! One run: both ends and the connections between them under one clock.

mod faults;
mod verdict;

use crate::{
    Fault, Kind, Side,
    app::App,
    check,
    conn::{Conn, Owner, Serving},
    echo::Apps,
    host::{Host, Site},
    net::Net,
    peer::{Peer, User},
    pipe::{Buffers, Pipe},
    scenario::Scenario,
};
use faults::Visitor;
use siox_wire::Instant;
use std::time::Duration;

pub use verdict::{Failure, Outcome};

/// One server, its clients, and the network between them.
pub(crate) struct World<'p, S: Site, U> {
    pub(crate) net: Net<'p>,
    pub(crate) host: Host<S>,
    pub(crate) peers: Vec<Peer<U>>,
    pub(crate) conns: Vec<Conn>,
    /// Of connections that are over.
    spare: Vec<Buffers>,
    /// Whether a proxy sends some poll twice.
    doubles: bool,
    /// How many connections there were, how many of each kind, and, for that proxy, how many polls.
    ids: u32,
    counts: [u32; 4],
    gets: u32,
    /// Faults with a time, the next one last.
    timed: Vec<(Instant, Fault)>,
    visitors: Vec<Visitor>,
    /// How much delay nobody can be blamed for has happened.
    delays: Duration,
    /// The session may end for what happened to it; what happened to its socket counts only if
    /// that carried it.
    excused: bool,
    socket_excused: bool,
    buf: Vec<u8>,
}

/// Runs a scenario. With `logs`, every step is written down.
#[must_use]
pub fn run(plan: &Scenario, logs: bool) -> Outcome {
    let mut world = World::new(plan, logs, Apps::default());
    let client = App::new(Side::Client, plan, world.net.now);
    world.enter(client);
    world.play();
    world.outcome()
}

impl<'p, S: Site, U: User> World<'p, S, U> {
    pub(crate) fn new(plan: &'p Scenario, logs: bool, site: S) -> Self {
        let net = Net::new(plan, logs);
        let now = net.now;
        let mut timed: Vec<_> = plan
            .faults
            .iter()
            .filter_map(|fault| match fault {
                Fault::Sleep { at, .. } | Fault::Jump { at, .. } | Fault::Stray { at, .. } => {
                    Some((now.after(*at), *fault))
                }
                Fault::Break(..)
                | Fault::Hold(..)
                | Fault::Gather { .. }
                | Fault::Refuse { .. }
                | Fault::Double { .. } => None,
            })
            .collect();
        timed.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        Self {
            net,
            host: Host::new(plan, site),
            peers: Vec::new(),
            conns: Vec::new(),
            spare: Vec::new(),
            doubles: plan.doubles(),
            ids: 0,
            counts: [0; 4],
            gets: 0,
            timed,
            visitors: Vec::new(),
            delays: Duration::ZERO,
            excused: false,
            socket_excused: false,
            buf: Vec::new(),
        }
    }

    /// A client begins.
    pub(crate) fn enter(&mut self, user: U) {
        let peer = Peer::new(self.net.plan, self.net.now, self.peers.len(), user);
        self.peers.push(peer);
    }

    /// When something happens next.
    fn next_due(&self) -> Option<Instant> {
        let now = self.net.now;
        let later = |due: Option<Instant>, asleep: Option<Instant>| {
            due.map(|due| due.max(asleep.unwrap_or(now)))
        };
        let links = self.conns.iter().flat_map(|conn| {
            let down = match conn.owner {
                Owner::Client(number, _) => later(conn.down.next_due(), self.peers[number].asleep),
                Owner::Visitor(_) | Owner::Proxy | Owner::Nobody => conn.down.next_due(),
            };
            [later(conn.up.next_due(), self.host.asleep), down]
        });
        let ends = [
            self.host.next_due(now, &self.conns),
            self.peers
                .iter()
                .filter_map(|peer| peer.next_due(now))
                .min(),
            self.timed.last().map(|(at, _)| *at),
            self.visitors.iter().filter_map(|v| v.leaves).min(),
        ];
        links.chain(ends).flatten().min()
    }

    /// Goes on to what happens next, if that is by `until`.
    pub(crate) fn step(&mut self, until: Instant) -> bool {
        let next = self.next_due().map_or(until, |due| due.max(self.net.now));
        if next >= until {
            self.net.now = until;
            return false;
        }
        self.net.now = next;
        self.turn();
        true
    }

    /// All that happens now.
    pub(crate) fn turn(&mut self) {
        self.go_wrong();
        if awake(&mut self.host.asleep, self.net.now) {
            for conn in &mut self.conns {
                self.host.arrivals(&mut self.net, conn, &mut self.buf);
            }
            self.host.speak(&mut self.net);
            self.host.settle(&mut self.net, &mut self.conns);
        }
        self.visit();
        for number in 0..self.peers.len() {
            let peer = &mut self.peers[number];
            if awake(&mut peer.asleep, self.net.now) {
                for conn in &mut self.conns {
                    peer.arrivals(&mut self.net, conn, &mut self.buf);
                }
                peer.speak(&mut self.net);
                self.settle(number);
            }
        }
        if self.host.asleep.is_none() {
            // The client has read: there may be room again.
            self.host.flush_all(&mut self.net, &mut self.conns);
        }
        self.blame();
        self.double();
        for conn in self.conns.extract_if(.., |conn| conn.is_over()) {
            self.spare
                .extend([conn.up, conn.down].map(Pipe::into_buffers));
        }
    }

    /// What the client's runtime does after every step: time, connections, bytes.
    fn settle(&mut self, number: usize) {
        for _ in 0..100 {
            while let Some(line) = self.peers[number].connect(&mut self.net) {
                self.buf.clear();
                self.peers[number].transmit(&mut self.net, line, usize::MAX, &mut self.buf);
                let kind = match &*self.buf {
                    b if b.starts_with(b"POST ") => Kind::Post,
                    b if is_upgrade(b) => Kind::Socket,
                    _ => Kind::Get,
                };
                let sent = std::mem::take(&mut self.buf);
                let at = self.open(kind, Owner::Client(number, line));
                self.send(at, &sent);
                self.buf = sent;
            }
            let mut moved = false;
            for at in 0..self.conns.len() {
                let conn = &mut self.conns[at];
                let Some(line) = conn.line(number) else {
                    continue;
                };
                self.buf.clear();
                let room = conn.up.room(&self.net.plan.line);
                self.peers[number].transmit(&mut self.net, line, room, &mut self.buf);
                moved |= self.peers[number].release(&mut self.net, conn);
                if !self.buf.is_empty() {
                    let sent = std::mem::take(&mut self.buf);
                    self.send(at, &sent);
                    self.buf = sent;
                }
            }
            if !moved {
                let now = self.peers[number].time(self.net.now);
                return check::peer(&mut self.net, now, &self.peers[number]);
            }
        }
        self.net.fail("client: connections come and go");
    }

    /// Bytes of the client go out on a connection.
    fn send(&mut self, at: usize, bytes: &[u8]) {
        if self.doubles && bytes.starts_with(b"GET ") && !is_upgrade(bytes) {
            let nth = self.gets;
            self.gets += 1;
            let doubled = self.is_doubled(nth);
            if doubled && nth == 0 {
                let copy = self.open(Kind::Get, Owner::Proxy);
                self.send_on(copy, bytes);
            } else if doubled {
                self.conns[at].doubled = true;
                self.conns[at].request = bytes.to_owned();
            }
        }
        self.send_on(at, bytes);
    }

    fn send_on(&mut self, at: usize, bytes: &[u8]) {
        let Net { plan, now, rng, .. } = &mut self.net;
        self.conns[at].up.send(*now, bytes, &plan.line, rng);
    }

    /// Opens a connection.
    fn open(&mut self, kind: Kind, owner: Owner) -> usize {
        let count = &mut self.counts[kind as usize];
        let nth = *count;
        *count += u32::from(owner != Owner::Proxy);
        let accepted = self.host.time(self.net.now);
        let mut conn = Conn::new(
            self.net.plan,
            kind,
            nth,
            accepted,
            &self.host.limits,
            &mut self.spare,
        );
        (conn.id, conn.owner) = (self.ids, owner);
        self.ids += 1;
        self.net
            .note(format_args!("{owner:?}: {kind:?} {nth} is {}", conn.id));
        if owner == Owner::Proxy {
            conn.down.cut_off();
        }
        self.conns.push(conn);
        self.conns.len() - 1
    }

    /// A proxy that has waited for the answer to a poll asks again.
    fn double(&mut self) {
        let is_due =
            |conn: &&mut Conn| conn.doubled && matches!(conn.serving, Serving::Parked { .. });
        let Some(conn) = self.conns.iter_mut().find(is_due) else {
            return;
        };
        conn.doubled = false;
        let request = std::mem::take(&mut conn.request);
        self.excused = true;
        let copy = self.open(Kind::Get, Owner::Proxy);
        self.send_on(copy, &request);
        // At once: what is fetched by nobody is lost.
        self.conns[copy].up.hurry();
    }
}

/// Whether a request asks for a WebSocket.
fn is_upgrade(request: &[u8]) -> bool {
    // The method, the path, and the first pairs of the query.
    let mut words = request.split(|b| matches!(b, b' ' | b'?' | b'&')).take(6);
    words.any(|word| word == b"transport=websocket")
}

/// Whether one end does something at `now`.
fn awake(asleep: &mut Option<Instant>, now: Instant) -> bool {
    asleep.take_if(|until| *until <= now);
    asleep.is_none()
}
