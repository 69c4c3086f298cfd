//! Acknowledgements both ways: the client asks for a word, the server asks back whether it was guessed
//! right, and does not wait for ever.
//!
//! `cargo run -p siox --example acks`, then with the official client:
//! `const s = io("http://127.0.0.1:3000"); s.on("confirm", (word, answer) => answer(word === "siox"));
//! s.emit("guess", "siox", console.log)`

use siox::{Ack, AckError, BoxError, Data, Server, Socket};
use std::time::Duration;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let io = Server::new();
    io.namespace("/").on("guess", guess);
    io.serve(TcpListener::bind("127.0.0.1:3000").await?).await
}

/// Is it the word? The client says.
pub(crate) async fn guess(
    socket: Socket,
    Data(word): Data<String>,
    ack: Ack,
) -> Result<(), BoxError> {
    let limit = Some(Duration::from_secs(5));
    let verdict = match socket.emit_with_ack("confirm", &word, limit).await {
        Ok(true) => "right",
        Ok(false) => "wrong",
        Err(AckError::Timeout) => "too late",
        Err(e) => return Err(e.into()),
    };
    Ok(ack.send(verdict)?)
}
