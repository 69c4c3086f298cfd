//! A request that came through somebody's hyper: answered by the machines, and after a 101 the raw
//! stream is taken back, so that nothing of the request or of hyper stays alive.

use crate::{
    About, App, Headers, Host,
    admit::{self, Admitted, Parked, Upgrading},
    clock,
    driver::{Begun, Driver},
    post,
};
use bytes::{Buf, BufMut, Bytes};
use http::{Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use siox_engineio::{self as engineio, Lane};
use siox_stack::front::Answer;
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
    let mut admitted = admit(&host, &request);
    loop {
        admitted = match admitted {
            Admitted::Answer(answer) => return reply(&host, answer),
            Admitted::Ask(mut asking) => {
                let word = asking.word.as_mut().await;
                host.decided(*asking, word)
            }
            Admitted::Park(parked) => {
                drop(request);
                return reply(&host, wait(&host, parked).await);
            }
            Admitted::Body(parked, limit) => return body(&host, parked, limit, request).await,
            Admitted::Upgrade(conn, lane, headers) => {
                let upgrade = hyper::upgrade::on(&mut request);
                tokio::spawn(adopt(host, conn, lane, upgrade));
                return switch(&headers);
            }
        }
    }
}

/// Takes the body of a POST and works it off.
async fn body<A, B>(
    host: &Arc<Host<A>>,
    parked: Parked<A>,
    limit: usize,
    mut request: Request<B>,
) -> Response<Full<Bytes>>
where
    A: App,
    B: http_body::Body + Unpin,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let declared = usize::try_from(request.body().size_hint().lower());
    if declared.map_or(true, |n| n > limit) {
        // The peer need not send it to be told.
        return reply(host, parked.too_large());
    }
    let mut whole = Vec::new();
    let mut frames = Limited::new(request.body_mut(), limit);
    while let Some(frame) = frames.frame().await {
        match frame {
            Ok(frame) => {
                parked.progress(clock::now());
                if let Ok(data) = frame.into_data() {
                    host.meter().read(data.remaining());
                    whole.put(data);
                }
            }
            Err(e) if e.is::<LengthLimitError>() => return reply(host, parked.too_large()),
            // The connection broke: dropping `parked` says so, and nobody reads this answer.
            Err(_) => return status(StatusCode::BAD_REQUEST),
        }
    }
    let answer = post::work_off(host, parked, whole).await;
    reply(host, answer)
}

/// The headers of a request of hyper's.
struct Lines<'m>(&'m http::HeaderMap);

impl Headers for Lines<'_> {
    fn for_each<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, value) in self.0 {
            each(name.as_str(), value.as_bytes());
        }
    }
}

fn admit<A: App, B: http_body::Body>(host: &Arc<Host<A>>, request: &Request<B>) -> Admitted<A> {
    let about = About {
        method: method(request.method()),
        http11: request.version() >= Version::HTTP_11,
        peer: request.extensions().get::<SocketAddr>().copied(),
        tls: false,
        target: request.uri().path_and_query().map_or("", |p| p.as_str()),
        query: request.uri().query().unwrap_or(""),
        headers: &Lines(request.headers()),
        trusted_proxies: host.front().options().trusted_proxies,
    };
    host.admit(&about)
}

fn method(method: &http::Method) -> engineio::Method {
    match *method {
        http::Method::GET => engineio::Method::Get,
        http::Method::POST => engineio::Method::Post,
        http::Method::HEAD => engineio::Method::Head,
        http::Method::OPTIONS => engineio::Method::Options,
        _ => engineio::Method::Other,
    }
}

/// Waits for the answer to a parked GET.
async fn wait<A: App>(host: &Host<A>, parked: Parked<A>) -> Answer {
    let response = poll_fn(|cx| parked.poll(host, cx)).await;
    parked.answer(response)
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
    let begun = Begun {
        early: early.to_vec(),
        ..Begun::default()
    };
    tokio::spawn(Driver::tcp(host, conn, io, lane, begun));
}

/// A stream we do not know the type of: hyper goes on carrying it.
fn foreign<A: App>(host: &Arc<Host<A>>, conn: Upgrading<A>, lane: Lane, io: Upgraded) {
    tokio::spawn(Driver::socket(
        host,
        conn,
        TokioIo::new(io),
        lane,
        Begun::default(),
    ));
}

fn reply<A: App>(host: &Host<A>, mut answer: Answer) -> Response<Full<Bytes>> {
    host.meter().wrote(answer.body.iter().map(Bytes::len).sum());
    let mut reply = status(StatusCode::from_u16(answer.status).unwrap_or_default());
    *reply.body_mut() = Full::new(join(std::mem::take(&mut answer.body)));
    put(&mut reply, answer.headers());
    reply
}

/// The chunks of a body as one.
fn join(mut chunks: VecDeque<Bytes>) -> Bytes {
    match chunks.len() {
        0 | 1 => chunks.pop_front().unwrap_or_default(),
        _ => chunks.make_contiguous().concat().into(),
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// An upgrade that nobody answers.
pub(crate) fn cut() -> Response<Full<Bytes>> {
    let mut response = status(StatusCode::NOT_FOUND);
    put(&mut response, [("Connection", "close")]);
    response
}

fn switch(headers: &admit::Lines) -> Response<Full<Bytes>> {
    let mut response = status(StatusCode::SWITCHING_PROTOCOLS);
    put(&mut response, headers.iter().map(|(n, v)| (&**n, &**v)));
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
