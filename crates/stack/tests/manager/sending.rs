//! Events that wait for a connection, those that do not, and acknowledgements.

use crate::rig::{Rig, event};
use bytes::Bytes;
use siox_socketio::Encoded;
use siox_stack::{Emit, ManagerOptions, Overflow, SocketOptions};
use siox_wire::SendError;
use std::time::Duration;

#[test]
fn what_waits_is_sent_once_and_in_order() {
    let (mut rig, key) = Rig::plain();
    rig.lost();
    let blob = Encoded::event("blob", &Bytes::from_static(b"xyz")).unwrap();
    rig.emit(key, "a").unwrap();
    rig.manager
        .emit(rig.now, key, blob, Emit::default())
        .unwrap();
    let ticket = rig.ask(key, "b");
    assert_eq!(rig.manager.waiting(key), 3);
    rig.told();
    rig.pass();
    assert_eq!(rig.wants(), ["open"]);
    rig.opened();
    assert_eq!(rig.wants(), ["0"], "not before the server lets it in");
    rig.emit(key, "c").unwrap();
    rig.hear(r#"0{"sid":"t"}"#);
    rig.emit(key, "d").unwrap();
    let place = r#"{"_placeholder":true,"num":0}"#;
    let blob = format!(r#"51-["blob",{place}]"#);
    assert_eq!(
        rig.wants(),
        [
            r#"2["a"]"#,
            &blob,
            "b:xyz",
            r#"20["b"]"#,
            r#"2["c"]"#,
            r#"2["d"]"#
        ]
    );
    rig.hear("30[5]");
    assert_eq!(rig.told().last().unwrap(), &format!("{ticket:?} [5]"));
    assert_eq!(rig.manager.waiting(key), 0);
    rig.come_back(r#"0{"sid":"u"}"#);
    assert!(rig.wants().is_empty(), "it is not sent again");
}

#[test]
fn what_waits_is_bounded() {
    for (overflow, results, sent, told) in [
        (Overflow::Refuse, [true, true, false], ["a", "b"], None),
        (Overflow::DropOldest, [true; 3], ["b", "c"], None),
        (
            Overflow::DropNewest,
            [true; 3],
            ["a", "b"],
            Some("dropped for want of room"),
        ),
    ] {
        let (mut rig, key) = Rig::joined(
            ManagerOptions {
                buffer: 2 * (64 + 5),
                overflow,
                ..ManagerOptions::default()
            },
            SocketOptions::default(),
        );
        rig.lost();
        rig.told();
        let mut got = Vec::new();
        for name in ["a", "b", "c"] {
            let how = Emit {
                ack: name == "c" && overflow == Overflow::DropNewest,
                ..Emit::default()
            };
            let emitted = rig.manager.emit(rig.now, key, event(name), how);
            got.push(emitted.is_ok());
        }
        assert_eq!(got, results);
        assert_eq!(
            rig.told().first().map(|t| t.contains(told.unwrap_or("-"))),
            told.map(|_| true)
        );
        rig.pass();
        rig.wants();
        rig.opened();
        rig.wants();
        rig.hear(r#"0{"sid":"t"}"#);
        assert_eq!(rig.wants(), sent.map(|name| format!(r#"2["{name}"]"#)));
    }
}

#[test]
fn one_event_may_be_larger_than_the_bound() {
    let options = ManagerOptions {
        buffer: 10,
        ..ManagerOptions::default()
    };
    let (mut rig, key) = Rig::joined(options, SocketOptions::default());
    rig.lost();
    assert_eq!(rig.emit(key, "a"), Ok(()));
    assert_eq!(rig.emit(key, "b"), Err(SendError::Full));
}

#[test]
fn a_buffer_beyond_the_queue_goes_out_bit_by_bit() {
    let options = ManagerOptions {
        high_water: 200,
        hard_cap: 400,
        ..ManagerOptions::default()
    };
    let (mut rig, key) = Rig::joined(options, SocketOptions::default());
    rig.lost();
    let names: Vec<String> = (0..100).map(|n| format!("e{n}")).collect();
    for name in &names[..90] {
        rig.emit(key, name).unwrap();
    }
    rig.pass();
    rig.wants();
    rig.opened();
    rig.wants();
    rig.hear(r#"0{"sid":"t"}"#);
    assert!(rig.manager.is_open() && rig.manager.queued() < 250);
    // What comes meanwhile is behind; what is volatile has lost.
    for name in &names[90..] {
        rig.emit(key, name).unwrap();
    }
    let volatile = Emit {
        volatile: true,
        ..Emit::default()
    };
    let lost = rig.manager.emit(rig.now, key, event("v"), volatile);
    assert_eq!(lost, Err(SendError::Full));
    let all: Vec<String> = names.iter().map(|name| format!(r#"2["{name}"]"#)).collect();
    assert_eq!(rig.wants(), all);
}

#[test]
fn a_server_that_does_not_read() {
    let options = ManagerOptions {
        high_water: 100,
        ..ManagerOptions::default()
    };
    let (mut rig, key) = Rig::joined(options, SocketOptions::default());
    let mut taken = 0;
    while rig.emit(key, "e").is_ok() {
        taken += 1;
    }
    assert_eq!(rig.emit(key, "e"), Err(SendError::Full));
    let want = rig.manager.poll_want().unwrap();
    rig.manager.put_back(want);
    assert_eq!(rig.emit(key, "e"), Err(SendError::Full));
    assert_eq!(rig.wants().len(), taken);
    assert_eq!(rig.emit(key, "e"), Ok(()));
}

#[test]
fn volatile_events_do_not_wait() {
    let (mut rig, key) = Rig::plain();
    let volatile = Emit {
        volatile: true,
        ..Emit::default()
    };
    let emit = |rig: &mut Rig| rig.manager.emit(rig.now, key, event("v"), volatile);
    assert_eq!(emit(&mut rig), Ok(None));
    assert_eq!(emit(&mut rig), Err(SendError::Full));
    rig.lost();
    assert_eq!(emit(&mut rig), Err(SendError::Closed));
    assert_eq!(rig.manager.waiting(key), 0);
}

#[test]
fn what_must_not_be_compressed_says_so_with_all_its_messages() {
    let (mut rig, key) = Rig::plain();
    let with = |compress: bool| {
        let event = Encoded::event("x", &Bytes::from_static(b"y")).unwrap();
        event.compressed(compress)
    };
    rig.lost();
    // One that waits for the connection, and one behind it that does not.
    for compress in [false, true] {
        let sent = rig
            .manager
            .emit(rig.now, key, with(compress), Emit::default());
        assert_eq!(sent, Ok(None));
    }
    rig.pass();
    rig.wants();
    rig.opened();
    rig.wants();
    rig.hear(r#"0{"sid":"s"}"#);
    let sent = rig.manager.emit(rig.now, key, with(false), Emit::default());
    assert_eq!(sent, Ok(None));
    let mut may = Vec::new();
    while let Some(want) = rig.manager.poll_want() {
        let first = rig.manager.may_compress();
        rig.manager.put_back(want);
        assert!(rig.manager.poll_want().is_some() && rig.manager.may_compress() == first);
        may.push(first);
    }
    assert_eq!(may, [false, false, true, true, false, false]);
}

#[test]
fn what_no_server_would_take_is_refused_at_once() {
    let (mut rig, key) = Rig::plain();
    let blobs = vec![Bytes::from_static(b"x"); 11];
    for lost in [false, true] {
        if lost {
            rig.lost();
        }
        let many = Encoded::event("e", &blobs).unwrap();
        let emitted = rig.manager.emit(rig.now, key, many, Emit::default());
        assert_eq!(emitted, Err(SendError::Attachments { limit: 10 }));
        let ack = Encoded::args(&1).unwrap();
        let emitted = rig.manager.emit(rig.now, key, ack, Emit::default());
        assert_eq!(emitted, Err(SendError::Unencodable));
    }
}

#[test]
fn acknowledgements_end_with_the_connection_or_their_time() {
    let (mut rig, key) = Rig::joined(
        ManagerOptions::default(),
        SocketOptions {
            ack_timeout: Some(Duration::from_millis(100)),
            ..SocketOptions::default()
        },
    );
    let late = rig.ask(key, "late");
    assert_eq!(rig.pass(), 100);
    assert_eq!(rig.told(), [format!("{late:?} operation has timed out")]);
    rig.hear("30[]");
    let cut = rig.ask(key, "cut");
    rig.wants();
    rig.lost();
    assert_eq!(
        rig.told(),
        [
            "closed: transport close".to_owned(),
            "disconnected 0: transport close".to_owned(),
            format!("{cut:?} socket has been disconnected"),
        ]
    );
    // One that waits is not sent once its time is over, and one that was sent on another connection is
    // not answered by this one.
    let waits = rig.ask(key, "waits");
    assert_eq!(rig.pass(), 200);
    assert_eq!(rig.told(), [format!("{waits:?} operation has timed out")]);
    rig.pass();
    rig.wants();
    rig.opened();
    rig.wants();
    rig.hear(r#"0{"sid":"t"}"#);
    rig.told();
    assert!(rig.wants().is_empty());
    rig.hear("31[]");
    assert!(rig.told().is_empty());
}
