//! What the headers of a request mean for the connection: how the body is framed, what may not stand
//! twice, whether the connection stays (RFC 9112, 6 and 9; RFC 9110, 7.2 and 10.1.1).

use crate::{
    Error, Method, Violation,
    fields::{is_host, lists},
};
use core::ops::Range;

/// How the bytes behind a head are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// No body, or all of it has been read.
    None,
    /// So many bytes, at least one.
    Length(u64),
    /// Chunks.
    Chunked,
    /// A body given up in the middle: nothing behind it can be found any more.
    Lost,
}

impl Framing {
    /// The length, where one is declared; else 0.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Length(n) => usize::try_from(n).unwrap_or(usize::MAX),
            Self::None | Self::Chunked | Self::Lost => 0,
        }
    }
}

/// What a connection must know of a head once the head is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) framing: Framing,
    /// The client keeps the connection after the answer.
    pub(crate) keep_alive: bool,
    /// The answer must say that the connection stays.
    pub(crate) http10: bool,
    /// The answer has no body: HEAD.
    pub(crate) bodiless: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub(crate) expects: bool,
    /// `Upgrade` names websocket.
    pub(crate) websocket: bool,
}

/// A header that decides something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Host,
    ContentLength,
    TransferEncoding,
    Expect,
    Connection,
    Upgrade,
    /// Somebody above goes by it.
    Other,
}

/// The headers that decide something, with whether there may be but one of them, where two would leave open
/// which does.
const KNOWN: [(&str, Known, bool); 12] = [
    ("host", Known::Host, true),
    ("origin", Known::Other, true),
    ("expect", Known::Expect, true),
    ("upgrade", Known::Upgrade, false),
    ("connection", Known::Connection, false),
    ("content-type", Known::Other, true),
    ("authorization", Known::Other, true),
    ("content-length", Known::ContentLength, true),
    ("transfer-encoding", Known::TransferEncoding, true),
    ("sec-websocket-key", Known::Other, true),
    ("sec-websocket-accept", Known::Other, true),
    ("sec-websocket-version", Known::Other, true),
];

/// Which of [`KNOWN`] have a name of this length.
fn of_length(len: usize) -> Range<usize> {
    match len {
        4 => 0..1,
        6 => 1..3,
        7 => 3..4,
        10 => 4..5,
        12 => 5..6,
        13 => 6..7,
        14 => 7..8,
        17 => 8..10,
        20 => 10..11,
        21 => 11..12,
        _ => 0..0,
    }
}

/// The headers that matter here, as found so far.
#[derive(Default)]
struct Found<'h> {
    seen: u16,
    host: Option<&'h [u8]>,
    length: Option<u64>,
    chunked: bool,
    expects: bool,
    close: bool,
    keep_alive: bool,
    websocket: bool,
}

impl<'h> Found<'h> {
    fn add(&mut self, name: &str, value: &'h [u8]) -> Result<(), Error> {
        let alike = of_length(name.len());
        let all = KNOWN.get(alike.clone()).unwrap_or_default();
        let found = alike
            .zip(all)
            .find(|(_, (known, ..))| name.eq_ignore_ascii_case(known));
        let Some((at, (_, known, is_single))) = found else {
            return Ok(());
        };
        if *is_single {
            let bit = 1u16
                .checked_shl(u32::try_from(at).unwrap_or(0))
                .unwrap_or(0);
            if self.seen & bit != 0 {
                return Err(Violation::Duplicate.into());
            }
            self.seen |= bit;
        }
        self.take(*known, value)
    }

    fn take(&mut self, known: Known, value: &'h [u8]) -> Result<(), Error> {
        match known {
            Known::Host => {
                if !is_host(value) {
                    return Err(Violation::Host.into());
                }
                self.host = Some(value);
            }
            Known::ContentLength => {
                self.length = Some(decimal(value).ok_or(Violation::Length)?);
            }
            Known::TransferEncoding => {
                if !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Error::Coding);
                }
                self.chunked = true;
            }
            Known::Expect => {
                if !value.eq_ignore_ascii_case(b"100-continue") {
                    return Err(Error::Expectation);
                }
                self.expects = true;
            }
            Known::Connection => {
                self.close |= lists(value, "close");
                self.keep_alive |= lists(value, "keep-alive");
            }
            Known::Upgrade => self.websocket |= lists(value, "websocket"),
            Known::Other => {}
        }
        Ok(())
    }
}

impl Plan {
    pub(crate) fn examine(
        headers: &[httparse::Header<'_>],
        method: Method,
        http11: bool,
        authority: Option<&str>,
    ) -> Result<Self, Error> {
        let mut found = Found::default();
        for header in headers {
            found.add(header.name, header.value.trim_ascii())?;
        }
        if found.chunked && (found.length.is_some() || !http11) {
            return Err(Violation::Framing.into());
        }
        match (found.host, authority) {
            (None, _) if http11 => return Err(Violation::NoHost.into()),
            (Some(host), Some(authority)) if !host.eq_ignore_ascii_case(authority.as_bytes()) => {
                return Err(Violation::Host.into());
            }
            (None, Some(authority)) if !is_host(authority.as_bytes()) => {
                return Err(Violation::Host.into());
            }
            (None | Some(_), _) => {}
        }
        let framing = match found.length {
            _ if found.chunked => Framing::Chunked,
            None | Some(0) => Framing::None,
            Some(n) => Framing::Length(n),
        };
        Ok(Self {
            framing,
            keep_alive: !found.close && (http11 || found.keep_alive),
            http10: !http11,
            bodiless: method == Method::Head,
            expects: found.expects && http11 && framing != Framing::None,
            websocket: found.websocket,
        })
    }
}

/// One or more decimal digits and nothing else, below 2^64.
pub(crate) fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0u64, |n, &b| {
        let digit = b.is_ascii_digit().then(|| b.wrapping_sub(b'0'))?;
        n.checked_mul(10)?.checked_add(digit.into())
    })
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, decimal, of_length};

    #[test]
    fn names_are_found_by_their_length() {
        for (at, (name, ..)) in KNOWN.iter().enumerate() {
            assert!(of_length(name.len()).contains(&at), "{name}");
        }
        let all: usize = (0..64).map(|len| of_length(len).len()).sum();
        assert_eq!(all, KNOWN.len());
    }

    #[test]
    fn lengths() {
        assert_eq!(decimal(b"0"), Some(0));
        assert_eq!(decimal(b"007"), Some(7));
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        for bad in [
            "",
            "+5",
            "-1",
            " 5",
            "5 ",
            "5, 5",
            "0x5",
            "5.0",
            "18446744073709551616",
        ] {
            assert_eq!(decimal(bad.as_bytes()), None, "{bad}");
        }
    }
}
