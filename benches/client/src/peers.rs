//! The clients, each with its library's default settings on a WebSocket, on one thread of tokio where it is Rust.

use crate::{
    Failure,
    row::{BYTES, Row, TEXT},
};
use bytes::Bytes;
use futures_util::FutureExt;
use rust_socketio::{Payload, TransportType, asynchronous as theirs};
use siox::{Ack, Data, Transport};
use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{runtime, sync::Notify};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Siox,
    RustSocketio,
    Node,
}

impl Peer {
    pub(crate) const ALL: [Self; 3] = [Self::Siox, Self::RustSocketio, Self::Node];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Siox => "siox",
            Self::RustSocketio => "rust_socketio",
            Self::Node => "node",
        }
    }

    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Siox => "`siox::Client`, handlers with typed arguments",
            Self::RustSocketio => "rust_socketio 0.6, its asynchronous client",
            Self::Node => "socket.io-client 4.8 on ws and Node.js",
        }
    }

    pub(crate) fn command(self) -> io::Result<Command> {
        if self == Self::Node {
            let modules = std::env::var_os("SIOX_BENCH_MODULES").map(PathBuf::from);
            let modules = modules.ok_or_else(|| {
                io::Error::other("SIOX_BENCH_MODULES does not say where the packages are")
            })?;
            let mut command = Command::new("node");
            command
                .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/node/client.mjs"))
                .env("NODE_ENV", "production")
                .env("SIOX_BENCH_MODULES", modules);
            return Ok(command);
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["client", self.name()]);
        Ok(command)
    }
}

/// Whether a client can do it: rust_socketio does not acknowledge what a server asks, and panics where one of several
/// acknowledgements comes that it waits for.
pub(crate) fn can(peer: Peer, row: Row) -> bool {
    peer != Peer::RustSocketio || !matches!(row, Row::Answer | Row::Ack16)
}

/// How many are to be begun, and to end, and who waits for that.
#[derive(Debug, Default)]
struct Count {
    to_go: AtomicU32,
    left: AtomicU32,
    over: Notify,
}

impl Count {
    /// Whether another one is to be begun.
    fn begin(&self) -> bool {
        let less = |n: u32| n.checked_sub(1);
        self.to_go
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, less)
            .is_ok()
    }

    fn end(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.over.notify_one();
        }
    }

    fn set(&self, count: u32) {
        self.to_go.store(count, Ordering::Release);
        self.left.store(count, Ordering::Release);
    }
}

/// Does what `benches/client/node/client.mjs` does.
pub(crate) fn run(peer: &str, url: &str, row: Row, counts: [u32; 2]) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let count = Arc::new(Count::default());
        match peer {
            "siox" => {
                let client = own(url, row, &count).await?;
                rounds(&count, counts, async |n| begin_own(&client, row, &count, n)).await
            }
            "rust_socketio" => {
                let client = their(url, row, &count).await?;
                rounds(&count, counts, async |n| {
                    begin_their(&client, row, &count, n).await
                })
                .await
            }
            other => Err(format!("there is no client {other}").into()),
        }
    })
}

/// Warms up, waits for a line, does what is measured, waits to be killed.
async fn rounds(
    count: &Count,
    [warm, counted]: [u32; 2],
    begin: impl AsyncFn(u32) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for (n, word) in [(warm, "ready"), (counted, "done")] {
        count.set(n);
        begin(n).await?;
        count.over.notified().await;
        println!("{word}");
        io::stdout().flush()?;
        io::stdin().lock().read_line(&mut String::new())?;
    }
    Ok(())
}

async fn own(url: &str, row: Row, count: &Arc<Count>) -> Result<siox::Client, Failure> {
    let [echo, becho, news, question] = [(); 4].map(|()| count.clone());
    let client = siox::Client::builder(url)
        .transports([Transport::WebSocket])
        .on(
            "echo",
            move |Data(_): Data<String>, client: siox::Client| {
                echo.end();
                next_own(&client, row, &echo)
            },
        )
        .on(
            "becho",
            move |Data(_): Data<Bytes>, client: siox::Client| {
                becho.end();
                next_own(&client, row, &becho)
            },
        )
        .on("news", move |Data(_): Data<String>| news.end())
        .on("question", move |Data(text): Data<String>, ack: Ack| {
            question.end();
            ack.send(&text)
        })
        .connect()?;
    client.ready().await?;
    Ok(client)
}

fn begin_own(client: &siox::Client, row: Row, count: &Arc<Count>, n: u32) -> Result<(), Failure> {
    match row {
        Row::Receive => client.emit("flood", &n)?,
        Row::Answer => client.emit("quiz", &n)?,
        Row::Ack16 => {
            for _ in 0..row.flight() {
                let (client, count) = (client.clone(), count.clone());
                tokio::spawn(async move {
                    while count.begin() {
                        let answer = client.emit_with_ack::<String>("ask", TEXT, None).await;
                        answer.expect("it is answered");
                        count.end();
                    }
                });
            }
        }
        Row::Echo16 | Row::Echo1 | Row::Binary => {
            for _ in 0..row.flight() {
                next_own(client, row, count)?;
            }
        }
    }
    Ok(())
}

fn next_own(client: &siox::Client, row: Row, count: &Count) -> Result<(), siox::SendError> {
    static BLOCK: [u8; BYTES] = [7; BYTES];
    match count.begin() {
        false => Ok(()),
        true if row == Row::Binary => client.emit("becho", &Bytes::from_static(&BLOCK)),
        true => client.emit("echo", TEXT),
    }
}

async fn their(url: &str, row: Row, count: &Arc<Count>) -> Result<theirs::Client, Failure> {
    let [echo, becho, news] = [(); 3].map(|()| count.clone());
    let connected = Arc::new(Notify::new());
    let told = connected.clone();
    let client = theirs::ClientBuilder::new(url)
        .transport_type(TransportType::Websocket)
        .on("open", move |_: Payload, _: theirs::Client| {
            let told = told.clone();
            async move { told.notify_one() }.boxed()
        })
        .on("echo", move |_: Payload, client: theirs::Client| {
            let count = echo.clone();
            async move {
                count.end();
                next_their(&client, row, &count).await.expect("it emits");
            }
            .boxed()
        })
        .on("becho", move |_: Payload, client: theirs::Client| {
            let count = becho.clone();
            async move {
                count.end();
                next_their(&client, row, &count).await.expect("it emits");
            }
            .boxed()
        })
        .on("news", move |_: Payload, _: theirs::Client| {
            let count = news.clone();
            async move { count.end() }.boxed()
        })
        .connect()
        .await?;
    connected.notified().await;
    Ok(client)
}

async fn begin_their(
    client: &theirs::Client,
    row: Row,
    count: &Arc<Count>,
    n: u32,
) -> Result<(), Failure> {
    match row {
        Row::Receive => client.emit("flood", serde_json::json!(n)).await?,
        Row::Answer => return Err("it cannot acknowledge".into()),
        Row::Ack16 => {
            for _ in 0..row.flight() {
                ask_their(client.clone(), count.clone()).await?;
            }
        }
        Row::Echo16 | Row::Echo1 | Row::Binary => {
            for _ in 0..row.flight() {
                next_their(client, row, count).await?;
            }
        }
    }
    Ok(())
}

/// Asks, and asks again when it is answered: its acknowledgements come to a callback.
fn ask_their(
    client: theirs::Client,
    count: Arc<Count>,
) -> futures_util::future::BoxFuture<'static, Result<(), rust_socketio::Error>> {
    async move {
        if !count.begin() {
            return Ok(());
        }
        let answered = move |_: Payload, client: theirs::Client| {
            let count = count.clone();
            async move {
                count.end();
                // A lock is held while this runs, which asking takes.
                tokio::spawn(async move {
                    ask_their(client, count).await.expect("it emits");
                });
            }
            .boxed()
        };
        let text = serde_json::json!(TEXT);
        client
            .emit_with_ack("ask", text, Duration::from_secs(60), answered)
            .await
    }
    .boxed()
}

async fn next_their(
    client: &theirs::Client,
    row: Row,
    count: &Count,
) -> Result<(), rust_socketio::Error> {
    static BLOCK: [u8; BYTES] = [7; BYTES];
    match count.begin() {
        false => Ok(()),
        true if row == Row::Binary => {
            client
                .emit("becho", Payload::Binary(Bytes::from_static(&BLOCK)))
                .await
        }
        true => client.emit("echo", serde_json::json!(TEXT)).await,
    }
}
