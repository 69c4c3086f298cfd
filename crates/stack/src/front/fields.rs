//! Header lines that an application or an option adds to an answer, checked when they are put.

use alloc::{borrow::Cow, vec::Vec};
use core::fmt;

type Text = Cow<'static, str>;

/// Header lines of an answer, in order. Each is checked when it is put, so that none can end the line it
/// stands in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(Text, Text)>);

/// Why a header was not put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidField {
    /// The name is no token (RFC 9110 §5.6.2).
    Name,
    /// The value holds a control character.
    Value,
    /// The header says how the answer is framed or switched, which is not the application's to say.
    Reserved,
}

impl fmt::Display for InvalidField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the name of a header is not a token",
            Self::Value => "the value of a header holds a control character",
            Self::Reserved => "the header belongs to the server",
        })
    }
}

impl core::error::Error for InvalidField {}

/// What the server writes itself.
const RESERVED: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
    "transfer-encoding",
    "upgrade",
];

impl Fields {
    /// Adds a header beside those of the same name.
    ///
    /// # Errors
    /// What is wrong with it; nothing was added.
    pub fn append(
        &mut self,
        name: impl Into<Text>,
        value: impl Into<Text>,
    ) -> Result<(), InvalidField> {
        let (name, value) = (name.into(), value.into());
        if !is_token(&name) {
            return Err(InvalidField::Name);
        }
        if !is_value(&value) {
            return Err(InvalidField::Value);
        }
        if RESERVED.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            return Err(InvalidField::Reserved);
        }
        self.0.push((name, value));
        Ok(())
    }

    /// Puts a header in the place of those of the same name, the server's own included.
    ///
    /// # Errors
    /// What is wrong with it; nothing was changed.
    pub fn set(
        &mut self,
        name: impl Into<Text>,
        value: impl Into<Text>,
    ) -> Result<(), InvalidField> {
        self.append(name, value)?;
        if let Some((name, value)) = self.0.pop() {
            self.remove(&name);
            self.0.push((name, value));
        }
        Ok(())
    }

    /// Takes all headers of this name out.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// The headers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// Adds what options, checked before, have made.
    pub(super) fn own(&mut self, name: &'static str, value: impl Into<Text>) {
        self.0.push((Cow::Borrowed(name), value.into()));
    }

    pub(super) fn into_lines(self) -> Vec<(Text, Text)> {
        self.0
    }
}

pub(super) fn is_token(name: &str) -> bool {
    let is_tchar = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(is_tchar)
}

pub(super) fn is_value(value: &str) -> bool {
    value.bytes().all(|b| b == b'\t' || !b.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_checked() {
        let mut fields = Fields::default();
        for (name, value, expected) in [
            ("X-A", "1", Ok(())),
            ("", "1", Err(InvalidField::Name)),
            ("X A", "1", Err(InvalidField::Name)),
            ("X-A:", "1", Err(InvalidField::Name)),
            ("X-A\r\nX-B", "1", Err(InvalidField::Name)),
            ("X-A", "1\r\nX-B: 2", Err(InvalidField::Value)),
            ("X-A", "1\0", Err(InvalidField::Value)),
            ("Content-Length", "1", Err(InvalidField::Reserved)),
            ("transfer-encoding", "chunked", Err(InvalidField::Reserved)),
        ] {
            assert_eq!(fields.append(name, value), expected, "{name}: {value}");
            assert_eq!(fields.set(name, value), expected, "{name}: {value}");
        }
        fields.append("x-a", "2").unwrap();
        assert_eq!(fields.iter().count(), 2);
        fields.set("X-a", "3").unwrap();
        assert_eq!(fields.iter().collect::<Vec<_>>(), [("X-a", "3")]);
        fields.remove("x-A");
        assert!(!fields.has("X-A"));
    }
}
