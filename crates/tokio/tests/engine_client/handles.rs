//! The handles: what waits for an application that is slow, or gone.

use crate::{
    common::{until, within},
    echo::{Below, serve},
    echoes::host,
    line, only, options,
};
use siox_engineio::{ClientConfig, Transport};
use siox_tokio::engine::{
    self, ClientEvent, ClientOptions, CloseReason, ConnectOptions, SendError,
};

#[tokio::test]
async fn a_slow_application_loses_nothing() {
    let to = serve(&host(), Below::Own).await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let options = ConnectOptions {
            inbox: 1000,
            ..options(only(transport))
        };
        let url = format!("http://{to}/");
        let mut client = within(engine::connect(&url, &options)).await.unwrap();
        let filler = "x".repeat(100);
        for n in 0..500 {
            client.send(&*format!("{n} {filler}")).await.unwrap();
        }
        until(0, || client.queued()).await;
        for n in 0..500 {
            let event = within(client.event()).await.unwrap();
            assert_eq!(line(&event), format!("{n} {filler}"));
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_client_that_is_dropped_closes_its_session() {
    for engine in [
        ClientConfig::default(),
        only(Transport::Polling),
        only(Transport::WebSocket),
    ] {
        let host = host();
        let to = serve(&host, Below::Own).await;
        let url = format!("http://{to}/");
        let client = within(engine::connect(&url, &options(engine)))
            .await
            .unwrap();
        let sender = client.sender();
        drop(client);
        assert_eq!(sender.try_send("late"), Err(SendError::Closed));
        until(vec![CloseReason::TransportClose], || host.app().ends()).await;
        until(0, || host.sessions()).await;
    }
}

#[tokio::test]
async fn a_queue_that_is_full_is_waited_for() {
    let to = serve(&host(), Below::Own).await;
    let engine = ClientConfig {
        high_water: 500,
        ..only(Transport::Polling)
    };
    let url = format!("http://{to}/");
    let mut client = within(engine::connect(&url, &options(engine)))
        .await
        .unwrap();
    let filler = "x".repeat(200);
    while client.try_send(&*filler).is_ok() {}
    assert_eq!(client.try_send(&*filler), Err(SendError::Full));
    within(client.send("last")).await.unwrap();
    while line(&within(client.event()).await.unwrap()) != "last" {}
}

#[tokio::test]
async fn what_the_server_told() {
    let to = serve(&host(), Below::Own).await;
    let url = format!("http://{to}/");
    let mut client = within(engine::connect(&url, &ConnectOptions::default()))
        .await
        .unwrap();
    let opened = client.opened().unwrap();
    assert_eq!(opened.sid.len(), 20);
    assert!(opened.websocket && opened.max_payload.is_some());
    assert_eq!(client.event().await, Some(ClientEvent::Upgraded));
    assert!(client.websocket_works());
    // What worked once comes first.
    let mut options = ConnectOptions::default();
    options.client.engine.remembered_upgrade = true;
    let client = within(engine::connect(&url, &options)).await.unwrap();
    assert_eq!(client.transport(), Some(Transport::WebSocket));
}

#[tokio::test]
async fn urls_and_headers_that_are_none() {
    for url in ["ftp://a", "a", "http://"] {
        let connected = engine::connect(url, &ConnectOptions::default()).await;
        assert!(
            matches!(connected, Err(engine::ConnectError::Url(_))),
            "{url}"
        );
    }
    let options = ConnectOptions {
        client: ClientOptions {
            headers: vec![("a b".into(), "c".into())],
            ..ClientOptions::default()
        },
        ..ConnectOptions::default()
    };
    let connected = engine::connect("http://127.0.0.1:1/", &options).await;
    assert!(matches!(
        connected,
        Err(engine::ConnectError::InvalidHeader)
    ));
    let connected = within(engine::connect(
        "http://127.0.0.1:1/",
        &ConnectOptions::default(),
    ))
    .await;
    let Err(engine::ConnectError::NotOpened { cause, .. }) = connected else {
        panic!("{connected:?}")
    };
    assert!(
        matches!(cause, Some(engine::Cause::Unreachable(_))),
        "{cause:?}"
    );
}

#[tokio::test]
async fn what_was_sent_is_waited_for() {
    let to = serve(&host(), Below::Own).await;
    let url = format!("http://{to}/");
    for transport in [Transport::Polling, Transport::WebSocket] {
        let mut client = within(engine::connect(&url, &options(only(transport))))
            .await
            .unwrap();
        for word in ["one", "two"] {
            client.send(word).await.unwrap();
        }
        assert!(client.queued() > 0);
        within(client.flush()).await.unwrap();
        // A poll that has just begun waits for its connection too.
        client.send("three").await.unwrap();
        within(client.sender().flush()).await.unwrap();
        for word in ["one", "two", "three"] {
            assert_eq!(line(&within(client.event()).await.unwrap()), word);
        }
        let sender = client.sender();
        sender.try_send("last").unwrap();
        drop(client);
        assert_eq!(within(sender.flush()).await, Err(SendError::Closed));
    }
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn what_may_not_be_compressed() {
    use siox_tokio::websocket::deflate;
    let config = siox_stack::Config::default().with_deflate(deflate::Config::default());
    let app = std::sync::Arc::new(crate::echo::Echo::default());
    let to = serve(
        &siox_tokio::Host::new(app, config, "/engine.io/"),
        Below::Own,
    )
    .await;
    let url = format!("http://{to}/");
    let options = ConnectOptions {
        client: ClientOptions {
            deflate: Some(deflate::Config::default()),
            ..options(only(Transport::WebSocket)).client
        },
        ..ConnectOptions::default()
    };
    let mut client = within(engine::connect(&url, &options)).await.unwrap();
    let text = "x".repeat(5000);
    for (sender, compressed) in [
        (client.compress(false), false),
        (client.compress(false).compress(true), true),
        (client.sender(), true),
    ] {
        within(client.flush()).await.unwrap();
        // Nothing is written before this task waits.
        sender.try_send(&*text).unwrap();
        assert_eq!(client.queued() < 1000, compressed);
        assert_eq!(line(&within(client.event()).await.unwrap()), text);
    }
}
