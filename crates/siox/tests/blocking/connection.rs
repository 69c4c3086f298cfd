//! What a connection tells of itself, and what it puts on the wire.

use crate::{
    both::is_upgrade,
    rig::{Host, PATIENCE, log, ready},
};
use siox::{CloseDetails, DisconnectReason, Server, Transport, blocking::ConnectionEvent};
use std::time::Duration;

#[test]
fn it_tells_of_pings_and_of_its_transport() {
    let builder = Server::builder().ping_interval(Duration::from_millis(25));
    let io = builder.build().unwrap();
    io.namespace("/");
    let host = Host::new(&io);
    let (tell, told) = log();
    let client = host.client("/").auto_connect(false).connect().unwrap();
    let manager = client.manager();
    manager.on_event(move |event| tell(event.clone()));
    client.connect();
    assert_eq!(told.next(), ConnectionEvent::Open);
    let mut seen = Vec::new();
    while !seen.contains(&ConnectionEvent::Ping) || !seen.contains(&ConnectionEvent::Upgrade) {
        seen.push(told.next());
    }
    seen.retain(|event| *event != ConnectionEvent::Ping);
    assert_eq!(seen, [ConnectionEvent::Upgrading, ConnectionEvent::Upgrade]);
    assert_eq!(manager.transport(), Some(Transport::WebSocket));
    client.disconnect();
    assert_eq!(manager.transport(), None);
    assert!(manager.closed_within(PATIENCE));
}

#[test]
fn its_end_has_details() {
    // What comes behind the session's first packet is none of Socket.IO.
    let builder = Server::builder().initial_packet(r#"2["connect"]"#);
    let io = builder.build().unwrap();
    io.namespace("/");
    let host = Host::new(&io);
    let (tell, told) = log();
    let client = host
        .client("/")
        .reconnection(false)
        .auto_connect(false)
        .connect()
        .unwrap();
    client.manager().on_event(move |event| {
        if let ConnectionEvent::Close { reason, details } = event {
            tell((*reason, details.to_string()));
        }
    });
    client.connect();
    let (reason, details) = told.next();
    assert_eq!(
        (reason, &*details),
        (DisconnectReason::ParseError, "a reserved event name")
    );
    assert!(client.ready().is_err(), "it does not come back");
}

#[test]
fn a_server_that_goes_is_described() {
    let io = Server::new();
    io.namespace("/");
    let mut host = Host::new(&io);
    let (tell, told) = log();
    let client = host
        .client("/")
        .transports([Transport::Polling])
        .on_disconnect(move |reason: DisconnectReason, details: CloseDetails| {
            tell((reason, details));
        })
        .connect()
        .unwrap();
    ready(&client);
    host.kill();
    let (reason, details) = told.next();
    let failed = reason == DisconnectReason::TransportError;
    assert_eq!(details.as_str().is_some(), failed, "{reason}: {details}");
}

#[test]
fn settings_change_while_it_lives() {
    let io = Server::new();
    io.namespace("/");
    let mut host = Host::new(&io);
    let client = host.client("/").connect().unwrap();
    let manager = client.manager();
    ready(&client);
    let (tell, told) = log();
    manager.on_event(move |event| {
        if !is_upgrade(event) {
            tell(event.clone());
        }
    });
    manager.reconnection_delay(Duration::from_secs(3600), Duration::from_secs(3600));
    host.kill();
    assert!(matches!(told.next(), ConnectionEvent::Close { .. }));
    manager.reconnection(false);
    assert!(client.ready().is_err());
    manager.reconnection(true);
    let io = Server::new();
    io.namespace("/");
    host.revive(&io);
    client.connect();
    ready(&client);
}

#[cfg(feature = "deflate")]
#[test]
fn what_must_not_be_compressed_is_not() {
    use crate::{
        both::{all_but_the_middle_are_compressed, compressing},
        wiretap::Wiretap,
    };
    use siox::{Ack, Data, blocking::Client, deflate};

    let builder = Server::builder().deflate(deflate::Config::default());
    let io = builder.build().unwrap();
    let root = io.namespace("/");
    root.on("say", |Data(_): Data<String>, ack: Ack| ack.send(&()));
    let host = Host::new(&io);
    let tap = Wiretap::new(host.to, None);
    let client: Client = compressing(&tap);
    let text = "long ".repeat(1_000);
    for compress in [true, false, true] {
        let say = client.compress(compress);
        say.emit_with_ack::<()>("say", &text).wait().unwrap();
    }
    all_but_the_middle_are_compressed(&tap.frames(), &text);
}
