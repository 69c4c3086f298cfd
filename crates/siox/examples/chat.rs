//! A chat: whoever says a name is in, is told what was said last, and hears who comes, who types and who goes.
//!
//! `cargo run -p siox --example chat`, then with the official client, in several places:
//! `const s = io("http://127.0.0.1:3000"); s.onAny(console.log); s.emit("join", "ada", console.log)` and
//! `s.emit("message", "hello", console.log)`. With rooms, pictures and a page for it: `siox demo`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what a handler takes, it owns"
)]

use siox::{Ack, BoxError, Data, Server, Socket, State};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::net::TcpListener;

const ROOM: &str = "chat";
/// How much of what was said is kept.
const KEPT: usize = 50;
/// How long a name or a message may be, in bytes.
const LONGEST: usize = 1_000;

/// Who a socket is.
#[derive(serde::Serialize, serde::Deserialize)]
struct Name(String);

/// What was said last: who, and what.
type History = Arc<Mutex<VecDeque<(String, String)>>>;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    server()?.serve(listener).await
}

pub(crate) fn server() -> std::io::Result<Server> {
    let io = Server::builder().state(History::default()).build()?;
    let chat = io.namespace("/");
    chat.on("join", join);
    chat.on("message", message);
    chat.on("typing", |socket: Socket, Data(typing): Data<bool>| {
        let name = name(&socket)?;
        // Better lost than late.
        socket.to(ROOM).volatile().emit("typing", &(name, typing))?;
        Ok::<(), BoxError>(())
    });
    chat.on_disconnecting(|socket: Socket| match name(&socket) {
        Ok(name) => socket.to(ROOM).emit("left", &name),
        Err(_) => Ok(()),
    });
    Ok(io)
}

/// Acknowledged with what was said last.
fn join(
    socket: Socket,
    Data(name): Data<String>,
    State(history): State<History>,
    ack: Ack,
) -> Result<(), BoxError> {
    if name.is_empty() || name.len() > LONGEST || socket.data::<Name>().is_some() {
        return Err("not such a name, or a second one".into());
    }
    socket.to(ROOM).emit("joined", &name)?;
    socket.set_data(Name(name));
    socket.join(ROOM)?;
    let said = history.lock().unwrap_or_else(PoisonError::into_inner);
    ack.send(&*said)?;
    Ok(())
}

/// Acknowledged once it is on its way to all others.
fn message(
    socket: Socket,
    Data(text): Data<String>,
    State(history): State<History>,
    ack: Ack,
) -> Result<(), BoxError> {
    let name = name(&socket)?;
    if text.len() > LONGEST {
        return Err("too long".into());
    }
    // Locked until it is sent: the history has the order of what is heard.
    let mut said = history.lock().unwrap_or_else(PoisonError::into_inner);
    socket.to(ROOM).emit("message", &(&name, &text))?;
    if said.len() == KEPT {
        said.pop_front();
    }
    said.push_back((name, text));
    ack.send(&())?;
    Ok(())
}

fn name(socket: &Socket) -> Result<String, BoxError> {
    let known = socket.data::<Name>().ok_or("nobody yet")?;
    Ok(known.0.clone())
}
