//! A server that can be killed and come back on its port, and what handlers tell the test.

use crate::both;
use siox::{
    Server,
    blocking::{Client, ClientBuilder},
};
use std::{fmt::Debug, net::SocketAddr, sync::mpsc, thread, time::Duration};
use tokio::{net::TcpListener, runtime::Runtime, task::JoinHandle};

/// Long enough for a loaded machine; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Log<T>(mpsc::Receiver<T>);

/// The two ends of a log.
pub(crate) fn log<T: Send + 'static>() -> (impl Fn(T) + Clone + Send + Sync + 'static, Log<T>) {
    let (sender, receiver) = mpsc::channel();
    // A handler may outlive the test.
    (move |t| drop(sender.send(t)), Log(receiver))
}

impl<T: PartialEq + Debug> Log<T> {
    pub(crate) fn next(&self) -> T {
        self.0.recv_timeout(PATIENCE).expect("it takes too long")
    }

    pub(crate) fn take(&self, n: usize) -> Vec<T> {
        (0..n).map(|_| self.next()).collect()
    }
}

pub(crate) fn until(mut done: impl FnMut() -> bool) {
    let by = std::time::Instant::now() + PATIENCE;
    while !done() {
        assert!(std::time::Instant::now() < by, "it takes too long");
        thread::sleep(Duration::from_millis(1));
    }
}

pub(crate) fn ready(client: &Client) {
    client.ready_within(PATIENCE).unwrap();
}

/// A server on a port of its own.
pub(crate) struct Host {
    runtime: Runtime,
    pub(crate) to: SocketAddr,
    serving: JoinHandle<()>,
    io: Server,
}

impl Host {
    pub(crate) fn new(io: &Server) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        Self {
            to: listener.local_addr().unwrap(),
            serving: serve(&runtime, io, listener),
            runtime,
            io: io.clone(),
        }
    }

    /// The server goes: its port refuses, its connections are cut.
    pub(crate) fn kill(&mut self) {
        self.serving.abort();
        self.runtime.block_on(self.io.close_within(Duration::ZERO));
    }

    /// Another server takes its place.
    pub(crate) fn revive(&mut self, io: &Server) {
        let listener = self.runtime.block_on(async {
            loop {
                match TcpListener::bind(self.to).await {
                    Ok(listener) => break listener,
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        });
        self.serving = serve(&self.runtime, io, listener);
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

fn serve(runtime: &Runtime, io: &Server, listener: TcpListener) -> JoinHandle<()> {
    let io = io.clone();
    runtime.spawn(async move { drop(io.serve(listener).await) })
}
