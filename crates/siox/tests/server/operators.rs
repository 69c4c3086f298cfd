//! What can be done with a selection besides emitting to it.

use crate::{
    client::{Client, answering, log, serve},
    raw::ws::Said,
};
use siox::{Args, BroadcastError, Outgoing, RoomEvent, Server, Socket};
use std::{net::SocketAddr, time::Duration};

const LONG: Duration = Duration::from_secs(60);

async fn three() -> (Server, SocketAddr, Vec<Client>, Vec<Socket>) {
    let io = Server::new();
    answering(&io.namespace("/"));
    let to = serve(&io).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(Client::join(to).await);
    }
    let sockets = io.namespace("/").sockets();
    sockets[0].join("room").unwrap();
    sockets[1].join("room").unwrap();
    (io, to, clients, sockets)
}

fn numbers(args: &[Args]) -> Vec<i64> {
    let mut numbers: Vec<i64> = args.iter().map(|a| a.decode().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

/// Answers the question that comes next.
async fn answer(client: &mut Client, args: &str) {
    let asked = client.packet().await;
    let id = asked[1..].split('[').next().unwrap().to_owned();
    client.send(&format!("3{id}{args}")).await;
}

#[tokio::test]
async fn all_answers_of_a_broadcast_are_gathered() {
    let (io, _, mut clients, sockets) = three().await;
    let nsp = io.namespace("/");
    let asked = nsp.emit_with_ack("sum", &1, LONG);
    for (n, client) in clients.iter_mut().enumerate() {
        answer(client, &format!("[{n}]")).await;
    }
    assert_eq!(numbers(&asked.await.unwrap()), [0, 1, 2]);
    // The sender of a broadcast is not asked.
    let asked = sockets[0].to("room").emit_with_ack("sum", &1, LONG);
    answer(&mut clients[1], "[7]").await;
    assert_eq!(numbers(&asked.await.unwrap()), [7]);
    // Nobody is nobody.
    let asked = nsp.to("empty").emit_with_ack("sum", &1, LONG);
    assert!(asked.await.unwrap().is_empty());
    // A later answer to the same id is nobody's.
    clients[1].send("31073741825[8]").await;
    clients[1].heard_until_now("").await;
}

#[tokio::test]
async fn what_does_not_come_is_counted() {
    let (io, _, mut clients, sockets) = three().await;
    let nsp = io.namespace("/");
    // One answers, one leaves, one says nothing until the time is over.
    let asked = nsp.emit_with_ack("sum", &1, Duration::from_millis(200));
    answer(&mut clients[0], "[5]").await;
    sockets[1].disconnect();
    match asked.await {
        Err(BroadcastError::Partial { responses, missing }) => {
            assert_eq!((numbers(&responses), missing), (vec![5], 2));
        }
        other => panic!("{other:?}"),
    }
    // It does not wait for those who have gone.
    let asked = nsp.emit_with_ack("sum", &1, LONG);
    clients.truncate(1);
    let [only] = &mut clients[..] else {
        unreachable!()
    };
    answer(only, "[6]").await;
    match asked.await {
        Err(BroadcastError::Partial { responses, missing }) => {
            assert_eq!((numbers(&responses), missing), (vec![6], 1));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_selection_is_moved_and_fetched() {
    let (io, _, mut clients, sockets) = three().await;
    let nsp = io.namespace("/");
    let ids = |room: &str| {
        let selection = nsp.to(room);
        async move {
            let found = selection.fetch_sockets().await.unwrap();
            found.iter().map(|s| s.id().to_owned()).collect::<Vec<_>>()
        }
    };
    nsp.to("room").sockets_join("other").unwrap();
    assert_eq!(ids("other").await, [sockets[0].id(), sockets[1].id()]);
    sockets[0].to("room").sockets_leave("room").unwrap();
    assert_eq!(ids("room").await, [sockets[0].id()]);
    sockets[2].set_data(vec![1, 2]);
    let all = nsp.fetch_sockets().await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[2].data::<Vec<i32>>().as_deref(), Some(&vec![1, 2]));
    assert_eq!(all[2].data_value().to_string(), "[1,2]");
    assert_eq!(all[0].rooms().len(), 3);
    assert!(all[0].handshake().url().starts_with("/socket.io/"));
    all[2].emit("one", &()).unwrap();
    assert_eq!(clients[2].packet().await, "2[\"one\"]");
    let asked = all[2].emit_with_ack("two", &(), LONG);
    let (answered, ()) = tokio::join!(asked, answer(&mut clients[2], "[9]"));
    assert_eq!(answered.unwrap().decode::<i64>().unwrap(), 9);
    all[2].join("third").unwrap();
    assert_eq!(ids("third").await, [sockets[2].id()]);
    all[2].leave("third").unwrap();
    assert!(ids("third").await.is_empty());
    // A selection is a value: it can be used again, and says whom it means now.
    let except = nsp.except("other");
    except.emit("a", &()).unwrap();
    except.disconnect_sockets(false).unwrap();
    assert_eq!(clients[2].packet().await, "2[\"a\"]");
    assert_eq!(clients[2].packet().await, "1");
    except.emit("b", &()).unwrap();
    assert_eq!(nsp.sockets().len(), 2);
    nsp.local().disconnect_sockets(true).unwrap();
    for mut client in clients.drain(..2) {
        assert!(!matches!(client.next().await, Said::Text(_)));
    }
}

#[tokio::test]
async fn rooms_come_and_go_in_order() {
    let io = Server::new();
    let nsp = io.namespace("/");
    answering(&nsp);
    let (tell, mut told) = log();
    nsp.on_room_event(move |event| {
        // The room of its own id has a name that differs from run to run.
        let name = |room: &str| if room.len() == 20 { "own" } else { room }.to_owned();
        tell(match event {
            RoomEvent::Create(room) => format!("create {}", name(room)),
            RoomEvent::Delete(room) => format!("delete {}", name(room)),
            RoomEvent::Join { room, .. } => format!("join {}", name(room)),
            RoomEvent::Leave { room, .. } => format!("leave {}", name(room)),
        });
    });
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client.heard_until_now("").await;
    assert_eq!(told.so_far(), ["create own", "join own"]);
    let socket = nsp.sockets().remove(0);
    for _ in 0..2 {
        socket.join("a").unwrap();
    }
    socket.leave("b");
    assert_eq!(told.so_far(), ["create a", "join a"]);
    let _other = Client::join(to).await;
    nsp.sockets()[1].join("a").unwrap();
    assert_eq!(told.so_far(), ["create own", "join own", "join a"]);
    socket.leave("a");
    assert_eq!(told.so_far(), ["leave a"]);
    nsp.sockets()[1].disconnect();
    // Of the two rooms, the one that is first by name is left first.
    let mut left = told.so_far();
    left.sort();
    assert_eq!(left, ["delete a", "delete own", "leave a", "leave own"]);
}

#[tokio::test]
async fn whatever_leaves_is_watched() {
    let (io, _, mut clients, sockets) = three().await;
    let nsp = io.namespace("/");
    let (tell, mut told) = log();
    let own = tell.clone();
    nsp.on_any_outgoing(move |o: &Outgoing<'_>| tell(format!("{} {}", o.event, o.json())));
    sockets[0].on_any_outgoing(move |o| own(format!("own {}", o.to_value())));
    sockets[0].emit("a", &1).unwrap();
    sockets[1].emit("b", &2).unwrap();
    nsp.to("room").emit("c", &()).unwrap();
    drop(sockets[2].emit_with_ack_args("d", &(), None));
    assert_eq!(
        told.so_far(),
        [
            "a [\"a\",1]",
            "own [\"a\",1]",
            "b [\"b\",2]",
            "c [\"c\"]",
            "own [\"c\"]",
            "c [\"c\"]",
            "d [\"d\"]",
        ]
    );
    nsp.off_any_outgoing();
    sockets[0].off_any_outgoing();
    sockets[0].emit("a", &1).unwrap();
    assert!(told.so_far().is_empty());
    for client in &mut clients {
        client.heard_until_now("").await;
    }
}

#[tokio::test]
async fn a_server_that_is_alone_has_nobody_to_tell() {
    let io = Server::new();
    let nsp = io.namespace("/");
    let (tell, mut told) = log();
    nsp.on_server_side("hello", move |_| {
        tell(());
        Ok(())
    });
    nsp.server_side_emit("hello", &1).unwrap();
    let answers = nsp.server_side_emit_with_ack("hello", &1, LONG).await;
    assert!(answers.unwrap().is_empty());
    assert_eq!(nsp.server_count().await.unwrap(), 1);
    assert!(told.so_far().is_empty());
    assert!(nsp.server_side_emit("disconnect", &()).is_err());
}
