//! `bench`: the Socket.IO application that benchmarks load. Every peer of ours serves the same one.

use serde::{Deserialize, Serialize};
use siox::{
    Ack, ArgsRef, Borrowing, BoxError, Data, Namespace, SendError, Server, Socket, Value, borrowing,
};

/// The argument of `techo`: what the generator's event of 1 KiB carries, in its order. Its strings are without escapes.
#[derive(Debug, Serialize, Deserialize)]
struct Order<'a> {
    customer: &'a str,
    id: u64,
    #[serde(borrow)]
    items: Vec<Item<'a>>,
    paid: bool,
    total: f64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Item<'a> {
    name: &'a str,
    price: f64,
    sku: u64,
    #[serde(borrow)]
    tags: Vec<&'a str>,
}

impl Borrowing for Order<'static> {
    type Of<'a> = Order<'a>;
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
        root.on(event, move |socket: Socket, args: ArgsRef<'_>| {
            socket.relay(event, args)
        });
    }
    root.on(
        "techo",
        borrowing::<Order<'_>, _>(|socket: Socket, order: Order<'_>| socket.emit("techo", &order)),
    );
    root.on("decho", |socket: Socket, Data(value): Data<Value>| {
        socket.emit("decho", &value)
    });
    root.on("ack", |ack: Ack, args: ArgsRef<'_>| ack.relay(args));
}

fn rooms(root: &Namespace) {
    root.on(
        "join",
        |socket: Socket, Data(room): Data<String>, ack: Ack| -> Result<(), BoxError> {
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
