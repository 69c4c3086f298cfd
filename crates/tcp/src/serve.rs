//! A server with a thread for each connection.

use crate::{AcceptOptions, Error, Limits, Origins, WebSocket, accept_with};
use std::{
    io,
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// How long no connection is accepted after the system has refused one for want of descriptors or
/// memory: those there are go on being served.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Accepts connections for ever and runs `handler` for each in a thread of its own, at most `most` of
/// them at once: the next one waits in the listener's queue. Handshakes that fail have been answered
/// and are forgotten.
///
/// # Errors
/// When the listener cannot be waited on: it must block. Where the system has no descriptor or memory
/// left for one more connection, it waits until there is.
pub fn serve<H>(
    listener: &TcpListener,
    limits: &Arc<Limits>,
    most: usize,
    handler: H,
) -> io::Result<()>
where
    H: Fn(WebSocket) + Send + Sync + 'static,
{
    let options = AcceptOptions {
        limits: limits.clone(),
        origins: Origins::Any,
        ..AcceptOptions::default()
    };
    serve_with(listener, &options, most, handler)
}

/// As [`serve`], accepting what `options` allow.
///
/// # Errors
/// When the listener cannot be waited on: it must block. Where the system has no descriptor or memory
/// left for one more connection, it waits until there is.
pub fn serve_with<H>(
    listener: &TcpListener,
    options: &AcceptOptions,
    most: usize,
    handler: H,
) -> io::Result<()>
where
    H: Fn(WebSocket) + Send + Sync + 'static,
{
    let options = options.clone();
    run(listener, most, handler, move |stream| {
        accept_with(stream, &options)
    })
}

/// As [`serve_with`], over TLS. Its handshake counts to that of the options' time.
///
/// # Errors
/// When the listener cannot be waited on: it must block. Where the system has no descriptor or memory
/// left for one more connection, it waits until there is.
#[cfg(feature = "tls")]
pub fn serve_tls<H>(
    listener: &TcpListener,
    config: &Arc<rustls::ServerConfig>,
    options: &AcceptOptions,
    most: usize,
    handler: H,
) -> io::Result<()>
where
    H: Fn(WebSocket<crate::tls::Stream>) + Send + Sync + 'static,
{
    let (config, options) = (config.clone(), options.clone());
    run(listener, most, handler, move |stream| {
        let stream = crate::tls::Stream::server(config.clone(), stream);
        accept_with(stream.map_err(Error::Tls)?, &options)
    })
}

/// Gives what `accept` makes of each connection to `handler`, in a thread of its own.
fn run<S, H, A>(listener: &TcpListener, most: usize, handler: H, accept: A) -> io::Result<()>
where
    H: Fn(WebSocket<S>) + Send + Sync + 'static,
    A: Fn(TcpStream) -> Result<WebSocket<S>, Error> + Send + Sync + 'static,
{
    let both = Arc::new((accept, handler));
    let seats = Arc::new(Seats::default());
    loop {
        let seat = Seat::take(&seats, most);
        let (stream, _) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(e) if is_the_peers(&e) => continue,
            Err(e) if is_the_listeners(&e) => return Err(e),
            Err(_) => {
                thread::sleep(BACK_OFF);
                continue;
            }
        };
        let both = both.clone();
        let connection = move || {
            let _seat = seat;
            let (accept, handler) = &*both;
            if let Ok(socket) = accept(stream) {
                handler(socket);
            }
        };
        // Without a thread the connection is dropped, and the next one may find room.
        let _ = thread::Builder::new()
            .name("websocket".to_owned())
            .spawn(connection);
    }
}

/// Whether it is about one connection that went before it was accepted.
pub(crate) fn is_the_peers(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// Whether it cannot be listened on: it does not block, or it is no listener.
fn is_the_listeners(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::InvalidInput
    )
}

/// How many connections there are.
#[derive(Default)]
pub(crate) struct Seats {
    taken: Mutex<usize>,
    left: Condvar,
}

impl Seats {
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them.
pub(crate) struct Seat(Arc<Seats>);

impl Seat {
    pub(crate) fn take(seats: &Arc<Seats>, most: usize) -> Self {
        let mut taken = seats.lock();
        while *taken >= most.max(1) {
            taken = seats
                .left
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *taken += 1;
        Self(seats.clone())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *self.0.lock() -= 1;
        self.0.left.notify_one();
    }
}
