//! A panic costs the socket whose handler it was: its namespace is left, as "server error". The client's
//! other namespaces and other clients go on.

use crate::client::{Client, Log, answering, log, serve};
use siox::{BoxError, DisconnectReason, Fault, Server};
use std::{
    future::Future,
    net::SocketAddr,
    panic,
    pin::Pin,
    task::{Context, Poll},
};

fn fail(text: &'static str) {
    panic::panic_any(text)
}

async fn fail_later(pending: bool, text: &'static str) {
    if pending {
        tokio::task::yield_now().await;
    }
    fail(text);
}

/// What the hook and `on_disconnect` are told, of the namespace `/bad`.
struct Bench {
    io: Server,
    faults: Log<String>,
    gone: Log<DisconnectReason>,
    /// A client in `/bad` and `/good`, and one in `/good` alone.
    client: Client,
    other: Client,
    to: SocketAddr,
}

async fn bench(io: Server) -> Bench {
    // What the tests bring about needs no trace on the terminal; any other panic does.
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let meant = info.payload().downcast_ref::<&str>();
            if meant.is_none_or(|text| !text.starts_with("meant")) {
                loud(info);
            }
        }));
    });
    let (fault, faults) = log::<String>();
    let (left, gone) = log::<DisconnectReason>();
    io.on_error(move |e| match e.fault {
        Fault::Panicked(message) => fault(format!("{}: {message}", e.event)),
        other => fault(format!("{}: {other:?}", e.event)),
    });
    io.namespace("/bad")
        .on_disconnect(move |reason: DisconnectReason| left(reason));
    answering(&io.namespace("/good"));
    answering(&io.namespace("/bad"));
    let to = serve(&io).await;
    let mut client = Client::open(to).await;
    client.enter("/good,").await;
    let mut other = Client::open(to).await;
    other.enter("/good,").await;
    Bench {
        io,
        faults,
        gone,
        client,
        other,
        to,
    }
}

impl Bench {
    async fn others_go_on(&mut self) {
        assert!(self.client.heard_until_now("/good,").await.is_empty());
        assert!(self.other.heard_until_now("/good,").await.is_empty());
        assert_eq!(self.io.clients(), 2);
        assert_eq!(self.io.namespace("/bad").sockets(), []);
    }

    /// The client is told to leave `/bad`, the application that it has left.
    async fn bad_is_left(&mut self, fault: &str) {
        assert_eq!(self.client.packet().await, "1/bad,");
        assert_eq!(self.faults.next().await, fault);
        assert_eq!(self.gone.next().await, DisconnectReason::ServerError);
        self.others_go_on().await;
        // The client may come again.
        self.client.enter("/bad,").await;
        assert!(self.client.heard_until_now("/bad,").await.is_empty());
        assert_eq!(self.gone.so_far(), []);
        assert_eq!(self.faults.so_far(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn in_an_event() {
    let io = Server::new();
    io.namespace("/bad")
        .on("sync", || fail("meant: sync"))
        .on("async", async || fail("meant: async"))
        .on("later", async || {
            tokio::task::yield_now().await;
            fail("meant: later");
        });
    let mut bench = bench(io).await;
    bench.client.enter("/bad,").await;
    for event in ["sync", "async", "later"] {
        bench.client.send(&format!("2/bad,[\"{event}\"]")).await;
        bench.bad_is_left(&format!("{event}: meant: {event}")).await;
    }
}

/// A handler's future that panics when it is dropped, at its end.
struct BadFuture {
    pending: bool,
}

impl Future for BadFuture {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match std::mem::take(&mut self.pending) {
            true => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            false => Poll::Ready(()),
        }
    }
}

impl Drop for BadFuture {
    fn drop(&mut self) {
        fail("meant: drop");
    }
}

#[tokio::test]
async fn in_the_drop_of_a_future() {
    let io = Server::new();
    io.namespace("/bad")
        .on("drop", || BadFuture { pending: false })
        .on("drop later", || BadFuture { pending: true });
    let mut bench = bench(io).await;
    bench.client.enter("/bad,").await;
    for event in ["drop", "drop later"] {
        bench.client.send(&format!("2/bad,[\"{event}\"]")).await;
        bench.bad_is_left(&format!("{event}: meant: drop")).await;
    }
}

#[tokio::test]
async fn in_on_connect() {
    for pending in [false, true] {
        let io = Server::new();
        io.namespace("/bad")
            .on_connect(move || fail_later(pending, "meant: connect"));
        let mut bench = bench(io).await;
        bench.client.enter("/bad,").await;
        assert_eq!(bench.client.packet().await, "1/bad,");
        assert_eq!(bench.faults.next().await, "connect: meant: connect");
        assert_eq!(bench.gone.next().await, DisconnectReason::ServerError);
        bench.others_go_on().await;
    }
}

#[tokio::test]
async fn in_middleware() {
    for pending in [false, true] {
        let io = Server::new();
        io.namespace("/bad")
            .middleware(move || fail_later(pending, "meant: middleware"));
        let mut bench = bench(io).await;
        bench.client.send("0/bad,").await;
        let refused = "4/bad,{\"message\":\"server error\"}";
        assert_eq!(bench.client.packet().await, refused);
        assert_eq!(bench.faults.next().await, "connect: meant: middleware");
        bench.others_go_on().await;
        assert_eq!(bench.gone.so_far(), [], "it was never in");
    }
}

#[tokio::test]
async fn in_on_disconnect() {
    let io = Server::new();
    io.namespace("/bad")
        .on_disconnect(|| fail("meant: disconnect"))
        .on_disconnect(async || {
            tokio::task::yield_now().await;
            fail("meant: disconnect later");
        });
    let mut bench = bench(io).await;
    bench.client.enter("/bad,").await;
    bench.client.send("1/bad,").await;
    assert_eq!(bench.faults.next().await, "disconnect: meant: disconnect");
    let later = "disconnect: meant: disconnect later";
    assert_eq!(bench.faults.next().await, later);
    let left = bench.gone.next().await;
    assert_eq!(left, DisconnectReason::ClientNamespaceDisconnect);
    bench.others_go_on().await;
}

#[tokio::test]
async fn in_the_error_hook() {
    let io = Server::new();
    io.namespace("/good")
        .on("fails", || Err::<(), BoxError>("no".into()))
        .on("panics", || fail("meant: event"));
    let mut bench = bench(io).await;
    bench.io.on_error(|_| fail("meant: hook"));
    // An error that is only reported costs nobody anything, whatever the hook does with it.
    bench.client.send("2/good,[\"fails\"]").await;
    bench.others_go_on().await;
    bench.client.send("2/good,[\"panics\"]").await;
    assert_eq!(bench.client.packet().await, "1/good,");
    bench.client.enter("/good,").await;
    bench.others_go_on().await;
    let mut another = Client::open(bench.to).await;
    another.enter("/good,").await;
}

#[tokio::test]
async fn a_watcher_of_what_leaves_costs_nobody_anything() {
    let io = Server::new();
    let nsp = io.namespace("/good");
    nsp.on_any_outgoing(|outgoing| {
        if outgoing.event == "all" {
            fail("meant: outgoing");
        }
    });
    let mut bench = bench(io).await;
    nsp.emit("all", &()).unwrap();
    for client in [&mut bench.client, &mut bench.other] {
        assert_eq!(client.packet().await, "2/good,[\"all\"]");
        assert_eq!(
            bench.faults.next().await,
            "all: Watcher(\"meant: outgoing\")"
        );
    }
    bench.others_go_on().await;
}

#[tokio::test]
async fn a_watcher_of_rooms_costs_nobody_anything() {
    let io = Server::new();
    for name in ["/bad", "/good"] {
        io.namespace(name).on_room_event(|_| fail("meant: rooms"));
    }
    let (left, mut gone) = log::<String>();
    io.namespace("/good")
        .on_disconnect(move |socket: siox::Socket| left(socket.id().to_owned()));
    let mut bench = bench(io).await;
    let id = bench.client.enter("/bad,").await;
    assert_eq!(bench.io.namespace("/bad").rooms(), [id]);
    // All that ends with the connection ends.
    drop(bench.client);
    assert_eq!(bench.gone.next().await, DisconnectReason::TransportClose);
    gone.next().await;
    assert!(bench.other.heard_until_now("/good,").await.is_empty());
    assert_eq!(bench.io.namespace("/bad").rooms(), [""; 0]);
    assert_eq!(bench.io.namespace("/good").sockets().len(), 1);
    assert_eq!(bench.faults.next().await, "room: Watcher(\"meant: rooms\")");
}
