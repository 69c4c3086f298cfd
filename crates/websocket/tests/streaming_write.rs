//! Messages written in fragments: the frames on the wire, and what may not be sent between them.

mod common;

use bytes::Bytes;
use common::*;
use proptest::prelude::*;
use siox_websocket::{CloseCode, Connection, Error, Event, Limits, frame::Role};
use siox_wire::{Admit, Instant, Lead, Part, SendError, Shared, Sink};
use std::io::{self, Read, Write};
use tungstenite::{WebSocket, protocol::Role as TheirRole};

fn both() -> [Connection; 2] {
    [server(&Limits::default()), client(&Limits::default())]
}

#[test]
fn each_write_is_one_fragment_and_finish_the_last() {
    for mut machine in both() {
        machine.begin_text().unwrap();
        assert!(machine.is_writing() && machine.queued() == 0);
        machine.write(b"a").unwrap();
        machine.write(b"").unwrap();
        machine.write(&[b'b'; 300]).unwrap();
        machine.finish(b"").unwrap();
        machine.begin_binary().unwrap();
        machine.write(b"\xff").unwrap();
        machine.finish(b"end").unwrap();
        machine.begin_binary().unwrap();
        machine.finish(b"at once").unwrap();
        machine.begin_text().unwrap();
        machine.finish(b"").unwrap();
        assert!(!machine.is_writing());
        machine.text("whole").unwrap();
        let expected: [(u8, &[u8]); 8] = [
            (TEXT, b"a"),
            (CONTINUATION, &[b'b'; 300]),
            (FIN | CONTINUATION, b""),
            (BINARY, b"\xff"),
            (FIN | CONTINUATION, b"end"),
            (FIN | BINARY, b"at once"),
            (FIN | TEXT, b""),
            (FIN | TEXT, b"whole"),
        ];
        assert_eq!(
            frames(&drain(&mut machine)),
            expected.map(|(first, payload)| (first, payload.to_vec()))
        );
    }
}

#[test]
fn control_frames_go_between() {
    for mut machine in both() {
        machine.begin_binary().unwrap();
        machine.write(b"a").unwrap();
        machine.ping(b"ours").unwrap();
        machine.pong(b"unasked").unwrap();
        machine.write(b"b").unwrap();
        machine.finish(b"").unwrap();
        let expected: [(u8, &[u8]); 5] = [
            (BINARY, b"a"),
            (FIN | PING, b"ours"),
            (FIN | PONG, b"unasked"),
            (CONTINUATION, b"b"),
            (FIN | CONTINUATION, b""),
        ];
        assert_eq!(
            frames(&drain(&mut machine)),
            expected.map(|(first, payload)| (first, payload.to_vec()))
        );
    }
    let mut machine = server(&Limits::default());
    machine.begin_binary().unwrap();
    machine.write(b"a").unwrap();
    feed(
        &mut machine,
        Instant::EPOCH,
        &masked(FIN | PING, b"theirs"),
        &mut Vec::new(),
    )
    .unwrap();
    machine.finish(b"b").unwrap();
    let opcodes: Vec<u8> = frames(&drain(&mut machine)).iter().map(|f| f.0).collect();
    assert_eq!(opcodes, [BINARY, FIN | PONG, FIN | CONTINUATION]);
}

/// No message gets into another, and none is lost without being told, if asked for first.
#[test]
fn nothing_else_is_sent_in_the_middle() {
    for mut machine in both() {
        machine.begin_text().unwrap();
        for begun in [false, true] {
            let before = machine.queued();
            assert_eq!(machine.begin_text(), Err(SendError::Unfinished));
            assert_eq!(machine.begin_binary(), Err(SendError::Unfinished));
            assert_eq!(machine.text("other"), Err(SendError::Unfinished));
            assert_eq!(machine.binary(Bytes::new()), Err(SendError::Unfinished));
            for kind in [Admit::Normal, Admit::Volatile, Admit::Owed] {
                assert_eq!(machine.admit(kind), Err(SendError::Unfinished));
            }
            machine.put_text(&[b"other"]);
            machine.put_binary(b"", Bytes::from_static(b"other"));
            let group = Shared::new(vec![Part::Text("other".into())]);
            machine.put_shared(&group, Lead::NONE);
            assert_eq!(machine.queued(), before);
            if !begun {
                machine.write(b"one").unwrap();
            }
        }
        machine.finish(b"").unwrap();
        machine.text("other").unwrap();
        let opcodes: Vec<u8> = frames(&drain(&mut machine)).iter().map(|f| f.0).collect();
        assert_eq!(opcodes, [TEXT, FIN | CONTINUATION, FIN | TEXT]);
    }
}

#[test]
fn a_fragment_needs_a_message() {
    for mut machine in both() {
        assert_eq!(machine.write(b"x"), Err(SendError::NotBegun));
        assert_eq!(machine.finish(b"x"), Err(SendError::NotBegun));
        machine.begin_text().unwrap();
        machine.finish(b"").unwrap();
        assert_eq!(machine.finish(b""), Err(SendError::NotBegun));
        assert_eq!(frames(&drain(&mut machine)).len(), 1);
    }
}

#[test]
fn text_may_be_cut_anywhere_but_must_be_text() {
    let text = "κόσμε 𝄞€".as_bytes();
    for i in 0..=text.len() {
        for j in i..=text.len() {
            let mut machine = server(&Limits::default());
            machine.begin_text().unwrap();
            machine.write(&text[..i]).unwrap();
            machine.write(&text[i..j]).unwrap();
            // What is refused leaves no trace.
            assert_eq!(machine.write(b"\xff"), Err(SendError::InvalidUtf8));
            if std::str::from_utf8(&text[..j]).is_err() {
                assert_eq!(machine.write(b"x"), Err(SendError::InvalidUtf8));
                assert_eq!(machine.finish(b""), Err(SendError::InvalidUtf8));
            }
            assert_eq!(machine.finish(b"\xe2\x82"), Err(SendError::InvalidUtf8));
            machine.finish(&text[j..]).unwrap();
            let payloads = frames(&drain(&mut machine)).into_iter().map(|f| f.1);
            assert_eq!(payloads.collect::<Vec<_>>().concat(), text);
        }
    }
}

#[test]
fn a_message_may_be_closed_on() {
    for mut machine in both() {
        machine.begin_text().unwrap();
        machine.write(b"half").unwrap();
        machine
            .close(Instant::EPOCH, CloseCode::GOING_AWAY, "")
            .unwrap();
        assert!(!machine.is_writing());
        assert_eq!(machine.write(b"x"), Err(SendError::Closed));
        assert_eq!(machine.finish(b"x"), Err(SendError::Closed));
        assert_eq!(machine.begin_text(), Err(SendError::Closed));
        let sent = frames(&drain(&mut machine));
        let close = (FIN | CLOSE, close_payload(1001, ""));
        assert_eq!(sent, [(TEXT, b"half".to_vec()), close]);
    }
    // Likewise when the peer closes, breaks a rule, or goes.
    let ends: [&[u8]; 2] = [&masked(FIN | CLOSE, b""), &masked(FIN | TEXT, b"\xff")];
    for end in ends {
        let mut machine = server(&Limits::default());
        machine.begin_text().unwrap();
        machine.write(b"half").unwrap();
        let _ = feed(&mut machine, Instant::EPOCH, end, &mut Vec::new());
        assert_eq!(machine.finish(b"x"), Err(SendError::Closed));
        let opcodes: Vec<u8> = frames(&drain(&mut machine)).iter().map(|f| f.0).collect();
        assert_eq!(opcodes, [TEXT, FIN | CLOSE]);
    }
    let mut machine = server(&Limits::default());
    machine.begin_text().unwrap();
    assert_eq!(
        machine.handle_eof(Instant::EPOCH),
        Err(Error::UnexpectedEof)
    );
    assert_eq!(machine.write(b"x"), Err(SendError::Closed));
}

#[test]
fn a_full_queue_takes_no_fragment() {
    let limits = Limits {
        high_water: 100,
        ..Limits::default()
    };
    let mut machine = server(&limits);
    machine.begin_binary().unwrap();
    machine.write(&[1; 100]).unwrap();
    assert_eq!(machine.write(b"x"), Err(SendError::Full));
    assert_eq!(machine.finish(b"x"), Err(SendError::Full));
    assert_eq!(machine.ping(b""), Err(SendError::Full));
    assert_eq!(machine.write(b""), Ok(()));
    drain(&mut machine);
    machine.finish(b"x").unwrap();
    assert_eq!(
        frames(&drain(&mut machine)),
        [(FIN | CONTINUATION, b"x".to_vec())]
    );
}

#[test]
fn past_the_hard_cap_the_connection_fails() {
    let limits = Limits {
        high_water: usize::MAX,
        hard_cap: 100,
        ..Limits::default()
    };
    let mut machine = server(&limits);
    machine.begin_binary().unwrap();
    machine.write(&[1; 100]).unwrap();
    assert_eq!(machine.write(b"x"), Err(SendError::Closed));
    let error = Error::SlowConsumer { limit: 100 };
    assert_eq!(machine.handle_timeout(Instant::EPOCH), Err(error));
}

/// What was written, to be read once.
struct Wire(io::Cursor<Vec<u8>>);

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn verb() -> impl Strategy<Value = (bool, Vec<Vec<u8>>)> {
    let binary = proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..6);
    let text = proptest::collection::vec("[a-zé€𝄞]{0,12}".prop_map(String::into_bytes), 1..6);
    prop_oneof![
        binary.prop_map(|chunks| (false, chunks)),
        text.prop_map(|chunks| (true, chunks)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Our reader, in both modes, and tungstenite's put together what was written in fragments.
    #[test]
    fn others_read_what_we_write(
        messages in proptest::collection::vec(verb(), 1..5),
        from_server in any::<bool>(),
        piece in 1usize..500,
    ) {
        let [server, client] = both();
        let (mut from, to) = if from_server { (server, client) } else { (client, server) };
        let mut expected = Vec::new();
        for (is_text, chunks) in &messages {
            match is_text {
                true => from.begin_text().unwrap(),
                false => from.begin_binary().unwrap(),
            }
            let (last, rest) = chunks.split_last().unwrap();
            for chunk in rest {
                from.write(chunk).unwrap();
                from.ping(b"!").unwrap();
                expected.push(ping(b"!"));
            }
            from.finish(last).unwrap();
            let whole = chunks.concat();
            expected.push(match is_text {
                true => text(std::str::from_utf8(&whole).unwrap()),
                false => binary(&whole),
            });
        }
        let bytes = drain(&mut from);
        let role = if from_server { TheirRole::Client } else { TheirRole::Server };
        let wire = Wire(io::Cursor::new(bytes.clone()));
        let mut theirs = WebSocket::from_raw_socket(wire, role, None);
        for event in &expected {
            let got = theirs.read().unwrap();
            prop_assert_eq!(got.into_data().to_vec(), match event {
                Event::Message(m) => m.as_bytes().to_vec(),
                Event::Ping(p) => p.to_vec(),
                _ => unreachable!(),
            });
        }
        let pieces: Vec<_> = bytes.chunks(piece).collect();
        prop_assert_eq!(&run(to, &pieces).events, &expected);
        let role = if from_server { Role::Client } else { Role::Server };
        let streamed = run_streaming(connection(role, &Limits::default()), &pieces);
        let told: Vec<_> = whole(streamed.events).into_iter().flatten().collect();
        prop_assert_eq!(&told, &expected);
    }
}
