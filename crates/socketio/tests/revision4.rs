//! Protocol revision 4, as clients 2.x speak it: the CONNECT that nobody sends, queries behind names,
//! answers without a payload, refusals of any JSON, and a connection that ends with `/`.

mod common;

use common::{Peer, ms};
use siox_socketio::{Config, Encoded, Error, Event, MAX_NAMESPACE, Slot, Value, shared};
use siox_wire::{Admit, Instant, SendError};

/// Takes the CONNECT to `/` that no client sends.
fn unasked(peer: &mut Peer) -> Slot {
    match peer.connection.handle_timeout(peer.now) {
        Ok(Some(Event::Connect {
            slot,
            nsp,
            query: None,
            auth: None,
        })) if nsp == "/" => slot,
        other => panic!("{other:?}"),
    }
}

fn joined() -> (Peer, Slot) {
    let mut peer = Peer::revision4();
    let slot = unasked(&mut peer);
    peer.connection
        .accept(slot, "sid", &mut peer.out)
        .expect("the slot is asked for");
    assert_eq!(peer.out.take(), ["0"]);
    (peer, slot)
}

/// Asks for a namespace: what is told of it.
fn ask(peer: &mut Peer, text: &str) -> (Slot, String, Option<String>, Option<String>) {
    match peer.text(text) {
        Ok(Some(Event::Connect {
            slot,
            nsp,
            query,
            auth,
        })) => {
            let auth = auth.map(|a| a.as_str().to_owned());
            (slot, nsp.into(), query.map(Into::into), auth)
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_main_namespace_is_joined_unasked() {
    let mut peer = Peer::revision4();
    assert_eq!(peer.connection.poll_timeout(), Some(Instant::EPOCH));
    let slot = unasked(&mut peer);
    assert_eq!(peer.connection.handle_timeout(peer.now), Ok(None), "once");
    assert_eq!(peer.connection.poll_timeout(), Some(ms(45_000)));
    peer.connection.accept(slot, "sid", &mut peer.out).unwrap();
    assert_eq!(peer.out.take(), ["0"]);
    assert_eq!(peer.connection.poll_timeout(), None);
    assert!(matches!(
        peer.text(r#"2["hello"]"#),
        Ok(Some(Event::Event { .. }))
    ));
}

#[test]
fn it_waits_for_its_answer_like_any_other() {
    let mut peer = Peer::revision4();
    assert_eq!(peer.text(r#"2["early"]"#), Err(Error::NotConnected));
    assert_eq!(peer.connection.poll_timeout(), None, "nothing is untold");

    let mut peer = Peer::revision4();
    let slot = unasked(&mut peer);
    assert_eq!(peer.text("0"), Err(Error::AlreadyConnected));
    let late = peer.connection.accept(slot, "sid", &mut peer.out);
    assert_eq!(late, Err(SendError::Closed));

    let mut peer = Peer::revision4();
    unasked(&mut peer);
    let (late, end) = (ms(45_000), Err(Error::ConnectTimeout));
    assert_eq!(peer.connection.handle_timeout(late), end);

    let mut peer = Peer::revision4();
    peer.connection.close();
    assert_eq!(peer.connection.handle_timeout(ms(0)), Ok(None));
    assert_eq!(peer.connection.poll_timeout(), None);
}

#[test]
fn a_client_of_revision_5_has_to_ask() {
    let mut peer = Peer::new();
    assert_eq!(peer.connection.handle_timeout(ms(0)), Ok(None));
    let (_, nsp, query, auth) = ask(&mut peer, "0/a?x=1,");
    assert_eq!((nsp.as_str(), query, auth), ("/a?x=1", None, None));
}

#[test]
fn queries_stand_behind_names() {
    let long = "y".repeat(8192);
    for (text, nsp, query, auth) in [
        ("0/custom", "/custom", None, None),
        ("0/custom,", "/custom", None, None),
        ("0/custom,{\"a\":1}", "/custom", None, None),
        (
            "0/abc?a=b,",
            "/abc",
            Some("a=b"),
            Some(r#"{"a":"b"}"#.to_owned()),
        ),
        (
            "0/abc?a=b",
            "/abc",
            Some("a=b"),
            Some(r#"{"a":"b"}"#.to_owned()),
        ),
        (
            "0/abc?a=b&c=%26d,{\"a\":1}",
            "/abc",
            Some("a=b&c=%26d"),
            Some(r#"{"a":"b","c":"&d"}"#.to_owned()),
        ),
        ("0/abc?,", "/abc", Some(""), Some("{}".to_owned())),
        (
            &format!("0/abc?{long},"),
            "/abc",
            Some(&long),
            Some(format!(r#"{{"{long}":""}}"#)),
        ),
    ] {
        let (mut peer, _) = joined();
        let (slot, told, its_query, its_auth) = ask(&mut peer, text);
        assert_eq!(
            (told.as_str(), its_query.as_deref(), its_auth),
            (nsp, query, auth),
            "{text}"
        );
        peer.connection.accept(slot, "sid", &mut peer.out).unwrap();
        assert_eq!(peer.out.take(), [format!("0{nsp},")], "{text}");
        // Every other packet finds the socket with a query and without.
        for packet in [r#"2/?x=1,["e"]"#.to_owned(), format!(r#"2{nsp}?zz,["e"]"#)] {
            let told = peer.text(&packet);
            assert!(matches!(told, Ok(Some(Event::Event { .. }))), "{packet}");
        }
        let bye = format!("1{nsp}?bye,");
        let told = peer.text(&bye).unwrap();
        assert!(matches!(told, Some(Event::Disconnect { slot: s, .. }) if s == slot));
    }
}

#[test]
fn names_and_queries_are_bounded() {
    let name = |n: usize| format!("/{}", "x".repeat(n - 1));
    for (text, limit) in [
        (format!("0{},", name(257)), MAX_NAMESPACE),
        (format!("0{}?a,", name(257)), MAX_NAMESPACE),
        (format!("0/a?{},", "x".repeat(8193)), 8192),
        (format!("2/a?{},[\"e\"]", "x".repeat(500_000)), 8192),
    ] {
        let (mut peer, _) = joined();
        let error = Error::NamespaceTooLong { limit };
        assert_eq!(peer.text(&text), Err(error), "{} bytes", text.len());
    }
    let (mut peer, _) = joined();
    ask(&mut peer, &format!("0{}?{},", name(256), "y".repeat(8192)));
}

#[test]
fn refusals_are_data_or_the_message() {
    let value = |json: &str| json.parse::<Value>().unwrap();
    for (data, answer) in [
        (None, r#""no \"way\"""#),
        (Some("null"), r#""no \"way\"""#),
        (Some("false"), r#""no \"way\"""#),
        (Some("0"), r#""no \"way\"""#),
        (Some("-0.0"), r#""no \"way\"""#),
        (Some("0e5"), r#""no \"way\"""#),
        (Some(r#""""#), r#""no \"way\"""#),
        (Some("true"), "true"),
        (Some("1"), "1"),
        (Some(r#""text""#), r#""text""#),
        (Some("[]"), "[]"),
        (Some("{}"), "{}"),
        (Some(r#"{"a":1}"#), r#"{"a":1}"#),
    ] {
        let data = data.map(value);
        let (mut peer, _) = joined();
        let (slot, ..) = ask(&mut peer, "0/no?x=1,");
        peer.connection
            .refuse(slot, "no \"way\"", data.as_ref(), &mut peer.out)
            .unwrap();
        assert_eq!(peer.out.take(), [format!("4/no,{answer}")]);
        // It may ask again.
        ask(&mut peer, "0/no,");
    }
    let mut peer = Peer::revision4();
    let slot = unasked(&mut peer);
    let refused = peer.connection.refuse(slot, "no", None, &mut peer.out);
    assert_eq!(
        (refused, peer.out.take()),
        (Ok(()), vec![r#"4"no""#.into()])
    );
}

#[test]
fn an_unknown_namespace_is_refused_by_an_object() {
    for mut peer in [joined().0, Peer::joined().0] {
        let (slot, ..) = ask(&mut peer, "0/random");
        peer.connection
            .refuse_namespace(slot, &mut peer.out)
            .unwrap();
        let answer = r#"4/random,{"message":"Invalid namespace"}"#;
        assert_eq!(peer.out.take(), [answer]);
        let again = peer.connection.refuse_namespace(slot, &mut peer.out);
        assert_eq!(again, Err(SendError::Closed));
    }
}

#[test]
fn too_many_namespaces_are_refused() {
    let (mut peer, _) = joined();
    for i in 1..Config::default().namespaces {
        peer.join(&format!("/{i}"));
    }
    assert_eq!(peer.text("0/more?a=b,"), Ok(None));
    let answer = r#"4/more,{"message":"Too many namespaces"}"#;
    assert_eq!(peer.out.take(), [answer]);
}

#[test]
fn nothing_is_said_of_recovery() {
    let mut peer = Peer::revision4();
    let slot = unasked(&mut peer);
    let out = &mut peer.out;
    let accepted = peer.connection.accept_recoverable(slot, "sid", "pid", out);
    assert_eq!((accepted, out.take()), (Ok(()), vec!["0".into()]));
}

#[test]
fn events_acks_and_attachments_are_those_of_revision_5() {
    let (mut peer, slot) = joined();
    let binary = Encoded::event("e", &(bytes::Bytes::from_static(b"x"), 1)).unwrap();
    let (connection, out) = (&mut peer.connection, &mut peer.out);
    let id = connection.emit_with_ack(slot, &binary, None, out).unwrap();
    assert_eq!(id, 1);
    let text = r#"51-1["e",{"_placeholder":true,"num":0},1]"#;
    assert_eq!(out.take(), [text, "b:x"]);
    let group = shared("/", &binary, None);
    connection
        .broadcast(slot, &group, Admit::Owed, out)
        .unwrap();
    assert_eq!(out.take().len(), 2);

    assert_eq!(
        peer.text(r#"61-1[{"_placeholder":true,"num":0}]"#),
        Ok(None)
    );
    let told = peer.binary(b"y").unwrap();
    let Some(Event::Ack { id: 1, packet, .. }) = told else {
        panic!("{told:?}")
    };
    assert_eq!(&packet.attachments()[0][..], b"y");
}

#[test]
fn a_connection_that_has_left_the_main_namespace_ends_with_its_others() {
    let (mut peer, _) = joined();
    assert!(!peer.connection.is_deserted());
    let told = peer.text("1").unwrap();
    assert!(matches!(told, Some(Event::Disconnect { .. })));
    assert!(peer.connection.is_deserted());

    let (mut peer, _) = joined();
    peer.join("/a");
    peer.text("1").unwrap();
    assert!(!peer.connection.is_deserted(), "/a is there");
    peer.text("1/a,").unwrap();
    assert!(peer.connection.is_deserted());

    let (mut peer, _) = joined();
    peer.text("0/a,").unwrap();
    peer.text("1").unwrap();
    assert!(!peer.connection.is_deserted(), "/a is asked for");

    let (mut peer, _) = joined();
    peer.join("/a");
    peer.text("1/a,").unwrap();
    assert!(!peer.connection.is_deserted(), "/ is there");

    let (mut peer, _) = Peer::joined();
    peer.text("1").unwrap();
    assert!(!peer.connection.is_deserted(), "revision 5 may join again");
}
