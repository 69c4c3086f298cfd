//! Messages to our own server and back, by each transport and version, in both HTTP hostings.

use crate::{
    common::{until, within},
    echo::{BOTH, Below, Echo, serve},
    line, only, options,
};
use siox_engineio::{self as engineio, ClientConfig, Transport, Version};
use siox_stack::Config;
use siox_tokio::{
    Host,
    engine::{self, ClientEvent, CloseReason, Message},
};
use std::sync::Arc;

pub(crate) fn host() -> Arc<Host<Echo>> {
    let engine = engineio::Config {
        allow_eio3: true,
        ..engineio::Config::default()
    };
    let config = Config::new(engine, siox_socketio::Config::default());
    Host::new(Arc::new(Echo::default()), config, "/engine.io/")
}

/// Every third message is binary.
fn message(n: u32) -> Message<'static> {
    match n % 3 {
        2 => Message::Binary(n.to_be_bytes().to_vec().into()),
        _ => Message::Text(format!("é{n}").into()),
    }
}

async fn echoes(below: Below, engine: ClientConfig) {
    const COUNT: u32 = 200;
    let host = host();
    let to = serve(&host, below).await;
    let upgrades = engine.transports.len() == 2 && engine.transports[0] == Transport::Polling;
    let label = format!("{below:?} {engine:?}");
    let mut client = within(engine::connect(&format!("http://{to}/"), &options(engine)))
        .await
        .unwrap();
    let sender = client.sender();
    let sending = tokio::spawn(async move {
        for n in 0..COUNT {
            sender.send(message(n)).await.unwrap();
            if n.is_multiple_of(10) {
                tokio::task::yield_now().await;
            }
        }
    });
    let (mut next, mut upgraded) = (0, false);
    while next < COUNT || upgraded != upgrades {
        match within(client.event()).await.unwrap() {
            ClientEvent::Message(got) => {
                assert_eq!(got, message(next), "{label}");
                next += 1;
            }
            ClientEvent::Upgraded => upgraded = true,
            other => panic!("{label}: {other:?}"),
        }
    }
    sending.await.unwrap();
    client.close();
    let last = within(client.event()).await.unwrap();
    assert_eq!(line(&last), "closed: forced close", "{label}");
    assert_eq!(within(client.event()).await, None);
    until(vec![CloseReason::TransportClose], || host.app().ends()).await;
}

#[tokio::test]
async fn by_each_transport_and_version() {
    for below in BOTH {
        for version in [Version::V4, Version::V3] {
            for base64 in [false, true] {
                for transports in [
                    vec![Transport::Polling],
                    vec![Transport::WebSocket],
                    vec![Transport::Polling, Transport::WebSocket],
                ] {
                    let engine = ClientConfig {
                        version,
                        base64,
                        transports,
                        ..ClientConfig::default()
                    };
                    echoes(below, engine).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn large_messages() {
    let to = serve(&host(), Below::Own).await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let url = format!("ws://{to}/");
        let mut client = within(engine::connect(&url, &options(only(transport))))
            .await
            .unwrap();
        assert_eq!(client.transport(), Some(transport));
        let text = "x".repeat(900_000);
        for _ in 0..5 {
            client.send(&*text).await.unwrap();
            let event = within(client.event()).await.unwrap();
            assert_eq!(event, ClientEvent::Message(Message::from(&*text)));
        }
    }
}
