//! Answers as they leave: cookies, headers of the application, compression.

use crate::{Asked, OPEN, OPEN_SOCKET, UPGRADE, front, header};
use bytes::Bytes;
use siox_engineio::{ContentType, ErrorCode, Response, Sid};
use siox_stack::front::{Cookie, Front, Options, Reply, Verdict};

fn reply(front: &Front, headers: &[(&str, &str)]) -> Reply {
    Asked::get(OPEN, headers).judge(front, |judged| judged.reply)
}

fn response(body: &str) -> Response {
    Response {
        status: 200,
        content_type: ContentType::Text,
        body: [Bytes::copy_from_slice(body.as_bytes())].into(),
        compress: true,
        refusal: None,
    }
}

#[test]
fn plain_ones() {
    let answer = reply(&front(Options::default()), &[]).finish(response("ok"));
    let headers: Vec<_> = answer.headers().collect();
    assert_eq!(
        headers,
        [
            ("Content-Type", "text/plain; charset=UTF-8"),
            ("Cache-Control", "no-store")
        ]
    );
    let answer = Reply::default().finish(ErrorCode::UnknownSid.response());
    assert_eq!(answer.status, 400);
}

#[test]
fn the_cookie_belongs_to_the_first_answer() {
    let front = front(Options {
        cookie: Some(Cookie::default()),
        ..Options::default()
    });
    let later = reply(&front, &[]).finish(response("ok"));
    assert_eq!(header(&later, "set-cookie"), None);
    let mut first = reply(&front, &[]);
    front.introduce(&Sid::parse("abc").unwrap(), &mut first);
    let first = first.finish(response("0{}"));
    assert_eq!(
        header(&first, "set-cookie"),
        Some("io=abc; Path=/; HttpOnly; SameSite=Lax")
    );
    // And to the 101 that is one.
    let headers = Asked::get(OPEN_SOCKET, &UPGRADE).judge(&front, |mut judged| {
        let Verdict::Open(_, Some((accept, _))) = judged.verdict else {
            panic!()
        };
        front.introduce(&Sid::parse("abc").unwrap(), &mut judged.reply);
        judged.reply.switch(&accept)
    });
    let names: Vec<_> = headers.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        names,
        [
            "Upgrade",
            "Connection",
            "Sec-WebSocket-Accept",
            "Set-Cookie"
        ]
    );
}

#[test]
fn the_application_adds_and_replaces() {
    let mut reply = reply(&front(Options::default()), &[]);
    reply.fields.append("Set-Cookie", "a=1").unwrap();
    reply.fields.append("Set-Cookie", "b=2").unwrap();
    reply.fields.set("cache-control", "no-cache").unwrap();
    let answer = reply.finish(response("ok"));
    let headers: Vec<_> = answer.headers().collect();
    assert_eq!(
        headers,
        [
            ("Content-Type", "text/plain; charset=UTF-8"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
            ("cache-control", "no-cache"),
        ]
    );
}

#[cfg(feature = "compression")]
mod compression {
    use super::*;
    use flate2::read::{GzDecoder, ZlibDecoder};
    use siox_stack::front::Compression;
    use std::io::Read;

    fn compressing() -> Front {
        front(Options {
            compression: Some(Compression::default()),
            ..Options::default()
        })
    }

    #[test]
    fn of_what_is_long_enough_for_whom_it_is_welcome() {
        let long = "4hello\u{1e}".repeat(200);
        for (accepts, coding) in [
            ("gzip, deflate, br", Some("gzip")),
            ("deflate", Some("deflate")),
            ("br", None),
            ("gzip;q=0", None),
        ] {
            let reply = reply(&compressing(), &[("Accept-Encoding", accepts)]);
            let answer = reply.finish(response(&long));
            assert_eq!(header(&answer, "content-encoding"), coding, "{accepts}");
            let bytes: Vec<u8> = answer.body.iter().flatten().copied().collect();
            let mut text = String::new();
            match coding {
                Some("gzip") => GzDecoder::new(&bytes[..]).read_to_string(&mut text),
                Some(_) => ZlibDecoder::new(&bytes[..]).read_to_string(&mut text),
                None => (&bytes[..]).read_to_string(&mut text),
            }
            .unwrap();
            assert_eq!(text, long, "{accepts}");
            assert_eq!(bytes.len() < long.len(), coding.is_some(), "{accepts}");
            let vary = coding.map(|_| "Accept-Encoding");
            assert_eq!(header(&answer, "vary"), vary, "{accepts}");
        }
    }

    #[test]
    fn not_of_what_is_short_or_refused_or_was_not_asked_for() {
        let gzip = [("Accept-Encoding", "gzip")];
        let short = reply(&compressing(), &gzip).finish(response(&"a".repeat(1023)));
        let just = reply(&compressing(), &gzip).finish(response(&"a".repeat(1024)));
        let off = reply(&front(Options::default()), &gzip).finish(response(&"a".repeat(5000)));
        let refused = Response {
            status: 400,
            ..response(&"a".repeat(5000))
        };
        let refused = reply(&compressing(), &gzip).finish(refused);
        let codings = [&short, &just, &off, &refused].map(|a| header(a, "content-encoding"));
        assert_eq!(codings, [None, Some("gzip"), None, None]);
    }
}
