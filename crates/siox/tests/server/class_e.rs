//! Hostile packets of Socket.IO over real sockets: by polling and on a WebSocket, of clients of today and of
//! 2.x. Whatever ends a connection ends that one alone, with its reason told, and leaves nothing.

use crate::{
    client::{Client, Log, answering, log, serve},
    raw::{http::Http, until, ws::Ws},
};
use siox::{Args, Builder, Data, DisconnectReason, Namespace, Server, Socket};
use std::{net::SocketAddr, time::Duration};

/// A hostile peer, in `/`.
struct Peer {
    eio: u8,
    way: Way,
}

enum Way {
    Socket(Box<Ws>),
    Polling(Http, String),
}

impl Peer {
    async fn open(to: SocketAddr, eio: u8, polling: bool) -> Self {
        let transport = if polling { "polling" } else { "websocket" };
        let target = format!("/socket.io/?EIO={eio}&transport={transport}&b64=1");
        let way = if polling {
            let mut http = Http::connect(to).await;
            let open = http.get(&target).await.body;
            let (_, sid) = open.split_once("\"sid\":\"").unwrap();
            let session = format!("{target}&sid={}", sid.split_once('"').unwrap().0);
            Way::Polling(http, session)
        } else {
            let mut ws = Ws::connect(to, &target).await;
            ws.text().await;
            Way::Socket(Box::new(ws))
        };
        Self { eio, way }
    }

    async fn join(to: SocketAddr, eio: u8, polling: bool) -> Self {
        let mut peer = Self::open(to, eio, polling).await;
        if eio == 4 {
            assert!(peer.say("40").await);
        }
        assert!(peer.next().await[0].starts_with("40"));
        peer
    }

    /// Every kind of peer, in `/`.
    async fn every(to: SocketAddr) -> Vec<(String, Self)> {
        let mut all = Vec::new();
        for (eio, polling) in [(3, false), (3, true), (4, false), (4, true)] {
            let name = format!("EIO {eio}, polling: {polling}");
            all.push((name, Self::join(to, eio, polling).await));
        }
        all
    }

    /// Whether it was taken.
    async fn say(&mut self, packet: &str) -> bool {
        self.say_all(&[packet]).await
    }

    /// Of one read, or one body.
    async fn say_all(&mut self, packets: &[impl AsRef<str>]) -> bool {
        match &mut self.way {
            Way::Socket(ws) => ws.send_all(packets).await,
            Way::Polling(http, session) => {
                let body: Vec<String> = packets
                    .iter()
                    .map(AsRef::as_ref)
                    .map(|packet| match self.eio {
                        3 => format!("{}:{packet}", packet.encode_utf16().count()),
                        _ => packet.to_owned(),
                    })
                    .collect();
                let between = if self.eio == 3 { "" } else { "\x1e" };
                return http.post(session, &body.join(between)).await.status == 200;
            }
        }
        true
    }

    /// What comes next: of a WebSocket one packet, of a poll all that waits.
    async fn next(&mut self) -> Vec<String> {
        match &mut self.way {
            Way::Socket(ws) => vec![ws.text().await],
            Way::Polling(http, session) => {
                let body = http.get(session).await.body;
                if self.eio == 4 {
                    return body.split('\x1e').map(str::to_owned).collect();
                }
                let (mut rest, mut packets) = (&body[..], Vec::new());
                while let Some((len, behind)) = rest.split_once(':') {
                    let at = behind.char_indices().nth(len.parse().unwrap());
                    let (packet, others) = behind.split_at(at.map_or(behind.len(), |(i, _)| i));
                    packets.push(packet.to_owned());
                    rest = others;
                }
                packets
            }
        }
    }

    /// All that comes until the answer to a last word.
    async fn heard_until_now(&mut self) -> Vec<String> {
        assert!(self.say(r#"42987654["until now"]"#).await);
        let mut heard = Vec::new();
        loop {
            heard.extend(self.next().await);
            if heard.last().is_some_and(|packet| packet == "43987654[]") {
                heard.pop();
                return heard;
            }
        }
    }
}

struct Bench {
    io: Server,
    to: SocketAddr,
    told: Log<DisconnectReason>,
}

async fn bench(builder: Builder) -> Bench {
    let io = builder.allow_eio3(true).build().unwrap();
    let (tell, told) = log();
    let nsp = io.namespace("/");
    serves(&nsp);
    nsp.on_disconnect(move |reason: DisconnectReason| tell(reason));
    serves(&io.dynamic("/room-{n}"));
    let to = serve(&io).await;
    Bench { io, to, told }
}

fn serves(nsp: &Namespace) {
    answering(nsp);
    nsp.on("echo", |socket: Socket, args: Args| {
        socket.relay("echo", &args)
    });
    nsp.on("leave", |socket: Socket| socket.disconnect());
}

/// Each of these ends the connection of whoever sends it in `/`, with this reason.
async fn fatal(rows: &[(&[&str], DisconnectReason)]) {
    let mut bench = bench(Server::builder()).await;
    let mut bystander = Client::join(bench.to).await;
    for (packets, reason) in rows {
        for (name, mut peer) in Peer::every(bench.to).await {
            let shown: Vec<_> = packets.iter().map(|p| &p[..p.len().min(80)]).collect();
            let (last, before) = packets.split_last().unwrap();
            for packet in before {
                assert!(peer.say(packet).await, "{name} {shown:?}");
            }
            let taken = peer.say(last).await;
            assert!(
                !taken || matches!(peer.way, Way::Socket(_)),
                "{name} {shown:?}"
            );
            assert_eq!(bench.told.next().await, *reason, "{name} {shown:?}");
        }
    }
    until(1, || bench.io.clients()).await;
    assert_eq!(bench.io.namespace("/").sockets().len(), 1);
    assert!(bystander.heard_until_now("").await.is_empty());
}

const PARSE: DisconnectReason = DisconnectReason::ParseError;
const FORCED: DisconnectReason = DisconnectReason::ForcedServerClose;
const PENDING: &str = r#"452-["x",{"_placeholder":true,"num":0}]"#;

#[tokio::test]
async fn what_is_no_packet() {
    fatal(&[
        (&["4"], PARSE),
        (&["47"], PARSE),
        (&["4NaN"], PARSE),
        (&["450-[]"], PARSE),
        (&["4511-[]"], PARSE),
        (&[r#"451e0-["x"]"#], PARSE),
        (&[r#"451-["x",{"_placeholder":true,"num":0.5}]"#], PARSE),
        (
            &[r#"451-["x",{"_placeholder":true,"num":"splice"}]"#],
            PARSE,
        ),
        (&["42[null]"], PARSE),
        (&["42[]"], PARSE),
        (&[r#"42["disconnect"]"#], PARSE),
        (&["42"], PARSE),
        (&[r#"429007199254740992["x"]"#], PARSE),
        (&[r#"42 ["x"]"#], PARSE),
    ])
    .await;
}

/// Text while attachments are due, and bytes while none is.
#[tokio::test]
async fn attachments_out_of_place() {
    fatal(&[(&[PENDING, r#"42["x"]"#], PARSE), (&[PENDING, "41"], PARSE)]).await;
    let mut bench = bench(Server::builder()).await;
    for (name, mut peer) in Peer::every(bench.to).await {
        match &mut peer.way {
            Way::Socket(ws) => ws.send_binary(&[4, 1, 2, 3]).await,
            Way::Polling(..) => {
                let bytes = if peer.eio == 3 { "b4AQID" } else { "bAQID" };
                assert!(!peer.say(bytes).await, "{name}");
            }
        }
        assert_eq!(bench.told.next().await, PARSE, "{name}");
    }
}

#[tokio::test]
async fn attachments_that_never_come() {
    let builder = Server::builder()
        .ping_interval(Duration::from_secs(1000))
        .ping_timeout(Duration::from_millis(50));
    let mut bench = bench(builder).await;
    for (name, mut peer) in Peer::every(bench.to).await {
        assert!(peer.say(PENDING).await, "{name}");
        assert_eq!(bench.told.next().await, PARSE, "{name}");
    }
    until(0, || bench.io.clients()).await;
}

#[tokio::test]
async fn what_comes_at_the_wrong_time() {
    fatal(&[
        (&["40"], FORCED),
        (&["40/room-1,", "40/room-1,"], FORCED),
        (&[r#"42/room-1,["x"]"#], FORCED),
        (&["41/room-1,"], FORCED),
        (&["43/room-1,1[]"], FORCED),
        (&[r#"44{"message":"x"}"#], FORCED),
    ])
    .await;
}

/// A client of 2.x is let in unasked; who refuses it need not keep it.
#[tokio::test]
async fn nobody_stays_without_a_namespace() {
    let timeout = Duration::from_millis(50);
    let bench = bench(Server::builder().connect_timeout(timeout)).await;
    bench
        .io
        .namespace("/")
        .middleware(|_: Socket| Err::<(), _>(siox::ConnectError::new("closed")));
    let mut open = Vec::new();
    for (eio, polling) in [(3, false), (3, true), (4, false), (4, true)] {
        open.push(Peer::open(bench.to, eio, polling).await);
    }
    assert_eq!(open[0].next().await, [r#"44"closed""#]);
    until(0, || {
        // Those that poll fetch their goodbye, or have it fetched by time.
        bench.io.clients().saturating_sub(2)
    })
    .await;
    for peer in &mut open {
        if let Way::Polling(..) = peer.way {
            assert_eq!(peer.next().await.last().unwrap(), "1");
        }
    }
    until(0, || bench.io.clients()).await;
}

#[tokio::test]
async fn acknowledgements_that_nobody_waits_for() {
    let bench = bench(Server::builder()).await;
    for (name, mut peer) in Peer::every(bench.to).await {
        let flood: Vec<_> = (0..10_000).map(|i| format!("43{i}[]")).collect();
        assert!(peer.say_all(&flood).await, "{name}");
        assert!(peer.heard_until_now().await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn packets_for_a_namespace_just_left() {
    let bench = bench(Server::builder()).await;
    for (name, mut peer) in Peer::every(bench.to).await {
        let nsp = if peer.eio == 3 {
            "/room-1?a=b"
        } else {
            "/room-1"
        };
        assert!(peer.say(&format!("40{nsp},")).await);
        peer.next().await;
        assert!(peer.say(r#"42/room-1,["leave"]"#).await);
        assert_eq!(peer.next().await, ["41/room-1,"], "{name}");
        for packet in [r#"42/room-1,["x"]"#, "43/room-1,1[]", "41/room-1,"] {
            assert!(peer.say(packet).await, "{name} {packet}");
        }
        assert!(peer.heard_until_now().await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn namespaces_without_end() {
    let bench = bench(Server::builder()).await;
    for (name, mut peer) in Peer::every(bench.to).await {
        let unknown: Vec<_> = (0..1000).map(|i| format!("40/unknown-{i},")).collect();
        assert!(peer.say_all(&unknown).await, "{name}");
        let refused = peer.heard_until_now().await;
        assert_eq!(refused.len(), 1000, "{name}");
        let answer = r#"44/unknown-0,{"message":"Invalid namespace"}"#;
        assert_eq!(refused[0], answer, "{name}");

        let joins: Vec<_> = (0..100).map(|i| format!("40/room-{i},")).collect();
        assert!(peer.say_all(&joins).await, "{name}");
        let heard = peer.heard_until_now().await;
        let many = r#",{"message":"Too many namespaces"}"#;
        let refused = heard.iter().filter(|answer| answer.ends_with(many));
        assert_eq!((heard.len(), refused.count()), (100, 37), "{name}");
    }
    let name = |n: usize| "x".repeat(n);
    fatal(&[
        (&[&format!("40/{},", name(256))], PARSE),
        (&[&format!("40/{}", name(500_000))], PARSE),
        (&[&format!("40/a?{},", name(8193))], PARSE),
        (&[&format!("42/a?{},[]", name(500_000))], PARSE),
    ])
    .await;
    // On Engine.IO v3 tokens stand behind the name.
    for polling in [false, true] {
        let mut peer = Peer::join(bench.to, 3, polling).await;
        let token = name(8190);
        assert!(peer.say(&format!("40/room-1?t={token},")).await);
        assert_eq!(peer.next().await, ["40/room-1,"]);
    }
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

#[tokio::test]
async fn json_too_deep() {
    fatal(&[
        (&[&format!(r#"42["echo",{}]"#, nested(128))], PARSE),
        (&[&format!(r#"42["echo",{}]"#, nested(50_000))], PARSE),
        (&[&format!("431{}", nested(50_000))], PARSE),
    ])
    .await;
    let bench = bench(Server::builder()).await;
    for (name, mut peer) in Peer::every(bench.to).await {
        let deep = nested(127);
        assert!(peer.say(&format!(r#"42["echo",{deep}]"#)).await);
        let back = format!(r#"42["echo",{deep}]"#);
        assert_eq!(peer.heard_until_now().await, [back], "{name}");
    }
}

#[tokio::test]
async fn odd_json() {
    let bench = bench(Server::builder()).await;
    let (tell, mut told) = log();
    bench.io.on_error(move |e| tell(e.event));
    bench
        .io
        .namespace("/")
        .on("number", |socket: Socket, Data(number): Data<f64>| {
            socket.emit("a number", &number)
        });
    for (name, mut peer) in Peer::every(bench.to).await {
        let odd = r#"1e999,"\ud800",{"a":1,"a":2,"__proto__":{"b":3}},-0.0"#;
        assert!(peer.say(&format!(r#"42["echo",{odd}]"#)).await);
        assert!(peer.say(r#"42["number",1e999]"#).await);
        assert_eq!(told.next().await, "number", "{name}");
        let back = format!(r#"42["echo",{odd}]"#);
        assert_eq!(peer.heard_until_now().await, [back], "{name}");
    }
}
