//! Whatever is sent: no panic, the same result for every cutting, and an end.
mod common;

use common::Caller;
use proptest::prelude::*;
use siox_http1::{Limits, ResponseReader};
use siox_wire::Input;
use std::sync::Arc;

/// Pieces of requests, whole and broken, that make interesting streams when strung together.
const WORDS: &[&str] = &[
    "GET / HTTP/1.1\r\n",
    "GET /park HTTP/1.1\r\n",
    "POST /p?q HTTP/1.1\r\n",
    "HEAD /refuse HTTP/1.0\r\n",
    "GET http://h/ws HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "GET / HTTP/2.0\r\n",
    "Host: h\r\n",
    "Host: h\r\n",
    "Host: h\r\n\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Upgrade: websocket\r\n",
    "Content-Length: 3\r\n",
    "Content-Length: 3\r\n\r\nabc",
    "Content-Length: 100\r\n",
    "Content-Length: 99999999\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\n\r\n",
    "Expect: 100-continue\r\n",
    "3\r\nabc\r\n",
    "a;x=y\r\n0123456789\r\n",
    "0\r\n\r\n",
    "0\r\nT: u\r\n\r\n",
    "\r\n",
    "\r\n",
    "\r\n\r\n",
    "\r",
    "\n",
    ":",
    " ",
    "\t",
    "\0",
    "é",
    "A: b\r\n",
    "A : b\r\n",
    "A: b\r\n c\r\n",
    "fffffffffffffffff\r\n",
];

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let words = proptest::collection::vec(proptest::sample::select(WORDS), 0..16);
    let noise = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (words, noise).prop_map(|(words, noise)| {
        let mut bytes = words.concat().into_bytes();
        for (at, b) in noise {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = b;
            }
        }
        bytes
    })
}

fn limits() -> Limits {
    Limits {
        head: 200,
        headers: 6,
        extensions: 8,
        pipelined: 120,
        drain: 64,
        ..Limits::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_cutting_of_a_strange_dialogue_agrees(bytes in stream()) {
        siox_testkit::split::oracle(&bytes, |pieces| Caller::new(limits()).run(pieces));
    }

    #[test]
    fn a_changed_head_never_panics(at in 0usize..90, with in proptest::collection::vec(any::<u8>(), 0..4), cut in 0usize..3) {
        let mut bytes = b"POST /p?q=1 HTTP/1.1\r\nHost: h:80\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc".to_vec();
        let at = at.min(bytes.len());
        bytes.splice(at..(at + cut).min(bytes.len()), with);
        siox_testkit::split::oracle(&bytes, |pieces| Caller::new(Limits::default()).run(pieces));
    }

    #[test]
    fn any_bytes_at_all(bytes in proptest::collection::vec(any::<u8>(), 0..300), piece in 1usize..50) {
        let pieces: Vec<_> = bytes.chunks(piece).collect();
        Caller::new(limits()).run(&pieces);
        let mut reader = ResponseReader::new(Arc::new(limits()));
        for piece in pieces {
            let mut piece = piece.to_vec();
            let _ = reader.handle_input(&mut Input::new(common::NOW, &mut piece));
        }
    }
}
