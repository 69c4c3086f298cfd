//! The blocking Engine.IO client over real sockets: against a server on tokio, and against servers that
//! fail it.

mod echo;
mod echoes;
mod failing;
mod script;
#[cfg(feature = "tls")]
mod secure;
mod upgrades;

use siox_engineio::{ClientConfig, Transport};
use siox_tcp::Message;
use siox_tcp::engine::{Client, ClientEvent, ClientOptions, ConnectOptions};
use std::time::Duration;

/// Far more than anything here takes, so that only a hang meets it.
const PATIENCE: Duration = Duration::from_secs(30);

fn options(engine: ClientConfig) -> ConnectOptions {
    ConnectOptions {
        client: ClientOptions {
            engine,
            ..ClientOptions::default()
        },
        ..ConnectOptions::default()
    }
}

fn only(transport: Transport) -> ClientConfig {
    ClientConfig {
        transports: vec![transport],
        ..ClientConfig::default()
    }
}

/// The next event.
#[track_caller]
fn event(client: &mut Client) -> Option<ClientEvent<'static>> {
    client.event_by(PATIENCE).expect("nothing comes")
}

/// The same in one line.
#[track_caller]
fn line(client: &mut Client) -> String {
    match event(client) {
        None => "nothing".into(),
        Some(ClientEvent::Opened) => "opened".into(),
        Some(ClientEvent::Message(Message::Text(text))) => text.into_owned(),
        Some(ClientEvent::Message(Message::Binary(bytes))) => format!("{bytes:?}"),
        Some(ClientEvent::Heartbeat) => "heartbeat".into(),
        Some(ClientEvent::Upgrading) => "upgrading".into(),
        Some(ClientEvent::Upgraded) => "upgraded".into(),
        Some(ClientEvent::UpgradeFailed(error)) => format!("no upgrade: {error}"),
        Some(ClientEvent::Closed { reason, error }) => match error {
            Some(error) => format!("closed: {reason}: {error}"),
            None => format!("closed: {reason}"),
        },
    }
}
