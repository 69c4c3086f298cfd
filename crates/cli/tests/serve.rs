//! `siox serve` from outside: its echoes over polling, and what it prints.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
};

struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    fn start(words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_siox"))
            .args(["serve", "--port", "0"])
            .args(words)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let (_, rest) = line.split_once("http://").unwrap();
        let address = rest.split('/').next().unwrap().to_owned();
        Self {
            child,
            out,
            address,
        }
    }

    /// The body of the answer.
    fn ask(&self, method: &str, query: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} /socket.io/?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// The query of a new session.
    fn open(&self) -> String {
        let open = self.ask("GET", "", "");
        let sid = open.split('"').nth(3).unwrap();
        format!("&sid={sid}")
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn events_come_back_and_are_printed() {
    let mut server = Server::start(&[]);
    let session = server.open();
    for (packet, answer, said) in [
        ("40/any,{\"a\":1}", "40/any,{", "connected with {\"a\":1}"),
        ("42/any,[\"hi\",1]", "42/any,[\"hi\",1]", "\"hi\" [1]"),
        ("42/any,7[\"hi\",2]", "43/any,7[2]", "\"hi\" [2]"),
        ("42/any,[\"ask\",3]", "42/any,1[\"ask\",3]", "\"ask\" [3]"),
        ("43/any,1[4]", "42/any,[\"answer\",4]", ""),
        ("42/any,[\"leave\"]", "41/any,", "\"leave\" []"),
    ] {
        assert_eq!(server.ask("POST", &session, packet), "ok");
        let got = server.ask("GET", &session, "");
        assert!(got.starts_with(answer), "{packet}: {got}");
        if !said.is_empty() {
            let line = server.line();
            assert!(line.starts_with("/any ") && line.contains(said), "{line}");
        }
    }
    assert!(
        server
            .line()
            .contains("disconnected: server namespace disconnect")
    );
}

#[test]
fn a_token_can_be_asked_for() {
    let server = Server::start(&["--token", "secret", "--quiet"]);
    let session = server.open();
    for (packet, answer) in [
        ("40", "44{\"message\":"),
        ("40{\"token\":\"guess\"}", "44{\"message\":"),
        ("40{\"token\":\"secret\"}", "40{\"sid\":"),
    ] {
        server.ask("POST", &session, packet);
        let got = server.ask("GET", &session, "");
        assert!(got.starts_with(answer), "{packet}: {got}");
    }
}

#[test]
fn a_port_in_use_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_siox"))
        .args(["serve", "--port", &port])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains(&format!("cannot listen on 127.0.0.1, port {port}")),
        "{error}"
    );
}
