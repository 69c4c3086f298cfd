//! `siox decode` as its user sees it: arguments, standard input, exit codes.

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// The exit code, standard output and standard error.
fn decode(words: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_siox"))
        .arg("decode")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_packet_of_the_command_line() {
    let (code, out, err) = decode(&["42[\"chat\",{\"a\":1}]"], b"");
    assert_eq!((code, &*err), (Some(0), ""));
    assert_eq!(
        out,
        "(read as text)\nEngine.IO  message (4)\n  Socket.IO  EVENT (2) in /\n    event \"chat\"\n    [0] {\"a\":1}\n"
    );
}

#[test]
fn raw_frames_of_standard_input() {
    let frame = b"\x81\x85\x37\xfa\x21\x3d\x03\xc8\x7a\x1f\x6a";
    let (code, out, _) = decode(&["--json", "-"], frame);
    assert_eq!(code, Some(1), "{out}");
    assert!(
        out.lines()
            .all(|line| line.starts_with('{') && line.ends_with('}'))
    );
    assert!(out.contains("masked with 37fa213d"), "{out}");
}

#[test]
fn bad_input_is_said_on_standard_error() {
    for (words, said) in [
        (&["--form", "hex", "8g"][..], "'g' is no hexadecimal digit"),
        (&["--as", "socketio", "2[1"], "breaks the rule named above"),
        (&[], "nothing to decode"),
    ] {
        let (code, _, err) = decode(words, b"");
        assert_eq!(code, Some(1), "{words:?}");
        assert!(err.contains(said), "{words:?}: {err}");
    }
    let (code, _, err) = decode(&["--eio", "5", "2"], b"");
    assert_eq!(code, Some(2));
    assert!(err.contains("--eio"), "{err}");
}
