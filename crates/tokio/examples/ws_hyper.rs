//! A WebSocket in a hyper server without any framework: `cargo run -p siox-tokio --example ws_hyper`.

use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use siox_tokio::websocket::{self, AcceptOptions, Error, Upgrading};
use std::{convert::Infallible, io, sync::Arc};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on ws://{}/", listener.local_addr()?);
    serve(listener).await
}

/// Serves for ever.
pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let options = Arc::new(AcceptOptions::default());
    loop {
        let (stream, _) = listener.accept().await?;
        let options = options.clone();
        let service = service_fn(move |request| answer(request, options.clone()));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new()) // for the deadline of request heads
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                eprintln!("a connection was lost: {e}");
            }
        });
    }
}

async fn answer(
    mut request: Request<Incoming>,
    options: Arc<AcceptOptions>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match websocket::upgrade(&mut request, &options) {
        Ok((response, upgrading)) => {
            tokio::spawn(async {
                if let Err(e) = echo(upgrading).await {
                    eprintln!("a client was lost: {e}");
                }
            });
            response.map(|()| Full::default())
        }
        Err(refusal) => websocket::respond(refusal).map(Full::from),
    })
}

async fn echo(upgrading: Upgrading) -> Result<(), Error> {
    let mut socket = upgrading.open().await?;
    while let Some(message) = socket.next().await {
        socket.send(message?).await?;
    }
    Ok(())
}
