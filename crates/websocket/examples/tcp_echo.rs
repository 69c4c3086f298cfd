//! A blocking echo server for one connection on `std::net`: what a runtime does, and nothing else.
//!
//! `cargo run -p siox-websocket --example tcp_echo`, then connect a WebSocket client to the address
//! that it prints. Each turn shows the bytes in and out.

use siox_websocket::{
    Connection, Event, Limits,
    handshake::server::{AcceptOptions, Handshake},
};
use siox_wire::{Input, Instant, Message};
use std::{
    error::Error,
    io::{self, ErrorKind, IoSlice, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    time::{Duration, Instant as Clock},
};

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on ws://{}/", listener.local_addr()?);
    let (stream, peer) = listener.accept()?;
    println!("{peer} connected");
    serve(stream)
}

/// Serves one client until it has gone.
pub(crate) fn serve(mut stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let start = Clock::now();
    let now = || Instant::EPOCH.after(start.elapsed());
    let mut scratch = vec![0; 64 * 1024];
    let options = AcceptOptions {
        limits: Arc::new(Limits {
            ping_interval: Some(Duration::from_secs(20)),
            pong_timeout: Some(Duration::from_secs(20)),
            ..Limits::server()
        }),
        ..AcceptOptions::default()
    };

    // The opening handshake. What came behind the head belongs to the connection.
    let mut handshake = Handshake::new(&options);
    stream.set_read_timeout(Some(options.handshake))?;
    let (accepted, mut behind) = loop {
        let n = stream.read(&mut scratch)?;
        let mut input = Input::new(now(), &mut scratch[..n]);
        match handshake.handle_input(&mut input) {
            Ok(Some(accepted)) => break (accepted, input.take_all().to_vec()),
            Ok(None) if n == 0 => return Ok(()),
            Ok(None) => {}
            Err(rejected) => {
                println!("refused: {}", rejected.error);
                stream.write_all(&rejected.answer)?;
                return Ok(());
            }
        }
    };
    stream.write_all(&accepted.answer)?;
    let mut socket = accepted.connection;
    if let Err(error) = take(&mut socket, Input::new(now(), &mut behind)) {
        println!("failed: {error}");
    }
    loop {
        flush(&mut socket, &mut stream)?;
        if socket.is_finished() {
            return Ok(());
        }
        // Wait for bytes no longer than the machine allows.
        let wait = socket.poll_timeout().map(|by| by.since(now()));
        stream.set_read_timeout(wait.map(|w| w.max(Duration::from_millis(1))))?;
        let result = match stream.read(&mut scratch) {
            Ok(0) => socket.handle_eof(now()).map(|_| ()),
            Ok(n) => {
                println!("{n} bytes in");
                take(&mut socket, Input::new(now(), &mut scratch[..n]))
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                socket.handle_timeout(now()).map(|_| ())
            }
            Err(e) => return Err(e.into()),
        };
        // The close frame that is owed is queued: go on until it is written.
        if let Err(error) = result {
            println!("failed: {error}");
        }
    }
}

/// Echoes the messages in `input`.
fn take(socket: &mut Connection, mut input: Input<'_>) -> Result<(), siox_websocket::Error> {
    while let Some(event) = socket.handle_input(&mut input)? {
        let sent = match event {
            Event::Message(Message::Text(text)) => socket.text(&text),
            Event::Message(Message::Binary(bytes)) => socket.binary(bytes.into_owned().into()),
            Event::Chunk(_) | Event::Ping(_) | Event::Pong(_) => Ok(()),
            Event::Close(close) => {
                println!("closed by the peer: {close:?}");
                Ok(())
            }
        };
        if let Err(error) = sent {
            println!("not echoed: {error}");
        }
    }
    Ok(())
}

/// Writes all that is queued.
fn flush(socket: &mut Connection, stream: &mut TcpStream) -> io::Result<()> {
    while socket.queued() > 0 {
        let slices: Vec<_> = socket.poll_transmit().map(IoSlice::new).collect();
        let n = stream.write_vectored(&slices)?;
        println!("{n} bytes out");
        socket.handle_written(n);
    }
    Ok(())
}
