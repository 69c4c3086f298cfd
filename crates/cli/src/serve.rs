//! `siox serve`: an echo server, to try clients against. Every namespace is there; what happens is printed.

use clap::Args as Options;
use siox::{
    Ack, AckError, Args, ConnectError, DisconnectReason, EventName, MessagePack, Namespace,
    Recovery, Server, Socket, Value, front::InvalidOption,
};
use std::{
    borrow::Cow,
    fmt,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};
use tokio::net::TcpListener;

/// Serve echoes, to try a client against.
///
/// Any namespace may be joined. An event that asks for an acknowledgement is acknowledged with its own
/// arguments; any other comes back as it went. Three do something else: "ask" asks the client for an
/// acknowledgement of its arguments and tells it as "answer", "leave" disconnects the client from the
/// namespace, "close" from the server.
#[derive(Debug, Options)]
#[command(verbatim_doc_comment)]
pub(crate) struct Serve {
    /// The TCP port to listen on; 0 takes any free one.
    #[arg(long, short, default_value_t = 3000)]
    port: u16,
    /// The address or host name to listen on; 0.0.0.0 lets other machines in.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// The path of the requests.
    #[arg(long, default_value = "/socket.io/")]
    path: String,
    /// Refuse clients whose credentials are not {"token": TOKEN}.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// How often the server pings, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 25_000, value_parser = clap::value_parser!(u64).range(1..))]
    ping_interval: u64,
    /// How long a client may take to answer a ping, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    ping_timeout: u64,
    /// Let clients of Socket.IO 2 in too (Engine.IO 3).
    #[arg(long)]
    eio3: bool,
    /// Packets are written in MessagePack.
    #[arg(long)]
    msgpack: bool,
    /// Keep the sessions of clients that are cut off for two minutes.
    #[arg(long)]
    recovery: bool,
    /// Print nothing but the address.
    #[arg(long, short)]
    quiet: bool,
}

/// Why the server did not run or ended.
#[derive(Debug)]
pub(crate) enum ServeError {
    Listen {
        host: String,
        port: u16,
        error: io::Error,
    },
    Option(InvalidOption),
    Serve(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { host, port, error } => {
                write!(f, "cannot listen on {host}, port {port}: {error}")
            }
            Self::Option(error) => write!(f, "--path: {error}"),
            Self::Serve(error) => write!(f, "the server stopped: {error}"),
        }
    }
}

impl std::error::Error for ServeError {}

/// How long the clients may take to hear of the end.
const DRAIN: Duration = Duration::from_secs(2);

/// How long a client may take to acknowledge what it is asked.
const ASK: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C.
pub(crate) async fn run(serve: Serve) -> Result<(), ServeError> {
    let io = server(&serve).map_err(ServeError::Option)?;
    let listener = TcpListener::bind((&*serve.host, serve.port))
        .await
        .map_err(|error| ServeError::Listen {
            host: serve.host.clone(),
            port: serve.port,
            error,
        })?;
    println!(
        "siox serve: echoes at http://{}/ under the path {} (Ctrl-C stops it)",
        listener.local_addr().map_err(ServeError::Serve)?,
        serve.path
    );
    let stop = async {
        tokio::signal::ctrl_c().await?;
        io.close_within(DRAIN).await;
        Ok(())
    };
    tokio::select! {
        ended = io.serve(listener) => ended,
        stopped = stop => stopped,
    }
    .map_err(ServeError::Serve)
}

fn server(serve: &Serve) -> Result<Server, InvalidOption> {
    let mut builder = Server::builder();
    if serve.msgpack {
        builder = builder.parser(MessagePack::default());
    }
    if serve.recovery {
        builder = builder.recovery(Recovery::default());
    }
    let io = builder
        .allow_eio3(serve.eio3)
        .path(&*serve.path)
        .ping_interval(Duration::from_millis(serve.ping_interval))
        .ping_timeout(Duration::from_millis(serve.ping_timeout))
        .cleanup_empty_child_namespaces(true)
        .build()?;
    let said = Said { quiet: serve.quiet };
    let token: Option<Arc<str>> = serve.token.as_deref().map(Into::into);
    register(&io.namespace("/"), said, token.clone());
    register(&io.dynamic_if(|_, _| async { true }), said, token);
    io.on_error(move |error| said.say(format_args!("! {error}")));
    Ok(io)
}

/// Where a line about what happens goes.
#[derive(Debug, Clone, Copy)]
struct Said {
    quiet: bool,
}

impl Said {
    fn line(self, socket: &Socket, what: impl fmt::Display) {
        let namespace = socket.namespace();
        self.say(format_args!("{} {} {what}", namespace.name(), socket.id()));
    }

    fn say(self, what: impl fmt::Display) {
        if !self.quiet {
            // Whoever reads this may have heard enough; the clients have not.
            let _ = writeln!(io::stdout(), "{what}");
        }
    }
}

fn register(namespace: &Namespace, said: Said, token: Option<Arc<str>>) {
    if let Some(token) = token {
        namespace.middleware(move |socket: Socket| {
            let auth: Value = socket.auth().parse().unwrap_or_else(|_| Value::null());
            let given = auth.get("token");
            let given = given.and_then(|given| given.as_str().map(Cow::into_owned));
            if given.as_deref() == Some(&*token) {
                return Ok(());
            }
            Err(ConnectError::new("the token is not the one asked for"))
        });
    }
    namespace.on_connect(move |socket: Socket| {
        said.line(&socket, format_args!("connected with {}", socket.auth()));
    });
    namespace.on_disconnect(move |socket: Socket, reason: DisconnectReason| {
        said.line(&socket, format_args!("disconnected: {reason}"));
    });
    namespace.on_any(
        move |socket: Socket, EventName(name): EventName, args: Args, ack: Ack| async move {
            said.line(&socket, format_args!("{name:?} {}", args.to_value()));
            echo(socket, &name, &args, ack).await
        },
    );
}

/// The answer to an event, as the help tells it.
async fn echo(socket: Socket, name: &str, args: &Args, ack: Ack) -> Result<(), AckError> {
    match name {
        "ask" => {
            let answer = socket.relay_with_ack("ask", args, Some(ASK)).await?;
            socket.relay("answer", &answer)?;
        }
        "leave" => socket.disconnect(),
        "close" => socket.close(),
        _ if ack.is_wanted() => ack.relay(args)?,
        _ => socket.relay(name, args)?,
    }
    Ok(())
}
