//! Sessions on each transport, as the application sees them.

use crate::common::{Http, config, echo, sid, text, until, ws};
use siox_tcp::{
    Message, SendError,
    engine::{CloseReason, Config, Event, Server, Socket, Transport, Version},
};
use std::{net::TcpListener, thread, time::Duration};

#[test]
fn polling_and_websocket_echo() {
    let running = echo();
    let mut http = Http::connect(running.to);
    let session = http.open();
    assert_eq!(http.post(&session, "4a\x1e4b\x1ebAQID").text(), "ok");
    let mut all = String::new();
    while all.len() < "4a\x1e4b\x1ebAQID".len() {
        let separator = if all.is_empty() { "" } else { "\x1e" };
        all = all + separator + http.get(&session).text();
    }
    assert_eq!(all, "4a\x1e4b\x1ebAQID");

    let mut socket = ws(running.to, "/engine.io/?EIO=4&transport=websocket");
    assert!(text(&mut socket).starts_with("0{"));
    for n in 0..100 {
        socket.send(&*format!("4{n}")).unwrap();
    }
    for n in 0..100 {
        assert_eq!(text(&mut socket), format!("4{n}"));
    }
    socket.send(&b"\0\x01"[..]).unwrap();
    let read = socket.read_by(crate::common::PATIENCE).unwrap();
    assert_eq!(read, Some(Message::from(&b"\0\x01"[..])));
    assert_eq!(running.server.clients(), 2);
}

/// The server pings on either transport, and a client that does not answer is gone.
#[test]
fn heartbeats() {
    let config = Config {
        ping_interval: Duration::from_millis(60),
        ping_timeout: Duration::from_millis(40),
        ..config()
    };
    let running = crate::common::serve(Server::builder().config(config), |_, _| {});
    let mut http = Http::connect(running.to);
    let session = http.open();
    for _ in 0..3 {
        assert_eq!(http.get(&session).text(), "2");
        assert_eq!(http.post(&session, "3").text(), "ok");
    }
    until(&vec![CloseReason::PingTimeout], || running.ends());
    assert_eq!(http.get(&session).status, 400);

    let mut socket = ws(running.to, "/engine.io/?EIO=4&transport=websocket");
    assert!(text(&mut socket).starts_with("0{"));
    for _ in 0..3 {
        assert_eq!(text(&mut socket), "2");
        socket.send("3").unwrap();
    }
    until(&vec![CloseReason::PingTimeout; 2], || running.ends());
    until(&0, || running.server.clients());
}

/// A client of v3: its own payloads, its own heartbeat.
#[test]
fn version_three() {
    let config = Config {
        allow_eio3: true,
        ..config()
    };
    let running = crate::common::serve(Server::builder().config(config), |socket, message| {
        assert_eq!(socket.version(), Version::V3);
        let _ = socket.send(message);
    });
    let mut http = Http::connect(running.to);
    let open = http.get("/engine.io/?EIO=3&transport=polling&b64=1");
    let (len, open) = open.text().split_once(':').unwrap();
    assert_eq!(len, open.len().to_string());
    let session = format!(
        "/engine.io/?EIO=3&transport=polling&b64=1&sid={}",
        sid(open)
    );
    assert_eq!(http.post(&session, "6:4hello10:b4AQIDBA==").text(), "ok");
    let mut all = String::new();
    while all.len() < "6:4hello10:b4AQIDBA==".len() {
        all += http.get(&session).text();
    }
    assert_eq!(all, "6:4hello10:b4AQIDBA==");
    assert_eq!(http.post(&session, "1:2").text(), "ok");
    assert_eq!(http.get(&session).text(), "1:3");
}

/// Clients are accepted one by one where no handler is given, and tell what they are.
#[test]
fn accepted_clients() {
    let server = Server::builder().config(config()).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let served = server.clone();
    let thread = thread::spawn(move || served.serve(&listener));

    let mut http = Http::connect(to);
    let session = http.open();
    let polling: Socket = server.accept().unwrap();
    assert!(session.ends_with(polling.sid().as_str()));
    assert_eq!(polling.transport(), Some(Transport::Polling));
    assert_eq!(polling.query(), "EIO=4&transport=polling");
    assert_eq!(polling.address(), Some(to.ip()));
    assert!(polling.event_by(Duration::ZERO).is_err());
    assert_eq!(http.post(&session, "4x").text(), "ok");
    assert_eq!(polling.recv(), Some("x".into()));

    let mut socket = ws(to, "/engine.io/?EIO=4&transport=websocket");
    let second = server.accept().unwrap();
    assert_eq!(second.transport(), Some(Transport::WebSocket));
    assert!(text(&mut socket).starts_with("0{"));
    second.send("hello").unwrap();
    second.close();
    assert_eq!(text(&mut socket), "4hello");
    assert_eq!(
        second.event(),
        Some(Event::Closed(CloseReason::ForcedClose))
    );
    assert_eq!(second.event(), None);
    assert_eq!(second.closed(), Some(CloseReason::ForcedClose));
    assert_eq!(second.send("late"), Err(SendError::Closed));
    assert_eq!(second.transport(), None);

    drop(socket);
    let first = thread::spawn(move || polling.recv());
    server.close(Duration::ZERO);
    assert_eq!(first.join().unwrap(), None);
    assert!(server.accept().is_none());
    thread.join().unwrap().unwrap();
}

/// All that was sent is waited for; not for ever where a deadline is given.
#[test]
fn what_was_sent_is_waited_for() {
    let server = Server::builder().config(config()).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let served = server.clone();
    let thread = thread::spawn(move || served.serve(&listener));

    let mut http = Http::connect(to);
    let session = http.open();
    let socket = server.accept().unwrap();
    assert_eq!(socket.flush(), Ok(()));
    socket.send("one").unwrap();
    assert_eq!(socket.flush_by(Duration::ZERO), Err(SendError::Full));
    let flushing = socket.clone();
    let flushed = thread::spawn(move || flushing.flush());
    assert_eq!(http.get(&session).text(), "4one");
    assert_eq!(flushed.join().unwrap(), Ok(()));
    socket.send("two").unwrap();
    let flushing = socket.clone();
    let flushed = thread::spawn(move || flushing.flush());
    assert_eq!(http.post(&session, "1").status, 200);
    assert_eq!(flushed.join().unwrap(), Err(SendError::Closed));

    let mut ws = ws(to, "/engine.io/?EIO=4&transport=websocket");
    let socket = server.accept().unwrap();
    for n in 0..100 {
        socket.send(&*n.to_string()).unwrap();
    }
    assert_eq!(socket.flush(), Ok(()));
    assert_eq!(socket.queued(), 0);
    assert!(text(&mut ws).starts_with("0{"));
    for n in 0..100 {
        assert_eq!(text(&mut ws), format!("4{n}"));
    }
    server.close(Duration::ZERO);
    thread.join().unwrap().unwrap();
}

/// An answer to a poll is compressed unless nothing in it may be.
#[cfg(feature = "compression")]
#[test]
fn messages_that_may_not_be_compressed() {
    use siox_tcp::engine::{Compression, Options};
    let options = Options {
        compression: Some(Compression::default()),
        ..Options::default()
    };
    let text = "x".repeat(5000);
    let said = text.clone();
    let builder = Server::builder().config(config()).options(options);
    let running = crate::common::serve(builder, move |socket, message| {
        let wanted = message == Message::from("compress");
        let _ = socket.compress(wanted).send(&*said);
    });
    let mut http = Http::connect(running.to);
    let session = http.open();
    for (word, coding) in [("compress", Some("gzip")), ("leave", None)] {
        assert_eq!(http.post(&session, &format!("4{word}")).text(), "ok");
        http.send(format!(
            "GET {session} HTTP/1.1\r\nHost: here\r\nAccept-Encoding: gzip\r\n\r\n"
        ));
        let answer = http.answer();
        assert_eq!(answer.header("content-encoding").as_deref(), coding);
    }
}

#[test]
fn signs_of_life_for_who_asks() {
    let config = Config {
        ping_interval: Duration::from_millis(1),
        tell_all: true,
        ..config()
    };
    let server = Server::builder().config(config).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let served = server.clone();
    let thread = thread::spawn(move || served.serve(&listener));

    let mut http = Http::connect(to);
    let session = http.open();
    let socket = server.accept().unwrap();
    assert_eq!(http.get(&session).text(), "2");
    assert_eq!(http.post(&session, "3").text(), "ok");
    assert_eq!(socket.event(), Some(Event::Heartbeat));
    let mut ws = ws(to, &session.replace("polling", "websocket"));
    for packet in ["2probe", "5", "4two"] {
        ws.send(packet).unwrap();
    }
    assert_eq!(socket.event(), Some(Event::Upgrading));
    assert_eq!(socket.event(), Some(Event::Upgraded));
    // Who asks for messages alone is not held up by the rest.
    assert_eq!(socket.recv(), Some("two".into()));
    server.close(Duration::ZERO);
    thread.join().unwrap().unwrap();
}
