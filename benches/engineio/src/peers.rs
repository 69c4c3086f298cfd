//! The echo servers, each in its library's plain use, on one thread of tokio; and their services, which need no socket.

use bytes::Bytes;
use engineioxide::{
    DisconnectReason, Socket, Str, handler::EngineIoHandler, service::EngineIoService,
};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use siox_engineio::Event;
use siox_stack::{Config, Engine};
use siox_tokio::{About, App, Conn, Host, Layer, Service};
use std::{
    convert::Infallible,
    error::Error,
    future::{Ready, ready},
    io::Write,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::net::TcpListener;
use tower_layer::Layer as _;

/// Whatever a library fails with.
type Failure = Box<dyn Error + Send + Sync>;

/// The servers, ours first, and what they are.
pub(crate) const PEERS: [(&str, &str); 3] = [
    ("siox", "siox-tokio, its own listener"),
    ("siox-hyper", "siox-tokio's tower layer on hyper"),
    ("engineioxide", "its service on hyper"),
];

/// The path of all.
const PATH: &str = "/engine.io/";

/// Serves on a port of the system's choice, which is printed, until the process is killed.
pub(crate) fn serve(name: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        std::io::stdout().flush()?;
        match name {
            "siox" => Ok(siox_tokio::serve(listener, host()).await?),
            "siox-hyper" => on_hyper(listener, TowerToHyperService::new(siox())).await,
            "engineioxide" => on_hyper(listener, engineioxide()).await,
            _ => Err(format!("there is no peer {name}").into()),
        }
    })
}

async fn on_hyper<S, B>(listener: TcpListener, service: S) -> Result<(), Failure>
where
    S: hyper::service::Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Failure>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Failure>,
{
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service.clone();
        tokio::spawn(async move {
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // How a connection ends is the generator's business: it counts what comes back.
            let _ = connection.with_upgrades().await;
        });
    }
}

/// siox's echo.
pub(crate) struct Echo;

impl App for Echo {
    type Machine = Engine;
    type Data = ();

    fn open(&self, _: &About<'_>) {}

    fn handle_event(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        _: &mut Context<'_>,
        event: Event<'_>,
    ) {
        if let Event::Message(message) = event {
            // A message that is lost is missed by the generator.
            let _ = conn.with(|engine| engine.send(message));
        }
    }
}

fn host() -> Arc<Host<Echo>> {
    Host::new(Arc::new(Echo), Config::default(), PATH)
}

pub(crate) fn siox() -> Service<Echo, NotFound> {
    Layer::new(host()).layer(NotFound)
}

/// What answers every other path.
#[derive(Debug, Clone)]
pub(crate) struct NotFound;

impl<B> tower_service::Service<Request<B>> for NotFound {
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        let mut response = Response::new(Empty::new());
        *response.status_mut() = StatusCode::NOT_FOUND;
        ready(Ok(response))
    }
}

/// engineioxide's echo.
#[derive(Debug)]
pub(crate) struct Handler;

impl EngineIoHandler for Handler {
    type Data = ();

    fn on_connect(self: Arc<Self>, _: Arc<Socket<()>>) {}

    fn on_disconnect(&self, _: Arc<Socket<()>>, _: DisconnectReason) {}

    fn on_message(self: &Arc<Self>, text: Str, socket: Arc<Socket<()>>) {
        // A message that is lost is missed by the generator.
        let _ = socket.emit(text);
    }

    fn on_binary(self: &Arc<Self>, data: Bytes, socket: Arc<Socket<()>>) {
        let _ = socket.emit_binary(data);
    }
}

pub(crate) fn engineioxide() -> EngineIoService<Handler> {
    EngineIoService::new(Arc::new(Handler))
}
