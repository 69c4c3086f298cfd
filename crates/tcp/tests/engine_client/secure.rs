//! `https`, with a private root: TLS ends before an echo.

use crate::{echo, line};
use rcgen::CertifiedKey;
use siox_tcp::{
    Message, Transport,
    engine::{self, Cause, ConnectError, ConnectOptions},
    tls::{
        Stream,
        rustls::{
            ClientConfig, RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer,
        },
    },
};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

fn configs() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

/// Moves bytes until either end is closed.
fn pass(mut from: impl Read, mut to: impl Write) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let moved = from.read(&mut bytes).and_then(|n| match n {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            n => to.write_all(&bytes[..n]).and_then(|()| to.flush()),
        });
        match moved {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
            Ok(()) => {}
        }
    }
}

/// Ends TLS before `server`; the port.
fn secured(server: &echo::Server, config: Arc<ServerConfig>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let to = server.address();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let stream = Stream::server(config.clone(), stream).unwrap();
            let plain = TcpStream::connect(to).unwrap();
            thread::spawn(move || {
                thread::scope(|scope| {
                    scope.spawn(|| {
                        pass(&stream, &plain);
                        let _ = plain.shutdown(Shutdown::Both);
                    });
                    pass(&plain, &stream);
                    let _ = Transport::shutdown(&mut &stream, Shutdown::Both);
                });
            });
        }
    });
    port
}

#[test]
fn an_echo_and_an_upgrade() {
    let server = echo::Server::new();
    let (config, tls) = configs();
    let port = secured(&server, config);
    let url = format!("https://localhost:{port}/");
    let options = ConnectOptions {
        tls: Some(tls),
        ..ConnectOptions::default()
    };
    let mut client = engine::connect(&url, &options).unwrap();
    assert_eq!(line(&mut client), "upgraded");
    let text = "x".repeat(300_000);
    client.send(&*text).unwrap();
    assert_eq!(client.recv(), Some(Message::from(&*text)));
    client.close();
    assert_eq!(line(&mut client), "closed: forced close");
}

#[test]
fn an_unknown_root_is_refused() {
    let server = echo::Server::new();
    let (config, _) = configs();
    let port = secured(&server, config);
    let url = format!("https://localhost:{port}/");
    let connected = engine::connect(&url, &ConnectOptions::default());
    let Err(ConnectError::NotOpened { cause, .. }) = connected else {
        panic!("{connected:?}")
    };
    assert!(cause.is_some_and(|cause| matches!(cause, Cause::Unreachable(_))));
}
