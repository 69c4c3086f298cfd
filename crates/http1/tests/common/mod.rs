//! A caller of the machine: drives one connection over given pieces and writes down all it sees.
#![allow(dead_code, reason = "each test file uses a part of it")]

use bytes::Bytes;
use siox_http1::{Connection, Error, Event, Head, Limits, Refused, Response};
use siox_wire::{Input, Instant};
use std::sync::Arc;

/// Where `now` stands unless a test moves it.
pub(crate) const NOW: Instant = Instant::EPOCH;

/// The point `ms` milliseconds after [`NOW`].
pub(crate) fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

/// A fresh connection.
pub(crate) fn server(limits: Limits) -> Connection {
    Connection::server(NOW, Arc::new(limits))
}

/// All that was seen of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Log {
    /// One line for each event.
    pub events: Vec<String>,
    /// What was written to the peer, a character for each byte.
    pub output: String,
    /// What ended it, if an error did.
    pub error: Option<Error>,
    /// Bytes that belong to the next protocol.
    pub leftover: Option<Vec<u8>>,
}

/// One head in one line.
pub(crate) fn describe(head: &Head<'_>) -> String {
    let headers: Vec<_> = head
        .headers()
        .map(|(n, v)| format!("{n}={}", v.escape_ascii()))
        .collect();
    format!(
        "{:?} {} {} ?{} 1.{} keep={} body={} [{}]",
        head.method(),
        head.target(),
        head.path(),
        head.query(),
        u8::from(head.http11()),
        head.keep_alive(),
        head.has_body(),
        headers.join(" ")
    )
}

/// The caller. Paths decide what it does: `/park...` is answered only once all input has come,
/// `/ws...` is upgraded then, `/refuse...` gets 413 without its body; bodies are collected up to
/// `collect` bytes; all else is answered at once with the path and the body.
pub(crate) struct Caller {
    connection: Connection,
    collect: usize,
    path: String,
    waits: bool,
    log: Log,
}

impl Caller {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            connection: server(limits),
            collect: 64,
            path: String::new(),
            waits: false,
            log: Log::default(),
        }
    }

    /// Feeds all pieces, answers what waits, and ends the stream.
    pub(crate) fn run(mut self, pieces: &[&[u8]]) -> Log {
        for piece in pieces {
            self.feed(piece);
        }
        while std::mem::take(&mut self.waits) {
            if self.path.starts_with("/ws") {
                let headers = [("Upgrade", "websocket")];
                match self.connection.upgrade(&headers) {
                    Ok(held) => {
                        self.log.leftover.get_or_insert_default().splice(0..0, held);
                        self.write();
                        assert!(self.connection.is_finished());
                        return self.log;
                    }
                    Err(refused) => assert_eq!(refused, Refused::HasBody),
                }
            }
            self.answer(200, b"late");
            self.feed(b"");
        }
        let end = self.connection.handle_eof(NOW);
        self.log.error = self.log.error.or(end.err());
        self.write();
        assert!(self.connection.is_finished(), "{:?}", self.connection);
        assert_eq!(self.connection.heap(), 0);
        self.log
    }

    fn feed(&mut self, piece: &[u8]) {
        let mut bytes = piece.to_vec();
        let mut input = Input::new(NOW, &mut bytes);
        loop {
            match self.connection.handle_input(&mut input) {
                Ok(Some(event)) => self.event(event),
                Ok(None) => break,
                Err(error) => {
                    assert!(self.log.error.is_none_or(|e| e == error), "errors stay");
                    self.log.error = Some(error);
                    self.waits = false;
                    break;
                }
            }
        }
        assert!(input.is_empty(), "all input is eaten");
        self.write();
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Request(head) => {
                self.log.events.push(describe(&head));
                self.path = head.path().to_owned();
                if self.path.starts_with("/refuse") {
                    self.answer(413, b"");
                } else if self.path.starts_with("/park") || self.path.starts_with("/ws") {
                    self.waits = true;
                } else if head.has_body() {
                    match self.connection.collect(NOW, self.collect) {
                        Ok(()) => {}
                        Err(Refused::TooLarge { limit }) => {
                            self.log.events.push(format!("declared > {limit}"));
                            self.answer(413, b"");
                        }
                        Err(other) => panic!("{other}"),
                    }
                } else {
                    self.answer(200, b"");
                }
            }
            Event::Body(body) => {
                let body = body.into_vec();
                self.log
                    .events
                    .push(format!("body {}", body.escape_ascii()));
                self.answer(200, &body);
            }
            Event::TooLarge { limit } => {
                self.log.events.push(format!("streamed > {limit}"));
                self.answer(413, b"");
            }
        }
    }

    fn answer(&mut self, status: u16, body: &[u8]) {
        let body = [Bytes::from(self.path.clone()), Bytes::copy_from_slice(body)];
        let response = Response {
            status,
            headers: &[("X", "y")],
            body: &body,
        };
        self.connection.respond(NOW, &response).expect("respond");
    }

    fn write(&mut self) {
        let wire = self.connection.poll_transmit().collect::<Vec<_>>().concat();
        self.connection.handle_written(NOW, wire.len());
        assert_eq!(self.connection.queued(), 0);
        self.log.output.extend(wire.into_iter().map(char::from));
    }
}

/// Runs a dialogue over every cutting and gives what all of them saw.
pub(crate) fn dialogue(input: &[u8], limits: &Limits) -> Log {
    siox_testkit::split::oracle(input, |pieces| Caller::new(limits.clone()).run(pieces))
}

/// Demands that `input` is refused with `error`, in every cutting, and that the peer hears of it: one
/// answer with its status, which closes.
pub(crate) fn refused(input: &[u8], limits: &Limits, error: Error) {
    let log = dialogue(input, limits);
    let shown = input.escape_ascii();
    assert_eq!(log.error, Some(error), "{shown}\n{log:?}");
    assert_eq!(log.events, Vec::<String>::new(), "{shown}");
    let status = error.status().expect("a status");
    assert!(
        log.output.starts_with(&format!("HTTP/1.1 {status} ")),
        "{}",
        log.output
    );
    assert!(
        log.output.contains("\r\nConnection: close\r\n"),
        "{}",
        log.output
    );
    assert!(log.output.ends_with(&error.to_string()), "{}", log.output);
}
