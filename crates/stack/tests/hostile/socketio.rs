//! Socket.IO packets, over each transport: what is no packet ends the session with `parse error`, what comes
//! at the wrong time with `forced close`, and what is merely useless is ignored.

use crate::common::{Peer, bad_request, calm, ms, unknown_sid};
use siox_socketio::{self as socketio, Encoded};
use siox_stack::{Error, Machine};
use siox_wire::{Admit, SendError};
use std::time::Duration;

/// A packet after joining `/` that ends the session, since it is none.
fn fatal(packets: &[&str]) {
    fatal_for("parse error", packets);
}

/// A packet after joining `/` that ends the session, since a client may not send it now.
fn untimely(packets: &[&str]) {
    fatal_for("forced close", packets);
}

fn fatal_for(reason: &str, packets: &[&str]) {
    for (name, peer) in Peer::every(&calm()) {
        let mut peer = peer.joined();
        peer.heard();
        let (last, before) = packets.split_last().unwrap();
        for packet in before {
            assert_eq!(peer.say(packet), Ok(()), "{name} {packet}");
        }
        refused(name, peer, last, reason);
    }
}

fn refused(name: &str, mut peer: Peer, packet: &str, reason: &str) {
    let shown = &packet[..packet.len().min(100)];
    match peer.lane {
        Some(_) => {
            let failed = peer.text(packet);
            assert!(
                matches!(failed, Err(Error::Socket(_))),
                "{name} {shown}: {failed:?}"
            );
            assert_eq!(
                peer.sent().last().map(String::as_str),
                Some("close 1000"),
                "{name} {shown}"
            );
        }
        None => {
            assert_eq!(peer.post(packet), bad_request(), "{name} {shown}");
            assert_eq!(peer.poll(), Ok(unknown_sid()), "{name} {shown}");
        }
    }
    peer.settle();
    assert_eq!(
        peer.heard().last().unwrap(),
        &format!("closed: {reason}"),
        "{name} {shown}"
    );
    peer.advance_to(ms(10_000_000));
    assert_eq!(peer.session.poll_timeout(), None, "{name} {shown}");
    assert_eq!(peer.heard(), [""; 0], "{name} {shown}");
}

/// Packets after joining `/` that have no effect but what is told; the session lives on.
fn harmless(packets: &[&str], heard: &[&str], answers: &[&str]) {
    for (name, peer) in Peer::every(&calm()) {
        let mut peer = peer.joined();
        peer.heard();
        for packet in packets {
            assert_eq!(peer.say(packet), Ok(()), "{name} {packet}");
        }
        assert_eq!(peer.heard(), heard, "{name} {packets:?}");
        let end = r#"42["message","end"]"#;
        peer.say(end).unwrap();
        let mut expected = answers.to_vec();
        expected.push(r#"42["back","end"]"#);
        assert_eq!(peer.fetch(), expected, "{name} {packets:?}");
    }
}

#[test]
fn what_is_no_packet() {
    for packet in ["4", "47", "4abc", "4NaN", "4-1", "4é"] {
        fatal(&[packet]);
    }
}

#[test]
fn counts_of_attachments() {
    for count in [
        "0-",
        "11-",
        "99999999999999999999-",
        "1e0-",
        "0x1-",
        "2.0-",
        " 1-",
        "-1-",
        "+1-",
        "01-",
        "",
        "1",
        "-",
        "1a-",
        "51.23-",
    ] {
        fatal(&[&format!(
            r#"45{count}["x",{{"_placeholder":true,"num":0}}]"#
        )]);
        fatal(&[&format!(r#"46{count}1[{{"_placeholder":true,"num":0}}]"#)]);
    }
    // The limit binds the application too.
    let many: Vec<_> = (0..11).map(|_| bytes::Bytes::from_static(b"x")).collect();
    let event = Encoded::event("e", &(many,)).unwrap();
    for (name, peer) in Peer::every(&calm()) {
        let mut peer = peer.joined();
        let slot = peer.app.slot();
        let sent = peer.session.emit(slot, &event, Admit::Normal);
        assert_eq!(sent, Err(SendError::Attachments { limit: 10 }), "{name}");
        assert_eq!(peer.session.engine().queued(), 0, "{name}");
    }
}

#[test]
fn placeholders() {
    for num in [
        "-1",
        "1",
        "5",
        r#""splice""#,
        "0.5",
        "null",
        "1e999",
        "18446744073709551616",
    ] {
        fatal(&[&format!(r#"451-["x",{{"_placeholder":true,"num":{num}}}]"#)]);
    }
    fatal(&[r#"451-["x",{"_placeholder":true}]"#]);
}

#[test]
fn attachments_out_of_place() {
    let pending = r#"451-["x",{"_placeholder":true,"num":0}]"#;
    fatal(&[pending, r#"42["message",1]"#]);
    fatal(&[pending, "40/a,"]);
    fatal(&[pending, pending]);
    for (name, peer) in Peer::every(&calm()) {
        let mut peer = peer.joined();
        match peer.lane {
            Some(_) => assert!(peer.frame(0x82, b"x").is_err(), "{name}"),
            None => assert_eq!(peer.post("bAQID"), bad_request(), "{name}"),
        }
        peer.settle();
        assert_eq!(
            peer.heard().last().unwrap(),
            "closed: parse error",
            "{name}"
        );
    }
}

/// An attachment that is announced and never sent: its time runs out, and bytes received put that off.
#[test]
fn attachments_never_sent() {
    let mut config = (**calm().socket()).clone();
    config.attachments_deadline = Duration::from_millis(100);
    let config = siox_stack::Config::new((**calm().engine()).clone(), config);
    let late = Error::Socket(socketio::Error::AttachmentsTimeout);
    for (name, peer) in Peer::every(&config) {
        let mut peer = peer.joined();
        peer.heard();
        peer.say(r#"451-["x",{"_placeholder":true,"num":0}]"#)
            .unwrap();
        peer.now = ms(90);
        if peer.lane.is_some() {
            peer.feed(&[0x82, 0x85, 0, 0, 0, 0, 1]).unwrap();
            assert_eq!(peer.session.poll_timeout(), Some(ms(190)), "{name}");
            peer.now = ms(180);
            peer.feed(&[2]).unwrap();
        }
        let due = peer.session.poll_timeout().unwrap();
        assert!(due <= ms(280), "{name}");
        assert_eq!(peer.advance_to(due), [late], "{name}");
        assert_eq!(peer.heard(), ["closed: parse error"], "{name}");
    }
}

#[test]
fn events() {
    for args in [
        "", "[]", "{}", "null", "[null]", "[{}]", "[true]", "[[]]", "abc", "[\"x\"", "[\"x\",]",
        "[\"x\"]x", "\"x\"",
    ] {
        fatal(&[&format!("42{args}")]);
    }
    for reserved in [
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "newListener",
        "removeListener",
    ] {
        fatal(&[&format!(r#"42["{reserved}"]"#)]);
        assert_eq!(Encoded::event(reserved, &()), Err(SendError::Reserved));
    }
    harmless(&["42[1,2]"], &["event / [1,2]"], &[]);
}

#[test]
fn ids_of_acknowledgements() {
    for id in [
        "9007199254740992",
        "999999999999999999999",
        " 1",
        "-1",
        "1.5",
        "1e3",
    ] {
        fatal(&[&format!(r#"42{id}["x"]"#)]);
        fatal(&[&format!("43{id}[]")]);
    }
    fatal(&["43[]"]);
    harmless(
        &[r#"429007199254740991["x"]"#],
        &[r#"event /#9007199254740991 ["x"]"#],
        &["439007199254740991[]"],
    );
    // For nobody, twice, and very many.
    harmless(&["431[]", "43999[]", "430[]"], &[], &[]);
    harmless(
        &[r#"42["ask"]"#, "431[1]", "431[2]", "431[3]"],
        &[r#"event / ["ask"]"#, "ack /#1 [1]"],
        &[r#"421["asked"]"#],
    );
}

#[test]
fn packets_of_a_server() {
    for packet in [r#"44{"message":"x"}"#, r#"44/a,{"message":"x"}"#] {
        untimely(&[packet]);
    }
}

#[test]
fn out_of_order() {
    untimely(&["40"]);
    untimely(&[r#"40/a,"#, r#"40/a,"#]);
    untimely(&["41/a"]);
    untimely(&[r#"42/a,["x"]"#]);
    untimely(&["43/a,1[]"]);
    untimely(&[r#"451-/a,["x",{"_placeholder":true,"num":0}]"#]);
    untimely(&["40/later,", r#"42/later,["x"]"#]);
    for packet in [r#"42["x"]"#, "431[]", "41", r#"42/a,["x"]"#] {
        for (name, peer) in Peer::every(&calm()) {
            refused(name, peer, packet, "forced close");
        }
    }
    for (name, peer) in Peer::every(&calm()) {
        refused(name, peer, "4abc", "parse error");
    }
}

/// A race that honest clients run into: the server has removed them, and their packets have crossed.
#[test]
fn packets_for_a_namespace_just_left() {
    harmless(
        &[
            "40/a,",
            r#"42/a,["leave"]"#,
            r#"42/a,["message",1]"#,
            "43/a,1[]",
            "41/a",
        ],
        &["connect /a", r#"event /a ["leave"]"#],
        &[r#"40/a,{"sid":"s"}"#, "41/a,"],
    );
}

#[test]
fn namespaces() {
    harmless(
        &["40/nowhere,", "40/nowhere,{}", "40/nowhere?token=x,"],
        &[
            "connect /nowhere",
            "connect /nowhere {}",
            "connect /nowhere?token=x",
        ],
        &[
            r#"44/nowhere,{"message":"Invalid namespace"}"#,
            r#"44/nowhere,{"message":"Invalid namespace"}"#,
            r#"44/nowhere?token=x,{"message":"Invalid namespace"}"#,
        ],
    );
    fatal(&[&format!("40/{},", "a".repeat(256))]);
    fatal(&[&format!("40/{},", "a".repeat(500_000))]);
    fatal(&["40/a,[]"]);
    fatal(&["40/a,1"]);
    fatal(&["40/a,{"]);
    for (name, peer) in Peer::every(&calm()) {
        let mut peer = peer.joined();
        for n in 1..64 {
            peer.say(&format!("40/{n},")).unwrap();
        }
        assert_eq!(peer.fetch().len(), 63, "{name}");
        for n in 64..200 {
            peer.say(&format!("40/{n},")).unwrap();
        }
        let refusals = peer.fetch();
        assert_eq!(refusals.len(), 136, "{name}");
        assert_eq!(
            refusals[0], r#"44/64,{"message":"Too many namespaces"}"#,
            "{name}"
        );
        peer.say(r#"42["message",1]"#).unwrap();
        assert_eq!(peer.fetch(), [r#"42["back",1]"#], "{name}");
    }
}

#[test]
fn deep_json() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for depth in [129, 1000, 50_000, 490_000] {
        fatal(&[&format!(r#"42["message",{}]"#, nested(depth))]);
        fatal(&[&format!(r#"40/a,{{"a":{}}}"#, nested(depth))]);
    }
    let deep = nested(120);
    harmless(
        &[&format!(r#"42["message",{deep}]"#)],
        &[&format!(r#"event / ["message",{deep}]"#)],
        &[&format!(r#"42["back",{deep}]"#)],
    );
}

/// What JSON allows passes through as it came.
#[test]
fn odd_json() {
    for odd in [
        "1e999",
        "-0",
        "123456789012345678901234567890",
        r#""\ud800""#,
        r#"{"a":1,"a":2}"#,
        r#"{"__proto__":{"x":1}}"#,
        r#""\u0000""#,
    ] {
        harmless(
            &[&format!(r#"42["message",{odd}]"#)],
            &[&format!(r#"event / ["message",{odd}]"#)],
            &[&format!(r#"42["back",{odd}]"#)],
        );
    }
}
