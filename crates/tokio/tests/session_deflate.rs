//! permessage-deflate on the WebSocket of an Engine.IO session, in our own server and inside hyper.
#![cfg(feature = "deflate")]

mod common;
#[path = "common/echo.rs"]
mod echo;

use common::{http::Http, within};
use echo::{BOTH, Echo, host, open, serve};
use siox_stack::Config;
use siox_tokio::{
    Host,
    websocket::{self, MaybeTls, Message, Options, WebSocket, deflate},
};
use std::{net::SocketAddr, sync::Arc};
use tokio::io::AsyncReadExt;

const WEBSOCKET: &str = "/engine.io/?EIO=4&transport=websocket";

fn compressing(deflate: deflate::Config) -> Arc<Host<Echo>> {
    let config = Config::default().with_deflate(deflate);
    Host::new(Arc::new(Echo::default()), config, "/engine.io/")
}

fn takeover() -> deflate::Config {
    deflate::Config {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        ..deflate::Config::default()
    }
}

async fn client(to: SocketAddr, target: &str) -> WebSocket<MaybeTls> {
    let options = Options {
        deflate: Some(takeover()),
        ..Options::default()
    };
    let url = format!("ws://{to}{target}");
    within(websocket::connect(&url, &options)).await.unwrap()
}

async fn next(socket: &mut WebSocket<MaybeTls>) -> Message<'static> {
    within(socket.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_compressed_echo() {
    let text = format!("4{}", "{\"käse\":[1,2,3]}, ".repeat(500));
    for (below, config) in BOTH
        .iter()
        .flat_map(|below| [takeover(), deflate::Config::default()].map(|config| (*below, config)))
    {
        let to = serve(&compressing(config), below).await;
        let mut direct = client(to, WEBSOCKET).await;
        assert!(next(&mut direct).await.as_bytes().starts_with(b"0{"));
        // And one that comes from polling.
        let mut http = Http::connect(to).await;
        let polling = open(&mut http).await;
        let mut upgraded = client(to, &polling.replace("polling", "websocket")).await;
        upgraded.send("2probe").await.unwrap();
        assert_eq!(next(&mut upgraded).await, Message::from("3probe"));
        upgraded.send("5").await.unwrap();
        for socket in [&mut direct, &mut upgraded] {
            for _ in 0..3 {
                socket.send(&*text).await.unwrap();
                assert_eq!(next(socket).await, Message::from(&*text), "{below:?}");
                socket.send("4short").await.unwrap();
                assert_eq!(next(socket).await, Message::from("4short"));
            }
        }
    }
}

/// The request of a client that offers the extension bare, and a message of 2,000 bytes as it is.
fn by_hand() -> Vec<u8> {
    let head = format!(
        "GET {WEBSOCKET} HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    );
    let frame = [0x81, 0xfe, 0x07, 0xd0, 0, 0, 0, 0];
    [head.as_bytes(), &frame, &[b'4'; 2000]].concat()
}

#[tokio::test]
async fn what_is_on_the_wire() {
    for below in BOTH {
        for (host, compressed) in [
            (host(), false),
            (compressing(deflate::Config::default()), true),
        ] {
            let to = serve(&host, below).await;
            let mut http = Http::connect(to).await;
            http.send(by_hand()).await;
            let answer = http.answer().await;
            assert_eq!(answer.status, 101);
            let expected =
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
            assert_eq!(
                answer.header("sec-websocket-extensions"),
                compressed.then_some(expected),
                "{below:?}"
            );
            let (mut io, mut bytes) = http.into_parts();
            // The open packet, which is short, and the echo.
            let end = |bytes: &[u8]| {
                let open = 2 + usize::from(*bytes.get(1)?);
                let (first, len) = (*bytes.get(open)?, usize::from(*bytes.get(open + 1)?));
                Some((first, len))
            };
            let (first, len) = loop {
                if let Some(end) = end(&bytes) {
                    break end;
                }
                within(io.read_buf(&mut bytes)).await.unwrap();
            };
            assert_eq!(
                (first, len < 126),
                (0x81 | u8::from(compressed) << 6, compressed)
            );
        }
    }
}
