//! Unix sockets, whole and in halves.

use siox_tcp::{CloseCode, Message, Options};
use std::{os::unix::net::UnixStream, sync::Arc, thread};

#[test]
fn an_echo_over_a_unix_socket() {
    let (server, client) = UnixStream::pair().unwrap();
    let server = thread::spawn(move || {
        let (sender, mut receiver) = siox_tcp::accept(server, Arc::default()).unwrap().split();
        while let Some(message) = receiver.read().unwrap() {
            sender.send(message).unwrap();
        }
    });
    let mut client = siox_tcp::open_on(client, "a", "/", &Options::default()).unwrap();
    for size in [0, 125, 70_000] {
        client.send(&*vec![1; size]).unwrap();
        assert_eq!(client.read().unwrap(), Some(Message::from(&*vec![1; size])));
    }
    client.close(CloseCode::NORMAL, "").unwrap();
    server.join().unwrap();
}
