//! The echo server of the conformance suites, byte for byte.

mod common;

use common::{Peer, Sent};
use siox_socketio::{Encoded, Event, Value};
use siox_wire::Admit;

/// One turn of the echo server: what it makes of one event of the machine.
fn serve(peer: &mut Peer, event: Event<'_>) {
    let (connection, out) = (&mut peer.connection, &mut peer.out);
    match event {
        Event::Connect {
            slot, nsp, auth, ..
        } if nsp == "/" || nsp == "/custom" => {
            connection.accept(slot, "abc", out).unwrap();
            let auth = auth.map_or_else(|| "{}".parse().unwrap(), |a| a.to_value());
            let event = Encoded::event("auth", &auth).unwrap();
            connection.emit(slot, &event, Admit::Normal, out).unwrap();
        }
        Event::Connect { slot, .. } => connection
            .refuse(slot, "Invalid namespace", None, out)
            .unwrap(),
        Event::Event { slot, id, packet } => match (packet.name(), id) {
            ("message", _) => {
                let event = Encoded::relay_event("message-back", &packet).unwrap();
                connection.emit(slot, &event, Admit::Normal, out).unwrap();
            }
            ("message-with-ack", Some(id)) => connection
                .ack(slot, id, &Encoded::relay_args(&packet), out)
                .unwrap(),
            ("emit-with-ack", _) => {
                let event = Encoded::relay_event("emit-with-ack", &packet).unwrap();
                connection.emit_with_ack(slot, &event, None, out).unwrap();
            }
            _ => {}
        },
        Event::Ack { slot, packet, .. } => {
            let event = Encoded::relay_event("emit-with-ack", &packet).unwrap();
            connection.emit(slot, &event, Admit::Normal, out).unwrap();
        }
        Event::AckTimeout { .. } | Event::Disconnect { .. } => {}
    }
}

fn run(messages: &[Sent]) -> Vec<String> {
    let mut peer = Peer::new();
    for message in messages {
        let event = match message {
            Sent::Text(text) => peer.text(text),
            Sent::Binary(bytes) => peer.binary(bytes),
        };
        if let Some(event) = event.unwrap() {
            serve(&mut peer, event);
        }
    }
    peer.out.take()
}

fn texts(messages: &[&str]) -> Vec<String> {
    run(&messages
        .iter()
        .map(|m| match m.strip_prefix("b:") {
            Some(bytes) => Sent::Binary(bytes.into()),
            None => Sent::Text((*m).into()),
        })
        .collect::<Vec<_>>())
}

#[test]
fn frames() {
    const HELLO: [&str; 2] = [r#"0{"sid":"abc"}"#, r#"2["auth",{}]"#];
    const PLACE: &str = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
    let table: [(&[&str], &[&str]); 12] = [
        (&["0"], &[]),
        (&["0/custom,"], &[]),
        (&["0/custom"], &[]),
        (
            &["0", r#"2["message",1,"2",{"3":[true]}]"#],
            &[r#"2["message-back",1,"2",{"3":[true]}]"#],
        ),
        (&["0", r#"2["message"]"#], &[r#"2["message-back"]"#]),
        (
            &["0", r#"2456["message-with-ack",1,"2",{"3":[false]}]"#],
            &[r#"3456[1,"2",{"3":[false]}]"#],
        ),
        (&["0", r#"20["message-with-ack"]"#], &["30[]"]),
        (
            &["0", &format!(r#"52-["message",{PLACE}]"#), "b:123", "b:456"],
            &[&format!(r#"52-["message-back",{PLACE}]"#), "b:123", "b:456"],
        ),
        (
            &[
                "0",
                &format!(r#"52-789["message-with-ack",{PLACE}]"#),
                "b:123",
                "b:456",
            ],
            &[&format!("62-789[{PLACE}]"), "b:123", "b:456"],
        ),
        (
            &["0", r#"2["emit-with-ack",1,"2"]"#, r#"31[3,"4"]"#],
            &[
                r#"21["emit-with-ack",1,"2"]"#,
                r#"2["emit-with-ack",3,"4"]"#,
            ],
        ),
        (
            &[
                "0",
                &format!(r#"52-["emit-with-ack",{PLACE}]"#),
                "b:1",
                "b:2",
                &format!("62-1[{PLACE}]"),
                "b:3",
                "b:4",
            ],
            &[
                &format!(r#"52-1["emit-with-ack",{PLACE}]"#),
                "b:1",
                "b:2",
                &format!(r#"52-["emit-with-ack",{PLACE}]"#),
                "b:3",
                "b:4",
            ],
        ),
        (
            &["0", "0/random", "1"],
            &[r#"4/random,{"message":"Invalid namespace"}"#],
        ),
    ];
    for (messages, expected) in table {
        let got = texts(messages);
        let hello: Vec<_> = if messages[0].contains("custom") {
            HELLO
                .iter()
                .map(|m| format!("{}/custom,{}", &m[..1], &m[1..]))
                .collect()
        } else {
            HELLO.iter().map(ToString::to_string).collect()
        };
        assert_eq!(got[..2], hello, "{messages:?}");
        assert_eq!(&got[2..], expected, "{messages:?}");
    }
    assert_eq!(
        texts(&[r#"0/custom,{"token":"abc"}"#]),
        [
            r#"0/custom,{"sid":"abc"}"#,
            r#"2/custom,["auth",{"token":"abc"}]"#
        ]
    );
}

#[test]
fn a_namespace_left_leaves_the_others() {
    let got = texts(&[
        "0",
        "0/custom,",
        "1/custom,",
        "2[\"message\",1]",
        "2/custom,[\"message\",1]",
    ]);
    assert_eq!(got[4..], [r#"2["message-back",1]"#]);
    let got = texts(&[
        "0",
        "0/custom,",
        "1",
        "2/custom,[\"message\"]",
        "2[\"message\"]",
        "0",
    ]);
    assert_eq!(
        got[4..],
        [
            "2/custom,[\"message-back\"]",
            r#"0{"sid":"abc"}"#,
            r#"2["auth",{}]"#
        ]
    );
}

#[test]
fn refusals_carry_data_and_recoverable_sessions_a_private_id() {
    let mut peer = Peer::new();
    let Ok(Some(Event::Connect { slot, .. })) = peer.text("0") else {
        panic!()
    };
    let data: Value = r#"{"a":[1,2.50]}"#.parse().unwrap();
    peer.connection
        .refuse(slot, "no \"entry\"", Some(&data), &mut peer.out)
        .unwrap();
    assert_eq!(
        peer.out.take(),
        [r#"4{"message":"no \"entry\"","data":{"a":[1,2.50]}}"#]
    );
    let Ok(Some(Event::Connect { slot, .. })) = peer.text("0") else {
        panic!()
    };
    peer.connection
        .accept_recoverable(slot, "s", "p", &mut peer.out)
        .unwrap();
    assert_eq!(peer.out.take(), [r#"0{"sid":"s","pid":"p"}"#]);
    peer.connection.disconnect(slot, &mut peer.out).unwrap();
    assert_eq!(peer.out.take(), ["1"]);
}
