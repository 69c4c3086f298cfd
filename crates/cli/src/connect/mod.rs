//! `siox connect`: an interactive client. Here are the options and the loop; the user's lines are read in
//! `command` and `editor`, lines are printed by `screen`, and `session` holds the namespaces.

mod command;
mod editor;
mod screen;
mod session;

use clap::{Args, ValueEnum};
use editor::Line;
use screen::Screen;
use session::Session;
use siox::{ClientBuilder, MessagePack, Transport, Value, rustls};
use std::{error::Error, fmt, path::PathBuf, sync::Arc, time::Duration};

/// Talk to a Socket.IO server.
///
/// Lines of the input are events to emit: `chat "hello" {"a":1} @picture.png`. One that begins with `?` asks for an
/// acknowledgement. `.help` lists the rest. On a terminal there are history and completion; from a pipe it ends when the
/// input has ended and every acknowledgement is in.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Connect {
    /// The server, and with the path the namespace: http://localhost:3000/chat. https, ws and wss work too.
    url: String,
    /// Credentials: JSON for the server's `auth`.
    #[arg(long, short, value_name = "JSON")]
    auth: Option<String>,
    /// A header for every request; may be given again.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// A pair for the query of every request; may be given again.
    #[arg(long, short, value_name = "NAME=VALUE")]
    query: Vec<String>,
    /// The transports, in the order of trying.
    #[arg(
        long,
        value_delimiter = ',',
        value_enum,
        default_value = "polling,websocket"
    )]
    transports: Vec<Way>,
    /// The version of Engine.IO: 3 for servers of Socket.IO 2.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(3..=4))]
    eio: u8,
    /// How packets are written.
    #[arg(long, value_enum, default_value_t)]
    parser: Written,
    /// The path of the requests.
    #[arg(long, default_value = "/socket.io")]
    path: String,
    /// The proxy to go through: `http://HOST:PORT`, `socks5://...`; `USER:PASSWORD@` may stand before the host.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// A PEM file of the certificates to trust, in place of Mozilla's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Give up where the connection cannot be made, or is lost. Without it this goes on trying, and says why.
    #[arg(long)]
    no_reconnect: bool,
    /// How long to wait for an acknowledgement, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    ack_timeout: u64,
    /// Go on when the input has ended, until Ctrl-C.
    #[arg(long, short)]
    listen: bool,
    /// Print one line of JSON for each event; binary data is {"$bin":"BASE64"}.
    #[arg(long)]
    json: bool,
    /// Show the packets too, with their layers decoded.
    #[arg(long)]
    raw: bool,
    /// Whether to use colours. Default: on a terminal.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Polling,
    Websocket,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Written {
    #[default]
    Json,
    Msgpack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// An option that cannot be used, or a server that could not be reached.
#[derive(Debug)]
pub(crate) struct ConnectError(String);

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for ConnectError {}

/// Connects, and obeys the input.
pub(crate) async fn run(connect: Connect) -> Result<(), ConnectError> {
    let (mut lines, printer) = editor::start(!connect.json);
    let screen = Screen::new(printer, connect.json, connect.colours());
    let builder = connect.apply(siox::Client::builder(&*connect.url))?;
    let timeout = Duration::from_millis(connect.ack_timeout);
    let mut session = Session::start(builder, screen.clone(), lines.names.clone(), timeout)
        .map_err(|error| ConnectError(format!("{}: {error}", connect.url)))?;
    session.watch_connection(connect.eio, !connect.no_reconnect);
    session.show_raw(connect.raw);
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            _ = tokio::signal::ctrl_c() => Some(Line::Interrupted),
            failed = session.failed() => return Err(ConnectError(failed)),
        };
        match line {
            Some(Line::Text(text)) => match command::parse(&text) {
                Ok(Some(command::Command::Quit)) => break,
                Ok(Some(command)) => session.obey(command),
                Ok(None) => {}
                Err(error) => screen.complain(&error.to_string()),
            },
            Some(Line::End) if connect.listen => {}
            Some(Line::End) => {
                session.finish().await?;
                break;
            }
            Some(Line::Interrupted) | None => break,
        }
    }
    session.close().await;
    Ok(())
}

impl Connect {
    fn colours(&self) -> bool {
        use std::io::IsTerminal;
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => !self.json && std::io::stdout().is_terminal(),
        }
    }

    fn apply(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, ConnectError> {
        let transports = self.transports.iter().map(|way| match way {
            Way::Polling => Transport::Polling,
            Way::Websocket => Transport::WebSocket,
        });
        builder = builder
            .transports(transports.collect::<Vec<_>>())
            .path(&*self.path)
            .reconnection(!self.no_reconnect);
        if let Some(auth) = &self.auth {
            let auth: Value = auth
                .parse()
                .map_err(|error| ConnectError(format!("--auth is not JSON: {error}")))?;
            if !auth.json().trim_start().starts_with('{') {
                return Err(ConnectError("--auth is not a JSON object".to_owned()));
            }
            builder = builder.auth(&auth);
        }
        for header in &self.headers {
            let (name, value) = pair(header, ':', "--header NAME: VALUE")?;
            builder = builder.extra_header(name, value);
        }
        for query in &self.query {
            let (name, value) = pair(query, '=', "--query NAME=VALUE")?;
            builder = builder.query(name, value);
        }
        if self.eio == 3 {
            builder = builder.eio3();
        }
        if self.parser == Written::Msgpack {
            builder = builder.parser(MessagePack::default());
        }
        if let Some(proxy) = &self.proxy {
            let proxy = proxy.parse();
            builder = builder.proxy(proxy.map_err(|e| ConnectError(format!("--proxy: {e}")))?);
        }
        if let Some(file) = &self.ca {
            let tls =
                roots(file).map_err(|e| ConnectError(format!("--ca {}: {e}", file.display())))?;
            builder = builder.tls(tls);
        }
        Ok(builder)
    }
}

fn pair<'a>(text: &'a str, by: char, form: &str) -> Result<(&'a str, &'a str), ConnectError> {
    let (name, value) = text
        .split_once(by)
        .ok_or_else(|| ConnectError(format!("{text:?} is not of the form {form}")))?;
    Ok((name.trim(), value.trim()))
}

/// TLS that trusts the certificates of this file.
fn roots(file: &std::path::Path) -> Result<Arc<rustls::ClientConfig>, Box<dyn Error>> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
    }
    if roots.is_empty() {
        return Err("there is no certificate in it".into());
    }
    let config = rustls::ClientConfig::builder().with_root_certificates(roots);
    Ok(Arc::new(config.with_no_client_auth()))
}
