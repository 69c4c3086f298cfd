//! Server and client in one program, with events that both know as types.
//!
//! `cargo run -p siox --example client_typed`

use siox::{BoxError, Client, Server};
use tokio::net::TcpListener;

siox::events! {
    /// Two numbers, and their sum for an answer.
    pub(crate) Sum = "sum"(i64, i64) -> i64;
    /// The server's progress.
    pub(crate) Progress = "progress"(u8);
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let io = server();
    tokio::spawn(async move { io.serve(listener).await });
    println!("1 + 2 = {}", sum(&url).await?);
    Ok(())
}

/// Answers, and tells how far it is.
pub(crate) fn server() -> Server {
    let io = Server::new();
    io.namespace("/").on_typed(Sum, async |socket, (a, b)| {
        socket.emit_typed(Progress, &(50,))?;
        Ok::<_, BoxError>(a + b)
    });
    io
}

/// Asks the server at `url`.
pub(crate) async fn sum(url: &str) -> Result<i64, BoxError> {
    let client = Client::connect_to(url)?;
    client.on_typed(Progress, async |_, (percent,)| println!("{percent} %"));
    Ok(client.ask_typed(Sum, &(1, 2), None).await?)
}
