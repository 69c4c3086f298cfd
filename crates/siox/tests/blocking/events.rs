//! Handlers, streams and namespaces.

use crate::rig::{Host, PATIENCE, log, ready, until};
use siox::{
    Ack, Args, Data, EventName, Fault, Server, Socket,
    blocking::{Client, Received},
};

fn echoing() -> Server {
    let io = Server::new();
    for nsp in ["/", "/other"] {
        io.namespace(nsp)
            .on("say", |socket: Socket, args: Args| {
                socket.relay("said", &args)
            })
            .on("flood", |socket: Socket, Data(n): Data<u32>| {
                (0..n).try_for_each(|n| socket.emit("n", &n))
            })
            .on("bye", |socket: Socket| socket.disconnect());
    }
    io
}

#[test]
fn handlers_come_and_go() {
    let host = Host::new(&echoing());
    let (tell, told) = log();
    let also = tell.clone();
    let outgoing = tell.clone();
    let client = host
        .client("/")
        .on_any(move |EventName(name): EventName| tell(format!("any {name}")))
        .connect()
        .unwrap();
    client.on_any_outgoing(move |event| outgoing(format!("out {}", event.event)));
    let once = also.clone();
    client.once("said", move |Data(n): Data<u32>| once(format!("once {n}")));
    client.on("said", move |Data(n): Data<u32>| also(format!("on {n}")));
    client.emit("say", &1).unwrap();
    assert_eq!(told.take(4), ["out say", "any said", "once 1", "on 1"]);
    client.emit("say", &2).unwrap();
    assert_eq!(told.take(3), ["out say", "any said", "on 2"]);
    client.off("said").off_any_outgoing();
    client.emit("say", &3).unwrap();
    assert_eq!(told.next(), "any said");
}

#[test]
fn a_handler_that_fails_is_told() {
    let host = Host::new(&echoing());
    let (tell, told) = log();
    let client = host
        .client("/")
        .on_error(move |client: &Client, event: &str, fault: Fault| {
            let fault = match fault {
                Fault::Panicked(message) => message,
                Fault::Returned(e) => e.to_string(),
                _ => "another".into(),
            };
            tell(format!("{} {event} {fault}", client.namespace()));
        })
        .on("said", |Data(n): Data<u32>| match n {
            0 => panic!("zero"),
            n => Err(format!("{n}")),
        })
        .connect()
        .unwrap();
    client.emit("say", &0).unwrap();
    client.emit("say", &1).unwrap();
    client.emit("say", "no number").unwrap();
    assert_eq!(told.take(3), ["/ said zero", "/ said 1", "/ said another"]);
}

#[test]
fn several_namespaces_on_one_connection() {
    let host = Host::new(&echoing());
    let (tell, told) = log();
    let root = host.client("/").connect().unwrap();
    let other = root.manager().namespace("other");
    let tell_other = tell.clone();
    let other = other
        .on("said", move |Data(n): Data<u32>| tell_other((2, n)))
        .connect()
        .unwrap();
    root.on("said", move |Data(n): Data<u32>| tell((1, n)));
    for client in [&root, &other] {
        ready(client);
    }
    root.emit("say", &10).unwrap();
    assert_eq!(told.next(), (1, 10));
    root.disconnect();
    assert!(!root.is_connected() && other.is_connected());
    other.emit("say", &20).unwrap();
    assert_eq!(told.next(), (2, 20));
    assert!(root.manager().is_open());
}

#[test]
fn a_stream_that_is_not_read_holds_the_server_back_and_loses_nothing() {
    let host = Host::new(&echoing());
    for way in host.ways("/") {
        let client = way.connect().unwrap();
        let mut events = client.events();
        client.emit("flood", &3_000).unwrap();
        ready(&client);
        let mut next = 0;
        while next < 3_000 {
            match events.next_within(PATIENCE).unwrap() {
                Some(Received::Event { args, .. }) => {
                    assert_eq!(args.decode::<u32>().unwrap(), next);
                    next += 1;
                }
                Some(Received::Connected {
                    recovered: false, ..
                }) => {}
                other => panic!("{other:?}"),
            }
        }
        client.emit("bye", &()).unwrap();
        assert!(matches!(
            events.next_within(PATIENCE).unwrap(),
            Some(Received::Disconnected { .. })
        ));
        until(|| !client.is_active());
    }
}

#[test]
fn an_event_in_a_stream_is_answered() {
    let io = Server::new();
    let (tell, told) = log();
    io.namespace("/")
        .on_connect(move |socket: Socket| {
            let tell = tell.clone();
            async move {
                let n: u32 = socket.emit_with_ack("ask", &7, None).await?;
                tell(n);
                Ok::<_, siox::AckError>(())
            }
        })
        .on("sync", |ack: Ack| ack.send(&()));
    let host = Host::new(&io);
    let client = host.client("/").auto_connect(false).connect().unwrap();
    let events = client.events();
    client.connect();
    for event in events {
        if let Received::Event { args, ack, .. } = event {
            ack.relay(&args).unwrap();
            break;
        }
    }
    assert_eq!(told.next(), 7);
}
