//! Handlers: once, off, catch-all, typed, their errors and their panics.

use crate::rig::{Host, log, within};
use siox::{Ack, Client, Data, EventName, Fault, Server, Socket, State};

siox::events! {
    /// Two numbers, and their sum for an answer.
    pub Sum = "sum"(i64, i64) -> i64;
    pub Say = "say"(String);
}

#[tokio::test]
async fn the_same_types_at_both_ends() {
    let io = Server::new();
    let nsp = io.namespace("/");
    nsp.on_typed(Sum, async |_, (a, b)| a + b);
    nsp.on_typed(Say, async |socket: Socket, (text,)| {
        let sum = socket.ask_typed(Sum, &(4, 5), None).await?;
        socket.emit_typed(Say, &(format!("{text} {sum}"),))?;
        Ok::<_, siox::BoxError>(())
    });
    let host = Host::new(&io).await;
    let (tell, mut told) = log();
    let client = host.client("/").connect().unwrap();
    client.on_typed(Sum, async |_, (a, b)| a + b);
    client.on_typed(Say, move |_, (text,)| {
        tell(text);
        async {}
    });
    let sum = within(client.ask_typed(Sum, &(1, 2), None)).await.unwrap();
    assert_eq!(sum, 3);
    client.emit_typed(Say, &("nine is".to_owned(),)).unwrap();
    assert_eq!(told.next().await, "nine is 9");
}

#[tokio::test]
async fn once_off_and_any() {
    let io = Server::new();
    io.namespace("/").on("go", |socket: Socket, ack: Ack| {
        for n in 0..3 {
            socket.emit("n", &n)?;
        }
        ack.send(&())
    });
    let host = Host::new(&io).await;
    let (tell, mut told) = log();
    let (all, once, each) = (tell.clone(), tell.clone(), tell.clone());
    let client = host
        .client("/")
        .state("state")
        .on_any(move |EventName(name): EventName| all(format!("any {name}")))
        .on(
            "n",
            move |Data(n): Data<u8>, State(s): State<&'static str>| each(format!("{s} {n}")),
        )
        .connect()
        .unwrap();
    client.once("n", move |Data(n): Data<u8>| once(format!("once {n}")));
    let out = tell.clone();
    client.on_any_outgoing(move |event| out(format!("out {}", event.json())));
    let go = async || {
        within(client.emit_with_ack::<()>("go", &(), None))
            .await
            .unwrap();
    };
    go().await;
    assert_eq!(
        told.so_far(),
        [
            "out [\"go\"]",
            "any n",
            "state 0",
            "once 0",
            "any n",
            "state 1",
            "any n",
            "state 2"
        ]
    );
    client.off("n").off_any().off_any_outgoing();
    go().await;
    assert!(told.so_far().is_empty());
}

#[tokio::test]
async fn those_that_come_first() {
    let io = Server::new();
    io.namespace("/").on("go", |socket: Socket, ack: Ack| {
        socket.emit("n", &())?;
        ack.send(&())
    });
    let host = Host::new(&io).await;
    let (tell, mut told) = log();
    let word = |word: &'static str| {
        let tell = tell.clone();
        move || tell(word)
    };
    let client = host.client("/").on_any(word("any")).connect().unwrap();
    client.on("n", word("own")).prepend_any(word("first"));
    let (out, before) = (word("out"), word("before"));
    client
        .on_any_outgoing(move |_| out())
        .prepend_any_outgoing(move |_| before());
    let gone = client.emit_with_ack::<()>("go", &(), None);
    within(gone).await.unwrap();
    assert_eq!(told.so_far(), ["before", "out", "first", "any", "own"]);
}

fn fails() {
    panic!("a panic")
}

fn fails_late() {
    panic!("a late panic")
}

#[tokio::test]
async fn faults_are_told_and_cost_nothing() {
    let io = Server::new();
    io.namespace("/").on("go", |socket: Socket, ack: Ack| {
        for event in ["arguments", "error", "panic", "late panic"] {
            socket.emit(event, &"x")?;
        }
        ack.send(&())
    });
    let host = Host::new(&io).await;
    let (tell, mut told) = log();
    let client = host
        .client("/")
        .on("arguments", |_: Data<u8>| {})
        .on("error", || Err::<(), _>("an error"))
        .on("panic", fails)
        .on("late panic", async || {
            tokio::task::yield_now().await;
            fails_late();
        })
        .on_error(move |_: &Client, event, fault| {
            let kind = match fault {
                Fault::Arguments(_) => "arguments".into(),
                Fault::Returned(e) => e.to_string(),
                Fault::Panicked(message) => message,
                _ => "another".into(),
            };
            tell((event.to_owned(), kind));
        })
        .connect()
        .unwrap();
    within(client.emit_with_ack::<()>("go", &(), None))
        .await
        .unwrap();
    let expected = [
        ("arguments", "arguments"),
        ("error", "an error"),
        ("panic", "a panic"),
        ("late panic", "a late panic"),
    ];
    let expected = expected.map(|(event, kind)| (event.to_owned(), kind.to_owned()));
    assert_eq!(told.take(4).await, expected);
    assert!(client.is_connected());
}
