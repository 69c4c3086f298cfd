//! The end of a client: its connection goes with the last handle, and what was emitted goes before.

use crate::rig::{Host, log, ready};
use siox::{Data, DisconnectReason, Server};

#[test]
fn it_goes_with_the_last_handle() {
    let io = Server::new();
    let (tell, told) = log();
    let gone = tell.clone();
    io.namespace("/")
        .on("n", move |Data(n): Data<u32>| tell(n.to_string()))
        .on_disconnect(move |_: DisconnectReason| gone("gone".into()));
    let host = Host::new(&io);
    for way in host.ways("/") {
        let client = way.connect().unwrap();
        ready(&client);
        let also = client.clone();
        for n in 0..3 {
            client.emit("n", &n).unwrap();
        }
        drop(client);
        also.emit("n", &3).unwrap();
        drop(also);
        assert_eq!(told.take(5), ["0", "1", "2", "3", "gone"]);
    }
}
