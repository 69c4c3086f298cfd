//! A profile in a process of its own, and a client that speaks its packets.

use crate::raw::{
    http::Http,
    ws::{Said, Ws},
};
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

/// A server, killed with this.
pub(crate) struct Sut {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Sut {
    pub(crate) fn start(profile: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_siox-sut"))
            .args([profile, "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ");
        let address = address.unwrap_or_else(|| panic!("{line}"));
        Self {
            child,
            address: address.parse().unwrap(),
        }
    }

    pub(crate) async fn http(&self) -> Http {
        Http::connect(self.address).await
    }

    /// A client on a WebSocket, whose open packet is read. `query` begins with `&`, or is empty.
    pub(crate) async fn open(&self, eio: u8, query: &str) -> Client {
        let target = format!("/socket.io/?EIO={eio}&transport=websocket{query}");
        let mut ws = Ws::connect(self.address, &target).await;
        let open = ws.text().await;
        let (_, sid) = open.split_once("\"sid\":\"").unwrap();
        let sid = sid.split_once('"').unwrap().0.to_owned();
        Client { ws, sid }
    }
}

impl Drop for Sut {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Client {
    pub(crate) ws: Ws,
    /// The id of its session.
    pub(crate) sid: String,
}

impl Client {
    /// The next packet of Engine.IO, heartbeats aside; binary as `<0102>`.
    pub(crate) async fn next(&mut self) -> String {
        loop {
            match self.ws.next().await {
                Said::Text(text) if text == "2" => self.ws.send("3").await,
                Said::Text(text) => return text,
                Said::Binary(bytes) => {
                    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
                    return format!("<{hex}>");
                }
                Said::Close(_) | Said::End => return "closed".to_owned(),
            }
        }
    }

    /// Sends text, or binary written as `<0102>`.
    pub(crate) async fn send(&mut self, packet: &str) {
        match packet.strip_prefix('<').and_then(|p| p.strip_suffix('>')) {
            None => self.ws.send(packet).await,
            Some(hex) => {
                let digits: Vec<u8> = hex
                    .chars()
                    .map(|c| c.to_digit(16).unwrap().try_into().unwrap())
                    .collect();
                let bytes: Vec<u8> = digits.chunks(2).map(|d| d[0] << 4 | d[1]).collect();
                self.ws.send_binary(&bytes).await;
            }
        }
    }

    /// Says what begins with `>`, and hears what begins with `<` next.
    #[track_caller]
    pub(crate) fn play<'a>(&'a mut self, lines: &'a [&'a str]) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            for line in lines {
                match line.split_at(2) {
                    ("> ", packet) => self.send(packet).await,
                    (_, packet) => assert_eq!(self.next().await, packet, "{caller}"),
                }
            }
        }
    }

    /// Joins a namespace, written as packets have it; what the CONNECT answer holds.
    pub(crate) async fn join(&mut self, nsp: &str, payload: &str) -> String {
        self.send(&format!("40{nsp}{payload}")).await;
        let answer = self.next().await;
        let body = answer.strip_prefix(&format!("40{nsp}"));
        body.unwrap_or_else(|| panic!("not let in: {answer}"))
            .to_owned()
    }
}

/// The string that a flat object has under a key.
pub(crate) fn member(json: &str, key: &str) -> String {
    let value: siox_socketio::Value = json.parse().unwrap();
    value.get(key).unwrap().as_str().unwrap().into_owned()
}
