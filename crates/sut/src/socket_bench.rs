//! `bench`: the Socket.IO application that benchmarks load. Every peer of ours serves the same one.

use serde::{Deserialize, Serialize};
use siox::{Ack, Args, Data, Namespace, SendError, Server, Socket, Value};

/// The argument of `techo`: what the generator's event of 1 KiB carries, in its order.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    customer: String,
    id: u64,
    items: Vec<Item>,
    paid: bool,
    total: f64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Item {
    name: String,
    price: f64,
    sku: u64,
    tags: Vec<String>,
}

pub(crate) fn server() -> Server {
    let io = Server::new();
    let root = io.namespace("/");
    echoes(&root);
    rooms(&root);
    io
}

/// One echo for each way to take arguments: passed through, typed, as a dynamic value.
fn echoes(root: &Namespace) {
    for event in ["echo", "becho"] {
        root.on(event, move |socket: Socket, args: Args| {
            socket.relay(event, &args)
        });
    }
    root.on("techo", |socket: Socket, Data(order): Data<Order>| {
        socket.emit("techo", &order)
    });
    root.on("decho", |socket: Socket, Data(value): Data<Value>| {
        socket.emit("decho", &value)
    });
    root.on("ack", |args: Args, ack: Ack| ack.relay(&args));
}

fn rooms(root: &Namespace) {
    root.on(
        "join",
        |socket: Socket, Data(room): Data<String>, ack: Ack| -> Result<(), siox::BoxError> {
            socket.join(&room)?;
            Ok(ack.send(&())?)
        },
    );
    root.on(
        "shout",
        |root: Namespace, Data((room, payload)): Data<(String, Value)>| -> Result<(), SendError> {
            root.to(room).emit("shout", &payload)
        },
    );
}
