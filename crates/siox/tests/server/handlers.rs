//! Handlers of one socket, of every event, of one call; packet middleware; `disconnecting`.

use crate::client::{Client, answering, log, serve};
use siox::{Args, ArgsRef, Data, DisconnectReason, EventName, Fault, HandlerError, Server, Socket};
use std::sync::Arc;
use tokio::sync::Notify;

#[tokio::test]
async fn handlers_run_in_their_order() {
    let io = Server::new();
    let nsp = io.namespace("/");
    answering(&nsp);
    let (tell, mut told) = log();
    let note = |what: &'static str| {
        let tell = tell.clone();
        move |EventName(name): EventName| tell(format!("{what} {name}"))
    };
    nsp.on("a", note("1"))
        .on("a", note("2"))
        .once("a", note("once"));
    nsp.on_any(note("any"));
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    let socket = nsp.sockets().remove(0);
    socket.on("a", note("own")).once("a", note("own once"));
    socket.on_any(note("own any"));
    client
        .send_all(["2[\"a\"]".into(), "2[\"a\"]".into()])
        .await;
    client.heard_until_now("").await;
    assert_eq!(
        told.so_far(),
        [
            "any a",
            "own any a",
            "1 a",
            "2 a",
            "once a",
            "own a",
            "own once a", //
            "any a",
            "own any a",
            "1 a",
            "2 a",
            "own a", //
            "any until now",
            "own any until now",
        ]
    );
    nsp.off("a").off_any();
    socket.off_any();
    client.send("2[\"a\"]").await;
    client.heard_until_now("").await;
    assert_eq!(told.so_far(), ["own a"]);
    socket.off("a");
    client.send("2[\"a\"]").await;
    client.heard_until_now("").await;
    assert!(told.so_far().is_empty());
}

#[tokio::test]
async fn packet_middleware_decides() {
    let io = Server::new();
    let nsp = io.namespace("/");
    let (tell, mut told) = log();
    let fault = tell.clone();
    io.on_error(move |e: HandlerError| match e.fault {
        Fault::Refused(error) => fault(format!("{} refused: {error}", e.event)),
        other => panic!("{other:?}"),
    });
    nsp.packet_middleware(|EventName(name): EventName| match name.as_str() {
        "bad" => Err("not this one"),
        _ => Ok(()),
    });
    // Pending until it is let go.
    let gate = Arc::new(Notify::new());
    let held = gate.clone();
    nsp.packet_middleware(move |EventName(name): EventName, args: Args| {
        let held = held.clone();
        async move {
            if name == "slow" {
                held.notified().await;
                if args.is_empty() {
                    return Err("nothing in it".to_owned());
                }
            }
            Ok(())
        }
    });
    for name in ["good", "bad", "slow"] {
        let tell = tell.clone();
        nsp.on(name, move |Data(n): Data<i64>| tell(format!("{name} {n}")));
    }
    answering(&nsp);
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    let packets = [
        "2[\"good\",1]",
        "2[\"bad\",2]",
        "2[\"slow\",3]",
        "2[\"good\",4]",
    ];
    client.send_all(packets.map(str::to_owned)).await;
    client.heard_until_now("").await;
    let heard = told.so_far();
    assert_eq!(heard, ["good 1", "bad refused: not this one", "good 4"]);
    gate.notify_one();
    assert_eq!(told.next().await, "slow 3");
    gate.notify_one();
    client.send("2[\"slow\"]").await;
    assert_eq!(told.next().await, "slow refused: nothing in it");
}

#[tokio::test]
async fn a_socket_has_packet_middleware_of_its_own() {
    let io = Server::new();
    let nsp = io.namespace("/");
    io.on_error(|_| {});
    answering(&nsp);
    let (tell, mut told) = log();
    nsp.on("e", move |socket: Socket| tell(socket.id().to_owned()));
    let to = serve(&io).await;
    let (mut a, mut b) = (Client::join(to).await, Client::join(to).await);
    let sockets = nsp.sockets();
    sockets[0].packet_middleware(|EventName(name): EventName| match name.as_str() {
        "e" => Err("no"),
        _ => Ok(()),
    });
    for client in [&mut a, &mut b] {
        client.send("2[\"e\"]").await;
        client.heard_until_now("").await;
    }
    assert_eq!(told.so_far(), [sockets[1].id()]);
}

#[tokio::test]
async fn who_is_going_still_has_its_rooms() {
    let io = Server::new();
    let nsp = io.namespace("/");
    answering(&nsp);
    let (tell, mut told) = log();
    let tell_gone = tell.clone();
    nsp.on_disconnecting(move |socket: Socket, reason: DisconnectReason| {
        tell(format!("disconnecting {reason} {}", socket.rooms().len()));
        // Those it leaves behind can be told, in the rooms that it was in.
        socket.to("room").emit("bye", &()).unwrap();
    });
    nsp.on_disconnect(move |socket: Socket| {
        tell_gone(format!("disconnect {}", socket.rooms().len()));
    });
    let to = serve(&io).await;
    let (mut a, mut b) = (Client::join(to).await, Client::join(to).await);
    for socket in nsp.sockets() {
        socket.join("room").unwrap();
    }
    let (tell_own, mut told_own) = log();
    nsp.sockets()[0].on_disconnect(move || tell_own(()));
    a.send("1").await;
    assert_eq!(
        told.next().await,
        "disconnecting client namespace disconnect 2"
    );
    assert_eq!(told.next().await, "disconnect 0");
    told_own.next().await;
    assert_eq!(b.heard_until_now("").await, ["2[\"bye\"]"]);
}

#[tokio::test]
async fn data_is_typed() {
    let io = Server::new();
    let nsp = io.namespace("/");
    let to = serve(&io).await;
    let _client = Client::join(to).await;
    let socket = nsp.sockets().remove(0);
    assert!(socket.data::<String>().is_none());
    socket.set_data("text".to_owned());
    assert_eq!(socket.data::<String>().unwrap().as_str(), "text");
    assert!(socket.data::<u8>().is_none());
    socket.set_data(7_u8);
    assert_eq!(socket.data::<u8>().as_deref(), Some(&7));
    assert!(socket.data::<String>().is_none());
    assert!(socket.handshake().issued().elapsed().is_ok());
    assert!(!socket.handshake().is_cross_domain());
}

#[tokio::test]
async fn those_of_every_event_may_be_put_before_others() {
    let io = Server::new();
    let (tell, mut told) = log::<&str>();
    let nsp = io.namespace("/");
    for (text, first) in [("b", false), ("c", false), ("a", true)] {
        let (heard, left) = (tell.clone(), tell.clone());
        match first {
            true => nsp
                .prepend_any(move |_: Socket| heard(text))
                .prepend_any_outgoing(move |_| left(text)),
            false => nsp
                .on_any(move |_: Socket| heard(text))
                .on_any_outgoing(move |_| left(text)),
        };
    }
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client.send("2[\"e\"]").await;
    for text in ["a", "b", "c"] {
        assert_eq!(told.next().await, text);
    }
    nsp.emit("e", &()).unwrap();
    assert_eq!(told.so_far(), ["a", "b", "c"]);
}

#[tokio::test]
async fn one_that_is_put_before_none_is_called_too() {
    let io = Server::new();
    let (tell, mut told) = log::<&str>();
    let left = tell.clone();
    io.namespace("/")
        .prepend_any(move |_: Socket| tell("came"))
        .prepend_any_outgoing(move |_| left("left"));
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client.send("2[\"e\"]").await;
    assert_eq!(told.next().await, "came");
    io.namespace("/").emit("e", &()).unwrap();
    assert_eq!(told.so_far(), ["left"]);
}

#[tokio::test]
async fn what_is_registered_between_two_events_counts_from_the_next() {
    let io = Server::new();
    let nsp = io.namespace("/");
    answering(&nsp);
    let (tell, mut told) = log();
    let note = |what: &'static str| {
        let tell = tell.clone();
        move |EventName(name): EventName| tell(format!("{what} {name}"))
    };
    nsp.on("a", note("1")).on("b", note("1"));
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    let none = || ();
    let second = || {
        nsp.on("a", note("2"));
    };
    let no_b = || {
        nsp.off("b");
    };
    let no_a = || {
        nsp.off("a");
    };
    let others = || {
        nsp.once("b", note("once")).on("a", note("3"));
    };
    let any = || {
        nsp.on_any(note("any"));
    };
    let changes: [(&dyn Fn(), &[&str]); 6] = [
        (&none, &["1 a", "1 a", "1 b"]),
        (&second, &["1 a", "2 a", "1 a", "2 a", "1 b"]),
        (&no_b, &["1 a", "2 a", "1 a", "2 a"]),
        (&no_a, &[]),
        (&others, &["3 a", "3 a", "once b"]),
        (
            &any,
            &["any a", "3 a", "any a", "3 a", "any b", "any until now"],
        ),
    ];
    for (change, expected) in changes {
        change();
        let events = ["2[\"a\"]", "2[\"a\"]", "2[\"b\"]"];
        client.send_all(events.map(Into::into)).await;
        client.heard_until_now("").await;
        assert_eq!(told.so_far(), expected);
    }
}

#[tokio::test]
async fn arguments_can_be_lent() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Order<'a> {
        by: &'a str,
        #[serde(borrow)]
        tags: Vec<&'a str>,
    }
    let io = Server::new();
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.on("same", |socket: Socket, args: ArgsRef<'_>| {
        socket.relay("same", args)
    })
    .on("other", |socket: Socket, args: ArgsRef<'_>| {
        socket.relay("\"another\"", args)
    })
    .on("answer", |ack: siox::Ack, args: ArgsRef<'_>| {
        ack.relay(args)
    })
    .on(
        "order",
        |socket: Socket, args: ArgsRef<'_>| -> Result<(), siox::BoxError> {
            let (order, last): (Order<'_>, Option<u8>) = args.decode()?;
            let kept = args.to_args();
            assert_eq!((args.len(), args.is_empty(), kept.len()), (1, false, 1));
            Ok(socket.emit("ordered", &(order, last))?)
        },
    );
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    for (sent, back) in [
        ("2[\"same\"]", "2[\"same\"]"),
        (
            "2[\"same\",1,{\"a\":\"\\n\"}]",
            "2[\"same\",1,{\"a\":\"\\n\"}]",
        ),
        ("2[\"other\",\"é\"]", "2[\"\\\"another\\\"\",\"é\"]"),
        ("2[\"other\"]", "2[\"\\\"another\\\"\"]"),
        ("212[\"answer\",[]]", "312[[]]"),
        ("21[\"answer\"]", "31[]"),
        (
            "2[\"order\",{\"by\":\"Ada\",\"tags\":[\"new\",\"é\"]}]",
            "2[\"ordered\",{\"by\":\"Ada\",\"tags\":[\"new\",\"é\"]},null]",
        ),
    ] {
        client.send(sent).await;
        assert_eq!(client.packet().await, back, "{sent}");
    }
}
