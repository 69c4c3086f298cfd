//! An Engine.IO echo, reached in both ways.
#![allow(dead_code, reason = "each test binary uses a part")]

use crate::common::http::Http;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use siox_engineio::{self as engineio, CloseReason, Event};
use siox_stack::{Config, Engine};
use siox_tokio::{About, App, Conn, Host, Layer};
use std::{
    convert::Infallible,
    future::{Ready, ready},
    net::SocketAddr,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use tokio::net::TcpListener;
use tower_layer::Layer as _;
use tower_service::Service;

/// The largest POST that the echo takes.
pub(crate) const MAX_PAYLOAD: usize = 10_000;

/// Sends every message back, and remembers why sessions ended.
#[derive(Default)]
pub(crate) struct Echo {
    ends: Mutex<Vec<CloseReason>>,
}

impl Echo {
    pub(crate) fn ends(&self) -> Vec<CloseReason> {
        self.ends.lock().unwrap().clone()
    }
}

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
        match event {
            Event::Message(message) => drop(conn.with(|m| m.send(message))),
            Event::Heartbeat | Event::Upgrading | Event::Upgraded => {}
            Event::Closed(reason) => self.ends.lock().unwrap().push(reason),
        }
    }
}

/// Which HTTP server is below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Below {
    Own,
    Hyper,
}

pub(crate) const BOTH: [Below; 2] = [Below::Own, Below::Hyper];

pub(crate) fn host() -> Arc<Host<Echo>> {
    let engine = engineio::Config {
        max_payload: MAX_PAYLOAD,
        ..engineio::Config::default()
    };
    let config = Config::new(engine, siox_socketio::Config::default());
    Host::new(Arc::new(Echo::default()), config, "/engine.io/")
}

/// Serves `host` on a port of its own.
pub(crate) async fn serve<A: App>(host: &Arc<Host<A>>, below: Below) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let host = host.clone();
    tokio::spawn(async move {
        match below {
            Below::Own => siox_tokio::serve(listener, host).await.unwrap(),
            Below::Hyper => inside_hyper(listener, Layer::new(host)).await,
        }
    });
    address
}

pub(crate) async fn inside_hyper<A: App>(listener: TcpListener, layer: Layer<A>) {
    let service = layer.layer(NotFound);
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service.clone();
        let each = service_fn(move |request| service.clone().call(request));
        let connection = hyper::server::conn::http1::Builder::new()
            .half_close(false)
            .serve_connection(TokioIo::new(stream), each)
            .with_upgrades();
        tokio::spawn(connection);
    }
}

/// What stands behind the layer.
#[derive(Clone)]
pub(crate) struct NotFound;

impl<B> Service<http::Request<B>> for NotFound {
    type Response = http::Response<Full<bytes::Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<B>) -> Self::Future {
        let mut response = http::Response::new(Full::default());
        *response.status_mut() = http::StatusCode::NOT_FOUND;
        ready(Ok(response))
    }
}

/// Opens a polling session; the target of its requests.
pub(crate) async fn open(http: &mut Http) -> String {
    let sid = http.open("/engine.io/").await;
    format!("/engine.io/?EIO=4&transport=polling&sid={sid}")
}
