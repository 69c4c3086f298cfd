//! One server connection: its states, and the verbs that answer a request. How input moves it is in
//! `read`, how time and the end of the stream move it in `end`.

mod end;
mod read;

use crate::{
    Head, Limits, Refused, Response,
    answer::{check_headers, write_switch},
    chunk::Chunked,
    framing::{Framing, Plan},
    held::Held,
    scan::Scan,
};
use alloc::{boxed::Box, collections::VecDeque, sync::Arc, vec::Vec};
use bytes::Bytes;
use siox_wire::{Instant, Outbox};

/// One HTTP/1.1 connection in the server role. It serves one request after the other; pipelined ones
/// are held until their turn. See the [crate's documentation](crate) for the loop around it.
///
/// * *What happened*: [`handle_input`](Self::handle_input), [`handle_timeout`](Self::handle_timeout),
///   [`handle_eof`](Self::handle_eof), [`handle_written`](Self::handle_written).
/// * *What we want*: [`collect`](Self::collect), [`respond`](Self::respond),
///   [`upgrade`](Self::upgrade), [`close`](Self::close).
/// * *What the caller must do*: [`poll_transmit`](Self::poll_transmit),
///   [`poll_timeout`](Self::poll_timeout), and to close when [`is_finished`](Self::is_finished).
///
/// An idle connection holds no heap of its own.
#[derive(Debug)]
pub struct Connection {
    limits: Arc<Limits>,
    outbox: Outbox,
    held: Held,
    state: State,
    deadline: Option<Instant>,
    /// The peer will send no more.
    eof: bool,
    /// The next answer is the last.
    last: bool,
}

/// What the connection waits for.
#[derive(Debug)]
enum State {
    /// A head. `timed` is whether its deadline runs; else the idle one does.
    Head { scan: Scan, timed: bool },
    /// A verb.
    Verb(Plan),
    /// The rest of a body of known length; what has come is held.
    Length(Plan),
    /// The rest of a chunked body.
    Chunks(Plan, Box<Chunked>),
    /// The rest of a body that nobody wants, before the next head.
    Skip { left: u64 },
    /// The end: the last answer is queued, input is eaten and forgotten.
    Closing(Closing),
    /// Nothing: the bytes belong to another protocol.
    Upgraded,
}

/// How the end is getting on.
#[derive(Debug, Clone, Copy)]
struct Closing {
    /// Bytes eaten.
    drained: usize,
    error: Option<crate::Error>,
    /// Nothing is waited for any more, whatever is unwritten.
    over: bool,
}

impl Connection {
    /// A connection accepted at `now`.
    #[must_use]
    pub fn server(now: Instant, limits: Arc<Limits>) -> Self {
        let deadline = Some(now.after(limits.head_deadline));
        Self {
            limits,
            outbox: Outbox::default(),
            held: Held::default(),
            state: State::Head {
                scan: Scan::head(),
                timed: true,
            },
            deadline,
            eof: false,
            last: false,
        }
    }

    /// Reads the body of the waiting request, up to `limit` bytes. It comes as [`Event::Body`] or
    /// [`Event::TooLarge`] from [`handle_input`](Self::handle_input), which is to be called next even
    /// without new input; a request without a body has an empty one. Sends `100 Continue` where the
    /// client waits for it.
    ///
    /// [`Event::Body`]: crate::Event::Body
    /// [`Event::TooLarge`]: crate::Event::TooLarge
    ///
    /// # Errors
    /// [`Refused::TooLarge`] when more is declared, [`Refused::NoRequest`] when no request waits, or
    /// its body was given up.
    pub fn collect(&mut self, now: Instant, limit: usize) -> Result<(), Refused> {
        let State::Verb(mut plan) = self.state else {
            return Err(Refused::NoRequest);
        };
        let next = match plan.framing {
            Framing::Lost => return Err(Refused::NoRequest),
            Framing::Length(n) if usize::try_from(n).map_or(true, |n| n > limit) => {
                return Err(Refused::TooLarge { limit });
            }
            Framing::None | Framing::Length(_) => None,
            Framing::Chunked => Some(Box::new(Chunked::new(limit))),
        };
        if plan.expects {
            self.outbox.pack(&[b"HTTP/1.1 100 Continue\r\n\r\n"]);
            plan.expects = false;
        }
        self.deadline = Some(now.after(self.limits.body_deadline));
        self.state = match next {
            Some(chunked) => State::Chunks(plan, chunked),
            None => State::Length(plan),
        };
        Ok(())
    }

    /// Answers the waiting request, also while its body is being read. A body that was not read is
    /// skipped where that costs at most [`Limits::drain`] bytes, else the connection closes after the
    /// answer; so it does where the client wants that, and where it wanted a WebSocket. Call
    /// [`handle_input`](Self::handle_input) next, even without new input: a pipelined request may wait.
    ///
    /// # Errors
    /// [`Refused::NoRequest`] when no request waits, [`Refused::Invalid`] when the response cannot be
    /// written.
    pub fn respond(&mut self, now: Instant, response: &Response<'_>) -> Result<(), Refused> {
        let (plan, whole) = match &self.state {
            State::Verb(plan) => (*plan, true),
            State::Length(plan) | State::Chunks(plan, _) => (*plan, false),
            State::Head { .. } | State::Skip { .. } | State::Closing(_) | State::Upgraded => {
                return Err(Refused::NoRequest);
            }
        };
        response.check()?;
        let skip = match plan.framing {
            Framing::None => Some(0),
            Framing::Length(n) if whole && !plan.expects && n <= self.drain() => Some(n),
            Framing::Length(_) | Framing::Chunked | Framing::Lost => None,
        };
        let keep = skip.filter(|_| plan.keep_alive && !plan.websocket && !self.last);
        let connection = match keep {
            None => Some("close"),
            Some(_) => plan.http10.then_some("keep-alive"),
        };
        response.write(connection, plan.bodiless, &mut self.outbox);
        match keep {
            None => self.begin_closing(now, None),
            Some(0) => self.begin_idle(now),
            Some(left) => {
                self.deadline = Some(now.after(self.limits.body_deadline));
                self.state = State::Skip { left };
            }
        }
        Ok(())
    }

    /// Answers the waiting request with `101 Switching Protocols` and these headers (`Connection:
    /// Upgrade` is added where it is missing), and gives what was held behind the head: the first bytes of
    /// the next protocol, at most [`Limits::pipelined`]. Bytes that are still in the caller's input
    /// follow them. What is left for this machine is to have its outbox written.
    ///
    /// # Errors
    /// [`Refused::NoRequest`], [`Refused::HasBody`], or [`Refused::Invalid`] for a header.
    pub fn upgrade(&mut self, headers: &[(&str, &str)]) -> Result<Vec<u8>, Refused> {
        let State::Verb(plan) = self.state else {
            return Err(Refused::NoRequest);
        };
        if plan.framing != Framing::None {
            return Err(Refused::HasBody);
        }
        check_headers(headers, &["content-length", "transfer-encoding"])?;
        write_switch(headers, &mut self.outbox);
        self.state = State::Upgraded;
        self.deadline = None;
        Ok(self.held.take(usize::MAX))
    }

    /// Lets the answer that is owed be the last; where none is owed, nothing more is served.
    pub fn close(&mut self, now: Instant) {
        self.last = true;
        let idle = match &self.state {
            State::Head { scan, .. } => scan.is_blank() && self.held.len() == scan.len(),
            State::Skip { .. } => true,
            State::Verb(_) | State::Length(_) | State::Chunks(..) => false,
            State::Closing(_) | State::Upgraded => false,
        };
        if idle {
            self.begin_closing(now, None);
        }
    }

    /// The slices of the next vectored write, in order.
    pub fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.outbox.chunks()
    }

    /// Hands out what waits to be written, for a writer that cannot hold on to this machine; it counts
    /// until [`handle_written`](Self::handle_written).
    pub fn take_transmit(&mut self) -> VecDeque<Bytes> {
        self.outbox.take()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due. `None` while a request waits for a verb:
    /// that time is the caller's.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// Bytes not yet written.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outbox.len()
    }

    /// Heap held for this connection, in bytes: input that is not whole or waits, and what is unwritten.
    #[must_use]
    pub fn heap(&self) -> usize {
        let chunks = match &self.state {
            State::Chunks(_, chunked) => chunked.capacity(),
            State::Head { .. } | State::Verb(_) | State::Length(_) => 0,
            State::Skip { .. } | State::Closing(_) | State::Upgraded => 0,
        };
        self.held
            .capacity()
            .saturating_add(chunks)
            .saturating_add(self.outbox.held())
    }

    fn drain(&self) -> u64 {
        u64::try_from(self.limits.drain).unwrap_or(u64::MAX)
    }

    /// Waits for the next head.
    fn begin_idle(&mut self, now: Instant) {
        self.deadline = Some(now.after(self.limits.idle));
        self.state = State::Head {
            scan: Scan::head(),
            timed: false,
        };
    }

    /// Waits for the verb that `head` asks for.
    fn begin_verb(&mut self, head: &Head<'_>) {
        self.deadline = None;
        self.state = State::Verb(head.plan());
    }
}
