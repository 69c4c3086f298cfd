//! How input moves a connection. Each state's reader eats what it can; none answers a request.

use super::{Connection, State};
use crate::{
    Body, Error, Event, Head,
    chunk::Progress,
    framing::{Framing, Plan},
    scan::touched,
};
use alloc::borrow::Cow;
use siox_wire::Input;

/// What one step came to.
enum Step<'b> {
    Event(Event<'b>),
    /// The state has changed: the next one goes on.
    Again,
    /// All input is eaten, or belongs to another protocol.
    Wait,
}

impl Connection {
    /// Takes input; call it until `Ok(None)`. While a request waits for a verb, input is held, within
    /// [`Limits::pipelined`](crate::Limits::pipelined): give the verb before the next call where you
    /// can, and read no more from the socket where you cannot. While more than
    /// [`Limits::unsent`](crate::Limits::unsent) bytes are unwritten, further requests are held
    /// likewise; call again after [`handle_written`](Self::handle_written). After an
    /// [`upgrade`](Self::upgrade), input is left as it is.
    ///
    /// # Errors
    /// What the peer did wrong, again at each later call. The answer it is owed is queued: write it,
    /// and go on giving input, which is eaten, until [`is_finished`](Self::is_finished).
    pub fn handle_input<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, Error> {
        loop {
            match self.step(input) {
                Ok(Step::Event(event)) => return Ok(Some(event)),
                Ok(Step::Again) => {}
                Ok(Step::Wait) => return self.sticky().map(|()| None),
                Err(error) => {
                    self.fail(input.now(), error);
                    self.drain_input(input);
                    return Err(error);
                }
            }
        }
    }

    fn step<'b>(&mut self, input: &mut Input<'b>) -> Result<Step<'b>, Error> {
        match self.state {
            State::Head { .. } if self.queued() > self.limits.unsent => self.hold(input),
            State::Head { .. } => self.read_head(input),
            State::Verb(_) => self.hold(input),
            State::Length(plan) => self.read_length(plan, input),
            State::Chunks(..) => self.read_chunks(input),
            State::Skip { left } => self.skip(left, input),
            State::Closing(_) => {
                self.drain_input(input);
                Ok(Step::Wait)
            }
            State::Upgraded => Ok(Step::Wait),
        }
    }

    /// Keeps input for later.
    fn hold<'b>(&mut self, input: &mut Input<'b>) -> Result<Step<'b>, Error> {
        let limit = self.limits.pipelined;
        if input.len() > limit.saturating_sub(self.held.len()) {
            return Err(Error::Pipelined { limit });
        }
        self.held.push(input.take_all(), limit);
        Ok(Step::Wait)
    }

    fn read_head<'b>(&mut self, input: &mut Input<'b>) -> Result<Step<'b>, Error> {
        let State::Head { scan, timed } = &mut self.state else {
            return Ok(Step::Again);
        };
        let unseen = self.held.as_slice().get(scan.len()..).unwrap_or_default();
        if unseen.is_empty() && input.is_empty() {
            self.check_eof(input.now())?;
            return Ok(Step::Wait);
        }
        if !*timed {
            *timed = true;
            self.deadline = Some(input.now().after(self.limits.head_deadline));
        }
        let bytes = if scan.feed(unseen, &self.limits)?.is_some() {
            Cow::Owned(self.held.take(scan.len()))
        } else {
            let end = scan.feed(input.peek(), &self.limits)?;
            let n = end.unwrap_or(input.len());
            if end.is_some() && self.held.is_empty() {
                Cow::Borrowed(&*input.take(n))
            } else {
                touched::add(n);
                self.held.push(input.take(n), self.limits.head);
                if end.is_none() {
                    return Ok(Step::Again);
                }
                Cow::Owned(self.held.take(usize::MAX))
            }
        };
        let head = Head::parse(bytes, scan.headers())?;
        self.begin_verb(&head);
        Ok(Step::Event(Event::Request(head)))
    }

    fn read_length<'b>(&mut self, plan: Plan, input: &mut Input<'b>) -> Result<Step<'b>, Error> {
        let n = plan.framing.length();
        let body = if self.held.is_empty() && input.len() >= n {
            Body::Borrowed(input.take(n))
        } else {
            let missing = n.saturating_sub(self.held.len());
            self.held.push(input.take(missing), n);
            if self.held.len() < n {
                self.check_eof(input.now())?;
                return Ok(Step::Wait);
            }
            Body::Owned(self.held.take(n))
        };
        Ok(self.body_read(plan, Framing::None, Event::Body(body)))
    }

    fn read_chunks<'b>(&mut self, input: &mut Input<'b>) -> Result<Step<'b>, Error> {
        let State::Chunks(plan, chunked) = &mut self.state else {
            return Ok(Step::Again);
        };
        let plan = *plan;
        let progress = if self.held.is_empty() {
            let (n, progress) = chunked.feed(input.peek(), &self.limits)?;
            input.take(n);
            progress
        } else {
            let (n, progress) = chunked.feed(self.held.as_slice(), &self.limits)?;
            self.held.skip(n);
            progress
        };
        match progress {
            Progress::More if input.is_empty() => {
                self.check_eof(input.now())?;
                Ok(Step::Wait)
            }
            Progress::More => Ok(Step::Again),
            Progress::TooLarge => {
                let limit = chunked.limit();
                Ok(self.body_read(plan, Framing::Lost, Event::TooLarge { limit }))
            }
            Progress::Done => {
                let whole = core::mem::replace(&mut **chunked, crate::chunk::Chunked::new(0));
                let body = Body::Owned(whole.into_body());
                Ok(self.body_read(plan, Framing::None, Event::Body(body)))
            }
        }
    }

    /// The request waits for its answer.
    fn body_read<'b>(&mut self, plan: Plan, framing: Framing, event: Event<'b>) -> Step<'b> {
        self.deadline = None;
        self.state = State::Verb(Plan { framing, ..plan });
        Step::Event(event)
    }

    fn skip<'b>(&mut self, left: u64, input: &mut Input<'b>) -> Result<Step<'b>, Error> {
        let n = usize::try_from(left).unwrap_or(usize::MAX);
        let held = self.held.skip(n);
        let taken = input.take(n.saturating_sub(held)).len();
        let eaten = u64::try_from(held.saturating_add(taken)).unwrap_or(u64::MAX);
        let left = left.saturating_sub(eaten);
        if left == 0 {
            self.begin_idle(input.now());
            return Ok(Step::Again);
        }
        self.state = State::Skip { left };
        self.check_eof(input.now())?;
        Ok(Step::Wait)
    }

    fn drain_input(&mut self, input: &mut Input<'_>) {
        let n = input.take_all().len();
        if let State::Closing(closing) = &mut self.state {
            closing.drained = closing.drained.saturating_add(n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use alloc::{format, string::String, sync::Arc};
    use siox_wire::Instant;

    /// Bytes touched from the first byte of a head of about `len` bytes to its event.
    fn touched_by(len: usize, piece: usize) -> usize {
        let mut head = String::from("GET / HTTP/1.1\r\nHost: a\r\n");
        for i in 0.. {
            if head.len() + 2 >= len {
                break;
            }
            let filler = "x".repeat(150.min(len - head.len() - 2));
            head += &format!("h{i}: {filler}\r\n");
        }
        head += "\r\n";
        let mut bytes = head.into_bytes();
        let mut connection = Connection::server(Instant::EPOCH, Arc::new(Limits::default()));
        touched::reset();
        for piece in bytes.chunks_mut(piece) {
            let mut input = Input::new(Instant::EPOCH, piece);
            if let Some(Event::Request(head)) = connection.handle_input(&mut input).unwrap() {
                assert!(head.headers().count() > len / 200);
                return touched::reset();
            }
        }
        panic!("no head in {len} bytes");
    }

    #[test]
    fn a_head_in_pieces_is_not_looked_at_again() {
        for piece in [1, 2, 7, 100, usize::MAX] {
            let (half, whole) = (touched_by(7_000, piece), touched_by(14_000, piece));
            assert!(
                whole <= 3 * 14_200,
                "{whole} bytes touched in pieces of {piece}"
            );
            assert!(
                whole * 10 <= half * 23,
                "{half} then {whole} in pieces of {piece}"
            );
        }
    }
}
