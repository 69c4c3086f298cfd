//! `siox demo`: a chat server and its page, in one binary.

mod chat;
mod pages;
mod rooms;

use clap::Args;
use std::{fmt, io, path::PathBuf, time::Duration};
use tokio::net::TcpListener;

/// Serve a chat and its page.
///
/// Open the address it prints in a few browsers. The page is part of this binary and brings its own
/// Socket.IO client, so nothing is fetched from elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The TCP port to listen on; 0 takes any free one.
    #[arg(long, short, default_value_t = 3000)]
    port: u16,
    /// The address or host name to listen on; 0.0.0.0 lets other machines in.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Serve the official client from this folder under /socket.io/, and have the page use it. The
    /// folder is `client-dist` of the npm package socket.io, or `dist` of socket.io-client.
    #[arg(long, value_name = "DIR")]
    client_dir: Option<PathBuf>,
}

/// Why the demo did not run or ended.
#[derive(Debug)]
pub(crate) enum DemoError {
    PortInUse(u16),
    Listen {
        host: String,
        port: u16,
        error: io::Error,
    },
    Client {
        folder: PathBuf,
        error: io::Error,
    },
    Serve(io::Error),
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortInUse(port) => write!(
                f,
                "port {port} is already in use; choose another with --port, such as --port {}, or --port 0 for any",
                port.checked_add(1).unwrap_or(3000)
            ),
            Self::Listen { host, port, error } => {
                write!(f, "cannot listen on {host}, port {port}: {error}")
            }
            Self::Client { folder, error } => {
                write!(f, "--client-dir {}: {error}", folder.display())
            }
            Self::Serve(error) => write!(f, "the server stopped: {error}"),
        }
    }
}

impl std::error::Error for DemoError {}

/// How long the clients may take to hear of the end; a second Ctrl-C does not wait for them.
const DRAIN: Duration = Duration::from_secs(2);

/// Serves until Ctrl-C, then tells the clients and waits until they have heard it.
pub(crate) async fn run(demo: Demo) -> Result<(), DemoError> {
    let io = server(&demo)?;
    chat::register(&io);
    let router = pages::page(demo.client_dir.is_some()).layer(io.layer());
    let listener = listen(&demo.host, demo.port).await?;
    println!(
        "siox demo: the chat is at http://{} (Ctrl-C stops it)",
        listener.local_addr().map_err(DemoError::Serve)?
    );
    let stop = async {
        tokio::signal::ctrl_c().await?;
        // The server goes on meanwhile: a polling client hears the end in its next request.
        tokio::select! {
            _ = io.close_within(DRAIN) => Ok(()),
            again = tokio::signal::ctrl_c() => again,
        }
    };
    tokio::select! {
        ended = axum::serve(listener, router) => ended,
        stopped = stop => stopped,
    }
    .map_err(DemoError::Serve)
}

fn server(demo: &Demo) -> Result<siox::Server, DemoError> {
    let Some(folder) = &demo.client_dir else {
        return Ok(siox::Server::new());
    };
    let builder = siox::Server::builder().serve_client(folder);
    let built = builder.and_then(|builder| Ok(builder.build()?));
    built.map_err(|error| DemoError::Client {
        folder: folder.clone(),
        error,
    })
}

async fn listen(host: &str, port: u16) -> Result<TcpListener, DemoError> {
    TcpListener::bind((host, port))
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => DemoError::PortInUse(port),
            _ => DemoError::Listen {
                host: host.to_owned(),
                port,
                error,
            },
        })
}
