//! Whatever ends a session is told once and at once, whichever transport carries it; then the timer
//! comes to rest, nothing more is sent, and every verb says `Closed`.

mod common;

use common::{
    Peer, bad_request, calm, ms, ok, quick, unknown_sid,
    wire::{masked, text},
};
use siox_engineio::CloseReason;
use siox_socketio::Encoded;
use siox_stack::{Error, Machine};
use siox_wire::{Admit, SendError};
use std::time::Duration;

/// What every death has in common, checked after `die` has brought it about. Returns what was written
/// to the WebSocket as its last words.
fn dead(name: &str, peer: &mut Peer, reason: &str) -> Vec<String> {
    let due = peer.session.poll_timeout();
    let told = format!("closed: {reason}");
    if !peer.app.closed {
        let overdue = due.is_some_and(|at| at <= peer.now);
        assert!(
            overdue,
            "{name}: to be told at {due:?}, now is {:?}",
            peer.now
        );
    }
    peer.settle();
    assert_eq!(peer.heard().last(), Some(&told), "{name}");
    assert!(peer.session.is_closed(), "{name}");
    let words = peer.sent();
    verbs_are_closed(name, peer);

    // The client goes on as if nothing had happened.
    if peer.lane.is_some() {
        // An error or silence: either is fine, as long as nothing comes of it.
        let _ = peer.text(r#"42["message",1]"#);
        peer.eof();
    }
    assert_eq!(peer.post("3"), unknown_sid(), "{name}");
    assert_eq!(peer.poll(), Ok(unknown_sid()), "{name}");
    peer.advance_to(peer.now.after(Duration::from_secs(10_000)));
    assert_eq!(peer.session.poll_timeout(), None, "{name}: it never rests");
    assert_eq!(peer.heard(), [""; 0], "{name}: told more than once");
    assert_eq!(peer.sent(), [""; 0], "{name}: it speaks after its end");
    assert_eq!(peer.answered(), None, "{name}");
    words
}

fn verbs_are_closed(name: &str, peer: &mut Peer) {
    let (now, event) = (peer.now, Encoded::event("e", &()).unwrap());
    let args = Encoded::args(&()).unwrap();
    let group = siox_socketio::shared("/", &event, None);
    let Some((slot, _)) = peer.app.joined.first().cloned() else {
        return;
    };
    let s = &mut peer.session;
    let closed = Err(SendError::Closed);
    assert_eq!(s.emit(slot, &event, Admit::Normal), closed, "{name}");
    assert_eq!(s.emit(slot, &event, Admit::Volatile), closed, "{name}");
    assert_eq!(s.broadcast(slot, &group, Admit::Owed), closed, "{name}");
    assert_eq!(
        s.emit_with_ack(slot, &event, None),
        Err(SendError::Closed),
        "{name}"
    );
    assert_eq!(s.ack(slot, 1, &args), closed, "{name}");
    assert_eq!(s.disconnect(slot), closed, "{name}");
    s.close(now, CloseReason::ForcedClose);
}

/// A row: what happens to a session that has joined `/`, the reason told, and the WebSocket's last
/// words. Run opened by a WebSocket and upgraded.
fn on_socket(name: &str, die: impl Fn(&mut Peer), reason: &str, words: &[&str]) {
    for peer in [Peer::socket(&quick()), Peer::upgraded(&quick())] {
        let mut peer = peer.joined();
        die(&mut peer);
        assert_eq!(dead(name, &mut peer, reason), words, "{name}");
    }
}

/// The same over polls: with a GET parked, which is answered as `get` says, and without.
fn on_polling(name: &str, die: impl Fn(&mut Peer), reason: &str, get: Option<&str>) {
    let mut peer = Peer::polling(&quick()).joined();
    let parked = peer.park();
    die(&mut peer);
    let answer = peer.answered();
    assert_eq!(
        answer.as_ref().map(|(_, a)| a.clone()),
        get.map(ok),
        "{name}"
    );
    assert!(answer.is_none_or(|(lane, _)| lane == parked), "{name}");
    dead(name, &mut peer, reason);
}

#[test]
fn by_frames() {
    use on_socket as row;
    row(
        "close frame",
        |p| p.frame(0x88, b"\x03\xe8").unwrap(),
        "transport close",
        &["close 1000"],
    );
    row(
        "empty close frame",
        |p| p.frame(0x88, b"").unwrap(),
        "transport close",
        &["close"],
    );
    row(
        "frame error",
        |p| assert!(p.frame(0xf1, b"x").is_err()),
        "transport error",
        &["close 1002 reserved bit set"],
    );
    row(
        "not UTF-8",
        |p| assert!(p.frame(0x81, b"\xff").is_err()),
        "transport error",
        &["close 1007 invalid UTF-8"],
    );
    row("eof", Peer::eof, "transport close", &[]);
    row("socket gone", Peer::gone, "transport close", &[]);
    row(
        "half a frame, then eof",
        |p| {
            p.feed(&text("42[]")[..5]).unwrap();
            p.eof();
        },
        "transport close",
        &[],
    );
}

#[test]
fn by_packets() {
    use on_socket as row;
    let fails = |packet: &'static str| move |p: &mut Peer| assert!(p.text(packet).is_err());
    row(
        "the client's close",
        |p| p.text("1").unwrap(),
        "transport close",
        &["close 1000"],
    );
    row("unknown packet", fails("x"), "parse error", &["close 1000"]);
    row("empty packet", fails(""), "parse error", &["close 1000"]);
    row("ping", fails("2"), "transport error", &["close 1000"]);
    row(
        "Socket.IO packet",
        fails("4abc"),
        "parse error",
        &["close 1000"],
    );
    row(
        "CONNECT twice",
        fails("40"),
        "forced close",
        &["close 1000"],
    );
}

#[test]
fn by_polls() {
    use on_polling as row;
    let bye = Some("1");
    let post = |body: &'static str| move |p: &mut Peer| assert_eq!(p.post(body), bad_request());
    row("unknown packet", post("abc"), "parse error", bye);
    row("empty body", post(""), "parse error", bye);
    row("bad base64", post("b!!"), "parse error", bye);
    row("ping", post("2"), "transport error", bye);
    row("Socket.IO packet", post("4abc"), "parse error", bye);
    row("CONNECT twice", post("40"), "forced close", bye);
    row(
        "bad behind good",
        post("42[\"x\"]\x1e9"),
        "parse error",
        bye,
    );
    row(
        "the client's close",
        |p| assert_eq!(p.post("1"), ok("ok")),
        "transport close",
        Some("6"),
    );
    row(
        "second poll",
        |p| assert_eq!(p.poll(), Ok((400, String::new()))),
        "transport error",
        bye,
    );
    row(
        "second POST",
        |p| {
            let first = p.begin_post();
            assert_eq!(p.post("3"), (400, String::new()));
            assert_eq!(p.finish_post(first, b"42[\"x\"]"), bad_request());
        },
        "transport error",
        bye,
    );
    row(
        "abandoned POST",
        |p| {
            let lane = p.begin_post();
            p.session.handle_abandoned(lane);
        },
        "transport error",
        bye,
    );
}

#[test]
fn an_abandoned_poll() {
    let mut peer = Peer::polling(&quick()).joined();
    let lane = peer.park();
    peer.session.handle_abandoned(lane);
    assert_eq!(peer.answered(), None);
    dead("abandoned poll", &mut peer, "transport error");
}

#[test]
fn a_late_word_of_an_abandoned_request_harms_nobody() {
    let mut peer = Peer::polling(&quick()).joined();
    let lane = peer.park();
    peer.post("42[\"message\",1]");
    assert_eq!(peer.answered(), Some((lane, ok("42[\"back\",1]"))));
    peer.session.handle_abandoned(lane);
    assert!(!peer.session.is_closed());
    peer.park();
}

#[test]
fn no_pong() {
    on_socket(
        "no pong",
        |p| {
            p.advance_to(ms(300));
            assert_eq!(p.sent(), ["2"]);
            p.now = ms(500);
        },
        "ping timeout",
        &["close 1000"],
    );
    let mut peer = Peer::polling(&quick()).joined();
    peer.advance_to(ms(300));
    assert_eq!(peer.poll(), Ok(ok("2")));
    peer.now = ms(500);
    dead("no pong", &mut peer, "ping timeout");
}

/// The request itself finds the session dead, before it is decided.
#[test]
fn a_late_request() {
    for request in ["GET", "POST"] {
        let mut peer = Peer::polling(&quick()).joined();
        peer.now = ms(500);
        let answer = match request {
            "GET" => peer.poll().expect("answered"),
            _ => peer.post("3"),
        };
        assert_eq!(answer, unknown_sid(), "{request}");
        dead(request, &mut peer, "ping timeout");
    }
    // The same for a body that comes too late.
    let mut peer = Peer::polling(&quick()).joined();
    let lane = peer.begin_post();
    peer.now = ms(500);
    assert_eq!(peer.finish_post(lane, b"42[\"message\",1]"), bad_request());
    dead("late body", &mut peer, "ping timeout");
    // And for a frame.
    on_socket(
        "late frame",
        |p| {
            p.now = ms(500);
            p.text("3").unwrap();
        },
        "ping timeout",
        &["close 1000"],
    );
}

#[test]
fn nobody_joins() {
    let socket = siox_socketio::Config {
        connect_timeout: Duration::from_millis(100),
        ..siox_socketio::Config::default()
    };
    let config = siox_stack::Config::new((**quick().engine()).clone(), socket);
    let late = Error::Socket(siox_socketio::Error::ConnectTimeout);
    for mut peer in [Peer::socket(&config), Peer::upgraded(&config)] {
        peer.heard();
        assert_eq!(peer.session.poll_timeout(), Some(ms(100)));
        assert_eq!(peer.advance_to(ms(100)), [late]);
        assert_eq!(
            dead("connect timeout", &mut peer, "forced close"),
            ["close 1000"]
        );
    }
    let mut peer = Peer::polling(&config);
    let parked = peer.park();
    assert_eq!(peer.advance_to(ms(100)), [late]);
    assert_eq!(peer.answered(), Some((parked, ok("1"))));
    dead("connect timeout", &mut peer, "forced close");
    // A CONNECT that comes too late is none.
    let mut peer = Peer::socket(&config);
    peer.now = ms(100);
    assert_eq!(peer.text("40"), Err(late));
    dead("late CONNECT", &mut peer, "forced close");
}

#[test]
fn an_attachment_that_never_comes() {
    let socket = siox_socketio::Config {
        attachments_deadline: Duration::from_millis(100),
        ..siox_socketio::Config::default()
    };
    let config = siox_stack::Config::new((**quick().engine()).clone(), socket);
    for (name, peer) in Peer::every(&config) {
        let mut peer = peer.joined();
        peer.say(r#"451-["a",{"_placeholder":true,"num":0}]"#)
            .unwrap();
        let late = Error::Socket(siox_socketio::Error::AttachmentsTimeout);
        assert_eq!(peer.advance_to(ms(100)), [late], "{name}");
        dead(name, &mut peer, "parse error");
    }
}

#[test]
fn the_application_closes() {
    let close = |p: &mut Peer| p.session.close(p.now, CloseReason::ForcedClose);
    on_socket("close", close, "forced close", &["close 1000"]);
    on_polling("close", close, "forced close", Some("1"));
    let down = |p: &mut Peer| p.session.close(p.now, CloseReason::ServerShuttingDown);
    on_socket("shutdown", down, "server shutting down", &["close 1000"]);
    on_polling("shutdown", down, "server shutting down", Some("1"));
}

/// Without a parked GET the last words wait for the next one, as long as the client may live.
#[test]
fn the_application_closes_between_two_polls() {
    let closing = || {
        let mut peer = Peer::polling(&quick()).joined();
        peer.post("42[\"message\",1]");
        peer.session.close(peer.now, CloseReason::ForcedClose);
        verbs_are_closed("closing", &mut peer);
        assert_eq!(peer.session.poll_timeout(), Some(ms(500)));
        peer
    };
    let mut peer = closing();
    assert_eq!(peer.poll(), Ok(ok("42[\"back\",1]\x1e1")));
    dead("fetched", &mut peer, "forced close");
    let mut peer = closing();
    peer.now = ms(500);
    dead("never fetched", &mut peer, "forced close");
}

/// What the layer above waited for does not keep the timer awake meanwhile.
#[test]
fn an_acknowledgement_owed_while_closing() {
    let mut peer = Peer::polling(&quick()).joined();
    let (slot, event) = (peer.app.slot(), Encoded::event("e", &()).unwrap());
    let by = Some(ms(100));
    assert_eq!(peer.session.emit_with_ack(slot, &event, by), Ok(1));
    peer.session.close(peer.now, CloseReason::ForcedClose);
    peer.advance_to(ms(200));
    assert_eq!(peer.heard(), [""; 0]);
    peer.now = ms(500);
    dead("closing", &mut peer, "forced close");
}

/// The turn that finds the end tells it: no timer is needed.
#[test]
fn told_by_the_turn_that_finds_it() {
    let told = ["closed: transport close"];
    for input in [text("1"), masked(0x88, b"")] {
        let mut peer = Peer::socket(&quick()).joined();
        peer.feed(&input).unwrap();
        assert_eq!(peer.heard(), told);
    }
    let mut peer = Peer::polling(&quick()).joined();
    assert_eq!(peer.post("1"), ok("ok"));
    assert_eq!(peer.heard(), told);
    // Any byte at all lets what is due expire first, even half a head of a frame.
    let mut peer = Peer::socket(&quick()).joined();
    peer.now = ms(300);
    peer.feed(&[0x81]).unwrap();
    assert_eq!(peer.sent(), ["2"]);
    peer.now = ms(500);
    peer.feed(&[0x81]).unwrap();
    assert_eq!(peer.heard(), ["closed: ping timeout"]);
}

/// The first reason is the one told, and what is queued goes out before the close frame.
#[test]
fn the_first_end_counts() {
    let mut peer = Peer::socket(&quick()).joined();
    peer.text(r#"42["message",1]"#).unwrap();
    peer.session
        .close(peer.now, CloseReason::ServerShuttingDown);
    peer.session.close(peer.now, CloseReason::ForcedClose);
    peer.text("x").unwrap();
    peer.frame(0x88, b"").unwrap();
    let words = dead("twice", &mut peer, "server shutting down");
    assert_eq!(words, [r#"42["back",1]"#, "close 1000"]);
}

/// A client that never answers the close frame does not keep the socket for ever.
#[test]
fn a_close_frame_without_answer() {
    let mut peer = Peer::socket(&calm()).joined();
    let lane = peer.lane.unwrap();
    peer.session.close(peer.now, CloseReason::ForcedClose);
    peer.settle();
    assert_eq!(peer.sent(), ["close 1000"]);
    assert!(!peer.session.is_finished(lane));
    peer.advance_to(ms(30_000));
    assert!(peer.session.is_finished(lane));
    assert_eq!(peer.session.poll_timeout(), None);
    assert_eq!(peer.heard(), ["closed: forced close"]);
}
