//! What a connection tells of itself, how it ends, and what is changed while it lives.

use crate::{
    both::is_upgrade,
    rig::{Host, log, within},
    wiretap::Wiretap,
};
use siox::{
    Ack, Args, Bytes, Client, CloseDetails, Data, DisconnectReason, Message, Server, Transport,
    client::{ConnectionEvent, Direction},
};
use siox_tokio::engine;
use std::time::Duration;
use tokio::net::TcpListener;

fn pinging() -> Server {
    let builder = Server::builder().ping_interval(Duration::from_millis(25));
    let io = builder.build().unwrap();
    io.namespace("/");
    io
}

#[tokio::test]
async fn it_tells_of_pings_and_of_its_transport() {
    let host = Host::new(&pinging()).await;
    for (way, last, upgrades) in [
        (vec![Transport::Polling], Transport::Polling, false),
        (vec![Transport::WebSocket], Transport::WebSocket, false),
        (
            vec![Transport::Polling, Transport::WebSocket],
            Transport::WebSocket,
            true,
        ),
    ] {
        let (tell, mut told) = log();
        let client = host.client("/").transports(way).auto_connect(false);
        let client = client.connect().unwrap();
        let manager = client.manager();
        assert_eq!(manager.transport(), None);
        manager.on_event(move |event| tell(event.clone()));
        client.connect();
        assert_eq!(told.next().await, ConnectionEvent::Open);
        let mut seen = Vec::new();
        while !seen.contains(&ConnectionEvent::Ping)
            || upgrades && !seen.contains(&ConnectionEvent::Upgrade)
        {
            seen.push(told.next().await);
        }
        seen.retain(|event| *event != ConnectionEvent::Ping);
        match upgrades {
            true => assert_eq!(seen, [ConnectionEvent::Upgrading, ConnectionEvent::Upgrade]),
            false => assert!(seen.is_empty(), "{seen:?}"),
        }
        assert_eq!(manager.transport(), Some(last));
        client.disconnect();
        assert_eq!(manager.transport(), None);
    }
}

#[tokio::test]
async fn it_tells_of_an_upgrade_that_fails() {
    let io = Server::new();
    io.namespace("/");
    let host = Host::new(&io).await;
    let tap = Wiretap::new(host.to, Some("transport=websocket"));
    let (tell, mut told) = log();
    let client = Client::builder(format!("http://{}", tap.to))
        .force_new(true)
        .auto_connect(false)
        .connect()
        .unwrap();
    client.manager().on_event(move |event| tell(event.clone()));
    client.connect();
    assert_eq!(told.next().await, ConnectionEvent::Open);
    let ConnectionEvent::UpgradeError(message) = told.next().await else {
        panic!("it says something else")
    };
    assert!(!message.is_empty());
    assert_eq!(client.manager().transport(), Some(Transport::Polling));
    within(client.ready()).await.unwrap();
}

#[tokio::test]
async fn every_message_is_seen_both_ways() {
    let io = Server::new();
    io.namespace("/")
        .on("echo", |args: Args, ack: Ack| ack.relay(&args));
    let host = Host::new(&io).await;
    for way in host.ways("/") {
        let (tell, mut told) = log();
        let client = way.auto_connect(false).connect().unwrap();
        client.manager().on_message(move |direction, message| {
            tell((direction, message.clone().into_owned()));
        });
        client.connect();
        let blob = Bytes::from_static(b"\x01\x02");
        let back = client.emit_with_ack::<Bytes>("echo", &blob, None);
        assert_eq!(within(back).await.unwrap(), blob);
        let (sent, received) = (Direction::Sent, Direction::Received);
        assert_eq!(told.next().await, (sent, Message::from("0")));
        let (direction, answer) = told.next().await;
        assert_eq!(direction, received);
        assert!(answer.as_bytes().starts_with(br#"0{"sid":""#));
        for (direction, message) in [
            (sent, r#"51-0["echo",{"_placeholder":true,"num":0}]"#.into()),
            (sent, Message::from(&blob[..])),
            (received, r#"61-0[{"_placeholder":true,"num":0}]"#.into()),
            (received, Message::from(&blob[..])),
        ] {
            assert_eq!(told.next().await, (direction, message));
        }
    }
}

/// A server that lets a client in, and then breaks a rule.
async fn rude() -> String {
    let server = engine::Server::builder().path("/socket.io/");
    let server = server.build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let each = async |socket: engine::Socket| {
            socket.recv().await;
            for packet in [r#"0{"sid":"s"}"#, r#"2["connect"]"#] {
                socket.send(packet).await.unwrap();
            }
            while socket.recv().await.is_some() {}
        };
        server.serve_with(listener, each).await
    });
    url
}

#[tokio::test]
async fn its_end_has_details() {
    let url = rude().await;
    let (tell, mut told) = log();
    let (event, mut events) = log();
    let client = Client::builder(&url)
        .force_new(true)
        .reconnection(false)
        .auto_connect(false)
        .on_disconnect(move |reason: DisconnectReason, details: CloseDetails| {
            tell((reason, details.to_string()));
        })
        .connect()
        .unwrap();
    client.manager().on_event(move |told| {
        if let ConnectionEvent::Close { reason, details } = told {
            event((*reason, details.to_string()));
        }
    });
    client.connect();
    let expected = (
        DisconnectReason::ParseError,
        "a reserved event name".to_owned(),
    );
    assert_eq!(told.next().await, expected);
    assert_eq!(events.next().await, expected);
}

/// A poll that breaks is an error of which something is known; a socket that is closed is just closed.
#[tokio::test]
async fn a_server_that_goes_is_described() {
    let io = Server::new();
    io.namespace("/");
    let mut host = Host::new(&io).await;
    let (tell, mut told) = log();
    let client = host
        .client("/")
        .transports([Transport::Polling])
        .on_disconnect(move |reason: DisconnectReason, details: CloseDetails| {
            tell((reason, details));
        })
        .connect()
        .unwrap();
    within(client.ready()).await.unwrap();
    host.kill().await;
    let (reason, details) = told.next().await;
    let failed = reason == DisconnectReason::TransportError;
    assert_eq!(details.as_str().is_some(), failed, "{reason}: {details}");
}

#[tokio::test]
async fn settings_change_while_it_lives() {
    let io = Server::new();
    io.namespace("/");
    let mut host = Host::new(&io).await;
    let client = host.client("/").connect().unwrap();
    let manager = client.manager();
    within(client.ready()).await.unwrap();
    let (tell, mut told) = log();
    manager.on_event(move |event| {
        if !is_upgrade(event) {
            tell(event.clone());
        }
    });
    manager
        .reconnection_delay(Duration::from_secs(3600), Duration::from_secs(3600))
        .randomization_factor(0.0)
        .retry_after_max(Duration::from_secs(1))
        .timeout(None);
    host.kill().await;
    assert!(matches!(told.next().await, ConnectionEvent::Close { .. }));
    // It waits for an hour, and whoever waits for it, too.
    assert!(client.is_active());
    manager.reconnection(false);
    let error = within(client.ready()).await.unwrap_err();
    assert_eq!(error.message(), "gave up to reconnect");
    manager
        .reconnection(true)
        .reconnection_attempts(Some(0))
        .timeout(Some(Duration::from_secs(20)));
    client.connect();
    assert!(matches!(told.next().await, ConnectionEvent::Error(_)));
    assert_eq!(told.next().await, ConnectionEvent::ReconnectFailed);
    let io = Server::new();
    io.namespace("/");
    host.revive(&io).await;
    client.connect();
    within(client.ready()).await.unwrap();
    assert_eq!(told.next().await, ConnectionEvent::Open);
}

#[tokio::test]
async fn what_was_sent_leaves_before_the_runtime_goes() {
    let io = Server::new();
    let (tell, mut told) = log();
    let gone = tell.clone();
    io.namespace("/")
        .on("n", move |Data((n, _)): Data<(u32, String)>| tell(n))
        .on_disconnect(move || gone(u32::MAX));
    let host = Host::new(&io).await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let url = format!("http://{}", host.to);
        let client = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(async {
                let client = Client::builder(url).force_new(true).transports([transport]);
                let client = client.connect().unwrap();
                within(client.ready()).await.unwrap();
                for n in 0..1_000u32 {
                    let event = (n, "x".repeat(1_000));
                    client.emit_when_ready("n", &event).await.unwrap();
                }
                client.disconnect();
                within(client.manager().closed()).await;
            });
        });
        let expected: Vec<u32> = (0..1_000).chain([u32::MAX]).collect();
        assert_eq!(told.take(1_001).await, expected);
        tokio::task::spawn_blocking(|| client.join())
            .await
            .unwrap()
            .unwrap();
    }
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn what_must_not_be_compressed_is_not() {
    use crate::both::{all_but_the_middle_are_compressed, compressing};
    use siox::deflate;

    let builder = Server::builder().deflate(deflate::Config::default());
    let io = builder.build().unwrap();
    let root = io.namespace("/");
    root.on("say", |Data(_): Data<String>, ack: Ack| ack.send(&()));
    let host = Host::new(&io).await;
    let tap = Wiretap::new(host.to, None);
    let client: Client = compressing(&tap);
    let text = "long ".repeat(1_000);
    for compress in [true, false, true] {
        let say = client.compress(compress);
        within(say.emit_with_ack::<()>("say", &text)).await.unwrap();
    }
    all_but_the_middle_are_compressed(&tap.frames(), &text);
}
