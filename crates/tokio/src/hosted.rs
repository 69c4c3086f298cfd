//! A request that came through somebody's hyper: answered by the machines, and after a 101 the raw
//! stream is taken back, so that nothing of the request or of hyper stays alive.

use crate::{
    About, App, Host,
    driver::Driver,
    host::{Admitted, Parked, Upgrading},
    post,
};
use bytes::Bytes;
use http::{Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use siox_engineio::{self as engineio, ErrorCode, Lane};
use siox_stack::Machine;
use siox_websocket::handshake::server::{Accept, Offer, Refusal};
use std::{collections::VecDeque, error::Error, future::poll_fn, net::SocketAddr, sync::Arc};
use tokio::net::TcpStream;

type BoxError = Box<dyn Error + Send + Sync>;

/// Answers one request to the host's path.
pub(crate) async fn answer<A, B>(
    host: Arc<Host<A>>,
    mut request: Request<B>,
) -> Response<Full<Bytes>>
where
    A: App,
    B: http_body::Body + Unpin,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    match admit(&host, &request) {
        Admitted::Answer(response) => reply(response),
        Admitted::Refuse(refusal) => refuse(refusal),
        Admitted::Unavailable => status(StatusCode::SERVICE_UNAVAILABLE),
        Admitted::Park(parked) => {
            drop(request);
            reply(wait(parked).await)
        }
        Admitted::Body(mut parked, limit) => {
            let declared = usize::try_from(request.body().size_hint().lower());
            if declared.map_or(true, |n| n > limit) {
                // The peer need not send it to be told.
                return too_large(&mut parked);
            }
            match Limited::new(request.body_mut(), limit).collect().await {
                Ok(body) => reply(post::work_off(&host, parked, body.to_bytes().into()).await),
                Err(e) if e.is::<LengthLimitError>() => too_large(&mut parked),
                // The connection broke: dropping `parked` says so, and nobody reads this answer.
                Err(_) => status(StatusCode::BAD_REQUEST),
            }
        }
        Admitted::Upgrade(conn, lane, accept) => {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(adopt(host, conn, lane, upgrade));
            switch(&accept)
        }
    }
}

fn admit<A: App, B: http_body::Body>(host: &Arc<Host<A>>, request: &Request<B>) -> Admitted<A> {
    let headers = request.headers();
    let pairs = headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes()));
    let get = request.method() == http::Method::GET;
    let offer = Offer::from_parts(get, request.version() >= Version::HTTP_11, pairs);
    let asked = engineio::Request {
        method: method(request.method()),
        query: request.uri().query().unwrap_or(""),
        websocket: offer.is_upgrade(),
        content_type: headers
            .get(header::CONTENT_TYPE)
            .map(header::HeaderValue::as_bytes),
    };
    if asked.websocket && !request.body().is_end_stream() {
        // An upgrade has no body; its bytes would be taken for frames.
        return Admitted::Answer(ErrorCode::BadRequest.response());
    }
    let about = About {
        peer: request.extensions().get::<SocketAddr>().copied(),
        query: asked.query,
        target: request.uri().path_and_query().map_or("", |p| p.as_str()),
        headers,
    };
    host.admit(&asked, &offer, &about)
}

fn too_large<A: App>(parked: &mut Parked<A>) -> Response<Full<Bytes>> {
    parked.answered();
    reply(parked.conn.with(|m| m.body_too_large(parked.lane)))
}

fn method(method: &http::Method) -> engineio::Method {
    match *method {
        http::Method::GET => engineio::Method::Get,
        http::Method::POST => engineio::Method::Post,
        http::Method::OPTIONS => engineio::Method::Options,
        _ => engineio::Method::Other,
    }
}

/// Waits for the answer to a parked GET.
async fn wait<A: App>(mut parked: Parked<A>) -> engineio::Response {
    let response = poll_fn(|cx| parked.conn.cell.poll_response(cx, parked.lane)).await;
    parked.answered();
    response
}

/// Gets the socket back from hyper, then starts the lasting task, so that this future is not kept.
async fn adopt<A: App>(host: Arc<Host<A>>, conn: Upgrading<A>, lane: Lane, upgrade: OnUpgrade) {
    let Ok(upgraded) = upgrade.await else {
        return;
    };
    // hyper itself, then hyper-util's automatic builder, which axum uses and which wraps the socket.
    let upgraded = match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => return start(&host, conn, lane, parts.io.into_inner(), &parts.read_buf),
        Err(upgraded) => upgraded,
    };
    match hyper_util::server::conn::auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
        Ok(parts) => start(&host, conn, lane, parts.io.into_inner(), &parts.read_buf),
        Err(upgraded) => foreign(&host, conn, lane, upgraded),
    }
}

fn start<A: App>(host: &Arc<Host<A>>, conn: Upgrading<A>, lane: Lane, io: TcpStream, early: &[u8]) {
    // Without it the kernel may hold a small frame back; a socket that refuses the option still works.
    let _ = io.set_nodelay(true);
    tokio::spawn(Driver::socket(host, conn, io, lane, early.to_vec()));
}

/// A stream we do not know the type of: hyper goes on carrying it.
fn foreign<A: App>(host: &Arc<Host<A>>, conn: Upgrading<A>, lane: Lane, io: Upgraded) {
    tokio::spawn(Driver::socket(
        host,
        conn,
        TokioIo::new(io),
        lane,
        Vec::new(),
    ));
}

fn reply(response: engineio::Response) -> Response<Full<Bytes>> {
    let mut reply = status(StatusCode::from_u16(response.status).unwrap_or_default());
    for (name, value) in response.headers() {
        let value = header::HeaderValue::from_static(value);
        if let Ok(name) = header::HeaderName::from_bytes(name.as_bytes()) {
            reply.headers_mut().insert(name, value);
        }
    }
    *reply.body_mut() = Full::new(join(response.body));
    reply
}

/// The chunks of a body as one.
fn join(mut chunks: VecDeque<Bytes>) -> Bytes {
    match chunks.len() {
        0 | 1 => chunks.pop_front().unwrap_or_default(),
        _ => chunks.iter().flatten().copied().collect::<Vec<_>>().into(),
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn refuse(refusal: Refusal) -> Response<Full<Bytes>> {
    let mut response = status(StatusCode::from_u16(refusal.status()).unwrap_or_default());
    *response.body_mut() = Full::new(refusal.to_string().into());
    put(&mut response, refusal.headers().iter().copied());
    response
}

fn switch(accept: &Accept<'_>) -> Response<Full<Bytes>> {
    let mut response = status(StatusCode::SWITCHING_PROTOCOLS);
    put(&mut response, accept.headers());
    response
}

fn put<'a>(
    response: &mut Response<Full<Bytes>>,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
) {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (
            header::HeaderName::from_bytes(name.as_bytes()),
            header::HeaderValue::from_str(value),
        ) {
            response.headers_mut().append(name, value);
        }
    }
}
