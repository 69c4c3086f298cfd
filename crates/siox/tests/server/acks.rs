//! Acknowledgements, both ways, and what becomes of one that does not come.

use crate::client::{Client, log, serve};
use siox::{Ack, AckError, Args, Data, Server, Socket, Value};
use std::time::Duration;

#[tokio::test]
async fn the_client_gets_its_acknowledgement() {
    let io = Server::new();
    let nsp = io.namespace("/");
    nsp.on("one", |ack: Ack| ack.send("done"))
        .on("several", |ack: Ack| ack.send(&(1, "two", [3])))
        .on("none", |ack: Ack| ack.send(&()))
        .on("back", |args: Args, ack: Ack| ack.relay(&args))
        .on("late", async |Data(n): Data<u32>, ack: Ack| {
            for _ in 0..n {
                tokio::task::yield_now().await;
            }
            ack.send(&n)
        })
        .on("unasked", |socket: Socket, ack: Ack| {
            assert!(!ack.is_wanted());
            ack.send("nobody")?;
            socket.emit("after", &())
        });
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    for (event, answer) in [
        ("20[\"one\"]", "30[\"done\"]"),
        ("21[\"several\"]", "31[1,\"two\",[3]]"),
        ("22[\"none\"]", "32[]"),
        (
            "23[\"back\",{\"a\":[1.50]},\"\"]",
            "33[{\"a\":[1.50]},\"\"]",
        ),
        ("29007199254740991[\"one\"]", "39007199254740991[\"done\"]"),
        ("2[\"unasked\"]", "2[\"after\"]"),
    ] {
        client.send(event).await;
        assert_eq!(client.packet().await, answer);
    }
    client
        .send_all(["24[\"late\",5]".into(), "25[\"late\",0]".into()])
        .await;
    assert_eq!(client.packet().await, "35[0]");
    assert_eq!(client.packet().await, "34[5]");
}

#[tokio::test]
async fn the_server_gets_its_acknowledgement() {
    let io = Server::new();
    let (tell, mut told) = log::<String>();
    io.on_error(|e| panic!("{e}"));
    io.namespace("/").on("go", move |socket: Socket| {
        let tell = tell.clone();
        async move {
            // Both are sent before either is awaited.
            let first = socket.emit_with_ack::<String>("first", "a", None);
            let second = socket.emit_with_ack::<(u8, Vec<u8>)>("second", &(1, 2), None);
            let third = socket.emit_with_ack_args("third", &(), None);
            let fourth = socket.emit_with_ack::<u8>("fourth", &(), None);
            tell(first.await.unwrap());
            tell(format!("{:?}", second.await.unwrap()));
            let all = third.await.unwrap();
            tell(format!("{} {}", all.len(), all.to_value().json()));
            let misfit = fourth.await.unwrap_err();
            assert!(matches!(misfit, AckError::Decode(_)));
            tell("misfit".into());
        }
    });
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client.send("2[\"go\"]").await;
    for expected in ["21[\"first\",\"a\"]", "22[\"second\",1,2]", "23[\"third\"]"] {
        assert_eq!(client.packet().await, expected);
    }
    assert_eq!(client.packet().await, "24[\"fourth\"]");
    // In any order; what nobody asked for is ignored.
    for ack in [
        "399[]",
        "34[\"x\"]",
        "33[1,\"b\"]",
        "32[7,[8,9]]",
        "31[\"A\"]",
        "31[\"B\"]",
    ] {
        client.send(ack).await;
    }
    for expected in ["A", "(7, [8, 9])", "2 [1,\"b\"]", "misfit"] {
        assert_eq!(told.next().await, expected);
    }
}

#[tokio::test]
async fn what_does_not_come_is_an_error() {
    let io = Server::new();
    let (tell, mut told) = log::<String>();
    let nsp = io.namespace("/");
    let end = tell.clone();
    nsp.on("timeout", move |socket: Socket| {
        let tell = tell.clone();
        async move {
            let none = socket
                .emit_with_ack::<Value>("ask", &(), Some(Duration::from_millis(20)))
                .await;
            tell(none.unwrap_err().to_string());
        }
    })
    .on("wait", move |socket: Socket, Data(limit): Data<bool>| {
        let tell = end.clone();
        async move {
            let timeout = limit.then(|| Duration::from_secs(1000));
            let none = socket.emit_with_ack::<Value>("ask", &(), timeout).await;
            tell(none.unwrap_err().to_string());
            // And nobody can be asked any more.
            let none = socket.emit_with_ack::<Value>("ask", &(), timeout).await;
            tell(none.unwrap_err().to_string());
        }
    });
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client.send("2[\"timeout\"]").await;
    assert_eq!(client.packet().await, "21[\"ask\"]");
    let timeout = AckError::Timeout.to_string();
    assert_eq!(told.next().await, timeout);
    // Too late, and no harm.
    client.send("31[]").await;
    let (gone, closed) = (
        AckError::Disconnected.to_string(),
        AckError::Send(siox::SendError::Closed).to_string(),
    );
    for (limit, end) in [(false, "1"), (true, "1")] {
        client.send(&format!("2[\"wait\",{limit}]")).await;
        assert!(client.packet().await.ends_with("[\"ask\"]"));
        client.send(end).await;
        assert_eq!(told.next().await, gone);
        assert_eq!(told.next().await, closed);
        client.enter("").await;
    }
    client.send("2[\"wait\",false]").await;
    assert!(client.packet().await.ends_with("[\"ask\"]"));
    drop(client);
    assert_eq!(told.next().await, gone);
    assert_eq!(told.next().await, closed);
}
