//! Rooms: whoever joins one hears what is said there, except from itself.
//!
//! `cargo run -p siox --example rooms`, then with the official client, twice:
//! `const s = io("http://127.0.0.1:3000"); s.on("said", console.log); s.emit("join", "tea");
//! s.emit("say", "tea", "hello")`

use siox::{BoxError, Data, Server, Socket};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    server().serve(listener).await
}

pub(crate) fn server() -> Server {
    let io = Server::new();
    let rooms = io.namespace("/");
    rooms.on("join", |socket: Socket, Data(room): Data<String>| {
        socket.join(&room)?;
        socket.to(room).emit("said", "somebody has come")?;
        Ok::<(), BoxError>(())
    });
    rooms.on("leave", |socket: Socket, Data(room): Data<String>| {
        socket.leave(&room);
    });
    rooms.on(
        "say",
        |socket: Socket, Data((room, text)): Data<(String, String)>| {
            socket.to(room).emit("said", &text)
        },
    );
    io
}
