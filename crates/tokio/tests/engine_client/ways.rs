//! The ways to a server: through a proxy, with TLS, with compressed messages.

use crate::{
    common::within,
    echo::{Below, serve},
    echoes::host,
};
use siox_tokio::engine::{self, ClientEvent, ConnectOptions, Message};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A session that begins by polling and ends on the WebSocket.
async fn use_echo(url: &str, options: &ConnectOptions) {
    let mut client = within(engine::connect(url, options)).await.unwrap();
    let text = "abc ".repeat(20_000);
    client.send("first").await.unwrap();
    let (mut texts, mut upgraded) = (0, false);
    while texts < 1 || !upgraded {
        match within(client.event()).await.unwrap() {
            ClientEvent::Message(_) => texts += 1,
            ClientEvent::Upgraded => upgraded = true,
            other => panic!("{other:?}"),
        }
    }
    client.send(&*text).await.unwrap();
    let got = within(client.recv()).await.unwrap();
    assert_eq!(got, Message::from(&*text));
}

/// A proxy that leads all connections to `address`, whatever they ask for.
async fn proxy(address: SocketAddr, expected: &'static [u8]) -> ConnectOptions {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.unwrap());
                }
                assert!(head.starts_with(expected));
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let mut server = TcpStream::connect(address).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    ConnectOptions {
        proxy: Some(url.parse().unwrap()),
        ..ConnectOptions::default()
    }
}

#[tokio::test]
async fn through_a_proxy() {
    let to = serve(&host(), Below::Own).await;
    let options = proxy(to, b"CONNECT nowhere.invalid:80 HTTP/1.1\r\n").await;
    use_echo("http://nowhere.invalid/", &options).await;
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn compressed() {
    use siox_tokio::websocket::deflate;
    let server = engine::Server::builder().deflate(deflate::Config::default());
    let server = server.path("/engine.io/").build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let each = async |socket: engine::Socket| {
            while let Some(message) = socket.recv().await {
                if socket.send(message).await.is_err() {
                    break;
                }
            }
        };
        server.serve_with(listener, each).await
    });
    let mut options = ConnectOptions::default();
    options.client.deflate = Some(deflate::Config::default());
    use_echo(&url, &options).await;
}

#[cfg(feature = "tls")]
mod tls {
    use super::*;
    use rcgen::CertifiedKey;
    use siox_tokio::{
        engine::{Cause, ConnectError},
        websocket::rustls::{
            ClientConfig, RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer,
        },
    };
    use std::sync::Arc;
    use tokio_rustls::TlsAcceptor;

    /// Ends TLS before our echo; its address, and the settings that trust it.
    async fn secured() -> (SocketAddr, Arc<ClientConfig>) {
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
        let to = serve(&host(), Below::Own).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(server));
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut server = TcpStream::connect(to).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
                });
            }
        });
        (address, Arc::new(client))
    }

    #[tokio::test]
    async fn with_a_private_root() {
        let (address, tls) = secured().await;
        let options = ConnectOptions {
            tls: Some(tls.clone()),
            ..ConnectOptions::default()
        };
        use_echo(&format!("https://localhost:{}/", address.port()), &options).await;
        let options = ConnectOptions {
            tls: Some(tls),
            ..proxy(address, b"CONNECT localhost:443 HTTP/1.1\r\n").await
        };
        use_echo("wss://localhost/", &options).await;
    }

    #[tokio::test]
    async fn an_unknown_root_is_refused() {
        let (address, _) = secured().await;
        let url = format!("https://localhost:{}/", address.port());
        let connected = within(engine::connect(&url, &ConnectOptions::default())).await;
        let Err(ConnectError::NotOpened { cause, .. }) = connected else {
            panic!("{connected:?}")
        };
        assert!(matches!(cause, Some(Cause::Unreachable(_))), "{cause:?}");
    }
}
