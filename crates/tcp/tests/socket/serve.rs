//! `serve`: a thread for each connection, and not more than it may.

use crate::common::listen;
use siox_tcp::{CloseCode, Error, Limits, Message, Options};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

#[test]
fn connections_beyond_the_most_wait_for_their_turn() {
    let (listener, url) = listen();
    let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (inside, most) = (now.clone(), peak.clone());
    thread::spawn(move || {
        siox_tcp::serve(&listener, &Arc::default(), 2, move |mut socket| {
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            while let Ok(Some(message)) = socket.read() {
                socket.send(message).unwrap();
            }
            inside.fetch_sub(1, Ordering::SeqCst);
        })
    });
    let (done, rounds) = mpsc::channel();
    for n in 0..10 {
        let (url, done) = (url.clone(), done.clone());
        thread::spawn(move || {
            let mut socket = siox_tcp::connect(&url, &Options::default()).unwrap();
            socket.send(&*n.to_string()).unwrap();
            assert_eq!(socket.read().unwrap(), Some(Message::from(&*n.to_string())));
            socket.close(CloseCode::NORMAL, "").unwrap();
            done.send(n).unwrap();
        });
    }
    let mut all: Vec<i32> = rounds.iter().take(10).collect();
    all.sort_unstable();
    assert_eq!(all, (0..10).collect::<Vec<_>>());
    assert!(peak.load(Ordering::SeqCst) <= 2);
}

#[test]
fn a_handler_that_panics_frees_its_place() {
    let (listener, url) = listen();
    thread::spawn(move || {
        siox_tcp::serve(&listener, &Arc::default(), 1, |mut socket| {
            let message = socket.read().unwrap();
            assert_ne!(message, Some(Message::from("panic")));
            socket.send("alive").unwrap();
        })
    });
    let mut first = siox_tcp::connect(&url, &Options::default()).unwrap();
    first.send("panic").unwrap();
    assert!(first.read().is_err());
    let mut second = siox_tcp::connect(&url, &Options::default()).unwrap();
    second.send("hello").unwrap();
    assert_eq!(second.read().unwrap(), Some(Message::from("alive")));
}

#[test]
fn a_client_whose_turn_does_not_come_gives_up_in_time() {
    let (listener, url) = listen();
    thread::spawn(move || {
        siox_tcp::serve(&listener, &Arc::new(Limits::default()), 1, |mut socket| {
            let _ = socket.read();
        })
    });
    let seated = siox_tcp::connect(&url, &Options::default()).unwrap();
    let waiting = siox_tcp::connect(
        &url,
        &Options {
            handshake: Duration::from_millis(50),
            ..Options::default()
        },
    );
    assert!(matches!(waiting, Err(Error::Timeout)));
    drop(seated);
}

#[cfg(unix)]
#[test]
fn a15_ten_thousand_connections() {
    use siox_testkit::scarce;
    if scarce::is_server() {
        let (listener, _) = listen();
        scarce::announce(listener.local_addr().unwrap().port());
        siox_tcp::serve(&listener, &Arc::default(), 1000, |mut socket| {
            while let Ok(Some(message)) = socket.read() {
                socket.send(message).unwrap();
            }
        })
        .unwrap();
        return;
    }
    let server = scarce::start("serve::a15_ten_thousand_connections").unwrap();
    server.endure("/").unwrap();
}
