//! A plain Engine.IO server inside a hyper server, before a service of its own:
//! `cargo run -p siox-tokio --example engine_hyper`.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use siox_tokio::engine::{Server, Socket};
use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    task::{Context, Poll},
    time::Duration,
};
use tokio::net::TcpListener;
use tower_layer::Layer;
use tower_service::Service;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}/engine.io/", listener.local_addr()?);
    serve(listener).await
}

/// Serves for ever.
pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let server = Server::builder().build().map_err(io::Error::other)?;
    let service = server.layer().layer(Page);
    tokio::spawn(async move {
        while let Some(socket) = server.accept().await {
            tokio::spawn(echo(socket));
        }
    });
    loop {
        let (stream, peer) = listener.accept().await?;
        let service = service.clone();
        let each = service_fn(move |mut request: Request<Incoming>| {
            // The client's address, for the server's hooks.
            request.extensions_mut().insert(peer);
            service.clone().call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(10))
            .half_close(false)
            .serve_connection(TokioIo::new(stream), each)
            .with_upgrades();
        tokio::spawn(connection);
    }
}

async fn echo(socket: Socket) {
    while let Some(message) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// What stands behind the layer.
#[derive(Clone)]
struct Page;

impl<B> Service<Request<B>> for Page {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        ready(Ok(Response::new(Full::from("a page"))))
    }
}
