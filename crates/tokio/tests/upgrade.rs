//! Bytes behind an upgrade request are the WebSocket's: none is lost, none comes twice.

mod common;
#[path = "common/echo.rs"]
mod echo;

use common::{
    http::Http,
    within,
    ws::{Said, Ws},
};
use echo::{BOTH, host, open, serve};
use siox_tokio::{Peer, serve_connection};
use siox_websocket::handshake::client::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const WEBSOCKET: &str = "/engine.io/?EIO=4&transport=websocket";

#[tokio::test]
async fn messages_in_the_segment_of_the_request() {
    for below in BOTH {
        let to = serve(&host(), below).await;
        for count in [1, 2, 100, 1000] {
            let early: Vec<_> = (0..count).map(|n| format!("4early {n}")).collect();
            let early: Vec<_> = early.iter().map(String::as_str).collect();
            let mut ws = Ws::connect_with(to, WEBSOCKET, &[], &early).await;
            assert!(ws.text().await.starts_with("0{"), "{below:?}");
            for text in early {
                assert_eq!(ws.text().await, text, "{below:?}");
            }
            ws.send("4late").await;
            assert_eq!(ws.text().await, "4late");
        }
    }
}

/// The stream is cut at any place: in the head, between head and frame, in a frame.
#[tokio::test]
async fn a_request_and_a_message_cut_anywhere() {
    let mut machine = siox_websocket::Connection::client(Default::default(), [5; 32]);
    machine.text("4early").unwrap();
    let frame: Vec<u8> = machine.poll_transmit().flatten().copied().collect();
    machine.handle_written(frame.len());
    let (mut bytes, _) = Request::new("here", WEBSOCKET).build([7; 16]).unwrap();
    let head = bytes.len();
    bytes.extend(frame);
    for below in BOTH {
        let to = serve(&host(), below).await;
        for cut in (0..head - 4).step_by(23).chain(head - 4..bytes.len()) {
            let mut http = Http::connect(to).await;
            http.send(&bytes[..cut]).await;
            // The first part has arrived alone when another connection has been served.
            Http::connect(to).await.get("/nowhere").await;
            http.send(&bytes[cut..]).await;
            assert_eq!(http.answer().await.status, 101, "{below:?} {cut}");
            let (io, mut held) = http.into_parts();
            let client = siox_websocket::Connection::client(Default::default(), [6; 32]);
            let mut ws = Ws::new(io, client);
            ws.hear(&mut held);
            assert!(ws.text().await.starts_with("0{"), "{below:?} {cut}");
            assert_eq!(ws.text().await, "4early", "{below:?} {cut}");
        }
    }
}

#[tokio::test]
async fn a_probe_and_an_upgrade_in_the_segment_of_the_request() {
    for below in BOTH {
        let to = serve(&host(), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        assert_eq!(http.post(&session, "4queued").await.body, "ok");
        let target = session.replace("polling", "websocket");
        let early = ["2probe", "5", "4sent"];
        let mut ws = Ws::connect_with(to, &target, &[], &early).await;
        for expected in ["3probe", "4queued", "4sent"] {
            assert_eq!(ws.text().await, expected, "{below:?}");
        }
    }
}

/// What comes behind a refused upgrade is never read as a request or a frame.
#[tokio::test]
async fn bytes_behind_a_refused_upgrade() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let io = TcpStream::connect(to).await.unwrap();
        let target = format!("{WEBSOCKET}&sid=none");
        let refused = Ws::handshake(io, &target, &[], &["4a", "4b"]).await;
        assert_eq!(refused.unwrap_err(), "status 400 in place of 101");
        assert_eq!(host.sessions(), 0);
    }
}

/// A frame that breaks a rule: its close frame comes, what was queued before it too, then the end.
#[tokio::test]
async fn a_broken_frame_right_behind_the_request() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let mut ws = Ws::connect(to, WEBSOCKET).await;
        assert!(ws.text().await.starts_with("0{"));
        // A message, and an unmasked one in the same segment.
        ws.machine.text("4whole").unwrap();
        let mut bytes: Vec<u8> = ws.machine.poll_transmit().flatten().copied().collect();
        ws.machine.handle_written(bytes.len());
        bytes.extend([0x81, 1, b'4']);
        ws.send_raw(&bytes).await;
        assert_eq!(ws.text().await, "4whole", "{below:?}");
        assert_eq!(ws.next().await, Said::Close(Some(1002)), "{below:?}");
        assert_eq!(ws.next().await, Said::End, "{below:?}");
        common::until(0, || host.sessions()).await;
        drop(ws);
        assert!(within(host.close(common::PATIENCE * 2)).await);
    }
}

/// The stream takes few bytes at a time.
#[tokio::test]
async fn the_answer_is_whole_before_the_first_frame() {
    let (request, _) = Request::new("here", WEBSOCKET).build([7; 16]).unwrap();
    for most in [1, 7, 100, 150, 4096] {
        let (mut ours, theirs) = tokio::io::duplex(most);
        tokio::spawn(serve_connection(theirs, Peer::default(), host()));
        within(ours.write_all(&request)).await.unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"}") {
            assert_ne!(within(ours.read_buf(&mut heard)).await.unwrap(), 0);
        }
        assert!(heard.starts_with(b"HTTP/1.1 101 "), "{most}");
        let end = heard.windows(4).position(|four| four == b"\r\n\r\n");
        let frame = &heard[end.unwrap() + 4..];
        assert_eq!(usize::from(frame[1]), frame.len() - 2, "{most}");
        assert!(frame[2..].starts_with(b"0{"), "{most}");
    }
}
