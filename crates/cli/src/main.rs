//! The `siox` command: a chat to try, made with siox.
//!
//! What it does is in its subcommands' modules; here is only the command line.

#![forbid(unsafe_code)]

mod demo;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

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
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Demo(options) = Cli::parse().command;
    match demo::run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("siox demo: {error}");
            ExitCode::FAILURE
        }
    }
}
