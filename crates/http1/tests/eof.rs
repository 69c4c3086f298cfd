//! The peer goes away, at every byte: nothing is said, nothing is left.
mod common;

use common::{NOW, server};
use siox_http1::{Error, Event, Limits, Response};
use siox_wire::Input;

const UPGRADE: &[u8] =
    b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

#[test]
fn an_end_inside_a_head_is_silent() {
    for n in 0..UPGRADE.len() {
        let mut c = server(Limits::default());
        let mut bytes = UPGRADE[..n].to_vec();
        let event = c.handle_input(&mut Input::new(NOW, &mut bytes)).unwrap();
        assert!(event.is_none());
        let expected = if n == 0 {
            Ok(())
        } else {
            Err(Error::UnexpectedEof)
        };
        assert_eq!(c.handle_eof(NOW), expected, "after {n} bytes");
        assert!(c.is_finished());
        assert_eq!((c.queued(), c.heap()), (0, 0));
    }
}

#[test]
fn an_end_inside_a_body_is_silent() {
    for body in [
        "Content-Length: 5\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ] {
        let all = format!("POST / HTTP/1.1\r\nHost: h\r\n{body}").into_bytes();
        let head = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        for n in head..all.len() {
            let mut c = server(Limits::default());
            let mut bytes = all[..n].to_vec();
            let mut input = Input::new(NOW, &mut bytes);
            assert!(matches!(
                c.handle_input(&mut input),
                Ok(Some(Event::Request(_)))
            ));
            c.collect(NOW, 10).unwrap();
            assert!(matches!(c.handle_input(&mut input), Ok(None)), "{n}");
            assert_eq!(c.handle_eof(NOW), Err(Error::UnexpectedEof), "{n}");
            assert!(c.is_finished());
            assert_eq!((c.queued(), c.heap()), (0, 0));
        }
    }
}

#[test]
fn a_peer_that_closed_only_its_sending_side_gets_its_answers() {
    let mut c = server(Limits::default());
    let mut bytes =
        b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n".to_vec();
    let mut input = Input::new(NOW, &mut bytes);
    assert!(matches!(
        c.handle_input(&mut input),
        Ok(Some(Event::Request(_)))
    ));
    assert!(matches!(c.handle_input(&mut input), Ok(None)));
    assert_eq!(c.handle_eof(NOW), Ok(()));
    assert!(!c.is_finished());
    for more in [true, false] {
        c.respond(NOW, &Response::new(204)).unwrap();
        let event = c.handle_input(&mut Input::new(NOW, &mut [])).unwrap();
        assert_eq!(event.is_some(), more);
    }
    assert!(c.is_closing() && !c.is_finished());
    let wire = c.poll_transmit().collect::<Vec<_>>().concat();
    assert_eq!(wire, b"HTTP/1.1 204 No Content\r\n\r\n".repeat(2));
    c.handle_written(NOW, wire.len());
    assert!(c.is_finished());
}
