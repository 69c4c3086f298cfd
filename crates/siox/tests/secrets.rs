//! What a server and its clients log, at any level, and what their types show in `Debug`, never has a
//! secret: no session's id, no private id, no credentials, no cookie.

#[path = "../../tokio/tests/common/mod.rs"]
mod raw;

use raw::{http::Http, until, within, ws::Ws};
use siox::{
    Ack, Auth, Client, ConnectError, Data, Recovery, RemoteSocket, SavedSession, Server, Socket,
    front::Cookie,
};
use std::{
    fmt::{Debug, Write as _},
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Keeps all that is logged, as text.
#[derive(Default)]
struct Everything {
    text: Mutex<String>,
    spans: AtomicU64,
}

impl Everything {
    fn keep(&self, about: &Metadata<'_>, record: impl FnOnce(&mut dyn Visit)) {
        let mut text = self.text.lock().unwrap();
        write!(
            text,
            "{} {} {}",
            about.level(),
            about.target(),
            about.name()
        )
        .unwrap();
        record(&mut Line(&mut text));
        text.push('\n');
    }
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

struct Shared(Arc<Everything>);

impl Subscriber for Shared {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.0.keep(span.metadata(), |line| span.record(line));
        Id::from_u64(self.0.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut text = self.0.text.lock().unwrap();
        values.record(&mut Line(&mut text));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.0.keep(event.metadata(), |line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// All that is logged in this process.
fn logged() -> &'static Everything {
    static LOGGED: OnceLock<Arc<Everything>> = OnceLock::new();
    LOGGED.get_or_init(|| {
        let everything = Arc::new(Everything::default());
        let shared = Shared(everything.clone());
        tracing::subscriber::set_global_default(shared).unwrap();
        everything
    })
}

#[track_caller]
fn has_none(text: &str, secrets: &[String]) {
    for secret in secrets {
        assert!(secret.len() >= 8, "{secret:?} may stand anywhere");
        assert!(!text.contains(secret), "{secret} is in:\n{text}");
    }
}

/// What this application knows of its clients.
#[derive(serde::Deserialize)]
struct Login {
    pin: Option<u64>,
}

const TOKEN: &str = "open-sesame-1";
const MISTYPED: &str = "open-sesame-2";
const REFUSED: &str = "open-sesame-3";
const ARGUMENT: &str = "open-sesame-4";
const COOKIE: &str = "open-sesame-5";
const QUERY: &str = "open-sesame-6";
const STRANGE: &str = "open-sesame-7";
const HEADER: &str = "open-sesame-8";

fn server() -> Server {
    let io = Server::builder()
        .allow_eio3(true)
        .recovery(Recovery::default())
        .cookie(Cookie::default())
        .build()
        .unwrap();
    let nsp = io.namespace("/");
    nsp.middleware(|Auth(login): Auth<siox::Value>| {
        match login.get("token").and_then(siox::View::as_str) {
            Some(token) if token == REFUSED => Err(ConnectError::new("no")),
            _ => Ok(()),
        }
    });
    // Not all have one that is a number.
    nsp.on_connect(|Auth(login): Auth<Login>| assert_ne!(login.pin, Some(1)));
    nsp.on("count", |Data(_): Data<u64>| {});
    nsp.on("cut", |socket: Socket| socket.close());
    nsp.on("panic", || -> () { panic!("as it was asked to") });
    nsp.on("ready", |ack: Ack| ack.send(&()));
    io
}

async fn serve(io: &Server) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let io = io.clone();
    tokio::spawn(async move { io.serve(listener).await });
    to
}

fn between<'t>(text: &'t str, before: &str) -> &'t str {
    let (_, behind) = text.split_once(before).unwrap_or_else(|| panic!("{text}"));
    behind.split_once('"').unwrap().0
}

/// A client of this version over a WebSocket, with a cookie and a secret in its query; and its session's id.
async fn open(to: SocketAddr, eio: u8) -> (Ws, String) {
    let target = format!("/socket.io/?EIO={eio}&transport=websocket&key={QUERY}");
    let cookie = format!("io={COOKIE}");
    let headers = [("Cookie", &*cookie), ("Authorization", HEADER)];
    let mut ws = Ws::connect_with(to, &target, &headers, &[]).await;
    let opened = ws.text().await;
    let sid = between(&opened, "\"sid\":\"").to_owned();
    (ws, sid)
}

/// Sessions of clients of today, by WebSocket: let in, refused, mistaken, cut off, recovered, forged.
async fn sessions_of_today(to: SocketAddr, io: &Server, secrets: &mut Vec<String>) {
    let (mut ws, sid) = open(to, 4).await;
    ws.send(&format!(r#"40{{"token":"{TOKEN}"}}"#)).await;
    let welcome = ws.text().await;
    let pid = between(&welcome, "\"pid\":\"").to_owned();
    let id = between(&welcome, "\"sid\":\"").to_owned();
    ws.send(&format!(r#"42["count","{ARGUMENT}"]"#)).await;
    ws.send(&format!(r#"42["panic","{ARGUMENT}"]"#)).await;
    assert_eq!(ws.text().await, "41");
    drop(ws);

    let (mut ws, second) = open(to, 4).await;
    ws.send(&format!(r#"40{{"pin":"{MISTYPED}"}}"#)).await;
    let welcome = ws.text().await;
    let other = between(&welcome, "\"pid\":\"").to_owned();
    ws.send(r#"42["cut"]"#).await;
    until(0, || io.namespace("/").sockets().len()).await;

    let (mut ws, third) = open(to, 4).await;
    ws.send(&format!(r#"40{{"pid":"{other}","pin":"{MISTYPED}"}}"#))
        .await;
    assert!(ws.text().await.contains(&other), "it came back");
    drop(ws);

    for payload in [
        format!(r#"40{{"token":"{REFUSED}"}}"#),
        format!(r#"40{{"pid":"{STRANGE}","offset":"{STRANGE}"}}"#),
        format!(r#"40/nowhere,{{"token":"{TOKEN}"}}"#),
        format!(r#"47{{"token":"{TOKEN}"}}"#),
    ] {
        let (mut ws, sid) = open(to, 4).await;
        ws.send(&payload).await;
        ws.next().await;
        secrets.push(sid);
    }
    secrets.extend([sid, pid, second, other, third]);
    // The public id is what logs go by.
    assert!(logged().text.lock().unwrap().contains(&id));
}

/// Sessions by polling, with what is wrong at that level, and of clients of 2.x.
async fn other_sessions(to: SocketAddr, secrets: &mut Vec<String>) {
    let mut http = Http::connect(to).await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let opened = http.get(target).await;
    let sid = between(&opened.body, "\"sid\":\"").to_owned();
    assert!(opened.header("set-cookie").unwrap().contains(&sid));
    let session = format!("{target}&sid={sid}");
    let connect = format!(r#"40{{"token":"{TOKEN}"}}"#);
    assert_eq!(http.post(&session, &connect).await.status, 200);
    http.get(&session).await;
    assert_eq!(http.post(&session, "b!!").await.status, 400);
    // It has gone.
    assert_eq!(http.get(&session).await.status, 400);
    let strange = format!("{target}&sid={STRANGE}&key={QUERY}");
    assert_eq!(http.get(&strange).await.status, 400);
    let cross = format!(
        "GET {session} HTTP/1.1\r\nHost: here\r\nOrigin: http://there\r\nCookie: io={COOKIE}\r\n\r\n"
    );
    http.send(cross).await;
    http.answer().await;

    let (mut ws, old) = open(to, 3).await;
    ws.text().await;
    ws.send(&format!(r#"42["count","{ARGUMENT}"]"#)).await;
    ws.send(r#"42["panic"]"#).await;
    ws.text().await;
    secrets.extend([sid, old]);
}

/// A client of our own, that is refused, let in, cut off, recovered.
async fn own_client(to: SocketAddr, io: &Server, secrets: &[String]) {
    let url = |way: &str| format!("http://{to}/?key={QUERY}&way={way}");
    let builder = |token: &str| {
        let auth = std::collections::HashMap::from([("token", token.to_owned())]);
        Client::builder(url("own"))
            .auth(&auth)
            .extra_header("authorization", HEADER)
            .extra_header("cookie", format!("io={COOKIE}"))
            .on("number", |Data(_): Data<u64>| {})
    };
    has_none(&format!("{:?}", builder(TOKEN)), secrets);
    let refused = builder(REFUSED).connect().unwrap();
    assert!(within(refused.ready()).await.is_err());
    let client = builder(TOKEN).connect().unwrap();
    within(client.ready()).await.unwrap();
    client.emit_with_ack_args("ready", &(), None).await.unwrap();
    io.namespace("/").emit("number", ARGUMENT).unwrap();
    client.emit("cut", &()).unwrap();
    until(true, || client.is_recovered()).await;
    has_none(&format!("{client:?} {:?}", client.manager()), secrets);
    client.disconnect();
}

#[tokio::test]
async fn nothing_tells_a_secret() {
    logged();
    let io = server();
    let to = serve(&io).await;
    let mut secrets: Vec<String> = [
        TOKEN, MISTYPED, REFUSED, ARGUMENT, COOKIE, QUERY, STRANGE, HEADER,
    ]
    .map(str::to_owned)
    .to_vec();
    sessions_of_today(to, &io, &mut secrets).await;
    other_sessions(to, &mut secrets).await;
    own_client(to, &io, &secrets).await;
    assert!(io.close().await);
    let text = logged().text.lock().unwrap().clone();
    for told in [
        "connected",
        "refused",
        "session closed",
        "handler",
        "panicked",
    ] {
        assert!(text.contains(told), "{told} is not in:\n{text}");
    }
    has_none(&text, &secrets);
}

/// Of a client of 2.x even the socket's id is a secret; of one of today, the private one.
#[tokio::test]
async fn types_show_no_secret() {
    logged();
    let io = server();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    io.namespace("/").on_connect(move |socket: Socket| {
        drop(tell.send(socket));
    });
    let to = serve(&io).await;
    let mut secrets = vec![COOKIE.to_owned(), QUERY.to_owned(), HEADER.to_owned()];
    for eio in [3, 4] {
        let (mut ws, sid) = open(to, eio).await;
        if eio == 4 {
            ws.send("40").await;
            let welcome = ws.text().await;
            secrets.push(between(&welcome, "\"pid\":\"").to_owned());
        }
        let socket = within(told.recv()).await.unwrap();
        assert_eq!(socket.id().contains(&sid), eio == 3);
        secrets.push(sid);
        let broadcast = socket.broadcast();
        let remote: Vec<RemoteSocket> = io.namespace("/").fetch_sockets().await.unwrap();
        let shown = format!(
            "{socket:?} {:?} {broadcast:?} {:?} {remote:?} {:?} {io:?}",
            socket.volatile(),
            broadcast.selection(),
            socket.handshake(),
        );
        has_none(&shown, &secrets);
        ws.send("41").await;
    }
    let _: fn(&SavedSession) -> String = |saved| format!("{saved:?}");
}
