//! The `siox` command: a chat to try, and tools for Socket.IO.
//!
//! What it does is in its subcommands' modules; here is only the command line.

#![forbid(unsafe_code)]

mod connect;
mod decode;
mod demo;
mod serve;

use clap::{Parser, Subcommand};
use std::{error::Error, process::ExitCode};

/// Tools for Socket.IO.
#[derive(Debug, Parser)]
#[command(name = "siox", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Connect(Box<connect::Connect>),
    Serve(serve::Serve),
    Decode(decode::Decode),
}

fn main() -> ExitCode {
    let (name, result) = match Cli::parse().command {
        Command::Demo(options) => ("demo", wait(demo::run(options))),
        Command::Connect(options) => ("connect", wait(connect::run(*options))),
        Command::Serve(options) => ("serve", wait(serve::run(options))),
        Command::Decode(options) => ("decode", decode::run(&options).map_err(Into::into)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("siox {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command that needs the async runtime.
fn wait<E: Error + 'static>(
    command: impl Future<Output = Result<(), E>>,
) -> Result<(), Box<dyn Error>> {
    tokio::runtime::Runtime::new()?.block_on(command)?;
    Ok(())
}
