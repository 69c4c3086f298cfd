//! A client without an async runtime that signs in with a fresh token each time it connects, comes back by
//! itself, and loses nothing of what it says meanwhile.
//!
//! `cargo run -p siox --example blocking_auth --features blocking -- http://127.0.0.1:3000/private`

use siox::{
    BoxError, ConnectError, DisconnectReason,
    blocking::{Client, ConnectionEvent},
};
use std::{
    io::BufRead,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

fn main() -> Result<(), BoxError> {
    let url = std::env::args().nth(1);
    let client = connect(&url.unwrap_or_else(|| "http://127.0.0.1:3000".into()))?;
    for line in std::io::stdin().lock().lines() {
        // Sent at once, or as soon as there is a connection again.
        client.emit("say", &line?)?;
    }
    client.disconnect();
    // What was said last is on its way.
    if !client.manager().closed_within(Duration::from_secs(5)) {
        eprintln!("the server did not take everything");
    }
    Ok(())
}

pub(crate) fn connect(url: &str) -> Result<Client, BoxError> {
    let client = Client::builder(url)
        .auth_with(token)
        .retries(10)
        .ack_timeout(Duration::from_secs(5))
        .reconnection_delay(Duration::from_millis(500), Duration::from_secs(10))
        .on_connect(|client: Client| println!("connected as {}", client.id().unwrap_or_default()))
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

/// Asked anew for each connection; it may take its time.
fn token() -> Result<Token, BoxError> {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let n = ASKED.fetch_add(1, Ordering::Relaxed);
    Ok(Token {
        token: format!("sesame {n}"),
    })
}
