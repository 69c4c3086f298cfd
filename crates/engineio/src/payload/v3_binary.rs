//! The binary payload of v3: a mark (0x00 text, 0x01 binary), the length in bytes as decimal digits,
//! 0xff, the packet; repeated.

use super::{Next, v3_text::number};
use crate::{Error, base64::Reading, packet::v3};
use alloc::borrow::Cow;

/// Ends the digits.
pub(super) const END: u8 = 0xff;

pub(super) fn next(rest: &mut [u8], base64: Reading) -> Next<'_> {
    let cut = match cut(rest) {
        Ok(cut) => cut,
        Err(error) => return Some((Err(error), None)),
    };
    let tail = (!cut.rest.is_empty()).then_some(cut.rest);
    let packet = if cut.text {
        v3::decode_in_place(cut.packet, base64)
    } else {
        v3::binary(Cow::Borrowed(cut.packet))
    };
    Some((packet, tail))
}

struct Cut<'b> {
    text: bool,
    packet: &'b mut [u8],
    rest: &'b mut [u8],
}

fn cut(bytes: &mut [u8]) -> Result<Cut<'_>, Error> {
    let (mark, bytes) = bytes.split_first_mut().ok_or(Error::EmptyPacket)?;
    let text = match *mark {
        0 => true,
        1 => false,
        _ => return Err(Error::Length),
    };
    let end = bytes.iter().position(|&b| b > 9).ok_or(Error::Length)?;
    let (digits, bytes) = bytes.split_at_mut(end);
    let len = number(digits.iter().copied())?;
    let (end, bytes) = bytes.split_first_mut().ok_or(Error::Length)?;
    if *end != END {
        return Err(Error::Length);
    }
    let (packet, rest) = bytes.split_at_mut_checked(len).ok_or(Error::Length)?;
    Ok(Cut { text, packet, rest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::{Coding, tests::texts};
    use alloc::{string::String, vec::Vec};

    #[test]
    fn reads_what_the_reference_writes() {
        let table: [(&[u8], &[&str]); 4] = [
            (&[1, 4, 255, 4, 1, 2, 3], &["b4AQID"]),
            (b"\x00\x06\xff4hello\x01\x01\xff\x04", &["4hello", "b4"]),
            // Ten bytes, and a text whose length counts bytes.
            (b"\x00\x01\x00\xff4\xe2\x82\xac\xe2\x82\xac\xf0\x9f", &[]),
            (b"\x00\x04\xff4\xe2\x82\xac\x00\x01\xff3", &["4€", "3"]),
        ];
        for (body, packets) in table {
            let want: Vec<_> = packets.iter().map(|p| Ok(String::from(*p))).collect();
            let mut got = texts(Coding::V3Binary, body);
            if packets.is_empty() {
                assert_eq!(got.pop(), Some(Err(Error::Length)));
            }
            assert_eq!(got, want);
        }
    }

    #[test]
    fn refuses_lengths_that_are_not_so() {
        let table: [(&[u8], Error); 11] = [
            (b"", Error::EmptyPacket),
            (&[0], Error::Length),
            (&[0, 1], Error::Length),
            (&[0, 255], Error::Length),
            (&[2, 1, 255, b'6'], Error::Length),
            (&[0, b'1', 255, b'6'], Error::Length),
            (&[0, 2, 255, b'6'], Error::Length),
            (&[0, 0, 255], Error::EmptyPacket),
            (&[1, 1, 255, 7], Error::UnknownPacket(7)),
            (&[0, 2, 255, b'4', 0xff], Error::Utf8),
            (
                &[
                    0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 255,
                ],
                Error::Length,
            ),
        ];
        for (body, error) in table {
            assert_eq!(texts(Coding::V3Binary, body), [Err(error)], "{body:?}");
        }
    }
}
