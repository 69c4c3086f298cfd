//! Why there is no tunnel. Nothing here holds what was sent to the proxy.

use alloc::{string::String, vec::Vec};
use core::fmt;

/// What is wrong with the description of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadProxy {
    /// It is not `SCHEME://[USER:PASSWORD@]HOST[:PORT]`.
    Syntax,
    /// The scheme is neither `http`, `socks5` nor `socks5h`.
    Scheme,
    /// The name or the password cannot be sent.
    Credentials,
}

impl fmt::Display for BadProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "a proxy is SCHEME://[USER:PASSWORD@]HOST[:PORT]",
            Self::Scheme => "a proxy's scheme is http, socks5 or socks5h",
            Self::Credentials => "the proxy's user name or password cannot be sent",
        })
    }
}

impl core::error::Error for BadProxy {}

/// Why there is no tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The server's name is empty, longer than 255 bytes, or holds what stands in no host name. Nothing
    /// was sent.
    Server,
    /// What came is no answer to `CONNECT`, or exceeds a limit.
    Http(crate::Error),
    /// `CONNECT` was answered with another status than 2xx.
    Refused(Refusal),
    /// SOCKS: a version other than 5, or, of the name and password, other than 1.
    Version(u8),
    /// SOCKS: the proxy takes none of the ways to authenticate that were offered.
    NoMethod,
    /// SOCKS: the proxy chose a way to authenticate that was not offered.
    Method(u8),
    /// SOCKS: the name and password were refused.
    Credentials,
    /// SOCKS: the proxy could or would not connect.
    Reply(Reply),
    /// SOCKS: a reserved byte that is not 0.
    Reserved(u8),
    /// SOCKS: an address of a type that RFC 1928 does not know.
    AddressType(u8),
    /// The proxy closed before it answered; said by the runtime.
    Closed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("the server's name cannot be sent to the proxy"),
            Self::Http(e) => write!(f, "the proxy's answer: {e}"),
            Self::Refused(refusal) => write!(f, "the proxy answered {}", refusal.status),
            Self::Version(version) => write!(f, "the proxy speaks version {version}"),
            Self::NoMethod => f.write_str("the proxy takes no authentication that was offered"),
            Self::Method(method) => {
                write!(
                    f,
                    "the proxy chose authentication {method}, which was not offered"
                )
            }
            Self::Credentials => f.write_str("the proxy refused the name and password"),
            Self::Reply(reply) => write!(f, "the proxy did not connect: {reply}"),
            Self::Reserved(byte) => write!(f, "the proxy set a reserved byte to {byte}"),
            Self::AddressType(kind) => write!(f, "the proxy sent an address of type {kind}"),
            Self::Closed => f.write_str("the proxy closed before it answered"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Http(e) => Some(e),
            Self::Server
            | Self::Refused(_)
            | Self::Version(_)
            | Self::NoMethod
            | Self::Method(_)
            | Self::Credentials
            | Self::Reply(_)
            | Self::Reserved(_)
            | Self::AddressType(_)
            | Self::Closed => None,
        }
    }
}

impl From<crate::Error> for Error {
    fn from(e: crate::Error) -> Self {
        Self::Http(e)
    }
}

/// A proxy's answer to `CONNECT` that is not 2xx. Its body is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The status: 101, or 300 to 599.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Refusal {
    /// The first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| &value[..])
    }
}

/// Why a SOCKS proxy did not connect (RFC 1928 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// 1: a failure of the proxy.
    General,
    /// 2: not allowed by the proxy's rules.
    NotAllowed,
    /// 3: the network is unreachable.
    NetworkUnreachable,
    /// 4: the host is unreachable.
    HostUnreachable,
    /// 5: the server refused the connection.
    ConnectionRefused,
    /// 6: the TTL expired.
    TtlExpired,
    /// 7: the proxy does not connect.
    CommandNotSupported,
    /// 8: the proxy does not know this type of address.
    AddressTypeNotSupported,
    /// 9 to 255: not assigned.
    Other(u8),
}

impl Reply {
    /// What a reply's code means; `None` for 0, success.
    pub(super) fn new(code: u8) -> Option<Self> {
        Some(match code {
            0 => return None,
            1 => Self::General,
            2 => Self::NotAllowed,
            3 => Self::NetworkUnreachable,
            4 => Self::HostUnreachable,
            5 => Self::ConnectionRefused,
            6 => Self::TtlExpired,
            7 => Self::CommandNotSupported,
            8 => Self::AddressTypeNotSupported,
            other => Self::Other(other),
        })
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::General => "general failure",
            Self::NotAllowed => "not allowed by its rules",
            Self::NetworkUnreachable => "network unreachable",
            Self::HostUnreachable => "host unreachable",
            Self::ConnectionRefused => "connection refused",
            Self::TtlExpired => "TTL expired",
            Self::CommandNotSupported => "command not supported",
            Self::AddressTypeNotSupported => "address type not supported",
            Self::Other(code) => return write!(f, "reply {code}"),
        })
    }
}
