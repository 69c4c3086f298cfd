//! Handlers start in the order of arrival, a pending one does not hold up the next; what handlers
//! return goes to the hook; what is emitted keeps its order on the wire.

use crate::client::{Client, answering, log, serve};
use siox::{Data, Fault, Server, Socket};
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};

#[tokio::test]
async fn handlers_start_in_order_and_the_pending_do_not_block() {
    let io = Server::new();
    let (tell, mut told) = log::<String>();
    let gate = Arc::new(Semaphore::new(0));
    let wait = (gate.clone(), tell.clone());
    io.namespace("/")
        .on("slow", move |Data(n): Data<u32>| {
            let (gate, tell) = wait.clone();
            tell(format!("slow {n} begins"));
            async move {
                gate.acquire().await.unwrap().forget();
                tell(format!("slow {n} ends"));
            }
        })
        .on("quick", move |Data(n): Data<u32>| {
            tell(format!("quick {n}"));
        });
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client
        .send_all((0..40).map(|n| {
            let name = if n % 2 == 0 { "slow" } else { "quick" };
            format!("2[\"{name}\",{n}]")
        }))
        .await;
    for n in 0..40 {
        let expected = match n % 2 {
            0 => format!("slow {n} begins"),
            _ => format!("quick {n}"),
        };
        assert_eq!(told.next().await, expected);
    }
    gate.add_permits(20);
    let mut ends = Vec::new();
    for _ in 0..20 {
        ends.push(told.next().await);
    }
    ends.sort();
    let mut expected: Vec<_> = (0..20).map(|n| format!("slow {} ends", 2 * n)).collect();
    expected.sort();
    assert_eq!(ends, expected);
}

#[tokio::test]
async fn what_comes_while_one_runs_starts_after_it() {
    // A handler that is running in place (not pending) is one that the next has to wait for.
    let io = Server::new();
    let (tell, mut told) = log::<String>();
    let first = tell.clone();
    io.namespace("/")
        .on("both", move |Data(n): Data<u32>| {
            first(format!("first {n}"));
        })
        .on("both", async move |Data(n): Data<u32>| {
            let _ = n;
        })
        .on("both", move |Data(n): Data<u32>| {
            tell(format!("second {n}"));
        });
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client
        .send_all((0..3).map(|n| format!("2[\"both\",{n}]")))
        .await;
    for n in 0..3 {
        assert_eq!(told.next().await, format!("first {n}"));
        assert_eq!(told.next().await, format!("second {n}"));
    }
}

#[tokio::test]
async fn what_handlers_return_goes_to_the_hook() {
    let io = Server::new();
    let (tell, mut told) = log::<String>();
    io.on_error(move |e| {
        assert!(matches!(e.fault, Fault::Returned(_)));
        tell(e.to_string());
    });
    let nsp = io.namespace("/");
    nsp.on("sync", || Err::<(), _>("no"))
        .on("async", async || Err::<(), _>("not now"))
        .on("later", async || {
            tokio::task::yield_now().await;
            Err::<(), _>("not later")
        })
        .on_connect(|| Err::<(), _>("not you"))
        .on_disconnect(|| Err::<(), _>("no farewell"));
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    assert_eq!(told.next().await, "handler of \"connect\": not you");
    for (event, error) in [("sync", "no"), ("async", "not now"), ("later", "not later")] {
        client.send(&format!("2[\"{event}\"]")).await;
        let expected = format!("handler of \"{event}\": {error}");
        assert_eq!(told.next().await, expected);
    }
    client.send("1").await;
    assert_eq!(told.next().await, "handler of \"disconnect\": no farewell");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_of_emits_is_order_on_the_wire_for_every_task() {
    let io = Server::new();
    let start = Arc::new(Notify::new());
    let go = start.clone();
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.on_connect(move |socket: Socket| {
        for task in 0..4 {
            let (socket, go) = (socket.clone(), go.clone());
            tokio::spawn(async move {
                go.notified().await;
                for n in 0..500 {
                    if n % 2 == 0 {
                        socket.emit("n", &(task, n)).unwrap();
                    } else {
                        let own = socket.namespace().to(socket.id());
                        own.emit("n", &(task, n)).unwrap();
                    }
                    if n % 50 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
            });
        }
    });
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client.heard_until_now("").await;
    for _ in 0..4 {
        start.notify_one();
        tokio::task::yield_now().await;
    }
    start.notify_waiters();
    let mut next = [0; 4];
    for _ in 0..2000 {
        let packet = client.packet().await;
        let args = packet.strip_prefix("2[\"n\",").unwrap();
        let (task, n) = args.trim_end_matches(']').split_once(',').unwrap();
        let (task, n): (usize, u32) = (task.parse().unwrap(), n.parse().unwrap());
        assert_eq!(n, next[task], "task {task}");
        next[task] += 1;
    }
}
