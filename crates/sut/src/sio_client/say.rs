//! The lines that are written: what happened, as JSON.

use super::MARK;
use crate::codec::json;
use siox::{
    AckError, Args, CloseDetails, Value,
    client::{Client, ConnectionEvent, Kind, Received},
};
use std::io::{self, Write};

/// Writes one line.
pub(super) fn say<const N: usize>(members: [(&str, Value); N]) {
    let line = Value::object(members).map_or_else(
        |error| {
            format!(
                "{{\"is\":\"error\",\"message\":{}}}",
                Value::from(error.to_string()).json()
            )
        },
        |line| json::write_marked(&line, MARK),
    );
    let mut out = io::stdout().lock();
    // Who leads this may have gone; the end of its lines then ends it.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// What a client received.
pub(super) fn told<K: Kind>(client: &Client<K>, event: Received) {
    let nsp = ("nsp", Value::from(client.namespace()));
    let active = ("active", Value::from(client.is_active()));
    match event {
        Received::Connected { id, recovered } => say([
            ("is", Value::from("connect")),
            nsp,
            ("id", Value::from(&*id)),
            ("recovered", Value::from(recovered)),
        ]),
        Received::ConnectError(error) => say([
            ("is", Value::from("connect_error")),
            nsp,
            ("message", Value::from(error.message())),
            ("data", error.data().cloned().unwrap_or_else(Value::null)),
            active,
        ]),
        Received::Event { name, args, ack } => {
            say([
                ("is", Value::from("event")),
                nsp,
                ("event", Value::from(name)),
                ("args", args.to_value()),
                ("ack", Value::from(ack.is_wanted())),
            ]);
            // Without a connection there is nobody to answer.
            let _ = ack.relay(&args);
        }
        Received::Disconnected { reason, details } => say([
            ("is", Value::from("disconnect")),
            nsp,
            ("reason", Value::from(reason.as_str())),
            ("details", known(&details)),
            active,
        ]),
        _ => {}
    }
}

/// The end of an event that asked for an acknowledgement.
pub(super) fn answered<K: Kind>(
    client: &Client<K>,
    event: &str,
    id: Value,
    answer: Result<Args, AckError>,
) {
    let nsp = ("nsp", Value::from(client.namespace()));
    let event = ("event", Value::from(event));
    let (is, last) = match answer {
        Ok(args) => ("ack", ("args", args.to_value())),
        Err(error) => ("ack_error", ("message", Value::from(error.to_string()))),
    };
    say([("is", Value::from(is)), nsp, event, ("id", id), last]);
}

fn known(details: &CloseDetails) -> Value {
    details.as_str().map_or_else(Value::null, Value::from)
}

/// What happened to the connection.
pub(super) fn manager(event: &ConnectionEvent) {
    let is = ("is", Value::from("manager"));
    let named = |name: &str| ("event", Value::from(name));
    match event {
        ConnectionEvent::Open => say([is, named("open")]),
        ConnectionEvent::Error(message) => {
            say([
                is,
                named("error"),
                ("message", Value::from(message.as_str())),
            ]);
        }
        ConnectionEvent::Close { reason, details } => say([
            is,
            named("close"),
            ("reason", Value::from(reason.as_str())),
            ("details", known(details)),
        ]),
        ConnectionEvent::Ping => say([is, named("ping")]),
        ConnectionEvent::Upgrading => say([is, named("upgrading")]),
        ConnectionEvent::Upgrade => say([is, named("upgrade")]),
        ConnectionEvent::UpgradeError(message) => say([
            is,
            named("upgrade_error"),
            ("message", Value::from(message.as_str())),
        ]),
        ConnectionEvent::ReconnectAttempt(n) => {
            say([is, named("reconnect_attempt"), ("attempt", Value::from(*n))]);
        }
        ConnectionEvent::ReconnectError(message) => {
            say([
                is,
                named("reconnect_error"),
                ("message", Value::from(message.as_str())),
            ]);
        }
        ConnectionEvent::Reconnect(n) => {
            say([is, named("reconnect"), ("attempt", Value::from(*n))]);
        }
        ConnectionEvent::ReconnectFailed => say([is, named("reconnect_failed")]),
        _ => {}
    }
}
