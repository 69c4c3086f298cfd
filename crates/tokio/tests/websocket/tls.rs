//! `wss` against a server of ours on tokio-rustls, with a private root.

use rcgen::CertifiedKey;
use siox_tokio::websocket::{
    self, CloseCode, Error, Message, Options,
    rustls::{
        self, CertificateError, ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// A certificate for `localhost` that vouches for itself, and its key.
fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    (cert.der().clone(), key)
}

/// An echo server over TLS; its address, and options that trust it.
async fn echo() -> (SocketAddr, Options) {
    let (certificate, key) = certificate();
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(server));
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await?;
                let socket = websocket::accept(stream, Arc::default()).await?;
                let echo = socket.run(|connection, message| match message {
                    Message::Text(text) => connection.text(&text),
                    Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
                });
                echo.await
            });
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let options = Options {
        tls: Some(Arc::new(client)),
        ..Options::default()
    };
    (address, options)
}

async fn use_echo(url: &str, options: &Options) {
    let mut socket = websocket::connect(url, options).await.unwrap();
    assert!(socket.get_ref().is_tls());
    assert!(
        socket
            .get_ref()
            .session()
            .is_some_and(|s| s.peer_certificates().is_some())
    );
    for size in [0, 1, 125, 126, 65_536, 1 << 20] {
        let message = vec![7; size];
        socket.send(&*message).await.unwrap();
        assert_eq!(
            socket.next().await.unwrap().unwrap(),
            Message::from(&*message)
        );
    }
    socket.close(CloseCode::NORMAL, "").await.unwrap();
}

#[tokio::test]
async fn with_a_private_root() {
    let (address, options) = echo().await;
    use_echo(&format!("wss://localhost:{}/", address.port()), &options).await;
}

#[tokio::test]
async fn through_a_proxy() {
    let (address, mut options) = echo().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    options.proxy = Some(
        format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap(),
    );
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"CONNECT localhost:443 HTTP/1.1\r\n"));
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut server = TcpStream::connect(address).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    });
    use_echo("wss://localhost/", &options).await;
}

fn certificate_error(
    opened: Result<websocket::WebSocket<websocket::MaybeTls>, Error>,
) -> CertificateError {
    match opened {
        Err(Error::Tls(rustls::Error::InvalidCertificate(e))) => e,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_unknown_root_is_refused() {
    let (address, _) = echo().await;
    let url = format!("wss://localhost:{}/", address.port());
    let opened = websocket::connect(&url, &Options::default()).await;
    assert_eq!(certificate_error(opened), CertificateError::UnknownIssuer);
}

#[tokio::test]
async fn another_name_is_refused() {
    let (address, options) = echo().await;
    let opened = websocket::connect(&format!("wss://{address}/"), &options).await;
    let error = certificate_error(opened);
    assert!(
        matches!(error, CertificateError::NotValidForNameContext { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_without_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let opened = websocket::connect(&url, &Options::default()).await;
    assert!(
        matches!(opened, Err(Error::Tls(rustls::Error::InvalidMessage(_)))),
        "{opened:?}"
    );
}

#[tokio::test]
async fn a_silent_server_runs_into_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options {
        handshake: Duration::from_millis(50),
        ..Options::default()
    };
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    let opened = websocket::connect(&url, &options).await;
    assert!(matches!(opened, Err(Error::Timeout)), "{opened:?}");
}
