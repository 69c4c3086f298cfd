//! A WebSocket client: sends each message, prints what comes back, says goodbye.
//!
//! `cargo run -p siox-tokio --features tls --example ws_client -- [--proxy URL] [--root FILE] URL MESSAGE...`
//!
//! `--proxy` is `http://[USER:PASSWORD@]HOST[:PORT]` or `socks5h://…`; `--root` a certificate to trust
//! beside no other, PEM or DER.

use siox_tokio::websocket::{
    self, CloseCode, Message, Options,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, pem::PemObject},
    },
};
use std::{error::Error, sync::Arc};

type BoxError = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    for answer in talk(std::env::args().skip(1)).await? {
        println!("{answer}");
    }
    Ok(())
}

/// What the server says to the messages that are named by `words`, one for each.
pub(crate) async fn talk(words: impl IntoIterator<Item = String>) -> Result<Vec<String>, BoxError> {
    let (mut options, mut plain) = (Options::default(), Vec::new());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} of what?"));
        match word.as_str() {
            "--proxy" => options.proxy = Some(value()?.parse()?),
            "--root" => options.tls = Some(trusting(&value()?)?),
            _ => plain.push(word),
        }
    }
    let (url, messages) = plain.split_first().ok_or("which URL?")?;
    let mut socket = websocket::connect(url, &options).await?;
    let mut answers = Vec::new();
    for message in messages {
        socket.send(message.as_str()).await?;
        answers.push(match socket.next().await.ok_or("the server has gone")?? {
            Message::Text(text) => text.into_owned(),
            Message::Binary(bytes) => format!("{} bytes", bytes.len()),
        });
    }
    socket.close(CloseCode::NORMAL, "").await?;
    Ok(answers)
}

/// TLS that trusts the certificates in `file` and no others.
fn trusting(file: &str) -> Result<Arc<ClientConfig>, BoxError> {
    let bytes = std::fs::read(file)?;
    let mut roots = RootCertStore::empty();
    if bytes.starts_with(b"-----BEGIN") {
        for certificate in CertificateDer::pem_slice_iter(&bytes) {
            roots.add(certificate?)?;
        }
    } else {
        roots.add(bytes.into())?;
    }
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
