//! A server that sends every message back, and a client of it: `cargo run -p siox-tcp --example echo`.

use siox_tcp::{CloseCode, Limits, Message, Options};
use std::{net::TcpListener, sync::Arc, thread};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}/", listener.local_addr()?);
    thread::spawn(move || {
        let limits = Arc::new(Limits::default());
        siox_tcp::serve(&listener, &limits, 100, |socket| {
            let end = socket.run(|connection, message| match message {
                Message::Text(text) => connection.text(&text),
                Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
            });
            if let Err(e) = end {
                eprintln!("{e}");
            }
        })
    });

    let mut socket = siox_tcp::connect(&url, &Options::default())?;
    for text in ["one", "two", "three"] {
        socket.queue(text)?;
    }
    for _ in 0..3 {
        match socket.read()? {
            Some(Message::Text(text)) => println!("{text}"),
            other => println!("{other:?}"),
        }
    }
    socket.close(CloseCode::NORMAL, "done")?;
    Ok(())
}
