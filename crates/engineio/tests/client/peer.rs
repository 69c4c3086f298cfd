//! A client whose server is the test.

use crate::socket::Socket;
use siox_engineio::{
    Client, ClientConfig, ClientError, ClientEvent, CloseReason, Lane, Outgoing, Packet, Payload,
};
use siox_wire::{Admit, Instant, Message, SendError, Sink};
use std::sync::Arc;

pub(crate) const fn ms(n: u64) -> Instant {
    Instant::from_millis(n)
}

/// Pings each 300 ms, dead 200 ms later.
pub(crate) const OPEN: &str =
    r#"0{"sid":"s","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":40}"#;

/// An event in short: a message as its packet, or its name.
pub(crate) fn short(event: ClientEvent<'_>) -> String {
    match event {
        ClientEvent::Opened => "opened".into(),
        ClientEvent::Message(Message::Text(text)) => format!("4{text}"),
        ClientEvent::Message(message) => Packet::decode(message).unwrap().to_text(),
        ClientEvent::Heartbeat => "heartbeat".into(),
        ClientEvent::Upgrading => "upgrading".into(),
        ClientEvent::Upgraded => "upgraded".into(),
        ClientEvent::UpgradeFailed(error) => format!("upgrade failed: {error:?}"),
        ClientEvent::Closed { reason, error } => match error {
            Some(error) => format!("{reason}: {error:?}"),
            None => reason.to_string(),
        },
    }
}

pub(crate) struct Peer {
    pub(crate) client: Client,
    pub(crate) socket: Socket,
}

impl Peer {
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self {
            client: Client::new(ms(0), Arc::new(config)),
            socket: Socket::default(),
        }
    }

    /// Open on polling, with a poll under way.
    pub(crate) fn polling(config: ClientConfig) -> (Self, Lane) {
        let mut peer = Self::new(ClientConfig {
            upgrade: false,
            ..config
        });
        let get = peer.get(0);
        assert_eq!(peer.answer(0, get, OPEN), Ok(vec!["opened".into()]));
        let get = peer.get(0);
        (peer, get)
    }

    /// Open on polling, with a poll under way and a socket that has sent its probe.
    pub(crate) fn probing() -> (Self, Lane, Lane) {
        let mut peer = Self::new(ClientConfig::default());
        let get = peer.get(0);
        peer.answer(0, get, OPEN).unwrap();
        let socket = peer.wants_socket(0);
        let get = peer.get(0);
        peer.client
            .handle_opened(ms(0), socket, &mut peer.socket)
            .unwrap();
        assert_eq!(peer.sent(), ["2probe"]);
        (peer, get, socket)
    }

    /// Open on a WebSocket.
    pub(crate) fn socket(mut config: ClientConfig) -> (Self, Lane) {
        config.transports = vec![siox_engineio::Transport::WebSocket];
        let mut peer = Self::new(config);
        let lane = peer.wants_socket(0);
        peer.client
            .handle_opened(ms(0), lane, &mut peer.socket)
            .unwrap();
        assert_eq!(peer.frame(0, lane, OPEN), Ok(Some("opened".into())));
        (peer, lane)
    }

    pub(crate) fn request(&mut self, now: u64) -> Option<Outgoing> {
        self.client.poll_request(ms(now))
    }

    pub(crate) fn get(&mut self, now: u64) -> Lane {
        match self.request(now) {
            Some(Outgoing::Get { lane, .. }) => lane,
            other => panic!("no GET: {other:?}"),
        }
    }

    pub(crate) fn wants_socket(&mut self, now: u64) -> Lane {
        match self.request(now) {
            Some(Outgoing::Socket { lane, .. }) => lane,
            other => panic!("no socket: {other:?}"),
        }
    }

    pub(crate) fn post(&mut self, now: u64) -> (Lane, String) {
        match self.request(now) {
            Some(Outgoing::Post { lane, body, .. }) => {
                assert!(body.iter().all(|chunk| !chunk.is_empty()));
                let body: Vec<u8> = body.into_iter().flatten().collect();
                (lane, String::from_utf8(body).unwrap())
            }
            other => panic!("no POST: {other:?}"),
        }
    }

    /// 200 with this body.
    pub(crate) fn answer(
        &mut self,
        now: u64,
        lane: Lane,
        body: &str,
    ) -> Result<Vec<String>, ClientError> {
        let now = ms(now);
        self.client.handle_response(now, lane, 200, None)?;
        let (mut body, mut seen) = (body.as_bytes().to_vec(), Vec::new());
        let mut payload = Payload::new(&mut body);
        while let Some(event) = self.client.handle_body(now, lane, &mut payload)? {
            seen.push(short(event));
        }
        self.client.handle_done(now, lane);
        Ok(seen)
    }

    /// The answer to a POST.
    pub(crate) fn ok(&mut self, now: u64, lane: Lane) {
        self.client
            .handle_response(ms(now), lane, 200, None)
            .unwrap();
        self.client.handle_done(ms(now), lane);
    }

    pub(crate) fn frame(
        &mut self,
        now: u64,
        lane: Lane,
        text: &str,
    ) -> Result<Option<String>, ClientError> {
        let message = Message::from(text);
        let event = self
            .client
            .handle_message(ms(now), lane, message, &mut self.socket)?;
        Ok(event.map(short))
    }

    pub(crate) fn emit(&mut self, text: &str) -> Result<(), SendError> {
        let mut out = self.client.sink(Some(&mut self.socket));
        out.admit(Admit::Normal)?;
        out.put_text(&[text.as_bytes()]);
        Ok(())
    }

    pub(crate) fn tick(&mut self, now: u64) -> Option<String> {
        let socket = Some(&mut self.socket);
        self.client.handle_timeout(ms(now), socket).map(short)
    }

    pub(crate) fn gone(&mut self, now: u64, lane: Lane) {
        let reason = CloseReason::TransportClose;
        self.client.handle_socket_gone(ms(now), lane, reason);
    }

    /// What was put into the socket since the last look.
    pub(crate) fn sent(&mut self) -> Vec<String> {
        std::mem::take(&mut self.socket.0)
    }

    /// The end, told once.
    pub(crate) fn ends(&mut self, now: u64, told: &str) {
        assert_eq!(self.client.poll_timeout(), Some(Instant::EPOCH));
        assert_eq!(self.tick(now).as_deref(), Some(told));
        assert_eq!((self.tick(now), self.request(now)), (None, None));
        assert_eq!(self.client.poll_timeout(), None);
        assert_eq!(self.emit("x"), Err(SendError::Closed));
        assert!(self.client.is_finished() && self.client.is_closed());
    }
}
