//! An upload larger than anybody's memory should be: one message, written in fragments as it is read,
//! and read in chunks as it comes. What the process holds does not grow with it.
//!
//! `cargo run --release -p siox-tokio --example ws_upload -- 1024` sends 1,024 MiB; without a number, 64.

use siox_tokio::websocket::{self, Error, Limits, Message, Options};
use std::{env, sync::Arc};
use tokio::{
    io::{self, AsyncRead, AsyncReadExt},
    net::{TcpListener, TcpStream},
};

const MIB: u64 = 1 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let megabytes: u64 = env::args().nth(1).map_or(Ok(64), |n| n.parse())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/upload", listener.local_addr()?);
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        receive(stream).await
    });
    // A file would do as well.
    send(&url, io::repeat(b'x').take(megabytes * MIB)).await?;
    server.await??;
    Ok(())
}

/// Sends all of `source` as one message, and says what the server answered.
async fn send(url: &str, mut source: impl AsyncRead + Unpin) -> Result<(), Error> {
    let mut socket = websocket::connect(url, &Options::default()).await?;
    let mut buffer = vec![0; 64 * 1024];
    socket.begin_binary()?;
    loop {
        match source.read(&mut buffer).await? {
            0 => break,
            n => socket.write(&buffer[..n]).await?,
        }
    }
    socket.finish(&[]).await?;
    if let Some(Message::Text(answer)) = socket.next().await.transpose()? {
        println!("the server says: {answer}");
    }
    socket.close(websocket::CloseCode::NORMAL, "").await
}

/// Counts one message, and answers.
async fn receive(stream: TcpStream) -> Result<(), Error> {
    let limits = Limits {
        streamed_message: 4096 * MIB,
        ..Limits::default()
    };
    let mut socket = websocket::accept(stream, Arc::new(limits)).await?;
    let (mut bytes, mut chunks) = (0, 0);
    while let Some(chunk) = socket.next_chunk().await.transpose()? {
        bytes += chunk.data.as_bytes().len() as u64;
        chunks += 1;
        if chunk.last {
            let answer = format!("{} MiB in {chunks} chunks", bytes / MIB);
            socket.send(&*answer).await?;
        }
    }
    Ok(())
}
