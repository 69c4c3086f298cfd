//! A session that goes on where it was.

use crate::rig::{Host, log, within};
use siox::{Data, Recovery, Server, Socket, parser::MessagePack};

#[tokio::test]
async fn what_was_missed_is_told() {
    cut_and_come_back(false).await;
}

#[tokio::test]
async fn what_was_missed_is_told_in_messagepack() {
    cut_and_come_back(true).await;
}

async fn cut_and_come_back(packed: bool) {
    let builder = Server::builder().recovery(Recovery::default());
    let builder = match packed {
        true => builder.parser(MessagePack::default()),
        false => builder,
    };
    let io = builder.build().unwrap();
    let nsp = io.namespace("/");
    let (tell, mut told) = log();
    nsp.on("cut", |socket: Socket| socket.close());
    nsp.on_disconnect(move || tell(()));
    let host = Host::new(&io).await;
    for way in host.ways("/") {
        let way = match packed {
            true => way.parser(MessagePack::default()),
            false => way,
        };
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
