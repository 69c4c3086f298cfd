//! A session that goes on where it was.

use crate::rig::{Host, log, within};
use siox::{Data, Recovery, Server, Socket};

#[tokio::test]
async fn what_was_missed_is_told() {
    let io = Server::builder()
        .recovery(Recovery::default())
        .build()
        .unwrap();
    let nsp = io.namespace("/");
    let (tell, mut told) = log();
    nsp.on("cut", |socket: Socket| socket.close());
    nsp.on_disconnect(move || tell(()));
    let host = Host::new(&io).await;
    for way in host.ways("/") {
        let (tell, mut heard) = log();
        let client = way
            .on("n", move |Data((n, _offset)): Data<(u32, String)>| tell(n))
            .connect()
            .unwrap();
        within(client.ready()).await.unwrap();
        let id = client.id();
        nsp.emit("n", &0).unwrap();
        assert_eq!(heard.next().await, 0);
        client.emit("cut", &()).unwrap();
        told.next().await;
        for n in 1..4 {
            nsp.emit("n", &n).unwrap();
        }
        assert_eq!(heard.take(3).await, [1, 2, 3]);
        assert!(client.is_recovered());
        assert_eq!(client.id(), id);
        client.disconnect();
        told.next().await;
    }
}
