//! A listener whose connections are TLS: everything as without, and whoever does not come to the point
//! holds nothing.

use crate::client::{POLLING, WEBSOCKET, answering};
use crate::raw::{http::Http, within};
use rcgen::CertifiedKey;
use siox::{
    Ack, Data, Message, Server, Socket,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName},
    },
};
use siox_tokio::websocket::{self, Options};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

fn certificate() -> (CertificateDer<'static>, Arc<ServerConfig>) {
    let names = ["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    (cert.der().clone(), Arc::new(config))
}

/// Serves `io`; its address, and what a client trusts.
async fn serve(io: &Server) -> (SocketAddr, Arc<ClientConfig>) {
    let (root, config) = certificate();
    // Accepted sockets have its small buffer too, so that writes have to wait.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(8 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(64).unwrap();
    let to = listener.local_addr().unwrap();
    let server = io.clone();
    tokio::spawn(async move { server.serve_tls(listener, config).await });
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let client = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (to, Arc::new(client))
}

fn server() -> Server {
    let io = Server::builder()
        .head_deadline(Duration::from_millis(300))
        .build()
        .unwrap();
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.on("echo", |Data(text): Data<String>, ack: Ack| ack.send(&text))
        .on("secure", |socket: Socket, ack: Ack| {
            ack.send(&socket.handshake().is_secure())
        });
    io
}

async fn tls(to: SocketAddr, config: Arc<ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(8 * 1024)?;
    let io = socket.connect(to).await?;
    let name = ServerName::try_from("localhost").unwrap();
    within(TlsConnector::from(config).connect(name, io)).await
}

/// One request on a connection of its own; the body of the answer.
async fn ask(to: SocketAddr, config: &Arc<ClientConfig>, request: String) -> String {
    let mut io = tls(to, config.clone()).await.unwrap();
    io.write_all(request.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    // The server closes without `close_notify` where the client has broken off; here it has not.
    within(io.read_to_end(&mut all)).await.unwrap();
    let all = String::from_utf8(all).unwrap();
    assert!(all.starts_with("HTTP/1.1 200 "), "{all}");
    all.split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

fn post(target: &str, body: &str) -> String {
    let len = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn polling() {
    let io = server();
    let (to, config) = serve(&io).await;
    let sid = crate::raw::http::sid(&ask(to, &config, get(POLLING)).await);
    let target = format!("{POLLING}&sid={sid}");
    assert_eq!(ask(to, &config, post(&target, "40")).await, "ok");
    assert!(ask(to, &config, get(&target)).await.starts_with("40{"));
    let text = "x".repeat(900_000);
    let events = format!("421[\"secure\"]\u{1e}422[\"echo\",\"{text}\"]");
    assert_eq!(ask(to, &config, post(&target, &events)).await, "ok");
    let expected = format!("431[true]\u{1e}432[\"{text}\"]");
    assert!(ask(to, &config, get(&target)).await == expected);
}

#[tokio::test]
async fn a_websocket() {
    let io = server();
    let (to, config) = serve(&io).await;
    let stream = tls(to, config).await.unwrap();
    let options = Options::default();
    let ws = websocket::open(stream, "localhost", WEBSOCKET, &options).await;
    let mut ws = ws.unwrap();
    ws.send("40").await.unwrap();
    ws.send("421[\"secure\"]").await.unwrap();
    // More than the buffers of both sockets hold, before a byte of it is read.
    let long = "x".repeat(900_000);
    for n in 2..6 {
        let event = format!("42{n}[\"echo\",\"{long}\"]");
        ws.send(&*event).await.unwrap();
    }
    let mut text = async || match within(ws.next()).await.unwrap() {
        Ok(Message::Text(text)) => text.into_owned(),
        other => panic!("{other:?}"),
    };
    assert!(text().await.starts_with("0{"));
    assert!(text().await.starts_with("40{"));
    assert_eq!(text().await, "431[true]");
    for n in 2..6 {
        assert!(text().await == format!("43{n}[\"{long}\"]"));
    }
    assert_eq!(io.clients(), 1);
    drop(ws);
    assert!(io.close().await);
}

#[tokio::test]
async fn protocols_offered() {
    let io = server();
    let (to, config) = serve(&io).await;
    let offering = |names: &[&str]| {
        let mut config = ClientConfig::clone(&config);
        config.alpn_protocols = names.iter().map(|n| n.as_bytes().to_vec()).collect();
        Arc::new(config)
    };
    let both = tls(to, offering(&["h2", "http/1.1"])).await.unwrap();
    let agreed = both.get_ref().1.alpn_protocol();
    assert_eq!(agreed, Some(b"http/1.1".as_slice()));
    let refused = tls(to, offering(&["h2"])).await.unwrap_err();
    assert!(refused.to_string().contains("NoApplicationProtocol"));
}

/// Silent, in the middle of the handshake, something else than TLS, TLS and then silence: each is hung up
/// on, and nothing of it is left.
#[tokio::test]
async fn clients_that_do_not_come_to_the_point() {
    // A record that begins a handshake of 512 bytes, of which five come.
    const HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03";
    let io = server();
    let (to, config) = serve(&io).await;
    let mut waiting = Vec::new();
    for say in [
        b"".as_slice(),
        &HELLO[..3],
        HELLO,
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        for _ in 0..20 {
            let mut stream = TcpStream::connect(to).await.unwrap();
            stream.write_all(say).await.unwrap();
            waiting.push(stream);
        }
    }
    let mut shaken = tls(to, config.clone()).await.unwrap();
    for mut stream in waiting {
        let mut rest = Vec::new();
        // An alert at most; a reset where what was sent was not read.
        let _ = within(stream.read_to_end(&mut rest)).await;
        assert!(rest.len() < 32, "{}", rest.escape_ascii());
    }
    let mut rest = Vec::new();
    let _ = within(shaken.read_to_end(&mut rest)).await;
    assert!(rest.is_empty(), "no request, no answer");
    assert_eq!(io.clients(), 0);
    ask(to, &config, get(POLLING)).await;
    assert!(io.close_within(Duration::ZERO).await);
}

/// A server that closes does not wait for handshakes.
#[tokio::test]
async fn closing_amid_a_handshake() {
    let io = Server::new();
    let (to, _) = serve(&io).await;
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(b"\x16\x03").await.unwrap();
    // The server has taken it on when a later one is served.
    let mut http = Http::connect(to).await;
    http.send("no TLS\r\n\r\n").await;
    assert!(http.try_answer().await.is_none());
    assert!(io.close().await);
    let _ = within(stream.read_to_end(&mut Vec::new())).await;
}
