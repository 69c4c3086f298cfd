//! `sio-client` on both runtimes: one scenario, against the server of this workspace, with the same log.
//!
//! A line of `scenario.jsonl` is a command for the client, or one for this test: it starts and kills the
//! server, cuts the wire between them, has somebody else speak, or waits for one more line that fits.

mod log;
mod peers;
mod wire;

use peers::{Led, Served};
use siox_socketio::{Value, View};
use wire::Wire;

const SCENARIO: &str = include_str!("scenario.jsonl");

struct Stage {
    client: Led,
    wire: Wire,
    server: Option<Served>,
    transports: &'static str,
}

impl Stage {
    fn new(runtime: &str, transports: &'static str) -> Self {
        Self {
            client: Led::start(runtime),
            wire: Wire::new(),
            server: None,
            transports,
        }
    }

    fn play(mut self) -> log::Log {
        for line in SCENARIO.lines() {
            let step: Value = line.parse().unwrap();
            let (name, what) = step.view().members().next().unwrap();
            match &*name {
                "do" => self.client.tell(line),
                "await" => self.client.await_next(what),
                "open" => self.open(&text(what), step.view().get("auth")),
                "server" if text(what) == "start" => {
                    let server = Served::start();
                    self.wire.join(server.address);
                    self.server = Some(server);
                }
                "server" if text(what) == "notices" => {
                    self.server.as_ref().unwrap().await_parting();
                }
                "server" => {
                    self.outage();
                    self.server = None;
                }
                "wire" if text(what) == "cut" => {
                    self.outage();
                    self.wire
                        .cut(self.uses("polling") && !self.uses("websocket"));
                }
                "wire" => self.wire.join(self.server.as_ref().unwrap().address),
                "say" => self.server.as_ref().unwrap().say(what.to_value().json()),
                "numbers" => {
                    for n in 0..what.as_f64().unwrap() as u32 {
                        let emit = format!(r#"{{"do":"emit","event":"number","args":[{n}]}}"#);
                        self.client.tell(&emit);
                    }
                }
                other => panic!("{other}"),
            }
        }
        log::Log::of(&self.client.end())
    }

    fn uses(&self, transport: &str) -> bool {
        self.transports.contains(transport)
    }

    /// One is about to begin. What it is told as depends on the transport it meets.
    fn outage(&mut self) {
        if self.uses("polling") && self.uses("websocket") {
            let upgraded: Value = r#"{"is":"manager","event":"upgrade"}"#.parse().unwrap();
            self.client.await_next(upgraded.view());
        }
        self.client.turn_over();
    }

    fn open(&mut self, nsp: &str, auth: Option<View<'_>>) {
        let auth = auth.map_or_else(|| "{}".to_owned(), |auth| auth.to_value().json().to_owned());
        self.client.tell(&format!(
            r#"{{"do":"open","url":"http://{}","nsp":"{nsp}","options":{{"transports":{},"auth":{auth},"reconnectionDelay":20,"reconnectionDelayMax":60}}}}"#,
            self.wire.address, self.transports,
        ));
    }
}

fn text(view: View<'_>) -> String {
    view.as_str().unwrap().into_owned()
}

fn alike(transports: &'static str) {
    let on_tokio = Stage::new("tokio", transports).play();
    let on_tcp = Stage::new("tcp", transports).play();
    on_tokio.check();
    assert_eq!(on_tokio, on_tcp);
}

#[test]
fn by_polling() {
    alike(r#"["polling"]"#);
}

#[test]
fn by_websocket() {
    alike(r#"["websocket"]"#);
}

#[test]
fn by_polling_and_then_websocket() {
    alike(r#"["polling","websocket"]"#);
}
