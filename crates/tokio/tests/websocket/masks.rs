//! The mask keys of clients, as they are seen on the wire: of no pattern, and no connection's those of
//! another (RFC 6455 §10.3).

use siox_tokio::websocket::{self, Options};
use std::collections::HashMap;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const CONNECTIONS: usize = 8;
/// Messages of each.
const MESSAGES: usize = 4096;

/// What a server sees of `MESSAGES` empty messages of a client: the key of each.
async fn keys() -> Vec<[u8; 4]> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let client = async {
        let mut socket = websocket::connect(&url, &Options::default()).await.unwrap();
        for _ in 0..MESSAGES {
            socket.queue("").unwrap();
        }
        socket.flush().await.unwrap();
        socket
    };
    let server = async {
        let mut stream = listener.accept().await.unwrap().0;
        answer(&mut stream).await;
        let mut frames = vec![0; MESSAGES * 6];
        stream.read_exact(&mut frames).await.unwrap();
        frames
    };
    let (_socket, frames) = tokio::join!(client, server);
    frames
        .chunks(6)
        .map(|frame| {
            assert_eq!(frame[..2], [0x81, 0x80]);
            frame[2..].try_into().unwrap()
        })
        .collect()
}

/// Answers whatever handshake comes.
async fn answer(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let name = "sec-websocket-key: ";
    let at = head.to_ascii_lowercase().find(name).unwrap() + name.len();
    let key = head[at..].lines().next().unwrap();
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn b4_keys_of_connections_look_like_chance_and_do_not_repeat() {
    let (mut seen, mut bytes) = (HashMap::new(), [0u32; 256]);
    for _ in 0..CONNECTIONS {
        for key in keys().await {
            *seen.entry(key).or_insert(0) += 1;
            for byte in key {
                bytes[usize::from(byte)] += 1;
            }
        }
    }
    // Of 32,768 keys of 32 bits, an eighth of a pair falls together on average.
    let repeats = CONNECTIONS * MESSAGES - seen.len();
    assert!(repeats <= 6, "{repeats}");
    let expected = (CONNECTIONS * MESSAGES * 4) as f64 / 256.0;
    let chi: f64 = bytes
        .iter()
        .map(|&n| (f64::from(n) - expected).powi(2) / expected)
        .sum();
    // 255 degrees of freedom, six standard deviations of 22.6 either way.
    assert!((119.0..391.0).contains(&chi), "{chi}");
}
