//! The README's server in ten lines: a chat's room, with acknowledgements.
//!
//! `cargo run -p siox --example readme`, then in a page or in Node with the official client:
//! `io("http://127.0.0.1:3000").emit("chat message", "hello", console.log)`

use siox::{Ack, Data, Server, Socket};

#[tokio::main]
#[rustfmt::skip] // As the README has it.
async fn main() -> std::io::Result<()> {
    let io = Server::new();
    let chat = io.namespace("/");
    chat.on_connect(async |socket: Socket| socket.join("lobby"));
    chat.on("chat message", async |socket: Socket, Data(text): Data<String>, ack: Ack| {
        socket.to("lobby").emit("chat message", &text)?;
        ack.send("delivered")
    });
    io.serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?).await?;
    Ok(())
}
