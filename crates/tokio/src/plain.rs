//! One HTTP connection on its stream, until it ends or becomes a WebSocket.

use crate::{
    App, Host,
    admit::Asking,
    clock,
    driver::{self, Begun, Timer},
    exchange::{Exchange, Next},
    host::Alive,
    post, scratch,
};
use siox_http1::Limits;
use std::{
    future::poll_fn,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite};

/// Slices of one vectored write.
const SLICES: usize = 16;

/// Whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peer {
    /// Where it comes from, where that is known.
    pub address: Option<SocketAddr>,
    /// Whether the stream is that of a TLS connection.
    pub tls: bool,
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self {
            address: Some(address),
            tls: false,
        }
    }
}

pub(crate) async fn connection<A, Io>(host: Arc<Host<A>>, io: Io, peer: Peer, limits: Arc<Limits>)
where
    A: App,
    Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    tokio::select! {
        biased;
        () = host.cut_off() => {}
        () = serve(&host, io, peer, limits) => {}
    }
}

async fn serve<A, Io>(host: &Arc<Host<A>>, io: Io, peer: Peer, limits: Arc<Limits>)
where
    A: App,
    Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut http = Http {
        _alive: host.alive(),
        io,
        eof: false,
        shut: false,
        unflushed: false,
        timer: Timer::default(),
        exchange: Exchange::new(host.clone(), peer, limits),
    };
    let mut closing = pin!(host.closing());
    let mut told = false;
    loop {
        let next = tokio::select! {
            biased;
            () = &mut closing, if !told => {
                told = true;
                http.exchange.machine.close(clock::now());
                continue;
            }
            next = poll_fn(|cx| http.poll_next(cx)) => next,
        };
        let mut next = Some(next);
        while let Some(step) = next.take() {
            match step {
                Next::Ended => return,
                Next::Ask(asking) => match http.decide(*asking).await {
                    Some(decided) => next = decided,
                    None => return,
                },
                Next::Park(parked) => match http.meanwhile(|cx| parked.poll(host, cx)).await {
                    Some(response) => http.exchange.respond(parked.answer(response)),
                    None => return,
                },
                Next::Body(parked, body) => {
                    let answer = post::work_off(host, parked, body).await;
                    http.exchange.respond(answer);
                }
                Next::Upgrade(conn, lane, early) => {
                    let answer = http.exchange.machine.poll_transmit().flatten();
                    let answer = answer.copied().collect();
                    // A task of its own, so that nothing of this one stays.
                    driver::start(host, conn, http.io, lane, Begun { early, answer });
                    return;
                }
            }
        }
    }
}

struct Http<A: App, Io> {
    io: Io,
    /// The peer will send no more.
    eof: bool,
    /// We have sent our last byte.
    shut: bool,
    /// Written since the last flush: TLS may hold some of it.
    unflushed: bool,
    timer: Timer,
    exchange: Exchange<A>,
    _alive: Alive,
}

impl<A: App, Io: AsyncRead + AsyncWrite + Unpin> Http<A, Io> {
    /// Reads, answers and writes until there is something to wait for other than the peer.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next<A>> {
        loop {
            if let Some(next) = self.exchange.feed(&mut []) {
                return Poll::Ready(next);
            }
            match self.poll_write(cx) {
                Poll::Ready(Ok(true)) => continue,
                Poll::Ready(Ok(false)) | Poll::Pending => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Next::Ended),
            }
            if self.exchange.machine.is_finished() {
                return Poll::Ready(Next::Ended);
            }
            if !self.shut
                && self.exchange.machine.is_closing()
                && self.exchange.machine.queued() == 0
            {
                // The peer's rest is still read for a while, so that a reset does not eat the answer.
                self.shut = Pin::new(&mut self.io).poll_shutdown(cx).is_ready();
            }
            if self
                .timer
                .poll(self.exchange.machine.poll_timeout(), cx)
                .is_ready()
            {
                self.exchange.expire();
                continue;
            }
            if self.eof {
                return Poll::Pending;
            }
            let Self {
                io, eof, exchange, ..
            } = self;
            let read = scratch::read(io, cx, |_, bytes| {
                exchange.host.meter().read(bytes.len());
                *eof = bytes.is_empty();
                exchange.received(bytes)
            });
            match read {
                Poll::Ready(Ok(Some(next))) => return Poll::Ready(next),
                Poll::Ready(Ok(None)) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Next::Ended),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Waits for the app's word and goes by it; none when the peer has gone.
    async fn decide(&mut self, mut asking: Asking<A>) -> Option<Option<Next<A>>> {
        let word = self.meanwhile(|cx| asking.word.as_mut().poll(cx)).await?;
        Some(self.exchange.decided(asking, word))
    }

    /// Waits for what a request waits for, and holds what the peer sends behind it; none when the peer
    /// has gone.
    async fn meanwhile<R>(
        &mut self,
        mut wait: impl FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Option<R> {
        poll_fn(|cx| {
            if let Poll::Ready(result) = wait(cx) {
                return Poll::Ready(Some(result));
            }
            loop {
                let exchange = &mut self.exchange;
                match scratch::read(&mut self.io, cx, |_, bytes| exchange.hold(bytes)) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(true)) => {}
                    Poll::Ready(Ok(false) | Err(_)) => return Poll::Ready(None),
                }
            }
        })
        .await
    }

    /// Writes once. Whether anything was taken.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let Exchange { machine, host, .. } = &mut self.exchange;
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut used = 0;
        for (slice, chunk) in slices.iter_mut().zip(machine.poll_transmit()) {
            *slice = IoSlice::new(chunk);
            used += 1;
        }
        if used == 0 {
            if self.unflushed {
                ready!(Pin::new(&mut self.io).poll_flush(cx))?;
                self.unflushed = false;
            }
            return Poll::Ready(Ok(false));
        }
        match Pin::new(&mut self.io).poll_write_vectored(cx, &slices[..used]) {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(n)) => {
                host.meter().wrote(n);
                machine.handle_written(clock::now(), n);
                self.unflushed = true;
                Poll::Ready(Ok(true))
            }
            Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
            Poll::Pending => Poll::Pending,
        }
    }
}
