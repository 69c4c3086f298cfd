//! How a capture is written: hex, base64, text, or the bytes themselves. Nothing here knows what they mean.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::ValueEnum;
use std::fmt;

/// How a capture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Guess.
    Auto,
    /// Pairs of hexadecimal digits; spaces, colons, commas and "0x" between them do not matter.
    Hex,
    /// Base64, with its padding.
    Base64,
    /// The text itself; a newline at the end does not belong to it. `\x1e` is the separator of payloads.
    Text,
    /// The bytes themselves, all of them.
    Raw,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "anything",
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Text => "text",
            Self::Raw => "raw bytes",
        })
    }
}

/// What of the capture is not as its form wants it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FormError {
    /// Neither a hexadecimal digit nor something that may stand between two.
    Hex(char),
    /// A digit has no partner.
    HalfByte,
    Base64(base64::DecodeError),
    NotText,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hex(c) => write!(f, "{c:?} is no hexadecimal digit"),
            Self::HalfByte => f.write_str("the last hexadecimal digit has no partner"),
            Self::Base64(error) => write!(f, "no base64: {error}"),
            Self::NotText => f.write_str("this is not UTF-8, so not text (try --form raw)"),
        }
    }
}

/// The bytes of a capture.
#[derive(Debug)]
pub(crate) struct Captured {
    pub(crate) bytes: Vec<u8>,
    /// The form, where it had to be guessed.
    pub(crate) guessed: Option<Form>,
}

impl Captured {
    pub(crate) fn read(bytes: Vec<u8>, form: Form) -> Result<Self, FormError> {
        let guessed = (form == Form::Auto).then(|| guess(&bytes));
        let bytes = match guessed.unwrap_or(form) {
            Form::Raw | Form::Auto => bytes,
            Form::Hex => hex(text(&bytes)?)?,
            Form::Base64 => {
                let text: String = text(&bytes)?.split_whitespace().collect();
                STANDARD.decode(text).map_err(FormError::Base64)?
            }
            Form::Text => unescaped(text(&bytes)?),
        };
        Ok(Self { bytes, guessed })
    }
}

/// Hex and base64 are told by their letters alone; what could be a short packet of digits is text.
fn guess(bytes: &[u8]) -> Form {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Form::Raw;
    };
    let text = text.trim_end();
    let apart = |c: char| c.is_whitespace() || matches!(c, ':' | ',' | 'x');
    match hex(text) {
        Ok(bytes) if bytes.len() > 2 || text.contains(apart) => return Form::Hex,
        Ok(_) | Err(_) => {}
    }
    let is_packet = text.starts_with(|c: char| c.is_ascii_digit()) || text.starts_with("b4");
    if !is_packet && text.len() >= 4 && STANDARD.decode(text).is_ok() {
        return Form::Base64;
    }
    Form::Text
}

fn text(bytes: &[u8]) -> Result<&str, FormError> {
    std::str::from_utf8(bytes).map_err(|_| FormError::NotText)
}

/// The text without the newline that a shell puts behind it, `\x1e` being the separator.
fn unescaped(text: &str) -> Vec<u8> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    text.replace("\\x1e", "\x1e")
        .replace('\u{241e}', "\x1e")
        .into_bytes()
}

fn hex(text: &str) -> Result<Vec<u8>, FormError> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut half = None;
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | ';'));
    for word in words {
        let word = word.strip_prefix("0x").unwrap_or(word);
        for c in word.chars() {
            let digit = c.to_digit(16).ok_or(FormError::Hex(c))? as u8;
            half = match half {
                None => Some(digit),
                Some(high) => {
                    bytes.push(high << 4 | digit);
                    None
                }
            };
        }
    }
    match half {
        None => Ok(bytes),
        Some(_) => Err(FormError::HalfByte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_guessed() {
        for (text, form) in [
            ("81 05 48", Form::Hex),
            ("0x81,0x05,0x48", Form::Hex),
            ("810548656c6c6f", Form::Hex),
            ("88 00", Form::Hex),
            ("0x88", Form::Hex),
            ("40", Form::Text),
            ("2probe", Form::Text),
            ("42[\"a\"]", Form::Text),
            ("b4AQID", Form::Text),
            ("gQVIZWxsbw==", Form::Base64),
            ("hello", Form::Text),
        ] {
            assert_eq!(guess(text.as_bytes()), form, "{text}");
        }
        assert_eq!(guess(&[0x81, 0x80]), Form::Raw);
    }

    #[test]
    fn bytes_are_read() {
        let read =
            |text: &str, form| Captured::read(text.as_bytes().to_vec(), form).map(|c| c.bytes);
        assert_eq!(read("81:05 0xfF", Form::Hex), Ok(vec![0x81, 5, 0xff]));
        assert_eq!(read("8", Form::Hex), Err(FormError::HalfByte));
        assert_eq!(read("8g", Form::Hex), Err(FormError::Hex('g')));
        assert_eq!(read("AQID\n", Form::Base64), Ok(vec![1, 2, 3]));
        assert!(read("A", Form::Base64).is_err());
        assert_eq!(read("2\\x1e3\n", Form::Text), Ok(b"2\x1e3".to_vec()));
        assert_eq!(
            Captured::read(vec![0xff], Form::Text).map(|c| c.bytes),
            Err(FormError::NotText)
        );
    }
}
