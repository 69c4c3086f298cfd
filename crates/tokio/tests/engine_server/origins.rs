//! Pages of other origins, over real HTTP.

use crate::echo::BOTH;
use crate::{POLLING, SOCKET, WEBSOCKET, ask, start};
use siox_tokio::engine::{Builder, Cors, Options, Origins, Server};
use std::time::Duration;

fn with(cors: Cors) -> Builder {
    Server::builder().options(Options {
        cors: Some(cors),
        ..Options::default()
    })
}

/// Without the option a page of another origin gets nowhere; with it, on either transport.
#[tokio::test]
async fn the_option_opens_both_transports() {
    for below in BOTH {
        let list = || Origins::List(vec!["http://page".to_owned()]);
        for (builder, page, let_in, reader) in [
            (Server::builder(), "http://page", false, None),
            (Server::builder(), "http://here", true, None),
            (with(Cors::of(Origins::Any)), "http://page", true, Some("*")),
            (with(Cors::of(Origins::Any)), "null", true, Some("*")),
            (
                with(Cors::of(Origins::Mirror)),
                "http://page",
                true,
                Some("http://page"),
            ),
            (
                with(Cors::of(list())),
                "http://page",
                true,
                Some("http://page"),
            ),
            (with(Cors::of(list())), "http://page.evil", false, None),
            (with(Cors::of(list())), "http://here", true, None),
        ] {
            let (_server, to) = start(builder, below).await;
            let origin = format!("Origin: {page}\r\n");
            let poll = ask(to, "GET", POLLING, &origin).await;
            let socket = ask(to, "GET", SOCKET, &format!("{WEBSOCKET}{origin}")).await;
            let expected = if let_in { (200, 101) } else { (403, 403) };
            assert_eq!((poll.status, socket.status), expected, "{below:?} {page}");
            assert_eq!(
                poll.header("access-control-allow-origin"),
                reader,
                "{below:?} {page}"
            );
        }
    }
}

/// A preflight is answered before anything else is looked at, on sessions and off.
#[tokio::test]
async fn preflights() {
    for below in BOTH {
        let cors = Cors {
            credentials: true,
            allowed_headers: Some(vec!["X-Own".to_owned()]),
            max_age: Some(Duration::from_secs(60)),
            ..Cors::of(Origins::Mirror)
        };
        let (_server, to) = start(with(cors), below).await;
        let headers = "Origin: http://page\r\nAccess-Control-Request-Method: POST\r\n";
        for target in [
            POLLING,
            "/engine.io/?EIO=4&transport=polling&sid=none",
            "/engine.io",
        ] {
            let answer = ask(to, "OPTIONS", target, headers).await;
            let fields = [
                "access-control-allow-origin",
                "access-control-allow-methods",
                "access-control-allow-headers",
                "access-control-allow-credentials",
                "access-control-max-age",
                "vary",
            ];
            let expected = [
                "http://page",
                "GET,HEAD,PUT,PATCH,POST,DELETE",
                "X-Own",
                "true",
                "60",
                "Origin",
            ];
            assert_eq!(
                (answer.status, &*answer.body),
                (204, ""),
                "{below:?} {target}"
            );
            assert_eq!(
                fields.map(|f| answer.header(f).unwrap_or("")),
                expected,
                "{below:?}"
            );
        }
        // Where the option is off, OPTIONS is a method like any other.
        let (_server, to) = start(Server::builder(), below).await;
        let answer = ask(to, "OPTIONS", POLLING, headers).await;
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (400, None)
        );
    }
}

/// Behind proxies, the host that the page has seen counts.
#[tokio::test]
async fn trusted_proxies() {
    for below in BOTH {
        for (trusted_proxies, status) in [(0, 403), (1, 200)] {
            let builder = Server::builder().options(Options {
                trusted_proxies,
                ..Options::default()
            });
            let (server, to) = start(builder, below).await;
            let headers = "Origin: https://page\r\nX-Forwarded-Host: page\r\nX-Forwarded-For: 6.6.6.6, 1.2.3.4\r\n";
            assert_eq!(
                ask(to, "GET", POLLING, headers).await.status,
                status,
                "{below:?}"
            );
            if status == 200 {
                let socket = server.accept().await.unwrap();
                assert_eq!(socket.address(), Some([1, 2, 3, 4].into()), "{below:?}");
            }
        }
    }
}
