//! Servers whose packets are not plain JSON by the grammar: MessagePack, and what the reference takes too.

use crate::{
    client::{Client, answering, log, serve},
    raw::{until, ws::Said},
};
use siox::{
    Ack, AckError, Args, Bytes, Data, DisconnectReason, EventName, MessagePack, Namespace,
    Recovery, SendError, Server, Socket, Value, parser::Leniency,
};
use siox_socketio::{Config, Decoded, Header, Kind, Parser};
use std::{net::SocketAddr, time::Duration};

/// A packet as MessagePack.
fn packed(kind: Kind, id: Option<u64>, body: &str) -> Vec<u8> {
    let header = Header { kind, nsp: "/", id };
    let parts = MessagePack::default().encode(&header, body, &[]).unwrap();
    parts[0].bytes().to_vec()
}

/// A client that speaks MessagePack, in `/`; and the payload that it was let in with.
async fn joined(to: SocketAddr, auth: &str) -> (Client, String) {
    let mut client = Client::open(to).await;
    client
        .ws
        .send_binary(&packed(Kind::Connect, None, auth))
        .await;
    let welcome = heard(&mut client).await;
    (client, welcome)
}

/// The next packet, as one line.
async fn heard(client: &mut Client) -> String {
    let bytes = match client.next().await {
        Said::Binary(bytes) => bytes,
        said => panic!("{said:?}"),
    };
    let parsed = MessagePack::default().decode(bytes[..].into(), &Config::default());
    match parsed.unwrap().packet() {
        Decoded::Event { id, packet, .. } => format!("event {id:?} {}", packet.args()),
        Decoded::Ack { id, packet, .. } => format!("ack {id} {}", packet.args()),
        Decoded::Connect { payload, .. } => payload.as_ref().unwrap().as_str().to_owned(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn rooms_acks_and_recovery_know_no_parser() {
    let io = Server::builder()
        .parser(MessagePack::default())
        .recovery(Recovery::default())
        .build()
        .unwrap();
    let main = io.namespace("/");
    main.on("all", |nsp: Namespace, args: Args| {
        nsp.to("room").relay("all", &args)
    });
    main.on("join", |socket: Socket| socket.join("room"));
    main.on("count", async |nsp: Namespace, ack: Ack| {
        let within = Duration::from_secs(10);
        let answers = nsp.to("room").emit_with_ack("ask", &(), within).await;
        let count = answers.map_err(|_| AckError::Timeout)?.len();
        ack.send(&count).map_err(AckError::Send)
    });
    let to = serve(&io).await;
    let (mut a, welcome) = joined(to, "").await;
    let (mut b, _) = joined(to, "").await;
    for client in [&mut a, &mut b] {
        client
            .ws
            .send_binary(&packed(Kind::Event, None, r#"["join"]"#))
            .await;
    }
    b.ws.send_binary(&packed(Kind::Event, Some(4), r#"["count"]"#))
        .await;
    let mut ask = String::new();
    for client in [&mut a, &mut b] {
        ask = heard(client).await;
        let id = ask.strip_prefix("event Some(").unwrap();
        let id = id.strip_suffix(r#") ["ask"]"#).unwrap().parse().unwrap();
        client
            .ws
            .send_binary(&packed(Kind::Ack, Some(id), "[]"))
            .await;
    }
    assert!(ask.starts_with("event Some("), "{ask}");
    assert_eq!(heard(&mut b).await, "ack 4 [2]");
    let all = packed(Kind::Event, None, r#"["all",{"n":[1.5,"é"]}]"#);
    b.ws.send_binary(&all).await;
    let told = heard(&mut a).await;
    assert_eq!(heard(&mut b).await, told);
    let offset = told
        .strip_prefix(r#"event None ["all",{"n":[1.5,"é"]},""#)
        .and_then(|rest| rest.strip_suffix("\"]"))
        .unwrap_or_else(|| panic!("{told}"))
        .to_owned();
    // It is cut off, misses one, and comes back.
    let pid = welcome.split("\"pid\":\"").nth(1).unwrap();
    let pid = pid.split('"').next().unwrap().to_owned();
    drop(a);
    while io.clients() > 1 {
        tokio::task::yield_now().await;
    }
    b.ws.send_binary(&all).await;
    heard(&mut b).await;
    let auth = format!(r#"{{"pid":"{pid}","offset":"{offset}"}}"#);
    let (mut again, second) = joined(to, &auth).await;
    assert!(second.contains(&pid), "{second} is not {welcome}");
    let missed = heard(&mut again).await;
    assert!(
        missed.starts_with(r#"event None ["all",{"n":[1.5,"é"]},"#),
        "{missed}"
    );
}

#[tokio::test]
async fn what_the_parser_cannot_write_is_refused_to_the_caller() {
    let io = Server::builder()
        .parser(MessagePack {
            max_binary: 0,
            ..MessagePack::default()
        })
        .build()
        .unwrap();
    let main = io.namespace("/");
    let deep: Value = ("[".repeat(128) + &"]".repeat(128)).parse().unwrap();
    main.on("try", move |nsp: Namespace, socket: Socket, ack: Ack| {
        let binary = Bytes::from_static(b"x");
        let sent = [
            socket.emit("no", &binary),
            socket.emit("no", &deep),
            nsp.emit("no", &deep),
        ];
        let expected = [
            Err(SendError::Attachments { limit: 0 }),
            Err(SendError::Unencodable),
            Err(SendError::Unencodable),
        ];
        ack.send(&(sent == expected))
    });
    let to = serve(&io).await;
    let (mut client, _) = joined(to, "").await;
    let ask = packed(Kind::Event, Some(1), r#"["try"]"#);
    client.ws.send_binary(&ask).await;
    assert_eq!(heard(&mut client).await, "ack 1 [true]");
}

/// What declares more than it has, nests too deep, or is of a kind that JSON does not have.
#[tokio::test]
async fn hostile_messagepack() {
    let io = Server::builder()
        .parser(MessagePack::default())
        .build()
        .unwrap();
    let main = io.namespace("/");
    main.on("echo", |args: Args, ack: Ack| ack.relay(&args));
    let (tell, mut told) = log();
    main.on_disconnect(move |reason: DisconnectReason| tell(reason));
    let to = serve(&io).await;
    let (mut bystander, _) = joined(to, "").await;
    // An event of this one argument, asked to be acknowledged.
    let event = |argument: &[u8]| {
        let head = b"\x84\xa4type\x02\xa3nsp\xa1/\xa2id\x07\xa4data\x92\xa4echo";
        [&head[..], argument].concat()
    };
    let nested = |depth: usize| [vec![0x91; depth], vec![0xc0]].concat();
    for argument in [
        &[0xdd, 0xff, 0xff, 0xff, 0xff][..],
        &[0xdf, 0xff, 0xff, 0xff, 0xff],
        &[0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0xc6, 0xff, 0xff, 0xff, 0xff],
        &[0xc9, 0xff, 0xff, 0xff, 0xff, 0x05],
        &[0xc1],
        &[0xa1, 0xff],
        &[0xc0, 0xc0],
        &nested(128),
        &nested(500_000),
        // Not finite, and a key that is no text.
        &[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
        &[0x81, 0x01, 0x02],
    ] {
        let (mut hostile, _) = joined(to, "").await;
        hostile.ws.send_binary(&event(argument)).await;
        let shown = &argument[..argument.len().min(10)];
        assert_eq!(
            told.next().await,
            DisconnectReason::ParseError,
            "{shown:x?}"
        );
    }
    until(1, || io.clients()).await;
    // Extensions, one unknown among them, and as deep as it may be.
    for (argument, back) in [
        (
            &[0xd4, 0x05, 0x09][..],
            r#"[[5,{"_placeholder":true,"num":0}]]"#,
        ),
        (&[0xd4, 0x00, 0x00], "[null]"),
        (&nested(127)[..], ""),
    ] {
        bystander.ws.send_binary(&event(argument)).await;
        let heard = heard(&mut bystander).await;
        assert!(
            heard.starts_with("ack 7 ") && heard.ends_with(back),
            "{heard}"
        );
    }
}

#[tokio::test]
async fn strict_unless_told_otherwise() {
    for (builder, lenient) in [
        (Server::builder(), false),
        (Server::builder().compatible(false), false),
        (Server::builder().compatible(true), true),
        (
            Server::builder().leniency(Leniency {
                loose_id: true,
                ..Leniency::STRICT
            }),
            true,
        ),
    ] {
        let io = builder.build().unwrap();
        let main = io.namespace("/");
        answering(&main);
        main.on("where", |ack: Ack| ack.send("here"));
        let to = serve(&io).await;
        let mut client = Client::join(to).await;
        client.send("2 [\"where\"]").await;
        if lenient {
            assert_eq!(client.packet().await, "30[\"here\"]");
        } else {
            assert!(matches!(client.next().await, Said::Close(_) | Said::End));
        }
    }
}

#[tokio::test]
async fn base64_is_exact_unless_told_otherwise() {
    for (builder, lenient) in [
        (Server::builder(), false),
        (Server::builder().leniency(Leniency::compatible()), false),
        (Server::builder().loose_base64(true), true),
        (Server::builder().compatible(true), true),
    ] {
        let io = builder.build().unwrap();
        io.namespace("/")
            .on("size", |Data(bytes): Data<Bytes>, ack: Ack| {
                ack.send(&bytes.len())
            });
        let to = serve(&io).await;
        let mut client = Client::join(to).await;
        client
            .send(r#"51-7["size",{"_placeholder":true,"num":0}]"#)
            .await;
        client.ws.send("bAQ!ID").await;
        if lenient {
            assert_eq!(client.packet().await, "37[3]");
        } else {
            assert!(matches!(client.next().await, Said::Close(_) | Said::End));
        }
    }
}

#[tokio::test]
async fn numbers_are_names_by_their_decimal_strings() {
    let io = Server::new();
    let main = io.namespace("/");
    main.on("7", |ack: Ack| ack.send("seven"));
    main.on_any(|name: EventName, socket: Socket| socket.emit("named", &name.0));
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client.send("21[7]").await;
    let both = [client.packet().await, client.packet().await];
    assert!(both.contains(&"31[\"seven\"]".to_owned()), "{both:?}");
    assert!(both.contains(&"2[\"named\",\"7\"]".to_owned()), "{both:?}");
    client.send("2[1.50]").await;
    assert_eq!(client.packet().await, "2[\"named\",\"1.5\"]");
}
