//! Pages of other origins: who may connect, who may read, what a preflight is told.

use crate::{Asked, OPEN, OPEN_SOCKET, UPGRADE, front, header};
use siox_engineio::Method;
use siox_stack::front::{Answer, Cors, Front, Options, Origins, Verdict};
use std::{sync::Arc, time::Duration};

fn with(cors: Cors) -> Front {
    front(Options {
        cors: Some(cors),
        ..Options::default()
    })
}

/// The answer to a request that opens a session, if it may, from a page of `origin`.
fn opened(front: &Front, origin: Option<&str>) -> Answer {
    let mut headers = vec![("Host", "here")];
    headers.extend(origin.map(|origin| ("Origin", origin)));
    Asked::get(OPEN, &headers).judge(front, |judged| match judged.verdict {
        Verdict::Open(..) => judged.reply.finish(siox_engineio::Response {
            status: 200,
            content_type: siox_engineio::ContentType::Text,
            body: [bytes::Bytes::from_static(b"0{}")].into(),
            compress: true,
            refusal: None,
        }),
        Verdict::Refuse(refused) => judged.reply.refuse(&refused),
        verdict => panic!("{verdict:?}"),
    })
}

#[test]
fn who_may_connect_and_read() {
    let list = || Origins::List(vec!["http://a".into(), "https://b:8443".into()]);
    let sub = || Origins::When(Arc::new(|origin| origin.ends_with(".example")));
    // The origins, the page; the status, who may read, whether that depends on the page.
    let table = [
        (Origins::Any, None, 200, Some("*"), false),
        (Origins::Any, Some("http://a"), 200, Some("*"), false),
        (Origins::Any, Some("null"), 200, Some("*"), false),
        (Origins::Mirror, None, 200, None, true),
        (
            Origins::Mirror,
            Some("http://a"),
            200,
            Some("http://a"),
            true,
        ),
        (
            Origins::One("http://a".into()),
            None,
            200,
            Some("http://a"),
            true,
        ),
        (
            Origins::One("http://a".into()),
            Some("http://a"),
            200,
            Some("http://a"),
            true,
        ),
        (
            Origins::One("http://a".into()),
            Some("http://b"),
            403,
            Some("http://a"),
            true,
        ),
        (
            Origins::One("http://a".into()),
            Some("http://here"),
            200,
            Some("http://a"),
            true,
        ),
        (list(), Some("http://a"), 200, Some("http://a"), true),
        (
            list(),
            Some("https://b:8443"),
            200,
            Some("https://b:8443"),
            true,
        ),
        (list(), Some("https://b"), 403, None, true),
        (list(), Some("http://a.evil"), 403, None, true),
        (list(), Some("HTTP://A"), 403, None, true),
        (list(), Some("null"), 403, None, true),
        (list(), Some("http://here"), 200, None, true),
        (
            sub(),
            Some("http://x.example"),
            200,
            Some("http://x.example"),
            true,
        ),
        (sub(), Some("http://x.example.evil"), 403, None, true),
    ];
    for (origins, page, status, reader, varies) in table {
        let shown = format!("{origins:?} {page:?}");
        let answer = opened(&with(Cors::of(origins)), page);
        assert_eq!(answer.status, status, "{shown}");
        assert_eq!(
            header(&answer, "access-control-allow-origin"),
            reader,
            "{shown}"
        );
        assert_eq!(
            header(&answer, "vary"),
            varies.then_some("Origin"),
            "{shown}"
        );
        assert_eq!(header(&answer, "access-control-allow-credentials"), None);
    }
}

/// What opens one transport opens the other.
#[test]
fn sockets_too() {
    let front = with(Cors::of(Origins::One("http://a".into())));
    for (page, admitted) in [("http://a", true), ("http://b", false)] {
        let mut headers = UPGRADE.to_vec();
        headers.push(("Origin", page));
        Asked::get(OPEN_SOCKET, &headers).judge(&front, |judged| {
            assert_eq!(
                matches!(judged.verdict, Verdict::Open(_, Some(_))),
                admitted,
                "{page}"
            );
        });
    }
}

#[test]
fn preflights() {
    let ask = |front: &Front, headers: &[(&str, &str)]| {
        let asked = Asked {
            method: Method::Options,
            query: OPEN,
            headers,
        };
        let answer = asked.answer(front);
        assert!(answer.body.is_empty());
        answer
    };
    let headers = [
        ("Origin", "http://a"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "x-one,x-two"),
    ];
    let answer = ask(&with(Cors::default()), &headers);
    assert_eq!(answer.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", Some("*")),
        (
            "access-control-allow-methods",
            Some("GET,HEAD,PUT,PATCH,POST,DELETE"),
        ),
        ("access-control-allow-headers", Some("x-one,x-two")),
        ("access-control-max-age", None),
        ("access-control-allow-credentials", None),
        ("vary", Some("Access-Control-Request-Headers")),
    ] {
        assert_eq!(header(&answer, name), value, "{name}");
    }
    let front = with(Cors {
        methods: vec!["GET".into(), "POST".into()],
        allowed_headers: Some(vec!["X-Only".into()]),
        exposed_headers: vec!["X-Seen".into(), "X-Too".into()],
        credentials: true,
        max_age: Some(Duration::from_secs(600)),
        preflight_status: 200,
        ..Cors::of(Origins::List(vec!["http://a".into()]))
    });
    let answer = ask(&front, &headers);
    assert_eq!(answer.status, 200);
    for (name, value) in [
        ("access-control-allow-origin", Some("http://a")),
        ("access-control-allow-methods", Some("GET,POST")),
        ("access-control-allow-headers", Some("X-Only")),
        ("access-control-expose-headers", Some("X-Seen,X-Too")),
        ("access-control-max-age", Some("600")),
        ("access-control-allow-credentials", Some("true")),
        ("vary", Some("Origin")),
    ] {
        assert_eq!(header(&answer, name), value, "{name}");
    }
    // A page that may not connect is told nothing that would let it.
    let answer = ask(&front, &[("Origin", "http://b")]);
    assert_eq!(header(&answer, "access-control-allow-origin"), None);
    // Those of a reflecting server vary by both.
    let answer = ask(&with(Cors::of(Origins::Mirror)), &headers);
    let both = "Origin, Access-Control-Request-Headers";
    assert_eq!(header(&answer, "vary"), Some(both));
}
