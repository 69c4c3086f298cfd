//! Many namespaces on one connection, and connections that are shared.

use crate::{
    both::is_upgrade,
    rig::{Host, log, within},
};
use siox::{Ack, Client, Server, Socket, client::ConnectionEvent};

fn server() -> Server {
    let io = Server::new();
    for nsp in ["/", "/a", "/b"] {
        io.namespace(nsp).on("where", |socket: Socket, ack: Ack| {
            ack.send(&socket.namespace().name())
        });
    }
    io
}

async fn place(client: &Client) -> String {
    within(client.emit_with_ack("where", &(), None))
        .await
        .unwrap()
}

#[tokio::test]
async fn clients_of_one_server_share_a_connection() {
    let io = server();
    let host = Host::new(&io).await;
    let url = |nsp| format!("http://{}{nsp}", host.to);
    let a = Client::connect_to(url("/a")).unwrap();
    let b = Client::connect_to(url("/b")).unwrap();
    assert_eq!(
        (place(&a).await, place(&b).await),
        ("/a".into(), "/b".into())
    );
    assert_eq!(io.clients(), 1);
    assert_ne!(a.id(), b.id());
    // The same namespace again, other settings, or one's own wish: another connection.
    let again = Client::connect_to(url("/a")).unwrap();
    assert_eq!((place(&again).await, io.clients()), ("/a".into(), 2));
    let other = Client::builder(url("/")).query("x", "1").connect().unwrap();
    assert_eq!((place(&other).await, io.clients()), ("/".into(), 3));
    let own = Client::builder(url("/")).force_new(true).connect().unwrap();
    assert_eq!((place(&own).await, io.clients()), ("/".into(), 4));
}

#[tokio::test]
async fn a_manager_has_many() {
    let io = server();
    let host = Host::new(&io).await;
    let (tell, mut told) = log();
    let root = host.client("/").auto_connect(false).connect().unwrap();
    let manager = root.manager();
    manager.on_event(move |event| {
        if !is_upgrade(event) {
            tell(event.clone());
        }
    });
    let a = manager.namespace("a").connect().unwrap();
    assert_eq!(place(&a).await, "/a");
    assert!(!root.is_connected() && manager.is_open());
    root.connect();
    assert_eq!(place(&root).await, "/");
    let nowhere = manager.namespace("/nowhere").connect().unwrap();
    let error = within(nowhere.ready()).await.unwrap_err();
    assert_eq!(error.message(), "Invalid namespace");
    a.disconnect();
    assert_eq!(place(&root).await, "/");
    root.disconnect();
    assert_eq!(told.next().await, ConnectionEvent::Open);
    assert!(matches!(told.next().await, ConnectionEvent::Close { .. }));
    assert!(!manager.is_open());
}

#[tokio::test]
async fn the_last_handle_closes_the_connection() {
    let io = Server::new();
    let (tell, mut told) = log();
    io.namespace("/").on_disconnect(move || tell("gone"));
    let host = Host::new(&io).await;
    let client = host.client("/").connect().unwrap();
    let clone = client.clone();
    within(client.ready()).await.unwrap();
    drop(client);
    assert!(clone.is_connected());
    drop(clone);
    assert_eq!(told.next().await, "gone");
}

#[tokio::test]
async fn no_url() {
    assert!(Client::connect_to("ftp://x").is_err());
}
