//! How time, the end of the stream and errors move a connection towards its end.

use super::{Closing, Connection, State};
use crate::{Error, Response, held::Held};
use alloc::string::ToString;
use bytes::Bytes;
use siox_wire::Instant;

impl Connection {
    /// Tells what time it is; anything is due only at [`poll_timeout`](Self::poll_timeout).
    ///
    /// # Errors
    /// [`Error::HeadTimeout`], [`Error::BodyTimeout`], [`Error::Stalled`]. A connection that was
    /// merely idle ends without one.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return Ok(());
        }
        let error = match &self.state {
            State::Head { scan, .. } if !scan.is_blank() => Some(Error::HeadTimeout),
            State::Length(_) | State::Chunks(..) | State::Skip { .. } => Some(Error::BodyTimeout),
            State::Head { .. } | State::Closing(_) => None,
            State::Verb(_) | State::Upgraded => {
                self.deadline = None;
                return Ok(());
            }
        };
        if let Some(error) = error {
            self.fail(now, error);
            return Err(error);
        }
        self.give_up()
    }

    /// Ends at once: the peer neither sends nor reads.
    fn give_up(&mut self) -> Result<(), Error> {
        let unread = !self.outbox.is_empty();
        let before = match &self.state {
            State::Closing(closing) => closing.error,
            State::Head { .. } | State::Skip { .. } | State::Upgraded => None,
            State::Verb(_) | State::Length(_) | State::Chunks(..) => None,
        };
        let error = before.or(unread.then_some(Error::Stalled));
        self.outbox = Default::default();
        self.held = Held::default();
        self.deadline = None;
        self.state = State::Closing(Closing {
            drained: 0,
            error,
            over: true,
        });
        match error {
            Some(Error::Stalled) => Err(Error::Stalled),
            _ => Ok(()),
        }
    }

    /// Tells that the peer will send no more. A request that waits for a verb may still be answered:
    /// the peer may have closed its sending side only. Where the caller would rather not, it drops the
    /// connection.
    ///
    /// # Errors
    /// [`Error::UnexpectedEof`] inside a request; nothing is sent.
    pub fn handle_eof(&mut self, now: Instant) -> Result<(), Error> {
        self.eof = true;
        let stuck = match &self.state {
            // What is held but not looked at may yet make it whole.
            State::Head { scan, .. } => self.held.len() == scan.len(),
            State::Length(plan) => self.held.len() < plan.framing.length(),
            State::Chunks(..) | State::Skip { .. } => self.held.is_empty(),
            State::Verb(_) | State::Closing(_) | State::Upgraded => false,
        };
        if !stuck {
            return Ok(());
        }
        self.check_eof(now).inspect_err(|&e| self.fail(now, e))
    }

    /// Tells that the socket took `n` bytes.
    pub fn handle_written(&mut self, now: Instant, n: usize) {
        self.outbox.advance(n);
        if n == 0 {
            return;
        }
        match &self.state {
            State::Head { timed: false, .. } => {
                self.deadline = Some(now.after(self.limits.idle));
            }
            State::Closing(Closing {
                error: None,
                over: false,
                ..
            }) => self.deadline = Some(now.after(self.closing_time())),
            State::Head { timed: true, .. } | State::Closing(_) => {}
            State::Verb(_) | State::Length(_) | State::Chunks(..) => {}
            State::Skip { .. } | State::Upgraded => {}
        }
    }

    /// Whether nothing more will be queued: once all is written, shut the sending side down and go on
    /// reading until [`is_finished`](Self::is_finished).
    #[must_use]
    pub fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing(_))
    }

    /// Whether nothing is left to do: the socket may be closed, or, after an
    /// [`upgrade`](Self::upgrade), belongs to the next protocol.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match &self.state {
            State::Closing(closing) => {
                let drained = self.eof || closing.drained >= self.limits.drain;
                closing.over || (drained && self.outbox.is_empty())
            }
            State::Upgraded => self.outbox.is_empty(),
            State::Head { .. } | State::Skip { .. } => false,
            State::Verb(_) | State::Length(_) | State::Chunks(..) => false,
        }
    }

    /// Where the peer has closed, waiting for more is over.
    pub(super) fn check_eof(&mut self, now: Instant) -> Result<(), Error> {
        if !self.eof {
            return Ok(());
        }
        match &self.state {
            State::Head { scan, .. } if scan.is_blank() => {
                self.begin_closing(now, None);
                Ok(())
            }
            State::Head { .. } | State::Skip { .. } => Err(Error::UnexpectedEof),
            State::Length(_) | State::Chunks(..) => Err(Error::UnexpectedEof),
            State::Verb(_) | State::Closing(_) | State::Upgraded => Ok(()),
        }
    }

    /// The error that ended this connection.
    pub(super) fn sticky(&self) -> Result<(), Error> {
        match &self.state {
            State::Closing(closing) => closing.error.map_or(Ok(()), Err),
            State::Head { .. } | State::Skip { .. } | State::Upgraded => Ok(()),
            State::Verb(_) | State::Length(_) | State::Chunks(..) => Ok(()),
        }
    }

    /// Queues the answer that the peer is owed for its error, and begins the end.
    pub(super) fn fail(&mut self, now: Instant, error: Error) {
        let bodiless = match &self.state {
            State::Head { .. } => Some(false),
            State::Verb(plan) | State::Length(plan) | State::Chunks(plan, _) => Some(plan.bodiless),
            State::Skip { .. } | State::Closing(_) | State::Upgraded => None,
        };
        if let (Some(bodiless), Some(status)) = (bodiless, error.status()) {
            let text = [Bytes::from(error.to_string())];
            let response = Response {
                status,
                headers: &[("Content-Type", "text/plain; charset=utf-8")],
                body: &text,
            };
            response.write(Some("close"), bodiless, &mut self.outbox);
        }
        self.begin_closing(now, Some(error));
    }

    /// Stops serving: what is queued is written, what comes is forgotten.
    pub(super) fn begin_closing(&mut self, now: Instant, error: Option<Error>) {
        let drained = self.held.len();
        self.held = Held::default();
        self.state = State::Closing(Closing {
            drained,
            error,
            over: false,
        });
        let time = match error {
            Some(_) => self.limits.drain_deadline,
            None => self.closing_time(),
        };
        self.deadline = Some(now.after(time));
    }

    /// How long the end may take from now on: a peer that reads its last answer gets time for it.
    fn closing_time(&self) -> core::time::Duration {
        if self.outbox.is_empty() {
            self.limits.drain_deadline
        } else {
            self.limits.idle
        }
    }
}
