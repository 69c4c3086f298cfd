//! The Engine.IO client over real sockets: against our own server, and against servers that fail it.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/echo.rs"]
mod echo;
mod echoes;
mod failing;
mod handles;
mod script;
mod upgrades;
mod ways;

use siox_engineio::{ClientConfig, Transport};
use siox_tokio::engine::{ClientEvent, ClientOptions, ConnectOptions, Message};

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

/// What an event says, in one line.
fn line(event: &ClientEvent<'_>) -> String {
    match event {
        ClientEvent::Opened => "opened".into(),
        ClientEvent::Message(Message::Text(text)) => text.clone().into_owned(),
        ClientEvent::Message(Message::Binary(bytes)) => format!("{bytes:?}"),
        ClientEvent::Heartbeat => "heartbeat".into(),
        ClientEvent::Upgrading => "upgrading".into(),
        ClientEvent::Upgraded => "upgraded".into(),
        ClientEvent::UpgradeFailed(error) => format!("no upgrade: {error}"),
        ClientEvent::Closed { reason, error } => match error {
            Some(error) => format!("closed: {reason}: {error}"),
            None => format!("closed: {reason}"),
        },
    }
}
