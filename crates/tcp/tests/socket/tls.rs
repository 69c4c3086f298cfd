//! TLS below a WebSocket, with a private root.

use crate::common::{MUCH, REQUEST, listen, streams};
use rcgen::CertifiedKey;
use siox_tcp::{
    AcceptOptions, CloseCode, Error, Limits, MaybeTls, Message, Options, SendError, WebSocket,
    tls::{
        self,
        rustls::{
            self, CertificateError, ClientConfig, ProtocolVersion, RootCertStore, ServerConfig,
            crypto::ring,
            pki_types::{CertificateDer, PrivateKeyDer, ServerName},
            version::TLS12,
        },
    },
};
use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::Arc,
    task::Poll,
    thread,
    time::Duration,
};

const SOON: Duration = Duration::from_millis(20);

struct Configs {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

/// For `localhost`, whose certificate vouches for itself; in these versions of TLS.
fn configs(versions: &[&'static rustls::SupportedProtocolVersion]) -> Configs {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let certificate: CertificateDer<'static> = cert.der().clone();
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Configs {
        server: Arc::new(server),
        client: Arc::new(client),
    }
}

/// An echo server, and what trusts it.
pub(crate) fn echo() -> (SocketAddr, Arc<ClientConfig>) {
    echo_in(rustls::ALL_VERSIONS)
}

fn echo_in(
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> (SocketAddr, Arc<ClientConfig>) {
    let Configs { server, client } = configs(versions);
    let (listener, _) = listen();
    let address = listener.local_addr().unwrap();
    let options = AcceptOptions {
        limits: Arc::new(Limits {
            message: MUCH,
            ..Limits::default()
        }),
        ..AcceptOptions::default()
    };
    thread::spawn(move || {
        siox_tcp::serve_tls(&listener, &server, &options, 10, |mut socket| {
            while let Ok(Some(message)) = socket.read() {
                socket.send(message).unwrap();
            }
        })
    });
    (address, client)
}

fn trusting(config: Arc<ClientConfig>) -> Options {
    Options {
        tls: Some(config),
        limits: Arc::new(Limits {
            message: MUCH,
            ..Limits::default()
        }),
        ..Options::default()
    }
}

type Socket = WebSocket<tls::Stream>;

/// A server and its client.
fn pair(limits: Limits) -> (Socket, Socket) {
    let Configs { server, client } = configs(rustls::ALL_VERSIONS);
    let (ours, theirs) = streams();
    let limits = Arc::new(limits);
    let options = Options {
        limits: limits.clone(),
        ..Options::default()
    };
    let name = ServerName::try_from("localhost").unwrap();
    let client = tls::Stream::client(client, name, theirs).unwrap();
    let client = thread::spawn(move || siox_tcp::open(client, "a", "/", &options).unwrap());
    let server = tls::Stream::server(server, ours).unwrap();
    let server = siox_tcp::accept(server, limits).unwrap();
    (server, client.join().unwrap())
}

/// A server, and the bare TLS stream of its peer.
fn bare_client() -> (
    Socket,
    rustls::StreamOwned<rustls::ClientConnection, TcpStream>,
) {
    let Configs { server, client } = configs(rustls::ALL_VERSIONS);
    let (ours, theirs) = streams();
    let server = tls::Stream::server(server, ours).unwrap();
    let server = thread::spawn(move || siox_tcp::accept(server, Arc::default()).unwrap());
    let name = ServerName::try_from("localhost").unwrap();
    let session = rustls::ClientConnection::new(client, name).unwrap();
    let mut client = rustls::StreamOwned::new(session, theirs);
    client.write_all(REQUEST.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    (server.join().unwrap(), client)
}

fn use_echo(mut socket: WebSocket<MaybeTls>) {
    for size in [0, 1, 125, 126, 16_384, 65_536, 5_000_000] {
        let message = vec![7; size];
        socket.send(&*message).unwrap();
        assert_eq!(socket.read().unwrap(), Some(Message::from(&*message)));
    }
    socket.close(CloseCode::NORMAL, "").unwrap();
}

#[test]
fn a_private_root_in_both_versions() {
    for version in rustls::ALL_VERSIONS {
        let (address, config) = echo_in(&[version]);
        let url = format!("wss://localhost:{}/", address.port());
        let socket = siox_tcp::connect(&url, &trusting(config)).unwrap();
        assert!(socket.get_ref().is_tls());
        let spoken = socket.get_ref().with_session(|s| s.protocol_version());
        assert_eq!(spoken, Some(Some(version.version)));
        use_echo(socket);
    }
}

#[test]
fn a_root_that_is_not_known() {
    let (address, _) = echo();
    let url = format!("wss://localhost:{}/", address.port());
    let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
    for options in [Options::default(), trusting(configs(&[&TLS12]).client)] {
        let refused = siox_tcp::connect(&url, &options);
        let right = match &refused {
            Err(Error::Tls(e)) if *e == unknown => true,
            // It is of the same name, and not the one that signed.
            Err(Error::Tls(rustls::Error::InvalidCertificate(_))) => options.tls.is_some(),
            _ => false,
        };
        assert!(right, "{refused:?}");
    }
}

#[test]
fn a_certificate_for_another_name() {
    let (address, config) = echo();
    let url = format!("wss://127.0.0.1:{}/", address.port());
    let refused = siox_tcp::connect(&url, &trusting(config));
    let Err(Error::Tls(rustls::Error::InvalidCertificate(e))) = &refused else {
        panic!("{refused:?}");
    };
    assert!(
        matches!(
            e,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        ),
        "{e:?}"
    );
}

#[test]
fn a_server_that_never_ends_the_handshake() {
    let (listener, url) = listen();
    let silent = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        // A record, byte by byte, as long as anybody listens.
        let mut hello = [22, 3, 3, 64, 0].into_iter().chain([2; 16_384]);
        while hello
            .next()
            .is_some_and(|byte| stream.write_all(&[byte]).is_ok())
        {
            thread::sleep(Duration::from_millis(1));
        }
    });
    let options = Options {
        handshake: Duration::from_millis(50),
        ..Options::default()
    };
    let opened = siox_tcp::connect(&url.replace("ws:", "wss:"), &options);
    assert!(matches!(opened, Err(Error::Timeout)), "{opened:?}");
    silent.join().unwrap();
}

#[test]
fn a_client_that_never_ends_the_handshake() {
    let (server, mut client) = streams();
    let stream = tls::Stream::server(configs(&[&TLS12]).server, server).unwrap();
    let options = AcceptOptions {
        handshake: Duration::from_millis(50),
        ..AcceptOptions::default()
    };
    let accepting = thread::spawn(move || siox_tcp::accept_with(stream, &options).map(|_| ()));
    let mut hello = [22, 3, 1, 64, 0, 1, 0, 63, 252, 3, 3]
        .into_iter()
        .chain([2; 16_373]);
    while !accepting.is_finished() {
        if let Some(byte) = hello.next() {
            let _ = client.write_all(&[byte]);
        }
        thread::sleep(Duration::from_millis(1));
    }
    let accepted = accepting.join().unwrap();
    assert!(matches!(accepted, Err(Error::Timeout)), "{accepted:?}");
}

#[test]
fn a_client_that_speaks_no_tls() {
    let (server, mut client) = streams();
    let stream = tls::Stream::server(configs(&[&TLS12]).server, server).unwrap();
    let accepting = thread::spawn(move || siox_tcp::accept(stream, Arc::default()).map(|_| ()));
    client.write_all(REQUEST.as_bytes()).unwrap();
    let accepted = accepting.join().unwrap();
    assert!(matches!(accepted, Err(Error::Tls(_))), "{accepted:?}");
    // It hears an alert.
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer);
    assert_eq!(answer.first(), Some(&21));
}

#[test]
fn an_end_without_a_farewell_is_an_end() {
    // With TLS's own farewell and without, before the closing handshake and behind it.
    for farewell in [true, false] {
        for closed in [true, false] {
            let (mut server, mut client) = bare_client();
            client.write_all(b"\x81\x81\0\0\0\0x").unwrap();
            if closed {
                client.write_all(b"\x88\x80\0\0\0\0").unwrap();
            }
            if farewell {
                client.conn.send_close_notify();
                client.flush().unwrap();
            }
            client.sock.shutdown(Shutdown::Write).unwrap();
            assert_eq!(server.read().unwrap(), Some(Message::from("x")));
            let end = server.read();
            let cut = siox_websocket::Error::UnexpectedEof;
            match closed {
                true => assert!(matches!(end, Ok(None)), "{end:?}"),
                false => assert!(
                    matches!(end, Err(Error::WebSocket(e)) if e == cut),
                    "{end:?}"
                ),
            }
            let mut rest = Vec::new();
            // Our own farewell is said, so that this end is no error.
            client.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, if closed { &b"\x88\x00"[..] } else { b"" });
        }
    }
}

#[test]
fn records_that_were_changed_on_the_way_end_it() {
    let (mut server, mut client) = bare_client();
    client.sock.write_all(&[23, 3, 3, 0, 20]).unwrap();
    client.sock.write_all(&[0; 20]).unwrap();
    let end = server.read();
    assert!(
        matches!(end, Err(Error::Tls(rustls::Error::DecryptError))),
        "{end:?}"
    );
    assert!(matches!(server.read(), Ok(None)));
}

#[test]
fn deadlines() {
    let (mut server, mut client) = pair(Limits {
        message: MUCH,
        ..Limits::default()
    });
    assert!(matches!(server.try_read(), Ok(Poll::Pending)));
    assert!(matches!(server.read_by(SOON), Err(Error::Timeout)));
    let much = vec![7; MUCH];
    let sent = server.send_by(&*much, SOON);
    assert!(matches!(sent, Err(Error::Timeout)), "{sent:?}");
    let refused = server.send_by("more", SOON);
    assert!(
        matches!(refused, Err(Error::Send(SendError::Full))),
        "{refused:?}"
    );
    assert!(matches!(
        server.flush_by(Duration::ZERO),
        Err(Error::Timeout)
    ));
    let reader = thread::spawn(move || {
        assert_eq!(client.read().unwrap(), Some(Message::from(&*much)));
        client.send("thanks").unwrap();
        client
    });
    server.flush_by(Duration::from_secs(60)).unwrap();
    let thanks = server.read_by(Duration::from_secs(60)).unwrap();
    assert_eq!(thanks, Some(Message::from("thanks")));
    let mut client = reader.join().unwrap();
    assert!(matches!(client.try_read(), Ok(Poll::Pending)));
}

#[test]
fn halves() {
    let (server, client) = pair(Limits {
        message: MUCH,
        ..Limits::default()
    });
    let ends = [server, client].map(|socket| {
        let (sender, mut receiver) = socket.split();
        let sending = thread::spawn(move || {
            sender.send(&*vec![7; MUCH]).unwrap();
            sender
        });
        let reading = thread::spawn(move || {
            assert_eq!(
                receiver.read().unwrap(),
                Some(Message::from(&*vec![7; MUCH]))
            );
            receiver
        });
        (sending, reading)
    });
    let [server, client] = ends.map(|(s, r)| (s.join().unwrap(), r.join().unwrap()));
    let (server, mut heard) = server;
    let (_, mut received) = client;
    // A send leaves while the other half waits.
    let waiting = thread::spawn(move || heard.read());
    server.send("one").unwrap();
    assert_eq!(received.read().unwrap(), Some(Message::from("one")));
    server.close(CloseCode::NORMAL, "done").unwrap();
    assert!(matches!(received.read(), Ok(None)));
    assert_eq!(received.goodbye().unwrap().reason, "done");
    assert!(matches!(waiting.join().unwrap(), Ok(None)));
}

#[test]
fn without_a_version_in_common() {
    let versions = [&TLS12];
    let (address, _) = echo_in(&versions);
    let url = format!("wss://localhost:{}/", address.port());
    let other = configs(&[&rustls::version::TLS13]).client;
    let refused = siox_tcp::connect(&url, &trusting(other));
    assert!(matches!(refused, Err(Error::Tls(_))), "{refused:?}");
    assert_eq!(TLS12.version, ProtocolVersion::TLSv1_2);
}
