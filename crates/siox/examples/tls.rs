//! A Socket.IO server over TLS, with a certificate for `localhost` of its own making.
//!
//! `cargo run -p siox --features tls --example tls -- ROOT` writes that certificate to the file ROOT, for
//! clients to trust: `NODE_EXTRA_CA_CERTS=ROOT node`, then `io("https://localhost:3000").emitWithAck("echo",
//! "hello")`.

use rcgen::CertifiedKey;
use siox::{
    Ack, Args, Server,
    rustls::{ServerConfig, pki_types::PrivateKeyDer},
};
use std::{error::Error, sync::Arc};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args()
        .nth(1)
        .ok_or("which file is the root for?")?;
    let (certificate, config) = localhost()?;
    std::fs::write(root, certificate)?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    Ok(server().serve_tls(listener, config).await?)
}

pub(crate) fn server() -> Server {
    let io = Server::new();
    let nsp = io.namespace("/");
    nsp.on("echo", |args: Args, ack: Ack| ack.relay(&args));
    io
}

/// A certificate for `localhost` that vouches for itself, as PEM, and the settings of a server that shows
/// it. A real server reads both from files, with `CertificateDer::pem_file_iter` and
/// `PrivateKeyDer::from_pem_file`.
pub(crate) fn localhost() -> Result<(String, Arc<ServerConfig>), Box<dyn Error>> {
    let names = ["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names)?;
    let key = PrivateKeyDer::try_from(signing_key.serialize_der())?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    Ok((cert.pem(), Arc::new(config)))
}
