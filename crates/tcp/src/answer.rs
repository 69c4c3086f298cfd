//! What a server answers to our handshake: bytes in, and whether there is a WebSocket out.

use crate::{Error, Rejection, clock};
use siox_http1::{ResponseHead, ResponseReader};
use siox_websocket::handshake::client::{Agreed, Handshake, HandshakeError};
use siox_wire::Input;
use std::{io, sync::Arc};

/// What the server agreed to, and what it sent behind its answer.
pub(super) type Opened = (Agreed, Vec<u8>);

/// Reads the answer to a handshake.
pub(super) struct Answer {
    reader: ResponseReader,
    handshake: Handshake,
    /// A status other than 101; the beginning of its body is still to come.
    rejection: Option<Rejection>,
}

impl Answer {
    pub(super) fn new(handshake: Handshake) -> Self {
        Self {
            reader: ResponseReader::new(Arc::default()),
            handshake,
            rejection: None,
        }
    }

    /// The next bytes; none at the end of the stream.
    pub(super) fn handle_input(&mut self, bytes: &mut [u8]) -> Result<Option<Opened>, Error> {
        if self.rejection.is_some() {
            return self.body(bytes, bytes.is_empty());
        }
        if bytes.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let mut input = Input::new(clock::now(), bytes);
        let Some(head) = self
            .reader
            .handle_input(&mut input)
            .map_err(Error::Http)?
            .map(ResponseHead::into_owned)
        else {
            return Ok(None);
        };
        if !head.http11() {
            return Err(Error::Handshake(HandshakeError::Head));
        }
        match self.handshake.check(head.status(), head.headers()) {
            Ok(agreed) => Ok(Some((agreed, input.take_all().to_vec()))),
            Err(HandshakeError::Status(status)) => {
                self.rejection = Some(Rejection {
                    status,
                    headers: head
                        .headers()
                        .map(|(name, value)| (name.to_owned(), value.to_vec()))
                        .collect(),
                    body: Vec::new(),
                });
                self.body(input.take_all(), false)
            }
            Err(e) => Err(Error::Handshake(e)),
        }
    }

    fn body(&mut self, bytes: &[u8], is_end: bool) -> Result<Option<Opened>, Error> {
        let Some(rejection) = &mut self.rejection else {
            return Ok(None);
        };
        let most = wanted(rejection);
        let room = most.saturating_sub(rejection.body.len());
        rejection
            .body
            .extend_from_slice(&bytes[..room.min(bytes.len())]);
        match is_end || rejection.body.len() >= most {
            true => Err(self.give_up()),
            false => Ok(None),
        }
    }

    /// What is known when the time is over: a refusal whose body has not come is still one.
    pub(super) fn give_up(&mut self) -> Error {
        match self.rejection.take() {
            Some(rejection) => Error::Rejected(Box::new(rejection)),
            None => Error::Timeout,
        }
    }
}

/// How much of the body is waited for.
fn wanted(rejection: &Rejection) -> usize {
    if matches!(rejection.status, 204 | 304) {
        return 0; // never with a body (RFC 9112 §6.3)
    }
    let length = rejection
        .header("content-length")
        .and_then(|value| std::str::from_utf8(value).ok())
        .and_then(|value| value.parse().ok());
    length.map_or(Rejection::BODY, |length: usize| length.min(Rejection::BODY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_websocket::handshake::client::Request;

    fn answer(pieces: &[&str]) -> Result<Option<Opened>, Error> {
        let (_, handshake) = Request::new("localhost", "/").build([0; 16]).unwrap();
        let mut answer = Answer::new(handshake);
        for piece in pieces {
            match answer.handle_input(&mut piece.as_bytes().to_vec()) {
                Ok(None) => {}
                done => return done,
            }
        }
        Ok(None)
    }

    fn rejection(pieces: &[&str]) -> Rejection {
        match answer(pieces) {
            Err(Error::Rejected(rejection)) => *rejection,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_body_is_read_to_its_length_or_the_end_or_the_limit() {
        let with_length = rejection(&[
            "HTTP/1.1 403 Forbidden\r\nContent-Le",
            "ngth: 4\r\n\r\nno",
            "! behind",
        ]);
        assert_eq!(
            (with_length.status, &with_length.body[..]),
            (403, &b"no! "[..])
        );
        assert_eq!(with_length.header("CONTENT-LENGTH"), Some(&b"4"[..]));
        let to_the_end = rejection(&["HTTP/1.1 500 X\r\n\r\n", "abc", ""]);
        assert_eq!(to_the_end.body, b"abc");
        let long = "x".repeat(Rejection::BODY + 1);
        assert_eq!(
            rejection(&["HTTP/1.1 500 X\r\n\r\n", &long]).body.len(),
            Rejection::BODY
        );
        assert_eq!(rejection(&["HTTP/1.1 204 X\r\n\r\n"]).body, b"");
    }

    #[test]
    fn answers_that_are_none() {
        assert!(matches!(answer(&["HTTP/1.1 1"]), Ok(None)));
        assert!(matches!(answer(&["HTTP/1.1 1", ""]), Err(Error::Io(_))));
        assert!(matches!(
            answer(&["SSH-2.0-x\r\n\r\n"]),
            Err(Error::Http(_))
        ));
        let old = answer(&["HTTP/1.0 101 X\r\n\r\n"]);
        assert!(
            matches!(old, Err(Error::Handshake(HandshakeError::Head))),
            "{old:?}"
        );
        let other = answer(&["HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"]);
        assert!(
            matches!(other, Err(Error::Handshake(HandshakeError::Upgrade))),
            "{other:?}"
        );
    }
}
