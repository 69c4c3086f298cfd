//! Requests: those that name no session, the wrong one, or come at the wrong time; and their bodies.

use crate::common::{
    Answer, Peer, answer, bad_request, calm, ms, ok, quick, sid, unknown_sid, wire::PLAIN_POLL,
};
use siox_engineio::{Decision, ErrorCode, Handshake, Method, Request, Transport};
use siox_http1 as http1;
use siox_stack::{Machine, Route, Sids};
use siox_testkit::alloc::{CountingAllocator, allowance, measure};
use siox_wire::{Input, Instant};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// A server with one session, and the way that every request takes.
struct Server {
    sids: Sids<()>,
    peer: Peer,
}

impl Server {
    fn new(peer: Peer) -> Self {
        let mut sids = Sids::default();
        sids.insert(sid(), ()).unwrap();
        Self { sids, peer }
    }

    fn request(&mut self, request: &Request<'_>) -> Result<Decision, Handshake> {
        match self.sids.route(calm().engine(), request) {
            Route::Refuse(response) => Ok(Decision::Answer(response)),
            Route::Open(handshake) => Err(handshake),
            Route::Session(()) => Ok(self.peer.session.handle_request(self.peer.now, request)),
        }
    }

    fn refusal(&mut self, request: &Request<'_>) -> Answer {
        match self.request(request) {
            Ok(Decision::Answer(response)) => answer(&response),
            other => panic!("{} is not refused: {other:?}", request.query),
        }
    }
}

fn code(code: ErrorCode) -> Answer {
    let n = code as u8;
    let message = code.message();
    let body = format!(r#"{{"code":{n},"message":"{message}"}}"#);
    (code.status(), body)
}

const NEW: &str = "EIO=4&transport=polling";

#[test]
fn requests_that_reach_no_session() {
    let long = format!("{NEW}&sid={}", "a".repeat(1 << 20));
    let table: [(&str, ErrorCode); 21] = [
        ("", ErrorCode::TransportUnknown),
        ("EIO=4", ErrorCode::TransportUnknown),
        ("EIO=4&transport=", ErrorCode::TransportUnknown),
        ("EIO=4&transport=tcp", ErrorCode::TransportUnknown),
        ("EIO=4&transport=__proto__", ErrorCode::TransportUnknown),
        (
            "EIO=4&transport=polling&transport=polling",
            ErrorCode::TransportUnknown,
        ),
        ("EIO=4&transport=polling%00", ErrorCode::TransportUnknown),
        ("EIO=4&transport=Polling", ErrorCode::TransportUnknown),
        ("EIO=4&transport=polling&sid=abc", ErrorCode::UnknownSid),
        (
            "EIO=4&transport=polling&sid=__proto__",
            ErrorCode::UnknownSid,
        ),
        (
            "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA",
            ErrorCode::UnknownSid,
        ),
        (
            "EIO=4&transport=polling&sid=..%2f..%2f",
            ErrorCode::UnknownSid,
        ),
        ("EIO=4&transport=polling&sid=a&sid=a", ErrorCode::UnknownSid),
        ("EIO=4&transport=websocket&sid=abc", ErrorCode::UnknownSid),
        (&long, ErrorCode::UnknownSid),
        ("transport=polling", ErrorCode::UnsupportedVersion),
        ("EIO=2&transport=polling", ErrorCode::UnsupportedVersion),
        ("EIO=3&transport=polling", ErrorCode::UnsupportedVersion),
        ("EIO=5&transport=polling", ErrorCode::UnsupportedVersion),
        (
            "EIO=4&EIO=4&transport=polling",
            ErrorCode::UnsupportedVersion,
        ),
        ("EIO=4&transport=websocket", ErrorCode::BadRequest),
    ];
    let mut server = Server::new(Peer::polling(&calm()));
    for (query, expected) in table {
        let shown = &query[..query.len().min(100)];
        let refused = server.refusal(&Request::new(Method::Get, query));
        assert_eq!(refused, code(expected), "{shown}");
    }
    // A handshake for a version that is not served is refused before any 101.
    for query in ["transport=websocket", "EIO=3&transport=websocket"] {
        let request = Request {
            websocket: true,
            ..Request::new(Method::Get, query)
        };
        assert_eq!(
            server.refusal(&request),
            code(ErrorCode::UnsupportedVersion),
            "{query}"
        );
    }
    for method in [Method::Post, Method::Options, Method::Other] {
        let refused = server.refusal(&Request::new(method, NEW));
        assert_eq!(refused, code(ErrorCode::BadHandshakeMethod), "{method:?}");
    }
    let opened = server.request(&Request::new(Method::Get, NEW)).unwrap_err();
    assert_eq!(opened.transport, Transport::Polling);
    // None of this touched the session that there is.
    assert_eq!(server.peer.heard(), [""; 0]);
    server.peer.park();
}

#[test]
fn refused_by_the_application() {
    let refused = answer(&ErrorCode::Forbidden.response());
    assert_eq!(refused, (403, r#"{"code":4,"message":"Forbidden"}"#.into()));
}

#[test]
fn requests_that_do_not_fit_their_session() {
    let socket = crate::common::wire::UPGRADE;
    for method in [Method::Get, Method::Post, Method::Other] {
        let mut server = Server::new(Peer::polling(&calm()));
        let plain = Request::new(method, socket);
        assert_eq!(
            server.refusal(&plain),
            bad_request(),
            "no WebSocket handshake"
        );
        server.peer.park();
        let mut server = Server::new(Peer::upgraded(&calm()).joined());
        let poll = Request::new(method, PLAIN_POLL);
        assert_eq!(
            server.refusal(&poll),
            bad_request(),
            "polling on a WebSocket"
        );
        server.peer.text(r#"42["message",1]"#).unwrap();
        assert_eq!(server.peer.sent(), [r#"42["back",1]"#]);
    }
    // Another version than the session's.
    let mut server = Server::new(Peer::polling(&calm()));
    let query = PLAIN_POLL.replace("EIO=4", "EIO=3");
    assert_eq!(
        server.refusal(&Request::new(Method::Get, &query)),
        bad_request()
    );
    for method in [Method::Other, Method::Options] {
        let refused = server.refusal(&Request::new(method, PLAIN_POLL));
        assert_eq!(refused, (405, String::new()), "{method:?}");
    }
    server.peer.park();
}

/// A body of bytes, two polls or two POSTs at once: the session ends, and all that waits is answered.
#[test]
fn requests_that_end_their_session() {
    let mut server = Server::new(Peer::polling(&calm()).joined());
    let parked = server.peer.park();
    let request = Request {
        content_type: Some(b"application/octet-stream"),
        ..Request::new(Method::Post, PLAIN_POLL)
    };
    assert_eq!(server.refusal(&request), bad_request());
    ends(server, Some(parked), "closed: transport error");

    let mut server = Server::new(Peer::polling(&calm()).joined());
    let parked = server.peer.park();
    let second = server.refusal(&Request::new(Method::Get, PLAIN_POLL));
    assert_eq!(second, (400, String::new()));
    ends(server, Some(parked), "closed: transport error");

    let mut server = Server::new(Peer::polling(&calm()).joined());
    let first = server.peer.begin_post();
    let second = server.refusal(&Request::new(Method::Post, PLAIN_POLL));
    assert_eq!(second, (400, String::new()));
    assert_eq!(server.peer.finish_post(first, b"42[\"x\"]"), bad_request());
    ends(server, None, "closed: transport error");
}

fn ends(mut server: Server, parked: Option<siox_engineio::Lane>, told: &str) {
    let answered = server.peer.answered();
    assert_eq!(answered, parked.map(|lane| (lane, ok("1"))));
    server.peer.settle();
    assert_eq!(server.peer.heard(), [told]);
    for method in [Method::Get, Method::Post] {
        let refused = server.refusal(&Request::new(method, PLAIN_POLL));
        assert_eq!(refused, unknown_sid());
    }
    server.sids.remove(&sid());
    let refused = server.refusal(&Request::new(Method::Get, PLAIN_POLL));
    assert_eq!(refused, unknown_sid());
}

#[test]
fn bodies() {
    let parse = "closed: parse error";
    for (body, told) in [
        (&b""[..], parse),
        (b"abc", parse),
        (b"7", parse),
        (b"\x1e", parse),
        (b"4a\x1e\x1e4b", parse),
        (b"4\xff", parse),
        (b"b!!", parse),
        (b"b==", parse),
        (b"2", "closed: transport error"),
        (b"2probe", "closed: transport error"),
    ] {
        let name = body.escape_ascii();
        let mut peer = Peer::polling(&calm()).joined();
        let good = b"42[\"first\"]\x1e";
        for lead in [&b""[..], good] {
            if lead.is_empty() && body.starts_with(b"4a") {
                continue; // would be refused by the layer above already
            }
            let post = peer.begin_post();
            let bytes = [lead, body].concat();
            assert_eq!(peer.finish_post(post, &bytes), bad_request(), "{name}");
            peer.settle();
            let mut heard = peer.heard();
            assert_eq!(heard.pop().as_deref(), Some(told), "{name}");
            assert_eq!(heard.is_empty(), lead.is_empty(), "{name}");
            assert_eq!(peer.poll(), Ok(unknown_sid()), "{name}");
            peer = Peer::polling(&calm()).joined();
        }
    }
}

/// As many packets as fit: all are worked off, and cost no memory of their own.
#[test]
fn a_body_of_very_many_packets() {
    let mut peer = Peer::polling(&calm()).joined();
    let body = vec!["42[1]"; 100_000].join("\x1e").into_bytes();
    let lane = peer.begin_post();
    let mut copy = body.clone();
    let (count, usage) = measure(|| {
        let mut payload = siox_engineio::Payload::new(&mut copy);
        let mut count = 0;
        while let Some(event) = peer.session.handle_body(ms(0), lane, &mut payload).unwrap() {
            drop(event);
            count += 1;
        }
        count
    });
    assert_eq!(count, 100_000);
    assert!(usage.peak <= 1024, "{usage:?}");
    assert_eq!(answer(&peer.session.finish_post(lane, Ok(()))), ok("ok"));
    // Separators alone cost nothing either.
    let post = peer.begin_post();
    let (answered, usage) = measure(|| peer.finish_post(post, &[0x1e; 100_000]));
    assert_eq!(answered, bad_request());
    assert!(usage.peak <= allowance(100_000));
}

/// A body beyond the limit, declared or in chunks: 413 without reading the rest, and the session lives.
#[test]
fn a_body_too_large() {
    let now = Instant::EPOCH;
    let declared = format!(
        "POST /socket.io/?{PLAIN_POLL} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n4"
    );
    let chunked = format!(
        "POST /socket.io/?{PLAIN_POLL} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
         f4241\r\n{}",
        "4".repeat(1000)
    );
    for bytes in [declared, chunked] {
        let mut peer = Peer::polling(&calm()).joined();
        let mut http = http1::Connection::server(now, Arc::new(http1::Limits::default()));
        let mut bytes = bytes.into_bytes();
        let mut input = Input::new(now, &mut bytes);
        let mut post = None;
        while let Some(event) = http.handle_input(&mut input).unwrap() {
            let too_large = match event {
                http1::Event::Request(head) => {
                    let request = Request::new(Method::Post, head.query());
                    let decision = peer.session.handle_request(now, &request);
                    let Decision::Body { lane, limit } = decision else {
                        panic!("{decision:?}")
                    };
                    assert_eq!(limit, 1_000_000);
                    post = Some(lane);
                    http.collect(now, limit).is_err()
                }
                http1::Event::TooLarge { .. } => true,
                http1::Event::Body(body) => panic!("{body:?}"),
            };
            if too_large {
                let response = peer.session.body_too_large(post.take().unwrap());
                assert_eq!(answer(&response), (413, String::new()));
                http.respond(now, &http1::Response::new(response.status))
                    .unwrap();
            }
        }
        let wire = http.poll_transmit().collect::<Vec<_>>().concat();
        assert!(
            wire.starts_with(b"HTTP/1.1 413 "),
            "{}",
            wire.escape_ascii()
        );
        assert_eq!(peer.post(r#"42["message",1]"#), ok("ok"));
        assert_eq!(peer.poll(), Ok(ok(r#"42["back",1]"#)));
    }
}

/// A body of just the limit passes.
#[test]
fn a_body_just_large_enough() {
    let mut peer = Peer::polling(&calm()).joined();
    let text = "é".repeat((1_000_000 - "42[\"message\",\"\"]".len()) / 2);
    let body = format!(r#"42["message","{text}"]"#);
    assert!(body.len() >= 999_998);
    assert_eq!(peer.post(&body), ok("ok"));
    let (status, back) = peer.poll().unwrap();
    assert_eq!((status, back), (200, format!(r#"42["back","{text}"]"#)));
}

/// A client that opened a session and went away leaves nothing behind.
#[test]
fn an_abandoned_session() {
    let (mut peer, usage) = measure(|| {
        let mut peer = Peer::polling(&quick());
        peer.post("40\x1e42[\"message\",1]");
        peer
    });
    assert!(usage.kept < 4096, "{usage:?}");
    peer.advance_to(ms(499));
    assert!(!peer.app.closed);
    peer.advance_to(ms(500));
    assert_eq!(peer.heard().last().unwrap(), "closed: ping timeout");
    assert_eq!(peer.session.engine().queued(), 0);
    assert_eq!(peer.session.poll_timeout(), None);
}
