//! Offer, answer and the client's check of the answer (RFC 7692 §5, §7.1), as pure functions. What the
//! parameters do to a connection is not known here.

use super::Config;
use crate::handshake::{Extension, Param};
use core::fmt;

/// The name of the extension.
pub const NAME: &str = "permessage-deflate";

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The largest window, and what holds where nothing is said.
const MAX_BITS: u8 = 15;
/// The smallest window that the codec compresses with.
pub(super) const MIN_OWN_BITS: u8 = 9;

/// What both ends agreed to: the server's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The server's messages do not refer to those before.
    pub server_no_context_takeover: bool,
    /// The client's messages do not refer to those before.
    pub client_no_context_takeover: bool,
    /// The server's window as a power of two, 8 to 15; 15 where the answer is silent.
    pub server_max_window_bits: Option<u8>,
    /// The client's window, likewise.
    pub client_max_window_bits: Option<u8>,
}

impl Agreed {
    /// The value of the server's `Sec-WebSocket-Extensions`.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::new(&Params {
            server_no_context_takeover: self.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover,
            server_max_window_bits: self.server_max_window_bits,
            client_max_window_bits: self.client_max_window_bits.map(Some),
        })
    }

    pub(super) fn server_bits(&self) -> u8 {
        self.server_max_window_bits.unwrap_or(MAX_BITS)
    }

    pub(super) fn client_bits(&self) -> u8 {
        self.client_max_window_bits.unwrap_or(MAX_BITS)
    }
}

/// Why a server's answer to our offer is not accepted (RFC 7692 §5.1, §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerError {
    /// An extension that was not offered.
    Extension,
    /// The extension stands twice.
    Repeated,
    /// A parameter that RFC 7692 does not know, stands twice, or has a value it must not have (window
    /// bits outside 8 to 15 among them).
    Parameter,
    /// `server_no_context_takeover` was demanded and is missing.
    ServerContextTakeover,
    /// `server_max_window_bits` was demanded, and is missing or larger.
    ServerWindow,
    /// `client_max_window_bits` is larger than what was offered.
    ClientWindow,
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Extension => "an extension that was not offered",
            Self::Repeated => "permessage-deflate stands twice",
            Self::Parameter => "an invalid parameter of permessage-deflate",
            Self::ServerContextTakeover => "server_no_context_takeover is missing",
            Self::ServerWindow => "server_max_window_bits is missing or too large",
            Self::ClientWindow => "client_max_window_bits is too large",
        })
    }
}

impl core::error::Error for AnswerError {}

/// A server's answer to the offers of a client, in the client's order of preference: what it agrees to
/// of the first that it can accept, or `None`. Unknown extensions are passed over; an offer with an
/// unknown, repeated or invalid parameter is declined (RFC 7692 §7.1).
#[must_use]
pub fn answer(offers: &[Extension<'_>], config: &Config) -> Option<Agreed> {
    offers
        .iter()
        .filter(|offer| offer.name == NAME)
        .find_map(|offer| accept(&Params::parse(&offer.params)?, config))
}

fn accept(offer: &Params, config: &Config) -> Option<Agreed> {
    let ours = own_bits(config.server_max_window_bits);
    let server_max_window_bits = match offer.server_max_window_bits {
        Some(bits) if bits < MIN_OWN_BITS => return None,
        Some(bits) => Some(bits.min(ours)),
        None => (ours < MAX_BITS).then_some(ours),
    };
    let wanted = peer_bits(config.client_max_window_bits);
    // A client that does not say that it obeys cannot be told; its window is the largest then.
    let client_max_window_bits = match offer.client_max_window_bits {
        Some(theirs) if wanted < theirs.unwrap_or(MAX_BITS) => Some(wanted),
        Some(_) | None => None,
    };
    Some(Agreed {
        server_no_context_takeover: offer.server_no_context_takeover
            || config.server_no_context_takeover,
        client_no_context_takeover: offer.client_no_context_takeover
            || config.client_no_context_takeover,
        server_max_window_bits,
        client_max_window_bits,
    })
}

/// The value of a client's `Sec-WebSocket-Extensions`: one offer that demands what `config` says.
#[must_use]
pub fn offer(config: &Config) -> HeaderValue {
    let server = peer_bits(config.server_max_window_bits);
    let client = own_bits(config.client_max_window_bits);
    HeaderValue::new(&Params {
        server_no_context_takeover: config.server_no_context_takeover,
        client_no_context_takeover: config.client_no_context_takeover,
        server_max_window_bits: (server < MAX_BITS).then_some(server),
        client_max_window_bits: Some((client < MAX_BITS).then_some(client)),
    })
}

/// A client's check of the server's answer to [`offer`]`(config)`: all extensions the answer names.
/// `None`: the server declined.
///
/// # Errors
/// [`AnswerError`]: the connection must be failed.
pub fn check(answer: &[Extension<'_>], config: &Config) -> Result<Option<Agreed>, AnswerError> {
    if answer.iter().any(|e| e.name != NAME) {
        return Err(AnswerError::Extension);
    }
    let params = match answer {
        [] => return Ok(None),
        [one] => Params::parse(&one.params).ok_or(AnswerError::Parameter)?,
        [_, _, ..] => return Err(AnswerError::Repeated),
    };
    if config.server_no_context_takeover && !params.server_no_context_takeover {
        return Err(AnswerError::ServerContextTakeover);
    }
    if params.server_max_window_bits.unwrap_or(MAX_BITS) > peer_bits(config.server_max_window_bits)
    {
        return Err(AnswerError::ServerWindow);
    }
    let client_max_window_bits = match params.client_max_window_bits {
        // Only an offer may leave the value open.
        Some(None) => return Err(AnswerError::Parameter),
        Some(Some(bits)) if bits > own_bits(config.client_max_window_bits) => {
            return Err(AnswerError::ClientWindow);
        }
        Some(bits) => bits,
        None => None,
    };
    Ok(Some(Agreed {
        server_no_context_takeover: params.server_no_context_takeover,
        client_no_context_takeover: params.client_no_context_takeover,
        server_max_window_bits: params.server_max_window_bits,
        client_max_window_bits,
    }))
}

fn own_bits(configured: u8) -> u8 {
    configured.clamp(MIN_OWN_BITS, MAX_BITS)
}

fn peer_bits(configured: u8) -> u8 {
    configured.clamp(8, MAX_BITS)
}

/// The parameters of one offer or answer.
#[derive(Debug, Default)]
struct Params {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// Without a value in an offer: any.
    client_max_window_bits: Option<Option<u8>>,
}

impl Params {
    /// `None` for an unknown or repeated parameter, or an invalid value.
    fn parse(params: &[Param<'_>]) -> Option<Self> {
        let mut known = Self::default();
        for param in params {
            let value = param.value.as_deref();
            let is_new = match param.name {
                SERVER_NO_CONTEXT_TAKEOVER => known.server_no_context_takeover.set(value)?,
                CLIENT_NO_CONTEXT_TAKEOVER => known.client_no_context_takeover.set(value)?,
                SERVER_MAX_WINDOW_BITS => known
                    .server_max_window_bits
                    .replace(bits(value?)?)
                    .is_none(),
                CLIENT_MAX_WINDOW_BITS => {
                    let bits = match value {
                        Some(value) => Some(bits(value)?),
                        None => None,
                    };
                    known.client_max_window_bits.replace(bits).is_none()
                }
                _ => return None,
            };
            if !is_new {
                return None;
            }
        }
        Some(known)
    }
}

/// A parameter that is there or not.
trait Flag {
    /// Sets it: whether it was not set before; `None` if it has a value.
    fn set(&mut self, value: Option<&str>) -> Option<bool>;
}

impl Flag for bool {
    fn set(&mut self, value: Option<&str>) -> Option<bool> {
        match value {
            Some(_) => None,
            None => Some(!core::mem::replace(self, true)),
        }
    }
}

/// 8 to 15, without leading zeros (RFC 7692 §7.1.2).
fn bits(value: &str) -> Option<u8> {
    match value.as_bytes() {
        [digit @ b'8'..=b'9'] => Some(digit.wrapping_sub(b'0')),
        [b'1', digit @ b'0'..=b'5'] => Some(digit.wrapping_sub(b'0').wrapping_add(10)),
        _ => None,
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        for (is_set, name) in [
            (self.server_no_context_takeover, SERVER_NO_CONTEXT_TAKEOVER),
            (self.client_no_context_takeover, CLIENT_NO_CONTEXT_TAKEOVER),
        ] {
            if is_set {
                write!(f, "; {name}")?;
            }
        }
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; {SERVER_MAX_WINDOW_BITS}={bits}")?;
        }
        match self.client_max_window_bits {
            Some(Some(bits)) => write!(f, "; {CLIENT_MAX_WINDOW_BITS}={bits}"),
            Some(None) => write!(f, "; {CLIENT_MAX_WINDOW_BITS}"),
            None => Ok(()),
        }
    }
}

/// The value of a `Sec-WebSocket-Extensions` header, without heap.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HeaderValue {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl HeaderValue {
    /// All four parameters fit.
    const MAX: usize = 132;

    fn new(params: &Params) -> Self {
        let mut value = Self {
            bytes: [0; Self::MAX],
            len: 0,
        };
        // It fits, so it cannot fail.
        let _ = fmt::Write::write_fmt(&mut value, format_args!("{params}"));
        value
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Write for HeaderValue {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let at = usize::from(self.len);
        let end = at.saturating_add(s.len());
        let to = self.bytes.get_mut(at..end).ok_or(fmt::Error)?;
        to.copy_from_slice(s.as_bytes());
        self.len = u8::try_from(end).map_err(|_| fmt::Error)?;
        Ok(())
    }
}

impl fmt::Debug for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}
