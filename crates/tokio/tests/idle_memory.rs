//! What connections hold that have nothing to do: no read buffer, and no room for a handshake that is
//! over.

use siox_testkit::alloc::{CountingAllocator, measure};
use siox_tokio::websocket::{self, Limits};
use std::{
    net::{SocketAddr, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::yield_now,
};
use tungstenite::{Message, WebSocket};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const MANY: isize = 20;

/// What the clients are to do.
enum Step {
    Open(isize),
    /// One message of so many bytes on each connection, and its echo.
    Echo(usize),
    /// Two messages on each but the first that nobody answers.
    Tell,
}

type Order = (Step, oneshot::Sender<()>);

/// The clients, in a thread of their own, whose memory is not counted.
fn clients(to: SocketAddr, orders: &mpsc::Receiver<Order>) {
    let mut sockets: Vec<WebSocket<TcpStream>> = Vec::new();
    for (step, done) in orders {
        match step {
            Step::Open(count) => {
                for _ in 0..count {
                    let stream = TcpStream::connect(to).unwrap();
                    let (socket, _) = tungstenite::client(format!("ws://{to}/"), stream).unwrap();
                    sockets.push(socket);
                }
            }
            Step::Echo(size) => {
                for socket in &mut sockets {
                    let message = Message::text("x".repeat(size));
                    socket.send(message.clone()).unwrap();
                    assert_eq!(socket.read().unwrap(), message);
                }
            }
            Step::Tell => {
                let (first, others) = sockets.split_first_mut().unwrap();
                for other in others {
                    other.write(Message::binary(vec![1; 100])).unwrap();
                    other.send(Message::binary(vec![2; 100])).unwrap();
                    // It has come when what was sent behind it is answered, and the memory in which the
                    // answer was made is the thread's again, for the next.
                    first.send(Message::text("x".repeat(3000))).unwrap();
                    first.read().unwrap();
                }
            }
        }
        done.send(()).unwrap();
    }
}

/// An echo server of texts: a task a connection.
async fn serve(listener: TcpListener, limits: Arc<Limits>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let limits = limits.clone();
        tokio::spawn(async move {
            let mut socket = websocket::accept(stream, limits).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                if matches!(message, websocket::Message::Text(_)) {
                    socket.send(message).await.unwrap();
                }
            }
        });
    }
}

/// What the server holds after a step beyond what it held before.
fn held(runtime: &Runtime, orders: &mpsc::Sender<Order>, step: Step) -> isize {
    let work = || {
        let (done, is_done) = oneshot::channel();
        orders.send((step, done)).unwrap();
        runtime.block_on(async {
            is_done.await.unwrap();
            // Who has answered last goes back to waiting.
            for _ in 0..10 {
                yield_now().await;
            }
        });
    };
    measure(work).1.kept
}

#[test]
fn an_idle_connection_holds_no_buffer() {
    no_buffer_is_held(Limits::default());
    // Where a deadline runs, a connection waits in another way.
    no_buffer_is_held(Limits {
        ping_interval: Some(Duration::from_secs(25)),
        ..Limits::default()
    });
}

fn no_buffer_is_held(limits: Limits) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let to = listener.local_addr().unwrap();
    runtime.spawn(serve(listener, Arc::new(limits)));
    let (orders, ordered) = mpsc::channel();
    thread::spawn(move || clients(to, &ordered));
    // What the thread keeps for all its connections.
    held(&runtime, &orders, Step::Open(1));
    held(&runtime, &orders, Step::Echo(200_000));
    let opened = held(&runtime, &orders, Step::Open(MANY));
    assert!(opened <= MANY * 1800, "{opened}");
    for size in [16 * 1024, 200_000, 20] {
        let echoed = held(&runtime, &orders, Step::Echo(size));
        assert!(echoed <= 4096, "{size}: {echoed}");
    }
    let told = held(&runtime, &orders, Step::Tell);
    // The thread keeps what one connection needs.
    assert!(told <= 2 * 4096, "{told}");
}
