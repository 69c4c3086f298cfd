//! A plain Engine.IO server with a ticket at the door, a cookie and pages of another origin; clients of
//! protocol 3 are served too. An echo for each client:
//! `cargo run -p siox-tokio --example engine_server`, then in Node with `engine.io-client`:
//! `const s = new Socket("ws://127.0.0.1:3000?ticket=7"); s.on("message", console.log); s.send("hello")`.

use siox_tokio::engine::{
    About, Admission, Config, Cookie, Cors, Event, Options, Origins, Server, Socket,
};
use std::{io, time::Duration};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}/engine.io/", listener.local_addr()?);
    serve(listener).await?;
    Ok(())
}

/// Serves for ever.
pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let config = Config {
        ping_interval: Duration::from_secs(10),
        allow_eio3: true,
        ..Config::default()
    };
    let options = Options {
        cors: Some(Cors {
            credentials: true,
            ..Cors::of(Origins::One("https://app.example".to_owned()))
        }),
        cookie: Some(Cookie::default()),
        ..Options::default()
    };
    let server = Server::builder()
        .config(config)
        .options(options)
        .allow_request_later(|about| {
            let ticket = ticket(about);
            async move {
                match ticket.as_deref() {
                    // A database would be asked here.
                    Some("7") => Admission::Granted,
                    Some(_) => Admission::forbidden("this ticket is used up"),
                    None => Admission::forbidden("a ticket is needed"),
                }
            }
        })
        .connection_error(|about, refused| {
            let from = about.address();
            eprintln!("{from:?} was refused: {}", refused.message());
        })
        .build()
        .map_err(io::Error::other)?;
    server.serve_with(listener, echo).await
}

fn ticket(about: &About<'_>) -> Option<String> {
    let (_, ticket) = siox_engineio::pairs(about.query).find(|(key, _)| key == "ticket")?;
    Some(ticket.into_owned())
}

async fn echo(socket: Socket) {
    while let Some(event) = socket.event().await {
        match event {
            Event::Message(message) => {
                // Where the client does not read, this waits, and so does whatever it sends.
                if socket.send(message).await.is_err() {
                    return;
                }
            }
            Event::Heartbeat | Event::Upgrading => {}
            Event::Upgraded => println!("a client goes on over its WebSocket"),
            Event::Closed(reason) => println!("a client has gone: {reason}"),
        }
    }
}
