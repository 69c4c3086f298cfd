//! What the application sends: arguments encoded once, ready for any number of sockets.

use crate::{
    Decoded, Error, Header, Kind, Leniency, Packet, is_reserved,
    packet::decode::assemble,
    ser::{Args, Encoder, Json},
};
use alloc::{string::String, vec::Vec};
use bytes::Bytes;
use serde::Serialize;
use siox_wire::SendError;

/// The arguments of an event or an acknowledgement as compact JSON, and its binary attachments.
///
/// A tuple is as many arguments as it has members, `()` is none, and any other type is one argument. A
/// Rust array `[T; N]` is a tuple to serde; a `Vec` or a slice is one argument. What serializes as bytes
/// (`bytes::Bytes`, not `Vec<u8>`), however deep, becomes an attachment, numbered in order of
/// appearance. The protocol has no escape for an object of the application's own that looks like a
/// placeholder (`{"_placeholder":true,"num":0}`): in a packet with attachments the peer takes it for one.
///
/// ```
/// use siox_socketio::Encoded;
///
/// let hello = Encoded::event("hello", &("world", 1))?;
/// assert_eq!(hello.json(), r#"["hello","world",1]"#);
/// assert_eq!(Encoded::args(&())?.json(), "[]");
/// # Ok::<_, siox_wire::SendError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    kind: Kind,
    /// The digit of a packet without attachments, and the JSON: all of the text that such a packet has in `/`.
    text: Json,
    /// Where the arguments begin: behind the bracket, or behind the event's name.
    head: usize,
    attachments: Vec<Bytes>,
    /// It must not be compressed.
    plain: bool,
}

impl Encoded {
    /// An event.
    ///
    /// # Errors
    /// [`SendError::Reserved`] for a name that the protocol keeps for itself;
    /// [`SendError::Unencodable`] when `args` cannot be written as JSON.
    pub fn event<T: Serialize + ?Sized>(name: &str, args: &T) -> Result<Self, SendError> {
        Self::event_in(Vec::with_capacity(room(name, FIRST)), name, args)
    }

    /// As [`event`](Self::event), in the memory of `buffer`, whose text is lost:
    /// [`into_buffer`](Self::into_buffer) gives it back.
    ///
    /// # Errors
    /// As those of [`event`](Self::event); the buffer is lost then.
    pub fn event_in<T: Serialize + ?Sized>(
        buffer: Vec<u8>,
        name: &str,
        args: &T,
    ) -> Result<Self, SendError> {
        may_be_named(name)?;
        let mut encoder = Encoder::in_buffer(buffer);
        let json = &mut encoder.json;
        json.reserve(room(name, FIRST));
        json.push_str("2[");
        json.quote(name);
        Self::close(Kind::Event, encoder, false, args)
    }

    /// The arguments of an acknowledgement.
    ///
    /// # Errors
    /// [`SendError::Unencodable`] when `args` cannot be written as JSON.
    pub fn args<T: Serialize + ?Sized>(args: &T) -> Result<Self, SendError> {
        Self::args_in(Vec::with_capacity(FIRST), args)
    }

    /// As [`args`](Self::args), in the memory of `buffer`, whose text is lost:
    /// [`into_buffer`](Self::into_buffer) gives it back.
    ///
    /// # Errors
    /// As those of [`args`](Self::args); the buffer is lost then.
    pub fn args_in<T: Serialize + ?Sized>(buffer: Vec<u8>, args: &T) -> Result<Self, SendError> {
        let mut encoder = Encoder::in_buffer(buffer);
        encoder.json.reserve(FIRST);
        encoder.json.push_str("3[");
        Self::close(Kind::Ack, encoder, true, args)
    }

    #[inline]
    fn close<T: Serialize + ?Sized>(
        kind: Kind,
        mut encoder: Encoder,
        first: bool,
        args: &T,
    ) -> Result<Self, SendError> {
        let head = encoder.json.len();
        let writer = Args {
            encoder: &mut encoder,
            first,
        };
        args.serialize(writer).map_err(|_| SendError::Unencodable)?;
        encoder.json.push(b']');
        Ok(Self {
            kind,
            text: encoder.json,
            head,
            attachments: encoder.attachments,
            plain: false,
        })
    }

    /// The memory of its text, to be used again.
    #[must_use]
    pub fn into_buffer(self) -> Vec<u8> {
        self.text.into_buffer()
    }

    /// An event with the arguments of a packet that was received, passed through without a look at
    /// them. Attachments are shared.
    ///
    /// # Errors
    /// [`SendError::Reserved`] for a name that the protocol keeps for itself.
    pub fn relay_event(name: &str, packet: &Packet<'_>) -> Result<Self, SendError> {
        may_be_named(name)?;
        let more = packet.inner().len().saturating_add(2);
        let mut text = Json::in_buffer(Vec::with_capacity(room(name, more)));
        text.push_str("2[");
        text.quote(name);
        let head = text.len();
        if !packet.is_empty() {
            text.push(b',');
        }
        Ok(Self::relay(Kind::Event, text, head, packet))
    }

    /// An acknowledgement with the arguments of a packet that was received, passed through without a
    /// look at them. Attachments are shared.
    #[must_use]
    pub fn relay_args(packet: &Packet<'_>) -> Self {
        let room = packet.inner().len().saturating_add(3);
        let mut text = Json::in_buffer(Vec::with_capacity(room));
        text.push_str("3[");
        Self::relay(Kind::Ack, text, 2, packet)
    }

    fn relay(kind: Kind, mut text: Json, head: usize, packet: &Packet<'_>) -> Self {
        text.push_str(packet.inner());
        text.push(b']');
        Self {
            kind,
            text,
            head,
            attachments: packet.attachments().to_vec(),
            plain: false,
        }
    }

    /// What another one's [`json`](Self::json) and [`attachments`](Self::attachments) say, which came by
    /// another way than a client's connection: from another server. It is checked as a packet is.
    ///
    /// # Errors
    /// The rule that it breaks; [`Error::PacketType`] for a kind that has no arguments.
    pub fn from_parts(kind: Kind, json: &str, attachments: Vec<Bytes>) -> Result<Self, Error> {
        match Packet::from_parts(kind, json, attachments)? {
            packet if kind == Kind::Ack => Ok(Self::relay_args(&packet)),
            packet => Self::relay_event(packet.name(), &packet).map_err(|_| Error::ReservedName),
        }
    }

    /// The same with one more argument behind the others: a string.
    #[must_use]
    pub fn with_argument(&self, text: &str) -> Self {
        let room = self.text.len().saturating_add(text.len()).saturating_add(4);
        let mut all = Json::in_buffer(Vec::with_capacity(room));
        let open = self.text.as_bytes().strip_suffix(b"]").unwrap_or_default();
        all.push_bytes(open);
        if !open.ends_with(b"[") || open.len() > 2 {
            all.push(b',');
        }
        all.quote(text);
        all.push(b']');
        Self {
            kind: self.kind,
            text: all,
            head: self.head,
            attachments: self.attachments.clone(),
            plain: self.plain,
        }
    }

    /// The same, to be compressed where its carriers compress (as it is without this call), or not: for
    /// what must not be guessed at by its compressed length, or does not become shorter.
    #[must_use]
    pub fn compressed(mut self, wanted: bool) -> Self {
        self.plain = !wanted;
        self
    }

    /// Whether it may be compressed.
    #[must_use]
    pub fn may_compress(&self) -> bool {
        !self.plain
    }

    /// Whether the last argument is a string; an event's name is none.
    #[must_use]
    pub fn ends_with_string(&self) -> bool {
        let args = self.text.as_bytes().get(self.head..).unwrap_or_default();
        args.ends_with(b"\"]")
    }

    /// The JSON text of the array; binary values are placeholders. It is kept as bytes, so that each call checks it for
    /// UTF-8: [`json_bytes`](Self::json_bytes) does not.
    #[must_use]
    pub fn json(&self) -> &str {
        self.text.as_str().get(1..).unwrap_or_default()
    }

    /// The bytes of [`json`](Self::json), which cost nothing.
    #[inline]
    #[must_use]
    pub fn json_bytes(&self) -> &[u8] {
        self.text.as_bytes().get(1..).unwrap_or_default()
    }

    /// The text of its packet to `/`, if that needs neither id nor attachments.
    #[inline]
    pub(crate) fn plain_text(&self) -> Option<&[u8]> {
        let is_all = self.attachments.is_empty();
        is_all.then_some(self.text.as_bytes())
    }

    /// The text of its packet in JSON to a namespace, with the id of the acknowledgement that it wants or is; its
    /// attachments follow in messages of their own. In `/` and without an id it costs no copy.
    #[must_use]
    pub fn into_text(self, nsp: &str, id: Option<u64>) -> String {
        if nsp == "/" && id.is_none() && self.attachments.is_empty() {
            return self.text.into_string();
        }
        let kind = self.kind;
        Header { kind, nsp, id }.text(self.attachments.len(), self.json())
    }

    /// The attachments, in the order of their placeholders' numbers.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// [`Kind::Event`] or [`Kind::Ack`].
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl<'b> Packet<'b> {
    /// The arguments that an [`Encoded`] of these parts has: as [`Encoded::from_parts`].
    ///
    /// # Errors
    /// As there.
    pub fn from_parts(kind: Kind, json: &'b str, attachments: Vec<Bytes>) -> Result<Self, Error> {
        let head = (kind, "/".into(), (kind == Kind::Ack).then_some(0));
        let (text, count) = (json.into(), attachments.len());
        let mut decoded = assemble(text, head, 0, count, &Leniency::STRICT)?;
        decoded.attach(attachments);
        match decoded {
            Decoded::Event { packet, .. } | Decoded::Ack { packet, .. } => Ok(packet),
            Decoded::Connect { .. } | Decoded::Disconnect { .. } | Decoded::ConnectError { .. } => {
                Err(Error::PacketType)
            }
        }
    }
}

/// Room for the arguments, before it is known what they take.
const FIRST: usize = 128;

/// What the beginning of an event's array takes beside its name.
const OPEN: usize = 4;

/// What an event of this name takes with so many bytes behind it, unless its name has escapes.
fn room(name: &str, more: usize) -> usize {
    name.len().saturating_add(OPEN).saturating_add(more)
}

fn may_be_named(name: &str) -> Result<(), SendError> {
    if is_reserved(name) {
        return Err(SendError::Reserved);
    }
    Ok(())
}
