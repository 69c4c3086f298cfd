//! The connection: attempts, their waits, their end.

use crate::rig::{Rig, ms};
use siox_socketio::DisconnectReason;
use siox_stack::{Dial, ManagerOptions, SocketOptions};
use std::time::Duration;

fn steady() -> ManagerOptions {
    ManagerOptions {
        randomization_factor: 0.0,
        ..ManagerOptions::default()
    }
}

#[test]
fn waits_double_up_to_the_longest_and_begin_anew_once_open() {
    let (mut rig, _) = Rig::joined(steady(), SocketOptions::default());
    rig.lost();
    assert_eq!(
        rig.told(),
        ["closed: transport close", "disconnected 0: transport close"]
    );
    let mut at = Vec::new();
    for attempt in 1..=5 {
        at.push(rig.pass());
        assert_eq!(rig.told(), [format!("attempt {attempt}")]);
        assert_eq!(rig.wants(), ["open"]);
        rig.failed("refused");
        assert_eq!(
            rig.told(),
            [
                "error refused",
                "connect error 0 refused -",
                "attempt failed: refused"
            ]
        );
    }
    assert_eq!(at, [1_000, 3_000, 7_000, 12_000, 17_000]);
    rig.pass();
    rig.wants();
    rig.opened();
    assert_eq!(rig.told(), ["attempt 6", "opened", "reconnected 6"]);
    rig.lost();
    assert_eq!(rig.pass(), 23_000);
}

#[test]
fn it_gives_up_after_so_many_attempts() {
    let mut rig = Rig::new(ManagerOptions {
        reconnection_attempts: Some(2),
        ..steady()
    });
    let key = rig.manager.socket("/", SocketOptions::default());
    for _ in 0..2 {
        rig.manager.connect(rig.now, key);
        for attempt in 0..3 {
            if attempt > 0 {
                rig.pass();
            }
            assert_eq!(rig.wants(), ["open"]);
            rig.told();
            rig.failed("no");
        }
        assert_eq!(
            rig.told(),
            [
                "error no",
                "connect error 0 no -",
                "attempt failed: no",
                "gave up"
            ]
        );
        assert!(rig.manager.is_closed() && rig.manager.is_active(key));
        assert_eq!(rig.manager.poll_timeout(), None);
    }
}

#[test]
fn without_reconnection_there_is_one_attempt() {
    let mut rig = Rig::new(ManagerOptions {
        reconnection: false,
        ..steady()
    });
    rig.manager.open(rig.now);
    rig.wants();
    rig.failed("no");
    assert_eq!(rig.told(), ["error no"]);
    assert!(rig.manager.is_closed());
    rig.manager.open(rig.now);
    rig.wants();
    rig.opened();
    rig.lost();
    assert_eq!(rig.told(), ["opened", "closed: transport close"]);
    assert!(rig.manager.is_closed());
    assert_eq!(rig.manager.poll_timeout(), None);
}

#[test]
fn a_connection_that_does_not_open_in_time() {
    let mut rig = Rig::new(steady());
    rig.manager.open(rig.now);
    assert_eq!(rig.wants(), ["open"]);
    assert_eq!(rig.pass(), 20_000);
    assert_eq!(
        (rig.wants(), rig.told()),
        (vec!["close".into()], vec!["error timeout".into()])
    );
    rig.opened();
    assert!(!rig.manager.is_open(), "it is not wanted any more");
    assert_eq!(rig.pass(), 21_000);
    // One that nobody has begun to open is not opened.
    assert_eq!(rig.pass(), 41_000);
    assert!(rig.wants().is_empty());
}

#[test]
fn a_server_says_when_to_come_back() {
    let mut rig = Rig::new(ManagerOptions::default());
    rig.manager.open(rig.now);
    rig.wants();
    let after = Some(Duration::from_secs(60));
    rig.manager
        .handle_failed(rig.now, rig.dial.unwrap(), "503", after);
    assert!((60_000..=61_000).contains(&rig.pass()));
}

#[test]
fn a_server_does_not_say_to_stay_away_for_good() {
    let options = ManagerOptions {
        retry_after_max: Duration::from_secs(90),
        ..ManagerOptions::default()
    };
    for (options, low, high) in [
        (ManagerOptions::default(), 300_000, 301_000),
        (options, 90_000, 91_000),
    ] {
        let mut rig = Rig::new(options);
        rig.manager.open(rig.now);
        rig.wants();
        let after = Some(Duration::from_secs(u32::MAX.into()));
        rig.manager
            .handle_failed(rig.now, rig.dial.unwrap(), "503", after);
        assert!((low..=high).contains(&rig.pass()));
        assert_eq!(rig.wants(), ["open"]);
    }
}

#[test]
fn settings_change_on_the_way() {
    let mut rig = Rig::new(steady());
    rig.manager.open(rig.now);
    rig.wants();
    rig.manager
        .change_options(|options| options.reconnection_delay = Duration::from_secs(3));
    rig.failed("no");
    assert_eq!(rig.pass(), 3_000);
    assert_eq!(rig.wants(), ["open"]);
    rig.manager
        .change_options(|options| options.timeout = Some(Duration::from_secs(1)));
    assert_eq!(rig.pass(), 23_000, "that of the attempt that is under way");
    rig.wants();
    rig.told();
    // It waits, and now it is to wait no more.
    rig.manager
        .change_options(|options| options.reconnection = false);
    assert!(rig.manager.is_closed() && rig.manager.poll_timeout().is_none());
    assert!(rig.wants().is_empty() && rig.told().is_empty());
    rig.manager.open(rig.now);
    assert_eq!(rig.wants(), ["open"]);
    rig.failed("no");
    assert_eq!(rig.told(), ["error no"]);
    assert!(rig.manager.is_closed());
}

#[test]
fn closing_stops_everything() {
    let (mut rig, key) = Rig::plain();
    rig.manager.close(rig.now);
    assert_eq!(rig.wants(), ["close"]);
    assert_eq!(
        rig.told(),
        ["closed: forced close", "disconnected 0: forced close"]
    );
    rig.lost();
    assert!(rig.told().is_empty() && rig.manager.is_closed());
    // While it waits for the next attempt, and while that is under way.
    for under_way in [false, true] {
        rig.manager.connect(rig.now, key);
        rig.wants();
        rig.failed("no");
        if under_way {
            rig.pass();
            rig.wants();
        }
        rig.told();
        rig.manager.close(rig.now);
        let wants: &[&str] = if under_way { &["close"] } else { &[] };
        assert_eq!(rig.wants(), wants);
        assert_eq!(rig.manager.poll_timeout(), None);
    }
    // One that was not even begun.
    rig.manager.connect(rig.now, key);
    rig.manager.close(rig.now);
    assert!(rig.wants().is_empty());
}

#[test]
fn words_of_another_connection_are_not_heard() {
    let (mut rig, _) = Rig::plain();
    let old: Dial = rig.dial.unwrap();
    rig.come_back(r#"0{"sid":"t"}"#);
    rig.told();
    rig.manager.handle_message(rig.now, old, r#"2["x"]"#.into());
    let reason = DisconnectReason::TransportClose;
    rig.manager.handle_closed(rig.now, old, reason, None);
    rig.manager.handle_failed(rig.now, old, "x", None);
    rig.manager.handle_opened(rig.now, old, "x");
    assert!(rig.told().is_empty() && rig.manager.is_open());
}

#[test]
fn a_server_that_breaks_a_rule() {
    let (mut rig, key) = Rig::plain();
    rig.emit(key, "lost").unwrap();
    rig.hear(r#"2["connect"]"#);
    assert_eq!(rig.wants(), ["close"], "nothing more is said to it");
    assert_eq!(
        rig.told(),
        [
            "closed: parse error (a reserved event name)",
            "disconnected 0: parse error (a reserved event name)"
        ]
    );
    rig.pass();
    assert_eq!(rig.wants(), ["open"]);
}

#[test]
fn a_server_that_does_not_read_what_it_is_owed() {
    let options = ManagerOptions {
        hard_cap: 10_000,
        ..steady()
    };
    let (mut rig, _) = Rig::joined(options, SocketOptions::default());
    let args = siox_socketio::Encoded::args(&"x".repeat(1_000)).unwrap();
    for n in 0..10 {
        rig.hear(&format!(r#"2{n}["ask"]"#));
        rig.told();
        let owed = rig.owed.pop().unwrap();
        let acked = rig.manager.ack(rig.now, owed, &args);
        assert!(acked.is_ok(), "{n}");
    }
    assert!(!rig.manager.is_open());
    assert_eq!(
        rig.told(),
        [
            "closed: slow consumer (the server does not take what it is owed)",
            "disconnected 0: slow consumer (the server does not take what it is owed)"
        ]
    );
    assert!(rig.now == ms(0) && rig.wants() == ["close"]);
}
