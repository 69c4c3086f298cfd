//! `client-support`, `client-support-v2`: what the test suites of socket.io-client 4 and 2 talk to. The
//! namespaces and who is let into them are here, what the main one answers is in `events`.

mod events;
mod shake;

use siox::{Ack, ConnectError, Namespace, Recovery, SendError, Server, Socket, front::Admission};
use std::time::Duration;

/// By how much each handshake is delayed: clients that do not wait for it at all must notice.
const DELAY: Duration = Duration::from_millis(10);

/// `v2`: for clients of Engine.IO v3, and without recovery.
pub(crate) fn server(v2: bool) -> std::io::Result<Server> {
    let builder = Server::builder()
        .allow_eio3(v2)
        .ping_interval(Duration::from_secs(2))
        .ping_timeout(Duration::from_secs(20))
        .max_payload(1_000_000)
        .allow_request_later(|_| async {
            tokio::time::sleep(DELAY).await;
            Admission::Granted
        });
    let builder = match v2 {
        true => builder,
        false => builder.recovery(Recovery::default()),
    };
    let io = builder.build()?;
    let main = io.namespace("/");
    main.middleware(|socket: Socket| match shake::query(&socket).get("fail") {
        Some(fail) if !fail.is_empty() => Err(ConnectError::new("Auth failed (main namespace)")),
        Some(_) | None => Ok(()),
    });
    events::answer(&main);
    get_id(&io.namespace("/foo"));
    for name in ["/timeout_socket", "/valid", "/asd"] {
        io.namespace(name);
    }
    io.namespace("/abc")
        .on_connect(|socket: Socket| socket.emit("handshake", &shake::Handshake::of(&socket)));
    io.namespace("/no")
        .middleware(|_: Socket| Err::<(), _>(ConnectError::new("Auth failed (custom namespace)")));
    Ok(io)
}

fn get_id(namespace: &Namespace) {
    namespace.on(
        "getId",
        |socket: Socket, ack: Ack| -> Result<(), SendError> { ack.send(socket.id()) },
    );
}
