//! Frames, and Engine.IO packets in them: the close frame, and the end that the application is told.

use crate::common::{
    Peer, calm, ms, quick,
    wire::{masked, text},
};
use siox_stack::Machine;
use siox_testkit::alloc::{allowance, measure};

/// What a client sent after joining `/`, on a session opened by a WebSocket and on an upgraded one; what
/// it is sent, and what is told. A good event behind the bad bytes is never delivered.
fn row(name: &str, bytes: &[u8], close: &str, told: &str) {
    for peer in [Peer::socket(&calm()), Peer::upgraded(&calm())] {
        let mut peer = peer.joined();
        peer.heard();
        let all = [bytes, &text(r#"42["message",1]"#)].concat();
        let _ = peer.feed(&all);
        peer.settle();
        assert_eq!(peer.sent(), [close], "{name}");
        assert_eq!(peer.heard(), [told], "{name}");
        let _ = peer.feed(&text(r#"42["message",2]"#));
        peer.settle();
        assert_eq!((peer.sent(), peer.heard()), (vec![], vec![]), "{name}");
    }
}

#[test]
fn broken_frames() {
    let error = "closed: transport error";
    for (name, bytes, close) in [
        (
            "reserved bit 1",
            masked(0xc1, b"4"),
            "close 1002 reserved bit set",
        ),
        (
            "reserved bit 2",
            masked(0xa1, b"4"),
            "close 1002 reserved bit set",
        ),
        (
            "reserved bit 3",
            masked(0x91, b"4"),
            "close 1002 reserved bit set",
        ),
        (
            "reserved opcode",
            masked(0x83, b"4"),
            "close 1002 reserved opcode",
        ),
        (
            "unmasked",
            b"\x81\x0142".to_vec(),
            "close 1002 frame not masked",
        ),
        (
            "fragmented ping",
            masked(0x09, b""),
            "close 1002 fragmented control frame",
        ),
        (
            "long ping",
            masked(0x89, &[0; 126]),
            "close 1002 control frame too long",
        ),
        (
            "stray continuation",
            masked(0x80, b"4"),
            "close 1002 continuation without a message",
        ),
        (
            "message inside a message",
            [masked(0x01, b"4"), masked(0x81, b"4")].concat(),
            "close 1002 new message inside another",
        ),
        (
            "invalid UTF-8",
            masked(0x81, b"42[\"\xed\xa0\x80\"]"),
            "close 1007 invalid UTF-8",
        ),
        (
            "invalid UTF-8 over fragments, told at the first bad byte",
            [masked(0x01, b"42[\"\xf0\x9f"), masked(0x00, b"\x20")].concat(),
            "close 1007 invalid UTF-8",
        ),
        (
            "close code 1005",
            masked(0x88, b"\x03\xed"),
            "close 1002 invalid close code",
        ),
        (
            "half a close code",
            masked(0x88, b"\x03"),
            "close 1002 close payload of one byte",
        ),
        (
            "bad close reason",
            masked(0x88, b"\x03\xe8\xff"),
            "close 1007 invalid UTF-8 in close reason",
        ),
        (
            "length not minimal",
            b"\x81\xfe\x00\x01".to_vec(),
            "close 1002 payload length not minimal",
        ),
        (
            "length beyond 63 bits",
            b"\x81\xff\x80\0\0\0\0\0\0\0".to_vec(),
            "close 1002 payload length beyond 63 bits",
        ),
        (
            "length beyond the limit",
            b"\x82\xff\0\0\0\0\0\x0f\x42\x41".to_vec(),
            "close 1009 message too big",
        ),
        (
            "fragments",
            [masked(0x01, b""), masked(0x00, b"").repeat(20_000)].concat(),
            "close 1008 too many fragments",
        ),
    ] {
        row(name, &bytes, close, error);
    }
}

#[test]
fn broken_packets() {
    let (parse, error) = ("closed: parse error", "closed: transport error");
    for (packet, told) in [
        ("", parse),
        ("x", parse),
        ("7", parse),
        ("é", parse),
        ("b!!", parse),
        ("2", error),
        ("2probe", error),
        ("1", "closed: transport close"),
    ] {
        row(packet, &text(packet), "close 1000", told);
    }
    row(
        "binary for nobody",
        &masked(0x82, b"x"),
        "close 1000",
        parse,
    );
}

/// What a client has no use for is ignored, as the reference does.
#[test]
fn packets_without_effect() {
    let mut peer = Peer::socket(&calm()).joined();
    for packet in ["0{}", "5", "6", "3", "3probe", "6x"] {
        peer.text(packet).unwrap();
    }
    peer.text(r#"42["message",1]"#).unwrap();
    assert_eq!(peer.sent(), [r#"42["back",1]"#]);
}

#[test]
fn a_flood_of_pings() {
    let mut peer = Peer::socket(&calm()).joined();
    let pings = masked(0x89, b"x").repeat(1000);
    let ((), usage) = measure(|| peer.feed(&pings).unwrap());
    assert!(usage.peak <= allowance(pings.len()), "{usage:?}");
    assert_eq!(peer.sent().len(), 16, "more pongs wait than the limit");
    // The newest answer waited for room.
    assert_eq!(peer.sent(), ["pong x"]);
    // More than a thousand within a second, and no data between them.
    let more = [text("3"), masked(0x89, b"").repeat(1001)].concat();
    assert!(peer.feed(&more).is_err());
    peer.settle();
    let close = "close 1008 too many control frames";
    assert_eq!(peer.sent().last().map(String::as_str), Some(close));
    assert_eq!(peer.heard().last().unwrap(), "closed: transport error");
}

/// Pongs that nobody asked for change nothing; a pong moves the next ping to one interval from now.
#[test]
fn a_flood_of_pongs() {
    for packet in ["3", "6", r#"42["x"]"#] {
        let mut peer = Peer::socket(&quick()).joined();
        peer.now = ms(250);
        peer.feed(&text(packet).repeat(10_000)).unwrap();
        assert_eq!(peer.session.poll_timeout(), Some(ms(300)), "{packet}");
    }
    let mut peer = Peer::socket(&quick()).joined();
    peer.advance_to(ms(310));
    assert_eq!(peer.sent(), ["2"]);
    peer.feed(&text("3").repeat(10_000)).unwrap();
    assert_eq!(peer.session.poll_timeout(), Some(ms(610)));
    peer.now = ms(400);
    peer.feed(&text("3").repeat(10_000)).unwrap();
    assert_eq!(peer.session.poll_timeout(), Some(ms(610)));
}

/// Memory follows the bytes received, through all layers, however they are cut. Beside it is what waits
/// to be read, which has its own caps and whose room doubles as it grows.
#[test]
fn memory_follows_what_was_received() {
    let depth = "[".repeat(100);
    let event = format!(r#"42["x",{depth}1{}]"#, "]".repeat(100));
    for (name, bytes) in [
        (
            "declared, not sent",
            b"\x82\xff\0\0\0\0\0\x0f\x42\x40\0\0\0\0abc".to_vec(),
        ),
        (
            "empty fragments",
            [masked(0x02, b""), masked(0x00, b"").repeat(10_000)].concat(),
        ),
        (
            "fragments of a byte",
            [masked(0x01, b"4"), masked(0x00, b"x").repeat(10_000)].concat(),
        ),
        ("events", text(&event).repeat(1000)),
        ("half an event", text(&event.repeat(300))[..50_000].to_vec()),
        (
            "attachments pending",
            [
                text(r#"459-["x",{"_placeholder":true,"num":0}]"#),
                masked(0x82, &[1; 900]).repeat(8),
            ]
            .concat(),
        ),
        (
            "namespaces",
            (0..5000)
                .flat_map(|n| text(&format!("40/later{n},")))
                .collect(),
        ),
        ("answers nobody owes", text("43999[]").repeat(5000)),
    ] {
        for size in [1, 7, 1000, bytes.len()] {
            let config = calm();
            let mut peer = Peer::socket(&config).joined();
            let lane = peer.lane.unwrap();
            let mut copy = bytes.clone();
            let ((), usage) = measure(|| {
                for piece in copy.chunks_mut(size) {
                    let mut input = siox_wire::Input::new(ms(0), piece);
                    while let Ok(Some(event)) = peer.session.handle_input(lane, &mut input) {
                        drop(event);
                    }
                }
            });
            let waits = 2 * isize::try_from(peer.session.engine().queued()).unwrap();
            assert!(
                usage.peak <= allowance(bytes.len()) + waits,
                "{name} in {size}: {usage:?}"
            );
        }
    }
}
