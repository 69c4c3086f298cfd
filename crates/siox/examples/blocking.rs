//! A client without an async runtime: it asks, is asked, and tells what it receives.
//!
//! `cargo run -p siox --example blocking --features blocking -- http://127.0.0.1:3000`, beside
//! `--example acks`.

use siox::{
    Ack, BoxError, Data,
    blocking::{Client, Received},
};
use std::time::Duration;

fn main() -> Result<(), BoxError> {
    let url = std::env::args().nth(1);
    let client = connect(&url.unwrap_or_else(|| "http://127.0.0.1:3000".into()))?;
    let events = client.events();
    client.connect();
    client.ready()?;
    println!("siox is {}", guess(&client, "siox")?);
    for event in events {
        match event {
            Received::Event { name, args, .. } => println!("{name} {}", args.to_value().json()),
            other => println!("{other:?}"),
        }
    }
    Ok(())
}

/// A client with its handlers, which is not connected yet. They run in a thread of the client.
pub(crate) fn connect(url: &str) -> Result<Client, BoxError> {
    let client = Client::builder(url)
        .auto_connect(false)
        .on("confirm", |Data(word): Data<String>, ack: Ack| {
            ack.send(&(word == "siox"))
        })
        .connect()?;
    Ok(client)
}

/// Asks, for at most five seconds.
pub(crate) fn guess(client: &Client, word: &str) -> Result<String, BoxError> {
    let asked = client.timeout(Duration::from_secs(5));
    Ok(asked.emit_with_ack("guess", word).wait()?)
}
