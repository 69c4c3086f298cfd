//! The server's side of one connection: which namespaces it has joined, which acknowledgements it owes.

mod slots;
mod step;
mod verbs;

pub use slots::Slot;
pub use verbs::FIRST_BROADCAST_ACK;

use crate::{
    Config, Decoder, DisconnectReason, Error, Kind, Packet, Raw, Revision, Unchecked,
    acks::Acks,
    packet::{self, encode::Header},
};
use alloc::{borrow::Cow, sync::Arc};
use siox_wire::{Admit, Instant, Message, Sink};
use slots::{Slots, State};
use step::Step;

/// What a peer did. It borrows the message, not the machine, so a handler may answer while it holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'b> {
    /// The peer wants to join a namespace: [`accept`](Connection::accept) or
    /// [`refuse`](Connection::refuse) it, now or later.
    Connect {
        /// Its stay, if it is accepted.
        slot: Slot,
        /// The namespace, with its slash; at most 256 bytes. In revision 5 a question mark in it is a
        /// part of the name.
        nsp: Cow<'b, str>,
        /// What stood behind the name and a question mark, undecoded and at most 8,192 bytes; of revision
        /// 4 only.
        query: Option<Cow<'b, str>>,
        /// The credentials, an object; in revision 4 made of the query.
        auth: Option<Raw<'b>>,
    },
    /// The peer emitted an event.
    Event {
        /// Whose.
        slot: Slot,
        /// The id to [`ack`](Connection::ack), if the peer wants that.
        id: Option<u64>,
        /// The name and arguments.
        packet: Packet<'b>,
    },
    /// The peer acknowledged.
    Ack {
        /// Whose.
        slot: Slot,
        /// What [`emit_with_ack`](Connection::emit_with_ack) returned.
        id: u64,
        /// The arguments.
        packet: Packet<'b>,
    },
    /// The peer did not acknowledge in time. It may still; that is then ignored.
    AckTimeout {
        /// Whose.
        slot: Slot,
        /// What [`emit_with_ack`](Connection::emit_with_ack) returned.
        id: u64,
    },
    /// The peer left a namespace. What it owed to acknowledge there ends with this event, without one
    /// of its own.
    Disconnect {
        /// Whose.
        slot: Slot,
        /// Always [`DisconnectReason::ClientNamespaceDisconnect`].
        reason: DisconnectReason,
    },
}

/// The server's side of one Socket.IO connection.
///
/// *What happened* goes in by `handle_message` and `handle_timeout`; after an `Err` the connection is
/// over, every later call returns the same error, and every verb [`SendError::Closed`]. *What the
/// application wants* are the verbs: an error of theirs leaves the machine as it was. *When to call
/// again* is `poll_timeout`.
///
/// [`SendError::Closed`]: siox_wire::SendError::Closed
#[derive(Debug)]
pub struct Connection {
    config: Arc<Config>,
    slots: Slots,
    acks: Acks,
    decoder: Decoder,
    /// Until when some namespace must have been accepted; `None` once one was.
    connect_by: Option<Instant>,
    life: Life,
    revision: Revision,
    /// The CONNECT to `/` that a client of revision 4 need not send is to be told.
    unasked: bool,
    /// Whether packets are JSON by the grammar alone, as `config` says.
    plain: bool,
}

/// Whether anything can still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Open,
    /// Closed from above: nothing is heard any more.
    Closed,
    /// Over for what the peer did: every call says so.
    Failed(Error),
}

impl Connection {
    /// A connection that has just been opened, by a peer that speaks revision 5.
    #[must_use]
    pub fn new(now: Instant, config: Arc<Config>) -> Self {
        Self::with_revision(now, config, Revision::V5)
    }

    /// A connection that has just been opened. One of revision 4 begins with a CONNECT to `/` that its
    /// peer does not send: [`poll_timeout`](Self::poll_timeout) is in the past until
    /// [`handle_timeout`](Self::handle_timeout) has told it.
    #[must_use]
    pub fn with_revision(now: Instant, config: Arc<Config>, revision: Revision) -> Self {
        let mut slots = Slots::default();
        let unasked = revision == Revision::V4 && slots.ask("/", config.namespaces).is_ok();
        Self {
            connect_by: Some(now.after(config.connect_timeout)),
            plain: config.is_plain(),
            config,
            slots,
            acks: Acks::default(),
            decoder: Decoder::default(),
            life: Life::Open,
            revision,
            unasked,
        }
    }

    /// Takes a message of the peer.
    ///
    /// # Errors
    /// The rule that the peer broke, or the deadline that it missed: close the connection.
    #[inline]
    pub fn handle_message<'b>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        out: &mut impl Sink,
    ) -> Result<Option<Event<'b>>, Error> {
        if let Message::Text(Cow::Borrowed(text)) = &message
            && let Some(event) = self.plain_event(now, text)
        {
            return Ok(Some(event));
        }
        if self.plain {
            self.handle_json(now, message, out)
        } else {
            self.handle_other(now, message, out)
        }
    }

    #[inline(never)]
    fn handle_json<'b>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        out: &mut impl Sink,
    ) -> Result<Option<Event<'b>>, Error> {
        self.handle::<true>(now, message, out)
    }

    #[inline(never)]
    fn handle_other<'b>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        out: &mut impl Sink,
    ) -> Result<Option<Event<'b>>, Error> {
        self.handle::<false>(now, message, out)
    }

    /// `PLAIN`: as JSON by the grammar alone. Made twice, so that this way is as short as if it were alone.
    #[inline(always)]
    fn handle<'b, const PLAIN: bool>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        out: &mut impl Sink,
    ) -> Result<Option<Event<'b>>, Error> {
        if self.life == Life::Closed {
            return Ok(None);
        }
        let step = self
            .expire(now)
            .and_then(|()| self.decode::<PLAIN>(now, message));
        match step {
            Ok(Step::Nothing) => Ok(None),
            Ok(Step::Tell(event)) => Ok(Some(event)),
            Ok(Step::Refuse(nsp)) => {
                self.put_refusal(&nsp, out);
                Ok(None)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// The common case, taken out for speed: an event of `/` without attachments, while nothing is due.
    /// `None` leaves the text to [`handle_message`](Self::handle_message), which knows this case as well, and
    /// what is wrong with it.
    #[inline]
    #[must_use]
    pub fn plain_event<'b>(&self, now: Instant, text: &'b str) -> Option<Event<'b>> {
        let slot = self.plain_slot(now)?;
        let (id, packet) = packet::decode::plain_event(text)?;
        Some(Event::Event { slot, id, packet })
    }

    /// As [`plain_event`](Self::plain_event), with arguments that nobody has looked at yet, and whose event it is. If
    /// they turn out not to be right, its text is for [`handle_message`](Self::handle_message), before anything
    /// else that came.
    #[inline]
    #[must_use]
    pub fn unchecked_event<'b>(
        &self,
        now: Instant,
        text: &'b str,
    ) -> Option<(Slot, Unchecked<'b>)> {
        let slot = self.plain_slot(now)?;
        Some((slot, Unchecked::new(text)?))
    }

    /// The stay in `/`, if an event of it needs nothing else.
    #[inline]
    fn plain_slot(&self, now: Instant) -> Option<Slot> {
        let is_due = self.connect_by.is_some_and(|deadline| deadline <= now);
        if !self.plain || self.life != Life::Open || is_due || self.decoder.is_pending() {
            return None;
        }
        self.slots.root()
    }

    #[inline]
    fn decode<'b, const PLAIN: bool>(
        &mut self,
        now: Instant,
        message: Message<'b>,
    ) -> Result<Step<'b>, Error> {
        let packet = if PLAIN {
            self.decoder.plain(now, message, &self.config)?
        } else {
            self.decoder.other(now, message, &self.config)?
        };
        if let Some(packet) = packet {
            return self.step(now, packet);
        }
        // The rules of namespaces hold before attachments are collected, not after.
        if let Some(packet) = self.decoder.pending()
            && self.with_joined(packet.nsp())?.is_none()
        {
            self.decoder.discard();
        }
        Ok(Step::Nothing)
    }

    fn put_refusal(&self, nsp: &str, out: &mut impl Sink) {
        let header = Header {
            kind: Kind::ConnectError,
            nsp,
            id: None,
        };
        let body = r#"{"message":"Too many namespaces"}"#;
        // A parser that cannot write it leaves the peer without an answer.
        let _ = header.send(body, &[], &self.config, Admit::Owed, out);
    }

    /// Bytes of a message have arrived, though not all of it. Without this call an attachment must
    /// arrive whole within its deadline.
    pub fn handle_progress(&mut self, now: Instant) {
        self.decoder.handle_progress(now, &self.config);
    }

    /// Time has passed: call until it returns `Ok(None)`.
    ///
    /// # Errors
    /// The deadline that the peer missed: close the connection.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<Option<Event<'static>>, Error> {
        if let Err(error) = self.expire(now) {
            return Err(self.fail(error));
        }
        if let Some(connect) = self.connect_unasked() {
            return Ok(Some(connect));
        }
        let expired = self.acks.expired(now);
        Ok(expired.map(|(slot, id)| Event::AckTimeout { slot, id }))
    }

    fn connect_unasked(&mut self) -> Option<Event<'static>> {
        let asked = self.unasked.then(|| self.slots.by_name("/"))??;
        let slot = asked.slot;
        self.unasked = false;
        Some(Event::Connect {
            slot,
            nsp: Cow::Borrowed("/"),
            query: None,
            auth: None,
        })
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do, unless something happens
    /// before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let deadlines = [
            self.unasked.then_some(Instant::EPOCH),
            self.connect_by,
            self.decoder.poll_timeout(),
            self.acks.next_deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// The deadlines whose miss ends the connection.
    #[inline]
    fn expire(&mut self, now: Instant) -> Result<(), Error> {
        if let Life::Failed(error) = self.life {
            return Err(error);
        }
        if self.connect_by.is_some_and(|deadline| deadline <= now) {
            return Err(Error::ConnectTimeout);
        }
        self.decoder.handle_timeout(now)
    }

    /// Ends the connection; frees what it held, but not who was joined: [`joined`](Self::joined) tells
    /// whom the end concerns.
    fn fail(&mut self, error: Error) -> Error {
        self.life = Life::Failed(error);
        self.unasked = false;
        self.connect_by = None;
        self.decoder.reset();
        self.acks.clear();
        error
    }

    /// The connection is gone, from above or below: nothing is owed, messages are not heard, and every
    /// verb fails. What [`joined`](Self::joined) told before is whom this ends.
    pub fn close(&mut self) {
        if self.life == Life::Open {
            self.life = Life::Closed;
        }
        self.unasked = false;
        self.slots.clear();
        self.acks.clear();
        self.decoder.reset();
        self.connect_by = None;
    }

    /// The namespaces that are joined now.
    pub fn joined(&self) -> impl Iterator<Item = (Slot, &str)> {
        let joined = self.slots.iter().filter(|e| e.state == State::Joined);
        joined.map(|e| (e.slot, e.nsp()))
    }

    /// The revision that the peer speaks.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Whether a client of revision 4 has left `/` and is in no other namespace: it cannot ask for `/`
    /// again, so the connection is of no use any more.
    #[must_use]
    pub fn is_deserted(&self) -> bool {
        let left = self.slots.by_name("/");
        self.revision == Revision::V4
            && left.is_some_and(|e| e.state == State::Left)
            && self.slots.iter().all(|e| e.state == State::Left)
    }

    /// The namespace of a slot that is joined or asked for.
    #[must_use]
    pub fn nsp(&self, slot: Slot) -> Option<&str> {
        let mut entries = self.slots.iter();
        let entry = entries.find(|e| e.slot == slot && e.state != State::Left);
        entry.map(slots::Entry::nsp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_wire::{Lead, SendError, Shared};

    struct Nowhere;

    impl Sink for Nowhere {
        fn admit(&self, _: Admit) -> Result<(), SendError> {
            Ok(())
        }
        fn put_text(&mut self, _: &[&[u8]]) {}
        fn put_binary(&mut self, _: &[u8], _: bytes::Bytes) {}
        fn put_shared(&mut self, _: &Arc<Shared>, _: Lead) {}
    }

    fn join(connection: &mut Connection, text: &str) -> Slot {
        let connect = connection.handle_message(Instant::EPOCH, text.into(), &mut Nowhere);
        let Ok(Some(Event::Connect { slot, .. })) = connect else {
            panic!("{connect:?}")
        };
        connection.accept(slot, "sid", &mut Nowhere).unwrap();
        slot
    }

    #[test]
    fn idle_costs_little() {
        let mut connection = Connection::new(Instant::EPOCH, Config::default().into());
        assert_eq!(connection.slots.heap(), 0);
        let slot = join(&mut connection, "0");
        // What was pending once is freed when it ends.
        let event = crate::Encoded::event("e", &()).unwrap();
        let deadline = Some(Instant::EPOCH);
        connection
            .emit_with_ack(slot, &event, deadline, &mut Nowhere)
            .unwrap();
        connection.handle_timeout(Instant::EPOCH).unwrap();
        assert!(connection.acks.is_unused());
        for message in [Message::from("51-[\"e\"]"), Message::from(&b"x"[..])] {
            connection
                .handle_message(Instant::EPOCH, message, &mut Nowhere)
                .unwrap();
        }
        let (inline, heap) = (size_of::<Connection>(), connection.slots.heap());
        std::println!("a connection that joined /: {inline} bytes and {heap} on the heap");
        assert!(heap <= 40 && inline + heap <= 128, "{inline} and {heap}");
    }

    #[test]
    fn ids_turn_over_below_those_of_broadcasts() {
        let mut connection = Connection::new(Instant::EPOCH, Config::default().into());
        let slot = join(&mut connection, "0");
        let event = crate::Encoded::event("e", &()).unwrap();
        let next = |connection: &mut Connection| {
            connection.emit_with_ack(slot, &event, None, &mut Nowhere)
        };
        assert_eq!(next(&mut connection), Ok(1));
        let last = u32::try_from(FIRST_BROADCAST_ACK).unwrap() - 2;
        connection.slots.joined(slot).unwrap().last_ack = last;
        assert_eq!(next(&mut connection), Ok(FIRST_BROADCAST_ACK - 1));
        assert_eq!(next(&mut connection), Ok(2), "1 is still owed");
    }
}
