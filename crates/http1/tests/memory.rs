//! What a connection holds: nothing while idle, and otherwise in proportion to what it was sent.
mod common;

use bytes::Bytes;
use common::{NOW, server};
use siox_http1::{Connection, Error, Event, Limits, Refused, Response};
use siox_wire::Input;

fn feed(c: &mut Connection, bytes: &[u8]) -> Result<bool, Error> {
    let mut bytes = bytes.to_vec();
    let event = c.handle_input(&mut Input::new(NOW, &mut bytes))?;
    Ok(matches!(event, Some(Event::Request(_))))
}

fn write_all(c: &mut Connection) -> String {
    let wire = c.poll_transmit().collect::<Vec<_>>().concat();
    c.handle_written(NOW, wire.len());
    String::from_utf8(wire).unwrap()
}

#[test]
fn an_idle_connection_is_small_and_holds_no_heap() {
    let size = size_of::<Connection>();
    println!(
        "Connection: {size} bytes; Event: {}",
        size_of::<Event<'_>>()
    );
    assert!(size <= 200, "{size}");
    let mut c = server(Limits::default());
    assert_eq!(c.heap(), 0);
    // Also after a request that came in pieces, with a body, answered at length.
    for piece in [
        &b"POST / HTTP/1.1\r\nHost: h\r\nContent-"[..],
        b"Length: 3\r\n\r\n",
    ] {
        feed(&mut c, piece).unwrap();
    }
    c.collect(NOW, 10).unwrap();
    for piece in [&b"ab"[..], b"c"] {
        feed(&mut c, piece).unwrap();
    }
    let body = [Bytes::from(vec![b'x'; 5000])];
    c.respond(
        NOW,
        &Response {
            body: &body,
            ..Response::new(200)
        },
    )
    .unwrap();
    assert!(c.heap() > 5000);
    write_all(&mut c);
    println!("idle heap: {} bytes", c.heap());
    assert_eq!(c.heap(), 0);
    assert!(c.poll_timeout().is_some() && !c.is_finished());
}

#[test]
fn a_head_without_end_holds_16_kib_at_most() {
    for piece in [1, 100, 5000] {
        let mut c = server(Limits::default());
        let (mut most, mut sent) = (0, 0);
        loop {
            let fed = feed(&mut c, &vec![b'a'; piece]);
            sent += piece;
            most = most.max(c.heap());
            assert!(c.heap() <= 2 * sent + 16 * 1024);
            if let Err(error) = fed {
                assert_eq!(error, Error::HeadTooLarge { limit: 16 * 1024 });
                break;
            }
        }
        println!("pieces of {piece}: {most} bytes at most");
        assert!(most <= 16 * 1024, "{most}");
        write_all(&mut c);
        assert_eq!(c.heap(), 0);
    }
}

#[test]
fn bytes_behind_an_upgrade_hold_16_kib_at_most() {
    let mut c = server(Limits::default());
    let head = b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n";
    assert_eq!(feed(&mut c, head), Ok(true));
    for _ in 0..16 * 1024 {
        assert_eq!(feed(&mut c, b"f"), Ok(false));
        assert!(c.heap() <= 16 * 1024);
    }
    let limit = 16 * 1024;
    assert_eq!(feed(&mut c, b"f"), Err(Error::Pipelined { limit }));
    assert_eq!(c.upgrade(&[]), Err(Refused::NoRequest));
    write_all(&mut c);
    assert_eq!(c.heap(), 0);
}

#[test]
fn a_declared_length_reserves_nothing() {
    for head in [
        "Content-Length: 1000000000\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n3B9ACA00\r\n",
    ] {
        let mut c = server(Limits::default());
        let head = format!("POST / HTTP/1.1\r\nHost: h\r\n{head}");
        let (head, rest) = head.split_at(head.find("\r\n\r\n").unwrap() + 4);
        assert_eq!(feed(&mut c, head.as_bytes()), Ok(true));
        c.collect(NOW, usize::MAX).unwrap();
        feed(&mut c, rest.as_bytes()).unwrap();
        for n in 1..2000 {
            assert_eq!(feed(&mut c, b"abcdefghij"), Ok(false));
            assert!(c.heap() <= 20 * n + 256, "{} after {n}", c.heap());
        }
    }
}

#[test]
fn a_body_declared_beyond_the_limit_is_refused_unread() {
    let mut c = server(Limits::default());
    let head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\n\r\n";
    assert_eq!(feed(&mut c, head), Ok(true));
    assert_eq!(
        c.collect(NOW, 100_000),
        Err(Refused::TooLarge { limit: 100_000 })
    );
    c.respond(NOW, &Response::new(413)).unwrap();
    assert!(c.is_closing());
    assert!(
        write_all(&mut c).starts_with("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n")
    );
    assert_eq!(feed(&mut c, &[0; 50_000]), Ok(false));
    assert_eq!(c.heap(), 0);
}

/// A peer that asks and does not read: answers pile up to a bound, then requests, then it is over.
#[test]
fn answers_that_nobody_reads_are_bounded() {
    let mut c = server(Limits::default());
    let body = [Bytes::from(vec![b'x'; 8192])];
    let (mut most, mut answered) = (0, 0);
    let error = loop {
        match feed(&mut c, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n") {
            Ok(true) => {
                c.respond(
                    NOW,
                    &Response {
                        body: &body,
                        ..Response::new(200)
                    },
                )
                .unwrap();
                answered += 1;
            }
            Ok(false) => {}
            Err(error) => break error,
        }
        most = most.max(c.heap());
    };
    assert_eq!(error, Error::Pipelined { limit: 16 * 1024 });
    assert_eq!(answered, 8);
    assert!(most <= 64 * 1024 + 8192 + 16 * 1024 + 1024, "{most}");
}

/// The same peer reads after all: it gets every answer, in order.
#[test]
fn a_slow_reader_gets_all_answers() {
    let mut c = server(Limits {
        unsent: 100,
        ..Limits::default()
    });
    let mut bytes: Vec<u8> = (0..50)
        .flat_map(|i| format!("GET /{i} HTTP/1.1\r\nHost: h\r\n\r\n").into_bytes())
        .collect();
    let mut input = Input::new(NOW, &mut bytes);
    let mut wire = String::new();
    loop {
        let mut asked = false;
        while let Some(Event::Request(head)) = c.handle_input(&mut input).unwrap() {
            let body = [Bytes::from(format!("<{}>", head.path()))];
            c.respond(
                NOW,
                &Response {
                    body: &body,
                    ..Response::new(200)
                },
            )
            .unwrap();
            assert!(c.queued() < 200);
            asked = true;
        }
        assert!(input.is_empty());
        if !asked {
            break;
        }
        wire += &write_all(&mut c);
    }
    let all: Vec<_> = wire.split(['<', '>']).skip(1).step_by(2).collect();
    assert_eq!(all, (0..50).map(|i| format!("/{i}")).collect::<Vec<_>>());
}

#[test]
fn a_request_that_arrives_whole_is_not_copied() {
    let mut c = server(Limits::default());
    let mut bytes = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc".to_vec();
    let place = bytes.as_ptr_range();
    let mut input = Input::new(NOW, &mut bytes);
    let Ok(Some(Event::Request(head))) = c.handle_input(&mut input) else {
        panic!("no head");
    };
    assert!(place.contains(&head.target().as_ptr()));
    c.collect(NOW, 3).unwrap();
    let Ok(Some(Event::Body(mut body))) = c.handle_input(&mut input) else {
        panic!("no body");
    };
    assert!(place.contains(&body.as_mut_slice().as_ptr()));
    assert_eq!(c.heap(), 0);
    // The events borrow the buffer, not the connection.
    c.respond(NOW, &Response::new(200)).unwrap();
    assert_eq!((head.path(), body.as_slice()), ("/a", &b"abc"[..]));
}
