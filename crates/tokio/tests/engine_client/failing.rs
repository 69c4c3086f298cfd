//! Servers that answer with something else, or not at all, or with more than they may.

use crate::{
    common::within,
    line, only, options,
    script::{OPEN, Server, impatient},
};
use siox_engineio::{ClientConfig, Transport};
use siox_tokio::engine::{self, Cause, Client, ConnectError, ConnectOptions, Failure};

/// What `connect` makes of a server whose first answer is this.
async fn met_with(answer: &[u8], options: &ConnectOptions) -> Result<Client, ConnectError> {
    let mut server = Server::new().await;
    let url = server.url();
    let serving = async {
        let (mut peer, _) = server.next().await;
        peer.write(answer).await;
        // Some bodies end with the stream.
        drop(peer);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        connected = within(engine::connect(&url, options)) => connected,
        () = serving => unreachable!(),
    }
}

fn told(connected: Result<Client, ConnectError>) -> String {
    match connected {
        Ok(client) => format!("{:?}", client.opened().map(|opened| opened.sid)),
        Err(error) => error
            .to_string()
            .replace("the session did not open: transport error: ", ""),
    }
}

#[tokio::test]
async fn answers_that_open_a_session_and_answers_that_do_not() {
    let long = "x".repeat(70_000);
    let chunked = format!("{:x}\r\n{OPEN}\r\n0\r\n\r\n", OPEN.len());
    let unknown = OPEN.replace("\"sid\":\"x\"", "\"id\":\"x\"");
    let table: Vec<(String, &str)> = vec![
        (format!("200 OK\r\n\r\n{OPEN}"), "Some(\"x\")"),
        (
            format!("200 OK\r\nContent-Length: {}\r\n\r\n{OPEN}", OPEN.len()),
            "Some(\"x\")",
        ),
        (
            format!("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"),
            "Some(\"x\")",
        ),
        (
            "404 No\r\nContent-Length: 0\r\n\r\n".into(),
            "the server answered 404",
        ),
        (
            "400 No\r\nContent-Length: 2\r\n\r\n{}".into(),
            "the server answered 400",
        ),
        (
            "301 Away\r\nLocation: /\r\n\r\n".into(),
            "the server answered 301",
        ),
        ("500 Oh\r\n\r\n".into(), "the server answered 500"),
        (
            "200 OK\r\nContent-Length: 0\r\n\r\n".into(),
            "a packet without a type",
        ),
        (
            "200 OK\r\nContent-Length: 2\r\n\r\n4a".into(),
            "the server's handshake cannot be read",
        ),
        (
            "200 OK\r\nContent-Length: 2\r\n\r\n0{".into(),
            "the server's handshake cannot be read",
        ),
        (
            format!("200 OK\r\n\r\n{unknown}"),
            "the server's handshake cannot be read",
        ),
        (
            "200 OK\r\nContent-Length: 9\r\n\r\n0{".into(),
            "the server cannot be reached: the connection was lost before the answer was whole",
        ),
        (
            "200 OK\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n".into(),
            "the server cannot be reached: HTTP: duplicate header",
        ),
        (
            "200 OK\r\nContent-Encoding: gzip\r\n\r\n".into(),
            "the server cannot be reached: an encoded answer, which was not asked for",
        ),
        (
            format!("200 OK\r\nA: {long}\r\n\r\n"),
            "the server cannot be reached: HTTP: the head exceeds 16384 bytes",
        ),
        (
            "200 OK\r\nContent-Length: 999999999999\r\n\r\n".into(),
            "a response of more than 67108864 bytes",
        ),
        (
            "200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n".into(),
            "a response of more than 67108864 bytes",
        ),
    ];
    let options = options(only(Transport::Polling));
    for (answer, expected) in table {
        let answer = format!("HTTP/1.1 {answer}");
        let connected = met_with(answer.as_bytes(), &options).await;
        assert_eq!(told(connected), expected, "{answer:.100}");
    }
    let connected = met_with(b"", &options).await;
    assert!(told(connected).contains("lost"));
}

#[tokio::test]
async fn answers_to_a_websocket_that_are_none() {
    let options = options(only(Transport::WebSocket));
    for (answer, expected) in [
        (
            "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
            "the server answered 403",
        ),
        ("HTTP/1.1 503 No\r\n\r\nbusy", "the server answered 503"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "the server answered 200",
        ),
        ("HTTP/1.1 101 Yes\r\n\r\n", "the server cannot be reached"),
        ("hello\r\n\r\n", "the server cannot be reached"),
        ("", "the server cannot be reached"),
    ] {
        let connected = met_with(answer.as_bytes(), &options).await;
        let told = told(connected);
        assert!(told.starts_with(expected), "{answer}: {told}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing() {
    let server = Server::new().await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let engine = ClientConfig {
            transports: vec![transport],
            ..impatient()
        };
        let connected = within(engine::connect(&server.url(), &options(engine))).await;
        assert_eq!(told(connected), "the handshake took too long");
    }
}

#[tokio::test]
async fn the_next_transport_is_tried() {
    let mut server = Server::new().await;
    let engine = ClientConfig {
        transports: vec![Transport::WebSocket, Transport::Polling],
        try_all_transports: true,
        ..ClientConfig::default()
    };
    let (url, options) = (server.url(), options(engine));
    let serving = async {
        let (mut peer, _) = server.expect("transport=websocket").await;
        peer.write(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n")
            .await;
        let (mut peer, _) = server.expect("transport=polling").await;
        peer.answer(OPEN).await;
        peer
    };
    let (connected, _peer) = tokio::join!(within(engine::connect(&url, &options)), serving);
    assert_eq!(connected.unwrap().transport(), Some(Transport::Polling));
}

/// What becomes of a session that polls when a poll is answered by this.
async fn in_the_middle(answer: &[u8], close: bool) -> (Vec<String>, Option<Cause>) {
    let mut server = Server::new().await;
    let (url, options) = (server.url(), options(only(Transport::Polling)));
    let (connected, ()) = tokio::join!(within(engine::connect(&url, &options)), async {
        let (peer, _) = server.expect("Get").await;
        server.answer(peer, OPEN).await;
    });
    let mut client = connected.unwrap();
    let (mut peer, asked) = server.expect("Get").await;
    assert!(asked.target.contains("&sid=x"), "{}", asked.target);
    peer.write(answer).await;
    let mut held = Some(peer);
    if close {
        held = None;
    }
    let mut heard = Vec::new();
    while let Some(event) = within(client.event()).await {
        heard.push(line(&event));
    }
    drop(held);
    (heard, client.cause())
}

#[tokio::test]
async fn a_session_that_polls_ends_with_an_answer_that_is_none() {
    let closed = "closed: transport error: ";
    for (answer, close, heard) in [
        (
            &b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n"[..],
            false,
            &["the server answered 400"][..],
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n4a\x1ex",
            false,
            &["a", "unknown packet type 'x'"],
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n4a\x1e4b",
            true,
            &["the server cannot be reached"],
        ),
        (b"", true, &["the server cannot be reached"]),
        (
            b"nonsense\r\n\r\n",
            false,
            &["the server cannot be reached"],
        ),
    ] {
        let (mut got, cause) = in_the_middle(answer, close).await;
        let last = got.pop().unwrap();
        assert_eq!(last.replace(closed, ""), *heard.last().unwrap());
        assert_eq!(got[..], heard[..heard.len() - 1]);
        if close {
            assert!(
                matches!(cause, Some(Cause::Failure(Failure::Lost))),
                "{cause:?}"
            );
        }
    }
    // The server's goodbye.
    let (heard, _) = in_the_middle(
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n4a\x1e1\x1e4",
        false,
    )
    .await;
    assert_eq!(heard, ["a", "closed: transport close"]);
}

/// Another session's handshake in the middle changes nothing, least of all the id.
#[tokio::test]
async fn a_server_that_changes_the_id() {
    let mut server = Server::new().await;
    let (url, options) = (server.url(), options(only(Transport::Polling)));
    let (connected, ()) = tokio::join!(within(engine::connect(&url, &options)), async {
        let (peer, _) = server.expect("Get").await;
        server.answer(peer, OPEN).await;
    });
    let mut client = connected.unwrap();
    let (peer, _) = server.expect("sid=x").await;
    let other = OPEN.replace("\"x\"", "\"y\"");
    server.answer(peer, &format!("{other}\x1e4a")).await;
    server.expect("sid=x").await;
    assert_eq!(line(&within(client.event()).await.unwrap()), "a");
    assert_eq!(&*client.opened().unwrap().sid, "x");
}

#[tokio::test]
async fn a_request_that_takes_too_long() {
    let mut server = Server::new().await;
    let engine = ClientConfig {
        request_timeout: Some(std::time::Duration::from_millis(200)),
        ..only(Transport::Polling)
    };
    let (url, options) = (server.url(), options(engine));
    let (connected, ()) = tokio::join!(within(engine::connect(&url, &options)), async {
        let (peer, _) = server.expect("Get").await;
        server.answer(peer, OPEN).await;
    });
    let mut client = connected.unwrap();
    let (peer, _) = server.expect("sid=x").await;
    let last = within(client.event()).await.unwrap();
    assert_eq!(
        line(&last),
        "closed: transport error: a request took too long"
    );
    peer.gone().await;
}

#[tokio::test]
async fn a_refusal_says_when_to_come_back() {
    let answer = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\ntry later";
    for transport in [Transport::Polling, Transport::WebSocket] {
        let connected = met_with(answer, &options(only(transport))).await;
        let error = connected.unwrap_err();
        let rejection = error.rejection().unwrap();
        assert_eq!(rejection.status, 503, "{transport:?}");
        assert_eq!(rejection.header("Retry-After"), Some(&b"7"[..]));
        assert_eq!(rejection.body, b"try later");
    }
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0";
    let connected = met_with(answer, &options(only(Transport::Polling))).await;
    assert!(connected.unwrap_err().rejection().is_none());
}
