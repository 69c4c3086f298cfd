//! At least once, in order: one event under way at a time.

use crate::rig::Rig;
use siox_stack::{ManagerOptions, SocketKey, SocketOptions};
use std::time::Duration;

fn rig(retries: u32) -> (Rig, SocketKey) {
    Rig::joined(
        ManagerOptions::default(),
        SocketOptions {
            retries: Some(retries),
            ack_timeout: Some(Duration::from_millis(100)),
            ..SocketOptions::default()
        },
    )
}

#[test]
fn one_after_the_other() {
    let (mut rig, key) = rig(3);
    let a = rig.ask(key, "a");
    rig.emit(key, "b").unwrap();
    assert_eq!(rig.wants(), [r#"20["a"]"#]);
    rig.hear("30[1]");
    assert_eq!(rig.told(), [format!("{a:?} [1]")]);
    assert_eq!(rig.wants(), [r#"21["b"]"#]);
    rig.hear("31[]");
    assert!(rig.told().is_empty() && rig.wants().is_empty());
    assert_eq!(rig.manager.waiting(key), 0);
    assert_eq!(rig.manager.poll_timeout(), None);
}

#[test]
fn tries_are_counted_and_the_next_one_has_its_turn() {
    let (mut rig, key) = rig(2);
    let a = rig.ask(key, "a");
    rig.emit(key, "b").unwrap();
    for id in 0..3 {
        assert_eq!(rig.wants(), [format!(r#"2{id}["a"]"#)]);
        assert!(rig.told().is_empty());
        rig.pass();
    }
    assert_eq!(rig.told(), [format!("{a:?} operation has timed out")]);
    assert_eq!(rig.wants(), [r#"23["b"]"#]);
    rig.hear("30[]"); // Too late.
    rig.hear("33[]");
    assert_eq!(rig.manager.waiting(key), 0);
}

#[test]
fn a_lost_connection_does_not_count() {
    let (mut rig, key) = rig(0);
    let a = rig.ask(key, "a");
    rig.emit(key, "b").unwrap();
    for sid in ["t", "u", "v"] {
        assert!(rig.wants().contains(&r#"20["a"]"#.to_owned()));
        rig.come_back(&format!(r#"0{{"sid":"{sid}"}}"#));
        assert!(rig.told().iter().all(|told| !told.contains("Ticket")));
    }
    rig.wants();
    rig.hear("30[7]");
    assert_eq!(rig.told(), [format!("{a:?} [7]")]);
    assert_eq!(rig.wants(), [r#"21["b"]"#]);
}

#[test]
fn a_lost_connection_takes_no_try() {
    let (mut rig, key) = rig(1);
    let a = rig.ask(key, "a");
    for sid in ["t", "u", "v"] {
        rig.come_back(&format!(r#"0{{"sid":"{sid}"}}"#));
    }
    rig.told();
    assert_eq!(rig.wants(), [r#"20["a"]"#]);
    rig.pass();
    assert_eq!(rig.wants(), [r#"21["a"]"#], "the one retry that there is");
    assert!(rig.told().is_empty());
    rig.pass();
    assert_eq!(rig.told(), [format!("{a:?} operation has timed out")]);
}

#[test]
fn what_is_emitted_without_a_connection_waits_in_order() {
    let (mut rig, key) = rig(1);
    rig.lost();
    for name in ["a", "b"] {
        rig.emit(key, name).unwrap();
    }
    rig.pass();
    rig.wants();
    rig.opened();
    rig.wants();
    rig.hear(r#"0{"sid":"t"}"#);
    assert_eq!(rig.wants(), [r#"20["a"]"#]);
    rig.hear("30[]");
    assert_eq!(rig.wants(), [r#"21["b"]"#]);
}
