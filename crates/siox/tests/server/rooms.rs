//! Who gets what: rooms, `to`, `except`, `broadcast`.

use crate::{
    client::{Client, answering, log, serve},
    raw::until,
};
use siox::{Ack, BoxError, Data, Namespace, Server, Socket};

/// A server whose clients say what is to be sent to whom.
fn server() -> Server {
    let io = Server::new();
    for nsp in [io.namespace("/"), io.namespace("/b")] {
        answering(&nsp);
        nsp.on("join", |socket: Socket, Data(room): Data<String>| {
            socket.join(&room)
        })
        .on("leave", |socket: Socket, Data(room): Data<String>| {
            socket.leave(&room);
        })
        .on("rooms", |socket: Socket, ack: Ack| {
            ack.send(&socket.rooms())
        })
        .on("send", send);
    }
    io
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "what a handler takes, it owns"
)]
/// `(how, room, ...)`: sends the way's name to whom it says.
fn send(
    socket: Socket,
    nsp: Namespace,
    Data((how, a, b)): Data<(String, String, String)>,
) -> Result<(), BoxError> {
    match how.as_str() {
        "all" => nsp.emit("all", &())?,
        "to" => nsp.to(a).emit("to", &())?,
        "to both" => nsp.to(a).to(b).emit("to both", &())?,
        "to except" => nsp.to(a).except(b).emit("to except", &())?,
        "except" => nsp.except(a).emit("except", &())?,
        "others" => socket.broadcast().emit("others", &())?,
        "others to" => socket.to(a).emit("others to", &())?,
        "within" => nsp.within(a).emit("within", &())?,
        "others within" => socket.within(a).emit("others within", &())?,
        "others local" => socket.local().emit("others local", &())?,
        "others except" => socket.except(a).emit("others except", &())?,
        other => panic!("{other}"),
    }
    Ok(())
}

#[tokio::test]
async fn selections_reach_their_members_and_nobody_else() {
    let io = server();
    let to = serve(&io).await;
    // Each client with its rooms; the first one sends.
    let rooms: [&[&str]; 4] = [&["x"], &["x", "y"], &["y"], &[]];
    let mut clients = Vec::new();
    for rooms in rooms {
        let mut client = Client::join(to).await;
        for room in rooms {
            client.send(&format!("2[\"join\",\"{room}\"]")).await;
        }
        client.heard_until_now("").await;
        clients.push(client);
    }
    let mut elsewhere = Client::open(to).await;
    elsewhere.enter("/b,").await;
    elsewhere.send("2/b,[\"join\",\"x\"]").await;
    for (how, a, b, hear) in [
        ("all", "", "", [1, 1, 1, 1]),
        ("to", "x", "", [1, 1, 0, 0]),
        ("to", "nobody's", "", [0, 0, 0, 0]),
        ("to both", "x", "y", [1, 1, 1, 0]),
        ("to both", "x", "x", [1, 1, 0, 0]),
        ("to except", "x", "y", [1, 0, 0, 0]),
        ("except", "y", "", [1, 0, 0, 1]),
        ("others", "", "", [0, 1, 1, 1]),
        ("others to", "x", "", [0, 1, 0, 0]),
        ("others except", "x", "", [0, 0, 1, 1]),
        ("within", "x", "", [1, 1, 0, 0]),
        ("others within", "x", "", [0, 1, 0, 0]),
        ("others local", "", "", [0, 1, 1, 1]),
    ] {
        clients[0]
            .send(&format!("2[\"send\",\"{how}\",\"{a}\",\"{b}\"]"))
            .await;
        for (n, (client, times)) in clients.iter_mut().zip(hear).enumerate() {
            let heard = client.heard_until_now("").await;
            let expected = vec![format!("2[\"{how}\"]"); times];
            assert_eq!(heard, expected, "{how} {a} {b}: client {n}");
        }
    }
    assert!(elsewhere.heard_until_now("/b,").await.is_empty());
}

#[tokio::test]
async fn rooms_are_joined_and_left() {
    let io = server();
    let to = serve(&io).await;
    let mut client = Client::open(to).await;
    let id = client.enter("").await;
    let rooms = async |client: &mut Client| {
        client.send("20[\"rooms\"]").await;
        client.packet().await
    };
    assert_eq!(rooms(&mut client).await, format!("30[[\"{id}\"]]"));
    // Twice is once; leaving what it is not in is nothing.
    for change in ["join", "join"] {
        client.send(&format!("2[\"{change}\",\" z\"]")).await;
    }
    client.send("2[\"leave\",\"other\"]").await;
    assert_eq!(rooms(&mut client).await, format!("30[[\" z\",\"{id}\"]]"));
    client.send("2[\"leave\",\" z\"]").await;
    assert_eq!(rooms(&mut client).await, format!("30[[\"{id}\"]]"));
    // The room of its own id reaches it from anywhere.
    let mut other = Client::join(to).await;
    other
        .send(&format!("2[\"send\",\"to\",\"{id}\",\"\"]"))
        .await;
    assert_eq!(client.packet().await, "2[\"to\"]");
    assert!(other.heard_until_now("").await.is_empty());
}

#[tokio::test]
async fn a_socket_that_left_gets_nothing() {
    let io = server();
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client.enter("/b,").await;
    client.send("2[\"join\",\"x\"]").await;
    client.heard_until_now("").await;
    let nsp = io.namespace("/");
    let socket = nsp.sockets().remove(0);
    client.send("1").await;
    client.heard_until_now("/b,").await;
    assert!(!socket.is_connected());
    nsp.emit("all", &()).unwrap();
    nsp.to("x").emit("to", &()).unwrap();
    nsp.to(socket.id()).emit("to", &()).unwrap();
    assert_eq!(socket.emit("one", &()), Err(siox::SendError::Closed));
    // Nor does it get into a room again.
    socket.join("x").unwrap();
    assert_eq!(socket.rooms(), Vec::<String>::new());
    assert_eq!(nsp.sockets(), []);
    assert!(client.heard_until_now("/b,").await.is_empty());
    // Its successor is not in its rooms.
    let id = client.enter("").await;
    assert_ne!(id, socket.id());
    nsp.to("x").emit("to", &()).unwrap();
    assert!(client.heard_until_now("").await.is_empty());
}

/// A client that makes its server join rooms on its behalf: those beyond the limit are refused, and told
/// to the error hook; and what is sent to very many rooms at once reaches its members.
#[tokio::test]
async fn rooms_without_end() {
    let io = server();
    let (tell, mut told) = log();
    io.on_error(move |e| tell(e.to_string()));
    io.namespace("/").on("flood", |socket: Socket, ack: Ack| {
        let joined = (0..20_000).map(|n| socket.join(&format!("room {n}")));
        ack.send(&joined.filter(Result::is_ok).count())
    });
    let nsp = io.namespace("/");
    nsp.on("to all", move |nsp: Namespace| {
        let all = (0..100_000).fold(nsp.to("nobody"), |all, n| all.to(format!("room {n}")));
        all.emit("all", &())
    });
    let to = serve(&io).await;
    let (mut hostile, mut other) = (Client::join(to).await, Client::join(to).await);
    hostile.send(r#"20["flood"]"#).await;
    let joined = hostile.packet().await;
    let joined: usize = joined[3..joined.len() - 1].parse().unwrap();
    // The room of its own id is one of them.
    assert_eq!(nsp.rooms().len(), joined + 2);
    assert!((1_000..20_000).contains(&joined), "{joined}");
    hostile.send(r#"2["join","one more"]"#).await;
    assert!(told.next().await.contains("rooms"));
    other.send(r#"2["join","room 7"]"#).await;
    other.send(r#"2["to all"]"#).await;
    for client in [&mut hostile, &mut other] {
        assert_eq!(client.packet().await, r#"2["all"]"#);
        assert!(client.heard_until_now("").await.is_empty(), "once each");
    }
    drop(hostile);
    until(2, || nsp.rooms().len()).await;
}
