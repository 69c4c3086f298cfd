//! An upload in pieces: each piece is acknowledged with how much has come, which paces the client.
//!
//! `cargo run -p siox --example upload`, then with the official client, for each piece of a file:
//! `const { received } = await socket.emitWithAck("piece", "name", piece)`, and at the end
//! `await socket.emitWithAck("done", "name")`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what a handler takes, it owns"
)]

use serde::{Deserialize, Serialize};
use siox::{Ack, BoxError, Bytes, Data, Server, Socket};
use std::{collections::BTreeMap, sync::Mutex};
use tokio::net::TcpListener;

/// The largest upload, in bytes.
const LIMIT: usize = 8 << 20;

/// The uploads of one socket, by name.
#[derive(Default, Serialize, Deserialize)]
struct Uploads(Mutex<BTreeMap<String, Vec<u8>>>);

#[derive(Serialize)]
struct Progress {
    received: usize,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    server().serve(listener).await
}

pub(crate) fn server() -> Server {
    let io = Server::new();
    let nsp = io.namespace("/");
    nsp.on_connect(|socket: Socket| socket.set_data(Uploads::default()));
    nsp.on("piece", piece).on("done", done);
    io
}

fn piece(
    socket: Socket,
    Data((name, piece)): Data<(String, Bytes)>,
    ack: Ack,
) -> Result<(), BoxError> {
    let all = socket.data::<Uploads>().ok_or("not connected")?;
    let mut all = all.0.lock().map_err(|_| "broken")?;
    let held: usize = all.values().map(Vec::len).sum();
    if held + piece.len() > LIMIT {
        return Err("too much".into());
    }
    let upload = all.entry(name).or_default();
    upload.extend_from_slice(&piece);
    let received = upload.len();
    ack.send(&Progress { received })?;
    Ok(())
}

fn done(socket: Socket, Data(name): Data<String>, ack: Ack) -> Result<(), BoxError> {
    let all = socket.data::<Uploads>().ok_or("not connected")?;
    let upload = all.0.lock().map_err(|_| "broken")?.remove(&name);
    let size = upload.ok_or("there is no such upload")?.len();
    socket.broadcast().emit("uploaded", &(&name, size))?;
    ack.send(&size)?;
    Ok(())
}
