//! `sio-client`: a Socket.IO client, led over standard input, which tells on standard output what it hears.
//!
//! Here are the commands and what they do; `options` are read, and lines written, next door.

mod options;
mod say;
mod way;

use crate::{Runtime, codec::json};
use clap::Args as Options;
use say::say;
use serde::{Serialize, Serializer, ser::SerializeTuple};
use siox::{
    Value, View,
    client::{Client, Threads, Tokio},
};
use std::{
    collections::BTreeMap,
    error::Error,
    io::{self, BufRead},
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};
use tokio::sync::mpsc;
use way::Way;

/// How binary data is marked.
const MARK: &str = "$bin";

/// What `--help` says of the lines.
pub(crate) const HELP: &str = r#"Reads one JSON command per line; the end of the input is "close". "nsp" is "/" where it is left out. Binary
data is {"$bin":"BASE64"} wherever it stands, in both directions.
  {"do":"open","url":"http://HOST:PORT","nsp":"/","options":{..}}    connects; a second namespace shares the connection
  {"do":"emit","nsp":"/","event":NAME,"args":[..],"ack":false,"timeout_ms":N,"volatile":false,"compress":true,"id":ANY}
  {"do":"connect","nsp":"/"}, {"do":"disconnect","nsp":"/"}          as the client's own methods
  {"do":"close"}                                                     disconnects all and ends
Options: transports (["polling","websocket"]), eio (4 or 3), auth (object), query (object), extraHeaders (object),
path, parser ("json" or "msgpack"), reconnection, reconnectionAttempts, reconnectionDelay, reconnectionDelayMax,
randomizationFactor, timeout, retries, ackTimeout, forceNew, upgrade, rememberUpgrade, tryAllTransports,
requestTimeout, retryAfterMax, withCredentials, offlineBuffer (bytes), maxAttachments, proxy (URL), ca (file of PEM roots), and with it cert
and key (files of PEM). Times are milliseconds. An event of the server that asks for an acknowledgement is acknowledged with its own arguments.
Writes one JSON line for each thing that happens:
  {"is":"connect","nsp":..,"id":..,"recovered":false}
  {"is":"connect_error","nsp":..,"message":..,"data":..,"active":true}
  {"is":"event","nsp":..,"event":NAME,"args":[..],"ack":false}       "ack" tells whether the server asked for one
  {"is":"ack","nsp":..,"event":NAME,"id":ANY,"args":[..]}            the answer to an "emit" with "ack"
  {"is":"ack_error","nsp":..,"event":NAME,"id":ANY,"message":..}
  {"is":"disconnect","nsp":..,"reason":..,"details":TEXT|null,"active":true}
  {"is":"manager","event":"open"|"error"|"close"|"reconnect_attempt"|"reconnect_error"|"reconnect"|"reconnect_failed",..}
  {"is":"manager","event":"ping"|"upgrading"|"upgrade"|"upgrade_error",..}
  {"is":"error","message":..}                                        a command that cannot be done"#;

#[derive(Debug, Options)]
pub(crate) struct Wanted {
    /// What it runs on.
    #[arg(long, value_enum, default_value_t)]
    runtime: Runtime,
}

/// How long the last lines may take to be sent and told.
const FAREWELL: Duration = Duration::from_secs(2);

type Failure = Box<dyn Error>;

pub(crate) async fn run(wanted: Wanted) -> Result<(), Failure> {
    match wanted.runtime {
        Runtime::Tokio => on_tokio().await,
        Runtime::Tcp => {
            on_tcp();
            Ok(())
        }
    }
}

async fn on_tokio() -> Result<(), Failure> {
    let (sender, mut lines) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut clients = Clients::<Tokio>::default();
    while let Some(line) = lines.recv().await {
        if !clients.done(&line) {
            break;
        }
    }
    way::leave_tokio(clients.close()).await;
    Ok(())
}

fn on_tcp() {
    let mut clients = Clients::<Threads>::default();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        if !clients.done(&line) {
            break;
        }
    }
    way::leave_threads(clients.close());
}

/// The clients by their namespaces.
struct Clients<K: Way> {
    all: BTreeMap<String, (Client<K>, K::Listener)>,
    /// Whether the next end of a namespace is the last that is told of it.
    closing: Arc<AtomicBool>,
}

impl<K: Way> Default for Clients<K> {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            closing: Arc::default(),
        }
    }
}

impl<K: Way> Clients<K> {
    /// Obeys; whether more is to come.
    fn done(&mut self, line: &str) -> bool {
        self.obey(line).unwrap_or_else(|error| {
            say([
                ("is", Value::from("error")),
                ("message", Value::from(error)),
            ]);
            true
        })
    }

    fn obey(&mut self, line: &str) -> Result<bool, String> {
        let command = json::read_marked(line, MARK)?;
        let command = command.view();
        match text(command, "do")?.as_str() {
            "open" => self.open(command)?,
            "emit" => self.emit(command)?,
            "connect" => self.of(command)?.connect(),
            "disconnect" => self.of(command)?.disconnect(),
            "close" => return Ok(false),
            other => return Err(format!("nothing known to do as {other}")),
        }
        Ok(true)
    }

    fn of(&self, command: View<'_>) -> Result<&Client<K>, String> {
        let nsp = nsp(command);
        let found = self.all.get(&nsp).map(|(client, _)| client);
        found.ok_or_else(|| format!("{nsp} is not open"))
    }

    fn open(&mut self, command: View<'_>) -> Result<(), String> {
        let nsp = nsp(command);
        let url = text(command, "url")?;
        let url = format!("{}{nsp}", url.trim_end_matches('/'));
        let options = command.get("options");
        let builder = options::apply(Client::builder(url), options)?.auto_connect(false);
        let client = builder.connect().map_err(|error| error.to_string())?;
        let is_first = self.all.is_empty();
        if is_first {
            client.manager().on_event(say::manager);
        }
        let listener = K::listen(&client, self.closing.clone());
        client.connect();
        if let Some((_, listener)) = self.all.insert(nsp, (client, listener)) {
            K::ignore(listener);
        }
        Ok(())
    }

    fn emit(&self, command: View<'_>) -> Result<(), String> {
        let client = self.of(command)?;
        let event = text(command, "event")?;
        let args = command.get("args").map_or(Ok(Value::null()), owned)?;
        let args = Spread(args.view());
        let is = |name, what| command.get(name).and_then(View::as_bool) == Some(what);
        let emitter = client.compress(!is("compress", false));
        if !is("ack", true) {
            let sent = match is("volatile", true) {
                true => client.emit_volatile(&event, &args),
                false => emitter.emit(&event, &args),
            };
            return sent.map_err(|error| error.to_string());
        }
        let timeout = command.get("timeout_ms").and_then(View::as_f64);
        let timeout = timeout.map(|ms| Duration::from_secs_f64(ms.max(0.0) / 1000.0));
        let emitter = match timeout {
            Some(timeout) => emitter.timeout(timeout),
            None => emitter,
        };
        let id = command.get("id").map_or(Ok(Value::null()), owned)?;
        let answer = emitter.emit_with_ack_args(&event, &args);
        K::answer(client.clone(), event, id, answer);
        Ok(())
    }

    /// Disconnects all; what was emitted goes before. Who still has something to tell is returned.
    fn close(self) -> Vec<(Client<K>, K::Listener)> {
        self.closing
            .store(true, std::sync::atomic::Ordering::Relaxed);
        let mut left = Vec::new();
        for (client, listener) in self.all.into_values() {
            let tells = client.is_connected();
            client.disconnect();
            match tells {
                true => left.push((client, listener)),
                false => K::ignore(listener),
            }
        }
        left
    }
}

fn nsp(command: View<'_>) -> String {
    text(command, "nsp").unwrap_or_else(|_| "/".to_owned())
}

fn text(command: View<'_>, name: &str) -> Result<String, String> {
    let member = command.get(name).ok_or_else(|| format!("no \"{name}\""))?;
    let text = member
        .as_str()
        .ok_or_else(|| format!("\"{name}\" is no text"))?;
    Ok(text.into_owned())
}

fn owned(view: View<'_>) -> Result<Value, String> {
    Value::from_serialize(&view).map_err(|error| error.to_string())
}

/// The elements of an array as arguments.
struct Spread<'a>(View<'a>);

impl Serialize for Spread<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for item in self.0.items() {
            tuple.serialize_element(&item)?;
        }
        tuple.end()
    }
}
