//! Streams that hold back what they took until they are flushed, as TLS may.

use siox_tokio::websocket::{self, CloseCode, Message, Options};
use std::sync::Arc;
use tokio::io::BufWriter;

#[tokio::test]
async fn what_is_queued_leaves_before_a_read_waits() {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let options = Options::default();
    let (client, server) = tokio::join!(
        websocket::open(BufWriter::new(ours), "h", "/", &options),
        websocket::accept(BufWriter::new(theirs), Arc::default()),
    );
    let (mut client, mut server) = (client.unwrap(), server.unwrap());
    let echo = async {
        while let Some(message) = server.next().await {
            // Left to the next read.
            server.queue(message.unwrap()).unwrap();
        }
    };
    let ask = async {
        client.queue("one").unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Message::from("one"));
        // The answer to a ping is nobody's message.
        client.ping(b"x").unwrap();
        client.send("two").await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Message::from("two"));
        client.close(CloseCode::NORMAL, "").await.unwrap();
    };
    tokio::join!(echo, ask);
}
