//! The processes: the client that is led, the server, and somebody else who speaks.

use siox_socketio::{Value, View};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// Long enough for a loaded machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

fn sut(words: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_siox-sut"))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A client that is led line by line.
pub(crate) struct Led {
    child: Child,
    commands: ChildStdin,
    lines: mpsc::Receiver<String>,
    seen: Vec<Value>,
    /// How often each was awaited.
    awaited: BTreeMap<String, usize>,
}

impl Led {
    pub(crate) fn start(runtime: &str) -> Self {
        let mut child = sut(&["sio-client", "--runtime", runtime]);
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            commands: child.stdin.take().unwrap(),
            child,
            lines,
            seen: Vec::new(),
            awaited: BTreeMap::new(),
        }
    }

    pub(crate) fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
    }

    /// Waits for one more line that has these members than were awaited before.
    pub(crate) fn await_next(&mut self, wanted: View<'_>) {
        let name = wanted.to_value().json().to_owned();
        let nth = self.awaited.entry(name).or_default();
        *nth += 1;
        let nth = *nth;
        let by = Instant::now() + PATIENCE;
        while self.seen.iter().filter(|line| fits(line, wanted)).count() < nth {
            let left = by.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.seen.push(line.parse().unwrap()),
                Err(_) => panic!("no {} {nth}: {:#?}", wanted.to_value(), self.seen),
            }
        }
    }

    /// All that it wrote, once it has ended.
    pub(crate) fn end(mut self) -> Vec<Value> {
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.seen.push(line.parse().unwrap());
        }
        assert!(self.child.wait().unwrap().success());
        std::mem::take(&mut self.seen)
    }
}

impl Drop for Led {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fits(line: &Value, wanted: View<'_>) -> bool {
    wanted.members().all(|(name, member)| {
        let own = line.view().get(&name);
        own.is_some_and(|own| own.to_value().json() == member.to_value().json())
    })
}

/// A server that keeps the sessions of clients that are cut off, and another client of it.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: SocketAddr,
    speaker: RefCell<Led>,
}

impl Served {
    pub(crate) fn start() -> Self {
        let mut child = sut(&["sio-interop", "--recovery", "--port", "0"]);
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap();
        let address: SocketAddr = address.parse().unwrap();
        let mut speaker = Led::start("tokio");
        speaker.tell(&format!(
            r#"{{"do":"open","url":"http://{address}","options":{{"transports":["websocket"]}}}}"#
        ));
        Self {
            child,
            address,
            speaker: RefCell::new(speaker),
        }
    }

    /// The other client says something to all; it has been said when this returns.
    pub(crate) fn say(&self, what: &str) {
        let mut speaker = self.speaker.borrow_mut();
        speaker.tell(&format!(
            r#"{{"do":"emit","event":"say-all","args":[{what}]}}"#
        ));
        let heard: Value = r#"{"is":"event","event":"said"}"#.parse().unwrap();
        speaker.await_next(heard.view());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
