//! A client and a server on a bad network, under the virtual clock: every event arrives exactly once and in
//! order while the link lives, and one end is told when it does not.

mod common;

use common::{app::App, ms, sid};
use siox_engineio as engineio;
use siox_socketio::Encoded;
use siox_stack::{Config, Machine, Session};
use siox_testkit::{Endpoint, Pair, Profile, Rng, Stall, link::Break, machine::feed, pair::Side};
use siox_websocket::{Connection, Event, Limits};
use siox_wire::{Admit, Input, Instant, Message};
use std::{sync::Arc, time::Duration};

/// Times for a network whose pauses last seconds.
fn config() -> Config {
    let engine = engineio::Config {
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(20),
        ..engineio::Config::default()
    };
    Config::new(engine, siox_socketio::Config::default())
}

/// The server: the stack, with an application that answers.
struct Server {
    session: Session,
    lane: engineio::Lane,
    app: App,
}

impl Server {
    fn new() -> Self {
        let (session, lane) = Session::socket(ms(0), &config(), sid());
        let app = App::default();
        Self { session, lane, app }
    }

    fn emit(&mut self, n: u32) {
        let blob = bytes::Bytes::from(vec![n as u8; n as usize * 37 % 3000]);
        let event = Encoded::event("n", &(n, blob)).unwrap();
        let slot = self.app.slot();
        self.session.emit(slot, &event, Admit::Normal).unwrap();
    }

    fn settle(&mut self, now: Instant, log: &mut Vec<String>) {
        for _ in 0..100 {
            if self.session.poll_timeout().is_none_or(|at| at > now) {
                log.append(&mut self.app.heard);
                return;
            }
            match self.session.handle_timeout(now) {
                Ok(Some(event)) => self.app.hear(now, &mut self.session, &event),
                Ok(None) => {}
                Err(error) => self.app.heard.push(format!("{error:?}")),
            }
        }
        panic!("it does not come to rest");
    }
}

impl Endpoint for Server {
    type Event = String;

    fn handle_input(&mut self, now: Instant, bytes: &mut [u8], log: &mut Vec<String>) {
        let mut input = Input::new(now, bytes);
        loop {
            match self.session.handle_input(self.lane, &mut input) {
                Ok(Some(event)) => self.app.hear(now, &mut self.session, &event),
                Ok(None) => break,
                Err(error) => {
                    self.app.heard.push(format!("{error:?}"));
                    break;
                }
            }
        }
        self.settle(now, log);
    }

    fn handle_timeout(&mut self, now: Instant, log: &mut Vec<String>) {
        self.settle(now, log);
    }

    fn handle_eof(&mut self, now: Instant, log: &mut Vec<String>) {
        self.session.handle_eof(now, self.lane);
        self.settle(now, log);
    }

    fn handle_reset(&mut self, now: Instant, log: &mut Vec<String>) {
        self.session.handle_socket_gone(self.lane);
        self.settle(now, log);
    }

    fn handle_written(&mut self, n: usize) {
        self.session.handle_written(self.lane, n);
    }

    fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.session.poll_transmit()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.session.poll_timeout()
    }

    fn is_finished(&self) -> bool {
        self.session.is_finished(self.lane)
    }
}

/// The client: a WebSocket and the texts of the two protocols, no more.
struct Client {
    socket: Connection,
    said: u32,
}

impl Client {
    fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        Rng::new(seed).fill(&mut key);
        let socket = Connection::client(Arc::new(Limits::default()), key);
        Self { socket, said: 0 }
    }

    /// A message, plain or with an attachment.
    fn say(&mut self) {
        self.said += 1;
        let n = self.said;
        if n.is_multiple_of(3) {
            let head = format!(r#"451-["said",{n},{{"_placeholder":true,"num":0}}]"#);
            self.socket.text(&head).unwrap();
            self.socket.binary(vec![n as u8; 5].into()).unwrap();
        } else {
            self.socket.text(&format!(r#"42{n}["said",{n}]"#)).unwrap();
        }
    }

    fn said(n: u32) -> String {
        if n.is_multiple_of(3) {
            let byte = format!("{:02x}", n as u8);
            let blob = byte.repeat(5);
            return format!(r#"event / ["said",{n},{{"_placeholder":true,"num":0}}] <{blob}>"#);
        }
        format!(r#"event /#{n} ["said",{n}]"#)
    }
}

impl Endpoint for Client {
    type Event = String;

    fn handle_input(&mut self, now: Instant, bytes: &mut [u8], log: &mut Vec<String>) {
        let mut told = Vec::new();
        let fine = feed(now, bytes, log, |input| {
            loop {
                match self.socket.handle_input(input)? {
                    Some(Event::Message(Message::Text(text))) if text == "2" => {
                        // Refused only while closing, when nobody waits for it.
                        let _ = self.socket.text("3");
                    }
                    Some(Event::Message(Message::Text(text))) => {
                        told.push(if text.starts_with("0{") {
                            "open".into()
                        } else {
                            text.into_owned()
                        });
                    }
                    Some(Event::Message(Message::Binary(blob))) => {
                        told.push(format!("{} bytes", blob.len()));
                    }
                    Some(Event::Close(_)) => told.push("closed".into()),
                    Some(Event::Chunk(_) | Event::Ping(_) | Event::Pong(_)) => {}
                    None => return Ok::<Option<()>, siox_websocket::Error>(None),
                }
            }
        });
        assert!(fine, "the server broke a rule: {log:?}");
        log.append(&mut told);
    }

    fn handle_timeout(&mut self, now: Instant, _: &mut Vec<String>) {
        let _ = self.socket.handle_timeout(now);
    }

    fn handle_eof(&mut self, now: Instant, log: &mut Vec<String>) {
        log.push(format!("eof {:?}", self.socket.handle_eof(now).is_ok()));
    }

    fn handle_written(&mut self, n: usize) {
        self.socket.handle_written(n);
    }

    fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.socket.poll_transmit()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.socket.poll_timeout()
    }

    fn is_finished(&self) -> bool {
        self.socket.is_finished()
    }
}

/// Connected and joined to `/`.
fn joined(profile: &Profile, seed: u64) -> Pair<Client, Server> {
    let mut client = Client::new(seed);
    client.socket.text("40").unwrap();
    let mut pair = Pair::new(client, Server::new(), profile.clone(), seed);
    let done = pair.run_until_done(ms(20_000), |pair| pair.events_a().len() == 2);
    assert!(done, "{}", pair.trace());
    assert_eq!(lines(pair.events_a()), ["open", r#"40{"sid":"s"}"#]);
    assert_eq!(lines(pair.events_b()), ["connect /"]);
    pair
}

fn lines(events: &[(Instant, String)]) -> Vec<&str> {
    events.iter().map(|(_, line)| line.as_str()).collect()
}

/// Both sides talk at moments of chance for a while.
fn talk(pair: &mut Pair<Client, Server>, seed: u64, rounds: u32) -> u32 {
    let (mut rng, mut emitted) = (Rng::new(seed ^ 0xABCD), 0);
    for _ in 0..rounds {
        for _ in 0..rng.below(4) {
            if pair.b.session.is_closed() || pair.is_closed(Side::A) {
                return emitted;
            }
            if rng.chance(500) && !pair.a.socket.is_closed() {
                pair.a.say();
            } else {
                emitted += 1;
                pair.b.emit(emitted);
            }
        }
        pair.run_for(Duration::from_millis(rng.below(300)));
    }
    emitted
}

/// What the server heard of the client must be the beginning of what was said, in order.
fn check_server(pair: &Pair<Client, Server>, seed: u64) -> usize {
    let heard: Vec<_> = lines(pair.events_b())
        .into_iter()
        .filter(|l| l.starts_with("event"))
        .collect();
    let said: Vec<_> = (1..=pair.a.said).map(Client::said).collect();
    assert_eq!(heard, said[..heard.len()], "seed {seed}");
    heard.len()
}

/// The same the other way, and the acknowledgements of what the server heard.
fn check_client(pair: &Pair<Client, Server>, emitted: u32, seed: u64) -> usize {
    let told = lines(pair.events_a());
    let packets: Vec<_> = told
        .iter()
        .filter(|l| l.starts_with("451-") || l.ends_with(" bytes"))
        .collect();
    let expected: Vec<_> = (1..=emitted)
        .flat_map(|n| {
            let head = format!(r#"451-["n",{n},{{"_placeholder":true,"num":0}}]"#);
            [head, format!("{} bytes", n * 37 % 3000)]
        })
        .collect();
    assert!(
        packets.iter().zip(&expected).all(|(a, b)| *a == b),
        "seed {seed}"
    );
    assert!(
        packets.len() <= expected.len(),
        "seed {seed}: more than was emitted"
    );
    let acks: Vec<_> = told
        .iter()
        .filter(|l| l.starts_with("43"))
        .copied()
        .collect();
    let asked = (1..=pair.a.said).filter(|n| !n.is_multiple_of(3));
    let owed: Vec<_> = asked.map(|n| format!("43{n}[{n}]")).collect();
    assert_eq!(acks, owed[..acks.len()], "seed {seed}");
    packets.len() / 2 + acks.len()
}

/// Any network on which a client that is alive is not silent for as long as a dead one.
fn steady(seed: u64) -> Profile {
    let any = Profile::random(seed);
    Profile {
        bandwidth: None,
        window: any.window.max(16 * 1024),
        stall: any.stall.map(|stall| Stall {
            permille: stall.permille / 10,
            ..stall
        }),
        ..any
    }
}

#[test]
fn everything_arrives_once_and_in_order() {
    for seed in 0..60 {
        let profile = match seed % 3 {
            0 => Profile::rough(),
            _ => steady(seed),
        };
        let mut pair = joined(&profile, seed);
        let emitted = talk(&mut pair, seed, 60);
        pair.run_for(Duration::from_secs(60));
        assert!(!pair.b.session.is_closed(), "seed {seed}");
        let said = pair.a.said as usize;
        assert_eq!(check_server(&pair, seed), said, "seed {seed}");
        let acks = said - said / 3;
        assert_eq!(
            check_client(&pair, emitted, seed),
            emitted as usize + acks,
            "seed {seed}"
        );

        // Either side closes; both are told once.
        if seed % 2 == 0 {
            pair.a.socket.text("1").unwrap();
        } else {
            let now = pair.now();
            pair.b
                .session
                .close(now, engineio::CloseReason::ForcedClose);
        }
        pair.run_for(Duration::from_secs(60));
        assert!(
            pair.is_closed(Side::A) && pair.is_closed(Side::B),
            "seed {seed}"
        );
        assert_eq!(closed(&pair), 1, "seed {seed}");
        let ends = lines(pair.events_a())
            .into_iter()
            .filter(|l| *l == "closed")
            .count();
        assert_eq!(ends, 1, "seed {seed}");
        assert_eq!(pair.b.session.poll_timeout(), None, "seed {seed}");
    }
}

fn closed(pair: &Pair<Client, Server>) -> usize {
    lines(pair.events_b())
        .iter()
        .filter(|l| l.starts_with("closed"))
        .count()
}

#[test]
fn a_break_is_told_once_and_loses_no_more_than_what_travelled() {
    let mut broken = 0;
    for seed in 0..90 {
        let how = [Break::Reset, Break::HalfClose, Break::Silence][seed as usize % 3];
        let at = 150 + Rng::new(seed).below(2000);
        let rough = Profile::rough();
        let good = rough.clone();
        let bad = rough.breaking(at, how);
        let (up, down) = if seed % 2 == 0 {
            (bad, good)
        } else {
            (good, bad)
        };
        let mut client = Client::new(seed);
        client.socket.text("40").unwrap();
        let mut pair = Pair::with_links(client, Server::new(), up, down, seed);
        let joined = |pair: &Pair<Client, Server>| pair.events_a().len() == 2;
        if !pair.run_until_done(ms(20_000), joined) {
            continue; // it broke before the client had joined
        }
        broken += 1;
        let emitted = talk(&mut pair, seed, 200);
        // Longer than a client may be silent.
        pair.run_for(Duration::from_secs(200));
        check_server(&pair, seed);
        check_client(&pair, emitted, seed);
        let told = closed(&pair);
        assert_eq!(
            told,
            1,
            "seed {seed}, {how:?} after {at}: {:?}",
            lines(pair.events_b()).last()
        );
        assert!(
            lines(pair.events_b()).last().unwrap().starts_with("closed"),
            "seed {seed}"
        );
        assert_eq!(pair.b.session.poll_timeout(), None, "seed {seed}");
    }
    assert!(broken > 60, "only {broken} were joined");
}

/// Equal machines and seeds give the same run.
#[test]
fn a_run_repeats() {
    let trace = || {
        let mut pair = joined(&Profile::rough(), 5);
        talk(&mut pair, 5, 20);
        pair.trace().to_owned()
    };
    assert_eq!(trace(), trace());
}
