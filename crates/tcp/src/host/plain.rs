//! One HTTP connection on its thread, until it ends or becomes a WebSocket.

use super::{
    App, Host, carrier,
    crew::Aboard,
    exchange::{Exchange, Next},
    pending::Parked,
    post,
    signal::Signal,
};
use crate::{
    clock, scratch,
    turn::SLICES,
    wait::{Wait, is_timeout},
};
use siox_http1::Limits;
use siox_stack::front::Answer;
use siox_wire::Instant;
use std::{
    io::{self, IoSlice, Write},
    net::Shutdown,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

/// How often a thread that waits for a session's answer looks whether its peer has gone: the one thing
/// that does not wake it.
const LOOK: Duration = Duration::from_millis(500);

pub(super) fn connection<A: App>(host: &Arc<Host<A>>, aboard: Aboard, limits: Arc<Limits>) {
    let peer = aboard.stream.io.peer_addr().ok();
    let http = Http {
        exchange: Exchange::new(host.clone(), peer, limits),
        aboard,
        wait: Wait::unknown(),
        eof: false,
        shut: false,
        last: false,
        signal: Arc::default(),
    };
    // How a connection breaks is its own business: what it held is dropped, and told.
    let _ = http.serve(host);
}

struct Http<A: App> {
    exchange: Exchange<A>,
    aboard: Aboard,
    wait: Wait,
    /// The peer will send no more.
    eof: bool,
    /// We have sent our last byte.
    shut: bool,
    /// The host is closing, and no further request is served.
    last: bool,
    /// Raised when a session has an answer.
    signal: Arc<Signal>,
}

impl<A: App> Http<A> {
    fn serve(mut self, host: &Arc<Host<A>>) -> io::Result<()> {
        let mut next = None;
        loop {
            match next.take().or_else(|| self.exchange.feed(&mut [])) {
                Some(Next::Park(parked)) => match self.wait_for_answer(host, parked)? {
                    Some(answer) => self.exchange.respond(answer),
                    None => return Ok(()),
                },
                Some(Next::Body(parked, body)) => {
                    let answer = post::work_off(host, parked, body);
                    self.exchange.respond(answer);
                }
                Some(Next::Upgrade(upgrading, early)) => {
                    self.write_all()?;
                    let Self {
                        exchange, aboard, ..
                    } = self;
                    // What HTTP kept is not kept for the life of a WebSocket.
                    drop(exchange);
                    carrier::carry(host, upgrading, &aboard, early);
                    return Ok(());
                }
                None => {
                    self.write_all()?;
                    let machine = &self.exchange.machine;
                    if machine.is_finished() || self.eof {
                        return Ok(());
                    }
                    self.shut_when_last();
                    next = self.read(host)?;
                }
            }
        }
    }

    /// The peer's rest is still read for a while, so that a reset does not eat the answer.
    fn shut_when_last(&mut self) {
        if self.exchange.machine.is_closing() && !self.shut {
            self.shut = self.aboard.stream.io.shutdown(Shutdown::Write).is_ok();
        }
    }

    /// Reads once, until a deadline at most.
    fn read(&mut self, host: &Arc<Host<A>>) -> io::Result<Option<Next<A>>> {
        let stream = self.aboard.stream.clone();
        stream.set_idle(self.exchange.is_idle());
        // Only now: a host that began to close before has not seen that it is idle.
        if host.is_closing() && !self.last {
            self.last = true;
            self.exchange.machine.close(clock::now());
            return Ok(None);
        }
        self.wait
            .both(&&stream.io, self.exchange.machine.poll_timeout())?;
        let (exchange, eof) = (&mut self.exchange, &mut self.eof);
        let read = scratch::read(&stream.io, |bytes| {
            stream.set_idle(false);
            *eof = bytes.is_empty();
            if *eof {
                exchange.eof();
                return None;
            }
            exchange.feed(bytes)
        });
        match read {
            Ok(next) => Ok(next),
            Err(e) if is_timeout(&e) => {
                stream.set_idle(false);
                self.expire();
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }

    fn expire(&mut self) {
        let due = self.exchange.machine.poll_timeout();
        if due.is_some_and(|at| at <= clock::now()) {
            self.exchange.expire();
        }
    }

    /// Waits for the answer to a parked GET; none when the peer has gone.
    fn wait_for_answer(&mut self, host: &Host<A>, parked: Parked<A>) -> io::Result<Option<Answer>> {
        let waker = Waker::from(self.signal.clone());
        let mut cx = Context::from_waker(&waker);
        let mut look = clock::now().after(LOOK);
        loop {
            if let Poll::Ready(response) = parked.conn.cell.poll_response(&mut cx, parked.lane) {
                host.app.drained(&parked.conn);
                return Ok(Some(parked.answer(response)));
            }
            if !self.signal.wait(Some(look)) {
                if !self.is_there()? {
                    return Ok(None);
                }
                look = clock::now().after(LOOK);
            }
        }
    }

    /// Whether the peer waits, as far as can be seen: what it has sent meanwhile is held.
    fn is_there(&mut self) -> io::Result<bool> {
        let io = &self.aboard.stream.io;
        io.set_nonblocking(true)?;
        let exchange = &mut self.exchange;
        let there = loop {
            match scratch::read(io, |bytes| exchange.hold(bytes)) {
                Ok(true) => {}
                Ok(false) => break Ok(false),
                Err(e) if is_timeout(&e) => break Ok(true),
                Err(e) => break Err(e),
            }
        };
        io.set_nonblocking(false)?;
        there
    }

    /// Writes all that waits.
    fn write_all(&mut self) -> io::Result<()> {
        let stream = self.aboard.stream.clone();
        loop {
            let machine = &mut self.exchange.machine;
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut used = 0;
            for (slice, chunk) in slices.iter_mut().zip(machine.poll_transmit()) {
                *slice = IoSlice::new(chunk);
                used += 1;
            }
            if used == 0 {
                return Ok(());
            }
            let deadline: Option<Instant> = machine.poll_timeout();
            self.wait.both(&&stream.io, deadline)?;
            match (&stream.io).write_vectored(&slices[..used]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => machine.handle_written(clock::now(), n),
                Err(e) if is_timeout(&e) => self.expire(),
                Err(e) => return Err(e),
            }
            if self.exchange.machine.is_finished() {
                return Ok(());
            }
        }
    }
}
