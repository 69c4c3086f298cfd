//! The client's side of one connection: which namespaces it is in, which acknowledgements it is owed.
//! What outlives the connection (buffers, reconnection, retries) is not here.

mod config;
mod event;
mod refusal;
mod stays;
mod step;
mod verbs;

pub use config::ClientConfig;
pub use event::ClientEvent;
pub use verbs::Recover;

use crate::{Decoder, Error, Revision, Slot, acks::Acks};
use alloc::{boxed::Box, collections::VecDeque, sync::Arc, vec::Vec};
use siox_wire::{Instant, Message, Sink};
use stays::{State, Stay};

/// The client's side of one Socket.IO connection.
///
/// *What happened* goes in by `handle_message` and `handle_timeout`; after an `Err` the connection is
/// over, every later call returns the same error, and every verb [`SendError::Closed`]. *What the
/// application wants* are the verbs: an error of theirs leaves the machine as it was. *When to call
/// again* is `poll_timeout`.
///
/// ```
/// use siox_socketio::{Client, ClientConfig, ClientEvent, Encoded};
/// use siox_wire::{Admit, Instant, Message};
/// # #[derive(Default)]
/// # struct Out(Vec<String>);
/// # impl siox_wire::Sink for Out {
/// #     fn admit(&self, _: Admit) -> Result<(), siox_wire::SendError> { Ok(()) }
/// #     fn put_text(&mut self, parts: &[&[u8]]) { self.0.push(String::from_utf8(parts.concat()).unwrap()) }
/// #     fn put_binary(&mut self, _: &[u8], _: bytes::Bytes) {}
/// #     fn put_shared(&mut self, _: &std::sync::Arc<siox_wire::Shared>, _: siox_wire::Lead) {}
/// # }
/// # let mut out = Out::default(); // the layer below: any `Sink`
///
/// let now = Instant::from_millis(0);
/// let mut client = Client::new(ClientConfig::default().into(), "the id of the Engine.IO session");
/// let auth = siox_socketio::Value::object([("token", "x")])?;
/// let slot = client.connect("/chat", Some(&auth), None, &mut out)?;
/// for message in [r#"0/chat,{"sid":"s1"}"#, r#"2/chat,7["sum",1,2]"#] {
///     let mut event = client.handle_message(now, Message::from(message), &mut out)?;
///     while let Some(what) = event {
///         match what {
///             ClientEvent::Connected { slot, .. } => {
///                 client.emit(slot, &Encoded::event("hello", &())?, Admit::Normal, &mut out)?;
///             }
///             ClientEvent::Event { slot, id: Some(id), packet } if packet.name() == "sum" => {
///                 let (a, b): (i64, i64) = packet.decode()?;
///                 client.ack(slot, id, &Encoded::args(&(a + b))?, &mut out)?;
///             }
///             _ => {}
///         }
///         event = client.handle_timeout(now)?; // Until there is nothing more to tell.
///     }
/// }
/// assert_eq!(out.0, [r#"0/chat,{"token":"x"}"#, r#"2/chat,["hello"]"#, "3/chat,7[3]"]);
/// # assert!(client.is_joined(slot));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// [`SendError::Closed`]: siox_wire::SendError::Closed
#[derive(Debug)]
pub struct Client {
    config: Arc<ClientConfig>,
    /// The id of the Engine.IO session: that of a socket, in revision 4.
    session: Box<str>,
    stays: Vec<Stay>,
    /// The next slot.
    next: u32,
    acks: Acks,
    decoder: Decoder,
    /// What was told late, and what came behind it.
    ready: VecDeque<ClientEvent<'static>>,
    /// What is kept until answers to CONNECTs come.
    held: usize,
    life: Life,
}

/// Whether anything can still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Open,
    /// Closed from above: nothing is heard any more.
    Closed,
    /// Over for what the server did: every call says so.
    Failed(Error),
}

impl Client {
    /// The client's side of an Engine.IO session that has just been opened under the id `session`.
    #[must_use]
    pub fn new(config: Arc<ClientConfig>, session: &str) -> Self {
        let stays = match config.revision {
            Revision::V4 => Vec::from([Stay {
                slot: Slot(0),
                state: State::Unwanted(false),
                next_ack: 0,
                nsp: "/".into(),
                query: "".into(),
            }]),
            Revision::V5 => Vec::new(),
        };
        Self {
            config,
            session: session.into(),
            stays,
            next: 1,
            acks: Acks::default(),
            decoder: Decoder::default(),
            ready: VecDeque::new(),
            held: 0,
            life: Life::Open,
        }
    }

    /// Takes a message of the server. Afterwards call [`handle_timeout`](Self::handle_timeout) until it
    /// returns `Ok(None)`: there may be more to tell.
    ///
    /// # Errors
    /// The rule that the server broke, or the deadline that it missed: close the connection.
    pub fn handle_message<'b>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        out: &mut impl Sink,
    ) -> Result<Option<ClientEvent<'b>>, Error> {
        if self.life == Life::Closed {
            return Ok(None);
        }
        let step = self
            .expire(now)
            .and_then(|()| self.decode(now, message, out));
        let event = step.map_err(|error| self.fail(error))?;
        if self.ready.is_empty() {
            return Ok(event);
        }
        let event = event.map(ClientEvent::into_owned);
        self.ready.extend(event);
        Ok(self.ready.pop_front())
    }

    fn decode<'b>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        out: &mut impl Sink,
    ) -> Result<Option<ClientEvent<'b>>, Error> {
        let packet = self
            .decoder
            .handle_message(now, message, &self.config.limits)?;
        if let Some(packet) = packet {
            return self.step(now, packet, out);
        }
        // The rules of namespaces hold before attachments are collected, not after.
        if let Some(packet) = self.decoder.pending()
            && !self.wants(packet.nsp())?
        {
            self.decoder.discard();
        }
        Ok(None)
    }

    /// Bytes of a message have arrived, though not all of it. Without this call an attachment must
    /// arrive whole within its deadline.
    pub fn handle_progress(&mut self, now: Instant) {
        self.decoder.handle_progress(now, &self.config.limits);
    }

    /// Time has passed, or a message may have had more to tell: call until it returns `Ok(None)`.
    ///
    /// # Errors
    /// The deadline that the server missed: close the connection.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<Option<ClientEvent<'static>>, Error> {
        if let Err(error) = self.expire(now) {
            return Err(self.fail(error));
        }
        if let Some(event) = self.ready.pop_front() {
            return Ok(Some(event));
        }
        let expired = self.acks.expired(now);
        Ok(expired.map(|(slot, id)| ClientEvent::AckTimeout { slot, id }))
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do, unless something happens
    /// before. Overdue while there is something to tell.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.ready.is_empty() {
            return Some(Instant::EPOCH);
        }
        let deadlines = [self.decoder.poll_timeout(), self.acks.next_deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// The deadlines whose miss ends the connection.
    fn expire(&mut self, now: Instant) -> Result<(), Error> {
        if let Life::Failed(error) = self.life {
            return Err(error);
        }
        self.decoder.handle_timeout(now)
    }

    fn fail(&mut self, error: Error) -> Error {
        self.close();
        self.life = Life::Failed(error);
        error
    }

    /// The connection is gone, from above or below: nothing is owed, messages are not heard, and every
    /// verb fails.
    pub fn close(&mut self) {
        if self.life == Life::Open {
            self.life = Life::Closed;
        }
        self.stays = Vec::new();
        self.ready = VecDeque::new();
        self.held = 0;
        self.acks.clear();
        self.decoder.reset();
    }

    /// The namespaces that the client is in.
    pub fn joined(&self) -> impl Iterator<Item = (Slot, &str)> {
        let joined = self.stays.iter();
        let joined = joined.filter(|stay| matches!(stay.state, State::Joined));
        joined.map(|stay| (stay.slot, &*stay.nsp))
    }

    /// Whether the client is in the namespace of a slot.
    #[must_use]
    pub fn is_joined(&self, slot: Slot) -> bool {
        self.joined().any(|(own, _)| own == slot)
    }

    /// The namespace of a slot that is joined or asked for.
    #[must_use]
    pub fn nsp(&self, slot: Slot) -> Option<&str> {
        let stay = self.stays.iter().find(|stay| stay.has(slot));
        stay.map(|stay| &*stay.nsp)
    }
}
