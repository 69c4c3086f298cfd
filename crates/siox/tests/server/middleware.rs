//! Who is let in: middleware, its refusals, and namespaces that are not there.

use crate::{
    client::{Client, answering, log, serve},
    raw::{until, ws::Said},
};
use serde::{Deserialize, Serialize};
use siox::{Auth, BoxError, ConnectError, Server, Socket};

#[derive(Deserialize)]
struct Token {
    token: String,
}

#[derive(Serialize)]
struct Why {
    code: u16,
}

fn server() -> Server {
    let io = Server::new();
    let nsp = io.namespace("/private");
    answering(&nsp);
    nsp.middleware(|Auth(auth): Auth<Token>| match auth.token.as_str() {
        "bad" => Err(ConnectError::new("not \"you\"").with_data(&Why { code: 401 })),
        _ => Ok(()),
    })
    .middleware(async |Auth(auth): Auth<Token>| {
        tokio::task::yield_now().await;
        match auth.token.as_str() {
            "worse" => Err(BoxError::from("nor you")),
            _ => Ok(()),
        }
    });
    io
}

#[tokio::test]
async fn a_refusal_carries_message_and_data() {
    let io = server();
    let (came, mut came_in) = log::<String>();
    io.namespace("/private")
        .on_connect(move |s: Socket| came(s.auth().to_owned()));
    let to = serve(&io).await;
    let mut client = Client::open(to).await;
    for (auth, answer) in [
        (
            "{\"token\":\"bad\"}",
            "{\"message\":\"not \\\"you\\\"\",\"data\":{\"code\":401}}",
        ),
        ("{\"token\":\"worse\"}", "{\"message\":\"nor you\"}"),
    ] {
        client.send(&format!("0/private,{auth}")).await;
        assert_eq!(client.packet().await, format!("4/private,{answer}"));
    }
    // Nor is one who says nothing that fits.
    client.send("0/private,").await;
    assert!(client.packet().await.starts_with("4/private,{\"message\":"));
    assert_eq!(came_in.so_far(), Vec::<String>::new());
    assert_eq!(io.namespace("/private").sockets(), []);
    // The same client may try again.
    client.send("0/private,{\"token\":\"good\"}").await;
    assert!(client.packet().await.starts_with("0/private,{\"sid\":"));
    assert_eq!(came_in.next().await, "{\"token\":\"good\"}");
    assert!(client.heard_until_now("/private,").await.is_empty());
}

#[tokio::test]
async fn an_unknown_namespace_is_refused() {
    let io = server();
    let to = serve(&io).await;
    let mut client = Client::open(to).await;
    let many = "x".repeat(255);
    for name in ["/nowhere", "/private/", &format!("/{many}")] {
        client.send(&format!("0{name},")).await;
        let refused = format!("4{name},{{\"message\":\"Invalid namespace\"}}");
        assert_eq!(client.packet().await, refused);
    }
    // It lives on.
    client.enter("").await;
}

#[tokio::test]
async fn what_does_not_belong_to_a_namespace_ends_the_connection() {
    for packet in ["2[\"e\"]", "1", "31[]", "2/private,[\"e\"]", "9"] {
        let io = server();
        let to = serve(&io).await;
        let mut client = Client::open(to).await;
        client.send(packet).await;
        let end = client.ws.rest().await;
        assert!(matches!(end[..], [Said::Close(_)]), "{packet}: {end:?}");
        until(0, || io.clients()).await;
    }
}
