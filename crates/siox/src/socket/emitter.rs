//! A socket with what is wished of the events that are sent to it next.

use super::Socket;
use crate::{
    ArgsRef, SendError,
    awaited::{Answer, TypedAnswer},
    scratch,
};
use serde::{Serialize, de::DeserializeOwned};
use siox_socketio::Encoded;
use siox_wire::Admit;
use std::{fmt, time::Duration};

/// A socket with what is wished of the events that are sent to it next. To be reused at will.
///
/// ```no_run
/// # fn of(socket: siox::Socket) -> Result<(), siox::SendError> {
/// socket.compress(false).emit("token", "not to be guessed at by its compressed length")?;
/// socket.volatile().emit("position", &(1, 2))
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is sent until something is emitted"]
pub struct Emitter {
    socket: Socket,
    compress: bool,
    volatile: bool,
    timeout: Option<Duration>,
}

impl Socket {
    fn emitter(&self) -> Emitter {
        Emitter {
            socket: self.clone(),
            compress: true,
            volatile: false,
            timeout: None,
        }
    }

    /// Whether what is sent next may be compressed, where its client compresses. It may unless told
    /// otherwise. A poll is compressed as a whole, if anything in it may be.
    pub fn compress(&self, wanted: bool) -> Emitter {
        self.emitter().compress(wanted)
    }

    /// Sends only if nothing waits: better lost than late.
    pub fn volatile(&self) -> Emitter {
        self.emitter().volatile()
    }

    /// How long acknowledgements may take; without it, until the socket is disconnected.
    pub fn timeout(&self, timeout: Duration) -> Emitter {
        self.emitter().timeout(timeout)
    }
}

impl Emitter {
    /// As [`Socket::compress`].
    pub fn compress(mut self, wanted: bool) -> Self {
        self.compress = wanted;
        self
    }

    /// As [`Socket::volatile`]. Without effect on what asks for an acknowledgement.
    pub fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// As [`Socket::timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    fn kind(&self) -> Admit {
        match self.volatile {
            true => Admit::Volatile,
            false => Admit::Normal,
        }
    }

    /// As [`Socket::emit`].
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        scratch::event(event, args, self.compress, |encoded| {
            self.socket.send(event, encoded, self.kind())
        })
    }

    /// As [`Socket::relay`].
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent.
    pub fn relay<'a>(&self, event: &str, args: impl Into<ArgsRef<'a>>) -> Result<(), SendError> {
        self.socket
            .pass_on(event, args.into(), self.kind(), self.compress)
    }

    /// As [`Socket::emit_with_ack`].
    pub fn emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        args: &(impl Serialize + ?Sized),
    ) -> TypedAnswer<R> {
        self.emit_with_ack_args(event, args).typed()
    }

    /// As [`Socket::emit_with_ack_args`].
    pub fn emit_with_ack_args(&self, event: &str, args: &(impl Serialize + ?Sized)) -> Answer {
        Answer::new(Encoded::event(event, args).and_then(|encoded| {
            let encoded = encoded.compressed(self.compress);
            self.socket.ask(event, &encoded, self.timeout)
        }))
    }
}

impl fmt::Debug for Emitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emitter")
            .field("socket", &self.socket)
            .field("compress", &self.compress)
            .field("volatile", &self.volatile)
            .field("timeout", &self.timeout)
            .finish()
    }
}
