//! Clients of Engine.IO v3 and revision 4 of Socket.IO, on every transport: they are in `/` unasked, bytes
//! carry a type digit, they need not ask for what is refused here, and leaving `/` is the end.

mod common;

use bytes::Bytes;
use common::{
    Answer, Peer, answer, calm, ms, ok, sid,
    wire::{binary, text},
};
use siox_engineio::{self as engineio, Handshake, Transport, Version};
use siox_socketio::{Encoded, Revision};
use siox_stack::{Config, Error, Machine, Session};
use siox_testkit::split::oracle;
use siox_wire::Admit;

fn handshake(transport: Transport) -> Handshake {
    Handshake {
        version: Version::V3,
        base64: true,
        ..Handshake::v4(transport)
    }
}

fn bytes(transport: Transport) -> Handshake {
    Handshake {
        base64: false,
        ..handshake(transport)
    }
}

/// Pings are the client's here, and none is missed.
fn config() -> Config {
    let engine = engineio::Config {
        allow_eio3: true,
        ..(**calm().engine()).clone()
    };
    Config::new(engine, (**calm().socket()).clone())
}

fn polling() -> Peer {
    let (session, response) =
        Session::polling_for(ms(0), &config(), sid(), &handshake(Transport::Polling));
    let (status, body) = answer(&response);
    assert!(status == 200 && body.contains(":0{"), "{status} {body}");
    Peer::of_v3(session, None)
}

fn socket() -> Peer {
    let (session, lane) =
        Session::socket_for(ms(0), &config(), sid(), &bytes(Transport::WebSocket));
    let mut peer = Peer::of_v3(session, Some(lane));
    assert!(peer.sent()[0].starts_with("0{"));
    peer
}

fn upgraded() -> Peer {
    let (session, _) = Session::polling_for(ms(0), &config(), sid(), &bytes(Transport::Polling));
    let mut peer = Peer::of_v3(session, None);
    peer.upgrade();
    peer
}

/// Each transport, in `/`.
fn every() -> [(&'static str, Peer); 3] {
    [
        ("polling", polling()),
        ("socket", socket()),
        ("upgraded", upgraded()),
    ]
    .map(|(name, mut peer)| {
        peer.settle();
        assert_eq!(peer.session.revision(), Revision::V4, "{name}");
        let mut heard = peer.heard();
        heard.retain(|line| line != "upgraded");
        assert_eq!(heard, ["connect /"], "{name}");
        assert_eq!(fetch(&mut peer), ["40"], "{name}");
        (name, peer)
    })
}

/// A payload of texts.
fn payload(packets: &[&str]) -> String {
    let counted = |p: &&str| format!("{}:{p}", p.encode_utf16().count());
    packets.iter().map(counted).collect()
}

fn say(peer: &mut Peer, packet: &str) -> Result<(), Answer> {
    match peer.lane {
        Some(_) => peer.text(packet).map_err(|e| (0, format!("{e:?}"))),
        None => match peer.post(&payload(&[packet])) {
            (200, _) => Ok(()),
            other => Err(other),
        },
    }
}

/// What the client gets of what waits.
fn fetch(peer: &mut Peer) -> Vec<String> {
    if peer.lane.is_some() {
        return peer.sent();
    }
    let Ok((200, body)) = peer.poll() else {
        panic!("nothing to fetch")
    };
    let (mut rest, mut packets) = (&body[..], Vec::new());
    while let Some((len, behind)) = rest.split_once(':') {
        let (packet, others) = behind.split_at(len.parse().unwrap());
        packets.push(packet.to_owned());
        rest = others;
    }
    packets
}

#[test]
fn it_is_in_the_main_namespace_before_it_speaks() {
    // Whatever comes first, the CONNECT is told before it.
    let mut peer = polling();
    assert_eq!(peer.post(&payload(&["2", r#"42["message",1]"#])), ok("ok"));
    assert_eq!(
        peer.heard(),
        ["connect /", r#"event / ["message",1]"#],
        "a POST"
    );
    assert_eq!(fetch(&mut peer), ["40", "3", r#"42["back",1]"#]);

    let mut peer = socket();
    peer.text(r#"42["message",1]"#).unwrap();
    assert_eq!(peer.heard(), ["connect /", r#"event / ["message",1]"#]);
    assert_eq!(peer.sent(), ["40", r#"42["back",1]"#]);
}

#[test]
fn namespaces_their_queries_and_refusals() {
    for (name, mut peer) in every() {
        for (packet, heard, answers) in [
            ("40/custom,", "connect /custom", &["40/custom,"][..]),
            (
                "40/abc?a=b&c=%26,",
                r#"connect /abc?a=b&c=%26 {"a":"b","c":"&"}"#,
                &["40/abc,"],
            ),
            (
                r#"42/abc,["message",1]"#,
                r#"event /abc ["message",1]"#,
                &[r#"42/abc,["back",1]"#],
            ),
            (
                "40/nowhere",
                "connect /nowhere",
                &[r#"44/nowhere,{"message":"Invalid namespace"}"#],
            ),
            ("40/no", "connect /no", &[r#"44/no,"no""#]),
        ] {
            say(&mut peer, packet).unwrap();
            assert_eq!(peer.heard(), [heard], "{name} {packet}");
            assert_eq!(fetch(&mut peer), answers, "{name} {packet}");
        }
        say(&mut peer, "41/custom").unwrap();
        assert_eq!(
            peer.heard(),
            ["left /custom: client namespace disconnect"],
            "{name}"
        );
        say(&mut peer, r#"42["message",2]"#).unwrap();
        assert_eq!(fetch(&mut peer), [r#"42["back",2]"#], "{name}");
    }
}

#[test]
fn attachments_carry_a_type_on_a_socket_and_base64_by_polling() {
    const TEXT: &str = r#"451-["message",{"_placeholder":true,"num":0}]"#;
    const BACK: &str = r#"451-["back",{"_placeholder":true,"num":0}]"#;
    for (name, mut peer) in every() {
        say(&mut peer, TEXT).unwrap();
        let sent = match peer.lane {
            Some(_) => {
                peer.feed(&binary(&[4, 1, 2, 3])).unwrap();
                "<04010203>"
            }
            None => {
                assert_eq!(peer.post("6:b4AQID"), ok("ok"));
                "b4AQID"
            }
        };
        assert_eq!(fetch(&mut peer), [BACK, sent], "{name}");
    }
}

#[test]
fn acks_go_both_ways() {
    for (name, mut peer) in every() {
        say(&mut peer, r#"427["ask",1]"#).unwrap();
        assert_eq!(fetch(&mut peer), ["437[1]", r#"421["asked",1]"#], "{name}");
        peer.heard();
        say(&mut peer, "431[2]").unwrap();
        assert_eq!(peer.heard(), ["ack /#1 [2]"], "{name}");
    }
}

#[test]
fn leaving_the_main_namespace_is_the_end() {
    for (name, mut peer) in every() {
        say(&mut peer, "41").unwrap();
        let bye = match peer.lane {
            Some(_) => "close 1000",
            None => "1",
        };
        assert_eq!(fetch(&mut peer), [bye], "{name}");
        peer.settle();
        assert_eq!(
            peer.heard(),
            [
                "left /: client namespace disconnect",
                "closed: forced close"
            ],
            "{name}"
        );
        peer.advance_to(ms(10_000_000));
        assert_eq!(peer.session.poll_timeout(), None, "{name}");
    }
    // Not while it is in another.
    for (name, mut peer) in every() {
        say(&mut peer, "40/a,").unwrap();
        say(&mut peer, "41").unwrap();
        say(&mut peer, r#"42/a,["message",1]"#).unwrap();
        assert!(!peer.session.is_closed(), "{name}");
        assert_eq!(fetch(&mut peer), ["40/a,", r#"42/a,["back",1]"#], "{name}");
        say(&mut peer, "41/a,").unwrap();
        assert!(peer.session.is_closed(), "{name}");
    }
}

/// Class E of hostile input in the form of revision 4.
#[test]
fn what_ends_the_session() {
    let long = format!("40/{},", "a".repeat(256));
    let query = format!("40/a?{},", "a".repeat(8193));
    for (packet, reason) in [
        ("4", "parse error"),
        ("47", "parse error"),
        ("4abc", "parse error"),
        ("42", "parse error"),
        ("42{}", "parse error"),
        (r#"42["connect"]"#, "parse error"),
        ("450-[]", "parse error"),
        ("4511-[]", "parse error"),
        (r#"42 1["x"]"#, "parse error"),
        ("40/a,1", "parse error"),
        ("40/a?b,{", "parse error"),
        (&long, "parse error"),
        (&query, "parse error"),
        ("40", "forced close"),
        ("40/?a=b", "forced close"),
        (r#"44"x""#, "forced close"),
        (r#"42/a,["x"]"#, "forced close"),
        (r#"42/a?b,["x"]"#, "forced close"),
        ("41/a,", "forced close"),
    ] {
        for (name, mut peer) in every() {
            assert!(say(&mut peer, packet).is_err(), "{name} {packet}");
            peer.settle();
            let told = format!("closed: {reason}");
            assert_eq!(peer.heard(), [told], "{name} {packet}");
        }
    }
}

#[test]
fn what_is_merely_useless() {
    for (name, mut peer) in every() {
        for packet in ["431[]", "43999[]"] {
            assert_eq!(say(&mut peer, packet), Ok(()), "{name} {packet}");
        }
        // The server has removed it, and its packets have crossed.
        say(&mut peer, "40/a?x=1,").unwrap();
        say(&mut peer, r#"42/a,["leave"]"#).unwrap();
        peer.heard();
        for packet in [r#"42/a,["x"]"#, r#"42/a?x=1,["x"]"#, "43/a,1[]", "41/a"] {
            assert_eq!(say(&mut peer, packet), Ok(()), "{name} {packet}");
        }
        assert_eq!(peer.heard(), [""; 0], "{name}");
        assert_eq!(fetch(&mut peer), ["40/a,", "41/a,"], "{name}");
    }
}

/// One group of messages, for clients of both revisions.
#[test]
fn a_broadcast_reaches_both_revisions() {
    let blob = Bytes::from_static(b"\x01\x02");
    let event = Encoded::event("news", &("x", blob)).unwrap();
    let group = siox_socketio::shared("/", &event, None);
    let text = r#"451-["news","x",{"_placeholder":true,"num":0}]"#;
    let old = every().map(|(_, peer)| peer);
    let new = Peer::every(&calm()).map(|(_, peer)| peer.joined());
    let attachments = [
        "b4AQI=", "<040102>", "<040102>", "bAQI=", "<0102>", "<0102>",
    ];
    for (mut peer, attachment) in old.into_iter().chain(new).zip(attachments) {
        let slot = peer.app.slot();
        peer.session.broadcast(slot, &group, Admit::Owed).unwrap();
        let fetched = match peer.session.revision() {
            Revision::V4 => fetch(&mut peer),
            Revision::V5 => peer.fetch(),
        };
        assert_eq!(fetched, [text, attachment]);
    }
}

/// All that comes of a run.
#[derive(Debug, PartialEq)]
struct Outcome {
    heard: Vec<String>,
    sent: Vec<u8>,
    error: Option<Error>,
}

#[test]
fn however_its_bytes_are_cut() {
    let frames = [
        text(r#"42["message","𝄞"]"#),
        text("40/abc?token=%C3%A9,"),
        text(r#"451-/abc,3["message",{"_placeholder":true,"num":0}]"#),
        binary(&[4, 1, 2]),
        text("2probe"),
        text("41"),
        text("41/abc,"),
        text(r#"42["message","late"]"#),
    ]
    .concat();
    let outcome = oracle(&frames, |pieces| {
        let mut peer = socket();
        let error = pieces.iter().find_map(|piece| peer.feed(piece).err());
        peer.settle();
        Outcome {
            heard: peer.heard(),
            sent: peer.written(),
            error,
        }
    });
    assert_eq!(
        outcome.heard,
        [
            "connect /",
            r#"event / ["message","𝄞"]"#,
            r#"connect /abc?token=%C3%A9 {"token":"é"}"#,
            r#"event /abc#3 ["message",{"_placeholder":true,"num":0}] <0102>"#,
            "left /: client namespace disconnect",
            "left /abc: client namespace disconnect",
            "closed: forced close",
        ]
    );
    assert_eq!(outcome.error, None);
}
