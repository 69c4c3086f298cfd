//! The way into a namespace, as one step for every broadcast.

use super::Inner;
use crate::{ConnectError, SendError, Socket, adapter::Restored};
use siox_socketio::Encoded;
use siox_wire::Admit;

/// What a socket brings when it comes in.
type Entering<'a> = Option<&'a Restored>;

impl Inner {
    /// Answers the CONNECT and makes the socket a member; one that comes back is told what it missed and
    /// is in its rooms again.
    pub(crate) fn enter(&self, socket: &Socket, back: Entering<'_>) -> Result<(), SendError> {
        let mut members = self.members();
        let missed = back.map(|r| self.missed(r)).unwrap_or_default();
        let since = match back {
            Some(restored) => restored.session.since.clone(),
            None => self.adapter.offset(),
        };
        socket.conn().with(|m| {
            match socket.pid() {
                Some(pid) => m.accept_recoverable(socket.slot(), socket.id(), pid)?,
                None => m.accept(socket.slot(), socket.id())?,
            }
            for event in &missed {
                // One that could never be written was sent to nobody; the rest is still missed.
                match m.emit(socket.slot(), event, Admit::Owed) {
                    Err(SendError::Unencodable | SendError::Attachments { .. }) => {}
                    sent => sent?,
                }
            }
            // Under the session's lock: whoever is told next that the client has gone must find that it
            // was here.
            socket.connected(since);
            Ok(())
        })?;
        members.add(socket.clone());
        let is_new = matches!(
            members.join_shared(socket.own_room(), socket.clone()),
            Ok(true)
        );
        let mut joined = Vec::new();
        for room in back.into_iter().flat_map(|r| r.session.rooms.iter()) {
            // Those of a session that was kept were within the limit.
            if matches!(members.join(room, socket.clone()), Ok(true)) {
                joined.push((room, members.count(room) == 1));
            }
        }
        let first = is_new && members.count(socket.id()) == 1;
        drop(members);
        if is_new {
            self.tell_joined(socket, socket.id(), first);
        }
        for (room, first) in joined {
            self.tell_joined(socket, room, first);
        }
        Ok(())
    }

    /// All that a session has missed until now.
    pub(crate) fn missed(&self, restored: &Restored) -> Vec<Encoded> {
        let mut missed = restored.missed.clone();
        missed.extend(self.adapter.missed_since(restored));
        missed
    }
}

/// What a refusal tells the client.
pub(crate) fn refusal(error: &crate::BoxError) -> ConnectError {
    match error.downcast_ref::<ConnectError>() {
        Some(refusal) => refusal.clone(),
        None => ConnectError::new(error.to_string()),
    }
}
