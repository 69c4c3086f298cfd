//! GET and POST: holding, answering, and everything that is wrong with them.

use crate::peer::{
    BAD_REQUEST, Peer, QUERY, UNKNOWN_SID, UPGRADE, answer, bad, body, calm, ms, ok,
};
use bytes::Bytes;
use siox_engineio::{
    CloseReason, Config, Context, Decision, Error, Event, Lane, Method, Request, Transport, V4,
    Version,
};
use siox_wire::{Admit, Message, Part, Shared, Sink};

fn told(peer: &mut Peer) -> Option<CloseReason> {
    match peer.session.farewell() {
        Some(Event::Closed(reason)) => Some(reason),
        _ => None,
    }
}

#[test]
fn what_is_queued_goes_out_in_order_in_one_payload() {
    let mut peer = Peer::polling(calm());
    peer.emit("a").unwrap();
    let group = Shared::new(vec![
        Part::Text(Bytes::from_static(b"51-x")),
        Part::Binary(Bytes::from_static(&[1, 2, 3])),
    ]);
    let mut out = peer.session.sink(Some(&mut peer.socket));
    out.put_shared(&group, V4);
    out.put_binary(&[], Bytes::from_static(&[9]));
    out.put_text(&[b"b", b"c"]);
    assert_eq!(
        answer(peer.get(1)),
        ok("4a\x1e451-x\x1ebAQID\x1ebCQ==\x1e4bc")
    );
    assert_eq!(peer.session.queued(), 0);
}

#[test]
fn a_poll_is_held_until_there_is_something() {
    let mut peer = Peer::polling(calm());
    let lane = peer.park(1);
    assert_eq!(peer.response(), None);
    peer.emit("a").unwrap();
    peer.emit("b").unwrap();
    assert_eq!(peer.response(), Some((lane, 200, "4a\x1e4b".into())));
    assert_eq!(peer.response(), None);
    assert_ne!(peer.park(2), lane);
}

#[test]
fn a_shared_group_is_encoded_once_for_all_polls() {
    let group = Shared::new(vec![Part::Text(Bytes::from(vec![b'x'; 4000]))]);
    let polls: Vec<_> = (0..3)
        .map(|_| {
            let mut peer = Peer::polling(calm());
            peer.session
                .sink(Some(&mut peer.socket))
                .put_shared(&group, V4);
            match peer.get(1) {
                Decision::Answer(response) => response.body[0].as_ptr(),
                other => panic!("{other:?}"),
            }
        })
        .collect();
    assert!(polls.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn packets_of_a_post_come_one_by_one() {
    let mut peer = Peer::polling(calm());
    let (status, text, seen) = peer.post(1, "4a\x1ebAQID\x1e6\x1e4");
    assert_eq!((status, &*text), (200, "ok"));
    assert_eq!(seen, ["4a", "bAQID", "4"]);
}

#[test]
fn a_handler_may_answer_while_it_holds_the_event() {
    let mut peer = Peer::polling(calm());
    let lane = peer.begin_post(1);
    let mut body = *b"4hello";
    let mut payload = siox_engineio::Payload::new(&mut body);
    let event = peer.session.handle_body(ms(1), lane, &mut payload).unwrap();
    let Some(Event::Message(Message::Text(text))) = event else {
        panic!("{event:?}")
    };
    peer.emit(&text).unwrap();
    assert!(matches!(text, std::borrow::Cow::Borrowed(_)));
    assert_eq!(
        peer.session.handle_body(ms(1), lane, &mut payload),
        Ok(None)
    );
    peer.session.finish_post(lane, Ok(()));
    assert_eq!(answer(peer.get(1)), ok("4hello"));
}

#[test]
fn overlapping_polls_end_the_session() {
    let mut peer = Peer::polling(calm());
    let lane = peer.park(1);
    assert_eq!(answer(peer.get(1)), bad(""));
    assert_eq!(peer.response(), Some((lane, 200, "1".into())));
    assert_eq!(told(&mut peer), Some(CloseReason::TransportError));
    assert_eq!(answer(peer.get(2)), bad(UNKNOWN_SID));
}

#[test]
fn what_is_queued_for_an_overlapped_poll_precedes_the_close() {
    let mut peer = Peer::polling(calm());
    let lane = peer.park(1);
    peer.emit("a").unwrap();
    assert_eq!(answer(peer.get(1)), bad(""));
    assert_eq!(peer.response(), Some((lane, 200, "4a\x1e1".into())));
}

#[test]
fn overlapping_posts_end_the_session_and_the_first_delivers_nothing() {
    let mut peer = Peer::polling(calm());
    let get = peer.park(1);
    let first = peer.begin_post(1);
    assert_eq!(answer(peer.request(1, Method::Post, QUERY)), bad(""));
    assert_eq!(peer.response(), Some((get, 200, "1".into())));
    assert_eq!(peer.work_off(2, first, "4a"), (vec![], Err(Error::Stale)));
    assert_eq!(
        peer.session.finish_post(first, Err(Error::Stale)).status,
        400
    );
    assert_eq!(told(&mut peer), Some(CloseReason::TransportError));
}

#[test]
fn bytes_of_no_kind_are_refused() {
    let mut peer = Peer::polling(calm());
    let request = Request {
        content_type: Some(b"application/octet-stream"),
        ..Request::new(Method::Post, QUERY)
    };
    let decision = peer.session.handle_request(ms(1), &request);
    assert_eq!(answer(decision), bad(BAD_REQUEST));
    assert_eq!(told(&mut peer), Some(CloseReason::TransportError));
    assert_eq!(answer(peer.get(1)), bad(UNKNOWN_SID));
}

#[test]
fn malformed_payloads_end_the_session() {
    let table = [
        ("", Error::EmptyPacket),
        ("abc", Error::UnknownPacket(b'a')),
        ("7", Error::UnknownPacket(b'7')),
        ("b!!", Error::Base64),
        ("\x1e4a", Error::EmptyPacket),
        ("2", Error::HeartbeatDirection),
        ("2probe", Error::HeartbeatDirection),
    ];
    for (bad_part, error) in table {
        for good in ["", "4good\x1e"] {
            let mut peer = Peer::polling(calm());
            let get = peer.park(1);
            let lane = peer.begin_post(1);
            let (seen, result) = peer.work_off(1, lane, &format!("{good}{bad_part}"));
            assert_eq!(result, Err(error), "{bad_part}");
            assert_eq!(seen.len(), usize::from(!good.is_empty()), "{bad_part}");
            let response = peer.session.finish_post(lane, result);
            assert_eq!((response.status, &*body(&response)), (400, BAD_REQUEST));
            assert_eq!(peer.response(), Some((get, 200, "1".into())));
            assert_eq!(told(&mut peer), error.close_reason(), "{bad_part}");
            assert_eq!(answer(peer.get(2)), bad(UNKNOWN_SID));
        }
    }
}

/// As the reference reads it, where that is wanted: nothing of base64 is an error, all else still is.
#[test]
fn base64_may_be_read_loosely() {
    let loose = || Config {
        loose_base64: true,
        ..calm()
    };
    let mut peer = Peer::polling(loose());
    let (status, _, seen) = peer.post(1, "bAQ!ID\x1eb!!\x1ebA\x1eb-_==AA\x1e4a");
    assert_eq!(status, 200);
    assert_eq!(seen, ["bAQID", "b", "b", "b+w==", "4a"]);
    let mut peer = Peer::socket(loose());
    let lane = peer.session.lane().unwrap();
    let event = peer.frame(1, lane, "bAQ ID").unwrap();
    assert_eq!(event.as_deref(), Some("bAQID"));
    let lane = {
        peer = Peer::polling(loose());
        peer.begin_post(1)
    };
    let result = peer.work_off(1, lane, "b!!\x1e\x1e4a").1;
    assert_eq!(result, Err(Error::EmptyPacket));
}

#[test]
fn other_methods_are_not_allowed() {
    for method in [Method::Options, Method::Other] {
        let mut peer = Peer::polling(calm());
        let Decision::Answer(response) = peer.request(1, method, QUERY) else {
            panic!()
        };
        assert_eq!((response.status, response.content_length()), (405, 0));
        assert!(response.headers().any(|h| h == ("Allow", "GET, POST")));
        assert!(!peer.session.is_closed());
    }
}

#[test]
fn the_wrong_transport_or_version_is_a_bad_request() {
    for query in [
        "EIO=4&transport=websocket&sid=x",
        "EIO=3&transport=polling&sid=x",
    ] {
        let mut peer = Peer::polling(calm());
        for method in [Method::Get, Method::Post] {
            assert_eq!(answer(peer.request(1, method, query)), bad(BAD_REQUEST));
        }
        peer.park(1);
    }
    let mut peer = Peer::polling(calm());
    let unknown = answer(peer.request(1, Method::Get, "EIO=4&transport=x&sid=x"));
    assert_eq!(unknown, bad(r#"{"code":0,"message":"Transport unknown"}"#));
    assert!(matches!(
        peer.request(1, Method::Get, "transport=polling&sid=x"),
        Decision::Park(_)
    ));
}

/// What the application is told of a request that a session refuses, beside its code.
#[test]
fn refusals_say_what_they_are_about() {
    let refusal = |decision: Decision| match decision {
        Decision::Answer(response) => response.refusal.unwrap().context,
        other => panic!("not an answer: {other:?}"),
    };
    let mismatch = |transport, previous| Context::TransportMismatch {
        transport,
        previous,
    };
    let (polls, socket) = (Transport::Polling, Transport::WebSocket);
    let mut polling = Peer::polling(calm());
    let mut upgraded = Peer::socket(calm());
    let other = QUERY.replace("EIO=4", "EIO=3");
    let previous = Version::V4;
    for (on_socket, query, expected) in [
        (false, UPGRADE, mismatch(socket, polls)),
        (false, &*other, Context::ProtocolMismatch { previous }),
        (false, "transport=x", Context::Request),
        (true, QUERY, mismatch(polls, socket)),
        (true, UPGRADE, Context::TransportHandshake),
    ] {
        let peer = if on_socket {
            &mut upgraded
        } else {
            &mut polling
        };
        let found = refusal(peer.request(1, Method::Get, query));
        assert_eq!(found, expected, "{query}");
    }
    let names = [
        mismatch(polls, socket),
        Context::ProtocolMismatch { previous },
    ];
    let names = names.map(|context| context.name().unwrap());
    assert_eq!(names, ["TRANSPORT_MISMATCH", "PROTOCOL_MISMATCH"]);
}

#[test]
fn upgrade_headers_on_the_polling_transport_do_not_matter() {
    let mut peer = Peer::polling(calm());
    let request = Request {
        websocket: true,
        ..Request::new(Method::Get, QUERY)
    };
    let decision = peer.session.handle_request(ms(1), &request);
    assert!(matches!(decision, Decision::Park(_)));
}

#[test]
fn a_body_too_large_is_refused_and_nothing_else_happens() {
    let mut peer = Peer::polling(Config {
        max_payload: 100,
        ..calm()
    });
    let Decision::Body { lane, limit } = peer.request(1, Method::Post, QUERY) else {
        panic!()
    };
    assert_eq!(limit, 100);
    let response = peer.session.body_too_large(lane);
    assert_eq!((response.status, response.content_length()), (413, 0));
    assert_eq!(told(&mut peer), None);
    assert_eq!(peer.post(2, "4a").0, 200);
}

#[test]
fn many_packets_in_one_body_are_all_delivered() {
    let text = "4x\x1e".repeat(100_000) + "4x";
    let mut peer = Peer::polling(calm());
    let (status, _, seen) = peer.post(1, &text);
    assert_eq!((status, seen.len()), (200, 100_001));
}

#[test]
fn words_of_strange_lanes_change_nothing() {
    let mut peer = Peer::polling(calm());
    let get = peer.park(1);
    let stranger = Lane(99);
    assert_eq!(
        peer.work_off(1, stranger, "4a"),
        (vec![], Err(Error::Stale))
    );
    assert_eq!(peer.session.finish_post(stranger, Ok(())).status, 400);
    assert_eq!(
        peer.session.finish_post(stranger, Err(Error::Stale)).status,
        400
    );
    peer.session.body_too_large(stranger);
    peer.session.handle_abandoned(stranger);
    peer.session
        .handle_socket_gone(stranger, CloseReason::TransportClose);
    assert_eq!(peer.frame(1, stranger, "4a"), Err(Error::Stale));
    assert_eq!(told(&mut peer), None);
    peer.emit("a").unwrap();
    assert_eq!(peer.response(), Some((get, 200, "4a".into())));
}

#[test]
fn volatile_messages_go_only_into_an_empty_queue() {
    let mut peer = Peer::polling(calm());
    let volatile = |peer: &mut Peer| {
        let mut out = peer.session.sink(Some(&mut peer.socket));
        out.admit(Admit::Volatile).map(|()| out.put_text(&[b"v"]))
    };
    assert!(volatile(&mut peer).is_ok());
    assert!(volatile(&mut peer).is_err());
    assert_eq!(answer(peer.get(1)), ok("4v"));
}

#[test]
fn a_poll_before_the_last_answer_was_fetched_overlaps_it() {
    let mut peer = Peer::polling(calm());
    let lane = peer.park(1);
    peer.probe(1);
    assert_eq!(answer(peer.get(1)), bad(""));
    assert_eq!(peer.response(), Some((lane, 200, "6".into())));
    assert_eq!(told(&mut peer), Some(CloseReason::TransportError));
}
