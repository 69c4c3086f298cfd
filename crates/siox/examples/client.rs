//! A client that signs in with a fresh token each time it connects, comes back by itself, and asks.
//!
//! `cargo run -p siox --example client -- http://127.0.0.1:3000`, beside `--example acks`.

use siox::{Ack, BoxError, Client, ConnectError, Data, DisconnectReason, client::ConnectionEvent};
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let url = std::env::args().nth(1);
    let client = connect(&url.unwrap_or_else(|| "http://127.0.0.1:3000".into()))?;
    client.ready().await?;
    println!("connected as {}", client.id().unwrap_or_default());
    println!("siox is {}", guess(&client, "siox").await?);
    // Sent at once, or as soon as there is a connection again.
    client.emit("chat message", "hello")?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    client.disconnect();
    Ok(())
}

/// A client with its handlers; it connects in the background.
pub(crate) fn connect(url: &str) -> Result<Client, BoxError> {
    let client = Client::builder(url)
        .auth_with(token)
        .reconnection_delay(Duration::from_millis(500), Duration::from_secs(10))
        .on("chat message", |Data(text): Data<String>| {
            println!("< {text}");
        })
        .on("confirm", async |Data(word): Data<String>, ack: Ack| {
            ack.send(&(word == "siox"))
        })
        .on_connect_error(|e: ConnectError| eprintln!("not connected: {e}"))
        .on_disconnect(|reason: DisconnectReason| eprintln!("disconnected: {reason}"))
        .connect()?;
    client.manager().on_event(|event| {
        if let ConnectionEvent::ReconnectAttempt(n) = event {
            eprintln!("attempt {n}");
        }
    });
    Ok(client)
}

/// What the server gets as `socket.handshake.auth`.
#[derive(serde::Serialize)]
struct Token {
    token: String,
}

/// Asked anew for each connection.
async fn token() -> Result<Token, BoxError> {
    Ok(Token {
        token: "sesame".into(),
    })
}

/// Asks, for at most five seconds.
pub(crate) async fn guess(client: &Client, word: &str) -> Result<String, BoxError> {
    let limit = Some(Duration::from_secs(5));
    Ok(client.emit_with_ack("guess", word, limit).await?)
}
