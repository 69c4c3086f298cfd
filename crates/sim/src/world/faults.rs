//! Faults that come by themselves, and what they excuse.

use super::World;
use crate::{
    Break, Fault, Kind, Side, Stray,
    conn::{Owner, Serving},
    host::Site,
    peer::User,
    pipe::{Arrival, Mishap},
};
use siox_engineio::Version;
use siox_wire::Instant;
use std::time::Duration;

/// Somebody else's WebSocket.
pub(super) struct Visitor {
    id: u32,
    how: Stray,
    /// It has done what it came for.
    done: bool,
    pub(super) leaves: Option<Instant>,
}

impl<S: Site, U: User> World<'_, S, U> {
    /// Faults whose time has come.
    pub(super) fn go_wrong(&mut self) {
        while let Some((at, fault)) = self.timed.last().copied()
            && at <= self.net.now
        {
            self.timed.pop();
            self.net.note(format_args!("{fault:?}"));
            match fault {
                Fault::Sleep { who, length, .. } => {
                    let until = Some(at.after(length));
                    match who {
                        Side::Server => self.host.asleep = until.max(self.host.asleep),
                        Side::Client => self.peers[0].asleep = until.max(self.peers[0].asleep),
                    }
                    self.delayed(length, false);
                }
                Fault::Jump { who, by, .. } => {
                    match who {
                        Side::Server => self.host.skew += by,
                        Side::Client => self.peers[0].skew += by,
                    }
                    self.delayed(by, false);
                }
                Fault::Stray { how, stays, .. } => self.stray(how, at.after(stays)),
                Fault::Break(..)
                | Fault::Hold(..)
                | Fault::Gather { .. }
                | Fault::Refuse { .. }
                | Fault::Double { .. } => {}
            }
        }
    }

    pub(super) fn is_doubled(&self, nth: u32) -> bool {
        let doubles = |fault: &Fault| matches!(fault, Fault::Double { nth: n } if *n == nth);
        self.net.plan.faults.iter().any(doubles)
    }

    /// Mishaps of connections that have happened.
    pub(super) fn blame(&mut self) {
        for at in 0..self.conns.len() {
            let conn = &mut self.conns[at];
            let kind = conn.kind;
            let mishaps = [conn.up.happened.take(), conn.down.happened.take()];
            for mishap in mishaps.into_iter().flatten() {
                self.net.note(format_args!("{kind:?}: {mishap:?}"));
                match mishap {
                    Mishap::Hold(length) => self.delayed(length, kind == Kind::Socket),
                    Mishap::Break(Break::HalfClose | Break::Reset | Break::Silence) => {
                        if kind == Kind::Socket {
                            self.socket_excused = true;
                        } else {
                            self.excused = true;
                        }
                    }
                }
            }
        }
    }

    /// A delay that both ends must bear, or, with all the others, need not.
    fn delayed(&mut self, length: Duration, of_socket: bool) {
        self.delays += length;
        let slow = self.net.plan.line.rate.is_some();
        let most = self.net.plan.patience() * if slow { 1 } else { 2 };
        if self.delays > most {
            if of_socket {
                self.socket_excused = true;
            } else {
                self.excused = true;
            }
        }
    }

    fn stray(&mut self, how: Stray, leaves: Instant) {
        let Some(sid) = self.peers[0]
            .session()
            .opened()
            .map(|opened| opened.sid.clone())
        else {
            return;
        };
        let eio = match self.net.plan.version {
            Version::V3 => 3,
            _ => 4,
        };
        let request = format!(
            "GET /engine.io/?EIO={eio}&transport=websocket&sid={sid} HTTP/1.1\r\nHost: a.example\r\n\
             Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let id = self.counts[Kind::Stray as usize];
        let at = self.open(Kind::Stray, Owner::Visitor(id));
        self.send_on(at, request.as_bytes());
        self.visitors.push(Visitor {
            id,
            how,
            done: false,
            leaves: Some(leaves),
        });
    }

    /// Somebody else's WebSockets do what they came for.
    pub(super) fn visit(&mut self) {
        for visitor in &mut self.visitors {
            let owner = Owner::Visitor(visitor.id);
            let Some(conn) = self.conns.iter_mut().find(|conn| conn.owner == owner) else {
                visitor.leaves = None;
                continue;
            };
            let (line, now) = (&self.net.plan.line, self.net.now);
            let rng = &mut self.net.rng;
            while let Some(arrival) = conn.down.receive(now, line, rng, &mut self.buf) {
                let opens = matches!(conn.serving, Serving::Socket { .. });
                match arrival {
                    Arrival::Bytes if opens && !visitor.done => {
                        visitor.done = true;
                        conn.up.send(now, visitor.says(), line, rng);
                    }
                    Arrival::Bytes => {}
                    Arrival::Eof | Arrival::Reset => conn.drop_client(now, line),
                }
            }
            if visitor.leaves.is_some_and(|at| at <= now) {
                visitor.leaves = None;
                conn.drop_client(now, line);
            }
        }
        self.visitors.retain(|visitor| visitor.leaves.is_some());
    }
}

impl Visitor {
    /// Frames with a mask of zeroes.
    const fn says(&self) -> &'static [u8] {
        match self.how {
            Stray::Silent => b"",
            Stray::Probes => b"\x81\x86\0\0\0\x002probe",
            Stray::Babbles => b"\x81\x86\0\0\0\x004hello",
            Stray::Breaks => b"\xFF\xFF\xFF\xFF",
        }
    }
}
