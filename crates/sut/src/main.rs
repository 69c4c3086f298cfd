//! `siox-sut PROFILE --port P`: the servers under test, by which conformance suites and foreign clients
//! judge siox from outside.

#![forbid(unsafe_code)]

mod engine_echo;
mod socket_echo;
mod socket_interop;
mod ws_echo;

use clap::{Parser, ValueEnum};
use std::{net::Ipv4Addr, process::ExitCode};
use tokio::net::TcpListener;

/// Serves one profile on 127.0.0.1 until it is killed; prints `listening on 127.0.0.1:P` when ready.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// What to serve.
    profile: Profile,
    /// The port; 0 takes a free one.
    #[arg(long)]
    port: u16,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Profile {
    /// Plain WebSocket: echoes text and binary messages up to 32 MiB.
    WsEcho,
    /// Engine.IO v4 at /engine.io/: echoes messages; ping every 300 ms, timeout 200 ms.
    EioV4,
    /// Socket.IO v5 at /socket.io/: the echo server of the protocol's test suite.
    SioV5,
    /// Socket.IO v5 at /socket.io/ with default settings: events, rooms, acknowledgements, refusals.
    SioInterop,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match serve(args.profile, args.port).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("siox-sut: port {}: {e}", args.port);
            ExitCode::FAILURE
        }
    }
}

async fn serve(profile: Profile, port: u16) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on {}", listener.local_addr()?);
    match profile {
        Profile::WsEcho => ws_echo::serve(listener).await,
        Profile::EioV4 => engine_echo::serve(listener).await,
        Profile::SioV5 => socket_echo::server().serve(listener).await,
        Profile::SioInterop => socket_interop::server().serve(listener).await,
    }
}
