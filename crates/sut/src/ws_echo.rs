//! `ws-echo`: plain WebSocket, every message sent back as it came. A peer that does not read is not
//! read from, rather than disconnected.

use siox_tokio::websocket;
use siox_websocket::Limits;
use siox_wire::Message;
use std::{io, sync::Arc};
use tokio::net::TcpListener;

pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let limits = Arc::new(Limits {
        message: 32 << 20,
        // The suite's largest messages come in more pieces than the default allows.
        fragments: 1 << 20,
        ..Limits::default()
    });
    loop {
        let (stream, _) = listener.accept().await?;
        // Without it the kernel may hold a small frame back.
        let _ = stream.set_nodelay(true);
        tokio::spawn(echo(stream, limits.clone()));
    }
}

async fn echo(stream: tokio::net::TcpStream, limits: Arc<Limits>) {
    let Ok(socket) = websocket::accept(stream, limits).await else {
        return;
    };
    let end = socket.run(|connection, message| match message {
        Message::Text(text) => connection.text(&text),
        Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
    });
    // How a peer fails is its own business; it has been told by a close frame.
    let _ = end.await;
}
