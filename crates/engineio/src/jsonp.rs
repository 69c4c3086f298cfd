//! JSONP: a payload as the argument of a call in a script, and as a field of a form. What polling uses
//! by itself for a client that asks for it.

use crate::Error;
use alloc::{collections::VecDeque, format, vec::Vec};
use bytes::Bytes;
use core::cell::Cell;

/// A payload, valid UTF-8, as a script that gives it to callback `index`. What could end the script or
/// a line in it is escaped.
#[must_use]
pub fn script(index: u64, payload: &VecDeque<Bytes>) -> VecDeque<Bytes> {
    let len = payload
        .iter()
        .map(Bytes::len)
        .fold(32, usize::saturating_add);
    let mut out = Vec::with_capacity(len);
    out.extend_from_slice(format!("___eio[{index}](\"").as_bytes());
    let mut escaper = Escaper::default();
    for byte in payload.iter().flatten() {
        escaper.push(&mut out, *byte);
    }
    out.extend_from_slice(b"\");");
    VecDeque::from([Bytes::from(out)])
}

/// Escapes byte by byte; holds back what may begin a character that must be escaped.
#[derive(Default)]
struct Escaper {
    /// How many bytes of U+2028 or U+2029 (e2 80 a8, e2 80 a9) are written already.
    matched: usize,
    last: u8,
}

impl Escaper {
    fn push(&mut self, out: &mut Vec<u8>, byte: u8) {
        let escape: Option<&[u8]> = match byte {
            b'"' => Some(b"\\\""),
            b'\\' => Some(b"\\\\"),
            b'\n' => Some(b"\\n"),
            b'\r' => Some(b"\\r"),
            b'\t' => Some(b"\\t"),
            b'/' if self.last == b'<' => Some(b"\\/"),
            _ => None,
        };
        match (byte, self.matched) {
            (0xa8 | 0xa9, 2) => {
                out.truncate(out.len().saturating_sub(2));
                let digit = if byte == 0xa8 { b'8' } else { b'9' };
                out.extend_from_slice(&[b'\\', b'u', b'2', b'0', b'2', digit]);
            }
            _ => match escape {
                Some(escape) => out.extend_from_slice(escape),
                None if byte < 0x20 => {
                    out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                }
                None => out.push(byte),
            },
        }
        self.matched = match (byte, self.matched) {
            (0xe2, _) => 1,
            (0x80, 1) => 2,
            _ => 0,
        };
        self.last = byte;
    }
}

/// The payload of a form's field `d`, decoded in place. The sender writes a line feed as `\n` and a
/// `\` before an `n` twice, so that no browser changes line ends.
///
/// # Errors
/// [`Error::Form`] when there is not one field `d`.
pub fn decode_form(body: &mut [u8]) -> Result<&mut [u8], Error> {
    let mut fields = body
        .split_mut(|&b| b == b'&')
        .filter_map(|field| match field {
            [b'd', b'=', value @ ..] => Some(value),
            _ => None,
        });
    let value = fields.next().ok_or(Error::Form)?;
    if fields.next().is_some() {
        return Err(Error::Form);
    }
    let len = unescape_percent(value);
    let value = value.get_mut(..len).unwrap_or_default();
    let len = unescape_newlines(value);
    Ok(value.get_mut(..len).unwrap_or_default())
}

/// Writes over what is read already.
struct InPlace<'a> {
    cells: &'a [Cell<u8>],
    len: usize,
}

impl<'a> InPlace<'a> {
    fn new(bytes: &'a mut [u8]) -> Self {
        let cells = Cell::from_mut(bytes).as_slice_of_cells();
        Self { cells, len: 0 }
    }

    fn push(&mut self, byte: u8) {
        if let Some(cell) = self.cells.get(self.len) {
            cell.set(byte);
            self.len = self.len.saturating_add(1);
        }
    }

    fn replace_last(&mut self, byte: u8) {
        self.len = self.len.saturating_sub(1);
        self.push(byte);
    }
}

/// `+` is a space, `%xx` a byte; a `%` that starts no byte stays.
fn unescape_percent(bytes: &mut [u8]) -> usize {
    let mut out = InPlace::new(bytes);
    let mut rest = out.cells;
    while let [first, tail @ ..] = rest {
        rest = tail;
        let hex = |cell: &Cell<u8>| char::from(cell.get()).to_digit(16);
        let byte = match (first.get(), tail) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    u8::try_from(high << 4 | low).unwrap_or(b'%')
                }
                _ => b'%',
            },
            (byte, _) => byte,
        };
        out.push(byte);
    }
    out.len
}

/// `\n` is a line feed; where more `\` stand before the `n`, one goes.
fn unescape_newlines(bytes: &mut [u8]) -> usize {
    let mut out = InPlace::new(bytes);
    let mut slashes = 0_usize;
    for cell in out.cells {
        match (cell.get(), slashes) {
            (b'n', 1) => out.replace_last(b'\n'),
            (b'n', 2..) => out.replace_last(b'n'),
            (byte, _) => out.push(byte),
        }
        slashes = if cell.get() == b'\\' {
            slashes.saturating_add(1)
        } else {
            0
        };
    }
    out.len
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use proptest::{collection::vec, prelude::*};

    fn call(index: u64, payload: &str) -> String {
        let script = script(index, &VecDeque::from([Bytes::from(String::from(payload))]));
        String::from_utf8(script.into_iter().flatten().collect()).unwrap()
    }

    fn form(body: &str) -> Result<String, Error> {
        let mut body = body.as_bytes().to_vec();
        decode_form(&mut body).map(|value| String::from_utf8(value.to_vec()).unwrap())
    }

    #[test]
    fn a_script_holds_one_call_of_one_string() {
        for (payload, argument) in [
            ("4hello", "4hello"),
            ("2:4\"\\", r#"2:4\"\\"#),
            ("a\nb\r\t\u{1e}\u{8}", r"a\nb\r\t\u001e\u0008"),
            ("x\u{2028}\u{2029}y\u{202a}", "x\\u2028\\u2029y\u{202a}"),
            ("</script></<//", r"<\/script><\/<\//"),
            ("€é😀", "€é😀"),
        ] {
            assert_eq!(call(7, payload), format!("___eio[7](\"{argument}\");"));
        }
    }

    #[test]
    fn a_form_gives_the_field_back() {
        for (body, payload) in [
            ("d=4hello", Ok("4hello")),
            ("d=6%3A4he+l%6C", Ok("6:4he ll")),
            ("x=1&d=%E2%82%AC&y", Ok("€")),
            ("d=100%25%", Ok("100%%")),
            // A line feed; `\n` as the application wrote it; more of them.
            (r"d=a\nb", Ok("a\nb")),
            (r"d=a\\nb", Ok(r"a\nb")),
            (r"d=a%5C%5C%5Cnb\n\n", Ok("a\\\\nb\n\n")),
            (r"d=\\\t\", Ok(r"\\\t\")),
            ("d=", Ok("")),
            ("", Err(Error::Form)),
            ("e=1", Err(Error::Form)),
            ("d", Err(Error::Form)),
            ("d=1&d=2", Err(Error::Form)),
        ] {
            assert_eq!(form(body), payload.map(String::from), "{body}");
        }
    }

    /// What the reference's client does before it sends the form.
    fn escape(payload: &str) -> String {
        let payload = payload.replace("\\n", "\\\n").replace('\n', "\\n");
        let encoded: String = payload.bytes().map(|b| format!("%{b:02X}")).collect();
        format!("d={encoded}")
    }

    proptest! {
        /// But for a `\` before a line feed, which the client's escapes do not tell from `\n`.
        #[test]
        fn what_the_client_escapes_comes_back(payload in "([\\\\n\n]|.){0,30}") {
            prop_assume!(!payload.contains("\\\n"));
            prop_assert_eq!(form(&escape(&payload)), Ok(payload));
        }

        #[test]
        fn a_script_is_json_and_ascii_line_ends_are_gone(payload in "([\u{2028}\u{2029}</\"\\\\\n]|.){0,30}") {
            let script = call(0, &payload);
            let argument = script.strip_prefix("___eio[0](").unwrap().strip_suffix(");").unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(argument).unwrap(), payload);
            let bad = argument.contains(['\n', '\r', '\u{2028}', '\u{2029}']) || argument.contains("</");
            prop_assert!(!bad);
        }

        #[test]
        fn no_form_breaks_it(body in vec(prop_oneof![any::<u8>(), Just(b'd'), Just(b'='), Just(b'&'), Just(b'%'), Just(b'\\'), Just(b'n')], 0..60)) {
            let mut copy = body.clone();
            if let Ok(value) = decode_form(&mut copy) {
                prop_assert!(value.len() <= body.len());
            }
        }
    }
}
