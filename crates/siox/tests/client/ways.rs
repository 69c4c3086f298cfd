//! The ways to a server: through a proxy, over TLS with a private root, and with what requests carry.

use crate::rig::{Host, log, within};
use siox::{Ack, Client, Server, Socket, Transport};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A server that says whether a connection is secure.
fn server() -> Server {
    let io = Server::new();
    io.namespace("/").on("secure", |socket: Socket, ack: Ack| {
        ack.send(&socket.handshake().is_secure())
    });
    io
}

async fn is_secure(client: &Client) -> bool {
    within(client.emit_with_ack("secure", &(), None))
        .await
        .unwrap()
}

/// A proxy that leads all connections to `to`; its URL, and what it was asked for.
async fn proxy(to: SocketAddr) -> (String, crate::rig::Log<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = log();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                tell(head.lines().next().unwrap_or_default().to_owned());
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let mut server = TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (url, told)
}

#[tokio::test]
async fn through_a_proxy() {
    let host = Host::new(&server()).await;
    let (url, mut asked) = proxy(host.to).await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let client = Client::builder("http://nowhere.invalid")
            .force_new(true)
            .proxy(url.parse().unwrap())
            .transports([transport])
            .connect()
            .unwrap();
        assert!(!is_secure(&client).await);
        let asked = asked.next().await;
        assert_eq!(asked, "CONNECT nowhere.invalid:80 HTTP/1.1");
    }
}

#[tokio::test]
async fn what_requests_carry() {
    let io = Server::builder().path("/elsewhere").build().unwrap();
    let (tell, mut told) = log();
    io.namespace("/").on_connect(move |socket: Socket| {
        let handshake = socket.handshake();
        tell((
            handshake.header("x-name").map(ToOwned::to_owned),
            handshake.query().to_owned(),
        ));
    });
    let host = Host::new(&io).await;
    for way in host.ways("/?a=1") {
        let client = way
            .path("/elsewhere")
            .query("b", "x y")
            .extra_header("X-Name", "me")
            .connect()
            .unwrap();
        within(client.ready()).await.unwrap();
        let (name, query) = told.next().await;
        assert_eq!(name.as_deref(), Some("me"));
        assert!(query.contains("a=1&b=x%20y&EIO=4"), "{query}");
    }
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn over_tls_with_a_private_root_and_through_a_proxy() {
    use rcgen::CertifiedKey;
    use siox::rustls::{ClientConfig, RootCertStore, ServerConfig, pki_types::PrivateKeyDer};
    use std::sync::Arc;

    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let trusted = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let trusted = Arc::new(trusted);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let io = server();
    tokio::spawn(async move { io.serve_tls(listener, Arc::new(config)).await });
    let (url, _asked) = proxy(to).await;
    let client = || {
        Client::builder("https://localhost")
            .force_new(true)
            .proxy(url.parse().unwrap())
            .reconnection(false)
    };
    for transport in [Transport::Polling, Transport::WebSocket] {
        let secure = client().tls(trusted.clone()).transports([transport]);
        assert!(is_secure(&secure.connect().unwrap()).await);
        let unknown = client().transports([transport]).connect().unwrap();
        assert!(within(unknown.ready()).await.is_err(), "no public root");
    }
}

/// What is asked for is in the first request.
#[cfg(feature = "compression")]
#[tokio::test]
async fn compressed_answers_are_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    for wanted in [true, false] {
        let client = Client::builder(&url)
            .force_new(true)
            .compression(wanted)
            .connect()
            .unwrap();
        let (mut io, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            assert!(io.read_buf(&mut head).await.unwrap() > 0);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert_eq!(head.contains("\r\naccept-encoding: gzip\r\n"), wanted);
        client.disconnect();
    }
}
