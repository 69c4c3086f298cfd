//! The Socket.IO client as an application has it, a manager and its sockets, under any order of
//! operations: messages of a server that is honest or not, connections that come and go, verbs, and
//! time, early or late. At the end an honest server hears what still waits.
//!
//! The first byte says which settings; then each operation is a byte and its argument the next one. A
//! message that is not on the list is that many bytes of the input itself.

use bytes::Bytes;
use siox_socketio::{ClientConfig, DisconnectReason, Encoded, Revision, Value};
use siox_stack::{
    Auth, Dial, Emit, Manager, ManagerEvent, ManagerOptions, Overflow, Owed, SocketKey,
    SocketOptions, Ticket, Want,
};
use siox_wire::{Instant, Message};
use std::{collections::BTreeSet, time::Duration};

/// What the server says.
pub const MESSAGES: [&str; 24] = [
    r#"0{"sid":"s","pid":"p"}"#,
    r#"0/a,{"sid":"t"}"#,
    "0",
    "0/a,",
    r#"2["e",1,"offset"]"#,
    r#"21["e"]"#,
    r#"2/a,2["e"]"#,
    "30[]",
    "31[1]",
    "3/a,0[]",
    "3/a,1[2]",
    r#"4{"message":"no"}"#,
    r#"4/a,{"message":"no","data":{}}"#,
    r#"4"text""#,
    "1",
    "1/a,",
    r#"51-["e",{"_placeholder":true,"num":0}]"#,
    r#"61-0[{"_placeholder":true,"num":0}]"#,
    "bytes",
    "9",
    "",
    "32[]",
    r#"0/other,{"sid":"u"}"#,
    r#"0{"sid":"s2","pid":"p2"}"#,
];

const NSPS: [&str; 2] = ["/", "/a"];
const HARD_CAP: usize = 2_000;
const BUFFER: usize = 600;

/// What the target does with one input.
///
/// # Panics
/// When the client breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    let mut rest = bytes;
    let Some(settings) = rest.split_off_first().copied() else {
        return;
    };
    let mut world = World::new(settings);
    while let (Some(operation), Some(argument)) = (
        rest.split_off_first().copied(),
        rest.split_off_first().copied(),
    ) {
        world.step(operation, argument, &mut rest);
        world.tell();
    }
    world.end();
}

struct World {
    manager: Manager,
    keys: [SocketKey; 2],
    revision: Revision,
    now: Instant,
    /// The session that the layer below has or opens, and whether it is open.
    live: Option<(Dial, bool)>,
    old: Vec<Dial>,
    /// The session is lost: what may still be wanted of it goes nowhere.
    lost: bool,
    /// Attachments that must come next.
    left: usize,
    /// Who is told to be in, and whether the connection is told to be open.
    is_in: [bool; 2],
    is_open: bool,
    awaited: BTreeSet<Ticket>,
    owed: Vec<Owed>,
    asked: Vec<(SocketKey, u32)>,
    n: u64,
    sent: [u64; 2],
    retries: [bool; 2],
}

impl World {
    fn new(settings: u8) -> Self {
        let is = |bit: u8| settings & bit != 0;
        let revision = [Revision::V5, Revision::V4][usize::from(is(1))];
        let client = ClientConfig {
            revision,
            held: 500,
            ..ClientConfig::default()
        };
        let options = ManagerOptions {
            reconnection_attempts: is(2).then_some(3),
            timeout: (!is(4)).then_some(Duration::from_secs(2)),
            client: client.into(),
            high_water: 500,
            hard_cap: HARD_CAP,
            buffer: BUFFER,
            overflow: [
                Overflow::Refuse,
                Overflow::DropOldest,
                Overflow::DropNewest,
                Overflow::Refuse,
            ][usize::from(settings >> 3 & 3)],
            ..ManagerOptions::default()
        };
        let mut manager = Manager::new(options.into(), u64::from(settings));
        let retries = [is(32), false];
        let socket = |at: usize| SocketOptions {
            auth: match is(64) {
                true => Auth::Ask,
                false => Auth::Value(
                    Value::from_serialize(
                        &[("t", 1)]
                            .into_iter()
                            .collect::<std::collections::BTreeMap<_, _>>(),
                    )
                    .expect("a plain map"),
                ),
            },
            retries: retries[at].then_some(2),
            ack_timeout: is(128).then_some(Duration::from_millis(300)),
        };
        let keys = [0, 1].map(|at| manager.socket(NSPS[at], socket(at)));
        Self {
            manager,
            keys,
            revision,
            now: Instant::EPOCH,
            live: None,
            old: Vec::new(),
            lost: false,
            left: 0,
            is_in: [false; 2],
            is_open: false,
            awaited: BTreeSet::new(),
            owed: Vec::new(),
            asked: Vec::new(),
            n: 0,
            sent: [0; 2],
            retries,
        }
    }

    fn step(&mut self, operation: u8, argument: u8, rest: &mut &[u8]) {
        let (now, key) = (self.now, self.keys[usize::from(argument % 2)]);
        match operation % 14 {
            0 => self.manager.connect(now, key),
            1 => self.manager.disconnect(now, key),
            2 | 3 => self.emit(argument),
            4 | 5 => {
                let text: Vec<u8> = match MESSAGES.get(usize::from(argument)) {
                    Some(text) => text.as_bytes().to_vec(),
                    None => {
                        let most = usize::from(argument & 0x1F).min(rest.len());
                        rest.split_off(..most).unwrap_or_default().to_vec()
                    }
                };
                self.hear(&text);
            }
            6 => self.below(argument),
            7 => self.late(argument),
            8 => self.pass(Duration::from_millis(u64::from(argument) * 20)),
            9 | 10 => {
                for _ in 0..argument % 8 {
                    if argument >= 128 {
                        self.refuse();
                    }
                    self.take();
                }
            }
            11 => {
                if let Some(owed) = self.owed.pop() {
                    let args = Encoded::args(&"x".repeat(usize::from(argument)));
                    // Whoever asked may have gone.
                    let _ = self.manager.ack(now, owed, &args.expect("a plain text"));
                }
            }
            12 => {
                if let Some((key, attempt)) = self.asked.pop() {
                    let auth = if argument < 40 { Err("no") } else { Ok(None) };
                    self.manager.authorize(now, key, attempt, auth);
                }
            }
            _ if argument.is_multiple_of(2) => self.manager.close(now),
            _ => self.manager.open(now),
        }
    }

    fn emit(&mut self, argument: u8) {
        let at = usize::from(argument % 2);
        let is = |bit: u8| argument & bit != 0;
        let how = Emit {
            volatile: is(2),
            ack: is(4),
            timeout: is(8).then(|| Duration::from_millis(u64::from(argument >> 6) * 100)),
        };
        let name = if how.volatile { "v" } else { "n" };
        self.n += 1;
        let filling = "x".repeat(usize::from(argument >> 4) * 8);
        let event = match is(16) {
            true => Encoded::event(name, &(self.n, filling, Bytes::from_static(b"123"))),
            false => Encoded::event(name, &(self.n, filling)),
        };
        let event = event.expect("a plain event");
        let before = self.manager.queued();
        match self.manager.emit(self.now, self.keys[at], event, how) {
            Ok(ticket) => {
                assert!(how.ack || ticket.is_none(), "a ticket for nothing");
                let new = ticket.is_none_or(|ticket| self.awaited.insert(ticket));
                assert!(new, "a ticket twice");
            }
            Err(_) => assert_eq!(
                self.manager.queued(),
                before,
                "an error leaves all as it was"
            ),
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let Some((dial, true)) = self.live else {
            return;
        };
        let message = std::str::from_utf8(bytes).map_or(Message::from(bytes), Message::from);
        let message = if bytes == b"bytes" {
            Message::from(bytes)
        } else {
            message
        };
        self.manager.handle_message(self.now, dial, message);
        assert!(self.manager.queued() <= HARD_CAP, "too much is owed");
    }

    /// The session opens, fails, or is lost.
    fn below(&mut self, argument: u8) {
        let (now, Some((dial, is_open))) = (self.now, self.live) else {
            return;
        };
        match (is_open, argument % 4) {
            (false, 0..=2) => {
                self.live = Some((dial, true));
                self.manager.handle_opened(now, dial, "session");
            }
            (false, _) => {
                self.live = None;
                let after = argument.is_multiple_of(3).then_some(Duration::from_secs(9));
                self.manager.handle_failed(now, dial, "refused", after);
            }
            (true, 0..=1) => self.manager.handle_progress(now, dial),
            (true, _) => {
                (self.live, self.left, self.lost) = (None, 0, true);
                let reason = DisconnectReason::TransportClose;
                self.manager.handle_closed(now, dial, reason, None);
            }
        }
    }

    /// A word of a session that is gone changes nothing.
    fn late(&mut self, argument: u8) {
        let live = self.live.map(|(dial, _)| dial);
        let Some(dial) = self.old.iter().copied().rfind(|dial| Some(*dial) != live) else {
            return;
        };
        let before = format!("{:?}", self.manager);
        match argument % 4 {
            0 => self.manager.handle_opened(self.now, dial, "late"),
            1 => self.manager.handle_failed(self.now, dial, "late", None),
            2 => {
                let reason = DisconnectReason::TransportError;
                self.manager.handle_closed(self.now, dial, reason, None);
            }
            _ => self
                .manager
                .handle_message(self.now, dial, r#"2["e"]"#.into()),
        }
        assert_eq!(format!("{:?}", self.manager), before, "a late word");
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        if time < Duration::from_secs(4) {
            while let Some(due) = self.manager.poll_timeout().filter(|due| *due <= end) {
                self.now = self.now.max(due);
                self.expire();
            }
        }
        self.now = end;
        self.expire();
    }

    fn expire(&mut self) {
        for _ in 0..10 {
            self.manager.handle_timeout(self.now);
            self.tell();
            if self.manager.poll_timeout().is_none_or(|at| at > self.now) {
                return;
            }
        }
        panic!("time stands still");
    }

    /// The layer below has no room: it gets the same again.
    fn refuse(&mut self) {
        let Some(want) = self.manager.poll_want() else {
            return;
        };
        self.manager.put_back(want.clone());
        let again = self.manager.poll_want();
        assert_eq!(again.as_ref(), Some(&want), "something overtook it");
        self.manager.put_back(want);
    }

    /// The layer below does what is wanted next.
    fn take(&mut self) -> Option<Want> {
        let want = self.manager.poll_want()?;
        match &want {
            Want::Open(dial) => {
                assert_eq!(self.live, None, "two sessions at a time");
                assert!(!self.old.contains(dial), "{dial:?} again");
                self.old.push(*dial);
                (self.live, self.lost) = (Some((*dial, false)), false);
            }
            Want::Close(dial) => {
                assert!(self.old.contains(dial), "{dial:?} was never opened");
                if self.live.is_some_and(|(live, _)| live == *dial) {
                    (self.live, self.left) = (None, 0);
                }
            }
            Want::Text(_) | Want::Binary(_) if self.lost => {}
            Want::Text(text) => {
                let open = self.live.is_some_and(|(_, is_open)| is_open);
                assert!(open, "{text} on no session");
                assert_eq!(self.left, 0, "{text} amid attachments");
                self.left = attachments(text);
                self.order(text);
            }
            Want::Binary(_) => {
                assert!(self.left > 0, "bytes of nothing");
                self.left -= 1;
            }
        }
        Some(want)
    }

    /// Events leave in the order of the calls: each once, or until it is acknowledged.
    fn order(&mut self, text: &str) {
        let Some((head, rest)) = text.split_once(r#"["n","#) else {
            return;
        };
        let digits = rest.split([',', ']']).next().unwrap_or_default();
        let n: u64 = digits.parse().expect("a number of ours");
        let at = usize::from(head.contains("/a,"));
        let last = std::mem::replace(&mut self.sent[at], n);
        let in_order = n > last || self.retries[at] && n == last;
        assert!(in_order, "{n} behind {last}");
    }

    /// What is told, and in which order it may be.
    fn tell(&mut self) {
        for _ in 0..10_000 {
            let Some(event) = self.manager.poll_event() else {
                return;
            };
            self.told(event);
        }
        panic!("there is no end of events");
    }

    fn told(&mut self, event: ManagerEvent) {
        let at = |key: SocketKey| usize::from(key == self.keys[1]);
        match event {
            ManagerEvent::Opened => {
                assert!(!std::mem::replace(&mut self.is_open, true), "opened twice");
            }
            ManagerEvent::Closed { .. } => {
                assert!(
                    std::mem::take(&mut self.is_open),
                    "closed, and was not open"
                );
            }
            ManagerEvent::Connected { socket, .. } => {
                let at = at(socket);
                let before = std::mem::replace(&mut self.is_in[at], true);
                assert!(self.is_open && !before, "in twice, or nowhere");
            }
            ManagerEvent::Disconnected { socket, .. } => {
                let at = at(socket);
                assert!(std::mem::take(&mut self.is_in[at]), "out, and was not in");
            }
            ManagerEvent::ConnectError { socket, .. } => {
                assert!(!self.is_in[at(socket)], "refused, and was in");
            }
            ManagerEvent::Event { socket, owed, .. } => {
                assert!(self.is_in[at(socket)], "an event for nobody");
                self.owed.extend(owed);
            }
            ManagerEvent::Answer { ticket, .. } => {
                assert!(self.awaited.remove(&ticket), "answered twice");
            }
            ManagerEvent::Auth { socket, attempt } => self.asked.push((socket, attempt)),
            ManagerEvent::ServerError { .. } => {
                assert_eq!(self.revision, Revision::V4, "an error in revision 5");
            }
            ManagerEvent::Error { .. }
            | ManagerEvent::ReconnectAttempt { .. }
            | ManagerEvent::ReconnectError { .. }
            | ManagerEvent::ReconnectFailed
            | ManagerEvent::Reconnected { .. } => {}
        }
    }

    /// An honest server is found, and hears all that waits.
    fn end(mut self) {
        self.manager.close(self.now);
        self.tell();
        while self.take().is_some() {}
        (self.live, self.left) = (None, 0);
        for key in self.keys {
            self.manager.connect(self.now, key);
        }
        for _ in 0..500 {
            self.tell();
            while let Some((key, attempt)) = self.asked.pop() {
                self.manager.authorize(self.now, key, attempt, Ok(None));
            }
            match self.take() {
                Some(want) => self.serve(&want),
                None if self.is_rested() => break,
                None => {
                    let due = self.manager.poll_timeout();
                    self.now = due.unwrap_or(self.now).max(self.now);
                    self.manager.handle_timeout(self.now);
                }
            }
        }
        assert!(
            self.is_rested(),
            "something waits for ever: {:?}",
            self.manager
        );
        for key in self.keys {
            self.manager.disconnect(self.now, key);
        }
        self.tell();
        while self.take().is_some() {}
        assert!(self.manager.is_closed() && self.manager.is_quiet());
        assert_eq!(self.manager.poll_timeout(), None, "a deadline is left");
        assert!(self.awaited.is_empty(), "an answer is never told");
    }

    fn is_rested(&self) -> bool {
        self.manager.is_quiet()
            && self.keys.iter().all(|key| self.manager.waiting(*key) == 0)
            && self.is_in == [true; 2]
    }

    fn serve(&mut self, want: &Want) {
        let (now, Some((dial, _))) = (self.now, self.live) else {
            return;
        };
        match want {
            Want::Open(_) => {
                self.live = Some((dial, true));
                self.manager.handle_opened(now, dial, "honest");
                if self.revision == Revision::V4 {
                    self.hear(b"0");
                }
            }
            Want::Text(text) if text.starts_with("0/a,") || text == "0/a" => match self.revision {
                Revision::V5 => self.hear(br#"0/a,{"sid":"t"}"#),
                Revision::V4 => self.hear(b"0/a,"),
            },
            Want::Text(text) if text.starts_with('0') => self.hear(br#"0{"sid":"s"}"#),
            Want::Text(text) => {
                if let Some(answer) = answer(text) {
                    self.hear(answer.as_bytes());
                }
            }
            Want::Binary(_) | Want::Close(_) => {}
        }
    }
}

/// How many attachments a packet announces.
fn attachments(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(['5', '6']) else {
        return 0;
    };
    let count = rest.split('-').next().unwrap_or_default();
    count.parse().expect("a number of attachments")
}

/// The acknowledgement of an event that asks for one.
fn answer(text: &str) -> Option<String> {
    let (head, _) = text.split_once('[')?;
    let head = match head.split_once('-') {
        Some((_, head)) => head,
        None => head.strip_prefix('2')?,
    };
    let (nsp, id) = match head.strip_prefix("/a,") {
        Some(id) => ("/a,", id),
        None => ("", head),
    };
    (!id.is_empty()).then(|| format!("3{nsp}{id}[]"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_testkit::Rng;

    /// Connected, and everything said and answered.
    #[test]
    fn an_ordinary_day_passes() {
        for settings in [0, 1, 32, 64, 128 | 32, 33] {
            let script = [
                settings, 0, 0, 0, 1, 9, 1, 6, 0, 4, 0, 4, 1, 2, 0, 2, 4, 2, 5, 9, 7, 4, 7, 6, 2,
                2, 4, 8, 200, 9, 1, 6, 0,
            ];
            fuzz(&script);
        }
    }

    #[test]
    fn any_order_passes() {
        let mut rng = Rng::new(5);
        for _ in 0..20_000 {
            let mut script = vec![0; 1 + rng.index(200)];
            rng.fill(&mut script);
            for (at, byte) in script.iter_mut().enumerate().skip(1) {
                let most = if at % 2 == 1 { 14 } else { 28 };
                if rng.chance(800) {
                    *byte %= most;
                }
            }
            fuzz(&script);
        }
    }
}
