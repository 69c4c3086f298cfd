//! Events declared as types.

use crate::client::{Client, log, serve};
use siox::{Fault, HandlerError, Server};

siox::events! {
    Say = "say"(String);
    Sum = "sum"(i64, i64) -> i64;
    Both = "both"() -> (i64, String);
}

#[tokio::test]
async fn an_event_is_one_type_at_both_ends() {
    let io = Server::new();
    let nsp = io.namespace("/");
    let (tell, mut told) = log();
    io.on_error(move |e: HandlerError| tell(matches!(e.fault, Fault::Arguments(_))));
    nsp.on_typed(Sum, async |_, (a, b)| a.checked_add(b).ok_or("too large"));
    nsp.on_typed(Say, async |socket, said| socket.emit_typed(Say, &said));
    nsp.on_typed(Both, async |_, ()| (1, "one".to_owned()));
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    for (question, answer) in [
        ("21[\"sum\",1,2]", "31[3]"),
        ("22[\"both\"]", "32[1,\"one\"]"),
        ("23[\"say\",\"x\"]", "2[\"say\",\"x\"]"),
    ] {
        client.send(question).await;
        assert_eq!(client.packet().await, answer);
    }
    assert_eq!(client.packet().await, "33[]");
    // An error is the hook's, and no answer.
    client.send(&format!("24[\"sum\",{},1]", i64::MAX)).await;
    assert!(!told.next().await);
    client.send("24[\"sum\",\"1\"]").await;
    assert!(told.next().await);
    nsp.emit_typed(Say, &("all".to_owned(),)).unwrap();
    assert_eq!(client.packet().await, "2[\"say\",\"all\"]");
    let socket = nsp.sockets().remove(0);
    let asked = socket.ask_typed(Sum, &(3, 4), None);
    assert_eq!(client.packet().await, "21[\"sum\",3,4]");
    client.send("31[7]").await;
    assert_eq!(asked.await.unwrap(), 7);
}
