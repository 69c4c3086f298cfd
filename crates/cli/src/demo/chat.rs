//! The chat on Socket.IO: events in, the rules of `rooms.rs`, events out. The protocol is in the
//! README of this crate.
//!
//! Everything is sent while the rooms are locked: so all members of a room see one order, and the
//! history a newcomer gets ends exactly where what is sent to it begins.

use super::rooms::{Join, Joined, Left, Message, Refusal, Rooms, Said, file_name};
use serde::Serialize;
use siox::{Ack, BoxError, Bytes, Data, Namespace, Server, Socket};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

/// What an acknowledgement carries.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Entered {
        ok: bool,
        name: String,
        room: String,
        members: Vec<String>,
        history: Vec<Message>,
    },
    Accepted {
        ok: bool,
        at: u64,
    },
    Left {
        ok: bool,
    },
    Refused {
        error: String,
    },
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::Refused {
            error: refusal.to_string(),
        }
    }
}

#[derive(Serialize)]
struct News {
    text: String,
    at: u64,
}

#[derive(Serialize)]
struct Picture {
    author: String,
    name: String,
    mime: String,
    bytes: Bytes,
    at: u64,
}

#[derive(Serialize)]
struct Typing<'a> {
    name: &'a str,
    typing: bool,
}

/// The arguments of `picture`: the file's name, its type, its bytes.
type File = (String, String, Bytes);

/// The state the handlers share.
#[derive(Clone)]
struct Chat(Arc<Mutex<Rooms<String>>>);

/// Registers the chat's handlers.
pub(crate) fn register(io: &Server) {
    let main = io.namespace("/");
    let chat = Chat(Arc::new(Mutex::new(Rooms::new())));
    let c = chat.clone();
    main.on(
        "join",
        move |s: Socket, Data(wish): Data<Join>, ack: Ack| c.join(&s, &wish, ack),
    );
    let c = chat.clone();
    main.on("leave", move |s: Socket, ack: Ack| {
        c.leave(&s)
            .and_then(|()| send(ack, &Answer::Left { ok: true }))
    });
    let c = chat.clone();
    main.on(
        "message",
        move |s: Socket, Data(text): Data<String>, ack: Ack| c.message(&s, &text, ack),
    );
    let c = chat.clone();
    main.on(
        "picture",
        move |s: Socket, Data(file): Data<File>, ack: Ack| c.picture(&s, file, ack),
    );
    let c = chat.clone();
    main.on("typing", move |s: Socket, Data(typing): Data<bool>| {
        c.typing(&s, typing)
    });
    main.on_disconnect(move |s: Socket| chat.leave(&s));
}

impl Chat {
    fn rooms(&self) -> MutexGuard<'_, Rooms<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, socket: &Socket, wish: &Join, ack: Ack) -> Result<(), BoxError> {
        let id = socket.id().to_owned();
        let mut rooms = self.rooms();
        let joined = match rooms.join(&id, wish) {
            Ok(joined) => joined,
            Err(refusal) => return send(ack, &refusal.into()),
        };
        let Joined {
            name,
            room,
            members,
            history,
            left,
            replaced,
        } = joined;
        if let Some(left) = left {
            gone(&mut rooms, socket, &left)?;
        }
        if let Err(error) = socket.join(&channel(&room)) {
            rooms.leave(&id);
            return Err(error.into());
        }
        match replaced {
            Some(lost) => evict(&socket.namespace(), &lost, &room),
            None => {
                let others = socket.to(channel(&room));
                others.emit(
                    "system",
                    &News {
                        text: format!("{name} joined"),
                        at: rooms.at(now()),
                    },
                )?;
                others.emit("members", &members)?;
            }
        }
        send(
            ack,
            &Answer::Entered {
                ok: true,
                name,
                room,
                members,
                history,
            },
        )
    }

    /// On request, or after the connection ended.
    fn leave(&self, socket: &Socket) -> Result<(), BoxError> {
        let mut rooms = self.rooms();
        match rooms.leave(&socket.id().to_owned()) {
            Some(left) => gone(&mut rooms, socket, &left),
            None => Ok(()),
        }
    }

    fn message(&self, socket: &Socket, text: &str, ack: Ack) -> Result<(), BoxError> {
        let mut rooms = self.rooms();
        match rooms.message(&socket.id().to_owned(), text, now()) {
            Ok((room, message)) => {
                socket.to(channel(&room)).emit("message", &message)?;
                send(
                    ack,
                    &Answer::Accepted {
                        ok: true,
                        at: message.at,
                    },
                )
            }
            Err(refusal) => send(ack, &refusal.into()),
        }
    }

    fn picture(
        &self,
        socket: &Socket,
        (name, mime, bytes): File,
        ack: Ack,
    ) -> Result<(), BoxError> {
        let mut rooms = self.rooms();
        match rooms.picture(&socket.id().to_owned(), &mime, bytes.len(), now()) {
            Ok(Said { author, room, at }) => {
                let picture = Picture {
                    author,
                    name: file_name(&name),
                    mime,
                    bytes,
                    at,
                };
                socket.to(channel(&room)).emit("picture", &picture)?;
                send(ack, &Answer::Accepted { ok: true, at })
            }
            Err(refusal) => send(ack, &refusal.into()),
        }
    }

    fn typing(&self, socket: &Socket, typing: bool) -> Result<(), BoxError> {
        let rooms = self.rooms();
        if let Some((name, room)) = rooms.seat(&socket.id().to_owned()) {
            socket
                .to(channel(room))
                .emit("typing", &Typing { name, typing })?;
        }
        Ok(())
    }
}

fn send(ack: Ack, answer: &Answer) -> Result<(), BoxError> {
    Ok(ack.send(answer)?)
}

/// Tells a room who left it.
fn gone(rooms: &mut Rooms<String>, socket: &Socket, left: &Left) -> Result<(), BoxError> {
    let room = channel(&left.room);
    socket.leave(&room);
    let others = socket.to(room);
    others.emit(
        "system",
        &News {
            text: format!("{} left", left.name),
            at: rooms.at(now()),
        },
    )?;
    Ok(others.emit("members", &left.members)?)
}

/// Takes a lost connection, whose page has come back on another, out of its room.
fn evict(namespace: &Namespace, lost: &str, room: &str) {
    if let Some(socket) = namespace
        .sockets()
        .into_iter()
        .find(|socket| socket.id() == lost)
    {
        socket.leave(&channel(room));
    }
}

/// The Socket.IO room of a room of the chat: apart from the rooms that sockets have for themselves.
fn channel(room: &str) -> String {
    format!("chat:{room}")
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
