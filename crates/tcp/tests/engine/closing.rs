//! How sessions and servers end.

use crate::common::{Http, PATIENCE, echo, get, serve, text, until, ws};
use siox_tcp::{
    CloseCode,
    engine::{CloseReason, Server},
};
use std::{io::Write, net::Shutdown, time::Duration};

const WEBSOCKET: &str = "/engine.io/?EIO=4&transport=websocket";

/// Each way in which a client can go, and why the application is told it went.
#[test]
fn clients_that_go() {
    let running = echo();
    let mut ends = Vec::new();
    let mut gone = |reason| {
        ends.push(reason);
        until(&ends, || running.ends());
    };
    // It says so, on either transport.
    let mut http = Http::connect(running.to);
    let session = http.open();
    assert_eq!(http.post(&session, "1").text(), "ok");
    gone(CloseReason::TransportClose);
    let mut socket = ws(running.to, WEBSOCKET);
    socket.send("1").unwrap();
    gone(CloseReason::TransportClose);
    // A closing handshake, and none.
    let mut socket = ws(running.to, WEBSOCKET);
    socket.close(CloseCode::NORMAL, "bye").unwrap();
    gone(CloseReason::TransportClose);
    let socket = ws(running.to, WEBSOCKET);
    socket.get_ref().shutdown(Shutdown::Both).unwrap();
    drop(socket);
    gone(CloseReason::TransportClose);
    // A poll and a POST that are broken off.
    let mut http = Http::connect(running.to);
    let session = http.open();
    http.send(get(&session));
    drop(http);
    gone(CloseReason::TransportError);
    let mut http = Http::connect(running.to);
    let session = http.open();
    http.io
        .write_all(
            format!("POST {session} HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n4")
                .as_bytes(),
        )
        .unwrap();
    drop(http);
    gone(CloseReason::TransportError);
    until(&0, || running.server.clients());
}

/// The application closes: what is queued comes first, then the goodbye of the transport.
#[test]
fn the_application_closes() {
    let running = serve(Server::builder(), |socket, _| {
        socket.send("last words").unwrap();
        socket.close();
    });
    let mut http = Http::connect(running.to);
    let session = http.open();
    assert_eq!(http.post(&session, "4x").text(), "ok");
    let mut told = http.get(&session).text().to_owned();
    if told == "4last words" {
        told = told + "\x1e" + http.get(&session).text();
    }
    assert_eq!(told, "4last words\x1e1");
    let mut socket = ws(running.to, WEBSOCKET);
    assert!(text(&mut socket).starts_with("0{"));
    socket.send("4x").unwrap();
    assert_eq!(text(&mut socket), "4last words");
    assert_eq!(socket.read_by(PATIENCE).unwrap(), None);
    until(&vec![CloseReason::ForcedClose; 2], || running.ends());
}

/// A server that closes tells every client, and leaves no thread.
#[test]
fn a_server_closes() {
    let running = echo();
    let mut idle = Http::connect(running.to);
    idle.get("/nowhere");
    let mut http = Http::connect(running.to);
    let session = http.open();
    http.send(get(&session));
    let mut socket = ws(running.to, WEBSOCKET);
    assert!(text(&mut socket).starts_with("0{"));
    let server = running.server.clone();
    let closing = std::thread::spawn(move || server.close(PATIENCE));
    assert_eq!(http.answer().text(), "1");
    assert_eq!(socket.read_by(PATIENCE).unwrap(), None);
    assert!(idle.try_answer().is_none());
    drop((http, socket, idle));
    assert!(closing.join().unwrap());
    until(&vec![CloseReason::ServerShuttingDown; 2], || running.ends());
    assert!(!running.server.is_listening());
}

/// Clients that do not take their goodbye are cut off.
#[test]
fn a_server_cuts_off_who_does_not_listen() {
    let running = echo();
    let mut http = Http::connect(running.to);
    http.open();
    let mut half = Http::connect(running.to);
    half.send("GET /engine.io/?EIO=4 HT");
    let mut socket = ws(running.to, WEBSOCKET);
    assert!(text(&mut socket).starts_with("0{"));
    assert!(running.server.close(Duration::from_millis(20)));
    assert_eq!(running.server.clients(), 0);
}
