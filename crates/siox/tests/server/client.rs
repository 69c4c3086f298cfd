//! A Socket.IO client that knows packets as text, and what a test keeps of a server.
#![allow(dead_code, reason = "each test binary uses a part")]

use crate::raw::{
    within,
    ws::{Said, Ws},
};
use siox::Server;
use std::{fmt::Debug, net::SocketAddr};
use tokio::{net::TcpListener, sync::mpsc};

pub(crate) const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";
pub(crate) const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

/// Serves `io` on a port of its own.
pub(crate) async fn serve(io: &Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let io = io.clone();
    tokio::spawn(async move { io.serve(listener).await });
    address
}

/// What handlers tell the test, in order.
pub(crate) struct Log<T>(mpsc::UnboundedReceiver<T>);

/// The two ends of a log.
pub(crate) fn log<T>() -> (impl Fn(T) + Clone + Send + Sync + 'static, Log<T>)
where
    T: Send + 'static,
{
    let (sender, receiver) = mpsc::unbounded_channel();
    // A handler may outlive the test.
    let tell = move |t| drop(sender.send(t));
    (tell, Log(receiver))
}

impl<T: PartialEq + Debug> Log<T> {
    #[track_caller]
    pub(crate) fn next(&mut self) -> impl Future<Output = T> {
        let next = within(self.0.recv());
        async move { next.await.expect("nobody is left to tell") }
    }

    /// What was told until now.
    pub(crate) fn so_far(&mut self) -> Vec<T> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}

/// A client on a WebSocket.
pub(crate) struct Client {
    pub(crate) ws: Ws,
    /// Answer the server's pings.
    pub(crate) alive: bool,
}

impl Client {
    /// Connects, in no namespace yet.
    pub(crate) async fn open(to: SocketAddr) -> Self {
        let mut ws = Ws::connect(to, WEBSOCKET).await;
        assert!(ws.text().await.starts_with("0{"));
        Self { ws, alive: true }
    }

    /// Connects and joins `/`.
    pub(crate) async fn join(to: SocketAddr) -> Self {
        let mut client = Self::open(to).await;
        client.enter("").await;
        client
    }

    /// Joins a namespace, written as packets have it: `""` or `"/name,"`. The socket's id.
    pub(crate) async fn enter(&mut self, nsp: &str) -> String {
        self.send(&format!("0{nsp}")).await;
        let answer = self.packet().await;
        let id = answer.strip_prefix(&format!("0{nsp}{{\"sid\":\""));
        let id = id.unwrap_or_else(|| panic!("not let in: {answer}"));
        id.trim_end_matches("\"}").to_owned()
    }

    /// Sends a Socket.IO packet.
    pub(crate) async fn send(&mut self, packet: &str) {
        self.ws.send(&format!("4{packet}")).await;
    }

    /// Sends Socket.IO packets in one segment.
    pub(crate) async fn send_all(&mut self, packets: impl IntoIterator<Item = String>) {
        let all: Vec<_> = packets.into_iter().map(|p| format!("4{p}")).collect();
        self.ws.send_all(&all).await;
    }

    /// What the server says next, heartbeats aside.
    pub(crate) async fn next(&mut self) -> Said {
        loop {
            match self.ws.next().await {
                Said::Text(text) if text == "2" => {
                    if self.alive {
                        self.ws.send("3").await;
                    }
                }
                said => return said,
            }
        }
    }

    /// The next Socket.IO packet.
    #[track_caller]
    pub(crate) fn packet(&mut self) -> impl Future<Output = String> {
        let caller = std::panic::Location::caller();
        async move {
            match self.next().await {
                Said::Text(text) if text.starts_with('4') => text[1..].to_owned(),
                other => panic!("{caller}: no packet but {other:?}"),
            }
        }
    }

    /// Asks for an answer that the server gives in its turn: what it said before is here by then.
    /// Needs [`answering`] on the namespace.
    pub(crate) async fn heard_until_now(&mut self, nsp: &str) -> Vec<String> {
        self.send(&format!("2{nsp}987654[\"until now\"]")).await;
        let mut heard = Vec::new();
        loop {
            let packet = self.packet().await;
            if packet == format!("3{nsp}987654[]") {
                return heard;
            }
            heard.push(packet);
        }
    }
}

/// Lets `io`'s namespace answer [`Client::heard_until_now`].
pub(crate) fn answering(nsp: &siox::Namespace) {
    nsp.on("until now", |ack: siox::Ack| ack.send(&()));
}
