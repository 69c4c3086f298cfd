//! Who is let through, and what the others are told.

use crate::{Asked, OPEN, OPEN_SOCKET, UPGRADE, config, front, header, text};
use siox_engineio::{Context, ErrorCode, Method, Version};
use siox_stack::front::{
    About, Admission, Cookie, Cors, Front, InvalidOption, Options, Origins, TrailingSlash, Verdict,
};

/// Method, query, headers; then status, body, context.
type Row<'a> = (
    Method,
    &'a str,
    Vec<(&'a str, &'a str)>,
    (u16, &'a str),
    Option<&'a str>,
);

#[test]
fn refusals() {
    const TRANSPORT: (u16, &str) = (400, r#"{"code":0,"message":"Transport unknown"}"#);
    const SID: (u16, &str) = (400, r#"{"code":1,"message":"Session ID unknown"}"#);
    const METHOD: (u16, &str) = (400, r#"{"code":2,"message":"Bad handshake method"}"#);
    const REQUEST: (u16, &str) = (400, r#"{"code":3,"message":"Bad request"}"#);
    const FORBIDDEN: (u16, &str) = (403, r#"{"code":4,"message":"Forbidden"}"#);
    const VERSION: (u16, &str) = (
        400,
        r#"{"code":5,"message":"Unsupported protocol version"}"#,
    );
    let long = format!("{OPEN}&sid={}", "a".repeat(1 << 20));
    let with = |name, value| {
        let mut headers = UPGRADE.to_vec();
        headers.retain(|(n, _)| *n != name);
        headers.push((name, value));
        headers
    };
    let handshake = Some("TRANSPORT_HANDSHAKE_ERROR");
    let origin = Some("INVALID_ORIGIN");
    let get = Method::Get;
    let table: Vec<Row<'_>> = vec![
        (get, "EIO=4", vec![], TRANSPORT, None),
        (get, "EIO=4&transport=__proto__", vec![], TRANSPORT, None),
        (get, &long, vec![], SID, None),
        (get, "EIO=4&transport=polling&sid=%22", vec![], SID, None),
        (Method::Post, OPEN, vec![], METHOD, None),
        (Method::Other, OPEN, vec![], METHOD, None),
        (Method::Options, OPEN, vec![], METHOD, None),
        (get, OPEN_SOCKET, vec![], REQUEST, handshake),
        (get, "EIO=3&transport=polling", vec![], VERSION, None),
        (
            get,
            "EIO=3&transport=websocket",
            UPGRADE.to_vec(),
            VERSION,
            None,
        ),
        (
            get,
            OPEN,
            vec![("Origin", "http://there"), ("Host", "here")],
            FORBIDDEN,
            origin,
        ),
        (
            get,
            OPEN,
            vec![("Origin", "null"), ("Host", "here")],
            FORBIDDEN,
            origin,
        ),
        (
            get,
            OPEN,
            vec![("Origin", "http://here.evil"), ("Host", "here")],
            FORBIDDEN,
            origin,
        ),
        (
            get,
            OPEN,
            vec![
                ("Origin", "http://here"),
                ("Origin", "http://here"),
                ("Host", "here"),
            ],
            FORBIDDEN,
            origin,
        ),
        (
            get,
            OPEN_SOCKET,
            with("Origin", "http://there"),
            FORBIDDEN,
            origin,
        ),
        (
            get,
            OPEN_SOCKET,
            with("Sec-WebSocket-Key", "short"),
            (
                400,
                "Sec-WebSocket-Key must be 16 bytes in base64, exactly once",
            ),
            handshake,
        ),
        (
            get,
            OPEN_SOCKET,
            with("Sec-WebSocket-Version", "8"),
            (426, "Sec-WebSocket-Version must be 13"),
            handshake,
        ),
    ];
    let front = front(Options::default());
    for (method, query, headers, expected, context) in table {
        let asked = Asked {
            method,
            query,
            headers: &headers,
        };
        let shown = &query[..query.len().min(80)];
        let answer = asked.answer(&front);
        assert_eq!((answer.status, &*text(&answer)), expected, "{shown}");
        let told = asked.judge(&front, |judged| match judged.verdict {
            Verdict::Refuse(refused) => refused.refusal.context.name(),
            verdict => panic!("{verdict:?}"),
        });
        assert_eq!(told, context, "{shown}");
        assert_eq!(header(&answer, "access-control-allow-origin"), None);
        if answer.status == 426 {
            assert_eq!(header(&answer, "sec-websocket-version"), Some("13"));
        }
    }
}

#[test]
fn who_is_let_through() {
    let front = front(Options::default());
    for headers in [
        &[][..],
        &[("Origin", "http://here"), ("Host", "here")],
        &[("Origin", "https://here"), ("Host", "here")],
    ] {
        Asked::get(OPEN, headers).judge(&front, |judged| {
            assert!(
                matches!(judged.verdict, Verdict::Open(_, None)),
                "{judged:?}"
            );
        });
    }
    Asked::get(OPEN_SOCKET, &UPGRADE).judge(&front, |judged| {
        assert!(
            matches!(judged.verdict, Verdict::Open(_, Some(_))),
            "{judged:?}"
        );
        assert!(judged.request.websocket);
    });
    Asked::get("EIO=4&transport=polling&sid=any-1", &[]).judge(&front, |judged| {
        let Verdict::Session(sid, None) = judged.verdict else {
            panic!("{judged:?}")
        };
        assert_eq!(sid.as_str(), "any-1");
    });
}

/// Clients of v3 are served where the settings say so.
#[test]
fn version_3() {
    let opened = |front: &Front| {
        Asked::get("EIO=3&transport=polling", &[]).judge(front, |judged| match judged.verdict {
            Verdict::Open(handshake, _) => Ok(handshake.version),
            Verdict::Refuse(refused) => Err(refused.refusal.code),
            verdict => panic!("{verdict:?}"),
        })
    };
    let front = |on| Front::new(&config(on), Options::default()).unwrap();
    assert_eq!(opened(&front(true)), Ok(Version::V3));
    assert_eq!(opened(&front(false)), Err(ErrorCode::UnsupportedVersion));
}

#[test]
fn paths() {
    for (slash, fitting) in [
        (TrailingSlash::Either, &["/a/b", "/a/b/"][..]),
        (TrailingSlash::With, &["/a/b/"]),
        (TrailingSlash::Without, &["/a/b"]),
    ] {
        for path in ["/a/b", "/a/b/"] {
            let front = front(Options {
                trailing_slash: slash,
                ..Options::at(path)
            });
            for asked in ["/a/b", "/a/b/", "/a/b//", "/a/bc", "/a/b/c", "/a", "/", ""] {
                assert_eq!(
                    front.matches(asked),
                    fitting.contains(&asked),
                    "{slash:?} {path} {asked}"
                );
            }
        }
    }
}

#[test]
fn options_that_cannot_be_served() {
    let options = Options::default;
    let cors = |origins| Some(Cors::of(origins));
    let cookie = Cookie {
        name: "a\r\nb".into(),
        ..Cookie::default()
    };
    let table = [
        (Options::at(""), InvalidOption::Path),
        (Options::at("engine.io"), InvalidOption::Path),
        (Options::at("/a b"), InvalidOption::Path),
        (Options::at("/a?b"), InvalidOption::Path),
        (
            Options {
                cookie: Some(cookie),
                ..options()
            },
            InvalidOption::Cookie,
        ),
        (
            Options {
                cors: cors(Origins::One("http://a\r\nX: 1".into())),
                ..options()
            },
            InvalidOption::Cors,
        ),
        (
            Options {
                cors: cors(Origins::List(vec![String::new()])),
                ..options()
            },
            InvalidOption::Cors,
        ),
        (
            Options {
                cors: Some(Cors {
                    preflight_status: 302,
                    ..Cors::default()
                }),
                ..options()
            },
            InvalidOption::Cors,
        ),
        (
            Options {
                cors: Some(Cors {
                    exposed_headers: vec!["a b".into()],
                    ..Cors::default()
                }),
                ..options()
            },
            InvalidOption::Cors,
        ),
    ];
    for (options, expected) in table {
        let shown = format!("{options:?}");
        let refused = Front::new(&config(false), options).err();
        assert_eq!(refused, Some(expected), "{shown}");
    }
}

#[test]
fn the_applications_word() {
    let refused = |admission: Admission| {
        let refused = admission.decide().unwrap_err();
        let context = refused.refusal.context.name();
        let front = front(Options::default());
        let reply = Asked::get(OPEN, &[]).judge(&front, |judged| judged.reply);
        let answer = reply.refuse(&refused);
        assert_eq!(header(&answer, "content-type"), Some("application/json"));
        (answer.status, text(&answer), context)
    };
    assert_eq!(Admission::Granted.decide(), Ok(None));
    let forbidden = (403, r#"{"code":4,"message":"no \"ticket\""}"#.into(), None);
    assert_eq!(refused(Admission::forbidden("no \"ticket\"")), forbidden);
    let nothing = (403, r#"{"code":4,"message":"Forbidden"}"#.into(), None);
    assert_eq!(refused(Admission::forbidden("")), nothing);
    let failed = |name| {
        (
            400,
            r#"{"code":3,"message":"Bad request"}"#.into(),
            Some(name),
        )
    };
    assert_eq!(
        refused(Admission::Failed(Context::IdGeneration)),
        failed("ID_GENERATION_ERROR")
    );
    assert_eq!(
        refused(Admission::Failed(Context::Middleware)),
        failed("MIDDLEWARE_FAILURE")
    );
}

/// Where the client is: as the socket says, or as trusted proxies do.
#[test]
fn addresses() {
    let forwarded: &[(&str, &[u8])] = &[
        ("X-Forwarded-For", b"6.6.6.6, 1.1.1.1"),
        ("x-forwarded-for", b"2.2.2.2:80"),
    ];
    let spoiled: &[(&str, &[u8])] = &[("X-Forwarded-For", b"1.1.1.1, unknown")];
    for (headers, trusted_proxies, expected) in [
        (&[][..], 0, "9.9.9.9"),
        (&[], 1, "9.9.9.9"),
        (forwarded, 0, "9.9.9.9"),
        (forwarded, 1, "2.2.2.2"),
        (forwarded, 2, "1.1.1.1"),
        (forwarded, 3, "6.6.6.6"),
        (forwarded, 9, "6.6.6.6"),
        (spoiled, 1, "9.9.9.9"),
    ] {
        let about = About {
            method: Method::Get,
            http11: true,
            peer: Some("9.9.9.9:1".parse().unwrap()),
            tls: false,
            target: "/",
            query: "",
            headers: &headers,
            trusted_proxies,
        };
        assert_eq!(
            about.address(),
            Some(expected.parse().unwrap()),
            "{headers:?} {trusted_proxies}"
        );
    }
}
