//! Clients of v3, over real HTTP.

use crate::echo::BOTH;
use crate::{ask, common, start_echo};
use common::{
    http::{Answer, Http, sid},
    within,
    ws::{Said, Ws},
};
use siox_tokio::engine::{Builder, Config, Server, Version};

fn both_versions() -> Builder {
    Server::builder().config(Config {
        allow_eio3: true,
        ..Config::default()
    })
}

const OPEN: &str = "/engine.io/?EIO=3&transport=polling";

async fn opened(http: &mut Http, query: &str) -> String {
    let target = format!("{OPEN}{query}");
    let answer = http.get(&target).await;
    assert_eq!(answer.status, 200);
    format!("{target}&sid={}", sid(&answer.body))
}

#[tokio::test]
async fn text_base64_and_bytes() {
    for below in BOTH {
        let (_server, to) = start_echo(both_versions(), below).await;
        let mut http = Http::connect(to).await;
        let first = http.get(OPEN).await;
        let (length, packet) = first.body.split_once(':').unwrap();
        assert_eq!(length, packet.len().to_string(), "{below:?}");
        assert!(packet.starts_with("0{\"sid\""));

        let session = opened(&mut http, "&b64=1").await;
        let body = "6:4hello10:b4AQIDBA==3:4\u{1f600}";
        assert_eq!(http.post(&session, body).await.body, "ok");
        let back = poll_all(&mut http, &session, 3).await;
        assert_eq!(back, body, "{below:?}");

        let session = opened(&mut http, "").await;
        assert_eq!(
            http.post(&session, "6:4hello10:b4AQIDBA==").await.body,
            "ok"
        );
        let answer = http.get(&session).await;
        assert_eq!(
            answer.header("content-type"),
            Some("application/octet-stream")
        );
        let bytes = b"\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04";
        assert_eq!(answer.bytes, bytes, "{below:?}");
        // A body of bytes, as the answer had it.
        let target = &session;
        let head = "Host: here\r\nContent-Type: application/octet-stream\r\nContent-Length: 17\r\n";
        http.send(format!("POST {target} HTTP/1.1\r\n{head}\r\n"))
            .await;
        http.send(bytes).await;
        assert_eq!(http.answer().await.body, "ok", "{below:?}");
        assert_eq!(http.get(&session).await.bytes, bytes, "{below:?}");
    }
}

/// The echoes may come in one answer or in several.
async fn poll_all(http: &mut Http, session: &str, packets: usize) -> String {
    let mut all = String::new();
    while all.matches(':').count() < packets {
        all += &http.get(session).await.body;
    }
    all
}

#[tokio::test]
async fn heartbeat_upgrade_and_close() {
    for below in BOTH {
        let (_server, to) = start_echo(both_versions(), below).await;
        let mut http = Http::connect(to).await;
        let session = opened(&mut http, "").await;
        for _ in 0..3 {
            assert_eq!(http.post(&session, "1:2").await.body, "ok");
            assert_eq!(http.get(&session).await.body, "1:3", "{below:?}");
        }
        let mut ws = Ws::connect(to, &session.replace("polling", "websocket")).await;
        for _ in 0..5 {
            assert_eq!(http.get(&session).await.body, "1:6", "{below:?}");
        }
        ws.send("2probe").await;
        assert_eq!(ws.text().await, "3probe");
        ws.send_all(&["5", "2", "4text"]).await;
        assert_eq!(ws.text().await, "3");
        assert_eq!(ws.text().await, "4text");
        ws.send_binary(b"\x04\x01\x02").await;
        assert_eq!(
            ws.next().await,
            Said::Binary(b"\x04\x01\x02".to_vec()),
            "{below:?}"
        );
        let refused = http.get(&session).await;
        assert_eq!(refused.status, 400, "{below:?}");
        ws.send("1").await;
        assert!(matches!(ws.next().await, Said::Close(_) | Said::End));
    }
}

/// JSONP: scripts with a callback of digits only, never sniffed as anything else.
#[tokio::test]
async fn jsonp() {
    for below in BOTH {
        let (_server, to) = start_echo(both_versions(), below).await;
        let mut http = Http::connect(to).await;
        let target = format!("{OPEN}&j=7);alert(1");
        let script = http.get(&target).await;
        assert!(script.body.starts_with("___eio[71](\""), "{}", script.body);
        is_script(&script);
        let id = sid(&script.body.replace('\\', ""));
        let session = format!("{target}&sid={id}");
        let posted = http
            .post(&session, "d=11%3A4%3C%2Fscript%3E%E2%80%A8")
            .await;
        assert_eq!((posted.status, &*posted.body), (200, "ok"), "{below:?}");
        let script = http.get(&session).await;
        is_script(&script);
        assert!(script.body.contains("script>"), "{}", script.body);
        assert!(!script.body.contains("</") && !script.body.contains('\u{2028}'));
    }
}

fn is_script(answer: &Answer) {
    assert_eq!(
        answer.header("content-type"),
        Some("text/javascript; charset=UTF-8")
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

/// Both versions at once; a session is spoken to in its own.
#[tokio::test]
async fn each_in_its_own_version() {
    for below in BOTH {
        let (server, to) = crate::start(both_versions(), below).await;
        let mut http = Http::connect(to).await;
        let old = opened(&mut http, "").await;
        let socket = within(server.accept()).await.unwrap();
        assert_eq!(socket.version(), Version::V3);
        let new = crate::open(&mut http).await;
        let socket = within(server.accept()).await.unwrap();
        assert_eq!(socket.version(), Version::V4);
        for (session, from, to) in [(old, "EIO=3", "EIO=4"), (new, "EIO=4", "EIO=3")] {
            let answer = http.get(&session.replace(from, to)).await;
            assert_eq!(answer.status, 400, "{below:?} {from}");
        }
        // And none but these two.
        let refused = ask(to, "GET", "/engine.io/?EIO=2&transport=polling", "").await;
        assert_eq!(
            refused.body,
            r#"{"code":5,"message":"Unsupported protocol version"}"#
        );
    }
}
