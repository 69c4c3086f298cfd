//! Namespaces that are made when a client asks for them.

use crate::client::{Client, answering, log, serve};
use siox::{EventName, Namespace, Server, Socket, Value};
use std::time::Duration;

#[tokio::test]
async fn a_pattern_makes_namespaces() {
    let io = Server::new();
    let (tell, mut told) = log();
    io.on_new_namespace(move |nsp| tell(nsp.name().to_owned()));
    let family = io.dynamic("/org-{id}");
    answering(&family);
    family.on("where", |nsp: Namespace, socket: Socket| {
        socket.emit("here", nsp.name())
    });
    let to = serve(&io).await;
    let mut client = Client::open(to).await;
    for name in ["/org-1", "/org-2"] {
        client.enter(&format!("{name},")).await;
        client.send(&format!("2{name},[\"where\"]")).await;
        assert_eq!(
            client.packet().await,
            format!("2{name},[\"here\",\"{name}\"]")
        );
    }
    client.send("0/org-,").await;
    let refused = "4/org-,{\"message\":\"Invalid namespace\"}";
    assert_eq!(client.packet().await, refused);
    let mut other = Client::open(to).await;
    other.enter("/org-1,").await;
    assert_eq!(told.so_far(), ["/org-1", "/org-2"]);
    // Each has its own members; what is said to the family reaches all.
    assert_eq!(io.namespaces().len(), 3);
    family.emit("all", &()).unwrap();
    assert_eq!(
        client.heard_until_now("/org-1,").await,
        ["2/org-1,[\"all\"]", "2/org-2,[\"all\"]"]
    );
    assert_eq!(
        other.heard_until_now("/org-1,").await,
        ["2/org-1,[\"all\"]"]
    );
    assert_eq!(family.fetch_sockets().await.unwrap().len(), 3);
    let asked = family.emit_with_ack("?", &(), Duration::from_secs(60));
    for id in ["/org-1,1073741824", "/org-2,1073741824"] {
        client.send(&format!("3{id}[1]")).await;
    }
    other.send("3/org-1,1073741824[1]").await;
    assert_eq!(asked.await.unwrap().len(), 3);
    // A member's own handlers come behind the family's.
    io.namespaces()[1].on_any(|EventName(name): EventName, socket: Socket| {
        socket.emit("own", &name).unwrap();
    });
}

#[tokio::test]
async fn a_predicate_may_take_its_time() {
    let io = Server::new();
    let family = io.dynamic_if(async |name: String, auth: Value| {
        tokio::task::yield_now().await;
        name == "/secret" && auth.get("key").and_then(siox::View::as_i64) == Some(7)
    });
    answering(&family);
    let to = serve(&io).await;
    let mut client = Client::open(to).await;
    client.send("0/secret,{\"key\":8}").await;
    let refused = "4/secret,{\"message\":\"Invalid namespace\"}";
    assert_eq!(client.packet().await, refused);
    client.send("0/secret,{\"key\":7}").await;
    let answer = client.packet().await;
    assert!(answer.starts_with("0/secret,{\"sid\":"), "{answer}");
    // It is there now, and is asked about no more.
    let mut other = Client::open(to).await;
    other.enter("/secret,").await;
}

#[tokio::test]
async fn a_predicate_that_panics_costs_nobody_else() {
    let io = Server::new();
    io.dynamic_if(async |name: String, _: Value| name.len() > 1000 || panic!("on purpose"));
    answering(&io.namespace("/"));
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client.send("0/x,").await;
    assert_eq!(client.packet().await, "4/x,{\"message\":\"server error\"}");
    client.heard_until_now("").await;
}

#[tokio::test]
async fn an_empty_one_goes_if_asked_for() {
    for (cleanup, left) in [(true, 1), (false, 2)] {
        let io = Server::builder()
            .cleanup_empty_child_namespaces(cleanup)
            .build()
            .unwrap();
        answering(&io.namespace("/"));
        let family = io.dynamic("/room-{n}");
        family.middleware(|socket: Socket| match socket.auth() {
            "{}" => Ok(()),
            _ => Err("no"),
        });
        let to = serve(&io).await;
        let (mut a, mut b) = (Client::join(to).await, Client::join(to).await);
        a.enter("/room-1,").await;
        b.enter("/room-1,").await;
        let kept = io.namespaces()[1].sockets();
        a.send("1/room-1,").await;
        a.heard_until_now("").await;
        assert_eq!(io.namespaces().len(), 2);
        b.send("1/room-1,").await;
        b.heard_until_now("").await;
        assert_eq!(io.namespaces().len(), left);
        // A client that is refused leaves none behind either.
        a.send("0/room-2,{\"bad\":1}").await;
        assert_eq!(a.packet().await, "4/room-2,{\"message\":\"no\"}");
        a.heard_until_now("").await;
        assert_eq!(io.namespaces().len(), if cleanup { 1 } else { 3 });
        drop(kept);
        a.enter("/room-1,").await;
    }
}

#[tokio::test]
async fn a_client_cannot_make_any_number() {
    let io = Server::new();
    answering(&io.namespace("/"));
    io.dynamic("/room-{n}");
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    for n in 0..10_000 {
        client.enter(&format!("/room-{n},")).await;
        client.send(&format!("1/room-{n},")).await;
    }
    client.send("0/room-x,").await;
    let refused = "4/room-x,{\"message\":\"Invalid namespace\"}";
    assert_eq!(client.packet().await, refused);
    assert_eq!(io.namespaces().len(), 10_001);
    // Those there are can be joined still.
    client.enter("/room-7,").await;
}
