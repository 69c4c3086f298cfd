//! No WebSocket at all: what any server on tokio must pay for the same bytes.

use super::Failure;
use crate::load::ANSWER;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(super) async fn echo(mut stream: TcpStream) -> Result<(), Failure> {
    let mut head = [0; 1024];
    if stream.read(&mut head).await? == 0 {
        return Ok(());
    }
    stream.write_all(ANSWER).await?;
    let mut buffer = Vec::with_capacity(64 * 1024);
    loop {
        buffer.clear();
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
        stream.write_all(&buffer).await?;
    }
}
