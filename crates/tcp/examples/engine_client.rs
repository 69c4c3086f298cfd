//! An Engine.IO client that sends a line and shows what comes:
//! `cargo run -p siox-tcp --example engine_client -- http://127.0.0.1:3000/ hello`.

use siox_tcp::engine::{self, ClientEvent, ConnectOptions};
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let url = words.next().ok_or("no URL")?;
    let mut client = engine::connect(&url, &ConnectOptions::default())?;
    client.send(&*words.collect::<Vec<_>>().join(" "))?;
    while let Some(event) = client.event() {
        match event {
            ClientEvent::Message(message) => println!("{message:?}"),
            ClientEvent::Upgraded => println!("on the WebSocket now"),
            ClientEvent::UpgradeFailed(error) => println!("polling stays: {error}"),
            ClientEvent::Closed { reason, .. } => println!("closed: {reason}"),
            ClientEvent::Opened | ClientEvent::Heartbeat | ClientEvent::Upgrading => {}
        }
    }
    Ok(())
}
