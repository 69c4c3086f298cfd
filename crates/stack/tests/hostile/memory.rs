//! The memory rule for packets of Socket.IO, class by class: while under attack a session holds at most twice what
//! it received and 16 KiB, on either transport and however the bytes are cut; when it has ended and its goodbye is
//! fetched, no more than before the attack. The application takes every event, and keeps none.

use crate::common::{
    Peer, calm, ms,
    wire::{binary, text},
};
use siox_engineio::Payload;
use siox_socketio::MessagePack;
use siox_stack::Machine;
use siox_testkit::alloc::{allowance, measure};
use siox_wire::Input;
use std::sync::Arc;

/// A message of the hostile client; of bytes, that many zeros.
enum Said {
    Text(String),
    Zeros(usize),
}

use Said::{Text, Zeros};

fn texts(all: impl IntoIterator<Item = impl Into<String>>) -> Vec<Said> {
    all.into_iter().map(|one| Text(one.into())).collect()
}

impl Said {
    fn frame(&self) -> Vec<u8> {
        match self {
            Text(packet) => text(packet),
            Zeros(n) => binary(&vec![0; *n]),
        }
    }

    /// As a body of Engine.IO v4 has it.
    fn packet(&self) -> String {
        match self {
            Text(packet) => packet.clone(),
            Zeros(n) => format!("b{}", "A".repeat(n / 3 * 4)),
        }
    }
}

/// By class, and whether it ends the session.
fn attacks() -> Vec<(&'static str, bool, Vec<Said>)> {
    let long = |byte: &str| byte.repeat(100_000);
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let hole = |num: &str| format!(r#"{{"_placeholder":true,"num":{num}}}"#);
    vec![
        ("E1 no type", true, texts([format!("47{}", long("x"))])),
        (
            "E1 not a number",
            true,
            texts([format!("4NaN{}", long("N"))]),
        ),
        (
            "E2 never sent",
            false,
            texts([format!(r#"459-["x",{}]"#, hole("0"))]),
        ),
        (
            "E2 all but the last",
            false,
            std::iter::once(Text(format!(r#"459-["x",{}]"#, hole("0"))))
                .chain((0..8).map(|_| Zeros(9_000)))
                .collect(),
        ),
        ("E3 digits", true, texts([format!("45{}-[]", long("9"))])),
        (
            "E3 too many",
            true,
            texts([format!("459999-[{}]", long("1"))]),
        ),
        (
            "E4 one that is not there",
            true,
            texts([format!(
                r#"451-["x",{}{}]"#,
                format!("{},", hole("0")).repeat(2_000),
                hole("5")
            )]),
        ),
        (
            "E5 text amid attachments",
            true,
            vec![
                Text(format!(r#"452-["x",{},{}]"#, hole("0"), hole("1"))),
                Zeros(90_000),
                Text(r#"42["x"]"#.to_owned()),
            ],
        ),
        ("E5 bytes for nobody", true, vec![Zeros(90_000)]),
        (
            "E6 an object",
            true,
            texts([format!(r#"42[{{"a":"{}"}}]"#, long("x"))]),
        ),
        (
            "E7 reserved",
            true,
            texts([format!(r#"42["connect","{}"]"#, long("x"))]),
        ),
        ("E8 nothing", true, texts(["42"])),
        (
            "E9 digits",
            true,
            texts([format!(r#"42{}["x"]"#, long("9"))]),
        ),
        (
            "E10 for nobody",
            false,
            texts((0..10_000).map(|n| format!("43{n}[\"{n}\"]"))),
        ),
        ("E11 twice", true, texts(["40/later,", "40/later,"])),
        (
            "E12 very many",
            false,
            texts((0..5_000).map(|n| format!("40/nowhere-{n},"))),
        ),
        (
            "E12 a long name",
            true,
            texts([format!("40/{},", long("x"))]),
        ),
        (
            "E12 a long query",
            true,
            texts([format!("40/a?{},", long("x"))]),
        ),
        (
            "E13 deep",
            true,
            texts([format!(r#"42["x",{}]"#, nested(50_000))]),
        ),
        (
            "E13 as deep as may be, often",
            false,
            texts((0..300).map(|_| format!(r#"42["x",{}]"#, nested(127)))),
        ),
        (
            "E14 odd values",
            false,
            texts([format!(
                r#"42["x",{{{}"__proto__":1e999}}]"#,
                r#""a":"\ud800","#.repeat(5_000)
            )]),
        ),
    ]
}

/// Bytes of a WebSocket in pieces, or a body; the application drops what it gets.
fn attack(peer: &mut Peer, pieces: std::slice::ChunksMut<'_, u8>) {
    let Some(lane) = peer.lane else {
        let lane = peer.begin_post();
        for body in pieces {
            let mut payload = Payload::new(body);
            let result = loop {
                match peer.session.handle_body(ms(0), lane, &mut payload) {
                    Ok(Some(event)) => drop(event),
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            drop(peer.session.finish_post(lane, result));
        }
        return;
    };
    for piece in pieces {
        let mut input = Input::new(ms(0), piece);
        while let Ok(Some(event)) = peer.session.handle_input(lane, &mut input) {
            drop(event);
        }
    }
}

/// The rule, for one way to be attacked.
fn holds_little(name: &str, mut peer: Peer, mut bytes: Vec<u8>, size: usize, fatal: bool) {
    let received = bytes.len();
    let ((), usage) = measure(|| attack(&mut peer, bytes.chunks_mut(size)));
    // What waits to be read has caps of its own, and room that doubles as it grows.
    let waits = 2 * isize::try_from(peer.session.engine().queued()).unwrap();
    assert!(
        usage.peak <= allowance(received) + waits,
        "{name} in {size}: {usage:?} of {received}"
    );
    let ((), rest) = measure(|| {
        peer.settle();
        match peer.lane {
            Some(_) => drop(peer.written()),
            None => drop(peer.get()),
        }
        peer.app = crate::common::app::App::default();
    });
    assert_eq!(peer.session.is_closed(), fatal, "{name} in {size}");
    if fatal {
        let left = usage.kept + rest.kept;
        assert!(left <= 0, "{name} in {size}: {left} bytes are left");
    }
}

#[test]
fn whatever_class_of_packet() {
    for (name, fatal, said) in attacks() {
        let frames: Vec<u8> = said.iter().flat_map(Said::frame).collect();
        for size in [1, 7, 1000, usize::MAX] {
            // Byte by byte only what is short.
            if size > 1 || frames.len() < 10_000 {
                let peer = Peer::upgraded(&calm()).joined();
                holds_little(name, peer, frames.clone(), size, fatal);
            }
        }
        let packets: Vec<String> = said.iter().map(Said::packet).collect();
        let body = packets.join("\x1e").into_bytes();
        let peer = Peer::polling(&calm()).joined();
        holds_little(name, peer, body, usize::MAX, fatal);
    }
}

/// E19: lengths that are declared and nothing behind them, and nesting without end. What is taken becomes JSON,
/// which is bounded by what was received too ([`MessagePack`]).
#[test]
fn messagepack() {
    let packets = siox_socketio::Config {
        parser: Some(Arc::new(MessagePack::default())),
        ..(**calm().socket()).clone()
    };
    let config = siox_stack::Config::new((**calm().engine()).clone(), packets);
    // {type: 2, nsp: "/", data: ["e", ..
    let event = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data";
    for (name, value) in [
        ("2^32 elements", b"\xdd\xff\xff\xff\xff\xa1e".to_vec()),
        ("2^32 members", b"\xdf\xff\xff\xff\xff\xa1e".to_vec()),
        ("2^32 bytes", b"\x92\xa1e\xc6\xff\xff\xff\xff".to_vec()),
        (
            "an extension",
            b"\x92\xa1e\xc9\xff\xff\xff\xff\x05".to_vec(),
        ),
        ("deep", [&b"\x92\xa1e"[..], &[0x91; 100_000]].concat()),
        (
            "deep maps",
            [&b"\x92\xa1e"[..], &b"\x81\xa1a".repeat(30_000)].concat(),
        ),
    ] {
        let connect = binary(b"\x82\xa4type\x00\xa3nsp\xa1/");
        let bytes = binary(&[&event[..], &value].concat());
        for size in [7, 1000, usize::MAX] {
            let mut peer = Peer::socket(&config);
            peer.feed(&connect).unwrap();
            peer.written();
            peer.app = crate::common::app::App::default();
            holds_little(name, peer, bytes.clone(), size, true);
        }
    }
}
