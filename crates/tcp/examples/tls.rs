//! A server over TLS with a certificate of its own making, and a client that trusts it:
//! `cargo run -p siox-tcp --features tls --example tls`.

use rcgen::CertifiedKey;
use siox_tcp::{
    AcceptOptions, CloseCode, Options,
    tls::rustls::{ClientConfig, RootCertStore, ServerConfig, pki_types::PrivateKeyDer},
};
use std::{net::TcpListener, sync::Arc, thread};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = PrivateKeyDer::try_from(signing_key.serialize_der())?;
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("wss://localhost:{}/", listener.local_addr()?.port());
    thread::spawn(move || {
        let options = AcceptOptions::default();
        siox_tcp::serve_tls(&listener, &Arc::new(server), &options, 100, |mut socket| {
            while let Ok(Some(message)) = socket.read() {
                if socket.send(message).is_err() {
                    break;
                }
            }
        })
    });

    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone())?;
    let client = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let options = Options {
        tls: Some(Arc::new(client)),
        ..Options::default()
    };
    let mut socket = siox_tcp::connect(&url, &options)?;
    let version = socket.get_ref().with_session(|s| s.protocol_version());
    println!("{version:?}");
    socket.send("secret")?;
    println!("{:?}", socket.read()?);
    socket.close(CloseCode::NORMAL, "")?;
    Ok(())
}
