//! Arguments that do not fit a handler: it does not run, the hook is told, nobody else is concerned.

use crate::client::{Client, answering, log, serve};
use siox::{Ack, Auth, Data, Fault, Server, State};

#[tokio::test]
async fn arguments_that_do_not_fit_cost_that_event_alone() {
    let io = Server::new();
    let (tell, mut told) = log::<String>();
    let (fault, mut faults) = log::<String>();
    io.on_error(move |e| {
        assert!(matches!(e.fault, Fault::Arguments(_)), "{e}");
        fault(e.event);
    });
    let nsp = io.namespace("/");
    answering(&nsp);
    let pair = tell.clone();
    nsp.on("number", move |Data(n): Data<u8>, ack: Ack| {
        tell(format!("number {n}"));
        ack.send(&n)
    })
    .on(
        "pair",
        move |Data((a, b)): Data<(String, bool)>, ack: Ack| {
            let pair = pair.clone();
            async move {
                pair(format!("pair {a} {b}"));
                ack.send(&())
            }
        },
    )
    .on("state", |State(_): State<u128>| ());
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    let misfits = [
        "21[\"number\",\"text\"]",
        "22[\"number\",300]",
        "23[\"number\"]",
        "24[\"number\",1e999]",
        "25[\"number\",{\"deep\":[null]}]",
        "26[\"pair\",\"a\"]",
        "27[\"pair\",1,true]",
        "28[\"state\"]",
    ];
    client.send_all(misfits.map(str::to_owned)).await;
    client
        .send("51-9[\"number\",{\"_placeholder\":true,\"num\":0}]")
        .await;
    client.ws.send_binary(b"bytes").await;
    // No acknowledgement has come; the next event is handled.
    assert!(client.heard_until_now("").await.is_empty());
    client.send("210[\"number\",7]").await;
    assert_eq!(client.packet().await, "310[7]");
    client.send("211[\"pair\",\"a\",true]").await;
    assert_eq!(client.packet().await, "311[]");
    assert_eq!(told.so_far(), ["number 7", "pair a true"]);
    let mut names = vec!["number"; 5];
    names.extend(["pair", "pair", "state", "number"]);
    assert_eq!(faults.so_far(), names);
}

fn unreachable() {
    unreachable!("not to be run")
}

#[tokio::test]
async fn a_connect_handler_that_cannot_run_is_told_of_as_such() {
    let io = Server::new();
    let (fault, mut faults) = log::<(String, bool)>();
    io.on_error(move |e| fault((e.event, matches!(e.fault, Fault::Arguments(_)))));
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.on_connect(|Auth(_): Auth<u32>| unreachable());
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    assert_eq!(faults.next().await, ("connect".to_owned(), true));
    assert!(client.heard_until_now("").await.is_empty());
}
