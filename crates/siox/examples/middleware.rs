//! A namespace that lets in only who brings the right token, and tells others why not.
//!
//! `cargo run -p siox --example middleware`, then with the official client:
//! `io("http://127.0.0.1:3000/private", { auth: { token: "sesame" } }).on("connect_error", e =>
//! console.log(e.message, e.data)).on("welcome", console.log)`

use serde::{Deserialize, Serialize};
use siox::{Auth, ConnectError, Server, Socket};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Credentials {
    token: Option<String>,
}

#[derive(Serialize)]
struct Hint {
    code: u16,
    wanted: &'static str,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    server().serve(listener).await
}

pub(crate) fn server() -> Server {
    let io = Server::new();
    io.namespace("/private")
        .middleware(check)
        .on_connect(|socket: Socket| socket.emit("welcome", socket.id()));
    io
}

async fn check(Auth(credentials): Auth<Credentials>) -> Result<(), ConnectError> {
    match credentials.token.as_deref() {
        Some("sesame") => Ok(()),
        _ => Err(ConnectError::new("not authorised").with_data(&Hint {
            code: 401,
            wanted: "a token",
        })),
    }
}
