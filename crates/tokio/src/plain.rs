//! One HTTP connection on its stream, until it ends or becomes a WebSocket.

use crate::{
    App, Host,
    admit::{Asking, Upgrading},
    driver::{Begun, Driving},
    exchange::{Exchange, Next},
    host::Alive,
    post, scratch,
    timer::Timer,
};
use siox_engineio::Lane;
use siox_http1::Limits;
use std::{
    future::{Future, poll_fn},
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
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

/// Carries a connection to its end, as a WebSocket too. What it needed before it became one is freed then.
pub(crate) fn carry<A, Io>(
    host: Arc<Host<A>>,
    io: Io,
    peer: Peer,
    limits: Arc<Limits>,
) -> impl Future<Output = ()> + Send
where
    A: App,
    Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    Carrying::Http(Box::pin(connection(host, io, peer, limits)))
}

/// A connection and then its WebSocket: no larger than the latter.
enum Carrying<A: App, Io, F> {
    Http(Pin<Box<F>>),
    WebSocket(Driving<A, Io>),
}

impl<A, Io, F> Future for Carrying<A, Io, F>
where
    A: App,
    Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    F: Future<Output = Option<Driving<A, Io>>>,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::Http(connection) = &mut *self {
            match ready!(connection.as_mut().poll(cx)) {
                Some(driving) => *self = Self::WebSocket(driving),
                None => return Poll::Ready(()),
            }
        }
        match &mut *self {
            Self::WebSocket(driving) => Pin::new(driving).poll(cx),
            Self::Http(_) => Poll::Ready(()),
        }
    }
}

/// Carries a connection until it ends or has become a WebSocket, which somebody is to drive then. It takes no
/// more requests once the host is closing.
pub(crate) fn connection<A, Io>(
    host: Arc<Host<A>>,
    io: Io,
    peer: Peer,
    limits: Arc<Limits>,
) -> impl Future<Output = Option<Driving<A, Io>>> + Send
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
        exchange: Exchange::new(host, peer, limits),
    };
    // A block, not a function: its arguments would have their place twice.
    async move {
        let host = http.exchange.host.clone();
        let closing = AtomicBool::new(false);
        let upgraded = tokio::select! {
            biased;
            () = host.ending(|| closing.store(true, Relaxed)) => return None,
            upgraded = http.serve(&closing) => upgraded?,
        };
        let machine = &http.exchange.machine;
        let mut answer = Vec::with_capacity(machine.queued());
        for chunk in machine.poll_transmit() {
            answer.extend_from_slice(chunk);
        }
        let begun = Begun {
            early: upgraded.early,
            answer,
            timer: http.timer,
        };
        Driving::new(&host, upgraded.conn, http.io, upgraded.lane, begun)
    }
}

/// What a connection that has become a WebSocket is to go on with.
struct Upgraded<A: App> {
    conn: Upgrading<A>,
    lane: Lane,
    early: Vec<u8>,
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
    /// Serves requests until one has made it a WebSocket; none when it ends before.
    async fn serve(&mut self, closing: &AtomicBool) -> Option<Upgraded<A>> {
        let mut told = false;
        loop {
            let mut next = Some(
                poll_fn(|cx| {
                    self.exchange.begin();
                    if !told && closing.load(Relaxed) {
                        told = true;
                        self.exchange.close();
                    }
                    self.poll_next(cx)
                })
                .await,
            );
            while let Some(step) = next.take() {
                match step {
                    Next::Ended => return None,
                    Next::Ask(asking) => next = self.decide(asking).await?,
                    Next::Park(parked) => {
                        let host = self.exchange.host.clone();
                        let response = self.meanwhile(|cx| parked.poll(&host, cx)).await?;
                        self.exchange.answer(parked.answer(response));
                    }
                    Next::Body(parked, body) => {
                        let answer = post::work_off(&self.exchange.host, parked, body).await;
                        self.exchange.answer(answer);
                    }
                    Next::Upgrade(conn, lane, early) => {
                        return Some(Upgraded { conn, lane, early });
                    }
                }
            }
        }
    }

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
            match self.poll_read(cx) {
                Poll::Ready(Ok(Some(next))) => return Poll::Ready(next),
                Poll::Ready(Ok(None)) => continue,
                Poll::Ready(Err(_)) => return Poll::Ready(Next::Ended),
                Poll::Pending => {}
            }
            // Armed only where there is something to wait for: what is read looks at the time itself.
            ready!(self.timer.poll(self.exchange.machine.poll_timeout(), cx));
            self.exchange.begin();
            self.exchange.expire();
        }
    }

    /// Reads once and works it off.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Next<A>>>> {
        let Self {
            io, eof, exchange, ..
        } = self;
        if *eof {
            return Poll::Pending;
        }
        scratch::read(io, cx, |_, bytes| {
            exchange.host.meter().read(bytes.len());
            *eof = bytes.is_empty();
            exchange.received(bytes)
        })
    }

    /// Waits for the app's word and goes by it; none when the peer has gone.
    async fn decide(&mut self, mut asking: Box<Asking<A>>) -> Option<Option<Next<A>>> {
        let word = self.meanwhile(|cx| asking.word.as_mut().poll(cx)).await?;
        Some(self.exchange.decided(*asking, word))
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
        let machine = &self.exchange.machine;
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
                self.exchange.wrote(n);
                self.unflushed = true;
                Poll::Ready(Ok(true))
            }
            Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
            Poll::Pending => Poll::Pending,
        }
    }
}
