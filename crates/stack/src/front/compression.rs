//! Compressed answers to polls (RFC 9110 §8.4.1): which coding, and the coding itself.

extern crate std;

use super::{Fields, cors::vary};
use alloc::{collections::VecDeque, vec::Vec};
use bytes::Bytes;
use flate2::{
    Compression as Level,
    write::{GzEncoder, ZlibEncoder},
};
use siox_engineio::Response;
use std::io::Write;

/// How the answers to polls are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    /// From how many bytes on. Default: 1024.
    pub threshold: usize,
    /// How hard, 0 to 9. Default: 6.
    pub level: u8,
}

impl Default for Compression {
    fn default() -> Self {
        Self {
            threshold: 1024,
            level: 6,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    fn encode(self, body: &VecDeque<Bytes>, level: Level) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                body.iter().try_for_each(|piece| encoder.write_all(piece))?;
                encoder.finish()
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                body.iter().try_for_each(|piece| encoder.write_all(piece))?;
                encoder.finish()
            }
        }
    }
}

/// What the client of one request takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen {
    coding: Coding,
    compression: Compression,
}

impl Compression {
    /// The coding that a client likes best; gzip where it likes both alike.
    pub(super) fn choose<'a>(self, accepted: impl Iterator<Item = &'a [u8]>) -> Option<Chosen> {
        let (mut gzip, mut deflate, mut other) = (None, None, None);
        for member in accepted.flat_map(|value| value.split(|&b| b == b',')) {
            let mut parts = member.split(|&b| b == b';').map(<[u8]>::trim_ascii);
            let name = parts.next().unwrap_or_default();
            let weight = parts.find_map(weight).unwrap_or(1000);
            let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
            if is("gzip") || is("x-gzip") {
                gzip = Some(weight);
            } else if is("deflate") {
                deflate = Some(weight);
            } else if is("*") {
                other = Some(weight);
            }
        }
        let of = |weight: Option<u16>| weight.or(other).unwrap_or(0);
        let coding = match (of(gzip), of(deflate)) {
            (0, 0) => return None,
            (gzip, deflate) if gzip >= deflate => Coding::Gzip,
            _ => Coding::Deflate,
        };
        Some(Chosen {
            coding,
            compression: self,
        })
    }
}

/// Whether a client takes gzip, and likes nothing better.
pub(super) fn takes_gzip<'a>(accepted: impl Iterator<Item = &'a [u8]>) -> bool {
    let chosen = Compression::default().choose(accepted);
    chosen.is_some_and(|chosen| chosen.coding == Coding::Gzip)
}

/// Compresses what is sent many times, as hard as may be.
pub(super) fn gzip(content: &Bytes) -> Option<Vec<u8>> {
    let content = VecDeque::from([content.clone()]);
    // Writing to memory does not fail.
    Coding::Gzip.encode(&content, Level::best()).ok()
}

/// A parameter `q`, in thousandths (RFC 9110 §12.4.2). One that is malformed counts as refusal.
fn weight(parameter: &[u8]) -> Option<u16> {
    let (b'q' | b'Q', rest) = parameter.split_first()? else {
        return None;
    };
    let value = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii();
    let (whole, digits) = match value {
        [whole, b'.', digits @ ..] => (whole, digits),
        [whole] => (whole, &[][..]),
        _ => return Some(0),
    };
    if digits.len() > 3 || !digits.iter().all(u8::is_ascii_digit) {
        return Some(0);
    }
    let digit = |at: usize| digits.get(at).map_or(0, |b| u16::from(b & 0x0f));
    let part = digit(0)
        .saturating_mul(100)
        .saturating_add(digit(1).saturating_mul(10))
        .saturating_add(digit(2));
    Some(match whole {
        b'0' => part,
        b'1' if part == 0 => 1000,
        _ => 0,
    })
}

/// Compresses a body that is long enough, if it becomes shorter. Returns the coding's name.
pub(super) fn apply(
    chosen: Option<Chosen>,
    response: &mut Response,
    fields: &mut Fields,
) -> Option<&'static str> {
    let Chosen {
        coding,
        compression,
    } = chosen?;
    let plain = response.content_length();
    if response.status != 200 || !response.compress || plain < compression.threshold.max(1) {
        return None;
    }
    vary(fields, "Accept-Encoding");
    let level = Level::new(u32::from(compression.level.min(9)));
    // Writing to memory does not fail; and what does not shrink is sent as it is.
    let body = coding.encode(&response.body, level).ok()?;
    if body.len() >= plain {
        return None;
    }
    response.body = VecDeque::from([Bytes::from(body)]);
    Some(coding.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_chooses() {
        for (accepted, expected) in [
            (&[][..], None),
            (&["gzip"], Some(Coding::Gzip)),
            (&["deflate, gzip, br"], Some(Coding::Gzip)),
            (&["deflate", "GZIP"], Some(Coding::Gzip)),
            (&["gzip;q=0.5, deflate;q=0.8"], Some(Coding::Deflate)),
            (&["gzip;q=0, deflate"], Some(Coding::Deflate)),
            (&["*"], Some(Coding::Gzip)),
            (&["gzip;q=0, *"], Some(Coding::Deflate)),
            (&["*;q=0"], None),
            (&["identity"], None),
            (&["gzip; q = 0.001"], Some(Coding::Gzip)),
            (&["gzip;q=1.5"], None),
            (&["gzip;q=0.0001, deflate;q=x"], None),
            (&[""], None),
        ] {
            let values = accepted.iter().map(|value| value.as_bytes());
            let chosen = Compression::default().choose(values);
            assert_eq!(chosen.map(|c| c.coding), expected, "{accepted:?}");
        }
    }
}
