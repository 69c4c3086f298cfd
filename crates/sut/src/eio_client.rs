//! `eio-client`: an Engine.IO client, led over standard input, which tells on standard output what it hears.

use crate::{Runtime, codec::json};
use bytes::Bytes;
use clap::Args;
use siox_engineio::{ClientConfig, ClientEvent, Transport, Version};
use siox_socketio::{Value, ValueKind};
use siox_stack::ClientOptions;
use siox_tcp::engine as tcp;
use siox_tokio::engine as tokio_engine;
use siox_wire::Message;
use std::{
    error::Error,
    io::{self, BufRead, Write},
    thread,
};

/// What `--help` says of the lines.
pub(crate) const HELP: &str = r#"Reads one JSON command per line: {"send": text or {"$b": "BASE64"}}, {"close": true}. The end of the
input closes the session too. Writes one JSON line for each event:
  {"event":"open","transport":NAME,"sid":SID}
  {"event":"message","data":text or {"$b": "BASE64"}}
  {"event":"upgrade"}, {"event":"upgradeError","error":TEXT}
  {"event":"close","reason":TEXT,"error":TEXT or null}, the last"#;

#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The server: http://HOST:PORT/.
    #[arg(long)]
    url: String,
    /// The protocol's version, 3 or 4.
    #[arg(long, default_value_t = 4)]
    eio: u8,
    /// The transports in order: polling,websocket.
    #[arg(long, value_delimiter = ',', default_value = "polling,websocket")]
    transports: Vec<String>,
    /// Polling stays.
    #[arg(long)]
    no_upgrade: bool,
    /// Bytes travel as base64.
    #[arg(long)]
    base64: bool,
    /// Cookies are kept and sent back.
    #[arg(long)]
    cookies: bool,
    /// Answers to polls may be compressed.
    #[arg(long)]
    compression: bool,
    /// What it runs on.
    #[arg(long, value_enum, default_value_t)]
    runtime: Runtime,
}

impl Wanted {
    fn options(&self) -> Result<ClientOptions, Box<dyn Error>> {
        let transport = |name: &String| match name.as_str() {
            "polling" => Ok(Transport::Polling),
            "websocket" => Ok(Transport::WebSocket),
            _ => Err(format!("no transport {name}")),
        };
        let version = match self.eio {
            3 => Version::V3,
            4 => Version::V4,
            other => return Err(format!("no version {other}").into()),
        };
        let engine = ClientConfig {
            version,
            base64: self.base64,
            transports: self
                .transports
                .iter()
                .map(transport)
                .collect::<Result<_, _>>()?,
            upgrade: !self.no_upgrade,
            ..ClientConfig::default()
        };
        Ok(ClientOptions {
            engine,
            cookies: self.cookies,
            compression: self.compression,
            ..ClientOptions::default()
        })
    }
}

pub(crate) async fn run(wanted: Wanted) -> Result<(), Box<dyn Error>> {
    let client = wanted.options()?;
    match wanted.runtime {
        Runtime::Tokio => on_tokio(&wanted.url, client).await,
        Runtime::Tcp => on_tcp(&wanted.url, client),
    }
}

async fn on_tokio(url: &str, client: ClientOptions) -> Result<(), Box<dyn Error>> {
    let options = tokio_engine::ConnectOptions {
        client,
        ..Default::default()
    };
    let mut client = tokio_engine::connect(url, &options).await?;
    say(&opened(client.transport(), client.opened())?)?;
    let (sender, runtime) = (client.sender(), tokio::runtime::Handle::current());
    thread::spawn(move || {
        lead(|command| match command {
            Command::Send(message) => runtime.block_on(sender.send(message)).is_ok(),
            Command::Close => {
                sender.close();
                false
            }
        });
    });
    while let Some(event) = client.event().await {
        say(&told(event)?)?;
    }
    Ok(())
}

fn on_tcp(url: &str, client: ClientOptions) -> Result<(), Box<dyn Error>> {
    let options = tcp::ConnectOptions {
        client,
        ..Default::default()
    };
    let mut client = tcp::connect(url, &options)?;
    say(&opened(client.transport(), client.opened())?)?;
    let sender = client.sender();
    thread::spawn(move || {
        lead(|command| match command {
            Command::Send(message) => sender.send(message).is_ok(),
            Command::Close => {
                sender.close();
                false
            }
        });
    });
    while let Some(event) = client.event() {
        say(&told(event)?)?;
    }
    Ok(())
}

enum Command {
    Send(Message<'static>),
    Close,
}

/// Hands on each line's command, until `on` wants no more.
fn lead(mut on: impl FnMut(Command) -> bool) {
    for line in io::stdin().lock().lines() {
        let command = line.map_err(|e| e.to_string()).and_then(|line| read(&line));
        match command {
            Ok(command) => {
                if !on(command) {
                    return;
                }
            }
            Err(e) => eprintln!("siox-sut: {e}"),
        }
    }
    on(Command::Close);
}

fn read(line: &str) -> Result<Command, String> {
    let command = json::read(line)?;
    let command = command.view();
    if command.get("close").is_some() {
        return Ok(Command::Close);
    }
    let data = command.get("send").ok_or("neither send nor close")?;
    match (data.as_bytes(), data.as_str(), data.kind()) {
        (Some(bytes), ..) => Ok(Command::Send(Message::Binary(bytes.to_vec().into()))),
        (None, Some(text), ValueKind::String) => {
            Ok(Command::Send(Message::Text(text.into_owned().into())))
        }
        _ => Err("neither text nor bytes".into()),
    }
}

fn opened(
    transport: Option<Transport>,
    opened: Option<siox_engineio::Opened>,
) -> Result<Value, Box<dyn Error>> {
    let sid = opened.map(|opened| opened.sid.into_string());
    event(
        "open",
        [
            (
                "transport",
                Value::from(transport.map_or("none", Transport::name)),
            ),
            ("sid", Value::from(sid.unwrap_or_default())),
        ],
    )
}

fn told(told: ClientEvent<'_>) -> Result<Value, Box<dyn Error>> {
    match told {
        ClientEvent::Opened => event("open", []),
        ClientEvent::Message(Message::Text(text)) => {
            event("message", [("data", Value::from(&*text))])
        }
        ClientEvent::Message(Message::Binary(bytes)) => {
            let bytes = Bytes::from(bytes.into_owned());
            event("message", [("data", Value::from(bytes))])
        }
        ClientEvent::Heartbeat => event("heartbeat", []),
        ClientEvent::Upgrading => event("upgrading", []),
        ClientEvent::Upgraded => event("upgrade", []),
        ClientEvent::UpgradeFailed(e) => {
            event("upgradeError", [("error", Value::from(e.to_string()))])
        }
        ClientEvent::Closed { reason, error } => event(
            "close",
            [
                ("reason", Value::from(reason.to_string())),
                (
                    "error",
                    error.map_or(Value::null(), |e| Value::from(e.to_string())),
                ),
            ],
        ),
    }
}

fn event<const N: usize>(name: &str, members: [(&str, Value); N]) -> Result<Value, Box<dyn Error>> {
    let all = [("event", Value::from(name))].into_iter().chain(members);
    Ok(Value::object(all)?)
}

fn say(value: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", json::write(value))?;
    out.flush()
}
