//! Events declared once: a name, the arguments, the answer; what does not fit does not compile.
//!
//! `cargo run -p siox --example typed`, then with the official client:
//! `await io("http://127.0.0.1:3000").emitWithAck("sum", 1, 2)`

use siox::{Server, Socket};
use tokio::net::TcpListener;

siox::events! {
    /// Somebody says something.
    Say = "say"(String);
    /// Two numbers; the answer is their sum.
    Sum = "sum"(i64, i64) -> i64;
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    server().serve(listener).await
}

pub(crate) fn server() -> Server {
    let io = Server::new();
    let nsp = io.namespace("/");
    nsp.on_typed(Say, async |socket: Socket, said| {
        socket.broadcast().emit_typed(Say, &said)
    });
    nsp.on_typed(Sum, async |_, (a, b)| a.checked_add(b).ok_or("too large"));
    io
}
