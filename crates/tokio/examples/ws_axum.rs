//! A WebSocket beside other routes of an axum server, for pages of one foreign origin too:
//! `cargo run -p siox-tokio --example ws_axum`.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use siox_tokio::websocket::{self, AcceptOptions, Message, Origins, Upgrading};
use std::{io, sync::Arc};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on ws://{}/echo", listener.local_addr()?);
    serve(listener).await
}

/// Serves for ever.
pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let options = AcceptOptions {
        origins: Origins::List(vec!["https://app.example".to_owned()]),
        protocols: vec!["echo".to_owned()],
        ..AcceptOptions::default()
    };
    let router = Router::new()
        .route("/", get(async || "a page"))
        .route("/echo", get(socket))
        .with_state(Arc::new(options));
    axum::serve(listener, router).await
}

async fn socket(State(options): State<Arc<AcceptOptions>>, mut request: Request) -> Response {
    match websocket::upgrade(&mut request, &options) {
        Ok((response, upgrading)) => {
            tokio::spawn(echo(upgrading));
            response.map(|()| Body::empty())
        }
        Err(refusal) => websocket::respond(refusal).map(Body::from),
    }
}

async fn echo(upgrading: Upgrading) {
    let end = match upgrading.open().await {
        Ok(socket) => {
            let echo = socket.run(|connection, message| match message {
                Message::Text(text) => connection.text(&text),
                Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
            });
            echo.await
        }
        Err(e) => Err(e),
    };
    if let Err(e) = end {
        eprintln!("a client was lost: {e}");
    }
}
