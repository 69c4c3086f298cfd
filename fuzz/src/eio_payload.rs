//! Engine.IO: a body into a polling session, the same packets one by one, and over a WebSocket; the body
//! in every coding, as a form and as a script; and the input as a query.

use crate::{memory::Meter, tape::Tape};
use siox_engineio::{
    Coding, Config, Decision, Error, Event, Lane, Method, Packet, Payload, Query, Request, Route,
    Session, Sid, encode_payload, jsonp, pairs,
};
use siox_wire::{Instant, Message};
use std::sync::Arc;

const NOW: Instant = Instant::EPOCH;
const POLL: &str = "EIO=4&transport=polling&sid=x";

/// All that comes of a payload.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    events: Vec<Event<'static>>,
    error: Option<Error>,
}

/// What the target does with one input.
///
/// # Panics
/// When a session breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    round_trip(bytes);
    for coding in [Coding::V3Text, Coding::V3Binary] {
        recoded(coding, bytes);
    }
    scripted(bytes);
    let whole = posted(&[bytes]);
    let packets: Vec<&[u8]> = bytes.split(|byte| *byte == 0x1E).collect();
    assert_eq!(
        posted(&packets),
        whole,
        "a POST for each packet gives the same"
    );
    if let Some(texts) = packets
        .iter()
        .map(|p| std::str::from_utf8(p).ok())
        .collect()
    {
        assert_eq!(sent(texts), whole, "so does a WebSocket");
    }
    holds_little(bytes);
    if let Ok(query) = std::str::from_utf8(bytes) {
        routed(query);
    }
}

fn config() -> Arc<Config> {
    Arc::new(Config::default())
}

fn polling() -> Session {
    Session::polling(NOW, config(), Sid::from_random(&[7; 15])).0
}

/// What was decoded is encoded to what is decoded to the same.
fn round_trip(bytes: &[u8]) {
    let mut body = bytes.to_vec();
    let mut results: Vec<_> = Payload::new(&mut body).collect();
    let ended = results.pop_if(|last| last.is_err());
    assert!(
        results.iter().all(Result::is_ok),
        "it ends at the first error"
    );
    let packets: Vec<Packet<'_>> = results.into_iter().flatten().collect();
    let size: usize = packets.iter().map(|p| p.data.as_bytes().len() + 1).sum();
    assert!(size <= bytes.len() + 1, "nothing comes from nowhere");
    if packets.is_empty() {
        assert!(ended.is_some(), "a body has at least one packet");
        return;
    }
    let mut again = encode_payload(&packets).into_bytes();
    let decoded: Result<Vec<_>, _> = Payload::new(&mut again).collect();
    assert_eq!(decoded.as_ref(), Ok(&packets));
}

/// As [`round_trip`], for the codings that tell lengths.
fn recoded(coding: Coding, bytes: &[u8]) {
    let mut body = bytes.to_vec();
    let mut results: Vec<_> = Payload::with(coding, &mut body).collect();
    results.pop_if(|last| last.is_err());
    let packets: Vec<Packet<'_>> = results
        .into_iter()
        .map(|p| p.expect("an error is last"))
        .collect();
    let size: usize = packets.iter().map(|p| p.data.as_bytes().len() + 1).sum();
    assert!(size <= bytes.len(), "nothing comes from nowhere");
    if packets.is_empty() {
        return;
    }
    let mut again = coding.encode(&packets);
    let decoded: Result<Vec<_>, _> = Payload::with(coding, &mut again).collect();
    assert_eq!(decoded.as_ref(), Ok(&packets));
}

/// A form gives no more than it has; a script is JSON between its brackets.
fn scripted(bytes: &[u8]) {
    let mut body = bytes.to_vec();
    if let Ok(value) = jsonp::decode_form(&mut body) {
        assert!(value.len() + 2 <= bytes.len());
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let payload = std::collections::VecDeque::from([bytes::Bytes::copy_from_slice(bytes)]);
    let script: Vec<u8> = jsonp::script(3, &payload).into_iter().flatten().collect();
    let argument = script
        .strip_prefix(b"___eio[3](")
        .and_then(|rest| rest.strip_suffix(b");"))
        .expect("one call");
    let back: String = serde_json::from_slice(argument).expect("JSON");
    assert_eq!(back, text);
    assert!(!script.windows(2).any(|pair| pair == b"</"));
}

/// Posts `bodies` one after the other, as long as the session takes them.
fn posted(bodies: &[&[u8]]) -> Outcome {
    let (mut session, mut outcome) = (polling(), Outcome::default());
    for body in bodies {
        let Decision::Body { lane, .. } =
            session.handle_request(NOW, &Request::new(Method::Post, POLL))
        else {
            break;
        };
        let mut body = body.to_vec();
        let result = post(&mut session, lane, &mut body, |event| {
            outcome.events.push(event);
        });
        let status = session.finish_post(lane, result).status;
        assert_eq!(status == 200, result.is_ok(), "{status}");
        if result.is_err() {
            outcome.error = result.err();
            break;
        }
    }
    end(session, outcome)
}

fn post(
    session: &mut Session,
    lane: Lane,
    body: &mut [u8],
    mut told: impl FnMut(Event<'static>),
) -> Result<(), Error> {
    let most = body.len() + 2;
    let mut payload = Payload::new(body);
    for _ in 0..most {
        match session.handle_body(NOW, lane, &mut payload)? {
            Some(event) => told(owned(event)),
            None => return Ok(()),
        }
    }
    panic!("more events than bytes");
}

fn owned(event: Event<'_>) -> Event<'static> {
    match event {
        Event::Message(message) => Event::Message(message.into_owned()),
        Event::Heartbeat => Event::Heartbeat,
        Event::Upgrading => Event::Upgrading,
        Event::Upgraded => Event::Upgraded,
        Event::Closed(reason) => Event::Closed(reason),
    }
}

/// Sends `packets` over a session's WebSocket, as long as it takes them.
fn sent(packets: Vec<&str>) -> Outcome {
    let mut tape = Tape::default();
    let sid = Sid::from_random(&[7; 15]);
    let mut session = Session::socket(NOW, config(), sid, &mut tape);
    let mut outcome = Outcome::default();
    for packet in packets {
        let lane = Lane(1);
        let told = session.handle_message(NOW, lane, Message::from(packet), &mut tape);
        match told {
            Ok(event) => outcome.events.extend(event.map(owned)),
            Err(error) => {
                outcome.error = Some(error);
                break;
            }
        }
        if session.is_closed() {
            break;
        }
    }
    end(session, outcome)
}

/// A session that died tells so exactly once.
fn end(mut session: Session, mut outcome: Outcome) -> Outcome {
    let closed = session.is_closed();
    outcome.events.extend(session.farewell());
    assert_eq!(session.farewell(), None);
    let is_told = |event: &&Event<'_>| matches!(event, Event::Closed(_));
    let told = outcome.events.iter().filter(is_told).count();
    assert_eq!(told, usize::from(closed), "{outcome:?}");
    outcome
}

fn holds_little(bytes: &[u8]) {
    let mut body = bytes.to_vec();
    let mut meter = Meter::new();
    let mut session = meter.take(0, polling);
    let Decision::Body { lane, .. } =
        session.handle_request(NOW, &Request::new(Method::Post, POLL))
    else {
        panic!("a fresh session takes a POST");
    };
    meter.take(body.len(), || {
        let mut payload = Payload::new(&mut body);
        while let Ok(Some(_)) = session.handle_body(NOW, lane, &mut payload) {}
    });
}

/// Any query is decided, and a session's name is one that can be.
fn routed(query: &str) {
    let parsed = Query::parse(query);
    assert!(pairs(query).count() <= query.len());
    for method in [Method::Get, Method::Post, Method::Options, Method::Other] {
        for websocket in [false, true] {
            let request = Request {
                websocket,
                ..Request::new(method, query)
            };
            if let Ok(Route::Session(sid)) = Route::check(&config(), &request) {
                assert_eq!(parsed.sid.as_deref(), Some(sid.as_str()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_engineio::CloseReason;

    const SEEDS: [&[u8]; 17] = [
        b"6:4hello2:2a10:b4AQIDBA==",
        "3:4\u{1F600}1:3".as_bytes(),
        b"\x00\x06\xff4hello\x01\x04\xff\x04\x01\x02\x03",
        b"x=1&d=6%3A4he\\\\nlo&y",
        "</script>\"\\\n\u{2028}".as_bytes(),
        b"",
        b"4hello\x1e2\x1e4world",
        "4привет \u{1F600}\x1ebAQIDBA==\x1e3\x1e4".as_bytes(),
        b"4a\x1e1\x1e4b",
        b"4a\x1e",
        b"bAQ*D",
        b"bAQIDBA=\x1e4a",
        b"b",
        b"5\x1e6\x1e0{}\x1e4x",
        b"4\xff\xfe",
        b"6:4he\x1e",
        b"EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA&%65=%zz",
    ];

    #[test]
    fn the_seeds_pass() {
        for seed in SEEDS {
            fuzz(seed);
        }
    }

    #[test]
    fn the_target_sees_what_it_should() {
        let outcome = posted(&[b"4a\x1e1\x1e4b"]);
        let message = Event::Message(Message::from("a").into_owned());
        let closed = Event::Closed(CloseReason::TransportClose);
        assert_eq!(outcome.events, [message, closed]);
        assert_eq!(
            posted(&[b"4a\x1ex"]).error,
            Some(Error::UnknownPacket(b'x'))
        );
    }
}
