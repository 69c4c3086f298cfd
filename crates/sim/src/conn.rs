//! One connection: real bytes both ways, of HTTP and of what an upgrade makes of it.

use crate::{
    Fault, Kind,
    pipe::{Buffers, Mishap, Pipe},
    scenario::{Line as Way, Scenario},
};
use siox_engineio::Lane;
use siox_http1::{self as http1, Limits, Response};
use siox_stack::{
    Line,
    front::{Answer, Reply},
};
use siox_wire::Instant;
use std::sync::Arc;

/// What the server does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serving {
    /// It waits for a request, whole.
    Http,
    /// The body of a POST is to come.
    Body {
        session: usize,
        lane: Lane,
    },
    Parked {
        session: usize,
        lane: Lane,
    },
    Socket {
        session: usize,
        lane: Lane,
    },
    Done,
}

/// Whose it is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A client's, by its number and this name.
    Client(usize, Line),
    /// Somebody else's.
    Visitor(u32),
    /// A proxy's, which asks once more what the client has asked; nobody reads the answer.
    Proxy,
    /// Whoever had it has let it go.
    Nobody,
}

#[derive(Debug)]
pub(crate) struct Conn {
    /// What it was opened for.
    pub(crate) kind: Kind,
    pub(crate) id: u32,
    pub(crate) owner: Owner,
    /// A proxy refuses it.
    pub(crate) refused: Option<u16>,
    /// A proxy will ask again, what is in `request`.
    pub(crate) doubled: bool,
    pub(crate) request: Vec<u8>,
    pub(crate) up: Pipe,
    pub(crate) down: Pipe,
    pub(crate) http: http1::Connection,
    /// How the answer that is owed is made.
    pub(crate) reply: Option<Reply>,
    pub(crate) serving: Serving,
}

impl Conn {
    /// A connection as the server accepts it, `at` on its clock.
    pub(crate) fn new(
        plan: &Scenario,
        kind: Kind,
        nth: u32,
        at: Instant,
        limits: &Arc<Limits>,
        spare: &mut Vec<Buffers>,
    ) -> Self {
        let [up, down] = [true, false].map(|up| {
            let mishaps = plan.faults.iter().filter_map(|fault| match fault {
                Fault::Break(place, how) => Some((place, Mishap::Break(*how))),
                Fault::Hold(place, length) => Some((place, Mishap::Hold(*length))),
                Fault::Gather { .. }
                | Fault::Refuse { .. }
                | Fault::Double { .. }
                | Fault::Sleep { .. }
                | Fault::Jump { .. }
                | Fault::Stray { .. } => None,
            });
            let mut here =
                mishaps.filter(|(at, _)| at.kind == kind && at.nth == nth && at.up == up);
            let mishap = here.next().map(|(place, mishap)| (place.at, mishap));
            Pipe::new(mishap, plan.gathers(up), spare.pop().unwrap_or_default())
        });
        let refused = plan.faults.iter().find_map(|fault| match fault {
            Fault::Refuse { nth: n, status } if kind == Kind::Socket && *n == nth => Some(*status),
            _ => None,
        });
        Self {
            kind,
            id: 0,
            owner: Owner::Nobody,
            refused,
            doubled: false,
            request: Vec::new(),
            up,
            down,
            http: http1::Connection::server(at, limits.clone()),
            reply: None,
            serving: Serving::Http,
        }
    }

    /// The name that a client has for it, if it is that client's.
    pub(crate) fn line(&self, number: usize) -> Option<Line> {
        match self.owner {
            Owner::Client(whose, line) => (whose == number).then_some(line),
            Owner::Visitor(_) | Owner::Proxy | Owner::Nobody => None,
        }
    }

    /// Whether HTTP is spoken.
    pub(crate) fn is_http(&self) -> bool {
        match self.serving {
            Serving::Http | Serving::Body { .. } | Serving::Parked { .. } => true,
            Serving::Socket { .. } | Serving::Done => false,
        }
    }

    /// Answers the request that waits; says whether it could be.
    pub(crate) fn respond(
        &mut self,
        now: Instant,
        mut answer: Answer,
    ) -> Result<(), http1::Refused> {
        self.serving = Serving::Http;
        let headers: Vec<_> = answer.headers.iter().map(|(n, v)| (&**n, &**v)).collect();
        let response = Response {
            status: answer.status,
            headers: &headers,
            body: answer.body.make_contiguous(),
        };
        self.http.respond(now, &response)
    }

    /// The server lets go of it.
    pub(crate) fn drop_server(&mut self, now: Instant, line: &Way) {
        self.down.close(now, line);
        self.up.cut_off();
        self.serving = Serving::Done;
    }

    /// Whoever is at the other end lets go of it.
    pub(crate) fn drop_client(&mut self, now: Instant, line: &Way) {
        self.up.close(now, line);
        self.down.cut_off();
        self.owner = Owner::Nobody;
    }

    pub(crate) fn is_over(&self) -> bool {
        self.serving == Serving::Done && matches!(self.owner, Owner::Nobody | Owner::Proxy)
    }
}
