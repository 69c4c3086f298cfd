//! `siox-sut PROFILE`: the servers and clients under test, by which conformance suites and foreign peers
//! judge siox from outside.

#![forbid(unsafe_code)]

mod codec;
mod date;
mod eio_client;
mod engine;
mod linear;
mod sio_client;
mod soak;
mod socket_bench;
mod socket_echo;
mod socket_interop;
mod socket_support;
mod ws_client;
mod ws_echo;

use clap::{Args, Parser, ValueEnum};
use std::{error::Error, net::Ipv4Addr, process::ExitCode, time::Duration};
use tokio::{net::TcpListener, runtime};

/// Servers serve one profile on 127.0.0.1 until they are killed, and print `listening on 127.0.0.1:P`
/// when ready.
#[derive(Debug, Parser)]
#[command(version)]
enum Profile {
    /// Plain WebSocket: echoes text and binary messages up to 32 MiB.
    WsEcho {
        #[command(flatten)]
        port: Port,
        /// What it runs on.
        #[arg(long, value_enum, default_value_t)]
        runtime: Runtime,
    },
    /// Plain WebSocket: the echo client of the Autobahn|Testsuite's fuzzing server; ends after its cases.
    WsClient {
        /// Where the suite's server is: ws://HOST:PORT.
        #[arg(long)]
        url: String,
        /// By which name the suite reports.
        #[arg(long)]
        agent: String,
        /// What it runs on.
        #[arg(long, value_enum, default_value_t)]
        runtime: Runtime,
    },
    /// Engine.IO: a client, led line by line over standard input.
    #[command(after_help = eio_client::HELP)]
    EioClient(eio_client::Wanted),
    /// Socket.IO: a client, led line by line over standard input.
    #[command(after_help = sio_client::HELP)]
    SioClient(sio_client::Wanted),
    /// The packet and payload codecs, asked line by line over standard input.
    #[command(after_help = codec::HELP)]
    Codec,
    /// An attack on a machine in memory, for a tool that counts instructions; ends by itself.
    Linear {
        /// Which.
        attack: linear::Attack,
        /// How large, in bytes.
        size: usize,
    },
    /// Load that lasts, on a server in a process of its own; ends by itself.
    #[command(subcommand)]
    Soak(soak::Soak),
    /// Socket.IO v5 at /socket.io/: the server that `soak` loads; answers `numbers` on standard input.
    SoakServer {
        #[command(flatten)]
        port: Port,
        #[command(flatten)]
        settings: soak::Served,
    },
    /// Engine.IO v4 at /engine.io/: echoes messages; ping every 300 ms, timeout 200 ms.
    EioV4(Engine),
    /// Engine.IO v3 and v4 at /engine.io/: echoes messages; ping every 300 ms, timeout 200 ms.
    EioV3(Engine),
    /// Engine.IO v4 at /engine.io/: what the test suite of engine.io-client talks to; at most 100 bytes.
    EngineSupport(Engine),
    /// Engine.IO v3 at /engine.io/: what the test suite of engine.io-client 3.5 talks to.
    EngineSupportV3(Engine),
    /// Engine.IO v3 and v4 at /engine.io/ with default settings: echoes messages; `close` closes,
    /// `count N` sends N numbers, `ended SID` tells why a session has ended.
    EioInterop(Engine),
    /// Socket.IO v5 at /socket.io/: the echo server of the protocol's test suite.
    SioV5(Echo),
    /// The same with the MessagePack parser.
    SioV5Msgpack(Port),
    /// Socket.IO v4 and v5 at /socket.io/: that of `sio-v5` for clients of Engine.IO v3 too.
    SioV4(Echo),
    /// Socket.IO v5 at /socket.io/: what the test suite of socket.io-client 4 talks to; with recovery.
    ClientSupport(Port),
    /// Socket.IO v4 and v5 at /socket.io/: what the test suite of socket.io-client 2 talks to.
    ClientSupportV2(Port),
    /// Socket.IO v4 and v5 at /socket.io/ with default settings: events, rooms, acknowledgements, refusals.
    SioInterop {
        #[command(flatten)]
        port: Port,
        /// Keeps the sessions of clients that are cut off.
        #[arg(long)]
        recovery: bool,
    },
    /// The same with the MessagePack parser.
    SioInteropMsgpack(Port),
    /// Socket.IO v5 at /socket.io/ with default settings: what `cargo xtask bench server` loads. Echoes of
    /// `echo` and `becho` (arguments passed through), `techo` (typed), `decho` (dynamic); `ack`, `join`, `shout`.
    Bench {
        #[command(flatten)]
        port: Port,
        /// On how many threads.
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
}

/// An Engine.IO server.
#[derive(Debug, Args)]
struct Engine {
    #[command(flatten)]
    port: Port,
    /// What it runs on.
    #[arg(long, value_enum, default_value_t)]
    runtime: Runtime,
    #[command(flatten)]
    heartbeat: Heartbeat,
}

/// A Socket.IO echo server.
#[derive(Debug, Args)]
struct Echo {
    #[command(flatten)]
    port: Port,
    #[command(flatten)]
    heartbeat: Heartbeat,
}

/// What a profile's heartbeat is changed to, for tests of something else: where no test waits for its end, a long
/// timeout spares a busy machine sessions that time out behind their backs.
#[derive(Debug, Clone, Copy, Default, Args)]
struct Heartbeat {
    /// How long between two pings, in milliseconds; else the profile's.
    #[arg(long)]
    ping_interval: Option<u64>,
    /// How long the answer to a ping may take, in milliseconds; else the profile's.
    #[arg(long)]
    ping_timeout: Option<u64>,
}

#[derive(Debug, Args)]
struct Port {
    /// The port; 0 takes a free one.
    #[arg(long)]
    port: u16,
}

/// What drives the machines.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Runtime {
    /// Tasks on tokio.
    #[default]
    Tokio,
    /// Threads on blocking sockets.
    Tcp,
}

fn main() -> ExitCode {
    match start(Profile::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("siox-sut: {e}");
            ExitCode::FAILURE
        }
    }
}

fn start(profile: Profile) -> Result<(), Box<dyn Error>> {
    let mut runtime = match profile {
        Profile::Bench { threads: 1, .. } => runtime::Builder::new_current_thread(),
        _ => runtime::Builder::new_multi_thread(),
    };
    if let Profile::Bench { threads, .. } = profile {
        runtime.worker_threads(threads.max(1));
    }
    runtime.enable_all().build()?.block_on(run(profile))
}

async fn run(profile: Profile) -> Result<(), Box<dyn Error>> {
    match profile {
        Profile::Codec => return Ok(codec::run()?),
        Profile::EioClient(wanted) => return eio_client::run(wanted).await,
        Profile::SioClient(wanted) => return sio_client::run(wanted).await,
        Profile::Linear { attack, size } => {
            linear::run(attack, size);
            return Ok(());
        }
        Profile::Soak(soak) => return soak::run(soak).await,
        Profile::SoakServer { port, settings } => {
            return soak::serve(port.listen().await?, settings).await;
        }
        Profile::WsClient {
            url,
            agent,
            runtime,
        } => return ws_client::run(&url, &agent, runtime).await,
        Profile::WsEcho { port, runtime } => ws_echo::serve(port.listen().await?, runtime).await,
        Profile::EioV4(server) => server.serve(engine::Profile::V4).await,
        Profile::EioV3(server) => server.serve(engine::Profile::V3).await,
        Profile::EngineSupport(server) => server.serve(engine::Profile::Support).await,
        Profile::EngineSupportV3(server) => server.serve(engine::Profile::SupportV3).await,
        Profile::EioInterop(server) => server.serve(engine::Profile::Interop).await,
        Profile::SioV5(echo) => {
            let server = socket_echo::server(false, echo.heartbeat)?;
            server.serve(echo.port.listen().await?).await
        }
        Profile::SioV4(echo) => {
            let server = socket_echo::server(true, echo.heartbeat)?;
            server.serve(echo.port.listen().await?).await
        }
        Profile::ClientSupport(port) => {
            let server = socket_support::server(false)?;
            server.serve(port.listen().await?).await
        }
        Profile::ClientSupportV2(port) => {
            let server = socket_support::server(true)?;
            server.serve(port.listen().await?).await
        }
        Profile::Bench { port, .. } => socket_bench::server().serve(port.listen().await?).await,
        Profile::SioInterop { port, recovery } => {
            let server = socket_interop::server(recovery)?;
            server.serve(port.listen().await?).await
        }
        Profile::SioV5Msgpack(port) => socket_echo::msgpack()?.serve(port.listen().await?).await,
        Profile::SioInteropMsgpack(port) => {
            socket_interop::msgpack()?.serve(port.listen().await?).await
        }
    }?;
    Ok(())
}

impl Engine {
    async fn serve(self, profile: engine::Profile) -> std::io::Result<()> {
        let listener = self.port.listen().await.map_err(std::io::Error::other)?;
        let engine = engine::Engine::new(profile, self.heartbeat);
        engine::serve(listener, engine, self.runtime).await
    }
}

impl Heartbeat {
    /// Interval and timeout, where a profile's are these.
    fn or(self, interval: Duration, timeout: Duration) -> (Duration, Duration) {
        let given = |wanted: Option<u64>, usual| wanted.map_or(usual, Duration::from_millis);
        (
            given(self.ping_interval, interval),
            given(self.ping_timeout, timeout),
        )
    }
}

impl Port {
    async fn listen(&self) -> Result<TcpListener, String> {
        let why = |e| format!("port {}: {e}", self.port);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
            .await
            .map_err(why)?;
        println!("listening on {}", listener.local_addr().map_err(why)?);
        Ok(listener)
    }
}
