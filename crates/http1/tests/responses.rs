//! What is written: one write for a small answer, and nothing at all where the caller's words could
//! forge a line.
mod common;

use bytes::Bytes;
use common::{NOW, server};
use siox_http1::{Connection, Event, Invalid, Limits, Method, Refused, Request, Response};
use siox_wire::Input;

fn asked(head: &str) -> Connection {
    let mut c = server(Limits::default());
    let mut bytes = format!("{head}\r\nHost: h\r\n\r\n").into_bytes();
    let event = c.handle_input(&mut Input::new(NOW, &mut bytes));
    assert!(matches!(event, Ok(Some(Event::Request(_)))));
    c
}

fn wire(c: &Connection) -> String {
    String::from_utf8(c.poll_transmit().collect::<Vec<_>>().concat()).unwrap()
}

#[test]
fn a_small_answer_is_one_write() {
    let mut c = asked("GET / HTTP/1.1");
    let response = Response {
        status: 200,
        headers: &[("Content-Type", "text/plain"), ("A", "")],
        body: &["he".into(), "llo".into()],
    };
    c.respond(NOW, &response).unwrap();
    assert_eq!(c.poll_transmit().count(), 1);
    assert_eq!(
        wire(&c),
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nA: \r\nContent-Length: 5\r\n\r\nhello"
    );
}

#[test]
fn statuses_without_a_body() {
    for (status, head) in [
        (204, "HTTP/1.1 204 No Content\r\n\r\n"),
        (304, "HTTP/1.1 304 Not Modified\r\n\r\n"),
    ] {
        let mut c = asked("GET / HTTP/1.1");
        c.respond(
            NOW,
            &Response {
                body: &["x".into()],
                ..Response::new(status)
            },
        )
        .unwrap();
        assert_eq!(wire(&c), head);
    }
    let mut c = asked("GET / HTTP/1.1");
    c.respond(NOW, &Response::new(599)).unwrap();
    assert_eq!(wire(&c), "HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn a_large_body_is_not_copied() {
    let mut c = asked("GET / HTTP/1.1");
    let body = [Bytes::from(vec![1; 100_000])];
    c.respond(
        NOW,
        &Response {
            body: &body,
            ..Response::new(200)
        },
    )
    .unwrap();
    assert_eq!(
        c.poll_transmit().nth(1).map(<[u8]>::as_ptr),
        Some(body[0].as_ptr())
    );
    let taken = c.take_transmit();
    assert_eq!((taken.len(), c.queued()), (2, taken[0].len() + 100_000));
}

#[test]
fn what_could_forge_a_line_is_refused_and_nothing_written() {
    for bad in ["a\r\nX: y", "a\n", "\r", "a\0b", "\u{7f}", "\u{1b}"] {
        let headers = [("Ok", "fine\tvalue"), ("A", bad)];
        let error = Refused::Invalid(Invalid::Value { index: 1 });
        let mut c = asked("GET / HTTP/1.1");
        let response = Response {
            headers: &headers,
            ..Response::new(200)
        };
        assert_eq!(c.respond(NOW, &response), Err(error), "{bad:?}");
        assert_eq!(c.upgrade(&headers), Err(error), "{bad:?}");
        assert_eq!(wire(&c), "");
        c.respond(NOW, &Response::new(500)).unwrap();
    }
    for bad in ["", "a b", "a:", "a\r\nb", "é", "a\0"] {
        let headers = [(bad, "v")];
        let error = Refused::Invalid(Invalid::Name { index: 0 });
        let mut c = asked("GET / HTTP/1.1");
        let response = Response {
            headers: &headers,
            ..Response::new(200)
        };
        assert_eq!(c.respond(NOW, &response), Err(error), "{bad:?}");
        assert_eq!(c.upgrade(&headers), Err(error), "{bad:?}");
        assert_eq!(wire(&c), "");
    }
    for own in ["connection", "Content-Length", "TRANSFER-ENCODING"] {
        let headers = [(own, "1")];
        let response = Response {
            headers: &headers,
            ..Response::new(200)
        };
        let error = Refused::Invalid(Invalid::Framing { index: 0 });
        assert_eq!(asked("GET / HTTP/1.1").respond(NOW, &response), Err(error));
    }
    for status in [0, 100, 101, 199, 600, 999] {
        let error = Refused::Invalid(Invalid::Status);
        assert_eq!(
            asked("GET / HTTP/1.1").respond(NOW, &Response::new(status)),
            Err(error)
        );
    }
}

#[test]
fn verbs_out_of_turn_change_nothing() {
    let mut c = server(Limits::default());
    assert_eq!(c.respond(NOW, &Response::new(200)), Err(Refused::NoRequest));
    assert_eq!(c.collect(NOW, 1), Err(Refused::NoRequest));
    assert_eq!(c.upgrade(&[]), Err(Refused::NoRequest));
    assert_eq!((c.queued(), c.is_closing()), (0, false));
    let mut c = asked("POST / HTTP/1.1\r\nContent-Length: 1");
    assert_eq!(c.upgrade(&[]), Err(Refused::HasBody));
    c.respond(NOW, &Response::new(200)).unwrap();
    assert_eq!(c.respond(NOW, &Response::new(200)), Err(Refused::NoRequest));
}

#[test]
fn the_caller_may_answer_before_the_body_is_there() {
    let mut c = asked("POST / HTTP/1.1\r\nContent-Length: 5");
    c.collect(NOW, 5).unwrap();
    c.respond(NOW, &Response::new(400)).unwrap();
    assert!(wire(&c).contains("\r\nConnection: close\r\n"));
}

#[test]
fn a_client_request() {
    let request = Request {
        method: Method::Get,
        target: "/socket.io/?EIO=4",
        host: "[::1]:3000",
        headers: &[("Upgrade", "websocket"), ("Connection", "Upgrade")],
    };
    let head = request.encode().unwrap();
    assert_eq!(
        String::from_utf8(head).unwrap(),
        "GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: [::1]:3000\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    );
    for target in [
        "",
        "a",
        "/a b",
        "/a\r\nX: y",
        "/a\0",
        "/é",
        "/a#b",
        "/\t",
        "http://h/",
    ] {
        assert_eq!(
            Request { target, ..request }.encode(),
            Err(Invalid::Target),
            "{target:?}"
        );
    }
    for host in ["", "a b", "a\r\nX: y", "a/b", "u@a", "é", "a\0"] {
        assert_eq!(
            Request { host, ..request }.encode(),
            Err(Invalid::Host),
            "{host:?}"
        );
    }
    for (headers, error) in [
        ([("Cookie", "a\r\nb")], Invalid::Value { index: 0 }),
        (
            [("Sec-WebSocket-Protocol", "a\0")],
            Invalid::Value { index: 0 },
        ),
        ([("A\n", "b")], Invalid::Name { index: 0 }),
        ([("host", "b")], Invalid::Framing { index: 0 }),
    ] {
        assert_eq!(
            Request {
                headers: &headers,
                ..request
            }
            .encode(),
            Err(error)
        );
    }
    let method = Method::Other;
    assert_eq!(Request { method, ..request }.encode(), Err(Invalid::Method));
}

#[test]
fn an_upgrade_that_is_asked_for_is_named_in_connection() {
    for (request, connection) in [
        ("GET / HTTP/1.1", "Upgrade"),
        ("GET / HTTP/1.1\r\nUpgrade: websocket", "close, Upgrade"),
    ] {
        let mut c = asked(request);
        let headers = [("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")];
        let response = Response {
            headers: &headers,
            ..Response::new(426)
        };
        c.respond(NOW, &response).unwrap();
        let expected = format!("HTTP/1.1 426 Upgrade Required\r\nConnection: {connection}\r\nSec-");
        assert!(wire(&c).starts_with(&expected), "{}", wire(&c));
    }
}
