//! A WebSocket echo over TLS, with a certificate for `localhost` of its own making.
//!
//! `cargo run -p siox-tokio --features tls --example ws_tls -- ROOT` writes that certificate to the file
//! ROOT, for clients to trust: `cargo run -p siox-tokio --features tls --example ws_client -- --root ROOT
//! wss://localhost:3000/ hello`.

use rcgen::CertifiedKey;
use siox_tokio::websocket::{
    self, AcceptOptions,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};
use siox_wire::Message;
use std::{error::Error, io, sync::Arc};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args()
        .nth(1)
        .ok_or("which file is the root for?")?;
    let (certificate, config) = localhost()?;
    std::fs::write(root, certificate)?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    Ok(serve(listener, config).await?)
}

/// A certificate for `localhost` that vouches for itself, and a server that shows it.
pub(crate) fn localhost() -> Result<(CertificateDer<'static>, ServerConfig), Box<dyn Error>> {
    let names = ["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names)?;
    let key = PrivateKeyDer::try_from(signing_key.serialize_der())?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    Ok((cert.der().clone(), config))
}

pub(crate) async fn serve(listener: TcpListener, config: ServerConfig) -> io::Result<()> {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let options = Arc::new(AcceptOptions::default());
    loop {
        let (stream, _) = listener.accept().await?;
        let (acceptor, options) = (acceptor.clone(), options.clone());
        tokio::spawn(async move {
            if let Err(e) = echo(stream, &acceptor, &options).await {
                println!("a client was lost: {e}");
            }
        });
    }
}

async fn echo(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    options: &AcceptOptions,
) -> Result<(), websocket::Error> {
    stream.set_nodelay(true)?;
    // Both handshakes together may take as long as one.
    let handshake = async {
        let stream = acceptor.accept(stream).await?;
        websocket::accept_with(stream, options).await
    };
    let socket = tokio::time::timeout(options.handshake, handshake)
        .await
        .map_err(|_| websocket::Error::Timeout)??;
    socket
        .run(|connection, message| match message {
            Message::Text(text) => connection.text(&text),
            Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
        })
        .await
}
