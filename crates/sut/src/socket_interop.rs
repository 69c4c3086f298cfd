//! `sio-interop` and `sio-interop-msgpack`: what our own interop tests ask of a server: events and acknowledgements both ways,
//! rooms, refusals, and a flood that spans an upgrade.

use siox::{
    Ack, AckError, Args, Auth, BoxError, Builder, ConnectError, Data, MessagePack, Namespace,
    Recovery, SendError, Server, Socket, State, Value,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What each socket has sent as `number`, by socket id.
#[derive(Clone, Default)]
struct Numbers(Arc<Mutex<BTreeMap<String, Tally>>>);

#[derive(Clone, Copy)]
struct Tally {
    count: u64,
    ordered: bool,
    last: i64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            count: 0,
            ordered: true,
            last: -1,
        }
    }
}

impl Numbers {
    fn with<R>(&self, id: &str, f: impl FnOnce(&mut Tally) -> R) -> R {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f(all.entry(id.to_owned()).or_default())
    }

    fn remove(&self, id: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }
}

pub(crate) fn server(recovery: bool) -> std::io::Result<Server> {
    let builder = Server::builder().allow_eio3(true);
    serve(match recovery {
        true => builder.recovery(Recovery::default()),
        false => builder,
    })
}

pub(crate) fn msgpack() -> std::io::Result<Server> {
    let parser = MessagePack {
        revision4: true,
        ..MessagePack::default()
    };
    serve(Server::builder().allow_eio3(true).parser(parser))
}

fn serve(builder: Builder) -> std::io::Result<Server> {
    let io = builder.state(Numbers::default()).build()?;
    for name in ["/", "/custom"] {
        let namespace = io.namespace(name);
        echoes(&namespace);
        rooms(&namespace);
        floods(&namespace);
    }
    private(&io.namespace("/private"));
    Ok(io)
}

fn echoes(namespace: &Namespace) {
    namespace.on("echo", |socket: Socket, args: Args, ack: Ack| {
        if ack.is_wanted() {
            ack.relay(&args)
        } else {
            socket.relay("echo", &args)
        }
    });
    namespace.on("ask", async |socket: Socket, args: Args, ack: Ack| {
        let all = args.to_value();
        let name = all
            .at(0)
            .and_then(|v| v.as_str().map(std::borrow::Cow::into_owned))
            .unwrap_or_default();
        let rest = Rest(
            all.items()
                .skip(1)
                .map(siox_socketio::View::to_value)
                .collect(),
        );
        let answer = socket.emit_with_ack_args(&name, &rest, None).await?;
        ack.relay(&answer).map_err(AckError::Send)
    });
    namespace.on(
        "ask-timeout",
        async |socket: Socket, Data(ms): Data<u64>, ack: Ack| {
            let timeout = Duration::from_millis(ms);
            match socket
                .emit_with_ack::<Value>("never-answered", &(), Some(timeout))
                .await
            {
                Err(AckError::Timeout) => ack.send("timeout").map_err(BoxError::from),
                Ok(_) => ack.send("answered").map_err(BoxError::from),
                Err(e) => Err(e.into()),
            }
        },
    );
    namespace.on(
        "disconnect-me",
        |socket: Socket, Data(close): Data<Option<bool>>| {
            if close == Some(true) {
                socket.close();
            } else {
                socket.disconnect();
            }
        },
    );
}

/// Several arguments, their number known at run time.
struct Rest(Vec<Value>);

impl serde::Serialize for Rest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple;
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for value in &self.0 {
            tuple.serialize_element(value)?;
        }
        tuple.end()
    }
}

fn rooms(namespace: &Namespace) {
    namespace.on(
        "join",
        |socket: Socket, Data(room): Data<String>, ack: Ack| -> Result<(), BoxError> {
            socket.join(&room)?;
            Ok(ack.send(&())?)
        },
    );
    namespace.on(
        "leave",
        |socket: Socket, Data(room): Data<String>, ack: Ack| {
            socket.leave(&room);
            ack.send(&())
        },
    );
    namespace.on("rooms", |socket: Socket, ack: Ack| {
        let rooms = socket.rooms().into_iter().filter(|r| r != socket.id());
        ack.send(&rooms.collect::<Vec<_>>())
    });
    namespace.on("present", |namespace: Namespace, ack: Ack| {
        ack.send(&namespace.sockets().len())
    });
    namespace.on(
        "say",
        |socket: Socket, Data((room, data)): Data<(String, Value)>| {
            socket.to(room).emit("said", &data)
        },
    );
    namespace.on(
        "say-all",
        |namespace: Namespace, Data(data): Data<Value>| namespace.emit("said", &data),
    );
    namespace.on(
        "say-except",
        |namespace: Namespace, Data((room, data)): Data<(String, Value)>| {
            namespace.except(room).emit("said", &data)
        },
    );
}

fn floods(namespace: &Namespace) {
    namespace.on("flood", async |socket: Socket, Data(n): Data<u64>| {
        // Thirty batches, ten milliseconds apart: long enough to span an upgrade.
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        let batch = n.div_ceil(30).max(1);
        for i in 0..n {
            if i % batch == 0 {
                tick.tick().await;
            }
            socket.emit("number", &i)?;
        }
        Ok::<(), SendError>(())
    });
    namespace.on(
        "number",
        |socket: Socket, State(numbers): State<Numbers>, Data(i): Data<i64>| {
            numbers.with(socket.id(), |tally| {
                tally.ordered &= i == tally.last + 1;
                tally.count += 1;
                tally.last = i;
            });
        },
    );
    namespace.on(
        "report",
        |socket: Socket, State(numbers): State<Numbers>, ack: Ack| {
            let tally = numbers.with(socket.id(), |tally| *tally);
            ack.send(&Report {
                count: tally.count,
                ordered: tally.ordered,
                last: tally.last,
            })
        },
    );
    namespace.on_disconnect(|socket: Socket, State(numbers): State<Numbers>| {
        numbers.remove(socket.id());
    });
}

#[derive(serde::Serialize)]
struct Report {
    count: u64,
    ordered: bool,
    last: i64,
}

#[derive(serde::Deserialize)]
struct Token {
    token: Option<String>,
}

#[derive(serde::Serialize)]
struct Why {
    code: u16,
    realm: &'static str,
}

fn private(namespace: &Namespace) {
    namespace.middleware(|Auth(auth): Auth<Token>| match auth.token.as_deref() {
        Some("secret") => Ok(()),
        _ => Err(ConnectError::new("not authorised").with_data(&Why {
            code: 401,
            realm: "private",
        })),
    });
    namespace.on(
        "whoami",
        |socket: Socket, ack: Ack| -> Result<(), BoxError> {
            let auth: Value = socket.auth().parse()?;
            Ok(ack.send(&auth)?)
        },
    );
}
