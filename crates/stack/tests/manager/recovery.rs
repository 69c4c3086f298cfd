//! A session that goes on where it was.

use crate::rig::Rig;
use siox_stack::{ManagerOptions, SocketOptions};

/// A connection whose session is `p`, and what is sent by the next one.
fn again(heard: &[&str]) -> (Rig, Vec<String>) {
    let mut rig = Rig::new(ManagerOptions::default());
    let key = rig.manager.socket("/", SocketOptions::default());
    rig.manager.connect(rig.now, key);
    rig.wants();
    rig.opened();
    rig.wants();
    rig.hear(r#"0{"sid":"s","pid":"p"}"#);
    for text in heard {
        rig.hear(text);
    }
    rig.told();
    rig.lost();
    rig.pass();
    rig.wants();
    rig.opened();
    rig.told();
    let wants = rig.wants();
    (rig, wants)
}

#[test]
fn it_tells_the_last_offset() {
    for (heard, connect) in [
        (&[][..], r#"0{"pid":"p"}"#),
        (&[r#"2["a",1,"o1"]"#], r#"0{"pid":"p","offset":"o1"}"#),
        (
            &[r#"2["a","o1"]"#, r#"2["a","o2"]"#],
            r#"0{"pid":"p","offset":"o2"}"#,
        ),
        (
            &[r#"2["a","o1"]"#, r#"2["a",1]"#],
            r#"0{"pid":"p","offset":"o1"}"#,
        ),
        (&[r#"2["only a name"]"#], r#"0{"pid":"p"}"#),
        (
            &[r#"2["a","o1"]"#, r#"21["wants an answer","b-1"]"#],
            r#"0{"pid":"p","offset":"o1"}"#,
        ),
        (&[r#"2["a","x\"y\\"]"#], r#"0{"pid":"p","offset":"x\"y\\"}"#),
        (
            &[r#"2["a",["b","c"]]"#, r#"2["a", "o" ]"#],
            r#"0{"pid":"p","offset":"o"}"#,
        ),
    ] {
        assert_eq!(again(heard).1, [connect], "{heard:?}");
    }
}

#[test]
fn what_was_missed_follows_in_order() {
    let (mut rig, _) = again(&[r#"2["a","o1"]"#]);
    rig.hear(r#"2["b","o2"]"#); // The reference sends it before its answer.
    assert!(rig.told().is_empty());
    rig.hear(r#"0{"sid":"s","pid":"p"}"#);
    rig.hear(r#"2["c","o3"]"#);
    assert_eq!(
        rig.told(),
        [
            "connected 0 s true",
            r#"event 0 ["b","o2"]"#,
            r#"event 0 ["c","o3"]"#
        ]
    );
    rig.lost();
    rig.pass();
    rig.wants();
    rig.opened();
    assert_eq!(rig.wants(), [r#"0{"pid":"p","offset":"o3"}"#]);
}

#[test]
fn another_session_begins_without_an_offset() {
    let (mut rig, _) = again(&[r#"2["a","o1"]"#]);
    rig.hear(r#"0{"sid":"t","pid":"q"}"#);
    assert_eq!(rig.told(), ["connected 0 t false"]);
    rig.lost();
    rig.pass();
    rig.wants();
    rig.opened();
    assert_eq!(rig.wants(), [r#"0{"pid":"q"}"#]);
    // Nor is one asked for that either side has ended.
    rig.hear(r#"0{"sid":"t","pid":"q"}"#);
    rig.hear("1");
    rig.told();
    let key = rig.manager.socket("/", SocketOptions::default());
    rig.manager.connect(rig.now, key);
    rig.wants();
    rig.opened();
    assert_eq!(rig.wants(), ["0"]);
}
