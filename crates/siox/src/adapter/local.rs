//! A namespace's own side, as an adapter uses it: the sockets of this node.

use super::{Action, BroadcastError, Emit};
use crate::{
    AckError, Args, RemoteSocket, Selection, SendError, Socket,
    awaited::Reply,
    metrics::Count,
    namespace::{Inner, Members},
    socket::Asker,
};
use siox_socketio::{DisconnectReason, Encoded, Revision};
use siox_tokio::Together;
use siox_wire::{Admit, Shared};
use std::{
    cell::OnceCell,
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::sync::mpsc;

/// The sockets of a namespace on this node.
#[derive(Clone)]
pub struct Local {
    name: Arc<str>,
    nsp: Weak<Inner>,
}

/// The namespace while nobody else changes who is in it, or sends to several of them.
pub(crate) struct Locked<'a> {
    nsp: &'a Inner,
    members: Members<'a>,
}

impl Local {
    pub(crate) fn new(name: &str, nsp: Weak<Inner>) -> Self {
        Self {
            name: name.into(),
            nsp,
        }
    }

    /// The namespace; none before it is made, and when its server has gone.
    pub(super) fn nsp(&self) -> Option<Arc<Inner>> {
        self.nsp.upgrade()
    }

    /// The namespace's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn locked<R>(&self, step: impl FnOnce(&Locked<'_>) -> R) -> Option<R> {
        let nsp = self.nsp()?;
        let members = nsp.members();
        Some(step(&Locked { nsp: &nsp, members }))
    }

    /// Sends an event to the sockets of a selection that are here. A receiver whose queue is full takes
    /// it up to its hard cap.
    ///
    /// # Errors
    /// As [`SendError`] says: of an event for a single socket, what that cannot take; of others, what the
    /// server's parser cannot write. A receiver that cannot take it is none, nor is one of revision 4 whose
    /// packet alone cannot be written.
    pub fn emit(&self, emit: Emit<'_>) -> Result<(), SendError> {
        self.locked(|here| here.emit(emit))
            .unwrap_or(Err(SendError::Closed))
    }

    /// As [`emit`](Self::emit), and calls `then` when it is sent, before any socket comes in or goes: under
    /// the lock under which [`Adapter::missed_since`](crate::Adapter::missed_since) is asked. Where it says
    /// how far this node has come in the log of a cluster, a session that comes back has no gap and
    /// nothing twice.
    ///
    /// # Errors
    /// As there; `then` is not called.
    pub fn emit_then(&self, emit: Emit<'_>, then: impl FnOnce()) -> Result<(), SendError> {
        self.locked(|here| here.emit(emit).map(|()| then()))
            .unwrap_or(Err(SendError::Closed))
    }

    /// Sends an event to the sockets of a selection that are here, and awaits their acknowledgements.
    ///
    /// # Errors
    /// [`SendError::Unencodable`] for what the server's parser cannot write; nobody was asked then.
    pub fn emit_with_ack(&self, emit: Emit<'_>, timeout: Duration) -> Result<Acks, SendError> {
        self.locked(|here| here.emit_with_ack(emit, timeout))
            .unwrap_or_else(|| Ok(Acks::none()))
    }

    /// Does something with the sockets of a selection that are here.
    pub fn act(&self, selection: &Selection, action: &Action) {
        for socket in self.sockets(selection) {
            match action {
                // A socket that is in too many rooms stays where it is.
                Action::Join(rooms) => drop(rooms.iter().try_for_each(|r| socket.join(r))),
                Action::Leave(rooms) => rooms.iter().for_each(|r| socket.leave(r)),
                Action::Disconnect { close: true } => socket.close(),
                Action::Disconnect { close: false } => {
                    socket.leave_namespace(DisconnectReason::ServerNamespaceDisconnect);
                }
            }
        }
    }

    /// The sockets of a selection that are here, in the order of their arrival.
    #[must_use]
    pub fn sockets(&self, selection: &Selection) -> Vec<Socket> {
        self.locked(|here| here.select(selection).cloned().collect())
            .unwrap_or_default()
    }

    /// [`sockets`](Self::sockets) as other nodes see them.
    #[must_use]
    pub fn fetch_sockets(&self, selection: &Selection) -> Vec<RemoteSocket> {
        let sockets = self.sockets(selection);
        sockets.iter().map(RemoteSocket::of).collect()
    }

    /// Another server has told of an event ([`Namespace::on_server_side`]). What its handler answers is
    /// returned.
    ///
    /// [`Namespace::on_server_side`]: crate::Namespace::on_server_side
    #[must_use]
    pub fn server_side_event(&self, event: &str, args: &Args) -> Option<Encoded> {
        self.nsp()?.server_side_event(event, args)
    }
}

impl Locked<'_> {
    fn select(&self, selection: &Selection) -> impl Iterator<Item = &Socket> {
        let to: Vec<&str> = selection.to.iter().map(String::as_str).collect();
        let except: Vec<&str> = selection.except.iter().map(String::as_str).collect();
        let skip = selection.sender.as_ref().map(|s| s.number);
        self.members
            .select(&to, &except)
            .filter(move |socket| Some(socket.number()) != skip)
    }

    pub(crate) fn emit(&self, emit: Emit<'_>) -> Result<(), SendError> {
        let kind = match (emit.volatile, emit.direct) {
            (true, _) => Admit::Volatile,
            (false, true) => Admit::Normal,
            (false, false) => Admit::Owed,
        };
        if emit.direct {
            let mut one = self.select(emit.selection);
            let socket = one.next().ok_or(SendError::Closed)?;
            return socket.put(emit.event, emit.encoded, kind);
        }
        let groups = Groups::new(self.nsp, emit);
        let watchers = self.nsp.watchers();
        let mut together = Together::new();
        let mut receivers = 0;
        // Mostly all speak the same revision.
        let mut last: Option<(Revision, &Arc<Shared>)> = None;
        for socket in self.select(emit.selection) {
            let revision = socket.revision();
            let group = match last {
                Some((same, group)) if same == revision => group,
                Some(_) | None => match groups.for_revision(revision) {
                    Ok(group) => last.insert((revision, group)).1,
                    Err(_) => continue,
                },
            };
            socket.tell_watchers(watchers.as_ref(), emit.event, emit.encoded);
            // A receiver that is closing hears nothing more.
            let sent = socket.deliver(group, kind, &mut together);
            receivers += u64::from(sent.is_ok());
        }
        self.nsp.shared.counts.add(Count::EventOut, receivers);
        groups.judge()
    }

    fn emit_with_ack(&self, emit: Emit<'_>, timeout: Duration) -> Result<Acks, SendError> {
        let id = self.nsp.next_ack();
        let deadline = siox_tokio::now().after(timeout);
        let packets = &self.nsp.shared.packets;
        let group = packets.shared(&self.nsp.name, emit.encoded, Some(id))?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let watchers = self.nsp.watchers();
        let (mut expected, mut asked) = (0, 0);
        for socket in self.select(emit.selection) {
            expected += 1;
            socket.tell_watchers(watchers.as_ref(), emit.event, emit.encoded);
            let waiter = Asker::Group(sender.clone());
            // One that cannot be asked will not have answered.
            let sent = socket.ask_in_group(&group, id, deadline, waiter);
            asked += u64::from(sent.is_ok());
        }
        self.nsp.shared.counts.add(Count::EventOut, asked);
        Ok(Acks { expected, receiver })
    }
}

/// An event for many, made once for each revision that some receiver speaks.
struct Groups<'a> {
    nsp: &'a Inner,
    emit: Emit<'a>,
    stamped: OnceCell<Group>,
    plain: OnceCell<Group>,
}

type Group = Result<Arc<Shared>, SendError>;

impl<'a> Groups<'a> {
    fn new(nsp: &'a Inner, emit: Emit<'a>) -> Self {
        Self {
            nsp,
            emit,
            stamped: OnceCell::new(),
            plain: OnceCell::new(),
        }
    }

    /// The packets are the same in both revisions, unless one has an offset in it.
    #[inline(never)]
    fn for_revision(&self, revision: Revision) -> Result<&Arc<Shared>, SendError> {
        let (cell, encoded) = match (revision, self.emit.plain) {
            (Revision::V4, Some(encoded)) => (&self.plain, encoded),
            (Revision::V4, None) | (Revision::V5, _) => (&self.stamped, self.emit.encoded),
        };
        let (packets, nsp) = (&self.nsp.shared.packets, &self.nsp.name);
        let group = cell.get_or_init(|| packets.shared(nsp, encoded, None));
        group.as_ref().map_err(|e| *e)
    }

    /// Whether the event itself was found to be one that cannot be sent. What only the other revision's
    /// packet cannot say is not its fault.
    fn judge(self) -> Result<(), SendError> {
        self.stamped
            .into_inner()
            .map_or(Ok(()), |group| group.map(drop))
    }
}

/// The acknowledgements of a broadcast by the sockets of this node, as they come.
pub struct Acks {
    expected: usize,
    receiver: mpsc::UnboundedReceiver<Reply>,
}

impl Acks {
    fn none() -> Self {
        let (_, receiver) = mpsc::unbounded_channel();
        Self {
            expected: 0,
            receiver,
        }
    }

    /// How many sockets were asked.
    #[must_use]
    pub fn expected(&self) -> usize {
        self.expected
    }

    /// The next answer; none when all who still can have answered or have been given up.
    pub async fn next(&mut self) -> Option<Args> {
        loop {
            match self.receiver.recv().await? {
                Ok(args) => return Some(args),
                Err(AckError::Timeout | AckError::Disconnected) => {}
                Err(AckError::Send(_) | AckError::Decode(_) | AckError::Dropped) => {}
            }
        }
    }

    /// All answers.
    ///
    /// # Errors
    /// [`BroadcastError::Partial`] when some did not come.
    pub async fn all(mut self) -> Result<Vec<Args>, BroadcastError> {
        let mut responses = Vec::new();
        while let Some(args) = self.next().await {
            responses.push(args);
        }
        match self.expected.saturating_sub(responses.len()) {
            0 => Ok(responses),
            missing => Err(BroadcastError::Partial { responses, missing }),
        }
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Local").field(&self.name).finish()
    }
}

impl fmt::Debug for Acks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acks")
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}
