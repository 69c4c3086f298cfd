//! The server that all clients talk to: siox, which costs less a message than any of them.

use crate::{Failure, row::TEXT};
use siox::{Ack, Args, Data, Server, Socket};
use std::io::{self, Write};
use tokio::{net::TcpListener, runtime};

/// Serves on a port of the system's choice, which is printed, until the process is killed.
pub(crate) fn serve() -> Result<(), Failure> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        io::stdout().flush()?;
        Ok(server().serve(listener).await?)
    })
}

fn server() -> Server {
    let io = Server::new();
    let root = io.namespace("/");
    for event in ["echo", "becho"] {
        root.on(event, move |socket: Socket, args: Args| {
            socket.relay(event, &args)
        });
    }
    root.on("ask", |args: Args, ack: Ack| ack.relay(&args));
    root.on("flood", async |socket: Socket, Data(count): Data<u32>| {
        for _ in 0..count {
            socket.emit_when_ready("news", TEXT).await?;
        }
        Ok::<_, siox::SendError>(())
    });
    root.on("quiz", async |socket: Socket, Data(count): Data<u32>| {
        quiz(&socket, count).await
    });
    io
}

/// Asks as often as said, 16 questions at a time.
async fn quiz(socket: &Socket, count: u32) -> Result<(), Failure> {
    let asker = |share: u32| async move {
        for _ in 0..share {
            let answer: String = socket.emit_with_ack("question", TEXT, None).await?;
            if answer != TEXT {
                return Err("another answer".into());
            }
        }
        Ok::<_, Failure>(())
    };
    let shares = (0..16).map(|at| count / 16 + u32::from(at < count % 16));
    futures_util::future::try_join_all(shares.map(asker)).await?;
    Ok(())
}
