//! A server that can be killed and come back on its port, and what handlers tell the test.

use crate::both;
use siox::{ClientBuilder, Server};
use std::{fmt::Debug, future::Future, net::SocketAddr, time::Duration};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

/// Long enough for a loaded machine; a test that waits this long has failed.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("it takes too long")
}

pub(crate) struct Log<T>(mpsc::UnboundedReceiver<T>);

/// The two ends of a log.
pub(crate) fn log<T: Send + 'static>() -> (impl Fn(T) + Clone + Send + Sync + 'static, Log<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    // A handler may outlive the test.
    (move |t| drop(sender.send(t)), Log(receiver))
}

impl<T: PartialEq + Debug> Log<T> {
    pub(crate) async fn next(&mut self) -> T {
        within(self.0.recv()).await.expect("nobody is left to tell")
    }

    pub(crate) async fn take(&mut self, n: usize) -> Vec<T> {
        let mut taken = Vec::new();
        for _ in 0..n {
            taken.push(self.next().await);
        }
        taken
    }

    pub(crate) fn so_far(&mut self) -> Vec<T> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}

/// A server on a port of its own.
pub(crate) struct Host {
    pub(crate) to: SocketAddr,
    serving: JoinHandle<()>,
    io: Server,
}

impl Host {
    pub(crate) async fn new(io: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        Self {
            to,
            serving: serve(io, listener),
            io: io.clone(),
        }
    }

    /// The server goes: its port refuses, its connections are cut.
    pub(crate) async fn kill(&mut self) {
        self.serving.abort();
        within(self.io.close_within(Duration::ZERO)).await;
    }

    /// Another server takes its place.
    pub(crate) async fn revive(&mut self, io: &Server) {
        let listener = loop {
            match TcpListener::bind(self.to).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.serving = serve(io, listener);
        self.io = io.clone();
    }

    /// A client of a namespace.
    pub(crate) fn client(&self, nsp: &str) -> ClientBuilder {
        both::client(self.to, nsp)
    }

    /// Each way to be connected.
    pub(crate) fn ways(&self, nsp: &str) -> Vec<ClientBuilder> {
        both::ways(self.to, nsp)
    }
}

fn serve(io: &Server, listener: TcpListener) -> JoinHandle<()> {
    let io = io.clone();
    tokio::spawn(async move { drop(io.serve(listener).await) })
}
