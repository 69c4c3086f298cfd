//! How packets become messages and messages packets: the trait, and the parser for JSON. Nothing here
//! knows a connection.

use crate::{
    Config, Decoded, Encoded, Error, Header, Kind, MAX_NAMESPACE,
    packet::{decode, grammar::fits, lenient},
};
use alloc::{borrow::Cow, sync::Arc, vec::Vec};
use bytes::Bytes;
use core::fmt;
use siox_wire::{Message, Part, SendError, Shared};

/// Reads and writes the packets of any number of connections; it keeps no state of any of them.
///
/// Above a parser, a packet is its head, the JSON text of its payload, and its binary attachments, for
/// which placeholders (`{"_placeholder":true,"num":0}`) stand in the text. A parser turns that into one or
/// more messages, and messages into that: so handlers, relays and broadcasts do not know it. Give it to
/// [`Config::parser`]; the peer must use the same.
///
/// One message makes one packet, save that binary messages may follow it: a [`Parsed`] says how many.
/// Who collects them, within which time, and what else may not come meanwhile, is not the parser's business.
///
/// ```
/// use siox_socketio::{Config, Error, Header, Kind, Parsed, Parser};
/// use siox_wire::{Message, Part, SendError};
/// # use bytes::Bytes;
///
/// /// Text packets as ever, with a mark in front.
/// #[derive(Debug)]
/// struct Marked;
///
/// impl Parser for Marked {
///     fn decode<'b>(&self, message: Message<'b>, config: &Config) -> Result<Parsed<'b>, Error> {
///         let Message::Text(text) = message else { return Err(Error::UnexpectedBinary) };
///         let text = text.strip_prefix('~').ok_or(Error::PacketType)?.to_owned();
///         siox_socketio::Json.decode(Message::Text(text.into()), config)
///     }
///     fn encode(
///         &self,
///         header: &Header<'_>,
///         body: &str,
///         attachments: &[Bytes],
///     ) -> Result<Vec<Part>, SendError> {
///         let mut parts = siox_socketio::Json.encode(header, body, attachments)?;
///         if let Some(Part::Text(text)) = parts.first_mut() {
///             *text = [b"~", &text[..]].concat().into();
///         }
///         Ok(parts)
///     }
/// }
/// # let parsed = Marked.decode(Message::from("~0"), &Config::default())?;
/// # assert_eq!(parsed.packet().nsp(), "/");
/// # Ok::<_, Error>(())
/// ```
pub trait Parser: fmt::Debug + Send + Sync {
    /// Reads a message. Use [`Parsed::new`], which judges what every packet must keep to.
    ///
    /// # Errors
    /// The rule that the message breaks; the connection is closed.
    fn decode<'b>(&self, message: Message<'b>, config: &Config) -> Result<Parsed<'b>, Error>;

    /// Writes a packet as the messages that carry it, in their order; never none. `body` is JSON, or empty
    /// for a packet without payload.
    ///
    /// # Errors
    /// [`SendError::Unencodable`] for what this parser cannot write; nothing is sent then.
    fn encode(
        &self,
        header: &Header<'_>,
        body: &str,
        attachments: &[Bytes],
    ) -> Result<Vec<Part>, SendError>;

    /// The most attachments that a packet may have, sent or received. By default
    /// [`Config::max_attachments`].
    fn max_attachments(&self, config: &Config) -> usize {
        config.max_attachments
    }
}

/// What a [`Parser`] makes of a message: a packet, and how many attachments must follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<'b> {
    pub(crate) packet: Decoded<'b>,
    pub(crate) attachments: usize,
}

impl<'b> Parsed<'b> {
    /// A packet of these parts, of which `attachments` must still follow, each a message of its own.
    /// `body` is its payload in JSON, empty where there is none; it is checked as that of a JSON packet.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn new(
        (kind, nsp, id): (Kind, Cow<'b, str>, Option<u64>),
        body: Cow<'b, str>,
        attachments: usize,
        config: &Config,
    ) -> Result<Self, Error> {
        let nsp = checked(nsp)?;
        let packet = decode::assemble(body, (kind, nsp, id), 0, attachments, &config.leniency)?;
        Ok(Self {
            packet,
            attachments,
        })
    }

    /// As [`new`](Self::new), of a packet whose attachments have come with it.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn whole(
        head: (Kind, Cow<'b, str>, Option<u64>),
        body: Cow<'b, str>,
        attachments: Vec<Bytes>,
        config: &Config,
    ) -> Result<Self, Error> {
        let mut parsed = Self::new(head, body, attachments.len(), config)?;
        parsed.packet.attach(attachments);
        parsed.attachments = 0;
        Ok(parsed)
    }

    /// The packet; without its attachments, where they must still follow.
    #[must_use]
    pub fn packet(&self) -> &Decoded<'b> {
        &self.packet
    }

    /// How many attachments must follow.
    #[must_use]
    pub fn attachments(&self) -> usize {
        self.attachments
    }
}

/// A namespace's name as all above the parser may rely on: with its slash, and not too long.
pub(crate) fn checked(nsp: Cow<'_, str>) -> Result<Cow<'_, str>, Error> {
    if !nsp.starts_with('/') {
        return Err(Error::Namespace);
    }
    if nsp.len() > MAX_NAMESPACE {
        fits(nsp.as_bytes())?;
    }
    Ok(nsp)
}

/// The parser of the protocol's document: JSON in text, attachments as binary messages behind it. A
/// connection without a [`Config::parser`] uses it, and does so without a call through a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Json;

impl Parser for Json {
    fn decode<'b>(&self, message: Message<'b>, config: &Config) -> Result<Parsed<'b>, Error> {
        match message {
            Message::Text(text) if config.leniency.is_strict() => {
                decode::text(text, config.max_attachments)
            }
            Message::Text(text) => lenient::text(text, config),
            Message::Binary(_) => Err(Error::UnexpectedBinary),
        }
    }

    fn encode(
        &self,
        header: &Header<'_>,
        body: &str,
        attachments: &[Bytes],
    ) -> Result<Vec<Part>, SendError> {
        Ok(header.json_parts(body.as_bytes(), attachments))
    }
}

impl Config {
    /// An event for any number of connections with this parser.
    ///
    /// # Errors
    /// As [`admit`](Self::admit) says, and [`SendError::Unencodable`] for what the parser cannot write.
    pub fn shared(
        &self,
        nsp: &str,
        encoded: &Encoded,
        id: Option<u64>,
    ) -> Result<Arc<Shared>, SendError> {
        self.admit(encoded)?;
        let Some(parser) = &self.parser else {
            return Ok(crate::shared(nsp, encoded, id));
        };
        let header = Header {
            kind: encoded.kind(),
            nsp,
            id,
        };
        let parts = parser.encode(&header, encoded.json(), encoded.attachments())?;
        Ok(Shared::with_compression(parts, encoded.may_compress()))
    }

    /// Whether a packet may have that many attachments.
    ///
    /// # Errors
    /// [`SendError::Attachments`] with the most that it may have.
    pub fn admit(&self, encoded: &Encoded) -> Result<(), SendError> {
        let limit = self.most_attachments();
        match encoded.attachments().len() <= limit {
            true => Ok(()),
            false => Err(SendError::Attachments { limit }),
        }
    }

    /// Whether packets are JSON by the grammar alone.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.parser.is_none() && self.leniency.is_strict()
    }

    /// The most attachments that a packet may have.
    #[inline]
    pub(crate) fn most_attachments(&self) -> usize {
        match &self.parser {
            None => self.max_attachments,
            Some(parser) => parser.max_attachments(self),
        }
    }
}
