//! What peers send to break a server, and the rule it is refused by.

mod common;

use common::{Peer, ms};
use siox_socketio::{Config, DisconnectReason, Error, Event, MAX_DEPTH};
use siox_wire::SendError;

/// What a joined connection says to one message.
fn after_connect(text: &str) -> Result<(), Error> {
    let (mut peer, _) = Peer::joined();
    let result = peer.text(text).map(drop);
    if let Err(error) = result {
        assert_eq!(peer.text("1"), Err(error), "{text}: an error must stick");
        assert_eq!(peer.connection.handle_timeout(peer.now), Err(error));
        assert!(peer.out.take().is_empty(), "{text}");
    }
    result
}

#[test]
fn packets_that_break_a_rule() {
    let json = |at| Error::Json { at };
    for (text, error) in [
        // The type.
        ("", Error::PacketType),
        ("7", Error::PacketType),
        ("9[\"a\"]", Error::PacketType),
        ("abc", Error::PacketType),
        ("NaN", Error::PacketType),
        // The number of attachments.
        ("50-[\"a\"]", Error::AttachmentCount),
        ("51e0-[\"a\"]", Error::AttachmentCount),
        ("50x1-[\"a\"]", Error::AttachmentCount),
        ("52.0-[\"a\"]", Error::AttachmentCount),
        ("5 1-[\"a\"]", Error::AttachmentCount),
        ("512345678901234567890-[\"a\"]", Error::AttachmentCount),
        ("511-[\"a\"]", Error::TooManyAttachments { limit: 10 }),
        ("611-1[]", Error::TooManyAttachments { limit: 10 }),
        // Placeholders.
        (
            "51-[\"a\",{\"_placeholder\":true,\"num\":-1}]",
            Error::Placeholder,
        ),
        (
            "51-[\"a\",{\"_placeholder\":true,\"num\":5}]",
            Error::Placeholder,
        ),
        (
            "51-[\"a\",{\"_placeholder\":true,\"num\":\"splice\"}]",
            Error::Placeholder,
        ),
        (
            "51-[\"a\",{\"_placeholder\":true,\"num\":0.5}]",
            Error::Placeholder,
        ),
        ("51-[\"a\",[{\"_placeholder\":true}]]", Error::Placeholder),
        (
            "61-1[{\"_placeholder\":true,\"num\":1}]",
            Error::Placeholder,
        ),
        // The event's name.
        ("2[]", Error::EventName),
        ("2[null]", Error::EventName),
        ("2[null,\"bar\"]", Error::EventName),
        ("2[true,\"foo\"]", Error::EventName),
        ("2[{\"toString\":\"foo\"}]", Error::EventName),
        ("2[[\"a\"]]", Error::EventName),
        ("2[\"connect\"]", Error::ReservedName),
        ("2[\"connect_error\"]", Error::ReservedName),
        ("2[\"disconnect\",\"123\"]", Error::ReservedName),
        ("2[\"disconnecting\"]", Error::ReservedName),
        ("2[\"newListener\"]", Error::ReservedName),
        ("2[\"removeListener\"]", Error::ReservedName),
        ("2[\"\\u0063onnect\"]", Error::ReservedName),
        // The payload.
        ("2", Error::Payload),
        ("2{}", Error::Payload),
        ("2\"a\"", Error::Payload),
        ("2 [\"a\"]", Error::Payload),
        ("2abc[\"message-with-ack\",1]", Error::Payload),
        ("21", Error::Payload),
        ("31", Error::Payload),
        ("31{}", Error::Payload),
        ("1{}", Error::Payload),
        ("1[]", Error::Payload),
        ("0[]", Error::Payload),
        ("0\"a\"", Error::Payload),
        ("0/admin,\"invalid\"", Error::Payload),
        ("4", Error::Payload),
        ("4[]", Error::Payload),
        ("2[\"a\"", json(5)),
        ("2[\"a\",]", json(6)),
        ("2[\"a\"]]", json(6)),
        ("2[\"a\" 1]", json(6)),
        ("0{\"a\":1", json(7)),
        ("0{}{}", json(3)),
        // Ids.
        ("29007199254740992[\"a\"]", Error::AckId),
        ("2123456789012345678901[\"a\"]", Error::AckId),
        ("3[\"a\"]", Error::AckId),
        ("11", Error::AckId),
        ("05{}", Error::AckId),
        // What a client must not send here.
        ("4{}", Error::Direction),
        ("0", Error::AlreadyConnected),
        ("2/other,[\"a\"]", Error::NotConnected),
        ("3/other,1[]", Error::NotConnected),
        ("1/other,", Error::NotConnected),
        ("51-/other,[\"a\"]", Error::NotConnected),
    ] {
        assert_eq!(after_connect(text), Err(error), "{text}");
    }
}

#[test]
fn packets_that_only_look_strange() {
    for text in [
        "2[1]",
        "2[-0.5e3,null]",
        "2[\"\"]",
        "2/,[\"a\"]",
        "2[ \"a\" , 1 ] ",
        "29007199254740991[\"a\"]",
        // Numbers that no double holds, lone surrogates, repeated and special keys.
        "2[\"a\",1e999,-1e999,123456789012345678901234567890]",
        "2[\"a\",\"\\ud800\"]",
        "2[\"\\ud800\"]",
        "2[\"a\",{\"a\":1,\"a\":2,\"__proto__\":{},\"constructor\":1}]",
        "2[\"a\",{\"_placeholder\":true,\"num\":-1}]",
        "2[\"__proto__\"]",
        // Nobody asked for these.
        "31[]",
        "39007199254740991[1]",
        "61-7[{\"_placeholder\":true,\"num\":0}]",
    ] {
        assert_eq!(after_connect(text), Ok(()), "{text}");
    }
}

#[test]
fn nesting_ends_at_the_limit() {
    let nested = |depth: usize| format!("2[\"a\",{}{}]", "[".repeat(depth), "]".repeat(depth));
    let (mut peer, _) = Peer::joined();
    let text = nested(MAX_DEPTH - 1);
    let Ok(Some(Event::Event { packet, .. })) = peer.text(&text) else {
        panic!()
    };
    let value = packet.args_value();
    assert_eq!(value, value.clone());
    let limit = MAX_DEPTH;
    for depth in [MAX_DEPTH, 50_000, 200_000] {
        assert_eq!(after_connect(&nested(depth)), Err(Error::TooDeep { limit }));
        let auth = format!("0/x,{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(after_connect(&auth), Err(Error::TooDeep { limit }));
    }
}

#[test]
fn text_and_binary_come_when_they_are_due() {
    let (mut peer, _) = Peer::joined();
    assert_eq!(peer.binary(b"x"), Err(Error::UnexpectedBinary));

    for next in ["2[\"a\"]", "1", "", "51-[\"a\"]"] {
        let (mut peer, _) = Peer::joined();
        assert_eq!(peer.text("52-[\"a\"]"), Ok(None));
        assert_eq!(peer.binary(b"x"), Ok(None));
        assert_eq!(peer.text(next), Err(Error::TextAmidAttachments), "{next}");
        assert_eq!(peer.connection.poll_timeout(), None);
    }
    let (mut peer, _) = Peer::joined();
    assert_eq!(peer.text("51-[\"a\"]"), Ok(None));
    assert!(matches!(peer.binary(b""), Ok(Some(Event::Event { .. }))));
    assert_eq!(peer.binary(b"x"), Err(Error::UnexpectedBinary));
}

#[test]
fn attachments_have_a_deadline_that_bytes_renew() {
    let (mut peer, _) = Peer::joined();
    assert_eq!(peer.connection.poll_timeout(), None);
    peer.text("53-[\"a\"]").unwrap();
    assert_eq!(peer.connection.poll_timeout(), Some(ms(20_000)));
    peer.now = ms(19_999);
    peer.binary(b"x").unwrap();
    assert_eq!(peer.connection.poll_timeout(), Some(ms(39_999)));
    peer.connection.handle_progress(ms(30_000));
    assert_eq!(peer.connection.poll_timeout(), Some(ms(50_000)));
    assert_eq!(peer.connection.handle_timeout(ms(49_999)), Ok(None));
    // What arrives at the deadline is late.
    peer.now = ms(50_000);
    assert_eq!(peer.binary(b"x"), Err(Error::AttachmentsTimeout));
    assert_eq!(peer.connection.poll_timeout(), None);

    let (mut peer, slot) = Peer::joined();
    peer.text("51-[\"a\"]").unwrap();
    let late = peer.connection.handle_timeout(ms(20_000));
    assert_eq!(late, Err(Error::AttachmentsTimeout));
    assert_eq!(
        Error::AttachmentsTimeout.reason(),
        DisconnectReason::ParseError
    );
    assert_eq!(
        peer.connection.disconnect(slot, &mut peer.out),
        Err(SendError::Closed)
    );
    assert_eq!(peer.connection.joined().count(), 1, "whom the end concerns");
}

#[test]
fn a_connection_joins_in_time_or_ends() {
    let mut peer = Peer::new();
    assert_eq!(peer.connection.poll_timeout(), Some(ms(45_000)));
    // Asking is not joining.
    peer.text("0").unwrap();
    assert_eq!(peer.connection.handle_timeout(ms(44_999)), Ok(None));
    let late = peer.connection.handle_timeout(ms(45_000));
    assert_eq!(late, Err(Error::ConnectTimeout));

    let mut peer = Peer::new();
    peer.now = ms(45_000);
    assert_eq!(peer.text("0"), Err(Error::ConnectTimeout));
    assert_eq!(
        Error::ConnectTimeout.reason(),
        DisconnectReason::ForcedServerClose
    );

    let (mut peer, _) = Peer::joined();
    peer.text("1").unwrap();
    assert_eq!(peer.connection.poll_timeout(), None);
    assert_eq!(peer.connection.handle_timeout(ms(90_000)), Ok(None));
}

#[test]
fn nothing_comes_before_the_answer_to_connect() {
    for text in ["2[\"a\"]", "31[]", "1", "51-[\"a\"]", "4{}"] {
        assert!(Peer::new().text(text).is_err(), "{text}");
        let mut peer = Peer::new();
        peer.text("0").unwrap();
        assert!(peer.text(text).is_err(), "{text}");
    }
    let mut peer = Peer::new();
    peer.text("0").unwrap();
    assert_eq!(peer.text("0"), Err(Error::AlreadyConnected));
}

#[test]
fn what_crosses_a_disconnect_is_ignored() {
    for ours in [false, true] {
        let (mut peer, slot) = Peer::joined();
        if ours {
            peer.connection.disconnect(slot, &mut peer.out).unwrap();
        } else {
            assert!(matches!(peer.text("1"), Ok(Some(Event::Disconnect { .. }))));
        }
        for text in ["2[\"a\"]", "21[\"a\"]", "31[]", "1", "51-[\"a\"]"] {
            assert_eq!(peer.text(text), Ok(None), "{text}");
        }
        assert_eq!(peer.binary(b"x"), Ok(None));
        let again = peer.join("/");
        assert_ne!(slot, again);
        assert!(peer.text("2[\"a\"]").unwrap().is_some());
    }
    // An event whose attachments were still coming when its namespace was left.
    let (mut peer, slot) = Peer::joined();
    peer.text("51-[\"a\"]").unwrap();
    peer.connection.disconnect(slot, &mut peer.out).unwrap();
    assert_eq!(peer.binary(b"x"), Ok(None));
}

#[test]
fn namespaces_are_counted() {
    let mut peer = Peer::with(Config {
        namespaces: 3,
        ..Config::default()
    });
    let slots: Vec<_> = ["/", "/a", "/b"].map(|nsp| peer.join(nsp)).into();
    let refusal = r#"4/c,{"message":"Too many namespaces"}"#;
    assert_eq!(peer.text("0/c,{}"), Ok(None));
    assert_eq!(peer.out.take(), [refusal]);
    // One that was left gives its place away; the others stay.
    peer.connection.disconnect(slots[1], &mut peer.out).unwrap();
    peer.join("/c");
    assert_eq!(peer.text("0/d,"), Ok(None));
    assert!(peer.text("2/b,[\"x\"]").unwrap().is_some());
    assert_eq!(peer.text("2/a,[\"x\"]"), Err(Error::NotConnected));

    // Refusals leave nothing behind.
    let mut peer = Peer::new();
    for i in 0..100_000 {
        let text = format!("0/n{i}");
        let Ok(Some(Event::Connect { slot, .. })) = peer.text(&text) else {
            panic!()
        };
        peer.connection
            .refuse(slot, "Invalid namespace", None, &mut peer.out)
            .unwrap();
        let expected = format!("4/n{i},{{\"message\":\"Invalid namespace\"}}");
        assert_eq!(peer.out.take(), [expected]);
    }
    let long = format!("0/{}", "x".repeat(1_000_000));
    assert_eq!(
        peer.text(&long),
        Err(Error::NamespaceTooLong { limit: 256 })
    );
}

#[test]
fn a_late_answer_finds_nobody() {
    let mut peer = Peer::new();
    let Ok(Some(Event::Connect { slot: first, .. })) = peer.text("0/a,") else {
        panic!()
    };
    peer.connection
        .refuse(first, "x", None, &mut peer.out)
        .unwrap();
    let second = peer.join("/a");
    peer.out.take();
    let (connection, out) = (&mut peer.connection, &mut peer.out);
    assert_eq!(connection.accept(first, "s", out), Err(SendError::Closed));
    assert_eq!(connection.accept(second, "s", out), Err(SendError::Closed));
    assert_eq!(
        connection.refuse(second, "x", None, out),
        Err(SendError::Closed)
    );
    assert_eq!(connection.disconnect(first, out), Err(SendError::Closed));
    assert_eq!(connection.nsp(first), None);
    assert_eq!(connection.nsp(second), Some("/a"));
    assert!(out.take().is_empty());
    connection.close();
    assert_eq!(connection.disconnect(second, out), Err(SendError::Closed));
    assert_eq!(connection.joined().count(), 0);
}
