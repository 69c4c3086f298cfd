//! The client's side: namespaces joined, refused, left and crossed by what the server says.

mod common;

use bytes::Bytes;
use common::{Out, ms};
use siox_socketio::{
    Client, ClientConfig, ClientEvent, Config, Encoded, Error, MAX_NAMESPACE, MAX_NAMESPACE_QUERY,
    Recover, Revision, Slot, Value,
};
use siox_wire::{Admit, Message, SendError};

struct Peer {
    client: Client,
    out: Out,
}

impl Peer {
    fn new(revision: Revision) -> Self {
        Self::with(ClientConfig {
            revision,
            ..ClientConfig::default()
        })
    }

    fn with(config: ClientConfig) -> Self {
        Self {
            client: Client::new(config.into(), "eng"),
            out: Out::default(),
        }
    }

    fn joined() -> (Self, Slot) {
        let mut peer = Self::new(Revision::V5);
        let slot = peer.connect("/").unwrap();
        let told = peer.hear(&[r#"0{"sid":"a"}"#]).unwrap();
        assert_eq!(told, [format!("connected {slot:?} a None")]);
        peer.out.take();
        (peer, slot)
    }

    fn connect(&mut self, nsp: &str) -> Result<Slot, SendError> {
        self.client.connect(nsp, None, None, &mut self.out)
    }

    /// All that the client tells of these messages; `b:` begins a binary one.
    fn hear(&mut self, messages: &[&str]) -> Result<Vec<String>, Error> {
        let mut told = Vec::new();
        for &message in messages {
            let message = match message.strip_prefix("b:") {
                Some(bytes) => Message::from(bytes.as_bytes()),
                None => Message::from(message),
            };
            let mut event = self.client.handle_message(ms(0), message, &mut self.out)?;
            while let Some(what) = event {
                told.push(line(&what));
                event = self.client.handle_timeout(ms(0))?;
            }
        }
        Ok(told)
    }
}

fn line(event: &ClientEvent<'_>) -> String {
    match event {
        ClientEvent::Connected { slot, sid, pid } => format!("connected {slot:?} {sid} {pid:?}"),
        ClientEvent::Refused {
            slot,
            message,
            data,
        } => {
            let data = data.as_ref().map(Value::json);
            format!("refused {slot:?} {message} {data:?}")
        }
        ClientEvent::Event { slot, id, packet } => {
            let blobs = packet.attachments().len();
            format!("event {slot:?} {id:?} {} {blobs}", packet.args())
        }
        ClientEvent::Ack { slot, id, packet } => format!("ack {slot:?} {id} {}", packet.args()),
        ClientEvent::AckTimeout { slot, id } => format!("timeout {slot:?} {id}"),
        ClientEvent::Error { slot, data } => format!("error {slot:?} {}", data.json()),
        ClientEvent::Disconnected { slot } => format!("disconnected {slot:?}"),
    }
}

fn event() -> Encoded {
    Encoded::event("e", &1).unwrap()
}

#[test]
fn what_a_connect_carries() {
    let auth = Value::object([("token", "x"), ("pid", "mine")]).unwrap();
    let empty = Value::object::<&str, Value>([]).unwrap();
    let recover = |offset| {
        Some(Recover {
            pid: "p\"1",
            offset,
        })
    };
    for (auth, recover, text) in [
        (None, None, "0/a,"),
        (Some(&empty), None, "0/a,{}"),
        (Some(&auth), None, r#"0/a,{"token":"x","pid":"mine"}"#),
        (None, recover(None), r#"0/a,{"pid":"p\"1"}"#),
        (Some(&empty), recover(None), r#"0/a,{"pid":"p\"1"}"#),
        (
            Some(&auth),
            recover(Some("o")),
            r#"0/a,{"pid":"p\"1","offset":"o","token":"x","pid":"mine"}"#,
        ),
    ] {
        let mut peer = Peer::new(Revision::V5);
        let slot = peer.client.connect("/a", auth, recover, &mut peer.out);
        slot.unwrap();
        assert_eq!(peer.out.take(), [text]);
    }
    let mut peer = Peer::new(Revision::V5);
    for auth in [
        Value::from("x"),
        Value::object([("b", Bytes::from_static(b"x"))]).unwrap(),
    ] {
        let refused = peer.client.connect("/", Some(&auth), None, &mut peer.out);
        assert_eq!(refused, Err(SendError::Unencodable));
    }
    let long = "/".repeat(257);
    for nsp in ["", "a", "/a,b", &long] {
        assert_eq!(peer.connect(nsp), Err(SendError::Unencodable), "{nsp}");
    }
    assert!(peer.out.take().is_empty());
}

#[test]
fn namespaces_are_joined_each_for_itself() {
    let mut peer = Peer::new(Revision::V5);
    let (root, a) = (peer.connect("/").unwrap(), peer.connect("/a").unwrap());
    assert_eq!(peer.out.take(), ["0", "0/a,"]);
    assert_eq!(peer.connect("/a"), Err(SendError::Closed), "asked for");
    let refused = peer
        .client
        .emit(root, &event(), Admit::Normal, &mut peer.out);
    assert_eq!(refused, Err(SendError::Closed), "not in yet");
    let told = peer.hear(&[
        r#"0/a,{"sid":"sa","pid":"pa"}"#,
        r#"4{"message":"no","data":{"code":7}}"#,
        r#"2/a,["x",1]"#,
        r#"2/a,5["y"]"#,
    ]);
    assert_eq!(
        told.unwrap(),
        [
            format!("connected {a:?} sa Some(\"pa\")"),
            format!("refused {root:?} no Some(\"{{\\\"code\\\":7}}\")"),
            format!("event {a:?} None [\"x\",1] 0"),
            format!("event {a:?} Some(5) [\"y\"] 0"),
        ]
    );
    assert_eq!(
        (peer.client.nsp(a), peer.client.nsp(root)),
        (Some("/a"), None)
    );
    peer.client
        .ack(a, 5, &Encoded::args(&"ok").unwrap(), &mut peer.out)
        .unwrap();
    peer.client.disconnect(a, &mut peer.out).unwrap();
    assert_eq!(peer.out.take(), ["3/a,5[\"ok\"]", "1/a,"]);
    // What crossed is for nobody; the refused one may be asked for again.
    assert_eq!(peer.hear(&[r#"2/a,["x"]"#, "1/a"]), Ok(vec![]));
    assert!(peer.connect("/").is_ok() && peer.connect("/a").is_ok());
    assert_eq!(peer.out.take(), ["0", "0/a,"]);
}

#[test]
fn refusals_are_read_as_far_as_they_go() {
    for (revision, payload, message, data) in [
        (Revision::V5, r#""no""#, "no", None),
        (Revision::V5, r#"{"message":"no"}"#, "no", None),
        (
            Revision::V5,
            r#"{"message":7,"data":1}"#,
            r#"{"message":7,"data":1}"#,
            Some("1"),
        ),
        (Revision::V5, "{}", "{}", None),
        (Revision::V4, r#""no""#, "no", None),
        (
            Revision::V4,
            r#"{"code":1}"#,
            r#"{"code":1}"#,
            Some(r#"{"code":1}"#),
        ),
    ] {
        let mut peer = Peer::new(revision);
        let slot = peer.connect("/a").unwrap();
        let told = peer.hear(&[&format!("4/a,{payload}")]).unwrap();
        assert_eq!(told, [format!("refused {slot:?} {message} {data:?}")]);
    }
}

#[test]
fn what_comes_before_the_answer_is_told_behind_it() {
    let mut peer = Peer::new(Revision::V5);
    let slot = peer.connect("/").unwrap();
    let place = r#"{"_placeholder":true,"num":0}"#;
    let early = [
        r#"2["a",1]"#,
        &format!(r#"51-["b",{place}]"#),
        "b:xyz",
        r#"23["c"]"#,
    ];
    assert_eq!(peer.hear(&early), Ok(vec![]));
    let told = peer.hear(&[r#"0{"sid":"s"}"#, r#"2["d"]"#]).unwrap();
    assert_eq!(
        told,
        [
            format!("connected {slot:?} s None"),
            format!("event {slot:?} None [\"a\",1] 0"),
            format!("event {slot:?} None [\"b\",{place}] 1"),
            format!("event {slot:?} Some(3) [\"c\"] 0"),
            format!("event {slot:?} None [\"d\"] 0"),
        ]
    );
}

#[test]
fn the_order_holds_for_who_does_not_ask_for_the_rest() {
    let mut peer = Peer::new(Revision::V5);
    peer.connect("/").unwrap();
    let mut names = Vec::new();
    for text in [r#"2["a"]"#, r#"0{"sid":"s"}"#, r#"2["b"]"#, r#"2["c"]"#] {
        let event = peer
            .client
            .handle_message(ms(0), text.into(), &mut peer.out)
            .unwrap();
        if let Some(ClientEvent::Event { packet, .. }) = event {
            names.push(packet.name().to_owned());
        }
    }
    assert_eq!(names, ["a", "b"]);
    assert_eq!(peer.client.poll_timeout(), Some(ms(0)));
    assert!(matches!(
        peer.client.handle_timeout(ms(0)),
        Ok(Some(ClientEvent::Event { packet, .. })) if packet.name() == "c"
    ));
    assert_eq!(peer.client.poll_timeout(), None);
}

#[test]
fn what_is_kept_before_the_answer_is_bounded() {
    let mut peer = Peer::with(ClientConfig {
        held: 200,
        ..ClientConfig::default()
    });
    peer.connect("/").unwrap();
    assert_eq!(peer.hear(&[r#"2["a"]"#, r#"2["a"]"#]), Ok(vec![]));
    let error = Error::TooMuchHeld { limit: 200 };
    assert_eq!(peer.hear(&[r#"2["a"]"#]), Err(error));
    assert_eq!(peer.connect("/a"), Err(SendError::Closed));
    // Two namespaces share the bound, and give back what they do not keep.
    let mut peer = Peer::with(ClientConfig {
        held: 200,
        ..ClientConfig::default()
    });
    let (root, a) = (peer.connect("/").unwrap(), peer.connect("/a").unwrap());
    assert_eq!(peer.hear(&[r#"2["a"]"#, r#"2/a,["a"]"#]), Ok(vec![]));
    peer.client.disconnect(root, &mut peer.out).unwrap();
    assert_eq!(peer.hear(&[r#"2/a,["a"]"#]), Ok(vec![]));
    assert_eq!(peer.hear(&[r#"0/a,{"sid":"s"}"#]).unwrap().len(), 3);
    assert!(peer.client.is_joined(a));
}

#[test]
fn one_that_is_left_before_the_answer() {
    let mut peer = Peer::new(Revision::V5);
    let first = peer.connect("/").unwrap();
    peer.client.disconnect(first, &mut peer.out).unwrap();
    assert_eq!(
        peer.client.disconnect(first, &mut peer.out),
        Err(SendError::Closed)
    );
    assert_eq!(
        peer.out.take(),
        ["0"],
        "a server closes on a DISCONNECT now"
    );
    let auth = Value::object([("n", 2)]).unwrap();
    let second = peer
        .client
        .connect("/", Some(&auth), None, &mut peer.out)
        .unwrap();
    assert!(peer.out.take().is_empty(), "it waits for the first answer");
    assert_eq!(peer.hear(&[r#"2["a"]"#]), Ok(vec![]), "of the first stay");
    assert_eq!(peer.hear(&[r#"0{"sid":"1"}"#]), Ok(vec![]));
    assert_eq!(peer.out.take(), ["1", r#"0{"n":2}"#]);
    let told = peer.hear(&[r#"0{"sid":"2"}"#]).unwrap();
    assert_eq!(told, [format!("connected {second:?} 2 None")]);

    // A refusal ends the first stay too; and without a second one nothing follows.
    let mut peer = Peer::new(Revision::V5);
    for again in [true, false] {
        let slot = peer.connect("/").unwrap();
        peer.client.disconnect(slot, &mut peer.out).unwrap();
        if again {
            peer.connect("/").unwrap();
        }
        peer.out.take();
        let told = peer.hear(&[r#"4{"message":"no"}"#]);
        assert_eq!(told, Ok(vec![]));
        let sent: &[&str] = if again { &["0"] } else { &[] };
        assert_eq!(peer.out.take(), sent);
        if again {
            peer.hear(&[r#"4{"message":"no"}"#]).unwrap();
        }
    }
}

#[test]
fn acknowledgements_of_the_server() {
    let (mut peer, slot) = Peer::joined();
    let (client, out) = (&mut peer.client, &mut peer.out);
    for (id, deadline) in [(0, None), (1, Some(ms(100))), (2, Some(ms(50)))] {
        let got = client.emit_with_ack(slot, &event(), deadline, Admit::Normal, out);
        assert_eq!(got, Ok(id));
    }
    assert_eq!(out.take(), ["20[\"e\",1]", "21[\"e\",1]", "22[\"e\",1]"]);
    assert_eq!(client.poll_timeout(), Some(ms(50)));
    let late = client.handle_timeout(ms(50));
    assert_eq!(late, Ok(Some(ClientEvent::AckTimeout { slot, id: 2 })));
    assert!(client.forget_ack(slot, 1));
    let told = peer.hear(&["30[7]", "30[8]", "31[]", "32[]", "39[]"]);
    assert_eq!(told, Ok(vec![format!("ack {slot:?} 0 [7]")]));
    assert_eq!(peer.client.poll_timeout(), None);
}

#[test]
fn the_server_ends_a_stay() {
    let (mut peer, slot) = Peer::joined();
    peer.client
        .emit_with_ack(slot, &event(), Some(ms(9)), Admit::Normal, &mut peer.out)
        .unwrap();
    assert_eq!(
        peer.hear(&["1", "30[1]", "1"]),
        Ok(vec![format!("disconnected {slot:?}")])
    );
    assert_eq!(peer.client.poll_timeout(), None);
    let again = peer.connect("/").unwrap();
    assert_ne!(slot, again);
    let sent = peer
        .client
        .emit(slot, &event(), Admit::Normal, &mut peer.out);
    assert_eq!(sent, Err(SendError::Closed));
    // Its word for the stay before may have crossed the CONNECT, with an event behind which it stands.
    assert_eq!(peer.hear(&[r#"2["a"]"#, "1", r#"2["b"]"#]), Ok(vec![]));
    let told = peer.hear(&[r#"0{"sid":"y"}"#]).unwrap();
    assert_eq!(told.len(), 2, "connected, and b: {told:?}");
}

#[test]
fn what_was_said_to_the_stay_before() {
    let (mut peer, first) = Peer::joined();
    peer.client.disconnect(first, &mut peer.out).unwrap();
    let second = peer.connect("/").unwrap();
    assert_eq!(peer.out.take(), ["1", "0"]);
    // All of it was sent before the server heard of either.
    assert_eq!(peer.hear(&[r#"2["old"]"#, r#"27["old"]"#, "1"]), Ok(vec![]));
    let told = peer.hear(&[r#"0{"sid":"b"}"#, r#"2["new"]"#]).unwrap();
    assert_eq!(
        told,
        [
            format!("connected {second:?} b None"),
            format!("event {second:?} None [\"new\"] 0")
        ]
    );
}

#[test]
fn an_answer_that_nobody_waits_for_is_declined() {
    let (mut peer, slot) = Peer::joined();
    peer.client.disconnect(slot, &mut peer.out).unwrap();
    peer.out.take();
    assert_eq!(
        peer.hear(&[r#"0{"sid":"x"}"#, r#"4{"message":"no"}"#]),
        Ok(vec![])
    );
    assert_eq!(peer.out.take(), ["1"]);
}

#[test]
fn servers_that_break_a_rule() {
    for (text, error) in [
        (r#"0/b,{"sid":"x"}"#, Error::Unasked),
        (r#"0{"sid":"x"}"#, Error::Unasked),
        (r#"4{"message":"x"}"#, Error::Unasked),
        (r#"4/b,"x""#, Error::Unasked),
        (r#"2/b,["x"]"#, Error::NotConnected),
        (r#"51-/b,["x"]"#, Error::NotConnected),
        ("3/b,0[]", Error::NotConnected),
        ("1/b", Error::NotConnected),
        ("b:x", Error::UnexpectedBinary),
        ("2[\"disconnect\"]", Error::ReservedName),
        ("511-[\"a\"]", Error::TooManyAttachments { limit: 10 }),
        ("7", Error::PacketType),
    ] {
        let (mut peer, slot) = Peer::joined();
        assert_eq!(peer.hear(&[text]), Err(error), "{text}");
        assert_eq!(peer.hear(&["1"]), Err(error), "{text}: it sticks");
        assert_eq!(peer.client.handle_timeout(ms(0)), Err(error));
        assert!(!peer.client.is_joined(slot));
    }
}

#[test]
fn attachments_that_do_not_come() {
    let (mut peer, _) = Peer::joined();
    peer.hear(&[r#"51-["a"]"#]).unwrap();
    let deadline = peer.client.poll_timeout().unwrap();
    assert_eq!(
        peer.client.handle_timeout(deadline),
        Err(Error::AttachmentsTimeout)
    );
}

#[test]
fn namespaces_are_bounded() {
    let mut peer = Peer::with(ClientConfig {
        limits: Config {
            namespaces: 2,
            ..Config::default()
        },
        ..ClientConfig::default()
    });
    let a = peer.connect("/a").unwrap();
    peer.connect("/b").unwrap();
    assert_eq!(peer.connect("/c"), Err(SendError::Full));
    peer.hear(&[r#"0/a,{"sid":"x"}"#]).unwrap();
    peer.client.disconnect(a, &mut peer.out).unwrap();
    assert!(peer.connect("/c").is_ok(), "in the place of the one left");
    assert_eq!(peer.connect("/a"), Err(SendError::Full));
}

#[test]
fn names_and_queries_are_bounded() {
    let long = |len: usize| "x".repeat(len);
    let name = format!("/{}", long(MAX_NAMESPACE - 1));
    let query = long(MAX_NAMESPACE_QUERY);
    for (nsp, good) in [
        (name.clone(), true),
        (format!("{name}x"), false),
        (format!("/a?{query}"), true),
        (format!("/b?{query}x"), false),
        ("/c,d".into(), false),
        ("e".into(), false),
    ] {
        let made = Peer::new(Revision::V4).connect(&nsp);
        let refused = Err(SendError::Unencodable);
        assert!(made.is_ok() == good && (good || made == refused), "{nsp}");
    }
}

#[test]
fn an_old_server_is_recognised() {
    let mut peer = Peer::new(Revision::V5);
    let slot = peer.connect("/").unwrap();
    let told = peer.hear(&["0"]).unwrap();
    assert!(told[0].starts_with(&format!(
        "refused {slot:?} the server answers like one of Socket.IO 2"
    )));
}

#[test]
fn revision_4_joins_the_root_unasked() {
    // Whether it is wanted before the server's greeting or behind it.
    for late in [false, true] {
        let mut peer = Peer::new(Revision::V4);
        let mut told = Vec::new();
        if late {
            told.extend(peer.hear(&["0", r#"2["missed"]"#]).unwrap());
        }
        let slot = peer.connect("/").unwrap();
        if !late {
            told.extend(peer.hear(&["0"]).unwrap());
        }
        assert!(peer.out.take().is_empty(), "no CONNECT is sent");
        told.extend(peer.hear(&[r#"2["x"]"#]).unwrap());
        while let Some(event) = peer.client.handle_timeout(ms(0)).unwrap() {
            told.push(line(&event));
        }
        assert_eq!(
            told,
            [
                format!("connected {slot:?} eng None"),
                format!("event {slot:?} None [\"x\"] 0")
            ]
        );
        peer.client.disconnect(slot, &mut peer.out).unwrap();
        peer.connect("/").unwrap();
        assert_eq!(peer.out.take(), ["1", "0"], "now it is");
    }
}

#[test]
fn revision_4_sends_a_query_and_hears_errors() {
    let mut peer = Peer::new(Revision::V4);
    let auth = Value::object([("token", "x")]).unwrap();
    let slot = peer
        .client
        .connect("/a?token=1&b=2", Some(&auth), None, &mut peer.out)
        .unwrap();
    assert_eq!(peer.out.take(), ["0/a?token=1&b=2,"]);
    let told = peer.hear(&["0", "0/a,", r#"4/a,"slow down""#]).unwrap();
    assert_eq!(
        told,
        [
            format!("connected {slot:?} /a#eng None"),
            format!("error {slot:?} \"slow down\"")
        ]
    );
    let event = Encoded::event("e", &Bytes::from_static(b"x")).unwrap();
    let id = peer
        .client
        .emit_with_ack(slot, &event, None, Admit::Normal, &mut peer.out);
    assert_eq!(id, Ok(0));
    let place = r#"{"_placeholder":true,"num":0}"#;
    assert_eq!(
        peer.out.take(),
        [format!("51-/a,0[\"e\",{place}]"), "b:x".into()]
    );
    let told = peer.hear(&[&format!("61-/a,0[{place}]"), "b:y"]).unwrap();
    assert_eq!(told, [format!("ack {slot:?} 0 [{place}]")]);
}
