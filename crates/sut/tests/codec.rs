//! `siox-sut codec`: each request and its answer, over the pipes of a process.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// The process, one line in flight.
struct Codec {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Codec {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_siox-sut"))
            .arg("codec")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            requests,
            answers,
        }
    }

    fn ask(&mut self, request: &str) -> String {
        writeln!(self.requests, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }
}

impl Drop for Codec {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks all, in order, of one process.
fn table(rows: &[(&str, &str)]) {
    let mut codec = Codec::start();
    for (request, want) in rows {
        assert_eq!(codec.ask(request), *want, "{request}");
    }
}

#[test]
fn engine_packets() {
    table(&[
        (
            r#"{"op":"eio.encode","packet":{"type":"message","data":"test"},"binary":true}"#,
            r#"{"ok":"4test"}"#,
        ),
        (
            r#"{"op":"eio.encode","packet":{"type":"noop"},"binary":true}"#,
            r#"{"ok":"6"}"#,
        ),
        (
            r#"{"op":"eio.encode","packet":{"type":"message","data":{"$b":"AQIDBA=="}},"binary":true}"#,
            r#"{"ok":{"$b":"AQIDBA=="}}"#,
        ),
        (
            r#"{"op":"eio.encode","packet":{"type":"message","data":{"$b":"AQIDBA=="}},"binary":false}"#,
            r#"{"ok":"bAQIDBA=="}"#,
        ),
        (
            r#"{"op":"eio.encode","packet":{"type":"error"},"binary":false}"#,
            r#"{"err":"unknown packet type \"error\""}"#,
        ),
        (
            r#"{"op":"eio.decode","data":"4test"}"#,
            r#"{"ok":{"type":"message","data":"test"}}"#,
        ),
        (
            r#"{"op":"eio.decode","data":"2"}"#,
            r#"{"ok":{"type":"ping"}}"#,
        ),
        (
            r#"{"op":"eio.decode","data":"bAQIDBA=="}"#,
            r#"{"ok":{"type":"message","data":{"$b":"AQIDBA=="}}}"#,
        ),
        (
            r#"{"op":"eio.decode","data":{"$b":"AQID"}}"#,
            r#"{"ok":{"type":"message","data":{"$b":"AQID"}}}"#,
        ),
        (
            r#"{"op":"eio.decode","data":""}"#,
            r#"{"ok":{"type":"error","data":"parser error"}}"#,
        ),
        (
            r#"{"op":"eio.decode","data":"a123"}"#,
            r#"{"ok":{"type":"error","data":"parser error"}}"#,
        ),
    ]);
}

#[test]
fn engine_payloads() {
    table(&[
        (
            r#"{"op":"eio.encodePayload","packets":[{"type":"open"},{"type":"ping","data":"probe"},{"type":"message","data":{"$b":"AQID"}}]}"#,
            r#"{"ok":"0\u001e2probe\u001ebAQID"}"#,
        ),
        (
            r#"{"op":"eio.decodePayload","data":"0\u001e2probe\u001ebAQID"}"#,
            r#"{"ok":[{"type":"open"},{"type":"ping","data":"probe"},{"type":"message","data":{"$b":"AQID"}}]}"#,
        ),
        (
            r#"{"op":"eio.decodePayload","data":"4a\u001e{\u001e4b"}"#,
            r#"{"ok":[{"type":"message","data":"a"},{"type":"error","data":"parser error"}]}"#,
        ),
    ]);
}

#[test]
fn packets_over_a_stream() {
    let long = "a".repeat(200);
    let request = format!(r#"{{"op":"wt.encode","packet":{{"type":"message","data":"{long}"}}}}"#);
    let answer = Codec::start().ask(&request);
    assert!(
        answer.starts_with(r#"{"ok":[{"$b":"fgDJ"},{"$b":"NGFh"#),
        "{answer}"
    );
    let error = r#"{"ok":[{"type":"error","data":"parser error"}]}"#;
    table(&[
        (
            r#"{"op":"wt.encode","packet":{"type":"message","data":"1€"}}"#,
            r#"{"ok":[{"$b":"BQ=="},{"$b":"NDHigqw="}]}"#,
        ),
        (
            r#"{"op":"wt.encode","packet":{"type":"message","data":{"$b":"AQID"}}}"#,
            r#"{"ok":[{"$b":"gw=="},{"$b":"AQID"}]}"#,
        ),
        (r#"{"op":"wt.new","id":1,"max":1000000}"#, r#"{"ok":null}"#),
        (
            r#"{"op":"wt.feed","id":1,"data":{"$b":"BTQ="}}"#,
            r#"{"ok":[]}"#,
        ),
        (
            r#"{"op":"wt.feed","id":1,"data":{"$b":"MeKCrAEyATM="}}"#,
            r#"{"ok":[{"type":"message","data":"1€"},{"type":"ping"},{"type":"pong"}]}"#,
        ),
        (
            r#"{"op":"wt.feed","id":1,"data":{"$b":"gwECAw=="}}"#,
            r#"{"ok":[{"type":"message","data":{"$b":"AQID"}}]}"#,
        ),
        (r#"{"op":"wt.feed","id":1,"data":{"$b":"AA=="}}"#, error),
        (r#"{"op":"wt.new","id":2,"max":10}"#, r#"{"ok":null}"#),
        (r#"{"op":"wt.feed","id":2,"data":{"$b":"Cw=="}}"#, error),
        (
            r#"{"op":"wt.new","id":"3","max":1000000}"#,
            r#"{"ok":null}"#,
        ),
        (
            r#"{"op":"wt.feed","id":"3","data":{"$b":"/wEAAAAAAAAAAA=="}}"#,
            error,
        ),
        (
            r#"{"op":"wt.feed","id":3,"data":{"$b":"AA=="}}"#,
            r#"{"err":"no such decoder"}"#,
        ),
    ]);
}

#[test]
fn socket_packets() {
    table(&[
        (
            r#"{"op":"sio.encode","packet":{"type":2,"data":["a",1,{"b":[1.50]}],"id":1,"nsp":"/test"}}"#,
            r#"{"ok":["2/test,1[\"a\",1,{\"b\":[1.50]}]"]}"#,
        ),
        (
            r#"{"op":"sio.encode","packet":{"type":3,"data":["a",{"$b":"eHh4"},{"c":{"$b":"eQ=="}}],"id":127,"nsp":"/back"}}"#,
            r#"{"ok":["62-/back,127[\"a\",{\"_placeholder\":true,\"num\":0},{\"c\":{\"_placeholder\":true,\"num\":1}}]",{"$b":"eHh4"},{"$b":"eQ=="}]}"#,
        ),
        (
            r#"{"op":"sio.encode","packet":{"type":1,"nsp":"/woot"}}"#,
            r#"{"ok":["1/woot,"]}"#,
        ),
        (
            r#"{"op":"sio.encode","packet":{"type":2,"nsp":"/a,b","data":["x"]}}"#,
            r#"{"err":"invalid namespace: must not contain a comma"}"#,
        ),
        (r#"{"op":"sio.new","id":1}"#, r#"{"ok":null}"#),
        (
            r#"{"op":"sio.add","id":1,"data":"2/test,1[\"a\",1,{}]"}"#,
            r#"{"ok":[{"type":2,"nsp":"/test","data":["a",1,{}],"id":1}]}"#,
        ),
        (
            r#"{"op":"sio.add","id":1,"data":"0/woot,{\"token\":\"123\"}"}"#,
            r#"{"ok":[{"type":0,"nsp":"/woot","data":{"token":"123"}}]}"#,
        ),
        (
            r#"{"op":"sio.add","id":1,"data":"1/woot,"}"#,
            r#"{"ok":[{"type":1,"nsp":"/woot"}]}"#,
        ),
        (
            r#"{"op":"sio.add","id":1,"data":"4\"Unauthorized\""}"#,
            r#"{"ok":[{"type":4,"nsp":"/","data":"Unauthorized"}]}"#,
        ),
        (
            r#"{"op":"sio.add","id":1,"data":"51-[\"hello\",{\"b\":[{\"_placeholder\":true,\"num\":0}]}]"}"#,
            r#"{"ok":[]}"#,
        ),
        (
            r#"{"op":"sio.add","id":1,"data":{"$b":"AQ=="}}"#,
            r#"{"ok":[{"type":2,"nsp":"/","data":["hello",{"b":[{"$b":"AQ=="}]}]}]}"#,
        ),
        (
            r#"{"op":"sio.add","id":1,"data":"61-7[{\"_placeholder\":true,\"num\":0}]"}"#,
            r#"{"ok":[]}"#,
        ),
        (
            r#"{"op":"sio.add","id":1,"data":{"$b":"AQ=="}}"#,
            r#"{"ok":[{"type":3,"nsp":"/","data":[{"$b":"AQ=="}],"id":7}]}"#,
        ),
        (
            r#"{"op":"sio.add","id":1,"data":"51-[\"hello\"]"}"#,
            r#"{"ok":[]}"#,
        ),
        (r#"{"op":"sio.reset","id":1}"#, r#"{"ok":null}"#),
        (
            r#"{"op":"sio.add","id":1,"data":"2[7]"}"#,
            r#"{"ok":[{"type":2,"nsp":"/","data":[7]}]}"#,
        ),
    ]);
}

#[test]
fn wrong_socket_packets() {
    let cases = [
        (r#""999""#, "unknown packet type 9"),
        (r#""5""#, "Illegal attachments"),
        (r#""51""#, "Illegal attachments"),
        (r#""50-""#, "Illegal attachments"),
        (r#""5a-""#, "Illegal attachments"),
        (r#""51.23-""#, "Illegal attachments"),
        (r#""53-[]""#, "too many attachments"),
        (
            r#""51-[\"a\",{\"_placeholder\":true,\"num\":1}]""#,
            "illegal attachments",
        ),
        (
            r#"{"$b":"AQ=="}"#,
            "got binary data when not reconstructing a packet",
        ),
        (r#""442[\"some\",\"data\"""#, "invalid payload"),
        (r#""0[]""#, "invalid payload"),
        (r#""1/admin,{}""#, "invalid payload"),
        (r#""2/admin,{}""#, "invalid payload"),
        (r#""2[true,\"foo\"]""#, "invalid payload"),
        (r#""2[\"connect\"]""#, "invalid payload"),
    ];
    let mut codec = Codec::start();
    codec.ask(r#"{"op":"sio.new","id":"x","maxAttachments":2}"#);
    let mut add = |data: &str| codec.ask(&format!(r#"{{"op":"sio.add","id":"x","data":{data}}}"#));
    for (data, want) in cases {
        assert_eq!(add(data), format!(r#"{{"err":"{want}"}}"#), "{data}");
    }
    assert_eq!(add(r#""51-[\"a\"]""#), r#"{"ok":[]}"#);
    let want = r#"{"err":"got plaintext data when reconstructing a packet"}"#;
    assert_eq!(add(r#""2[\"a\"]""#), want);
}

#[test]
fn valid_socket_packets() {
    let cases = [
        (r#"{"type":0,"nsp":"/"}"#, true),
        (r#"{"type":0,"nsp":"/","data":{}}"#, true),
        (r#"{"type":0,"nsp":"/","data":"x"}"#, false),
        (r#"{"type":0,"nsp":"/","data":[]}"#, false),
        (r#"{"type":0,"nsp":"/a,b"}"#, false),
        (r#"{"type":1,"nsp":"/"}"#, true),
        (r#"{"type":1,"nsp":"/","data":{}}"#, false),
        (r#"{"type":2,"nsp":"/","data":["a"]}"#, true),
        (r#"{"type":2,"nsp":"/","data":[1]}"#, true),
        (r#"{"type":2,"nsp":"/","data":[]}"#, false),
        (r#"{"type":2,"nsp":"/","data":[true]}"#, false),
        (r#"{"type":2,"nsp":"/","data":["newListener"]}"#, false),
        (r#"{"type":2,"nsp":"/","data":{"toString":"foo"}}"#, false),
        (r#"{"type":3,"nsp":"/","data":[],"id":1}"#, true),
        (r#"{"type":3,"nsp":"/","data":{},"id":1}"#, false),
        (r#"{"type":4,"nsp":"/","data":"x"}"#, true),
        (r#"{"type":4,"nsp":"/","data":7}"#, false),
        (r#"{"type":9,"nsp":"/"}"#, false),
    ];
    let mut codec = Codec::start();
    for (packet, want) in cases {
        let answer = codec.ask(&format!(r#"{{"op":"sio.valid","packet":{packet}}}"#));
        assert_eq!(answer, format!(r#"{{"ok":{want}}}"#), "{packet}");
    }
}

#[test]
fn what_is_no_request_is_answered_all_the_same() {
    table(&[
        ("nonsense", r#"{"err":"malformed JSON at byte 0"}"#),
        ("{}", r#"{"err":"no op"}"#),
        (r#"{"op":"x"}"#, r#"{"err":"unknown op \"x\""}"#),
        (
            r#"{"op":"eio.decode","data":7}"#,
            r#"{"err":"neither text nor binary data"}"#,
        ),
        (
            r#"{"op":"eio.decode","data":{"$b":"!"}}"#,
            r#"{"err":"Invalid symbol 33, offset 0."}"#,
        ),
    ]);
}
