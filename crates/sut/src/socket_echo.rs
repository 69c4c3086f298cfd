//! `sio-v5`, `sio-v4`: the echo server that the Socket.IO protocol's test suites talk to.

use siox::{Ack, AckError, Args, BoxError, Namespace, Server, Socket, Value};
use std::time::Duration;

/// `eio3`: whether clients of revision 4 are served too.
pub(crate) fn server(eio3: bool) -> std::io::Result<Server> {
    let io = Server::builder()
        .allow_eio3(eio3)
        .ping_interval(Duration::from_millis(300))
        .ping_timeout(Duration::from_millis(200))
        .max_payload(1_000_000)
        .connect_timeout(Duration::from_secs(1))
        .build()?;
    echo(&io.namespace("/"));
    echo(&io.namespace("/custom"));
    Ok(io)
}

fn echo(namespace: &Namespace) {
    namespace.on_connect(|socket: Socket| -> Result<(), BoxError> {
        let auth: Value = socket.auth().parse()?;
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
