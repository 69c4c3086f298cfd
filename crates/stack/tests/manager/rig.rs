//! A manager, the layer below as lines of text, and a clock.

use siox_socketio::{DisconnectReason, Encoded};
use siox_stack::{
    Dial, Emit, Manager, ManagerEvent, ManagerOptions, Owed, SocketKey, SocketOptions, Ticket, Want,
};
use siox_wire::{Instant, SendError};

pub(crate) struct Rig {
    pub(crate) now: Instant,
    pub(crate) manager: Manager,
    pub(crate) dial: Option<Dial>,
    pub(crate) owed: Vec<Owed>,
    pub(crate) attempts: Vec<u32>,
}

pub(crate) fn ms(n: u64) -> Instant {
    Instant::from_millis(n)
}

pub(crate) fn event(name: &str) -> Encoded {
    Encoded::event(name, &()).unwrap()
}

fn ended(reason: DisconnectReason, details: Option<&str>) -> String {
    match details {
        Some(details) => format!("{reason} ({details})"),
        None => reason.to_string(),
    }
}

impl Rig {
    pub(crate) fn new(options: ManagerOptions) -> Self {
        Self {
            now: ms(0),
            manager: Manager::new(options.into(), 1),
            dial: None,
            owed: Vec::new(),
            attempts: Vec::new(),
        }
    }

    /// One whose socket of `/` is connected, of these options.
    pub(crate) fn joined(options: ManagerOptions, socket: SocketOptions) -> (Self, SocketKey) {
        let mut rig = Self::new(options);
        let key = rig.manager.socket("/", socket);
        rig.manager.connect(rig.now, key);
        assert_eq!(rig.wants(), ["open"]);
        rig.opened();
        assert_eq!(rig.wants(), ["0"]);
        rig.hear(r#"0{"sid":"s"}"#);
        assert_eq!(rig.told(), ["opened", "connected 0 s false"]);
        (rig, key)
    }

    pub(crate) fn plain() -> (Self, SocketKey) {
        Self::joined(ManagerOptions::default(), SocketOptions::default())
    }

    /// What the layer below is to do, all of it.
    pub(crate) fn wants(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(want) = self.manager.poll_want() {
            lines.push(match want {
                Want::Open(dial) => {
                    self.dial = Some(dial);
                    "open".into()
                }
                Want::Text(text) => text,
                Want::Binary(bytes) => format!("b:{}", String::from_utf8_lossy(&bytes)),
                Want::Close(dial) if Some(dial) == self.dial => "close".into(),
                Want::Close(_) => "close an older one".into(),
            });
        }
        lines
    }

    pub(crate) fn told(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(event) = self.manager.poll_event() {
            match &event {
                ManagerEvent::Event {
                    owed: Some(owed), ..
                } => self.owed.push(*owed),
                ManagerEvent::Auth { attempt, .. } => self.attempts.push(*attempt),
                _ => {}
            }
            lines.push(self.line(&event));
        }
        lines
    }

    fn line(&self, event: &ManagerEvent) -> String {
        let nsp = |key: &SocketKey| match self.manager.nsp(*key) {
            Some("/") => "0".to_owned(),
            Some(nsp) => nsp.to_owned(),
            None => "nobody".to_owned(),
        };
        match event {
            ManagerEvent::Opened => "opened".into(),
            ManagerEvent::Error { message } => format!("error {message}"),
            ManagerEvent::Closed { reason, details } => {
                format!("closed: {}", ended(*reason, details.as_deref()))
            }
            ManagerEvent::ReconnectAttempt { attempt } => format!("attempt {attempt}"),
            ManagerEvent::ReconnectError { message } => format!("attempt failed: {message}"),
            ManagerEvent::ReconnectFailed => "gave up".into(),
            ManagerEvent::Reconnected { attempt } => format!("reconnected {attempt}"),
            ManagerEvent::Auth { socket, .. } => format!("auth {}", nsp(socket)),
            ManagerEvent::Connected {
                socket,
                sid,
                recovered,
            } => format!("connected {} {sid} {recovered}", nsp(socket)),
            ManagerEvent::ConnectError {
                socket,
                message,
                data,
            } => {
                let data = data.as_ref().map_or("-", |data| data.json());
                format!("connect error {} {message} {data}", nsp(socket))
            }
            ManagerEvent::Event {
                socket,
                owed,
                packet,
            } => {
                let owed = if owed.is_some() { "!" } else { "" };
                format!("event {} {}{owed}", nsp(socket), packet.args())
            }
            ManagerEvent::Answer { ticket, result } => match result {
                Ok(packet) => format!("{ticket:?} {}", packet.args()),
                Err(why) => format!("{ticket:?} {why}"),
            },
            ManagerEvent::Disconnected {
                socket,
                reason,
                details,
            } => {
                let ended = ended(*reason, details.as_deref());
                format!("disconnected {}: {ended}", nsp(socket))
            }
            ManagerEvent::ServerError { socket, data } => {
                format!("server error {} {}", nsp(socket), data.json())
            }
        }
    }

    pub(crate) fn opened(&mut self) {
        let dial = self.dial.unwrap();
        self.manager.handle_opened(self.now, dial, "eng");
    }

    pub(crate) fn failed(&mut self, message: &str) {
        let dial = self.dial.unwrap();
        self.manager.handle_failed(self.now, dial, message, None);
    }

    pub(crate) fn hear(&mut self, text: &str) {
        let dial = self.dial.unwrap();
        self.manager.handle_message(self.now, dial, text.into());
    }

    pub(crate) fn lost(&mut self) {
        let dial = self.dial.unwrap();
        let reason = DisconnectReason::TransportClose;
        self.manager.handle_closed(self.now, dial, reason, None);
    }

    /// Lets time pass up to the next deadline, which is returned.
    pub(crate) fn pass(&mut self) -> u64 {
        self.now = self.manager.poll_timeout().unwrap().max(self.now);
        self.manager.handle_timeout(self.now);
        self.now.as_micros() / 1_000
    }

    pub(crate) fn emit(&mut self, key: SocketKey, name: &str) -> Result<(), SendError> {
        self.manager
            .emit(self.now, key, event(name), Emit::default())
            .map(drop)
    }

    pub(crate) fn ask(&mut self, key: SocketKey, name: &str) -> Ticket {
        let how = Emit {
            ack: true,
            ..Emit::default()
        };
        let ticket = self.manager.emit(self.now, key, event(name), how);
        ticket.unwrap().unwrap()
    }

    /// The connection is lost and comes back, with `sid` for the socket of `/`.
    pub(crate) fn come_back(&mut self, sid: &str) {
        self.lost();
        self.pass();
        assert_eq!(self.wants(), ["open"]);
        self.opened();
        self.wants();
        self.hear(sid);
    }
}
