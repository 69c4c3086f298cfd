//! One run: both ends and the connections between them under one clock.

mod faults;
mod verdict;

use crate::{
    Fault, Kind,
    conn::{Conn, Serving, Waiting},
    host::Host,
    net::Net,
    peer::Peer,
    scenario::Scenario,
};
use faults::Visitor;
use siox_engineio::{Lane, Outgoing};
use siox_wire::Instant;
use std::time::Duration;

pub use verdict::{Failure, Outcome};

pub(crate) struct World<'p> {
    net: Net<'p>,
    host: Host,
    peer: Peer,
    conns: Vec<Conn>,
    /// How many connections of each kind there were.
    counts: [u32; 4],
    /// Faults with a time, the next one last.
    timed: Vec<(Instant, Fault)>,
    visitors: Vec<Visitor>,
    /// How much delay nobody can be blamed for has happened.
    delays: Duration,
    /// The session may end for what happened to it; what happened to its socket counts only if
    /// that carried it.
    excused: bool,
    socket_excused: bool,
    begin: Vec<Outgoing>,
    buf: Vec<u8>,
}

/// Runs a scenario. With `logs`, every step is written down.
#[must_use]
pub fn run(plan: &Scenario, logs: bool) -> Outcome {
    let mut world = World::new(plan, logs);
    world.play();
    world.outcome()
}

impl<'p> World<'p> {
    fn new(plan: &'p Scenario, logs: bool) -> Self {
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
                | Fault::Refuse { .. }
                | Fault::Double { .. } => None,
            })
            .collect();
        timed.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        Self {
            net,
            host: Host::new(plan),
            peer: Peer::new(plan, now),
            conns: Vec::new(),
            counts: [0; 4],
            timed,
            visitors: Vec::new(),
            delays: Duration::ZERO,
            excused: false,
            socket_excused: false,
            begin: Vec::new(),
            buf: Vec::new(),
        }
    }

    /// When something happens next.
    fn next_due(&self) -> Option<Instant> {
        let now = self.net.now;
        let later = |due: Option<Instant>, asleep: Option<Instant>| {
            due.map(|due| due.max(asleep.unwrap_or(now)))
        };
        let links = self.conns.iter().flat_map(|conn| {
            let down = match conn.kind {
                Kind::Stray => conn.down.next_due(),
                Kind::Get | Kind::Post | Kind::Socket => {
                    later(conn.down.next_due(), self.peer.asleep)
                }
            };
            [later(conn.up.next_due(), self.host.asleep), down]
        });
        let ends = [
            self.host.next_due(now),
            self.peer.next_due(now),
            self.timed.last().map(|(at, _)| *at),
            self.visitors.iter().filter_map(|v| v.leaves).min(),
        ];
        links.chain(ends).flatten().min()
    }

    /// Goes on to what happens next, if that is by `until`.
    fn step(&mut self, until: Instant) -> bool {
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
    fn turn(&mut self) {
        self.go_wrong();
        if awake(&mut self.host.asleep, self.net.now) {
            for conn in &mut self.conns {
                self.host.arrivals(&mut self.net, conn, &mut self.buf);
            }
            self.host.speak(&mut self.net);
            self.host.settle(&mut self.net, &mut self.conns);
        }
        self.visit();
        if awake(&mut self.peer.asleep, self.net.now) {
            for conn in &mut self.conns {
                if conn.kind != Kind::Stray && !conn.copy {
                    self.peer.arrivals(&mut self.net, conn, &mut self.buf);
                }
            }
            self.peer.speak(&mut self.net);
            self.peer
                .settle(&mut self.net, &mut self.conns, &mut self.begin);
            self.request();
        }
        if self.host.asleep.is_none() {
            // The client has read: there may be room again.
            self.host.flush_all(&mut self.net, &mut self.conns);
        }
        self.blame();
        self.double();
        self.conns.retain(|conn| !conn.is_over());
    }

    /// The client's requests go out.
    fn request(&mut self) {
        for outgoing in std::mem::take(&mut self.begin) {
            let (kind, lane, query, content_type, body) = match outgoing {
                Outgoing::Get { lane, query, .. } => (Kind::Get, lane, query, "", Vec::new()),
                Outgoing::Post {
                    lane,
                    query,
                    content_type,
                    body,
                } => {
                    let body = body.iter().flatten().copied().collect();
                    (Kind::Post, lane, query, content_type, body)
                }
                Outgoing::Socket { lane, query } => (Kind::Socket, lane, query, "", Vec::new()),
            };
            let nth = self.counts[kind as usize];
            self.net.note(format_args!(
                "client: {kind:?} {nth}, {lane:?}, {} bytes",
                body.len()
            ));
            let doubled = kind == Kind::Get && self.is_doubled(nth);
            if doubled && nth == 0 {
                self.begin(kind, lane, query.clone(), "", &body).copied();
                self.counts[kind as usize] = nth;
            }
            self.begin(kind, lane, query, content_type, &body).doubled = doubled && nth > 0;
        }
    }

    fn begin(
        &mut self,
        kind: Kind,
        lane: Lane,
        query: String,
        content_type: &'static str,
        body: &[u8],
    ) -> &mut Conn {
        let count = &mut self.counts[kind as usize];
        let nth = *count;
        *count += 1;
        let Net { plan, now, rng, .. } = &mut self.net;
        let mut conn = Conn::new(plan, kind, nth, lane, query);
        conn.content_type = content_type;
        conn.request(*now, body, &plan.line, rng);
        let at = self.conns.len();
        self.conns.push(conn);
        &mut self.conns[at]
    }

    /// A proxy that has waited for the answer to a poll asks again.
    fn double(&mut self) {
        let is_due =
            |conn: &&mut Conn| conn.doubled && matches!(conn.serving, Serving::Parked { .. });
        let Some(conn) = self.conns.iter_mut().find(is_due) else {
            return;
        };
        conn.doubled = false;
        let (lane, query) = (conn.lane, conn.target.clone());
        self.excused = true;
        let count = self.counts[Kind::Get as usize];
        // At once: what is fetched by nobody is lost.
        let copy = self.begin(Kind::Get, lane, query, "", &[]);
        copy.up.hurry();
        copy.copied();
        self.counts[Kind::Get as usize] = count;
    }

    /// The session that the client has.
    fn session(&self) -> Option<usize> {
        let sid = &self.peer.client.opened()?.sid;
        let of = |hosted: &crate::host::Hosted| hosted.sid.as_str() == &**sid;
        self.host.sessions.iter().position(of)
    }
}

impl Conn {
    /// The answer is nobody's.
    fn copied(&mut self) {
        self.copy = true;
        self.waiting = Waiting::Done;
        self.down.cut_off();
    }
}

/// Whether one end does something at `now`.
fn awake(asleep: &mut Option<Instant>, now: Instant) -> bool {
    asleep.take_if(|until| *until <= now);
    asleep.is_none()
}
