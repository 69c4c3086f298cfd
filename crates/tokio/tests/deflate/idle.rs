//! What connections hold that have nothing to do.

use super::{alone, open, pair};
use siox_testkit::alloc::measure;
use siox_tokio::websocket::{Message, WebSocket, deflate::Config};
use tokio::io::DuplexStream;

const PAIRS: usize = 20;

/// Every client sends 16 KiB, every server sends it back.
async fn echo_all(pairs: &mut [(WebSocket<DuplexStream>, WebSocket<DuplexStream>)]) {
    let text = "to and fro. ".repeat(16 * 1024 / 12);
    for (client, server) in pairs {
        client.send(&*text).await.unwrap();
        let message = server.next().await.unwrap().unwrap();
        server.send(message).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Message::from(&*text));
    }
}

/// What `PAIRS` connections hold after an echo beyond what they held before it, in bytes.
fn held_after_an_echo(config: &Config) -> isize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut pairs = Vec::new();
    runtime.block_on(async {
        for _ in 0..PAIRS {
            pairs.push(pair(config).await);
        }
        // The thread's own buffers and codec.
        echo_all(&mut pairs[..1]).await;
    });
    let ((), used) = measure(|| runtime.block_on(echo_all(&mut pairs[1..])));
    used.kept
}

#[test]
fn without_takeover_an_idle_connection_holds_no_codec() {
    let held = held_after_an_echo(&alone());
    // A stream in memory keeps room for what went through it, here some hundred bytes.
    assert!(held < PAIRS as isize * 1024, "{held}");
}

/// The other way round, so that the measure is known to see a codec.
#[test]
fn with_takeover_it_does() {
    let held = held_after_an_echo(&open());
    assert!(held > PAIRS as isize * 100 * 1024, "{held}");
}
