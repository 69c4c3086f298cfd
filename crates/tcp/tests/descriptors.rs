//! A15 of the hostile classes: clients take the last descriptor of the process. Who is there goes on being
//! served, and who came too late is accepted when there is room again.
#![cfg(unix)]

use siox_tcp::{Message, Options};
use std::{
    fs::File,
    io::Read,
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
    time::Duration,
};

/// Set in the process that has few.
const FEW: &str = "SIOX_FEW_DESCRIPTORS";

#[test]
fn a15_no_descriptor_is_left() {
    if std::env::var_os(FEW).is_some() {
        return starve();
    }
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -n 60 && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a15_no_descriptor_is_left"])
        .env(FEW, "1");
    assert!(few.status().unwrap().success());
}

fn starve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        siox_tcp::serve(&listener, &Default::default(), 100, |mut socket| {
            while let Ok(Some(message)) = socket.read() {
                socket.send(message).unwrap();
            }
        })
    });
    let mut first = siox_tcp::connect(&format!("ws://{at}/"), &Options::default()).unwrap();
    let mut echo = |text: &str| {
        first.send(text).unwrap();
        assert_eq!(first.read().unwrap(), Some(Message::from(text)));
    };
    echo("before");
    let mut fill = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        fill.push(file);
    }
    fill.pop();
    // It takes the last one, so that none is left to accept it with.
    let mut late = TcpStream::connect(at).unwrap();
    late.set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    assert!(late.read(&mut [0]).is_err());
    echo("meanwhile");
    assert!(!server.is_finished());
    drop(fill);
    let mut late = siox_tcp::open(late, "a", "/", &Options::default()).unwrap();
    late.send("at last").unwrap();
    assert_eq!(late.read().unwrap(), Some(Message::from("at last")));
    echo("after");
}
