//! A client that sends what it reads and prints what it hears, at the same time:
//! `cargo run -p siox-tcp --features tls --example client wss://echo.example/ [PROXY]`.
//!
//! The proxy is `http://[USER:PASSWORD@]HOST[:PORT]` or `socks5://…`.

use siox_tcp::{CloseCode, Error, MaybeTls, Message, Options, Receiver};
use std::{env, io, thread};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = env::args().skip(1);
    let url = words.next().unwrap_or("ws://127.0.0.1:9001/".to_owned());
    let options = Options {
        proxy: words.next().map(|proxy| proxy.parse()).transpose()?,
        ..Options::default()
    };
    let (sender, receiver) = siox_tcp::connect(&url, &options)?.split();
    let hearing = thread::spawn(move || print(receiver));
    for line in io::stdin().lines() {
        sender.send(&*line?)?;
    }
    sender.close(CloseCode::NORMAL, "")?;
    hearing.join().map_err(|_| "the receiver panicked")??;
    Ok(())
}

fn print(mut receiver: Receiver<MaybeTls>) -> Result<(), Error> {
    while let Some(message) = receiver.read()? {
        match message {
            Message::Text(text) => println!("{text}"),
            Message::Binary(bytes) => println!("{} bytes", bytes.len()),
        }
    }
    Ok(())
}
