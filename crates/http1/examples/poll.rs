//! A polling client and a server talk in memory: an open poll, a POST, a pipelined request behind a
//! parked one, and an upgrade. Run it with `cargo run -p siox-http1 --example poll`.

use siox_http1::{
    Connection, Event, Limits, Method, Request, Response, ResponseHead, ResponseReader,
};
use siox_wire::{Input, Instant};
use std::{error::Error, sync::Arc};

/// The server's side, with the one answer it owes.
struct Server {
    connection: Connection,
    parked: bool,
}

impl Server {
    /// Feeds bytes as a runtime would, cut small to show that it does not matter.
    fn receive(&mut self, now: Instant, bytes: &mut [u8]) -> Result<(), Box<dyn Error>> {
        for piece in bytes.chunks_mut(10) {
            let mut input = Input::new(now, piece);
            while let Some(event) = self.connection.handle_input(&mut input)? {
                self.serve(now, event)?;
            }
        }
        Ok(())
    }

    fn serve(&mut self, now: Instant, event: Event<'_>) -> Result<(), Box<dyn Error>> {
        match event {
            Event::Request(head) => {
                println!(
                    "server: {:?} {} ?{}",
                    head.method(),
                    head.path(),
                    head.query()
                );
                match head.path() {
                    "/park" | "/ws" => self.parked = true,
                    _ if head.has_body() => self.connection.collect(now, 1000)?,
                    _ => self.answer(now, "ready")?,
                }
            }
            Event::Body(body) => {
                println!("server: a body of {} bytes", body.as_slice().len());
                self.answer(now, "ok")?;
            }
            Event::TooLarge { .. } => self.connection.respond(now, &Response::new(413))?,
        }
        Ok(())
    }

    fn answer(&mut self, now: Instant, text: &'static str) -> Result<(), Box<dyn Error>> {
        let response = Response {
            status: 200,
            headers: &[("Content-Type", "text/plain; charset=UTF-8")],
            body: &[text.into()],
        };
        self.connection.respond(now, &response)?;
        Ok(())
    }

    /// What a runtime would write to its socket.
    fn send(&mut self, now: Instant) -> Vec<u8> {
        let wire = self.connection.poll_transmit().collect::<Vec<_>>().concat();
        self.connection.handle_written(now, wire.len());
        wire
    }
}

fn show(head: &ResponseHead<'_>, rest: &[u8]) {
    println!(
        "client: {} {:?}",
        head.status(),
        String::from_utf8_lossy(rest)
    );
}

fn main() -> Result<(), Box<dyn Error>> {
    let (now, limits) = (Instant::from_micros(0), Arc::new(Limits::default()));
    let mut server = Server {
        connection: Connection::server(now, limits.clone()),
        parked: false,
    };
    let get = |target| Request {
        method: Method::Get,
        target,
        host: "a.example",
        headers: &[],
    };

    server.receive(now, &mut get("/poll?EIO=4").encode()?)?;
    let mut post = Request {
        method: Method::Post,
        headers: &[("Content-Length", "5")],
        ..get("/poll")
    }
    .encode()?;
    post.extend(b"hello");
    server.receive(now, &mut post)?;

    // The second waits until the first is answered.
    server.receive(now, &mut get("/park").encode()?)?;
    server.receive(now, &mut get("/next").encode()?)?;
    assert!(std::mem::take(&mut server.parked));
    server.answer(now, "late")?;
    while let Some(event) = server
        .connection
        .handle_input(&mut Input::new(now, &mut []))?
    {
        server.serve(now, event)?;
    }
    print!("{}", String::from_utf8(server.send(now))?);
    println!();

    // Bytes behind an upgrade are the next protocol's.
    let headers = [("Connection", "Upgrade"), ("Upgrade", "websocket")];
    let mut upgrade = Request {
        headers: &headers,
        ..get("/ws")
    }
    .encode()?;
    upgrade.extend(b"frames");
    server.receive(now, &mut upgrade)?;
    let held = server.connection.upgrade(&[("Upgrade", "websocket")])?;
    println!(
        "server: upgraded, {:?} goes on",
        String::from_utf8_lossy(&held)
    );

    let mut wire = server.send(now);
    assert!(server.connection.is_finished());
    let mut input = Input::new(now, &mut wire);
    let head = ResponseReader::new(limits).handle_input(&mut input)?;
    show(&head.ok_or("no head")?, input.peek());
    Ok(())
}
