//! Clients of `socket.io-client` 2.x, as they speak: over polling and over a WebSocket, in `/` unasked,
//! beside clients of today.

use crate::{
    client::{Client, POLLING, WEBSOCKET, answering, log, serve},
    raw::{
        PATIENCE,
        http::Http,
        ws::{Said, Ws},
    },
    recovery::marked,
};
use siox::{
    Args, BoxError, Bytes, ConnectError, DisconnectReason, Message, Recovery, SendError, Server,
    Socket, Value,
    parser::{Config, Error, Header, Json, Kind, Parsed, Parser, Part},
};
use std::net::SocketAddr;

const OLD_WEBSOCKET: &str = "/socket.io/?EIO=3&transport=websocket";
const OLD_POLLING: &str = "/socket.io/?EIO=3&transport=polling&b64=1";

fn server() -> Server {
    Server::builder().allow_eio3(true).build().unwrap()
}

/// The id of a session, as the text of its open packet has it.
fn sid(open: &str) -> &str {
    let (_, behind) = open.split_once("\"sid\":\"").unwrap();
    behind.split_once('"').unwrap().0
}

/// A client of 2.x on a WebSocket, whose open packet is read; and the session's id.
async fn open(to: SocketAddr) -> (Ws, String) {
    let mut ws = Ws::connect(to, OLD_WEBSOCKET).await;
    let open = ws.text().await;
    (ws, sid(&open).to_owned())
}

#[tokio::test]
async fn they_are_refused_unless_allowed() {
    let io = Server::new();
    let to = serve(&io).await;
    let answer = Http::connect(to).await.get(OLD_POLLING).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.body,
        r#"{"code":5,"message":"Unsupported protocol version"}"#
    );
    // What names no version is of neither, whatever is allowed.
    let to = serve(&server()).await;
    let nameless = "/socket.io/?transport=polling";
    assert_eq!(Http::connect(to).await.get(nameless).await.status, 400);
}

#[tokio::test]
async fn they_are_in_the_main_namespace_unasked() {
    let io = server();
    let (tell, mut told) = log();
    io.namespace("/").on_connect(move |socket: Socket| {
        tell((socket.id().to_owned(), socket.auth().to_owned()));
        socket.emit("auth", &1)
    });
    let to = serve(&io).await;

    let (mut ws, id) = open(to).await;
    assert_eq!(ws.text().await, "40");
    assert_eq!(ws.text().await, r#"42["auth",1]"#);
    assert_eq!(told.next().await, (id, "{}".to_owned()));

    let mut http = Http::connect(to).await;
    let opened = http.get(OLD_POLLING).await;
    let id = sid(&opened.body).to_owned();
    assert_eq!(told.next().await, (id.clone(), "{}".to_owned()));
    let session = format!("{OLD_POLLING}&sid={id}");
    assert_eq!(http.post(&session, "1:2").await.body, "ok");
    let polled = http.get(&session).await;
    assert_eq!(polled.body, r#"2:4012:42["auth",1]1:3"#);
    assert_eq!(io.clients(), 2);
}

#[tokio::test]
async fn middleware_is_asked_about_the_main_namespace_too() {
    let io = server();
    io.namespace("/")
        .middleware(|_: Socket| -> Result<(), BoxError> {
            Err(Box::new(ConnectError::new("closed today")))
        });
    let data: Value = r#"{"retry":true}"#.parse().unwrap();
    io.namespace("/data").middleware(move |_: Socket| {
        let refusal = ConnectError::new("no").with_data(&data);
        Err::<(), BoxError>(Box::new(refusal))
    });
    let to = serve(&io).await;
    let (mut ws, _) = open(to).await;
    assert_eq!(ws.text().await, r#"44"closed today""#);
    ws.send("40/data,").await;
    assert_eq!(ws.text().await, r#"44/data,{"retry":true}"#);
    ws.send("40/random").await;
    let answer = r#"44/random,{"message":"Invalid namespace"}"#;
    assert_eq!(ws.text().await, answer);
}

#[tokio::test]
async fn what_stands_behind_a_name_is_query_and_credentials() {
    let io = server();
    let (tell, mut told) = log();
    let custom = io.namespace("/custom");
    let also = tell.clone();
    custom.on_connect(move |socket: Socket| {
        let query = socket.handshake().query().to_owned();
        also((socket.id().to_owned(), query, socket.auth().to_owned()));
    });
    io.namespace("/").on("query", move |socket: Socket| {
        let query = socket.handshake().query().to_owned();
        tell((socket.id().to_owned(), query, socket.auth().to_owned()));
    });
    answering(&custom);
    let to = serve(&io).await;
    let (mut ws, id) = open(to).await;
    assert_eq!(ws.text().await, "40");
    ws.send("40/custom?token=%26x&a=b,").await;
    assert_eq!(ws.text().await, "40/custom,");
    let own = "EIO=3&transport=websocket";
    assert_eq!(
        told.next().await,
        (
            format!("/custom#{id}"),
            format!("{own}&token=%26x&a=b"),
            r#"{"token":"&x","a":"b"}"#.to_owned()
        )
    );
    ws.send(r#"42["query"]"#).await;
    assert_eq!(told.next().await, (id, own.to_owned(), "{}".to_owned()));
    ws.send(r#"42/custom,7["until now"]"#).await;
    assert_eq!(ws.text().await, "43/custom,7[]");
}

#[tokio::test]
async fn acks_and_attachments() {
    let io = server();
    let nsp = io.namespace("/");
    nsp.on("echo", |args: Args, ack: siox::Ack| ack.relay(&args));
    nsp.on("ask", |socket: Socket| async move {
        let answer = socket.emit_with_ack::<i64>("asked", &(), None).await?;
        socket.emit("told", &answer)?;
        Ok::<_, BoxError>(())
    });
    let to = serve(&io).await;
    let (mut ws, _) = open(to).await;
    assert_eq!(ws.text().await, "40");
    ws.send(r#"451-9["echo",{"_placeholder":true,"num":0}]"#)
        .await;
    ws.send_binary(&[4, 1, 2]).await;
    assert_eq!(ws.text().await, r#"461-9[{"_placeholder":true,"num":0}]"#);
    assert_eq!(ws.next().await, Said::Binary(vec![4, 1, 2]));
    ws.send(r#"42["ask"]"#).await;
    assert_eq!(ws.text().await, r#"421["asked"]"#);
    ws.send("431[5]").await;
    assert_eq!(ws.text().await, r#"42["told",5]"#);
}

#[tokio::test]
async fn leaving_the_main_namespace_ends_the_connection() {
    let io = server();
    let (tell, mut told) = log();
    io.namespace("/")
        .on_disconnect(move |reason: DisconnectReason| tell(reason));
    let to = serve(&io).await;
    let (mut ws, _) = open(to).await;
    assert_eq!(ws.text().await, "40");
    ws.send("41").await;
    let reason = told.next().await;
    assert_eq!(reason, DisconnectReason::ClientNamespaceDisconnect);
    let rest = ws.rest().await;
    assert!(matches!(&rest[..], [Said::Close(..)]), "{rest:?}");
}

#[tokio::test]
async fn a_room_of_both_kinds_of_clients() {
    let io = server();
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.on_connect(|socket: Socket| socket.join("room"));
    let to = serve(&io).await;
    let (mut old, _) = open(to).await;
    assert_eq!(old.text().await, "40");
    let mut new = Client::join(to).await;
    let mut polls = Http::connect(to).await;
    let opened = polls.get(OLD_POLLING).await;
    let session = format!("{OLD_POLLING}&sid={}", sid(&opened.body));

    let blob = Bytes::from_static(&[1, 2]);
    nsp.to("room").emit("news", &("x", blob)).unwrap();
    let text = r#"51-["news","x",{"_placeholder":true,"num":0}]"#;
    assert_eq!(old.text().await, format!("4{text}"));
    assert_eq!(old.next().await, Said::Binary(vec![4, 1, 2]));
    assert_eq!(new.packet().await, text);
    assert_eq!(new.next().await, Said::Binary(vec![1, 2]));
    let polled = polls.get(&session).await;
    let all = format!("2:40{}:4{text}6:b4AQI=", text.len() + 1);
    assert_eq!(polled.body, all);

    // One id for all whom a broadcast asks.
    let room = nsp.to("room").except(sid(&opened.body));
    let asked = room.emit_with_ack("ask", &(), PATIENCE);
    let id = |text: &str| text.trim_end_matches(r#"["ask"]"#)[1..].to_owned();
    let (a, b) = (old.text().await, new.packet().await);
    assert_eq!(id(&a[1..]), id(&b));
    old.send(&format!("43{}[1]", id(&b))).await;
    new.send(&format!("3{}[2]", id(&b))).await;
    assert_eq!(asked.await.unwrap().len(), 2);
}

/// They have no way to say where they were, so they are told of no offset and keep their own ids.
#[tokio::test]
async fn recovery_is_not_theirs() {
    let io = Server::builder()
        .allow_eio3(true)
        .recovery(Recovery::default())
        .build()
        .unwrap();
    let nsp = io.namespace("/");
    nsp.on("hi", |socket: Socket| socket.emit("hi", &()));
    let to = serve(&io).await;
    let (mut old, id) = open(to).await;
    assert_eq!(old.text().await, "40");
    let mut new = Client::open(to).await;
    new.send("0").await;
    assert!(new.packet().await.contains("\"pid\""));

    nsp.emit("all", &1).unwrap();
    assert_eq!(old.text().await, r#"42["all",1]"#);
    assert_eq!(marked(&new.packet().await).0, r#"2["all",1,"1"]"#);
    old.send(r#"42["hi"]"#).await;
    assert_eq!(old.text().await, r#"42["hi"]"#);
    nsp.to(&id).emit("own", &()).unwrap();
    assert_eq!(old.text().await, r#"42["own"]"#);
    // What a client of 2.x alone was told is none of the log's but by a room.
    nsp.emit("all", &2).unwrap();
    assert_eq!(marked(&new.packet().await).0, r#"2["all",2,"3"]"#);
}

#[tokio::test]
async fn what_comes_at_the_wrong_time_is_a_forced_close() {
    let io = server();
    let (tell, mut told) = log();
    io.namespace("/")
        .on_disconnect(move |reason: DisconnectReason| tell(reason));
    let to = serve(&io).await;
    for (packet, reason) in [
        ("40", DisconnectReason::ForcedServerClose),
        (r#"42/a,["x"]"#, DisconnectReason::ForcedServerClose),
        (r#"44"x""#, DisconnectReason::ForcedServerClose),
        ("42", DisconnectReason::ParseError),
    ] {
        for target in [OLD_WEBSOCKET, WEBSOCKET] {
            let mut ws = Ws::connect(to, target).await;
            ws.text().await;
            if target == WEBSOCKET {
                ws.send("40").await;
            }
            assert!(ws.text().await.starts_with("40"));
            ws.send(packet).await;
            assert_eq!(told.next().await, reason, "{packet} {target}");
        }
    }
    // The same over polling, where nobody has to fetch anything for it.
    let mut http = Http::connect(to).await;
    let id = sid(&http.get(POLLING).await.body).to_owned();
    let session = format!("{POLLING}&sid={id}");
    assert_eq!(http.post(&session, "40").await.status, 200);
    http.get(&session).await;
    assert_eq!(http.post(&session, "40").await.status, 400);
    assert_eq!(told.next().await, DisconnectReason::ForcedServerClose);
    assert_eq!(http.get(&session).await.status, 400);
}

/// JSON as ever, but for events that end with an argument which is a string, or for all others.
#[derive(Debug)]
struct Picky {
    ends_with_string: bool,
}

impl Parser for Picky {
    fn decode<'b>(&self, message: Message<'b>, config: &Config) -> Result<Parsed<'b>, Error> {
        Json.decode(message, config)
    }

    fn encode(
        &self,
        header: &Header<'_>,
        body: &str,
        attachments: &[Bytes],
    ) -> Result<Vec<Part>, SendError> {
        let is_refused = body.ends_with("\"]") == self.ends_with_string;
        if header.kind == Kind::Event && body.starts_with("[\"all\"") && is_refused {
            return Err(SendError::Unencodable);
        }
        Json.encode(header, body, attachments)
    }
}

#[tokio::test]
async fn a_packet_that_cannot_be_written_in_one_revision_is_sent_in_the_other() {
    // Recovery ends the events of clients of today with an offset, which is a string.
    for (ends_with_string, expected) in [(true, Err(SendError::Unencodable)), (false, Ok(()))] {
        let io = Server::builder()
            .allow_eio3(true)
            .parser(Picky { ends_with_string })
            .recovery(Recovery::default())
            .build()
            .unwrap();
        let nsp = io.namespace("/");
        let to = serve(&io).await;
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let (mut ws, _) = open(to).await;
            assert_eq!(ws.text().await, "40");
            old.push(ws);
            new.push(Client::open(to).await);
            new.last_mut().unwrap().send("0").await;
            new.last_mut().unwrap().packet().await;
        }
        assert_eq!(nsp.emit("all", &1), expected);
        assert_eq!(nsp.emit("end", &2), Ok(()));
        for ws in &mut old {
            if ends_with_string {
                assert_eq!(ws.text().await, r#"42["all",1]"#);
            }
            assert_eq!(ws.text().await, r#"42["end",2]"#);
        }
        for client in &mut new {
            if !ends_with_string {
                assert!(client.packet().await.starts_with(r#"2["all",1,""#));
            }
            assert!(client.packet().await.starts_with(r#"2["end",2,""#));
        }
    }
}
