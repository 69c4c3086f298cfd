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
    /// Where in them the awaited lines begin.
    from: usize,
    /// How often each was awaited since then.
    awaited: BTreeMap<String, usize>,
    asked: usize,
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
            from: 0,
            awaited: BTreeMap::new(),
            asked: 0,
        }
    }

    pub(crate) fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
    }

    /// What it has written until now is awaited no more. An outage begins with this: of the outage before nobody
    /// knows how many attempts failed, and each is a line like those that this one will bring.
    pub(crate) fn turn_over(&mut self) {
        self.from = self.seen.len();
        self.awaited.clear();
    }

    /// Asks the server something that it answers with a number.
    fn ask(&mut self, nsp: &str, event: &str) -> f64 {
        self.asked += 1;
        let id = format!("asked {}", self.asked);
        self.tell(&format!(
            r#"{{"do":"emit","nsp":"{nsp}","event":"{event}","args":[],"ack":true,"id":"{id}"}}"#
        ));
        let answer: Value = format!(r#"{{"is":"ack","id":"{id}"}}"#).parse().unwrap();
        self.await_next(answer.view());
        let line = self.seen.iter().rev().find(|l| fits(l, answer.view()));
        let args = line.and_then(|line| line.view().get("args")).unwrap();
        args.items().next().and_then(View::as_f64).unwrap()
    }

    /// Waits for one more line that has these members than were awaited before.
    pub(crate) fn await_next(&mut self, wanted: View<'_>) {
        let name = wanted.to_value().json().to_owned();
        let nth = self.awaited.entry(name).or_default();
        *nth += 1;
        let nth = *nth;
        let by = Instant::now() + PATIENCE;
        while self.fitting(wanted) < nth {
            let left = by.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.seen.push(line.parse().unwrap()),
                Err(_) => panic!("no {} {nth}: {:#?}", wanted.to_value(), self.seen),
            }
        }
    }

    fn fitting(&self, wanted: View<'_>) -> usize {
        let seen = self.seen[self.from..].iter();
        seen.filter(|line| fits(line, wanted)).count()
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

/// Where the client that is led has its sockets, and the other one too.
const NAMESPACES: [&str; 2] = ["/", "/custom"];

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
        for nsp in NAMESPACES {
            speaker.tell(&format!(
                r#"{{"do":"open","url":"http://{address}","nsp":"{nsp}","options":{{"transports":["websocket"]}}}}"#
            ));
        }
        Self {
            child,
            address,
            speaker: RefCell::new(speaker),
        }
    }

    /// Waits until nobody but the other client is there. A server that is told something to all before it has
    /// noticed that a client is cut off answers a poll with it that nobody takes, and then waits for the next.
    pub(crate) fn await_parting(&self) {
        let mut speaker = self.speaker.borrow_mut();
        let by = Instant::now() + PATIENCE;
        for nsp in NAMESPACES {
            while speaker.ask(nsp, "present") > 1.0 {
                assert!(Instant::now() < by, "the client is still in {nsp}");
                thread::sleep(Duration::from_millis(1));
            }
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
