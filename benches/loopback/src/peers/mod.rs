//! The echo servers, each in its library's plain use: one task a connection, on one thread of tokio.

mod fastwebsockets;
mod raw;
mod siox;
mod sockudo;
mod tokio_websockets;
mod tungstenite;
mod web_socket;
mod yawc;

use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use std::{error::Error, io::Write};
use tokio::net::{TcpListener, TcpStream};

/// Whatever a library fails with.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// A server to measure.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// What it is, for the table's legend.
    pub(crate) about: &'static str,
    /// Whether it is written against its library's own buffering: its cork.
    pub(crate) is_corked: bool,
}

const fn peer(name: &'static str, about: &'static str) -> Peer {
    Peer {
        name,
        about,
        is_corked: false,
    }
}

const fn corked(name: &'static str, about: &'static str) -> Peer {
    Peer {
        name,
        about,
        is_corked: true,
    }
}

/// The raw echo, which all others are measured by.
pub(crate) const RAW: &str = "raw";
/// Ours.
pub(crate) const OURS: &str = "siox";

pub(crate) const PEERS: [Peer; 12] = [
    peer(RAW, "read and write of tokio's TCP stream; a constant 101"),
    peer(OURS, "siox-tokio, `next` and `send`"),
    peer("tungstenite", "tokio-tungstenite, `next` and `send`"),
    peer(
        "fastwebsockets",
        "`read_frame` and `write_frame`, hyper's upgrade",
    ),
    peer("tokio-websockets", "`next` and `send`"),
    peer("yawc", "`next` and `send`, hyper's upgrade"),
    peer("sockudo-ws", "`next` and `send`"),
    peer(
        "web-socket",
        "`recv` and `send` over a `BufReader`; it has no handshake, siox-websocket's is used",
    ),
    corked(
        "tungstenite-corked",
        "`feed` while messages are ready, then `flush`",
    ),
    corked("tokio-websockets-corked", "the same"),
    corked("yawc-corked", "the same"),
    corked("sockudo-ws-corked", "the same"),
];

/// Serves on a port of the system's choice, which is printed, until the process is killed.
pub(crate) fn serve(name: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("0.0.0.0:0").await?;
        println!("{}", listener.local_addr()?.port());
        std::io::stdout().flush()?;
        match name {
            RAW => accept(listener, raw::echo).await,
            OURS => accept(listener, siox::echo).await,
            "tungstenite" => accept(listener, tungstenite::echo).await,
            "tungstenite-corked" => accept(listener, tungstenite::echo_corked).await,
            "fastwebsockets" => accept(listener, fastwebsockets::echo).await,
            "tokio-websockets" => accept(listener, tokio_websockets::echo).await,
            "tokio-websockets-corked" => accept(listener, tokio_websockets::echo_corked).await,
            "yawc" => accept(listener, yawc::echo).await,
            "yawc-corked" => accept(listener, yawc::echo_corked).await,
            "sockudo-ws" => accept(listener, sockudo::echo).await,
            "sockudo-ws-corked" => accept(listener, sockudo::echo_corked).await,
            "web-socket" => accept(listener, web_socket::echo).await,
            _ => Err(format!("there is no peer {name}").into()),
        }
    })
}

async fn accept<F>(listener: TcpListener, echo: impl Fn(TcpStream) -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        // How a connection ends is the generator's business: it counts what comes back.
        tokio::spawn(echo(stream).map(drop));
    }
}

/// The plain echo of a library with `futures`' traits; `answer` is what goes back, if anything does.
async fn echo_items<S, M, E>(mut socket: S, answer: impl Fn(M) -> Option<M>) -> Result<(), Failure>
where
    S: Stream<Item = Result<M, E>> + Sink<M> + Unpin,
    E: Into<Failure>,
    <S as Sink<M>>::Error: Into<Failure>,
{
    while let Some(item) = socket.next().await {
        if let Some(item) = answer(item.map_err(Into::into)?) {
            socket.send(item).await.map_err(Into::into)?;
        }
    }
    Ok(())
}

/// The same, corked by hand: flushed when no further message is there.
async fn echo_items_corked<S, M, E>(
    mut socket: S,
    answer: impl Fn(M) -> Option<M>,
) -> Result<(), Failure>
where
    S: Stream<Item = Result<M, E>> + Sink<M> + Unpin,
    E: Into<Failure>,
    <S as Sink<M>>::Error: Into<Failure>,
{
    while let Some(item) = socket.next().await {
        let mut item = Some(item);
        while let Some(more) = item {
            if let Some(more) = answer(more.map_err(Into::into)?) {
                socket.feed(more).await.map_err(Into::into)?;
            }
            item = match socket.next().now_or_never() {
                Some(None) => return Ok(()),
                Some(next) => next,
                None => None,
            };
        }
        socket.flush().await.map_err(Into::into)?;
    }
    Ok(())
}
