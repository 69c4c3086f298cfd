//! What the tests of both kinds of clients have in common: how a client is made, and what it must have sent.

#[cfg(feature = "deflate")]
use crate::wiretap::{Frame, Wiretap};
use siox::{
    Transport,
    client::{Client, ClientBuilder, ConnectionEvent, Kind},
};
use std::{net::SocketAddr, time::Duration};

/// Whether it tells of the transport, which happens at any time.
pub(crate) fn is_upgrade(event: &ConnectionEvent) -> bool {
    matches!(
        event,
        ConnectionEvent::Upgrading | ConnectionEvent::Upgrade | ConnectionEvent::UpgradeError(_)
    )
}

/// A client of a namespace, on a connection of its own, that does not wait long.
pub(crate) fn client<K: Kind>(to: SocketAddr, nsp: &str) -> ClientBuilder<K> {
    Client::<K>::builder(format!("http://{to}{nsp}"))
        .force_new(true)
        .reconnection_delay(Duration::from_millis(20), Duration::from_millis(50))
}

/// Each way to be connected.
pub(crate) fn ways<K: Kind>(to: SocketAddr, nsp: &str) -> Vec<ClientBuilder<K>> {
    vec![
        client(to, nsp).transports([Transport::Polling]),
        client(to, nsp).transports([Transport::WebSocket]),
        client(to, nsp),
    ]
}

/// A client that offers compression, beneath which the wire is looked at.
#[cfg(feature = "deflate")]
pub(crate) fn compressing<K: Kind>(tap: &Wiretap) -> Client<K> {
    let builder = client(tap.to, "/").transports([Transport::WebSocket]);
    let builder = builder.deflate(siox::deflate::Config::default());
    builder.connect().unwrap()
}

/// Of the three last frames, each an event `say` with this text, the one in the middle is not compressed.
#[cfg(feature = "deflate")]
pub(crate) fn all_but_the_middle_are_compressed(frames: &[Frame], text: &str) {
    let said = &frames[frames.len() - 3..];
    let firsts: Vec<u8> = said.iter().map(|frame| frame.first).collect();
    assert_eq!(firsts, [0xc1, 0x81, 0xc1], "RSV1 marks what is compressed");
    let plain = format!(r#"421["say","{text}"]"#);
    assert_eq!(said[1].payload, plain.as_bytes());
    assert!(said[0].payload.len() < 100 && said[2].payload.len() < 100);
}
