//! Scripts: what arrives when, and what must come of it, for table tests of one machine.

mod compare;
mod play;

use crate::Endpoint;
use siox_wire::Instant;
use std::{fmt::Debug, panic::Location};

/// A script of bytes and time for one [`Endpoint`]. Steps are played in the order written; a failure
/// names the line of the step, what was expected, what came, and all that was played before.
///
/// Playing is strict: at the end, and before the clock moves, nothing may be left over that no step
/// expected. Events are compared in order, output as one run of bytes.
pub struct Script<M: Endpoint> {
    steps: Vec<Step<M>>,
}

struct Step<M: Endpoint> {
    at: &'static Location<'static>,
    what: What<M>,
}

type Verb<M> = Box<dyn Fn(&mut M, Instant)>;

enum What<M: Endpoint> {
    At(Instant),
    Recv(Vec<u8>),
    Eof,
    Reset,
    Call(&'static str, Verb<M>),
    Write(usize),
    ExpectEvent(M::Event),
    ExpectSend(Vec<u8>),
    ExpectTimeout(Option<Instant>),
    ExpectFinished(bool),
}

impl<M: Endpoint> Debug for Script<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.steps.iter().map(|s| s.what.to_string()))
            .finish()
    }
}

impl<M: Endpoint> Default for Script<M> {
    fn default() -> Self {
        Self { steps: Vec::new() }
    }
}

impl<M: Endpoint> Script<M> {
    /// An empty script. The clock starts at the epoch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[track_caller]
    fn then(mut self, what: What<M>) -> Self {
        let at = Location::caller();
        self.steps.push(Step { at, what });
        self
    }

    /// Moves the clock to `time`; the machine's timers that fall due on the way run at their time.
    #[must_use]
    #[track_caller]
    pub fn at(self, time: Instant) -> Self {
        self.then(What::At(time))
    }

    /// These bytes arrive, in one piece unless [`run_cut`](Self::run_cut) cuts them.
    #[must_use]
    #[track_caller]
    pub fn recv(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(What::Recv(bytes.as_ref().to_vec()))
    }

    /// The peer sends no more.
    #[must_use]
    #[track_caller]
    pub fn recv_eof(self) -> Self {
        self.then(What::Eof)
    }

    /// The connection is gone.
    #[must_use]
    #[track_caller]
    pub fn recv_reset(self) -> Self {
        self.then(What::Reset)
    }

    /// The application calls a verb of the machine; `name` is for the failure's text. Start such a script
    /// with `Script::<TheMachine>::new()`, or the closure's type is not known.
    #[must_use]
    #[track_caller]
    pub fn call(self, name: &'static str, verb: impl Fn(&mut M, Instant) + 'static) -> Self {
        self.then(What::Call(name, Box::new(verb)))
    }

    /// From here on the connection takes `room` bytes and then no more, until told otherwise; before
    /// the first such step it takes everything.
    #[must_use]
    #[track_caller]
    pub fn room(self, room: usize) -> Self {
        self.then(What::Write(room))
    }

    /// The next event the machine told is this one.
    #[must_use]
    #[track_caller]
    pub fn expect_event(self, event: impl Into<M::Event>) -> Self {
        self.then(What::ExpectEvent(event.into()))
    }

    /// What the connection took since the last such step is exactly this.
    #[must_use]
    #[track_caller]
    pub fn expect_send(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(What::ExpectSend(bytes.as_ref().to_vec()))
    }

    /// The machine's next timer is at this time.
    #[must_use]
    #[track_caller]
    pub fn expect_timeout(self, time: impl Into<Option<Instant>>) -> Self {
        self.then(What::ExpectTimeout(time.into()))
    }

    /// Whether the connection may be closed now.
    #[must_use]
    #[track_caller]
    pub fn expect_finished(self, finished: bool) -> Self {
        self.then(What::ExpectFinished(finished))
    }
}

impl<M: Endpoint> std::fmt::Display for What<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |bytes: &[u8]| compare::shorten(&bytes.escape_ascii().to_string());
        match self {
            Self::At(time) => write!(f, "at {} us", time.as_micros()),
            Self::Recv(bytes) => write!(f, "recv \"{}\"", text(bytes)),
            Self::Eof => f.write_str("recv_eof"),
            Self::Reset => f.write_str("recv_reset"),
            Self::Call(name, _) => write!(f, "call {name}"),
            Self::Write(room) => write!(f, "room {room}"),
            Self::ExpectEvent(event) => {
                write!(
                    f,
                    "expect_event {}",
                    compare::shorten(&format!("{event:?}"))
                )
            }
            Self::ExpectSend(bytes) => write!(f, "expect_send \"{}\"", text(bytes)),
            Self::ExpectTimeout(None) => f.write_str("expect_timeout none"),
            Self::ExpectTimeout(Some(time)) => write!(f, "expect_timeout {} us", time.as_micros()),
            Self::ExpectFinished(finished) => write!(f, "expect_finished {finished}"),
        }
    }
}
