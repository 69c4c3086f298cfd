//! web-socket. It has no handshake; siox-websocket's functions make it.

use super::Failure;
use siox_websocket::handshake::{HeadReader, server::Offer};
use siox_wire::{Input, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use web_socket::{Event, WebSocket};

pub(super) async fn echo(mut stream: TcpStream) -> Result<(), Failure> {
    let mut reader = HeadReader::new(16 * 1024);
    let mut bytes = [0; 1024];
    let head = loop {
        let n = stream.read(&mut bytes).await?;
        if n == 0 {
            return Err("the end before a request".into());
        }
        let mut input = Input::new(Instant::EPOCH, &mut bytes[..n]);
        if let Some(head) = reader.handle_input(&mut input)? {
            break head;
        }
    };
    let answer = {
        let (_, offer) = Offer::parse(&head)?;
        offer.accept()?.response(&[]).map_err(|_| "headers")?
    };
    stream.write_all(&answer).await?;
    let mut socket = WebSocket::server(BufReader::new(stream));
    loop {
        match socket.recv().await? {
            Event::Data { data, .. } => socket.send(&*data).await?,
            Event::Ping(data) => socket.send_pong(data).await?,
            Event::Pong(_) => {}
            Event::Error(_) | Event::Close { .. } => return Ok(()),
        }
    }
}
