//! Applications and clients that are slower than the other end.

use crate::common::{Http, config, post, serve, text, until, ws};
use siox_tcp::{
    SendError,
    engine::{CloseReason, Config, Event, QUEUE, Server, Socket},
};
use std::{
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// A client that does not read holds up who sends to it, and nothing is lost once it does.
#[test]
fn a_sender_waits_for_room() {
    let config = Config {
        high_water: 10_000,
        ..config()
    };
    let sent = Arc::<AtomicUsize>::default();
    let counts = sent.clone();
    let running = serve(Server::builder().config(config), move |socket, _| {
        for n in 0..2000 {
            socket.send(&*format!("{n} {}", "x".repeat(1000))).unwrap();
            counts.store(n + 1, Ordering::SeqCst);
        }
    });
    let mut http = Http::connect(running.to);
    let session = http.open();
    assert_eq!(http.post(&session, "4go").text(), "ok");
    until(&true, || sent.load(Ordering::SeqCst) >= 9);
    assert!(sent.load(Ordering::SeqCst) < 2000);
    let mut next = 0;
    while next < 2000 {
        let answer = http.get(&session);
        for packet in answer.text().split('\x1e') {
            assert!(packet.starts_with(&format!("4{next} x")), "{next}");
            next += 1;
        }
    }
    let mut socket = ws(running.to, "/engine.io/?EIO=4&transport=websocket");
    assert!(text(&mut socket).starts_with("0{"));
    socket.send("4go").unwrap();
    for n in 0..2000 {
        assert!(text(&mut socket).starts_with(&format!("4{n} x")), "{n}");
    }
}

/// An application that does not listen is not sent on without end: its clients are not read.
#[test]
fn a_client_waits_for_the_application() {
    let server = Server::builder().config(config()).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let served = server.clone();
    thread::spawn(move || served.serve(&listener));
    let mut http = Http::connect(to);
    let session = http.open();
    let client = server.accept().unwrap();
    let body = vec!["4x"; QUEUE + 10].join("\x1e");
    let sending = thread::spawn(move || http.post(&session, &body).text().to_owned());
    for _ in 0..QUEUE + 10 {
        assert_eq!(client.recv(), Some("x".into()));
    }
    assert_eq!(sending.join().unwrap(), "ok");
    // Nothing is asked of it: it is told that there is no room.
    let full = std::iter::repeat_with(|| client.send_by("y", Duration::from_millis(1)));
    assert_eq!(
        full.take(1 << 20).find(Result::is_err),
        Some(Err(SendError::Full))
    );
    assert_eq!(client.try_send("y"), Err(SendError::Full));
    server.close(Duration::ZERO);
}

/// A handler that waits for room in vain is let go by the end of its session, on either transport, while
/// others are served.
#[test]
fn a_handler_that_waits_does_not_outlive_its_session() {
    let config = Config {
        high_water: 10_000,
        ping_interval: Duration::from_millis(200),
        ping_timeout: Duration::from_millis(100),
        ..config()
    };
    let ends = Arc::<Mutex<Vec<_>>>::default();
    let told = ends.clone();
    let server = Server::builder().config(config).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let served = server.clone();
    thread::spawn(move || {
        served.serve_handler(
            &listener,
            move |socket: &Socket, event: Event<'_>| match event {
                Event::Message(_) => {
                    let sent = std::iter::repeat_with(|| socket.send("x".repeat(1000).as_str()));
                    let failed = sent.take(1 << 20).find(Result::is_err);
                    assert_eq!(failed, Some(Err(SendError::Closed)));
                    told.lock().unwrap().push(None);
                }
                Event::Heartbeat | Event::Upgrading | Event::Upgraded => {}
                Event::Closed(reason) => told.lock().unwrap().push(Some(reason)),
            },
        )
    });
    let expected = vec![None, Some(CloseReason::PingTimeout)];
    let found = || ends.lock().unwrap().clone();
    let mut http = Http::connect(to);
    let session = http.open();
    http.send(post(&session, "4go"));
    until(&expected, found);
    ends.lock().unwrap().clear();
    let mut socket = ws(to, "/engine.io/?EIO=4&transport=websocket");
    assert!(text(&mut socket).starts_with("0{"));
    socket.send("4go").unwrap();
    until(&expected, found);
    assert_eq!(server.clients(), 0);
    server.close(Duration::ZERO);
}
