//! The handshake over the types of the `http` crate, for those whose HTTP is hyper's, axum's or another's:
//! pure functions, to both ends. What follows a 101 is a byte stream for a
//! [`Connection`](crate::Connection).
//!
//! ```
//! use siox_websocket::handshake::{http as handshake, server::AcceptOptions};
//!
//! fn handle(request: &http::Request<()>) -> http::Response<String> {
//!     let options = AcceptOptions::default();
//!     match handshake::accept(request, &options) {
//!         Ok((response, agreed)) => {
//!             // The bytes of the upgraded connection are this one's.
//!             let _connection = options.connection(&agreed);
//!             response.map(|()| String::new())
//!         }
//!         Err(refusal) => handshake::respond(refusal).map(String::from),
//!     }
//! }
//!
//! let request = http::Request::get("/chat").body(()).unwrap();
//! assert_eq!(handle(&request).status(), 400);
//! ```

use super::{
    Agreed, InvalidHeader,
    client::{self, Handshake, HandshakeError},
    server::{AcceptOptions, Offer, Refusal},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
}

/// What a request offers; it borrows the headers.
pub fn offer<B>(request: &Request<B>) -> Offer<'_> {
    Offer::from_parts(
        request.method() == Method::GET,
        request.version() == Version::HTTP_11,
        pairs(request.headers()),
    )
}

/// Judges a request: the answer, to which the caller may add headers, and what it agrees to, for
/// [`AcceptOptions::connection`]. The fields of the options that concern the reading of a request
/// (`head`, `handshake`, `on_request`) have no effect: it is read already.
///
/// # Errors
/// The first [`Refusal`] there is; answer it with [`respond`].
pub fn accept<B>(
    request: &Request<B>,
    options: &AcceptOptions,
) -> Result<(Response<()>, Agreed), Refusal> {
    let (accept, agreed) = options.agree(&offer(request))?;
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    // Every value was checked by `agree`, or is ours.
    put(response.headers_mut(), accept.headers()).map_err(|_| Refusal::Protocol)?;
    Ok((response, agreed))
}

/// The answer to a request that is refused.
#[must_use]
pub fn respond(refusal: Refusal) -> Response<&'static str> {
    let mut response = Response::new(refusal.reason());
    *response.status_mut() =
        StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let text = ("Content-Type", "text/plain");
    let headers = refusal.headers().iter().copied().chain([text]);
    // They are ours, so that none is invalid.
    let _ = put(response.headers_mut(), headers);
    response
}

/// A client's request with the target in its URI, and what its answer must be, for [`check`]. `nonce` is
/// 16 fresh random bytes.
///
/// # Errors
/// [`InvalidHeader`] for a host, target, subprotocol or header that is none.
pub fn request(
    wanted: &client::Request<'_>,
    nonce: [u8; 16],
) -> Result<(Request<()>, Handshake), InvalidHeader> {
    let (bytes, handshake) = wanted.build(nonce)?;
    Ok((parse(&bytes)?, handshake))
}

/// As [`request`], with an offer of permessage-deflate.
///
/// # Errors
/// [`InvalidHeader`] as there.
#[cfg(feature = "deflate")]
pub fn request_with_deflate(
    wanted: &client::Request<'_>,
    nonce: [u8; 16],
    config: &crate::deflate::Config,
) -> Result<(Request<()>, Handshake), InvalidHeader> {
    let (bytes, handshake) = wanted.build_with_deflate(nonce, config)?;
    Ok((parse(&bytes)?, handshake))
}

/// A client's check of the answer.
///
/// # Errors
/// [`HandshakeError`]: no frame may be sent.
pub fn check<B>(response: &Response<B>, handshake: &Handshake) -> Result<Agreed, HandshakeError> {
    if response.version() != Version::HTTP_11 {
        return Err(HandshakeError::Head);
    }
    handshake.check(response.status().as_u16(), pairs(response.headers()))
}

/// The bytes of our own request as the crate's type.
fn parse(bytes: &[u8]) -> Result<Request<()>, InvalidHeader> {
    let mut headers = [httparse::EMPTY_HEADER; Offer::MAX_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    head.parse(bytes).map_err(|_| InvalidHeader)?;
    let mut request = Request::new(());
    let target = head.path.unwrap_or_default();
    *request.uri_mut() = target.parse().map_err(|_| InvalidHeader)?;
    for header in head.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| InvalidHeader)?;
        let value = HeaderValue::from_bytes(header.value).map_err(|_| InvalidHeader)?;
        request.headers_mut().append(name, value);
    }
    Ok(request)
}

fn put<'n, 'h>(
    headers: &mut HeaderMap,
    more: impl IntoIterator<Item = (&'n str, &'h str)>,
) -> Result<(), InvalidHeader> {
    for (name, value) in more {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| InvalidHeader)?;
        let value = HeaderValue::from_str(value).map_err(|_| InvalidHeader)?;
        headers.append(name, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handshake::Origins;
    use alloc::string::String;

    fn wanted<'a>() -> client::Request<'a> {
        client::Request {
            protocols: &["chat", "talk"],
            headers: &[("Origin", "https://page.example")],
            ..client::Request::new("server.example", "/x?y=1")
        }
    }

    fn options() -> AcceptOptions {
        AcceptOptions {
            origins: Origins::List(alloc::vec![String::from("https://page.example")]),
            protocols: alloc::vec![String::from("talk")],
            #[cfg(feature = "deflate")]
            deflate: Some(crate::deflate::Config::default()),
            ..AcceptOptions::default()
        }
    }

    #[test]
    fn both_ends_agree() {
        let (request, handshake) = request(&wanted(), [7; 16]).unwrap();
        assert_eq!(request.uri(), "/x?y=1");
        let (response, agreed) = accept(&request, &options()).unwrap();
        assert_eq!(response.status(), 101);
        assert_eq!(agreed.protocol.as_deref(), Some("talk"));
        assert_eq!(check(&response, &handshake), Ok(agreed));
    }

    #[cfg(feature = "deflate")]
    #[test]
    fn both_ends_agree_to_compress() {
        let config = crate::deflate::Config::default();
        let (request, handshake) = request_with_deflate(&wanted(), [7; 16], &config).unwrap();
        let (response, agreed) = accept(&request, &options()).unwrap();
        assert!(agreed.deflate.is_some());
        assert!(options().connection(&agreed).has_deflate());
        assert_eq!(check(&response, &handshake), Ok(agreed));
    }

    #[test]
    fn refusals() {
        let good = || request(&wanted(), [7; 16]).unwrap().0;
        type Spoil = fn(&mut Request<()>);
        fn set(request: &mut Request<()>, name: &'static str, value: &str) {
            let value = value.parse().unwrap();
            request.headers_mut().insert(name, value);
        }
        let cases: [(Spoil, Refusal, u16); 6] = [
            (|r| *r.method_mut() = Method::POST, Refusal::Method, 405),
            (
                |r| *r.version_mut() = Version::HTTP_2,
                Refusal::HttpVersion,
                400,
            ),
            (|r| set(r, "upgrade", "h2c"), Refusal::Upgrade, 400),
            (
                |r| set(r, "sec-websocket-version", "8"),
                Refusal::Version,
                426,
            ),
            (|r| set(r, "origin", "https://evil"), Refusal::Origin, 403),
            (|r| set(r, "content-length", "5"), Refusal::Body, 400),
        ];
        for (spoil, expected, status) in cases {
            let mut request = good();
            spoil(&mut request);
            let refusal = accept(&request, &options()).unwrap_err();
            let response = respond(refusal);
            assert_eq!((refusal, response.status().as_u16()), (expected, status));
            assert_eq!(*response.body(), refusal.reason());
            let version = response.headers().get("sec-websocket-version");
            assert_eq!(version.is_some(), status == 426);
        }
    }

    #[test]
    fn answers_that_are_none() {
        let (request, handshake) = request(&wanted(), [7; 16]).unwrap();
        let (good, _) = accept(&request, &options()).unwrap();
        let mut old = good.clone();
        *old.version_mut() = Version::HTTP_10;
        assert_eq!(check(&old, &handshake), Err(HandshakeError::Head));
        let mut other = good.clone();
        *other.status_mut() = StatusCode::OK;
        assert_eq!(check(&other, &handshake), Err(HandshakeError::Status(200)));
        let mut twice = good;
        twice
            .headers_mut()
            .append("sec-websocket-protocol", "chat".parse().unwrap());
        assert_eq!(check(&twice, &handshake), Err(HandshakeError::Protocol));
    }
}
