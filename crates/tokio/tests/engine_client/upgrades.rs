//! The upgrade, with a server that is killed, refuses, lies or is slow in the middle of it.

use crate::{
    common::within,
    line, options,
    script::{OPEN, Peer, Server, impatient},
};
use siox_engineio::ClientConfig;
use siox_tokio::engine::{self, Client, ClientEvent};

/// A session that polls and asks for a WebSocket: the held poll, and the socket with its agreement.
struct Probing {
    server: Server,
    client: Client,
    poll: Peer,
    socket: Peer,
    agreement: Vec<u8>,
}

async fn probing(engine: ClientConfig) -> Probing {
    let mut server = Server::new().await;
    let (url, options) = (server.url(), options(engine));
    let (connected, ()) = tokio::join!(within(engine::connect(&url, &options)), async {
        let (peer, _) = server.expect("Get").await;
        server.answer(peer, OPEN).await;
    });
    let client = connected.unwrap();
    // In whichever order they arrive.
    let (first, asked) = server.next().await;
    let (second, other) = server.next().await;
    let (socket, asked, poll) = match asked.agreement {
        Some(_) => (first, asked, second),
        None => (second, other, first),
    };
    assert!(
        asked.target.contains("transport=websocket&sid=x"),
        "{}",
        asked.target
    );
    Probing {
        server,
        client,
        poll,
        socket,
        agreement: asked.agreement.unwrap(),
    }
}

async fn next(client: &mut Client) -> String {
    line(&within(client.event()).await.unwrap())
}

#[tokio::test]
async fn messages_cross_on_the_way() {
    let mut p = probing(ClientConfig::default()).await;
    p.socket.write(&p.agreement).await;
    assert_eq!(p.socket.heard().await, "2probe");
    p.socket.frame("3probe").await;
    // It waits for the poll to end, and begins no other request.
    p.socket.is_heard().await;
    p.client.send("queued").await.unwrap();
    p.poll.answer("4last").await;
    assert_eq!(p.socket.heard().await, "5");
    assert_eq!(p.socket.heard().await, "4queued");
    p.socket.frame("4first").await;
    assert_eq!(next(&mut p.client).await, "last");
    assert_eq!(next(&mut p.client).await, "upgraded");
    assert_eq!(next(&mut p.client).await, "first");
    p.client.send("more").await.unwrap();
    assert_eq!(p.socket.heard().await, "4more");
    p.socket.frame("2").await;
    assert_eq!(p.socket.heard().await, "3");
    drop(p.socket);
    assert_eq!(next(&mut p.client).await, "closed: transport close");
}

/// The session goes on over polling, both ways.
async fn lives_on(mut server: Server, mut client: Client, mut poll: Peer) {
    poll.answer("4down").await;
    server.keep(poll);
    assert_eq!(next(&mut client).await, "down");
    client.send("up").await.unwrap();
    let mut held = Vec::new();
    loop {
        let (mut peer, asked) = server.next().await;
        if asked.body == b"4up" {
            peer.answer("ok").await;
            break;
        }
        // The poll stays open.
        assert_eq!(asked.body, b"");
        held.push(peer);
    }
}

#[tokio::test]
async fn refusals() {
    for (answer, told) in [
        (
            "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n",
            "no upgrade: the server answered 400",
        ),
        (
            "HTTP/1.1 502 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
            "no upgrade: the server answered 502",
        ),
        (
            "HTTP/1.1 101 Yes\r\n\r\n",
            "no upgrade: the server cannot be reached",
        ),
        ("?\r\n\r\n", "no upgrade: the server cannot be reached"),
    ] {
        let mut p = probing(ClientConfig::default()).await;
        p.socket.write(answer.as_bytes()).await;
        assert_eq!(next(&mut p.client).await, told);
        lives_on(p.server, p.client, p.poll).await;
    }
}

#[tokio::test]
async fn killed_at_each_step() {
    for step in 0..3 {
        let mut p = probing(ClientConfig::default()).await;
        if step > 0 {
            p.socket.write(&p.agreement).await;
        }
        if step > 1 {
            assert_eq!(p.socket.heard().await, "2probe");
        }
        drop(p.socket);
        assert_eq!(
            next(&mut p.client).await,
            "no upgrade: the server cannot be reached",
            "{step}"
        );
        lives_on(p.server, p.client, p.poll).await;
    }
    // Behind the pong, the session stays on polling too, since nothing was said there.
    let mut p = probing(ClientConfig::default()).await;
    p.socket.write(&p.agreement).await;
    assert_eq!(p.socket.heard().await, "2probe");
    p.socket.frame("3probe").await;
    p.socket.is_heard().await;
    drop(p.socket);
    assert_eq!(
        next(&mut p.client).await,
        "no upgrade: the server cannot be reached"
    );
    lives_on(p.server, p.client, p.poll).await;
}

#[tokio::test]
async fn probes_answered_wrongly_or_never() {
    for wrong in ["3", "3probes", "4a", "0{}", "6", "5"] {
        let mut p = probing(ClientConfig::default()).await;
        p.socket.write(&p.agreement).await;
        assert_eq!(p.socket.heard().await, "2probe");
        p.socket.frame(wrong).await;
        assert_eq!(
            next(&mut p.client).await,
            "no upgrade: the probe got another answer than its pong"
        );
        lives_on(p.server, p.client, p.poll).await;
    }
    for agrees in [true, false] {
        let mut p = probing(impatient()).await;
        if agrees {
            p.socket.write(&p.agreement).await;
        }
        assert_eq!(
            next(&mut p.client).await,
            "no upgrade: the upgrade took too long"
        );
        lives_on(p.server, p.client, p.poll).await;
    }
}

#[tokio::test]
async fn a_server_killed_with_all_its_connections() {
    let mut p = probing(ClientConfig::default()).await;
    p.socket.write(&p.agreement).await;
    drop((p.poll, p.socket, p.server));
    let mut heard = Vec::new();
    while let Some(event) = within(p.client.event()).await {
        heard.push(event);
    }
    let last = heard.pop().unwrap();
    assert!(matches!(last, ClientEvent::Closed { .. }), "{last:?}");
    assert!(
        heard
            .iter()
            .all(|event| matches!(event, ClientEvent::UpgradeFailed(_))),
        "{heard:?}"
    );
}
