//! What answers wear: the cookie, compression; and what becomes of upgrades for another path.

use crate::echo::BOTH;
use crate::{POLLING, SOCKET, WEBSOCKET, ask, common, open, start_echo};
use common::http::{Http, sid};
use siox_tokio::engine::{Cookie, Options, SameSite, Server};
use std::time::Duration;

#[tokio::test]
async fn the_cookie_is_in_the_first_answer_only() {
    for below in BOTH {
        let cookie = Cookie {
            name: "s".to_owned(),
            same_site: Some(SameSite::Strict),
            max_age: Some(Duration::from_secs(7)),
            ..Cookie::default()
        };
        let builder = Server::builder().options(Options {
            cookie: Some(cookie),
            ..Options::default()
        });
        let (_server, to) = start_echo(builder, below).await;
        let mut http = Http::connect(to).await;
        let first = http.get(POLLING).await;
        let id = sid(&first.body);
        let expected = format!("s={id}; Max-Age=7; Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(first.header("set-cookie"), Some(&*expected), "{below:?}");
        let session = format!("{POLLING}&sid={id}");
        assert_eq!(http.post(&session, "4x").await.header("set-cookie"), None);
        assert_eq!(http.get(&session).await.header("set-cookie"), None);
        let socket = ask(to, "GET", SOCKET, WEBSOCKET).await;
        assert!(socket.header("set-cookie").is_some(), "{below:?}");
    }
}

/// Compression is off unless asked for (a length may tell what stands beside a secret).
#[tokio::test]
async fn nothing_is_compressed_by_default() {
    for below in BOTH {
        let (_server, to) = start_echo(Server::builder(), below).await;
        let answer = long_answer(to).await;
        assert_eq!(answer.header("content-encoding"), None, "{below:?}");
        assert_eq!(answer.body, format!("4{}", "x".repeat(5000)));
    }
}

/// The answer to a poll whose client takes gzip.
async fn long_answer(to: std::net::SocketAddr) -> common::http::Answer {
    let mut http = Http::connect(to).await;
    let session = open(&mut http).await;
    let body = format!("4{}", "x".repeat(5000));
    let posted = http.post(&session, &body).await;
    assert_eq!(
        (posted.body.as_str(), posted.header("content-encoding")),
        ("ok", None)
    );
    let accept = "Accept-Encoding: gzip, deflate\r\n";
    http.send(format!(
        "GET {session} HTTP/1.1\r\nHost: here\r\n{accept}\r\n"
    ))
    .await;
    http.answer().await
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn long_answers_are_compressed_where_that_is_wanted() {
    use flate2::read::GzDecoder;
    use siox_tokio::front::Compression;
    use std::io::Read;
    for below in BOTH {
        for (threshold, coding) in [(1024, Some("gzip")), (10_000, None)] {
            let builder = Server::builder().options(Options {
                compression: Some(Compression {
                    threshold,
                    ..Compression::default()
                }),
                ..Options::default()
            });
            let (_server, to) = start_echo(builder, below).await;
            let answer = long_answer(to).await;
            assert_eq!(answer.header("content-encoding"), coding, "{below:?}");
            if coding.is_some() {
                assert!(answer.bytes.len() < 200);
                let mut text = String::new();
                GzDecoder::new(&answer.bytes[..])
                    .read_to_string(&mut text)
                    .unwrap();
                assert_eq!(text, format!("4{}", "x".repeat(5000)), "{below:?}");
            }
        }
    }
}
