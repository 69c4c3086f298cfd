//! Clients and servers of both runtimes with each other: numbered messages both ways, by each transport and
//! while it changes; all arrive, once and in order.

use siox_engineio::{ClientConfig, Config, Transport, Version};
use siox_tcp::Message;
use siox_tokio::engine as tokio_engine;
use std::{
    net::{SocketAddr, TcpListener},
    sync::mpsc,
    thread,
    time::Duration,
};

/// Far more than anything here takes, so that only a hang meets it.
const PATIENCE: Duration = Duration::from_secs(30);
const COUNT: u32 = 300;

#[derive(Debug, Clone, Copy)]
enum On {
    Tokio,
    Tcp,
}

const BOTH: [On; 2] = [On::Tokio, On::Tcp];

/// Every third message is binary.
fn message(n: u32) -> Message<'static> {
    match n % 3 {
        2 => Message::Binary(n.to_be_bytes().to_vec().into()),
        _ => Message::Text(format!("{n} é").into()),
    }
}

fn config() -> Config {
    Config {
        allow_eio3: true,
        ..Config::default()
    }
}

/// A server that sends all messages to each client, and answers with `whole` when it has all of the
/// client's.
fn serve(on: On) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    match on {
        On::Tcp => thread::spawn(move || serve_on_tcp(&listener)),
        On::Tokio => thread::spawn(move || serve_on_tokio(listener)),
    };
    address
}

fn serve_on_tcp(listener: &TcpListener) {
    let builder = siox_tcp::engine::Server::builder().path("/engine.io/");
    let server = builder.config(config()).build().unwrap();
    let each = |socket: siox_tcp::engine::Socket| {
        thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..COUNT {
                    socket.send(message(n)).unwrap();
                    if n % 10 == 0 {
                        thread::yield_now();
                    }
                }
            });
            for n in 0..COUNT {
                assert_eq!(socket.recv(), Some(message(n)));
            }
        });
        socket.send("whole").unwrap();
        assert_eq!(socket.recv(), None);
    };
    server.serve_with(listener, each).unwrap();
}

fn serve_on_tokio(listener: TcpListener) {
    runtime().block_on(async {
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let builder = tokio_engine::Server::builder().path("/engine.io/");
        let server = builder.config(config()).build().unwrap();
        let each = async |socket: tokio_engine::Socket| {
            let sends = async {
                for n in 0..COUNT {
                    socket.send(message(n)).await.unwrap();
                    if n % 10 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
            };
            let receives = async {
                for n in 0..COUNT {
                    assert_eq!(socket.recv().await, Some(message(n)));
                }
            };
            tokio::join!(sends, receives);
            socket.send("whole").await.unwrap();
            assert_eq!(socket.recv().await, None);
        };
        server.serve_with(listener, each).await.unwrap();
    });
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// Hears the numbers, and then `whole`; whether there was an upgrade.
#[derive(Default)]
struct Ear {
    next: u32,
    upgraded: bool,
    whole: bool,
}

impl Ear {
    fn hear(&mut self, event: siox_tcp::engine::ClientEvent<'_>) {
        use siox_tcp::engine::ClientEvent;
        match event {
            ClientEvent::Message(got) if got == Message::from("whole") => self.whole = true,
            ClientEvent::Message(got) => {
                assert_eq!(got, message(self.next));
                self.next += 1;
            }
            ClientEvent::Upgraded => self.upgraded = true,
            other => panic!("{other:?}"),
        }
    }

    fn is_done(&self, upgrades: bool) -> bool {
        self.next == COUNT && self.whole && self.upgraded == upgrades
    }
}

fn play_on_tcp(url: &str, engine: ClientConfig, upgrades: bool) {
    let mut options = siox_tcp::engine::ConnectOptions::default();
    options.client.engine = engine;
    let mut client = siox_tcp::engine::connect(url, &options).unwrap();
    let sender = client.sender();
    let sending = thread::spawn(move || {
        for n in 0..COUNT {
            sender.send(message(n)).unwrap();
            if n % 10 == 0 {
                thread::yield_now();
            }
        }
    });
    let mut ear = Ear::default();
    while !ear.is_done(upgrades) {
        ear.hear(client.event_by(PATIENCE).unwrap().unwrap());
    }
    sending.join().unwrap();
}

fn play_on_tokio(url: &str, engine: ClientConfig, upgrades: bool) {
    runtime().block_on(async {
        let mut options = tokio_engine::ConnectOptions::default();
        options.client.engine = engine;
        let mut client = tokio_engine::connect(url, &options).await.unwrap();
        let sender = client.sender();
        let sending = tokio::spawn(async move {
            for n in 0..COUNT {
                sender.send(message(n)).await.unwrap();
                if n % 10 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
        let mut ear = Ear::default();
        while !ear.is_done(upgrades) {
            let event = tokio::time::timeout(PATIENCE, client.event()).await;
            ear.hear(event.unwrap().unwrap());
        }
        sending.await.unwrap();
    });
}

#[test]
fn all_arrives_on_whichever_runtimes() {
    for server in BOTH {
        let url = format!("http://{}/", serve(server));
        for client in BOTH {
            for version in [Version::V4, Version::V3] {
                for transports in [
                    vec![Transport::Polling],
                    vec![Transport::WebSocket],
                    vec![Transport::Polling, Transport::WebSocket],
                ] {
                    let upgrades = transports.len() == 2;
                    let engine = ClientConfig {
                        version,
                        transports,
                        ..ClientConfig::default()
                    };
                    // A thread of its own tells which one hangs or fails.
                    let (tell, told) = mpsc::channel();
                    let (url, label) = (url.clone(), format!("{client:?}, {server:?}, {engine:?}"));
                    let playing = thread::spawn(move || {
                        match client {
                            On::Tcp => play_on_tcp(&url, engine, upgrades),
                            On::Tokio => play_on_tokio(&url, engine, upgrades),
                        }
                        let _ = tell.send(());
                    });
                    let ended = told.recv_timeout(2 * PATIENCE);
                    assert!(ended.is_ok(), "{label}");
                    playing.join().unwrap();
                }
            }
        }
    }
}
