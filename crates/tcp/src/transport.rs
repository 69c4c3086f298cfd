//! What a WebSocket runs on: a blocking byte stream with timeouts. TCP and Unix sockets are such; TLS is
//! in `tls`.

#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

/// A blocking byte stream with timeouts.
///
/// A read, write or flush may end without effect at any time, by [`WouldBlock`](io::ErrorKind::WouldBlock)
/// or [`TimedOut`](io::ErrorKind::TimedOut) when it would have to wait, by
/// [`Interrupted`](io::ErrorKind::Interrupted) when it may go on at once. Nothing is lost, and it is tried
/// again until the caller's deadline. A read should take from what is below it once, not until it has
/// something to give, so that deadlines hold against a peer that trickles.
///
/// Where `&S` is a `Transport` too, as with sockets, reading and writing at the same time are possible,
/// which is what [`split`](crate::WebSocket::split) needs.
pub trait Transport: Read + Write {
    /// How long a read waits; `None` is without end. Never zero.
    ///
    /// # Errors
    /// Those of the system.
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// How long a write waits, and a flush; `None` is without end. Never zero.
    ///
    /// # Errors
    /// Those of the system.
    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Whether reads and writes wait at all.
    ///
    /// # Errors
    /// Those of the system.
    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()>;

    /// Ends a half, or both; the peer reads the end of the stream after all that was written.
    ///
    /// # Errors
    /// Those of the system; one that is ended already is none to care about.
    fn shutdown(&mut self, how: Shutdown) -> io::Result<()>;

    /// Lets small frames leave at once, where what is below might hold them back (`TCP_NODELAY`).
    ///
    /// # Errors
    /// Those of the system.
    fn set_nodelay(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The same calls for the socket and for a reference to it.
macro_rules! socket {
    ($socket:ty, $nodelay:expr, $($form:ty),+) => {$(
        impl Transport for $form {
            fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
                <$socket>::set_read_timeout(self, timeout)
            }

            fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
                <$socket>::set_write_timeout(self, timeout)
            }

            fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
                <$socket>::set_nonblocking(self, nonblocking)
            }

            fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
                <$socket>::shutdown(self, how)
            }

            fn set_nodelay(&self) -> io::Result<()> {
                let nodelay: fn(&$socket) -> io::Result<()> = $nodelay;
                nodelay(self)
            }
        }
    )+};
}

socket!(
    TcpStream,
    |socket| socket.set_nodelay(true),
    TcpStream,
    &TcpStream
);
#[cfg(unix)]
socket!(UnixStream, |_| Ok(()), UnixStream, &UnixStream);

impl<S: Transport + ?Sized> Transport for &mut S {
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        (**self).set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        (**self).set_write_timeout(timeout)
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        (**self).set_nonblocking(nonblocking)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        (**self).shutdown(how)
    }

    fn set_nodelay(&self) -> io::Result<()> {
        (**self).set_nodelay()
    }
}

impl<S: Transport + ?Sized> Transport for Box<S> {
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        (**self).set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        (**self).set_write_timeout(timeout)
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        (**self).set_nonblocking(nonblocking)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        (**self).shutdown(how)
    }

    fn set_nodelay(&self) -> io::Result<()> {
        (**self).set_nodelay()
    }
}
