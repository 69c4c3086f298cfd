//! A client and a server in memory: opened by polling, a message each way, closed. No network, no clock.
//!
//! Run with `cargo run -p siox-engineio --example client`.

use bytes::Bytes;
use siox_engineio::{
    Client, ClientConfig, ClientEvent, Config, Decision, Event, Method, Outgoing, Payload, Request,
    Response, Route, Session, Sid, Transport,
};
use siox_wire::{Admit, Instant, Lead, SendError, Shared, Sink};
use std::{error::Error, sync::Arc};

/// Stands for the WebSocket that this example never opens.
struct NoSocket;

impl Sink for NoSocket {
    fn admit(&self, _: Admit) -> Result<(), SendError> {
        Err(SendError::Closed)
    }
    fn put_text(&mut self, _: &[&[u8]]) {}
    fn put_binary(&mut self, _: &[u8], _: Bytes) {}
    fn put_shared(&mut self, _: &Arc<Shared>, _: Lead) {}
}

/// Stands for an HTTP server with one session, which echoes.
struct Server {
    config: Arc<Config>,
    session: Option<Session>,
}

impl Server {
    fn serve(
        &mut self,
        now: Instant,
        method: Method,
        query: &str,
        body: &[u8],
    ) -> Option<Response> {
        let request = Request::new(method, query);
        match (Route::check(&self.config, &request), &mut self.session) {
            (Err(code), _) => Some(code.response()),
            (Ok(Route::Open(handshake)), _) => {
                // A server draws these bytes from the system's generator.
                let sid = Sid::from_random(b"not very random");
                let config = Arc::clone(&self.config);
                let (session, response) = Session::polling_for(now, config, sid, &handshake);
                self.session = Some(session);
                Some(response)
            }
            (Ok(Route::Session(_)), Some(session)) => match session.handle_request(now, &request) {
                Decision::Answer(response) => Some(response),
                Decision::Body { lane, .. } => {
                    let mut body = body.to_vec();
                    let mut payload = Payload::new(&mut body);
                    let result = loop {
                        match session.handle_body(now, lane, &mut payload) {
                            Ok(Some(Event::Message(message))) => {
                                let mut out = session.sink(None::<&mut NoSocket>);
                                out.put_text(&[b"echo of ", message.as_bytes()]);
                            }
                            Ok(Some(_)) => {}
                            Ok(None) => break Ok(()),
                            Err(error) => break Err(error),
                        }
                    };
                    Some(session.finish_post(lane, result))
                }
                // A server would keep the poll; here the client simply has to wait.
                Decision::Park(_) | Decision::Upgrade(_) => None,
            },
            (Ok(Route::Session(_)), None) => None,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let now = Instant::from_millis(0);
    let mut server = Server {
        config: Arc::new(Config::default()),
        session: None,
    };
    let mut client = Client::new(
        now,
        Arc::new(ClientConfig {
            transports: vec![Transport::Polling],
            ..ClientConfig::default()
        }),
    );
    let mut out = client.sink(None::<&mut NoSocket>);
    out.admit(Admit::Normal)?;
    out.put_text(&[b"hello"]);

    // The last request first, so that a POST is served before the poll that fetches its echo.
    let mut requests = Vec::new();
    loop {
        while let Some(event) = client.handle_timeout(now, None::<&mut NoSocket>) {
            println!("client: {event:?}");
        }
        while let Some(outgoing) = client.poll_request(now) {
            requests.push(outgoing);
        }
        let Some(outgoing) = requests.pop() else {
            return Ok(());
        };
        let (lane, method, query, body) = match outgoing {
            Outgoing::Get { lane, query, .. } => (lane, Method::Get, query, Vec::new()),
            Outgoing::Post {
                lane, query, body, ..
            } => (
                lane,
                Method::Post,
                query,
                body.into_iter().flatten().collect(),
            ),
            Outgoing::Socket { .. } => return Err("only polling was asked for".into()),
        };
        if !client.wants(lane) {
            continue;
        }
        println!("{method:?} ?{query} {}", String::from_utf8_lossy(&body));
        let response = server.serve(now, method, &query, &body);
        let response = response.ok_or("the server has nothing to say yet")?;
        let mut body: Vec<u8> = response.body.iter().flatten().copied().collect();
        println!("  {} {}", response.status, String::from_utf8_lossy(&body));
        let content_type = response.content_type.as_str().as_bytes();
        client.handle_response(now, lane, response.status, Some(content_type))?;
        if method == Method::Get {
            let mut payload = Payload::new(&mut body);
            while let Some(event) = client.handle_body(now, lane, &mut payload)? {
                println!("client: {event:?}");
                if let ClientEvent::Message(_) = event {
                    client.close(now);
                }
            }
        }
        client.handle_done(now, lane);
    }
}
