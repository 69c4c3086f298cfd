//! Binary data anywhere in the arguments: a picture with its name goes to everyone else.
//!
//! `cargo run -p siox --example binary`, then with the official client:
//! `io("http://127.0.0.1:3000").emit("picture", { name: "dot", data: new Uint8Array([1, 2, 3]) },
//! console.log)`

use serde::{Deserialize, Serialize};
use siox::{Ack, Bytes, Data, Server, Socket};
use tokio::net::TcpListener;

#[derive(Serialize, Deserialize)]
struct Picture {
    name: String,
    data: Bytes,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    server().serve(listener).await
}

pub(crate) fn server() -> Server {
    let io = Server::new();
    io.namespace("/").on(
        "picture",
        |socket: Socket, Data(picture): Data<Picture>, ack: Ack| {
            socket.broadcast().emit("picture", &picture)?;
            ack.send(&picture.data.len())
        },
    );
    io
}
