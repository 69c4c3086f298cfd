//! One message larger than memory should be, written in fragments as it is read and counted in chunks as
//! it comes: `cargo run --release -p siox-tcp --example upload -- 1024` sends 1,024 MiB; without a number, 64.

use siox_tcp::{CloseCode, Limits, Message, Options};
use std::{
    env,
    io::{self, Read},
    net::TcpListener,
    sync::Arc,
    thread,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let megabytes: u64 = env::args().nth(1).map_or(Ok(64), |n| n.parse())?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}/upload", listener.local_addr()?);
    let server = thread::spawn(move || receive(&listener));

    let mut socket = siox_tcp::connect(&url, &Options::default())?;
    // A file would do as well.
    let mut source = io::repeat(b'x').take(megabytes << 20);
    let mut buffer = vec![0; 64 * 1024];
    socket.begin_binary()?;
    loop {
        match source.read(&mut buffer)? {
            0 => break,
            n => socket.write(&buffer[..n])?,
        }
    }
    socket.finish(&[])?;
    if let Some(Message::Text(answer)) = socket.read()? {
        println!("the server says: {answer}");
    }
    socket.close(CloseCode::NORMAL, "")?;
    server.join().map_err(|_| "the server panicked")??;
    Ok(())
}

/// Counts one message, and answers.
fn receive(listener: &TcpListener) -> Result<(), siox_tcp::Error> {
    let limits = Limits {
        streamed_message: 4 << 30,
        ..Limits::default()
    };
    let (stream, _) = listener.accept()?;
    let mut socket = siox_tcp::accept(stream, Arc::new(limits))?;
    let (mut bytes, mut chunks) = (0, 0);
    while let Some(chunk) = socket.read_chunk()? {
        bytes += chunk.data.as_bytes().len();
        chunks += 1;
        if chunk.last {
            socket.send(&*format!("{} MiB in {chunks} chunks", bytes >> 20))?;
        }
    }
    Ok(())
}
