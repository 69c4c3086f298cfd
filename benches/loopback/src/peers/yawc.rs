//! yawc, which upgrades hyper's requests.

use super::{Failure, echo_items, echo_items_corked};
use futures_util::StreamExt;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use yawc::{Frame, OpCode, Options, UpgradeFut, WebSocket};

pub(super) async fn echo(stream: TcpStream) -> Result<(), Failure> {
    serve(stream, false).await
}

pub(super) async fn echo_corked(stream: TcpStream) -> Result<(), Failure> {
    serve(stream, true).await
}

async fn serve(stream: TcpStream, corked: bool) -> Result<(), Failure> {
    let service = service_fn(move |mut request: Request<Incoming>| async move {
        let (response, upgraded) =
            WebSocket::upgrade_with_options(&mut request, Options::default())?;
        tokio::spawn(frames(upgraded, corked));
        yawc::Result::Ok(response)
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Ok(served.with_upgrades().await?)
}

async fn frames(upgraded: UpgradeFut, corked: bool) -> Result<(), Failure> {
    let socket = upgraded.await?.map(Ok::<Frame, Failure>);
    match corked {
        false => echo_items(socket, answer).await,
        true => echo_items_corked(socket, answer).await,
    }
}

fn answer(frame: Frame) -> Option<Frame> {
    matches!(frame.opcode(), OpCode::Text | OpCode::Binary).then_some(frame)
}
