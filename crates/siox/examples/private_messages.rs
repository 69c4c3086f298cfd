//! Private messages between named users, who miss nothing while they are away for up to two minutes.
//!
//! `cargo run -p siox --example private_messages`, then with the official client:
//! `io("http://127.0.0.1:3000", { auth: { name: "ada" } }).on("message", console.log)`, and as another user
//! `.emit("message", { to: "ada", text: "hello" })`. Cut Ada's connection, write again, let her come back.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what a handler takes, it owns"
)]

use serde::{Deserialize, Serialize};
use siox::{Ack, Auth, BoxError, ConnectError, Data, Recovery, Server, Socket};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Credentials {
    name: Option<String>,
}

#[derive(Serialize, Deserialize, Clone)]
struct User {
    name: String,
}

#[derive(Deserialize)]
struct Letter {
    to: String,
    text: String,
}

#[derive(Serialize)]
struct Delivered<'a> {
    from: &'a str,
    text: &'a str,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    server()?.serve(listener).await
}

pub(crate) fn server() -> std::io::Result<Server> {
    let io = Server::builder().recovery(Recovery::default()).build()?;
    let nsp = io.namespace("/");
    nsp.middleware(identify);
    nsp.on_connect(|socket: Socket| -> Result<(), BoxError> {
        // One who comes back is in its room still.
        if !socket.is_recovered() {
            let user = socket.data::<User>().ok_or("nobody")?;
            socket.join(&room(&user.name))?;
        }
        Ok(())
    });
    nsp.on("message", deliver);
    Ok(io)
}

fn identify(socket: Socket, Auth(who): Auth<Credentials>) -> Result<(), ConnectError> {
    match who.name {
        Some(name) if !name.is_empty() => {
            socket.set_data(User { name });
            Ok(())
        }
        _ => Err(ConnectError::new("who are you?")),
    }
}

fn deliver(socket: Socket, Data(letter): Data<Letter>, ack: Ack) -> Result<(), BoxError> {
    let user = socket.data::<User>().ok_or("nobody")?;
    let message = Delivered {
        from: &user.name,
        text: &letter.text,
    };
    socket.to(room(&letter.to)).emit("message", &message)?;
    ack.send("sent")?;
    Ok(())
}

/// A user may be connected several times: all its sockets are in one room.
fn room(name: &str) -> String {
    format!("user {name}")
}
