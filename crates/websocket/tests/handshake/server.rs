//! What a server makes of requests, and what each refusal says on the wire.

use siox_websocket::handshake::{
    InvalidHeader, OriginPolicy,
    client::Request,
    server::{Offer, Refusal},
};

type Headers = Vec<(&'static str, &'static [u8])>;

fn good() -> Headers {
    vec![
        ("host", b"server.example"),
        ("UPGRADE", b"WebSocket"),
        ("Connection", b"keep-alive, Upgrade"),
        ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        ("Origin", b"http://server.example"),
        ("Sec-WebSocket-Version", b"13"),
    ]
}

/// The good headers with those named left out, and others added.
fn headers(without: &[&str], with: &[(&'static str, &'static [u8])]) -> Headers {
    let kept = |h: &(&str, &[u8])| !without.iter().any(|w| w.eq_ignore_ascii_case(h.0));
    let mut all: Headers = good().into_iter().filter(kept).collect();
    all.extend(with);
    all
}

fn verdict(headers: Headers) -> Result<String, Refusal> {
    let accept = Offer::from_parts(true, true, headers).accept()?;
    Ok(accept.key().to_owned())
}

#[test]
fn the_example_of_the_rfc() {
    let key = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    assert_eq!(verdict(good()), Ok(key.into()));
    let offer = Offer::from_parts(true, true, good());
    assert!(offer.is_upgrade());
    assert_eq!(offer.origin(), Some(&b"http://server.example"[..]));
    let response = offer.accept().unwrap().response(&[("X-A", "b")]).unwrap();
    let expected = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {key}\r\nX-A: b\r\n\r\n"
    );
    assert_eq!(String::from_utf8(response).unwrap(), expected);
}

#[test]
fn requests_that_are_refused() {
    use Refusal::*;
    let table: Vec<(&[&str], Headers, Refusal, u16)> = vec![
        (&["host"], vec![], Host, 400),
        (&[], vec![("Host", b"other")], Host, 400),
        (&["upgrade"], vec![], Upgrade, 400),
        (&["upgrade"], vec![("Upgrade", b"h2c")], Upgrade, 400),
        (&["upgrade"], vec![("Upgrade", b"websocket2")], Upgrade, 400),
        (&["connection"], vec![], Connection, 400),
        (
            &["connection"],
            vec![("Connection", b"close")],
            Connection,
            400,
        ),
        (&["sec-websocket-version"], vec![], Version, 426),
        (
            &["sec-websocket-version"],
            vec![("Sec-WebSocket-Version", b"8")],
            Version,
            426,
        ),
        (
            &["sec-websocket-version"],
            vec![("Sec-WebSocket-Version", b"13, 8")],
            Version,
            426,
        ),
        (
            &["sec-websocket-version"],
            vec![("Sec-WebSocket-Version", b"013")],
            Version,
            426,
        ),
        (
            &[],
            vec![("Sec-WebSocket-Version", b"13")],
            RepeatedVersion,
            400,
        ),
        (&["sec-websocket-key"], vec![], Key, 400),
        (
            &[],
            vec![("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ==")],
            Key,
            400,
        ),
        (
            &["sec-websocket-key"],
            vec![("Sec-WebSocket-Key", b"")],
            Key,
            400,
        ),
        (
            &["sec-websocket-key"],
            vec![("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ")],
            Key,
            400,
        ),
        (
            &["sec-websocket-key"],
            vec![("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQo=")],
            Key,
            400,
        ),
        (
            &["sec-websocket-key"],
            vec![("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25j Q==")],
            Key,
            400,
        ),
        (
            &["sec-websocket-key"],
            vec![("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZWQ=")],
            Key,
            400,
        ),
        (&[], vec![("Sec-WebSocket-Protocol", b"a b")], Protocol, 400),
        (
            &[],
            vec![("Sec-WebSocket-Protocol", b"a, \"b\"")],
            Protocol,
            400,
        ),
        (
            &[],
            vec![("Sec-WebSocket-Extensions", b"a;;b")],
            Extensions,
            400,
        ),
        (
            &[],
            vec![("Sec-WebSocket-Extensions", b"a; x=\"")],
            Extensions,
            400,
        ),
    ];
    for (without, with, refusal, status) in table {
        let shown = format!("{without:?} {with:?}");
        assert_eq!(verdict(headers(without, &with)), Err(refusal), "{shown}");
        assert_eq!(refusal.status(), status, "{shown}");
    }
    let refused = |get, http11| Offer::from_parts(get, http11, good()).accept().unwrap_err();
    assert_eq!((refused(false, true), Method.status()), (Method, 405));
    assert_eq!(
        (refused(true, false), HttpVersion.status()),
        (HttpVersion, 400)
    );
}

#[test]
fn refusals_on_the_wire() {
    let table = [
        (
            Refusal::Version,
            "426 Upgrade Required",
            Some("Sec-WebSocket-Version: 13\r\n"),
        ),
        (
            Refusal::Version,
            "426 Upgrade Required",
            Some("Upgrade: websocket\r\n"),
        ),
        (
            Refusal::Version,
            "426 Upgrade Required",
            Some("Connection: close, Upgrade\r\n"),
        ),
        (
            Refusal::Method,
            "405 Method Not Allowed",
            Some("Allow: GET\r\n"),
        ),
        (
            Refusal::Origin,
            "403 Forbidden",
            Some("Connection: close\r\n"),
        ),
        (
            Refusal::TooManyHeaders,
            "431 Request Header Fields Too Large",
            None,
        ),
        (Refusal::Key, "400 Bad Request", None),
    ];
    for (refusal, status, header) in table {
        let response = String::from_utf8(refusal.response()).unwrap();
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{response}"
        );
        assert!(response.contains(header.unwrap_or_default()), "{response}");
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())));
        assert_eq!(body, refusal.to_string());
    }
}

#[test]
fn offers_of_extensions_are_ignored() {
    let many = b"permessage-deflate; client_max_window_bits, __proto__; x, a; x=1; x=1; y=\"z\"";
    let with: Headers = vec![
        ("Sec-WebSocket-Extensions", many),
        ("Sec-WebSocket-Extensions", b""),
    ];
    let offer = Offer::from_parts(true, true, headers(&[], &with));
    let names: Vec<_> = offer.extensions().unwrap().iter().map(|e| e.name).collect();
    assert_eq!(names, ["permessage-deflate", "__proto__", "a"]);
    let response = offer.accept().unwrap().response(&[]).unwrap();
    assert!(!String::from_utf8(response).unwrap().contains("Extensions"));
}

#[test]
fn the_server_prefers_among_subprotocols() {
    let with: Headers = vec![
        ("Sec-WebSocket-Protocol", b"v1, v2 ,"),
        ("Sec-WebSocket-Protocol", b"v3"),
    ];
    let offer = Offer::from_parts(true, true, headers(&[], &with));
    assert_eq!(offer.choose(&["v9", "v3", "v1"]), Some("v3"));
    assert_eq!(offer.choose(&["V1"]), None);
    assert_eq!(offer.choose(&[]), None);
    let accept = offer.accept().unwrap();
    assert_eq!(accept.protocol(), None);
    let accept = accept.with_protocol("v3").unwrap();
    let last = accept.headers().last();
    assert_eq!(last, Some(("Sec-WebSocket-Protocol", "v3")));
}

#[test]
fn what_would_break_the_head_is_refused_at_build() {
    let accept = Offer::from_parts(true, true, good()).accept().unwrap();
    for bad in ["a\r\nSet-Cookie: x", "a b", ""] {
        assert_eq!(accept.with_protocol(bad), Err(InvalidHeader));
    }
    assert_eq!(accept.response(&[("X", "a\r\nY: b")]), Err(InvalidHeader));
    assert_eq!(accept.response(&[("X\r\nY", "a")]), Err(InvalidHeader));

    let base = Request::new("host", "/");
    let bad = [
        Request { host: "", ..base },
        Request {
            host: "a\r\nX: y",
            ..base
        },
        Request { target: "", ..base },
        Request {
            target: "*",
            ..base
        },
        Request {
            target: "/a b",
            ..base
        },
        Request {
            target: "/\r\nX: y",
            ..base
        },
        Request {
            protocols: &["a, b"],
            ..base
        },
        Request {
            headers: &[("Cookie", "a\nb")],
            ..base
        },
    ];
    for request in bad {
        assert_eq!(
            request.build([0; 16]).err(),
            Some(InvalidHeader),
            "{request:?}"
        );
    }
}

#[test]
fn origins() {
    let allowed = |with: Headers, policy, trust| {
        let offer_headers = headers(&["origin"], &with);
        Offer::from_parts(true, true, offer_headers).check_origin(policy, trust)
    };
    let same = OriginPolicy::Same;
    let refused = Err(Refusal::Origin);
    assert_eq!(allowed(vec![], same, false), Ok(()));
    assert_eq!(
        allowed(vec![("Origin", b"https://server.example")], same, false),
        Ok(())
    );
    assert_eq!(
        allowed(vec![("Origin", b"https://evil.example")], same, false),
        refused
    );
    assert_eq!(allowed(vec![("Origin", b"null")], same, false), refused);
    let twice: Headers = vec![("Origin", b"http://server.example"); 2];
    assert_eq!(allowed(twice.clone(), same, false), refused);
    assert_eq!(allowed(twice, OriginPolicy::Any, false), refused);
    let forwarded: Headers = vec![
        ("Origin", b"https://public.example"),
        ("X-Forwarded-Host", b"public.example, inner.example"),
    ];
    assert_eq!(allowed(forwarded.clone(), same, false), refused);
    assert_eq!(allowed(forwarded, same, true), Ok(()));
}

#[test]
fn heads_in_bytes() {
    let head =
        b"GET /chat?x=1 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let (target, offer) = Offer::parse(head).unwrap();
    assert_eq!(target, "/chat?x=1");
    assert!(offer.accept().is_ok());

    let refused = |head: &[u8]| match Offer::parse(head) {
        Ok((_, offer)) => offer.accept().unwrap_err(),
        Err(refusal) => refusal,
    };
    let replaced = |from: &str, to: &str| {
        let head = std::str::from_utf8(head).unwrap().replacen(from, to, 1);
        refused(head.as_bytes())
    };
    assert_eq!(replaced("GET", "POST"), Refusal::Method);
    assert_eq!(replaced("HTTP/1.1", "HTTP/1.0"), Refusal::HttpVersion);
    assert_eq!(replaced("HTTP/1.1", "HTTP/2.0"), Refusal::Head);
    assert_eq!(replaced("Host: h\r\n", "Host: h\n"), Refusal::Head);
    assert_eq!(
        replaced("Host: h\r\n", "Host: h\r\n folded\r\n"),
        Refusal::Head
    );
    assert_eq!(replaced("Host: h", "Host : h"), Refusal::Head);
    assert_eq!(replaced("Host: h", "Host: \0"), Refusal::Head);
    assert_eq!(refused(&head[..head.len() - 2]), Refusal::Head);
    assert_eq!(refused(&[head, &b"x"[..]].concat()), Refusal::Head);
    let many = "X: y\r\n".repeat(100);
    assert_eq!(replaced("Host: h\r\n", &many), Refusal::TooManyHeaders);
}
