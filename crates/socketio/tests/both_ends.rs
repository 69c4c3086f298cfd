//! The client's side against the server's, with messages under way in both directions: neither finds fault
//! with the other, and what is said arrives once, in order, in the stay it was said in.

mod common;

use common::{Out, Sent, ms};
use proptest::prelude::*;
use siox_socketio::{Client, ClientConfig, ClientEvent, Config, Connection, Encoded, Event, Slot};
use siox_wire::{Admit, Message};
use std::collections::{BTreeMap, VecDeque};

const NAMES: [&str; 3] = ["/", "/a", "/b"];

#[derive(Debug, Clone, Copy)]
enum Op {
    Connect(usize),
    Leave(usize),
    Say(usize),
    Answer(bool),
    ThrowOut(usize),
    Tell(usize),
    /// Messages arrive, at the server or at the client.
    Deliver(bool, usize),
}

fn op() -> impl Strategy<Value = Op> {
    let name = 0..NAMES.len();
    prop_oneof![
        2 => name.clone().prop_map(Op::Connect),
        1 => name.clone().prop_map(Op::Leave),
        3 => name.clone().prop_map(Op::Say),
        2 => any::<bool>().prop_map(Op::Answer),
        1 => name.clone().prop_map(Op::ThrowOut),
        3 => name.prop_map(Op::Tell),
        4 => (any::<bool>(), 1usize..5).prop_map(|(up, n)| Op::Deliver(up, n)),
    ]
}

struct World {
    client: Client,
    server: Connection,
    up: VecDeque<Sent>,
    down: VecDeque<Sent>,
    /// The client's stays by namespace, and whether each is in.
    stays: BTreeMap<&'static str, (Slot, bool)>,
    /// The server's, and those that wait for its answer.
    inside: BTreeMap<String, (Slot, u32)>,
    asked: VecDeque<(Slot, String)>,
    said: u32,
    sids: u32,
    /// Which sid each stay of the client got.
    sid: BTreeMap<Slot, String>,
    /// The last number heard in each stay.
    last: BTreeMap<(bool, String), u32>,
}

fn message(sent: &Sent) -> Message<'_> {
    match sent {
        Sent::Text(text) => Message::from(text.as_str()),
        Sent::Binary(bytes) => Message::from(&bytes[..]),
    }
}

impl World {
    fn new() -> Self {
        Self {
            client: Client::new(ClientConfig::default().into(), "x"),
            server: Connection::new(ms(0), Config::default().into()),
            up: VecDeque::new(),
            down: VecDeque::new(),
            stays: BTreeMap::new(),
            inside: BTreeMap::new(),
            asked: VecDeque::new(),
            said: 0,
            sids: 0,
            sid: BTreeMap::new(),
            last: BTreeMap::new(),
        }
    }

    fn event(&mut self, to: &str) -> Encoded {
        self.said += 1;
        Encoded::event("n", &(self.said, to, bytes::Bytes::from_static(b"x"))).unwrap()
    }

    fn heard(&mut self, up: bool, stay: &str, said: u32, to: &str) {
        assert_eq!(to, stay, "said to another stay");
        let last = self.last.insert((up, stay.to_owned()), said);
        assert!(last < Some(said), "{said} after {last:?}");
    }

    fn run(&mut self, op: Op) {
        let mut out = Out::default();
        match op {
            Op::Connect(n) => {
                let nsp = NAMES[n];
                if let Ok(slot) = self.client.connect(nsp, None, None, &mut out) {
                    self.stays.insert(nsp, (slot, false));
                }
            }
            Op::Leave(n) => {
                if let Some((slot, _)) = self.stays.remove(NAMES[n]) {
                    self.client.disconnect(slot, &mut out).unwrap();
                }
            }
            Op::Say(n) => {
                if let Some(&(slot, true)) = self.stays.get(NAMES[n]) {
                    let to = self.sid[&slot].clone();
                    let event = self.event(&to);
                    self.client
                        .emit(slot, &event, Admit::Normal, &mut out)
                        .unwrap();
                }
            }
            Op::Deliver(true, n) => {
                for _ in 0..n {
                    self.at_server();
                }
            }
            Op::Deliver(false, n) => {
                for _ in 0..n {
                    self.at_client(&mut out);
                }
            }
            Op::Answer(_) | Op::ThrowOut(_) | Op::Tell(_) => return self.run_server(op),
        }
        self.up.extend(out.sent);
    }

    fn run_server(&mut self, op: Op) {
        let mut out = Out::default();
        match op {
            Op::Answer(yes) => {
                if let Some((slot, nsp)) = self.asked.pop_front() {
                    if yes {
                        self.sids += 1;
                        let sid = self.sids.to_string();
                        self.server.accept(slot, &sid, &mut out).unwrap();
                        self.inside.insert(nsp, (slot, self.sids));
                    } else {
                        self.server.refuse(slot, "no", None, &mut out).unwrap();
                    }
                }
            }
            Op::ThrowOut(n) => {
                if let Some((slot, _)) = self.inside.remove(NAMES[n]) {
                    self.server.disconnect(slot, &mut out).unwrap();
                }
            }
            Op::Tell(n) => {
                if let Some(&(slot, sid)) = self.inside.get(NAMES[n]) {
                    let event = self.event(&sid.to_string());
                    self.server
                        .emit(slot, &event, Admit::Normal, &mut out)
                        .unwrap();
                }
            }
            Op::Connect(_) | Op::Leave(_) | Op::Say(_) | Op::Deliver(..) => {}
        }
        self.down.extend(out.sent);
    }

    fn at_server(&mut self) {
        let Some(sent) = self.up.pop_front() else {
            return;
        };
        let mut out = Out::default();
        let event = self.server.handle_message(ms(0), message(&sent), &mut out);
        match event.expect("the client keeps the rules") {
            Some(Event::Connect { slot, nsp, .. }) => {
                self.asked.push_back((slot, nsp.into_owned()));
            }
            Some(Event::Event { slot, packet, .. }) => {
                let (said, to, _): (u32, String, bytes::Bytes) = packet.decode().unwrap();
                let own = self.inside.values().find(|(own, _)| *own == slot);
                let own = own.expect("it is inside").1.to_string();
                self.heard(true, &own, said, &to);
            }
            Some(Event::Disconnect { slot, .. }) => {
                self.inside.retain(|_, (own, _)| *own != slot);
            }
            Some(other) => panic!("{other:?}"),
            None => {}
        }
        self.down.extend(out.sent);
    }

    fn at_client(&mut self, out: &mut Out) {
        let Some(sent) = self.down.pop_front() else {
            return;
        };
        let event = self.client.handle_message(ms(0), message(&sent), out);
        let mut event = event
            .expect("the server keeps the rules")
            .map(ClientEvent::into_owned);
        while let Some(what) = event {
            self.told(&what);
            event = self.client.handle_timeout(ms(0)).unwrap();
        }
    }

    fn told(&mut self, event: &ClientEvent<'_>) {
        match event {
            ClientEvent::Connected { slot, sid, .. } => {
                let stay = self.stays.values_mut().find(|(own, _)| own == slot);
                stay.expect("it is wanted").1 = true;
                self.sid.insert(*slot, sid.to_string());
            }
            ClientEvent::Refused { slot, .. } | ClientEvent::Disconnected { slot } => {
                self.stays.retain(|_, (own, _)| own != slot);
            }
            ClientEvent::Event { slot, packet, .. } => {
                let (said, to, _): (u32, String, bytes::Bytes) = packet.decode().unwrap();
                let own = self.sid[slot].clone();
                self.heard(false, &own, said, &to);
            }
            other => panic!("{other:?}"),
        }
    }

    /// Everything arrives, and every CONNECT is answered.
    fn settle(&mut self) {
        while !(self.up.is_empty() && self.down.is_empty() && self.asked.is_empty()) {
            self.run(Op::Deliver(true, 100));
            self.run(Op::Answer(true));
            self.run(Op::Deliver(false, 100));
        }
        let client: Vec<&str> = self.client.joined().map(|(_, nsp)| nsp).collect();
        let server: Vec<&str> = self.server.joined().map(|(_, nsp)| nsp).collect();
        let sorted = |mut names: Vec<&str>| {
            names.sort_unstable();
            names.join(" ")
        };
        assert_eq!(sorted(client), sorted(server), "who is in where");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn neither_end_finds_fault(ops in proptest::collection::vec(op(), 0..80)) {
        let mut world = World::new();
        for op in ops {
            world.run(op);
        }
        world.settle();
    }

    #[test]
    fn no_server_makes_a_client_panic(texts in proptest::collection::vec(
        r#"[0-7](1-)?(/[ab],)?[0-3]?(\{"sid":"s"\}|\["e",1\]|\["e",\{"_placeholder":true,"num":0\}\]|\{"message":"no"\})?"#, 0..30)) {
        let mut client = Client::new(ClientConfig::default().into(), "x");
        let mut out = Out::default();
        let mut failed = None;
        for (i, text) in texts.iter().enumerate() {
            let _ = client.connect(NAMES[i % 3], None, None, &mut out);
            let message = if i % 5 == 4 { Message::from(text.as_bytes()) } else { Message::from(text.as_str()) };
            let heard = client.handle_message(ms(0), message, &mut out).map(drop);
            if let Some(error) = failed {
                prop_assert_eq!(heard, Err(error));
            }
            failed = heard.err();
            while let Ok(Some(_)) = client.handle_timeout(ms(0)) {}
        }
    }
}
