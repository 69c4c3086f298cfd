//! The examples, each beside a server.

use crate::rig::{Host, log, ready};
use serde::Deserialize;
use siox::{Auth, Data, Server};

#[path = "../../examples/blocking.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod asking;
#[path = "../../examples/blocking_auth.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod signing_in;

#[path = "../../examples/acks.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod acks;

#[test]
fn a_client_asks_and_is_asked() {
    let io = Server::new();
    io.namespace("/").on("guess", acks::guess);
    let host = Host::new(&io);
    let client = asking::connect(&format!("http://{}", host.to)).unwrap();
    client.connect();
    ready(&client);
    assert_eq!(asking::guess(&client, "siox").unwrap(), "right");
    assert_eq!(asking::guess(&client, "io").unwrap(), "wrong");
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

#[test]
fn a_client_signs_in_and_speaks() {
    let io = Server::new();
    let (tell, told) = log();
    let said = tell.clone();
    io.namespace("/")
        .on_connect(move |Auth(auth): Auth<Token>| tell(auth.token))
        .on("say", move |Data(text): Data<String>, ack: siox::Ack| {
            said(text);
            ack.send(&())
        });
    let host = Host::new(&io);
    let client = signing_in::connect(&format!("http://{}", host.to)).unwrap();
    client.emit("say", "hello").unwrap();
    assert_eq!(told.take(2), ["sesame 0", "hello"]);
}
