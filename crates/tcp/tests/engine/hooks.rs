//! Who may connect, and what answers carry.

use crate::common::{Answer, Http, config, serve, until};
use siox_tcp::engine::{Admission, Builder, Server, Sid};
use std::sync::{Arc, Mutex};

const OPEN: &str = "/engine.io/?EIO=4&transport=polling";
const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

fn builder() -> Builder {
    Server::builder().config(config())
}

fn ask(http: &mut Http, target: &str, headers: &str) -> Answer {
    http.send(format!(
        "GET {target} HTTP/1.1\r\nHost: here\r\n{headers}\r\n"
    ));
    http.answer()
}

#[test]
fn the_application_refuses() {
    let told = Arc::<Mutex<Vec<_>>>::default();
    let hears = told.clone();
    let builder = builder()
        .allow_request(|about| match about.query.contains("deny") {
            true => Admission::forbidden("not you"),
            false => Admission::Granted,
        })
        .connection_error(move |about, refused| {
            let line = (about.query.to_owned(), refused.message().to_owned());
            hears.lock().unwrap().push(line);
        });
    let running = serve(builder, |_, _| {});
    for (transport, headers) in [("polling", ""), ("websocket", UPGRADE)] {
        let mut http = Http::connect(running.to);
        let target = format!("/engine.io/?EIO=4&transport={transport}&deny=1");
        let answer = ask(&mut http, &target, headers);
        let body = r#"{"code":4,"message":"not you"}"#;
        assert_eq!(answer.found(), (403, body));
        let (query, message) = told.lock().unwrap().pop().unwrap();
        assert!(target.ends_with(&query) && message == "not you");
    }
    Http::connect(running.to).open();
    assert_eq!(running.server.clients(), 1);
}

#[test]
fn sessions_may_have_ids_of_their_own() {
    let builder = builder().allow_request(|about| {
        let (_, id) = about.query.split_once("id=").unwrap();
        Admission::As(Sid::parse(id).unwrap())
    });
    let running = serve(builder, |_, _| {});
    let mut http = Http::connect(running.to);
    let answer = http.get(&format!("{OPEN}&id=first"));
    assert_eq!(crate::common::sid(answer.text()), "first");
    let answer = http.get(&format!("{OPEN}&id=first"));
    assert_eq!(
        answer.found(),
        (400, r#"{"code":3,"message":"Bad request"}"#)
    );
    assert_eq!(http.post(&format!("{OPEN}&sid=first"), "1").text(), "ok");
    until(&0, || running.server.clients());
    let answer = http.get(&format!("{OPEN}&id=first"));
    assert_eq!(answer.status, 200);
}

#[test]
fn answers_carry_headers_of_the_application() {
    let builder = builder()
        .initial_headers(|_, _, fields| {
            fields.append("Set-Cookie", "a=1").unwrap();
            fields.append("Set-Cookie", "b=2").unwrap();
        })
        .headers(|_, about, fields| {
            let agent = about.header("x-asks").map(<[u8]>::to_vec);
            let agent = String::from_utf8(agent.unwrap_or_default()).unwrap();
            fields.append("X-Answers", agent).unwrap();
        });
    let running = serve(builder, |_, _| {});
    let mut http = Http::connect(running.to);
    let answer = ask(&mut http, OPEN, "X-Asks: me\r\n");
    assert_eq!(
        answer.headers("set-cookie").collect::<Vec<_>>(),
        ["a=1", "b=2"]
    );
    assert_eq!(answer.header("x-answers").as_deref(), Some("me"));
    let session = format!("{OPEN}&sid={}", crate::common::sid(answer.text()));
    let answer = http.post(&session, "4x");
    assert_eq!(answer.headers("set-cookie").count(), 0);
    assert_eq!(answer.header("x-answers").as_deref(), Some(""));
    let target = OPEN.replace("polling", "websocket");
    let answer = ask(&mut http, &target, UPGRADE);
    assert_eq!(answer.status, 101);
    assert_eq!(answer.headers("set-cookie").count(), 2);
}

/// With the options of the front: a cookie, CORS, compressed polls, a strict path.
#[cfg(feature = "compression")]
#[test]
fn options_of_the_server() {
    use siox_stack::front::Compression;
    use siox_tcp::engine::{Cookie, Options, TrailingSlash};
    let options = Options {
        trailing_slash: TrailingSlash::With,
        cookie: Some(Cookie::default()),
        compression: Some(Compression::default()),
        ..Options::default()
    };
    let running = serve(builder().options(options), |socket, message| {
        socket.send(message).unwrap();
    });
    let mut http = Http::connect(running.to);
    assert_eq!(http.get(&OPEN.replace("/?", "?")).status, 404);
    let answer = http.get(OPEN);
    let sid = crate::common::sid(answer.text());
    let cookie = format!("io={sid}; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(answer.header("set-cookie"), Some(cookie));
    let session = format!("{OPEN}&sid={sid}");
    let long = format!("4{}", "x".repeat(3000));
    assert_eq!(http.post(&session, &long).text(), "ok");
    let answer = ask(&mut http, &session, "Accept-Encoding: gzip\r\n");
    assert_eq!(answer.header("content-encoding").as_deref(), Some("gzip"));
    assert!(answer.body.starts_with(&[0x1f, 0x8b]) && answer.body.len() < 200);
}
