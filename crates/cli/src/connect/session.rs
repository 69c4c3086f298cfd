//! The namespaces that the user has joined on one connection, and what is done in them.

use super::{
    ConnectError,
    command::{Argument, Command, HELP},
    editor::Names,
    screen::{Screen, Tone, shown},
};
use crate::decode::Raw;
use serde::{Serialize, Serializer, ser::SerializeTuple};
use siox::{
    Bytes, Client, ClientBuilder, Value,
    client::{BadTarget, ConnectionEvent, Direction, Received},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle, task::JoinSet};

/// How long the last lines may take to be sent and told.
const FAREWELL: Duration = Duration::from_secs(2);

pub(crate) struct Session {
    clients: BTreeMap<String, (Client, JoinHandle<()>)>,
    /// The namespace that events are emitted in.
    current: String,
    screen: Screen,
    timeout: Duration,
    answers: JoinSet<()>,
    raw: Arc<AtomicBool>,
    /// Whether the next end of a namespace is the last that is told of it.
    closing: Arc<AtomicBool>,
    names: Names,
    /// Why nothing more will come, once that is so.
    failed: watch::Sender<Option<String>>,
}

impl Session {
    pub(crate) fn start(
        builder: ClientBuilder,
        screen: Screen,
        names: Names,
        timeout: Duration,
    ) -> Result<Self, BadTarget> {
        let client = builder.auto_connect(false).connect()?;
        let mut session = Self {
            clients: BTreeMap::new(),
            current: client.namespace().to_owned(),
            screen,
            timeout,
            answers: JoinSet::new(),
            raw: Arc::default(),
            names,
            closing: Arc::default(),
            failed: watch::Sender::new(None),
        };
        session.add(client);
        Ok(session)
    }

    pub(crate) fn show_raw(&self, raw: bool) {
        self.raw.store(raw, Ordering::Relaxed);
    }

    /// Why the first namespace cannot be joined, once that is final.
    pub(crate) async fn failed(&self) -> String {
        let mut failed = self.failed.subscribe();
        match failed.wait_for(Option::is_some).await {
            Ok(why) => why.clone().unwrap_or_default(),
            Err(_) => std::future::pending().await,
        }
    }

    /// Tells what happens to the connection, and what is on it where that is wanted.
    pub(crate) fn watch_connection(&self, eio: u8, tries_again: bool) {
        let Some((client, _)) = self.clients.values().next() else {
            return;
        };
        let manager = client.manager();
        let screen = self.screen.clone();
        manager.on_event(move |event| match event {
            ConnectionEvent::ReconnectAttempt(n) => screen.tell(
                Tone::State,
                &format!("attempt {n} to connect"),
                "",
                &[
                    ("is", Value::from("reconnect_attempt")),
                    ("attempt", Value::from(*n)),
                ],
            ),
            ConnectionEvent::Error(why) => screen.no_connection(why, tries_again),
            _ => {}
        });
        let (screen, raw) = (self.screen.clone(), self.raw.clone());
        let readers = Mutex::new((Raw::new(eio), Raw::new(eio)));
        manager.on_message(move |direction, message| {
            if !raw.load(Ordering::Relaxed) {
                return;
            }
            let mut readers = readers.lock().unwrap_or_else(PoisonError::into_inner);
            let (head, reader) = match direction {
                Direction::Sent => ("-->", &mut readers.0),
                Direction::Received => ("<--", &mut readers.1),
            };
            let text = reader.message(message, screen.colours);
            screen.note(&format!("{head}\n{text}"));
        });
    }

    fn add(&mut self, client: Client) {
        let (screen, names) = (self.screen.clone(), self.names.clone());
        let (failed, closing) = (self.failed.clone(), self.closing.clone());
        let (mut events, listener) = (client.events(), client.clone());
        let task = tokio::spawn(async move {
            while let Some(event) = events.next().await {
                tell(&screen, &names, &listener, &event);
                if closing.load(Ordering::Relaxed) && matches!(event, Received::Disconnected { .. })
                {
                    return;
                }
                if let Received::ConnectError(error) = &event
                    && !listener.is_active()
                {
                    let why = format!("{}: {error}", listener.namespace());
                    failed.send_replace(Some(why));
                }
            }
        });
        client.connect();
        let nsp = client.namespace().to_owned();
        self.clients.insert(nsp, (client, task));
    }

    /// Does what the user wants; to quit is not its to do.
    pub(crate) fn obey(&mut self, command: Command) {
        match command {
            Command::Quit => {}
            Command::Help => self.screen.note(HELP),
            Command::Raw => {
                let raw = !self.raw.fetch_xor(true, Ordering::Relaxed);
                let state = if raw { "shown" } else { "not shown" };
                self.screen.note(&format!("packets are {state}"));
            }
            Command::Namespaces => {
                for (nsp, (client, _)) in &self.clients {
                    let state = if client.is_connected() {
                        "connected"
                    } else {
                        "not connected"
                    };
                    let mark = if *nsp == self.current { "*" } else { " " };
                    self.screen.note(&format!("{mark} {nsp} {state}"));
                }
            }
            Command::Leave => match self.clients.get(&self.current) {
                Some((client, _)) => client.disconnect(),
                None => self.screen.complain("there is no namespace to leave"),
            },
            Command::Use { nsp, auth } => self.use_namespace(nsp, auth.as_ref()),
            Command::Emit { event, args, ack } => self.emit(&event, args, ack),
        }
    }

    fn use_namespace(&mut self, nsp: String, auth: Option<&Value>) {
        match self.clients.get(&nsp) {
            Some((client, _)) => {
                if !client.is_active() {
                    client.connect();
                }
            }
            None => {
                let Some((first, _)) = self.clients.values().next() else {
                    return;
                };
                let mut builder = first.manager().namespace(&nsp).auto_connect(false);
                if let Some(auth) = auth {
                    builder = builder.auth(auth);
                }
                match builder.connect() {
                    Ok(client) => self.add(client),
                    Err(error) => return self.screen.complain(&error.to_string()),
                }
            }
        }
        self.current = nsp;
    }

    fn emit(&mut self, event: &str, args: Vec<Argument>, ack: bool) {
        let args: Result<Vec<Value>, String> = args.into_iter().map(read).collect();
        let args = match args {
            Ok(args) => Spread(args),
            Err(error) => return self.screen.complain(&error),
        };
        let Some((client, _)) = self.clients.get(&self.current) else {
            return self.screen.complain("no namespace is joined");
        };
        self.names.add(event);
        if !ack {
            if let Err(error) = client.emit(event, &args) {
                self.screen.complain(&error.to_string());
            }
            return;
        }
        let answer = client.emit_with_ack_args(event, &args, Some(self.timeout));
        let (screen, event, nsp) = (self.screen.clone(), event.to_owned(), self.current.clone());
        self.answers.spawn(async move {
            let answer = answer.await;
            let nsp_of = ("nsp", Value::from(nsp.as_str()));
            let event_of = ("event", Value::from(event.as_str()));
            match answer {
                Ok(args) => {
                    let args = args.to_value();
                    let head = format!("{nsp} ack {event:?}");
                    let members = [
                        ("is", Value::from("ack")),
                        nsp_of,
                        event_of,
                        ("args", args.clone()),
                    ];
                    screen.tell(Tone::Answer, &head, &shown(args.view()), &members);
                }
                Err(error) => {
                    let why = error.to_string();
                    let head = format!("{nsp} ack {event:?}");
                    let members = [
                        ("is", Value::from("ack_error")),
                        nsp_of,
                        event_of,
                        ("message", Value::from(why.as_str())),
                    ];
                    screen.tell(Tone::Bad, &head, &why, &members);
                }
            }
        });
    }

    /// The input has ended: all is sent, and what is asked is answered.
    pub(crate) async fn finish(&mut self) -> Result<(), ConnectError> {
        let waiting: Vec<Client> = self.clients.values().map(|(c, _)| c.clone()).collect();
        for client in waiting {
            client
                .ready()
                .await
                .map_err(|error| ConnectError(format!("{}: {error}", client.namespace())))?;
        }
        while self.answers.join_next().await.is_some() {}
        Ok(())
    }

    /// Leaves; what was emitted goes before.
    pub(crate) async fn close(mut self) {
        self.answers.shutdown().await;
        self.closing.store(true, Ordering::Relaxed);
        for (client, task) in std::mem::take(&mut self.clients).into_values() {
            if !client.is_connected() {
                task.abort();
            }
            client.disconnect();
        }
        // The tasks that are left send what is queued.
        let runtime = tokio::runtime::Handle::current();
        let sent = async {
            while runtime.metrics().num_alive_tasks() > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let _ = tokio::time::timeout(FAREWELL, sent).await;
    }
}

fn tell(screen: &Screen, names: &Names, client: &Client, event: &Received) {
    let nsp = client.namespace();
    let nsp_of = ("nsp", Value::from(nsp));
    match event {
        Received::Connected { id, recovered } => {
            let how = if *recovered {
                "recovered as"
            } else {
                "connected as"
            };
            let members = [
                ("is", Value::from("connect")),
                nsp_of,
                ("id", Value::from(&**id)),
                ("recovered", Value::from(*recovered)),
            ];
            screen.tell(Tone::State, &format!("{nsp} {how} {id}"), "", &members);
        }
        // The connection has told people of itself.
        Received::ConnectError(error) if !screen.json && screen.knows(error.message()) => {}
        Received::ConnectError(error) => {
            let data = error.data().cloned();
            let shown = data.as_ref().map_or("", |data| data.json());
            let members = [
                ("is", Value::from("connect_error")),
                nsp_of,
                ("message", Value::from(error.message())),
                ("data", data.clone().unwrap_or_else(Value::null)),
            ];
            let head = format!("{nsp} refused: {}", error.message());
            screen.tell(Tone::Bad, &head, shown, &members);
        }
        Received::Event { name, args, ack } => {
            names.add(name);
            let args = args.to_value();
            let asked = if ack.is_wanted() {
                " (asks for an acknowledgement)"
            } else {
                ""
            };
            let members = [
                ("is", Value::from("event")),
                nsp_of,
                ("event", Value::from(name.as_str())),
                ("args", args.clone()),
                ("ack", Value::from(ack.is_wanted())),
            ];
            let head = format!("{nsp} {name:?}");
            screen.tell(
                Tone::In,
                &head,
                &format!("{}{asked}", shown(args.view())),
                &members,
            );
        }
        Received::Disconnected { reason, details } => {
            let known = details.as_str();
            let mut members = vec![
                ("is", Value::from("disconnect")),
                nsp_of,
                ("reason", Value::from(reason.as_str())),
            ];
            members.extend(known.map(|known| ("details", Value::from(known))));
            let known = known.map(|known| format!(" ({known})"));
            let head = format!("{nsp} disconnected: {reason}{}", known.unwrap_or_default());
            screen.tell(Tone::State, &head, "", &members);
        }
        _ => {}
    }
}

fn read(argument: Argument) -> Result<Value, String> {
    match argument {
        Argument::Value(value) => Ok(value),
        Argument::File(path) => match std::fs::read(&path) {
            Ok(bytes) => Ok(Value::from(Bytes::from(bytes))),
            Err(error) => Err(format!("{}: {error}", path.display())),
        },
    }
}

/// Several arguments.
struct Spread(Vec<Value>);

impl Serialize for Spread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for value in &self.0 {
            tuple.serialize_element(value)?;
        }
        tuple.end()
    }
}
