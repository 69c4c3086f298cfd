//! Messages to a server and back, by each transport and version; what waits for an application that is
//! slow, or gone.

use crate::{PATIENCE, echo::Server, event, line, only, options};
use siox_engineio::{ClientConfig, Transport, Version};
use siox_tcp::engine::{self, ClientEvent, CloseReason, ConnectOptions, NotYet};
use siox_tcp::{Message, SendError};
use std::{thread, time::Duration};

/// Every third message is binary.
fn message(n: u32) -> Message<'static> {
    match n % 3 {
        2 => Message::Binary(n.to_be_bytes().to_vec().into()),
        _ => Message::Text(format!("é{n}").into()),
    }
}

fn echoes(engine: ClientConfig) {
    const COUNT: u32 = 200;
    let server = Server::new();
    let upgrades = engine.transports.len() == 2;
    let label = format!("{engine:?}");
    let mut client = engine::connect(&server.url(), &options(engine)).unwrap();
    let sender = client.sender();
    let sending = thread::spawn(move || {
        for n in 0..COUNT {
            sender.send(message(n)).unwrap();
        }
    });
    let (mut next, mut upgraded) = (0, false);
    while next < COUNT || upgraded != upgrades {
        match event(&mut client).unwrap() {
            ClientEvent::Message(got) => {
                assert_eq!(got, message(next), "{label}");
                next += 1;
            }
            ClientEvent::Upgraded => upgraded = true,
            other => panic!("{label}: {other:?}"),
        }
    }
    sending.join().unwrap();
    client.close();
    assert_eq!(line(&mut client), "closed: forced close", "{label}");
    assert_eq!(client.event(), None);
    server.ended(CloseReason::TransportClose);
}

#[test]
fn by_each_transport_and_version() {
    for version in [Version::V4, Version::V3] {
        for base64 in [false, true] {
            for transports in [
                vec![Transport::Polling],
                vec![Transport::WebSocket],
                vec![Transport::Polling, Transport::WebSocket],
            ] {
                echoes(ClientConfig {
                    version,
                    base64,
                    transports,
                    ..ClientConfig::default()
                });
            }
        }
    }
}

#[test]
fn large_messages() {
    let server = Server::new();
    for transport in [Transport::Polling, Transport::WebSocket] {
        let mut client = engine::connect(&server.url(), &options(only(transport))).unwrap();
        let text = "x".repeat(900_000);
        for _ in 0..5 {
            client.send(&*text).unwrap();
            let got = client.recv_by(PATIENCE).unwrap();
            assert_eq!(got, Some(Message::from(&*text)));
        }
    }
}

#[test]
fn a_slow_application_loses_nothing() {
    let server = Server::new();
    for transport in [Transport::Polling, Transport::WebSocket] {
        let options = ConnectOptions {
            inbox: 1000,
            ..options(only(transport))
        };
        let mut client = engine::connect(&server.url(), &options).unwrap();
        let filler = "x".repeat(100);
        for n in 0..500 {
            client.send(&*format!("{n} {filler}")).unwrap();
        }
        client.flush_by(PATIENCE).unwrap();
        for n in 0..500 {
            assert_eq!(line(&mut client), format!("{n} {filler}"));
        }
        assert_eq!(client.event_by(Duration::ZERO), Err(NotYet));
        assert_eq!(client.event_by(Duration::from_millis(1)), Err(NotYet));
    }
}

#[test]
fn a_client_that_is_dropped_closes_its_session() {
    for engine in [
        ClientConfig::default(),
        only(Transport::Polling),
        only(Transport::WebSocket),
    ] {
        let server = Server::new();
        let client = engine::connect(&server.url(), &options(engine)).unwrap();
        let sender = client.sender();
        drop(client);
        assert_eq!(sender.try_send("late"), Err(SendError::Closed));
        server.ended(CloseReason::TransportClose);
    }
}

#[test]
fn a_queue_that_is_full_is_waited_for() {
    let server = Server::new();
    let engine = ClientConfig {
        high_water: 500,
        ..only(Transport::Polling)
    };
    let mut client = engine::connect(&server.url(), &options(engine)).unwrap();
    let filler = "x".repeat(200);
    while client.try_send(&*filler).is_ok() {}
    client.send_by("last", PATIENCE).unwrap();
    while line(&mut client) != "last" {}
}

#[test]
fn what_worked_once_comes_first() {
    let server = Server::new();
    let mut client = engine::connect(&server.url(), &ConnectOptions::default()).unwrap();
    assert_eq!(line(&mut client), "upgraded");
    assert!(client.websocket_works());
    let mut options = ConnectOptions::default();
    options.client.engine.remembered_upgrade = true;
    let client = engine::connect(&server.url(), &options).unwrap();
    assert_eq!(client.transport(), Some(Transport::WebSocket));
}

#[test]
fn what_was_sent_is_waited_for() {
    let server = Server::new();
    for transport in [Transport::Polling, Transport::WebSocket] {
        let mut client = engine::connect(&server.url(), &options(only(transport))).unwrap();
        for word in ["one", "two"] {
            client.send(word).unwrap();
        }
        assert_eq!(client.flush(), Ok(()));
        let sender = client.compress(false);
        sender.send("three").unwrap();
        assert_eq!(sender.flush(), Ok(()));
        for word in ["one", "two", "three"] {
            assert_eq!(line(&mut client), word);
        }
        drop(client);
        assert_eq!(sender.flush(), Err(SendError::Closed));
    }
}
