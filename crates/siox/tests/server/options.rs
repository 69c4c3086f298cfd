//! Every option of the server that a client can see does what it says: on a listener of its own, and
//! inside axum.

use crate::{
    client::{Client, POLLING, WEBSOCKET},
    raw::{
        http::{Answer, Http, sid},
        ws::Ws,
    },
};
use siox::{
    Ack, Builder, Server, Sid, Socket, Transports,
    front::{About, Admission, Cookie, Cors, InvalidOption, Origins, TrailingSlash},
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::net::{TcpListener, TcpStream};

/// The server on a listener of its own, then inside axum.
async fn both(make: impl Fn() -> Builder) -> [(Server, SocketAddr); 2] {
    let own = make().build().unwrap();
    let to = crate::client::serve(&own).await;
    let inside = make().build().unwrap();
    let app = axum::Router::new().layer(inside.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    [(own, to), (inside, address)]
}

async fn ask(to: SocketAddr, method: &str, target: &str, headers: &str) -> Answer {
    let mut http = Http::connect(to).await;
    let request = format!("{method} {target} HTTP/1.1\r\nHost: here\r\n{headers}\r\n");
    http.send(request).await;
    http.answer().await
}

async fn get(to: SocketAddr, target: &str, headers: &str) -> Answer {
    ask(to, "GET", target, headers).await
}

#[tokio::test]
async fn pages_of_other_origins() {
    let cors = || Cors {
        credentials: true,
        ..Cors::of(Origins::One("http://there".to_owned()))
    };
    for (io, to) in both(|| Server::builder().cors(cors())).await {
        let answer = get(to, POLLING, "Origin: http://there\r\n").await;
        assert_eq!(answer.status, 200);
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, Some("http://there"));
        let preflight = "Origin: http://there\r\nAccess-Control-Request-Method: POST\r\n";
        let answer = ask(to, "OPTIONS", POLLING, preflight).await;
        assert_eq!(answer.status, 204);
        let credentials = answer.header("access-control-allow-credentials");
        assert_eq!(credentials, Some("true"));
        let stream = TcpStream::connect(to).await.unwrap();
        let origin = [("Origin", "http://there")];
        let ws = Ws::handshake(stream, WEBSOCKET, &origin, &[]).await;
        assert!(ws.is_ok());
        let answer = get(to, POLLING, "Origin: http://elsewhere\r\n").await;
        assert_eq!(answer.status, 403);
        assert_eq!(io.clients(), 2);
    }
}

#[tokio::test]
async fn the_cookie_and_headers_of_the_application() {
    let builder = || {
        Server::builder()
            .cookie(Cookie::default())
            .initial_headers(|_, fields| fields.set("X-First", "yes").unwrap())
            .headers(|about, fields| {
                let opens = !about.query.contains("sid=");
                fields.set("X-Opens", opens.to_string()).unwrap();
            })
    };
    for (_io, to) in both(builder).await {
        let first = get(to, POLLING, "").await;
        let id = sid(&first.body);
        let cookie = format!("io={id}; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(first.header("set-cookie"), Some(&*cookie));
        assert_eq!(first.header("x-first"), Some("yes"));
        assert_eq!(first.header("x-opens"), Some("true"));
        let mut http = Http::connect(to).await;
        let later = http.post(&format!("{POLLING}&sid={id}"), "40").await;
        assert_eq!(later.header("set-cookie"), None);
        assert_eq!(later.header("x-first"), None);
        assert_eq!(later.header("x-opens"), Some("false"));
    }
}

fn word(about: &About<'_>) -> Admission {
    match about.header("x-token") {
        Some(b"open") => Admission::Granted,
        Some(b"named") => Admission::As(Sid::parse("a-name").unwrap()),
        _ => Admission::forbidden("no token"),
    }
}

#[tokio::test]
async fn who_may_open_a_session_and_who_hears_of_refusals() {
    for later in [false, true] {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = heard.clone();
        let builder = move || {
            let told = told.clone();
            let builder = Server::builder().connection_error(move |_, refused| {
                let line = format!("{} {}", refused.refusal.code as u8, refused.message());
                told.lock().unwrap().push(line);
            });
            match later {
                false => builder.allow_request(word),
                true => builder.allow_request_later(|about| {
                    let word = word(about);
                    async {
                        tokio::task::yield_now().await;
                        word
                    }
                }),
            }
        };
        for (io, to) in both(builder).await {
            for target in [POLLING, WEBSOCKET] {
                let upgrade = match target {
                    WEBSOCKET => {
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                    }
                    _ => "",
                };
                let answer = get(to, target, upgrade).await;
                assert_eq!(answer.status, 403);
                assert_eq!(answer.body, "{\"code\":4,\"message\":\"no token\"}");
                let line = heard.lock().unwrap().pop();
                assert_eq!(line.as_deref(), Some("4 no token"));
            }
            assert_eq!(io.clients(), 0);
            let named = get(to, POLLING, "X-Token: named\r\n").await;
            assert_eq!(sid(&named.body), "a-name");
            let taken = get(to, POLLING, "X-Token: named\r\n").await;
            assert_eq!(taken.status, 400);
            assert_eq!(
                heard.lock().unwrap().pop().as_deref(),
                Some("3 Bad request")
            );
            let open = get(to, POLLING, "X-Token: open\r\n").await;
            assert_eq!(open.status, 200);
            assert_eq!(io.clients(), 2);
        }
    }
}

#[tokio::test]
async fn transports_and_upgrades() {
    let only = |polling, websocket| Transports { polling, websocket };
    for (_io, to) in both(|| Server::builder().transports(only(true, false))).await {
        assert!(get(to, POLLING, "").await.body.contains("\"upgrades\":[]"));
        let unknown = "{\"code\":0,\"message\":\"Transport unknown\"}";
        assert_eq!(get(to, WEBSOCKET, "").await.body, unknown);
    }
    for (_io, to) in both(|| Server::builder().transports(only(false, true))).await {
        let unknown = "{\"code\":0,\"message\":\"Transport unknown\"}";
        assert_eq!(get(to, POLLING, "").await.body, unknown);
        Client::join(to).await;
    }
    for (_io, to) in both(|| Server::builder().allow_upgrades(false)).await {
        let first = get(to, POLLING, "").await;
        assert!(first.body.contains("\"upgrades\":[]"), "{}", first.body);
        Client::join(to).await;
    }
}

#[tokio::test]
async fn what_each_session_begins_with() {
    for (_io, to) in both(|| Server::builder().initial_packet("hello")).await {
        let mut client = Client::open(to).await;
        assert_eq!(client.packet().await, "hello");
        client.enter("").await;
    }
}

#[tokio::test]
async fn how_many_sessions_there_may_be() {
    let forwarded = |n: u8| format!("X-Forwarded-For: 203.0.113.{n}\r\n");
    let builder = || {
        let builder = Server::builder().trusted_proxies(1);
        builder.max_sessions(3).max_sessions_per_address(2)
    };
    for (io, to) in both(builder).await {
        for (n, expected) in [(1, 200), (1, 200), (1, 429), (2, 200), (3, 503)] {
            let answer = get(to, POLLING, &forwarded(n)).await;
            assert_eq!(answer.status, expected, "{n}");
        }
        assert_eq!(io.clients(), 3);
    }
}

#[tokio::test]
async fn the_end_of_the_path() {
    for (ends, with, without) in [
        (TrailingSlash::Either, 200, 200),
        (TrailingSlash::With, 200, 404),
        (TrailingSlash::Without, 404, 200),
    ] {
        for (_io, to) in both(|| Server::builder().trailing_slash(ends)).await {
            let query = "?EIO=4&transport=polling";
            let status = async |path: &str| get(to, &format!("{path}{query}"), "").await.status;
            assert_eq!(status("/socket.io/").await, with, "{ends:?}");
            assert_eq!(status("/socket.io").await, without, "{ends:?}");
        }
    }
}

#[tokio::test]
async fn the_client_as_trusted_proxies_saw_it() {
    const FORWARDED: [(&str, &str); 2] = [
        ("X-Forwarded-For", "6.6.6.6, 203.0.113.7, 10.0.0.1"),
        ("X-Forwarded-Proto", "https"),
    ];
    for (proxies, address, secure) in [(0, None, false), (2, Some("203.0.113.7"), true)] {
        for (io, to) in both(|| Server::builder().trusted_proxies(proxies)).await {
            io.namespace("/").on("who", |socket: Socket, ack: Ack| {
                let handshake = socket.handshake();
                let address = handshake.client_address().map(|a| a.to_string());
                ack.send(&(address, handshake.is_secure()))
            });
            let stream = TcpStream::connect(to).await.unwrap();
            let ws = Ws::handshake(stream, WEBSOCKET, &FORWARDED, &["40", "421[\"who\"]"]).await;
            let mut ws = ws.unwrap();
            assert!(ws.text().await.starts_with("0{"));
            assert!(ws.text().await.starts_with("40{"));
            let answer = ws.text().await;
            match address {
                Some(address) => assert_eq!(answer, format!("431[\"{address}\",{secure}]")),
                // Inside axum nothing says where the connection comes from.
                None => assert!(
                    answer == "431[\"127.0.0.1\",false]" || answer == "431[null,false]",
                    "{answer}"
                ),
            }
        }
    }
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn polls_are_compressed_where_the_operator_wants_it() {
    use siox::front::Compression;
    for compressed in [false, true] {
        let builder = || match compressed {
            true => Server::builder().compression(Compression::default()),
            false => Server::builder(),
        };
        for (io, to) in both(builder).await {
            io.namespace("/")
                .on_connect(|socket: Socket| socket.emit("long", &"x".repeat(5000)));
            let mut http = Http::connect(to).await;
            let target = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
            assert_eq!(http.post(&target, "40").await.body, "ok");
            let answer = get(to, &target, "Accept-Encoding: gzip\r\n").await;
            let encoding = answer.header("content-encoding");
            assert_eq!(encoding, compressed.then_some("gzip"));
            assert_eq!(answer.bytes.len() < 1000, compressed);
        }
    }
}

#[test]
fn what_cannot_be_served_is_told() {
    for (builder, expected) in [
        (Server::builder().path("chat"), InvalidOption::Path),
        (
            Server::builder().cookie(Cookie {
                name: "a b".to_owned(),
                ..Cookie::default()
            }),
            InvalidOption::Cookie,
        ),
        (
            Server::builder().cors(Cors::of(Origins::One(String::new()))),
            InvalidOption::Cors,
        ),
    ] {
        assert_eq!(builder.build().unwrap_err(), expected);
    }
}
