//! A client that was cut off comes back to its session.

use crate::client::{Client, answering, log, serve};
use siox::{Auth, ConnectError, Data, DisconnectReason, Recovery, Server, Socket, Value};
use std::{net::SocketAddr, time::Duration};

fn server(recovery: Recovery) -> Server {
    let io = Server::builder().recovery(recovery).build().unwrap();
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.on("join", |socket: Socket, Data(room): Data<String>| {
        socket.join(&room)
    });
    io
}

struct Session {
    sid: String,
    pid: String,
}

/// Joins `/` with this payload; the CONNECT answer.
async fn enter(client: &mut Client, payload: &str) -> Session {
    client.send(&format!("0{payload}")).await;
    let answer = client.packet().await;
    let body: Value = answer[1..].parse().unwrap_or_else(|_| panic!("{answer}"));
    let text = |key: &str| body.get(key).unwrap().as_str().unwrap().into_owned();
    Session {
        sid: text("sid"),
        pid: text("pid"),
    }
}

async fn open(to: SocketAddr) -> (Client, Session) {
    let mut client = Client::open(to).await;
    let session = enter(&mut client, "").await;
    (client, session)
}

/// Loses the connection, and waits until the server knows.
async fn cut(client: Client, io: &Server) {
    let before = io.namespace("/").sockets().len();
    drop(client);
    while io.namespace("/").sockets().len() == before {
        tokio::task::yield_now().await;
    }
}

/// An event whose last argument is an offset: with its number alone, and the mark of the log that stood before.
pub(crate) fn marked(packet: &str) -> (String, String) {
    let (rest, number) = packet.rsplit_once('-').unwrap();
    let (rest, mark) = rest.rsplit_once('"').unwrap();
    (format!("{rest}\"{number}"), mark.to_owned())
}

/// The same, of a log whose mark is known.
fn unmarked(packet: &str, known: &str) -> String {
    let (packet, mark) = marked(packet);
    assert_eq!(mark, known);
    packet
}

fn back(session: &Session, offset: Option<&str>) -> String {
    let offset = offset.map_or(String::new(), |o| format!(",\"offset\":\"{o}\""));
    format!("{{\"pid\":\"{}\"{offset}}}", session.pid)
}

#[tokio::test]
async fn a_client_comes_back_to_its_id_rooms_data_and_what_it_missed() {
    let io = server(Recovery::default());
    let nsp = io.namespace("/");
    let (tell, mut told) = log();
    nsp.on_connect(move |socket: Socket| {
        let data = socket.data::<String>().map(|d| d.to_string());
        tell((socket.is_recovered(), socket.rooms().len(), data));
        socket.set_data("attached".to_owned());
    });
    let to = serve(&io).await;
    let (mut client, session) = open(to).await;
    assert_eq!(told.next().await, (false, 1, None));
    client.send("2[\"join\",\"room\"]").await;
    client.heard_until_now("").await;
    nsp.emit("all", &1).unwrap();
    let (packet, mark) = marked(&client.packet().await);
    assert_eq!(packet, "2[\"all\",1,\"1\"]");
    cut(client, &io).await;
    nsp.to("room").emit("room", &()).unwrap();
    nsp.to("elsewhere").emit("no", &()).unwrap();
    nsp.except("room").emit("no", &()).unwrap();
    nsp.to(&session.sid).emit("own", &"text").unwrap();
    nsp.volatile().emit("volatile", &()).unwrap();

    let mut client = Client::open(to).await;
    let offset = format!("{mark}-1");
    let again = enter(&mut client, &back(&session, Some(&offset))).await;
    assert_eq!((&again.sid, &again.pid), (&session.sid, &session.pid));
    for expected in ["2[\"room\",\"2\"]", "2[\"own\",\"text\",\"5\"]"] {
        assert_eq!(unmarked(&client.packet().await, &mark), expected);
    }
    assert_eq!(told.next().await, (true, 2, Some("attached".to_owned())));
    nsp.to("room").emit("room", &()).unwrap();
    let packet = unmarked(&client.packet().await, &mark);
    assert_eq!(packet, "2[\"room\",\"6\"]");
}

#[tokio::test]
async fn a_private_id_serves_once() {
    let io = server(Recovery {
        overlap: Duration::ZERO,
        ..Recovery::default()
    });
    let to = serve(&io).await;
    let (client, session) = open(to).await;
    cut(client, &io).await;
    let (mut a, mut b) = (Client::open(to).await, Client::open(to).await);
    let first = enter(&mut a, &back(&session, None)).await;
    let second = enter(&mut b, &back(&session, None)).await;
    assert_eq!(first.sid, session.sid);
    assert_ne!(second.sid, session.sid);
    assert_ne!(second.pid, session.pid);
    // Nor does it serve while its owner is connected.
    let mut c = Client::open(to).await;
    assert_ne!(enter(&mut c, &back(&first, None)).await.sid, session.sid);
    // But again when its owner is cut off again.
    cut(a, &io).await;
    let mut a = Client::open(to).await;
    assert_eq!(enter(&mut a, &back(&first, None)).await.sid, session.sid);
}

#[tokio::test]
async fn who_has_heard_nothing_gets_all_since_the_session_began() {
    let io = server(Recovery::default());
    let nsp = io.namespace("/");
    nsp.emit("before", &()).unwrap();
    let to = serve(&io).await;
    let (client, session) = open(to).await;
    cut(client, &io).await;
    nsp.emit("after", &()).unwrap();
    let mut client = Client::open(to).await;
    enter(&mut client, &back(&session, None)).await;
    let heard = client.heard_until_now("").await;
    assert_eq!(marked(&heard[0]).0, "2[\"after\",\"2\"]");
    assert_eq!(heard.len(), 1);
}

#[tokio::test]
async fn bad_credentials_connect_as_new() {
    let io = server(Recovery::default());
    let to = serve(&io).await;
    let (client, session) = open(to).await;
    cut(client, &io).await;
    for payload in [
        "{\"pid\":\"forged\",\"offset\":\"0-1\"}".to_owned(),
        "{\"pid\":1,\"offset\":\"0-1\"}".to_owned(),
        "{\"pid\":[],\"offset\":{}}".to_owned(),
        // This one takes the session with it.
        back(&session, Some("ffff")),
        back(&session, None),
    ] {
        let mut client = Client::open(to).await;
        let new = enter(&mut client, &payload).await;
        assert_ne!(new.sid, session.sid, "{payload}");
    }
}

#[tokio::test]
async fn whoever_ends_a_session_on_purpose_ends_it() {
    let io = server(Recovery::default());
    let nsp = io.namespace("/");
    let (tell, mut told) = log();
    nsp.on_disconnect(move |reason: DisconnectReason| tell(reason));
    let to = serve(&io).await;
    let (mut client, by_client) = open(to).await;
    client.send("1").await;
    assert_eq!(
        told.next().await,
        DisconnectReason::ClientNamespaceDisconnect
    );
    let (_client, by_server) = open(to).await;
    nsp.sockets()[0].disconnect();
    assert_eq!(
        told.next().await,
        DisconnectReason::ServerNamespaceDisconnect
    );
    for session in [by_client, by_server] {
        let mut client = Client::open(to).await;
        let new = enter(&mut client, &back(&session, None)).await;
        assert_ne!(new.sid, session.sid);
    }
}

#[tokio::test]
async fn what_is_not_kept_leaves_the_offset_alone() {
    let io = server(Recovery::default());
    let nsp = io.namespace("/");
    let to = serve(&io).await;
    let (mut client, session) = open(to).await;
    let socket = nsp.sockets().remove(0);
    socket.emit("kept", &()).unwrap();
    let (packet, mark) = marked(&client.packet().await);
    assert_eq!(packet, "2[\"kept\",\"1\"]");
    // A client takes the last argument, if it is a string, for an offset.
    socket.emit_volatile("volatile", &"text").unwrap();
    let packet = unmarked(&client.packet().await, &mark);
    assert_eq!(packet, "2[\"volatile\",\"text\",\"1\"]");
    socket.emit_volatile("volatile", &1).unwrap();
    assert_eq!(client.packet().await, "2[\"volatile\",1]");
    drop(socket.emit_with_ack_args("asks", &"text", None));
    assert_eq!(client.packet().await, "21[\"asks\",\"text\"]");
    cut(client, &io).await;
    let mut client = Client::open(to).await;
    let offset = format!("{mark}-1");
    assert_eq!(
        enter(&mut client, &back(&session, Some(&offset))).await.sid,
        session.sid
    );
    assert!(client.heard_until_now("").await.is_empty());
}

/// The reference's client keeps the offset of its last session until it hears an event in the next one, which may be
/// one of a server that was started anew.
#[tokio::test]
async fn an_offset_of_another_server_hides_nothing() {
    let old = server(Recovery::default());
    let to = serve(&old).await;
    let (mut client, _) = open(to).await;
    for n in 0..2 {
        old.namespace("/").emit("old", &n).unwrap();
    }
    client.packet().await;
    let (_, mark) = marked(&client.packet().await);
    let io = server(Recovery::default());
    let to = serve(&io).await;
    let (client, session) = open(to).await;
    cut(client, &io).await;
    for n in 0..3 {
        io.namespace("/").emit("new", &n).unwrap();
    }
    let mut client = Client::open(to).await;
    let offset = format!("{mark}-2");
    let again = enter(&mut client, &back(&session, Some(&offset))).await;
    assert_eq!(again.sid, session.sid);
    for n in 0..3 {
        let (packet, own) = marked(&client.packet().await);
        assert_eq!(packet, format!("2[\"new\",{n},\"{}\"]", n + 1));
        assert_ne!(own, mark);
    }
}

#[tokio::test]
async fn middleware_is_skipped_unless_asked_for() {
    for (skip, asked) in [(true, 1), (false, 2)] {
        let io = server(Recovery {
            skip_middlewares: skip,
            ..Recovery::default()
        });
        let (tell, mut told) = log();
        io.namespace("/").middleware(move || tell(()));
        let to = serve(&io).await;
        let (client, session) = open(to).await;
        cut(client, &io).await;
        let mut client = Client::open(to).await;
        let again = enter(&mut client, &back(&session, None)).await;
        assert_eq!(again.sid, session.sid);
        assert_eq!(told.so_far().len(), asked);
    }
}

#[tokio::test]
async fn a_session_that_missed_too_much_is_new() {
    let io = Server::builder()
        .recovery(Recovery::default())
        .queue(10_000, 100_000)
        .build()
        .unwrap();
    let nsp = io.namespace("/");
    let to = serve(&io).await;
    let (client, session) = open(to).await;
    cut(client, &io).await;
    for _ in 0..11 {
        nsp.emit("big", &"x".repeat(1000)).unwrap();
    }
    let mut client = Client::open(to).await;
    assert_ne!(
        enter(&mut client, &back(&session, None)).await.sid,
        session.sid
    );
}

/// A client that presents the private id of a session in `/`, of which the server has heard for sure: it
/// is in `/other`, for which it has asked after that.
async fn presents(to: SocketAddr, session: &Session) -> Client {
    let mut client = Client::open(to).await;
    client.send(&format!("0{}", back(session, None))).await;
    client.send("0/other,").await;
    let answer = client.packet().await;
    assert!(answer.starts_with("0/other,{"), "{answer}");
    client
}

/// The id of the socket in `/`, once it has been answered.
async fn answered(client: &mut Client) -> String {
    let answer = client.packet().await;
    let body: Value = answer[1..].parse().unwrap_or_else(|_| panic!("{answer}"));
    body.get("sid").unwrap().as_str().unwrap().into_owned()
}

fn patient(overlap: Duration) -> Server {
    let io = server(Recovery {
        overlap,
        ..Recovery::default()
    });
    io.namespace("/other");
    io
}

const LONG: Duration = Duration::from_secs(3600);

/// Over polling the close packet travels on a connection of its own, which the new session may overtake.
#[tokio::test]
async fn a_client_that_is_back_before_its_former_connection_has_ended_is_recovered() {
    let io = patient(LONG);
    let nsp = io.namespace("/");
    let to = serve(&io).await;
    let (mut former, session) = open(to).await;
    former.send("2[\"join\",\"room\"]").await;
    former.heard_until_now("").await;
    let mut client = presents(to, &session).await;
    // To the former connection, whose client does not listen any more.
    nsp.to("room").emit("before", &()).unwrap();
    drop(former);
    assert_eq!(answered(&mut client).await, session.sid);
    let (packet, mark) = marked(&client.packet().await);
    assert_eq!(packet, "2[\"before\",\"1\"]");
    nsp.to("room").emit("after", &()).unwrap();
    let packet = unmarked(&client.packet().await, &mark);
    assert_eq!(packet, "2[\"after\",\"2\"]");
}

#[tokio::test]
async fn of_two_that_wait_for_a_session_one_gets_it() {
    let io = patient(LONG);
    let to = serve(&io).await;
    let (former, session) = open(to).await;
    let (mut a, mut b) = (presents(to, &session).await, presents(to, &session).await);
    drop(former);
    let (sid, winner, mut other) = tokio::select! {
        sid = answered(&mut a) => (sid, a, b),
        sid = answered(&mut b) => (sid, b, a),
    };
    assert_eq!(sid, session.sid);
    // The other goes on waiting, and is next.
    other.send("0/third,").await;
    assert_eq!(
        other.packet().await,
        "4/third,{\"message\":\"Invalid namespace\"}"
    );
    assert_eq!(io.namespace("/").sockets().len(), 1);
    drop(winner);
    assert_eq!(answered(&mut other).await, session.sid);
}

#[tokio::test]
async fn a_client_whose_former_connection_lives_on_connects_as_new() {
    for overlap in [Duration::ZERO, Duration::from_millis(1)] {
        let io = patient(overlap);
        let to = serve(&io).await;
        let (mut former, session) = open(to).await;
        let mut client = Client::open(to).await;
        let new = enter(&mut client, &back(&session, None)).await;
        assert_ne!(new.sid, session.sid);
        assert_ne!(new.pid, session.pid);
        assert!(former.heard_until_now("").await.is_empty());
    }
}

/// Waiting is for nothing, and harms nobody, once the one who waits has gone.
#[tokio::test]
async fn a_session_outlives_a_client_that_does_not_await_it() {
    let io = patient(LONG);
    let to = serve(&io).await;
    let (former, session) = open(to).await;
    let gone = presents(to, &session).await;
    let other = io.namespace("/other");
    assert_eq!(other.sockets().len(), 1);
    drop(gone);
    while !other.sockets().is_empty() {
        tokio::task::yield_now().await;
    }
    cut(former, &io).await;
    let mut client = Client::open(to).await;
    let again = enter(&mut client, &back(&session, None)).await;
    assert_eq!(again.sid, session.sid);
}

#[tokio::test]
async fn a_session_outlives_a_refusal() {
    let io = server(Recovery {
        skip_middlewares: false,
        ..Recovery::default()
    });
    io.namespace("/").middleware(
        |Auth(auth): Auth<Value>| match auth.get("expired").is_some() {
            true => Err(ConnectError::new("expired")),
            false => Ok(()),
        },
    );
    let to = serve(&io).await;
    let (client, session) = open(to).await;
    cut(client, &io).await;
    let mut client = Client::open(to).await;
    let expired = back(&session, None).replace('}', ",\"expired\":1}");
    client.send(&format!("0{expired}")).await;
    assert_eq!(client.packet().await, "4{\"message\":\"expired\"}");
    let again = enter(&mut client, &back(&session, None)).await;
    assert_eq!(again.sid, session.sid);
}

/// An event that can be sent to nobody is told of as such, and does not stand in the way of those behind it.
#[tokio::test]
async fn what_can_never_be_sent_is_not_missed() {
    let io = server(Recovery::default());
    let nsp = io.namespace("/");
    let to = serve(&io).await;
    let (client, session) = open(to).await;
    let many = vec![siox::Bytes::from_static(b"x"); 11];
    let refused = Err(siox::SendError::Attachments { limit: 10 });
    assert_eq!(nsp.emit("many", &(&many,)), refused);
    cut(client, &io).await;
    assert_eq!(nsp.emit("many", &(&many,)), refused);
    nsp.emit("after", &()).unwrap();
    let mut client = Client::open(to).await;
    let again = enter(&mut client, &back(&session, None)).await;
    assert_eq!(again.sid, session.sid);
    assert_eq!(marked(&client.packet().await).0, "2[\"after\",\"1\"]");
}
