//! Through proxies: HTTP `CONNECT` and SOCKS5, each a few lines of test server that judge what they read.

use crate::common::listen;
use siox_tcp::{Error, Message, Options, proxy};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

/// A WebSocket server that echoes.
fn echo() -> SocketAddr {
    let (listener, _) = listen();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        siox_tcp::serve(&listener, &Arc::default(), 10, |mut socket| {
            while let Ok(Some(message)) = socket.read() {
                socket.send(message).unwrap();
            }
        })
    });
    address
}

/// A proxy that does one dialogue, and leads to `server` if that ends well.
fn proxy(
    server: SocketAddr,
    dialogue: impl FnOnce(&mut TcpStream) -> bool + Send + 'static,
) -> SocketAddr {
    let (listener, _) = listen();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut client = listener.accept().unwrap().0;
        if !dialogue(&mut client) {
            return;
        }
        let mut server = TcpStream::connect(server).unwrap();
        let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || {
            let _ = io::copy(&mut answers, &mut back);
            let _ = back.shutdown(Shutdown::Write);
        });
        let _ = io::copy(&mut client, &mut server);
        let _ = server.shutdown(Shutdown::Write);
    });
    address
}

fn expect(stream: &mut TcpStream, expected: &[u8]) {
    let mut read = vec![0; expected.len()];
    stream.read_exact(&mut read).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&read),
        String::from_utf8_lossy(expected)
    );
}

fn through(scheme: &str, user: &str, address: SocketAddr) -> Options {
    Options {
        proxy: Some(format!("{scheme}://{user}{address}").parse().unwrap()),
        ..Options::default()
    }
}

fn use_echo(url: &str, options: &Options) {
    let mut socket = siox_tcp::connect(url, options).unwrap();
    assert!(!socket.get_ref().is_tls());
    socket.send("through").unwrap();
    assert_eq!(socket.read().unwrap(), Some(Message::from("through")));
}

fn socks5_dialogue(stream: &mut TcpStream) -> bool {
    expect(stream, b"\x05\x02\x00\x02");
    stream.write_all(b"\x05\x02").unwrap();
    expect(stream, b"\x01\x02me\x06secret");
    stream.write_all(b"\x01\x00").unwrap();
    expect(stream, b"\x05\x01\x00\x03\x09localhost\x00\x51");
    let answer = b"\x05\x00\x00\x01\0\0\0\0\0\0";
    stream.write_all(answer).unwrap();
    true
}

#[test]
fn http_connect() {
    let address = proxy(echo(), |stream| {
        // The name is the proxy's to resolve.
        expect(
            stream,
            b"CONNECT nowhere.invalid:81 HTTP/1.1\r\nHost: nowhere.invalid:81\r\n\
              Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n",
        );
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        true
    });
    let options = through("http", "me:secret@", address);
    use_echo("ws://nowhere.invalid:81/", &options);
}

#[test]
fn socks5() {
    let options = through("socks5", "me:secret@", proxy(echo(), socks5_dialogue));
    use_echo("ws://localhost:81/", &options);
}

#[cfg(feature = "tls")]
#[test]
fn tls_through_socks5() {
    let (server, config) = crate::tls::echo();
    let mut options = through("socks5", "me:secret@", proxy(server, socks5_dialogue));
    options.tls = Some(config);
    let mut socket = siox_tcp::connect("wss://localhost:81/", &options).unwrap();
    assert!(socket.get_ref().is_tls());
    socket.send("through").unwrap();
    assert_eq!(socket.read().unwrap(), Some(Message::from("through")));
}

/// What comes of a proxy that reads something, writes `answer` and closes.
fn answered(scheme: &str, answer: &'static [u8]) -> Error {
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let address = proxy(nowhere, |stream| {
        let _ = stream.read(&mut [0; 3]);
        stream.write_all(answer).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
        false
    });
    siox_tcp::connect("ws://h/", &through(scheme, "", address)).unwrap_err()
}

#[test]
fn refusals_are_typed() {
    let refused = answered(
        "http",
        b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n",
    );
    let Error::Proxy(proxy::Error::Refused(refusal)) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refusal.status, 407);
    for (scheme, answer, expected) in [
        ("http", &b"HTTP/1.1 200"[..], proxy::Error::Closed),
        ("socks5", b"", proxy::Error::Closed),
        ("socks5", b"\x05\xff", proxy::Error::NoMethod),
        (
            "socks5",
            b"\x05\x00\x05\x05\0\x01",
            proxy::Error::Reply(proxy::Reply::ConnectionRefused),
        ),
    ] {
        let error = answered(scheme, answer);
        assert!(
            matches!(&error, Error::Proxy(e) if *e == expected),
            "{error:?}"
        );
    }
}

#[test]
fn bytes_behind_the_proxys_answer_are_the_servers() {
    // Here they are a server that answers before it is asked.
    let early =
        b"\x05\x00\x05\x00\x00\x01\0\0\0\0\0\0HTTP/1.1 418 Teapot\r\nContent-Length: 3\r\n\r\nhey";
    let error = answered("socks5", early);
    let Error::Rejected(rejection) = &error else {
        panic!("{error:?}");
    };
    assert_eq!((rejection.status, &rejection.body[..]), (418, &b"hey"[..]));
}

#[test]
fn a_silent_proxy_runs_into_the_deadline() {
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let address = proxy(nowhere, |stream| {
        let _ = stream.read_to_end(&mut Vec::new());
        false
    });
    let options = Options {
        handshake: Duration::from_millis(50),
        ..through("socks5", "", address)
    };
    let opened = siox_tcp::connect("ws://h/", &options);
    assert!(matches!(opened, Err(Error::Timeout)), "{opened:?}");
}
