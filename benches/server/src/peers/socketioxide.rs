//! socketioxide in axum.

use super::Failure;
use axum::{Router, serve::ListenerExt};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
};
use tokio::net::TcpListener;

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

pub(super) async fn serve(listener: TcpListener) -> Result<(), Failure> {
    let (layer, io) = SocketIo::new_layer();
    io.ns("/", async |socket: SocketRef| connected(&socket));
    let app = Router::new().layer(layer);
    let listener = listener.tap_io(|stream| {
        // What it cannot be set on is gone already.
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, app).await }).await??;
    Ok(())
}

/// It has async handlers only. An answer that is lost is missed by the generator.
fn connected(socket: &SocketRef) {
    socket.on("echo", async |s: SocketRef, Data::<Value>(value)| {
        s.emit("echo", &value).ok();
    });
    socket.on("becho", async |s: SocketRef, Data::<Bytes>(data)| {
        s.emit("becho", &data).ok();
    });
    socket.on("techo", async |s: SocketRef, Data::<Order>(order)| {
        s.emit("techo", &order).ok();
    });
    socket.on("decho", async |s: SocketRef, Data::<Value>(value)| {
        s.emit("decho", &value).ok();
    });
    socket.on("ack", async |Data::<Value>(value), ack: AckSender| {
        ack.send(&value).ok();
    });
    socket.on(
        "join",
        async |s: SocketRef, Data::<String>(room), ack: AckSender| {
            s.join(room);
            ack.send(&()).ok();
        },
    );
    socket.on(
        "shout",
        async |s: SocketRef, Data::<(String, Value)>((room, payload))| {
            s.within(room).emit("shout", &payload).await.ok();
        },
    );
}
