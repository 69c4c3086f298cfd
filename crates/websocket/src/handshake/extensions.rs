//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 §9.1). What the extensions mean is not known
//! here.

use super::syntax::{BadSyntax, is_token, is_token_byte, token};
use alloc::{borrow::Cow, string::String, vec::Vec};

/// One extension that is offered or agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Its name, a token.
    pub name: &'a str,
    /// Its parameters in order, repeated ones included.
    pub params: Vec<Param<'a>>,
}

/// One parameter of an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param<'a> {
    /// Its name, a token.
    pub name: &'a str,
    /// Its value, a token, unquoted.
    pub value: Option<Cow<'a, str>>,
}

/// Reads one header value, in one pass. Empty members of the list are skipped (RFC 9110 §5.6.1).
///
/// # Errors
/// [`BadSyntax`] at the first byte that does not follow the grammar.
pub fn parse(value: &[u8]) -> Result<Vec<Extension<'_>>, BadSyntax> {
    let mut cursor = Cursor { rest: value };
    let mut extensions = Vec::new();
    loop {
        cursor.skip_blanks();
        if cursor.eat(b',') {
            continue;
        }
        if cursor.rest.is_empty() {
            return Ok(extensions);
        }
        extensions.push(cursor.extension()?);
        if !cursor.rest.is_empty() && !cursor.eat(b',') {
            return Err(BadSyntax);
        }
    }
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn skip_blanks(&mut self) {
        while let [b' ' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        match self.rest {
            [first, rest @ ..] if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn token(&mut self) -> Result<&'a str, BadSyntax> {
        let end = self.rest.iter().position(|&b| !is_token_byte(b));
        let (head, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        token(head).ok_or(BadSyntax)
    }

    fn extension(&mut self) -> Result<Extension<'a>, BadSyntax> {
        let name = self.token()?;
        let mut params = Vec::new();
        self.skip_blanks();
        while self.eat(b';') {
            self.skip_blanks();
            params.push(self.param()?);
            self.skip_blanks();
        }
        Ok(Extension { name, params })
    }

    fn param(&mut self) -> Result<Param<'a>, BadSyntax> {
        let name = self.token()?;
        self.skip_blanks();
        if !self.eat(b'=') {
            return Ok(Param { name, value: None });
        }
        self.skip_blanks();
        let value = match self.eat(b'"') {
            true => self.quoted()?,
            false => Cow::Borrowed(self.token()?),
        };
        Ok(Param {
            name,
            value: Some(value),
        })
    }

    /// What is left of a quoted string; unescaped, it must be a token.
    fn quoted(&mut self) -> Result<Cow<'a, str>, BadSyntax> {
        let mut value = String::new();
        loop {
            let (byte, rest) = match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    break;
                }
                [b'\\', byte, rest @ ..] | [byte, rest @ ..] => (*byte, rest),
                [] => return Err(BadSyntax),
            };
            value.push(char::from(byte));
            self.rest = rest;
        }
        match is_token(value.as_bytes()) {
            true => Ok(Cow::Owned(value)),
            false => Err(BadSyntax),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name;param=value` for each, joined by `|`.
    fn show(value: &str) -> Result<String, BadSyntax> {
        let extensions = parse(value.as_bytes())?;
        let shown = extensions.iter().map(|e| {
            e.params.iter().fold(String::from(e.name), |mut s, p| {
                s.push(';');
                s.push_str(p.name);
                if let Some(value) = &p.value {
                    s.push('=');
                    s.push_str(value);
                }
                s
            })
        });
        Ok(shown.collect::<Vec<_>>().join("|"))
    }

    #[test]
    fn the_grammar() {
        let table: [(&str, Option<&str>); 21] = [
            ("", Some("")),
            (" , ,", Some("")),
            ("a", Some("a")),
            ("a,b", Some("a|b")),
            (" a ; x , b ", Some("a;x|b")),
            (
                "permessage-deflate; client_max_window_bits; server_max_window_bits=10",
                Some("permessage-deflate;client_max_window_bits;server_max_window_bits=10"),
            ),
            ("a; x=\"10\"", Some("a;x=10")),
            ("a; x=\"1\\0\"", Some("a;x=10")),
            ("a; x = 1", Some("a;x=1")),
            ("a; x; x=1; x", Some("a;x;x=1;x")),
            ("__proto__; constructor", Some("__proto__;constructor")),
            ("a;", None),
            (";a", None),
            ("a b", None),
            ("a; x=", None),
            ("a; =1", None),
            ("a; x=\"", None),
            ("a; x=\"\"", None),
            ("a; x=\"1 2\"", None),
            ("a; x=\"1\"2", None),
            ("a; x=\"1\\", None),
        ];
        for (value, expected) in table {
            assert_eq!(show(value).ok().as_deref(), expected, "{value:?}");
        }
        assert_eq!(parse(b"a\0"), Err(BadSyntax));
        assert_eq!(parse("é".as_bytes()), Err(BadSyntax));
    }
}
