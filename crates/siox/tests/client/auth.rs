//! What a client says of itself, and what it is told when that does not suffice.

use crate::rig::{Host, log, within};
use serde::{Deserialize, Serialize};
use siox::{Auth, Client, ConnectError, DisconnectReason, Server, Socket};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

#[derive(Serialize, Deserialize)]
struct Token {
    token: String,
}

#[tokio::test]
async fn a_refusal_is_told_with_its_data_and_is_final() {
    let io = Server::new();
    io.namespace("/").middleware(|Auth(auth): Auth<Token>| {
        if auth.token == "good" {
            return Ok(());
        }
        Err(ConnectError::new("not authorized").with_data(&7))
    });
    let host = Host::new(&io).await;
    let (tell, mut told) = log();
    let token = |token: &str| Token {
        token: token.into(),
    };
    let bad = host
        .client("/")
        .auth(&token("bad"))
        .on_connect_error(move |error: ConnectError| {
            tell((
                error.message().to_owned(),
                error.data().map(|d| d.json().to_owned()),
            ));
        })
        .connect()
        .unwrap();
    let error = within(bad.ready()).await.unwrap_err();
    assert_eq!(error.message(), "not authorized");
    assert_eq!(
        told.next().await,
        ("not authorized".into(), Some("7".into()))
    );
    assert!(!bad.is_active());
    let good = host.client("/").auth(&token("good")).connect().unwrap();
    within(good.ready()).await.unwrap();
    assert!(good.id().is_some() && good.is_connected());
}

#[tokio::test]
async fn it_is_asked_for_each_time() {
    let io = Server::new();
    let (tell, mut told) = log();
    io.namespace("/")
        .on_connect(move |socket: Socket, Auth(auth): Auth<Token>| {
            tell(auth.token);
            drop(socket);
        });
    let mut host = Host::new(&io).await;
    let asked = Arc::new(AtomicU32::new(0));
    let client = host
        .client("/")
        .auth_with(move || {
            let asked = asked.clone();
            async move {
                tokio::task::yield_now().await;
                match asked.fetch_add(1, Ordering::Relaxed) {
                    2 => Err("no more tokens"),
                    n => Ok(Token {
                        token: n.to_string(),
                    }),
                }
            }
        })
        .connect()
        .unwrap();
    within(client.ready()).await.unwrap();
    assert_eq!(told.next().await, "0");
    host.kill().await;
    let (tell, mut told) = log();
    let io = Server::new();
    io.namespace("/")
        .on_connect(move |Auth(auth): Auth<Token>| tell(auth.token));
    host.revive(&io).await;
    assert_eq!(told.next().await, "1");
    within(client.ready()).await.unwrap();
    host.kill().await;
    host.revive(&Server::new()).await;
    let mut events = client.events();
    loop {
        if let Some(siox::client::Received::ConnectError(error)) = within(events.next()).await
            && error.message() == "no more tokens"
        {
            break;
        }
    }
    assert!(!client.is_active());
}

#[tokio::test]
async fn the_server_throws_it_out_for_good() {
    let io = Server::new();
    io.namespace("/")
        .on("bye", |socket: Socket| socket.disconnect());
    let host = Host::new(&io).await;
    let (tell, mut told) = log();
    let client: Client = host
        .client("/")
        .on_disconnect(move |reason: DisconnectReason| tell(reason))
        .connect()
        .unwrap();
    within(client.ready()).await.unwrap();
    client.emit("bye", &()).unwrap();
    assert_eq!(told.next().await, DisconnectReason::IoServerDisconnect);
    assert!(!client.is_active() && client.ready().await.is_err());
    client.connect();
    within(client.ready()).await.unwrap();
    client.disconnect();
    assert_eq!(told.next().await, DisconnectReason::IoClientDisconnect);
}
