//! One connection: a request with its answer, or a WebSocket. Heads travel as so many bytes, with
//! their meaning beside them; bodies and frames are real.

use crate::{
    Fault, Kind,
    pipe::{Mishap, Pipe},
    scenario::{Line, Scenario},
};
use siox_engineio::{Lane, Response};
use siox_testkit::Rng;
use siox_wire::Instant;

/// How many bytes a head has.
pub(crate) const HEAD: usize = 40;

/// What the server does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serving {
    /// So many bytes of the request's head are to come.
    Head(usize),
    /// So many bytes of its body.
    Body {
        session: usize,
        lane: Lane,
        left: usize,
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

/// What the client does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    Head(usize),
    Body(usize),
    Socket,
    Done,
}

#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) kind: Kind,
    /// The client's name for it.
    pub(crate) lane: Lane,
    pub(crate) target: String,
    pub(crate) content_type: &'static str,
    pub(crate) length: usize,
    /// A proxy refuses it.
    pub(crate) refused: Option<u16>,
    /// A proxy will ask again.
    pub(crate) doubled: bool,
    /// It is a proxy's own copy of a request.
    pub(crate) copy: bool,
    pub(crate) up: Pipe,
    pub(crate) down: Pipe,
    pub(crate) serving: Serving,
    pub(crate) waiting: Waiting,
    /// Status, content type and length of the answer.
    pub(crate) answer: Option<(u16, &'static str, usize)>,
    pub(crate) request_body: Vec<u8>,
    pub(crate) answer_body: Vec<u8>,
}

impl Conn {
    pub(crate) fn new(plan: &Scenario, kind: Kind, nth: u32, lane: Lane, target: String) -> Self {
        let [up, down] = [true, false].map(|up| {
            let mishaps = plan.faults.iter().filter_map(|fault| match fault {
                Fault::Break(place, how) => Some((place, Mishap::Break(*how))),
                Fault::Hold(place, length) => Some((place, Mishap::Hold(*length))),
                Fault::Refuse { .. }
                | Fault::Double { .. }
                | Fault::Sleep { .. }
                | Fault::Jump { .. }
                | Fault::Stray { .. } => None,
            });
            let mut here =
                mishaps.filter(|(at, _)| at.kind == kind && at.nth == nth && at.up == up);
            Pipe::new(here.next().map(|(place, mishap)| (place.at, mishap)))
        });
        let refused = plan.faults.iter().find_map(|fault| match fault {
            Fault::Refuse { nth: n, status } if kind == Kind::Socket && *n == nth => Some(*status),
            _ => None,
        });
        Self {
            kind,
            lane,
            target,
            content_type: "",
            length: 0,
            refused,
            doubled: false,
            copy: false,
            up,
            down,
            serving: Serving::Head(HEAD),
            waiting: Waiting::Head(HEAD),
            answer: None,
            request_body: Vec::new(),
            answer_body: Vec::new(),
        }
    }

    /// The head goes out, and a body behind it.
    pub(crate) fn request(&mut self, now: Instant, body: &[u8], line: &Line, rng: &mut Rng) {
        self.length = body.len();
        self.up.send(now, &[0; HEAD], line, rng);
        self.up.send(now, body, line, rng);
    }

    pub(crate) fn respond(
        &mut self,
        now: Instant,
        response: &Response,
        line: &Line,
        rng: &mut Rng,
    ) {
        let length = response.content_length();
        let mut bytes = Vec::with_capacity(HEAD + length);
        bytes.resize(HEAD, 0);
        for chunk in &response.body {
            bytes.extend_from_slice(chunk);
        }
        let content_type = response.content_type.as_str();
        self.finish(
            now,
            (response.status, content_type, length),
            &bytes,
            line,
            rng,
        );
    }

    pub(crate) fn refuse(&mut self, now: Instant, status: u16, line: &Line, rng: &mut Rng) {
        self.finish(now, (status, "", 0), &[0; HEAD], line, rng);
    }

    fn finish(
        &mut self,
        now: Instant,
        answer: (u16, &'static str, usize),
        bytes: &[u8],
        line: &Line,
        rng: &mut Rng,
    ) {
        self.answer = Some(answer);
        self.down.send(now, bytes, line, rng);
        self.down.close(now, line);
        self.up.cut_off();
        self.serving = Serving::Done;
    }

    /// The server lets go of it.
    pub(crate) fn drop_server(&mut self, now: Instant, line: &Line) {
        self.down.close(now, line);
        self.up.cut_off();
        self.serving = Serving::Done;
    }

    /// The client lets go of it.
    pub(crate) fn drop_client(&mut self, now: Instant, line: &Line) {
        self.up.close(now, line);
        self.down.cut_off();
        self.waiting = Waiting::Done;
    }

    pub(crate) fn is_over(&self) -> bool {
        self.serving == Serving::Done && self.waiting == Waiting::Done
    }
}
