//! `ws-echo`: plain WebSocket, every message sent back as it came. A peer that does not read is not
//! read from, rather than disconnected.

use crate::Runtime;
use siox_tokio::websocket::{AcceptOptions, Origins, deflate};
use siox_websocket::{Connection, Limits};
use siox_wire::{Message, SendError};
use std::{io, sync::Arc, thread};
use tokio::net::{TcpListener, TcpStream};

/// Connections at once on threads.
const MOST: usize = 1000;

/// The suite's largest messages come in more pieces than the default allows.
pub(crate) fn limits() -> Arc<Limits> {
    Arc::new(Limits {
        message: 32 << 20,
        fragments: 1 << 20,
        ..Limits::default()
    })
}

/// What a client asks for is done: with context takeover where it does not forbid it, and every message
/// compressed.
pub(crate) fn deflate() -> deflate::Config {
    deflate::Config {
        threshold: 0,
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        ..deflate::Config::default()
    }
}

fn options() -> AcceptOptions {
    AcceptOptions {
        limits: limits(),
        origins: Origins::Any,
        deflate: Some(deflate()),
        ..AcceptOptions::default()
    }
}

/// Sends `message` back.
pub(crate) fn echo(connection: &mut Connection, message: Message<'_>) -> Result<(), SendError> {
    match message {
        Message::Text(text) => connection.text(&text),
        Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
    }
}

pub(crate) async fn serve(listener: TcpListener, runtime: Runtime) -> io::Result<()> {
    match runtime {
        Runtime::Tokio => serve_tasks(listener).await,
        Runtime::Tcp => {
            let listener = listener.into_std()?;
            listener.set_nonblocking(false)?;
            // A thread of its own: the runtime waits for nothing else.
            thread::spawn(move || serve_threads(&listener))
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("the accepting thread panicked")))
        }
    }
}

async fn serve_tasks(listener: TcpListener) -> io::Result<()> {
    let options = Arc::new(options());
    loop {
        let (stream, _) = listener.accept().await?;
        // Without it the kernel may hold a small frame back.
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve_task(stream, options.clone()));
    }
}

async fn serve_task(stream: TcpStream, options: Arc<AcceptOptions>) {
    if let Ok(socket) = siox_tokio::websocket::accept_with(stream, &options).await {
        // How a peer fails is its own business; it has been told by a close frame.
        let _ = socket.run(echo).await;
    }
}

fn serve_threads(listener: &std::net::TcpListener) -> io::Result<()> {
    siox_tcp::serve_with(listener, &options(), MOST, |socket| {
        let _ = socket.run(echo);
    })
}
