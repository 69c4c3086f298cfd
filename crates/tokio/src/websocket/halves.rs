//! A WebSocket in two halves, each for a task of its own.

use super::{Close, CloseCode, Error, Message, SendError, WebSocket};
use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;
use siox_wire::Shared;
use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker},
};
use tokio::io::{AsyncRead, AsyncWrite};

impl<Io> WebSocket<Io> {
    /// Two halves, each for a task of its own. The receiver is what drives the connection: without one
    /// that is polled, no ping is answered and no closing handshake ends.
    pub fn split(self) -> (Sender<Io>, Receiver<Io>) {
        let both = Arc::new(Both {
            socket: Mutex::new(self),
            wakers: Arc::default(),
        });
        (Sender { both: both.clone() }, Receiver { both })
    }
}

/// The half that sends.
pub struct Sender<Io> {
    pub(super) both: Arc<Both<Io>>,
}

/// The half that receives.
pub struct Receiver<Io> {
    pub(super) both: Arc<Both<Io>>,
}

/// What the halves share. The lock is held for one poll, never while a half waits.
pub(super) struct Both<Io> {
    socket: Mutex<WebSocket<Io>>,
    wakers: Arc<Wakers>,
}

/// Who waits, the sender first. Either half reads, writes and keeps the deadlines, so whatever comes of
/// it wakes both.
#[derive(Default)]
struct Wakers([Mutex<Option<Waker>>; 2]);

pub(super) const SENDER: usize = 0;
pub(super) const RECEIVER: usize = 1;

impl Wakers {
    fn set(&self, half: usize, waker: &Waker) {
        *lock(&self.0[half]) = Some(waker.clone());
    }

    fn wake_half(&self, half: usize) {
        let waker = lock(&self.0[half]).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_half(SENDER);
        self.wake_half(RECEIVER);
    }
}

/// A panic under the lock leaves the machine whole, so that its poison means nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<Io> Both<Io> {
    /// Polls for `half`, and wakes the other one where it may now go on.
    pub(super) fn poll<T>(
        &self,
        half: usize,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut WebSocket<Io>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.wakers.set(half, cx.waker());
        let waker = Waker::from(self.wakers.clone());
        self.step(half, |socket| {
            poll(socket, &mut Context::from_waker(&waker))
        })
    }

    pub(super) fn step<T>(&self, half: usize, step: impl FnOnce(&mut WebSocket<Io>) -> T) -> T {
        let state =
            |socket: &WebSocket<Io>| (socket.queued(), socket.is_closed(), socket.ending.is_some());
        let mut socket = lock(&self.socket);
        let before = state(&socket);
        let done = step(&mut socket);
        let changed = state(&socket) != before;
        drop(socket);
        if changed {
            self.wakers.wake_half(1 - half);
        }
        done
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Sender<Io> {
    /// As [`WebSocket::send`], and always waits for the write: who receives may be slow.
    ///
    /// # Errors
    /// Those of [`WebSocket::send`].
    pub async fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        let message = message.into();
        self.ready().await?;
        self.queue(message)?;
        self.flush().await
    }

    /// As [`WebSocket::queue`]; the receiver's half, if it is polled, writes it too.
    ///
    /// # Errors
    /// Those of [`WebSocket::queue`].
    pub fn queue<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.both.step(SENDER, |socket| socket.queue(message))
    }

    /// As [`WebSocket::queue_bytes`].
    ///
    /// # Errors
    /// Those of [`WebSocket::queue`].
    pub fn queue_bytes(&mut self, payload: Bytes) -> Result<(), SendError> {
        self.both.step(SENDER, |socket| socket.queue_bytes(payload))
    }

    /// As [`WebSocket::queue_shared`].
    ///
    /// # Errors
    /// Those of [`WebSocket::queue`].
    pub fn queue_shared(&mut self, group: &Arc<Shared>) -> Result<(), SendError> {
        self.both.step(SENDER, |socket| socket.queue_shared(group))
    }

    /// As [`WebSocket::set_compress`].
    #[cfg(feature = "deflate")]
    pub fn set_compress(&mut self, wanted: bool) {
        self.both.step(SENDER, |socket| socket.set_compress(wanted));
    }

    /// As [`WebSocket::ready`].
    ///
    /// # Errors
    /// Those of [`WebSocket::send`].
    pub async fn ready(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.both.poll(SENDER, cx, WebSocket::poll_room)).await
    }

    /// As [`WebSocket::flush`].
    ///
    /// # Errors
    /// Those of [`WebSocket::send`].
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.both.poll(SENDER, cx, WebSocket::poll_flushed)).await
    }

    /// Says goodbye, and waits until it is written; the receiver ends when the peer has answered.
    ///
    /// # Errors
    /// Those of [`WebSocket::send`].
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.both
            .step(SENDER, |socket| socket.queue_close(code, reason));
        self.flush().await
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Receiver<Io> {
    /// As [`WebSocket::next`].
    ///
    /// # Errors
    /// Those of [`WebSocket::next`].
    pub async fn next(&mut self) -> Option<Result<Message<'static>, Error>> {
        poll_fn(|cx| self.both.poll(RECEIVER, cx, WebSocket::poll_message)).await
    }

    /// As [`WebSocket::goodbye`].
    #[must_use]
    pub fn goodbye(&self) -> Option<Close<'static>> {
        lock(&self.both.socket).goodbye().cloned()
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Stream for Receiver<Io> {
    type Item = Result<Message<'static>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.both.poll(RECEIVER, cx, WebSocket::poll_message)
    }
}

impl<'m, Io: AsyncRead + AsyncWrite + Unpin> Sink<Message<'m>> for Sender<Io> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.both.poll(SENDER, cx, WebSocket::poll_room)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message<'m>) -> Result<(), Error> {
        self.queue(message).map_err(Error::Send)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.both.poll(SENDER, cx, WebSocket::poll_flushed)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.both.poll(SENDER, cx, |socket, cx| {
            socket.queue_close(CloseCode::NORMAL, "");
            socket.poll_flushed(cx)
        })
    }
}

impl<Io> fmt::Debug for Sender<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<Io> fmt::Debug for Receiver<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
