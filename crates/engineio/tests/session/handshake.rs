//! What opens a session and what is refused before there is one.

use crate::peer::{Socket, body, ms, sid};
use siox_engineio::{
    Config, ErrorCode, Handshake, Method, Request, Route, Session, Sid, Transport, Transports,
};
use std::{sync::Arc, time::Duration};

const OPEN: &str = "EIO=4&transport=polling";
const SOCKET: &str = "EIO=4&transport=websocket";

fn request(method: Method, query: &str, websocket: bool) -> Request<'_> {
    Request {
        websocket,
        ..Request::new(method, query)
    }
}

#[track_caller]
fn check(request: Request<'_>, expected: Result<Transport, ErrorCode>) {
    let config = Config::default();
    let got = Route::check(&config, &request);
    let want = expected.map(|transport| Route::Open(Handshake::v4(transport)));
    assert_eq!(got, want, "{request:?}");
    assert_eq!(
        Handshake::check(&config, &request),
        expected.map(Handshake::v4)
    );
}

#[test]
fn errors_come_in_the_order_of_the_reference() {
    use ErrorCode::{BadHandshakeMethod, BadRequest, TransportUnknown, UnsupportedVersion};
    use Method::{Get, Options, Other, Post};
    check(request(Get, OPEN, false), Ok(Transport::Polling));
    check(request(Get, OPEN, true), Ok(Transport::Polling));
    check(request(Get, SOCKET, true), Ok(Transport::WebSocket));
    check(
        request(Get, "t=1&transport=polling&x&EIO=4", false),
        Ok(Transport::Polling),
    );
    for query in [
        "",
        "EIO=4",
        "EIO=4&transport=",
        "EIO=4&transport=__proto__",
        "EIO=4&transport=webtransport",
        "EIO=4&transport=polling&transport=polling",
    ] {
        check(request(Get, query, false), Err(TransportUnknown));
        check(request(Post, query, false), Err(TransportUnknown));
    }
    for method in [Post, Options, Other] {
        check(request(method, OPEN, false), Err(BadHandshakeMethod));
        check(
            request(method, "transport=websocket", false),
            Err(BadHandshakeMethod),
        );
    }
    check(request(Get, "transport=websocket", false), Err(BadRequest));
    for eio in [
        "",
        "&EIO=",
        "&EIO=2",
        "&EIO=3",
        "&EIO=5",
        "&EIO=abc",
        "&EIO=4&EIO=4",
    ] {
        check(
            request(Get, &format!("transport=polling{eio}"), false),
            Err(UnsupportedVersion),
        );
        check(
            request(Get, &format!("transport=websocket{eio}"), true),
            Err(UnsupportedVersion),
        );
    }
}

#[test]
fn a_transport_that_is_off_is_unknown() {
    for (polling, websocket, query) in [(false, true, OPEN), (true, false, SOCKET)] {
        let config = Config {
            transports: Transports { polling, websocket },
            ..Config::default()
        };
        let got = Route::check(&config, &request(Method::Get, query, true));
        assert_eq!(got, Err(ErrorCode::TransportUnknown));
    }
}

#[test]
fn a_sid_routes_to_its_session_if_there_can_be_one() {
    let config = Config::default();
    let route = |query: &str| Route::check(&config, &request(Method::Get, query, false));
    let sid = sid();
    assert_eq!(
        route(&format!("{OPEN}&sid={}", sid.as_str())),
        Ok(Route::Session(sid))
    );
    let long = "a".repeat(1 << 20);
    let own = Sid::parse("__proto__").unwrap();
    let named = route(&format!("{OPEN}&sid=__proto__"));
    assert_eq!(named, Ok(Route::Session(own)));
    for sid in ["a+b", "%22", "%c3%a9", "a&sid=a", &long] {
        assert_eq!(
            route(&format!("{OPEN}&sid={sid}")),
            Err(ErrorCode::UnknownSid)
        );
    }
    assert_eq!(
        route("transport=x&sid=abc"),
        Err(ErrorCode::TransportUnknown)
    );
}

#[test]
fn the_open_packet_has_the_five_keys() {
    let config = Config {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: 100,
        ..Config::default()
    };
    let open = |upgrades| {
        format!(
            r#"0{{"sid":"{}","upgrades":{upgrades},"pingInterval":300,"pingTimeout":200,"maxPayload":100}}"#,
            sid().as_str()
        )
    };
    let polling = |config: &Config| {
        let (_, response) = Session::polling(ms(0), Arc::new(config.clone()), sid());
        assert_eq!(response.status, 200);
        assert!(
            response
                .headers()
                .any(|h| h == ("Content-Type", "text/plain; charset=UTF-8"))
        );
        body(&response)
    };
    assert_eq!(polling(&config), open(r#"["websocket"]"#));
    let fixed = Config {
        allow_upgrades: false,
        ..config.clone()
    };
    assert_eq!(polling(&fixed), open("[]"));
    let mut socket = Socket::default();
    let _ = Session::socket(ms(0), Arc::new(config), sid(), &mut socket);
    assert_eq!(socket.0, [open("[]")]);
}
