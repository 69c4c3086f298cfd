//! `sio-v5`, `sio-v4`, `sio-v5-msgpack`: the echo server that the Socket.IO protocol's test suites talk to.

use crate::Heartbeat;
use siox::{Ack, AckError, Args, BoxError, Builder, MessagePack, Namespace, Server, Socket, Value};
use std::time::Duration;

/// `eio3`: whether clients of revision 4 are served too.
pub(crate) fn server(eio3: bool, heartbeat: Heartbeat) -> std::io::Result<Server> {
    serve(Server::builder().allow_eio3(eio3), heartbeat, "{}")
}

pub(crate) fn msgpack() -> std::io::Result<Server> {
    // Its suite wants to hear `null` where a client gave no credentials.
    let builder = Server::builder().parser(MessagePack::default());
    serve(builder, Heartbeat::default(), "null")
}

/// `nobody`: what is told of a client without credentials, in JSON.
fn serve(builder: Builder, heartbeat: Heartbeat, nobody: &'static str) -> std::io::Result<Server> {
    let (interval, timeout) = heartbeat.or(Duration::from_millis(300), Duration::from_millis(200));
    let io = builder
        .ping_interval(interval)
        .ping_timeout(timeout)
        .max_payload(1_000_000)
        .connect_timeout(Duration::from_secs(1))
        .build()?;
    echo(&io.namespace("/"), nobody);
    echo(&io.namespace("/custom"), nobody);
    Ok(io)
}

fn echo(namespace: &Namespace, nobody: &'static str) {
    namespace.on_connect(move |socket: Socket| -> Result<(), BoxError> {
        let auth = match socket.auth() {
            "{}" => nobody,
            auth => auth,
        };
        let auth: Value = auth.parse()?;
        Ok(socket.emit("auth", &auth)?)
    });
    namespace.on("message", |socket: Socket, args: Args| {
        socket.relay("message-back", &args)
    });
    namespace.on("message-with-ack", |args: Args, ack: Ack| ack.relay(&args));
    namespace.on("emit-with-ack", async |socket: Socket, args: Args| {
        let answer = socket.relay_with_ack("emit-with-ack", &args, None).await?;
        socket
            .relay("emit-with-ack", &answer)
            .map_err(AckError::Send)
    });
}
