//! Who gets a broadcast: an immutable selection, to be reused at will.

use crate::{SendError, namespace::Inner};
use serde::Serialize;
use siox_socketio::Encoded;
use siox_wire::Admit;
use std::{fmt, sync::Arc};

/// A selection of the sockets of a namespace. Each call returns a new one.
///
/// The packet is encoded once for all receivers. A receiver whose queue is full is not skipped: it takes
/// the packet up to its hard cap, and one that passes it is disconnected as a slow consumer.
#[derive(Clone)]
#[must_use = "a selection does nothing until something is emitted to it"]
pub struct Broadcast {
    nsp: Arc<Inner>,
    to: Vec<String>,
    except: Vec<String>,
    /// The number of the socket that sends.
    skip: Option<u64>,
    volatile: bool,
}

impl Broadcast {
    pub(crate) fn new(nsp: Arc<Inner>) -> Self {
        Self {
            nsp,
            to: Vec::new(),
            except: Vec::new(),
            skip: None,
            volatile: false,
        }
    }

    pub(crate) fn skip(mut self, number: u64) -> Self {
        self.skip = Some(number);
        self
    }

    /// The members of this room too. A socket that is in several rooms gets the packet once.
    pub fn to(mut self, room: impl Into<String>) -> Self {
        self.to.push(room.into());
        self
    }

    /// Not the members of this room.
    pub fn except(mut self, room: impl Into<String>) -> Self {
        self.except.push(room.into());
        self
    }

    /// Only to receivers for whom nothing waits: better lost than late.
    pub fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// Sends an event to the selection as it is now.
    ///
    /// # Errors
    /// As [`SendError`] says of the event itself; a receiver that cannot take it is none.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        let group = siox_socketio::shared(&self.nsp.name, &Encoded::event(event, args)?, None);
        let kind = if self.volatile {
            Admit::Volatile
        } else {
            Admit::Owed
        };
        let to: Vec<&str> = self.to.iter().map(String::as_str).collect();
        let except: Vec<&str> = self.except.iter().map(String::as_str).collect();
        let members = self.nsp.members();
        for socket in members.select(&to, &except) {
            if self.skip != Some(socket.number()) {
                // A receiver that is closing hears nothing more.
                let _ = socket.deliver(&group, kind);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Broadcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broadcast")
            .field("to", &self.to)
            .field("except", &self.except)
            .finish_non_exhaustive()
    }
}
