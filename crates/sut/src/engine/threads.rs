//! On threads and blocking sockets.

use super::{Engine, Reply, headers};
use siox_engineio::Method;
use siox_tcp::{
    SendError,
    engine::{Event, Handler, Server, Socket},
};
use std::{
    collections::BTreeMap,
    io,
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The headers of the last POST of each session, by its id.
type Posts = Arc<Mutex<BTreeMap<String, String>>>;

pub(super) fn serve(listener: &TcpListener, engine: Engine) -> io::Result<()> {
    let engine = Arc::new(engine);
    let posts = Posts::default();
    let (admits, dresses, keeps) = (engine.clone(), engine.clone(), posts.clone());
    let server = Server::builder()
        .config(engine.config())
        .allow_request(move |about| admits.admit(about))
        .initial_headers(move |_, _, fields| dresses.initial_headers(fields))
        .headers(move |sid, about, _| {
            if about.method == Method::Post {
                lock(&keeps).insert(sid.as_str().to_owned(), headers(about));
            }
        })
        .build()
        .map_err(io::Error::other)?;
    server.serve_handler(listener, Answers { engine, posts })
}

fn lock(posts: &Posts) -> MutexGuard<'_, BTreeMap<String, String>> {
    posts.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Answers {
    engine: Arc<Engine>,
    posts: Posts,
}

impl Handler for Answers {
    fn opened(&self, socket: &Socket) {
        if let Some(greeting) = self.engine.greeting() {
            // What a client that has gone misses, its last event tells.
            let _ = socket.send(greeting);
        }
    }

    fn event(&self, socket: &Socket, event: Event<'_>) {
        let sid = socket.sid().as_str();
        match event {
            Event::Message(message) => {
                let headers = || lock(&self.posts).get(sid).cloned().unwrap_or_default();
                // As above.
                let _ = act(socket, self.engine.reply(message, headers));
            }
            Event::Heartbeat | Event::Upgrading | Event::Upgraded => {}
            Event::Closed(reason) => {
                lock(&self.posts).remove(sid);
                self.engine.has_ended(sid, reason);
            }
        }
    }
}

fn act(socket: &Socket, reply: Reply) -> Result<(), SendError> {
    match reply {
        Reply::Send(message) => socket.send(message),
        Reply::Count(count) => (0..count).try_for_each(|n| socket.send(&*n.to_string())),
        Reply::Close => {
            socket.close();
            Ok(())
        }
    }
}
