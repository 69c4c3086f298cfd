//! `siox connect` against `siox serve`, as a script sees it.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_siox"))
            .args(["serve", "--port", "0", "--quiet"])
            .args(words)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let (_, rest) = line.split_once("http://").unwrap();
        let url = format!("http://{}", rest.split('/').next().unwrap());
        Self { child, url }
    }

    /// The exit code and the two outputs of a client that is told `input`.
    fn connect(&self, words: &[&str], input: &str) -> (Option<i32>, String, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_siox"))
            .arg("connect")
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A client that refuses its options does not read.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn events_acknowledgements_and_files() {
    let server = Server::start(&[]);
    let file = std::env::temp_dir().join(format!("siox-connect-{}", std::process::id()));
    std::fs::write(&file, b"\x01\x02\x03").unwrap();
    let input = format!(
        "? one 1 {{\"a\":[2]}} word\n? two @{}\n.use /other\n? three\n",
        file.display()
    );
    for transports in ["polling", "websocket", "polling,websocket"] {
        let words = ["--json", "--transports", transports, &server.url];
        let (code, out, err) = server.connect(&words, &input);
        assert_eq!((code, &*err), (Some(0), ""), "{out}");
        for line in [
            r#"{"is":"ack","nsp":"/","event":"one","args":[1,{"a":[2]},"word"]}"#,
            r#"{"is":"ack","nsp":"/","event":"two","args":[{"$bin":"AQID"}]}"#,
            r#"{"is":"ack","nsp":"/other","event":"three","args":[]}"#,
            r#"{"is":"disconnect","nsp":"/","reason":"io client disconnect"}"#,
        ] {
            assert!(
                out.lines().any(|l| l == line),
                "{transports}: {line} in {out}"
            );
        }
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn clients_of_the_older_protocol_and_of_another_parser() {
    for (server, client) in [
        (&["--eio3"][..], &["--eio", "3"][..]),
        (&["--msgpack"], &["--parser", "msgpack"]),
    ] {
        let server = Server::start(server);
        let words = [client, &["--json", &server.url]].concat();
        let (code, out, err) = server.connect(&words, "? one 1 {\"a\":[2]}\n");
        assert_eq!((code, &*err), (Some(0), ""), "{out}");
        let line = r#"{"is":"ack","nsp":"/","event":"one","args":[1,{"a":[2]}]}"#;
        assert!(out.lines().any(|l| l == line), "{client:?}: {out}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let server = Server::start(&["--token", "secret"]);
    let (code, out, _) =
        server.connect(&["--auth", "{\"token\":\"secret\"}", &server.url], "a {\n");
    assert_eq!(code, Some(0));
    assert!(out.contains("! this is not closed: {"), "{out}");
    let url: &str = &server.url;
    for (words, said) in [
        (&[url][..], "the token is not the one asked for"),
        (&["--auth", "{", url], "--auth is not JSON"),
        (&["--header", "nonsense", url], "NAME: VALUE"),
        (&["--ca", "/nowhere.pem", url], "--ca /nowhere.pem"),
        (
            &["--no-reconnect", "http://127.0.0.1:1"],
            "cannot be reached",
        ),
        (&["http://"], "http://"),
    ] {
        let (code, out, err) = server.connect(words, "");
        assert_eq!(code, Some(1), "{words:?}: {out}{err}");
        assert!(err.contains(said), "{words:?}: {err}");
    }
}

#[test]
fn packets_are_shown_when_asked_for() {
    let server = Server::start(&[]);
    let (code, out, _) = server.connect(&["--raw", &server.url], "? ping 7\n");
    assert_eq!(code, Some(0));
    for word in [
        "-->",
        "<--",
        "CONNECT (0)",
        "EVENT (2) in /, to be acknowledged",
        "ACK (3)",
    ] {
        assert!(out.contains(word), "{word} in {out}");
    }
}

/// Whoever pipes the output hears why nothing comes, and of each reason once.
#[test]
fn why_there_is_no_connection_is_said_beside_the_output() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_siox"))
        .args(["connect", "--json", "http://127.0.0.1:1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap()).lines();
    let failed = out
        .map(Result::unwrap)
        .filter(|line| line.starts_with(r#"{"is":"connection_error","message":"#));
    assert_eq!(failed.take(2).count(), 2, "it tries again");
    child.kill().unwrap();
    let err = child.wait_with_output().unwrap().stderr;
    let err = String::from_utf8(err).unwrap();
    let said: Vec<&str> = err.lines().collect();
    assert_eq!(said.len(), 1, "{err}");
    assert!(said[0].contains("cannot be reached"), "{err}");
    assert!(said[0].contains("--no-reconnect"), "{err}");
}
