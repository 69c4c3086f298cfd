//! What a connection needs of whatever it runs on.

use siox_wire::{Instant, Message, SendError};
use std::{future::Future, pin::Pin};

pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A clock, and somebody to finish what has begun.
pub trait Carrier: Send + Sync {
    fn now(&self) -> Instant;

    fn spawn(&self, task: Task);
}

/// Takes the messages of a session that is open.
pub(crate) trait Outlet: Send + Sync {
    /// # Errors
    /// `Full` and `Closed`.
    fn try_send(&self, message: Message<'_>, compress: bool) -> Result<(), SendError>;

    /// Whether a WebSocket serves the session, or served it last.
    fn websocket_works(&self) -> bool;

    /// Whether the server is dead by now, though nobody was told yet.
    fn is_expired(&self) -> bool;

    /// What is queued is still sent.
    fn close(&self);
}

/// The senders of both runtimes have the same methods.
macro_rules! outlet {
    ($Sender:ty) => {
        impl $crate::client::carrier::Outlet for $Sender {
            fn try_send(
                &self,
                message: siox_wire::Message<'_>,
                compress: bool,
            ) -> Result<(), siox_wire::SendError> {
                match compress {
                    true => self.try_send(message),
                    false => self.compress(false).try_send(message),
                }
            }

            fn websocket_works(&self) -> bool {
                self.websocket_works()
            }

            fn is_expired(&self) -> bool {
                self.is_expired()
            }

            fn close(&self) {
                self.close();
            }
        }
    };
}
pub(super) use outlet;
