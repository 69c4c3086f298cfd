//! What `on_disconnect` is told: who ended it, and how.

use crate::{
    client::{Client, Log, POLLING, answering, log, serve},
    raw::{http::Http, ws::Said},
};
use siox::{Builder, DisconnectReason, Server, Socket};
use std::{net::SocketAddr, time::Duration};

async fn bench(builder: Builder) -> (Server, SocketAddr, Log<DisconnectReason>) {
    let io = builder.build().unwrap();
    let (tell, told) = log();
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.on_disconnect(move |socket: Socket, reason: DisconnectReason| {
        assert!(!socket.is_connected());
        assert_eq!(socket.emit("late", &()), Err(siox::SendError::Closed));
        tell(reason);
    })
    .on("leave", |socket: Socket| socket.disconnect())
    .on("close", |socket: Socket| socket.close());
    answering(&io.namespace("/b"));
    let to = serve(&io).await;
    (io, to, told)
}

#[tokio::test]
async fn the_client_leaves() {
    let (_, to, mut told) = bench(Server::builder()).await;
    let mut client = Client::join(to).await;
    client.enter("/b,").await;
    client.send("1").await;
    assert_eq!(
        told.next().await,
        DisconnectReason::ClientNamespaceDisconnect
    );
    assert!(client.heard_until_now("/b,").await.is_empty());
    // Events that cross are ignored; the connection lives.
    client.send("2[\"until now\"]").await;
    assert!(client.heard_until_now("/b,").await.is_empty());
    assert_eq!(told.so_far(), []);
}

#[tokio::test]
async fn the_server_takes_it_out() {
    let (_, to, mut told) = bench(Server::builder()).await;
    let mut client = Client::join(to).await;
    client.enter("/b,").await;
    client.send("2[\"leave\"]").await;
    assert_eq!(client.packet().await, "1");
    assert_eq!(
        told.next().await,
        DisconnectReason::ServerNamespaceDisconnect
    );
    assert!(client.heard_until_now("/b,").await.is_empty());
}

#[tokio::test]
async fn the_server_closes_the_connection() {
    let (io, to, mut told) = bench(Server::builder()).await;
    let mut client = Client::join(to).await;
    client.send("2[\"close\"]").await;
    assert_eq!(client.next().await, Said::Close(Some(1000)));
    assert_eq!(told.next().await, DisconnectReason::ForcedServerClose);
    assert_eq!(io.clients(), 0);
}

#[tokio::test]
async fn the_transport_is_closed() {
    let (io, to, mut told) = bench(Server::builder()).await;
    // With a closing handshake, without one, and with a reset.
    let mut client = Client::join(to).await;
    client.ws.send_raw(&[0x88, 0x80, 0, 0, 0, 0]).await;
    assert_eq!(told.next().await, DisconnectReason::TransportClose);
    drop(Client::join(to).await);
    assert_eq!(told.next().await, DisconnectReason::TransportClose);
    let client = Client::join(to).await;
    client.ws.io.set_zero_linger().unwrap();
    drop(client);
    assert_eq!(told.next().await, DisconnectReason::TransportClose);
    // An Engine.IO close packet.
    let mut client = Client::join(to).await;
    client.ws.send("1").await;
    assert_eq!(told.next().await, DisconnectReason::TransportClose);
    assert_eq!(io.clients(), 0);
}

#[tokio::test]
async fn the_client_breaks_a_rule() {
    let (_, to, mut told) = bench(Server::builder()).await;
    let mut client = Client::join(to).await;
    client.send("2[null]").await;
    assert_eq!(told.next().await, DisconnectReason::ParseError);
    let mut client = Client::join(to).await;
    client.ws.send_raw(&[0xff, 0x80, 0, 0, 0, 0]).await;
    assert_eq!(client.next().await, Said::Close(Some(1002)));
    assert_eq!(told.next().await, DisconnectReason::TransportError);
}

#[tokio::test]
async fn the_client_falls_silent() {
    let quick = Server::builder()
        .ping_interval(Duration::from_millis(50))
        .ping_timeout(Duration::from_millis(50));
    let (io, to, mut told) = bench(quick).await;
    let mut client = Client::join(to).await;
    client.alive = false;
    let end = client.next().await;
    assert!(matches!(end, Said::Close(_)), "{end:?}");
    assert_eq!(told.next().await, DisconnectReason::PingTimeout);
    // One that polls, and then does not.
    let mut http = Http::connect(to).await;
    let sid = http.open("/socket.io/").await;
    let target = format!("{POLLING}&sid={sid}");
    assert_eq!(http.post(&target, "40").await.body, "ok");
    assert_eq!(told.next().await, DisconnectReason::PingTimeout);
    assert_eq!(io.clients(), 0);
}

#[tokio::test]
async fn the_server_goes_down() {
    let (io, to, mut told) = bench(Server::builder()).await;
    let mut client = Client::join(to).await;
    let closing = tokio::spawn(async move { io.close().await });
    assert_eq!(told.next().await, DisconnectReason::ServerShuttingDown);
    assert!(matches!(client.next().await, Said::Close(_)));
    client.ws.rest().await;
    assert!(closing.await.unwrap());
}

#[tokio::test]
async fn one_end_is_told_for_each_namespace() {
    let (io, to, mut told) = bench(Server::builder()).await;
    let (tell, mut other) = log::<DisconnectReason>();
    io.namespace("/b")
        .on_disconnect(move |reason: DisconnectReason| tell(reason));
    let mut client = Client::join(to).await;
    client.enter("/b,").await;
    drop(client);
    assert_eq!(told.next().await, DisconnectReason::TransportClose);
    assert_eq!(other.next().await, DisconnectReason::TransportClose);
    crate::raw::until(0, || io.clients()).await;
    assert_eq!((told.so_far(), other.so_far()), (vec![], vec![]));
}
