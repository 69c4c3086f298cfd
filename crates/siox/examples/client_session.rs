//! A client that stays signed in: its token wears out, is refused, and is renewed; its connection is lost,
//! comes back, and takes along what was emitted meanwhile.
//!
//! `cargo run -p siox --example client_session`, beside `--example middleware`; stop that and start it
//! again.

use siox::{BoxError, Client, ConnectError, DisconnectReason, State, client::ConnectionEvent};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let client = connect("http://127.0.0.1:3000/private", Tokens::new("worn out"))?;
    for n in 0.. {
        // Kept while there is no connection, up to the bound that the builder sets.
        client.emit("note", &n)?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// The token in use. Where yours come from, `renew` asks.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<Mutex<String>>);

impl Tokens {
    pub(crate) fn new(token: &str) -> Self {
        Self(Arc::new(Mutex::new(token.into())))
    }

    fn current(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn renew(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = "sesame".into();
    }
}

/// What the server gets as `socket.handshake.auth`.
#[derive(serde::Serialize)]
struct Credentials {
    token: String,
}

/// A client that connects in the background, for as long as it takes.
pub(crate) fn connect(url: &str, tokens: Tokens) -> Result<Client, BoxError> {
    let own = tokens.clone();
    let client = Client::builder(url)
        // Asked for each connection: one that comes back brings the token of that hour.
        .auth_with(move || {
            let token = own.current();
            async move { Ok::<_, BoxError>(Credentials { token }) }
        })
        .state(tokens)
        .reconnection_delay(Duration::from_millis(500), Duration::from_secs(10))
        .offline_buffer(1 << 20, siox::client::Overflow::DropOldest)
        .on_connect(|client: Client| println!("in as {}", client.id().unwrap_or_default()))
        .on_connect_error(refused)
        .on_disconnect(|reason: DisconnectReason| println!("out: {reason}"))
        .connect()?;
    client.manager().on_event(|event| {
        if let ConnectionEvent::ReconnectAttempt(n) = event {
            println!("attempt {n}");
        }
    });
    Ok(client)
}

/// A server that cannot be reached is tried again without our help; one that refuses is not.
async fn refused(error: ConnectError, State(tokens): State<Tokens>, client: Client) {
    println!("not in: {error}");
    let code = error.data().and_then(|data| data.get("code")?.as_f64());
    if code == Some(401.0) {
        tokens.renew().await;
        client.connect();
    }
}
