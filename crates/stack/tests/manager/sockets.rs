//! The sockets of one connection: let in, kept out, thrown out, leaving.

use crate::rig::Rig;
use siox_socketio::Value;
use siox_stack::{Auth, ManagerOptions, SocketOptions};

fn asking() -> SocketOptions {
    SocketOptions {
        auth: Auth::Ask,
        ..SocketOptions::default()
    }
}

#[test]
fn many_namespaces_on_one_connection() {
    let (mut rig, root) = Rig::plain();
    let a = rig.manager.socket("/a", SocketOptions::default());
    assert_eq!(rig.manager.socket("/a", asking()), a);
    rig.manager.connect(rig.now, a);
    rig.manager.connect(rig.now, a);
    assert_eq!(rig.wants(), ["0/a,"]);
    rig.hear(r#"0/a,{"sid":"sa"}"#);
    rig.hear(r#"2/a,7["x"]"#);
    assert_eq!(rig.told(), ["connected /a sa false", "event /a [\"x\"]!"]);
    assert_eq!(
        (rig.manager.id(root), rig.manager.id(a)),
        (Some("s"), Some("sa"))
    );
    rig.manager.disconnect(rig.now, root);
    assert_eq!(rig.wants(), ["1"]);
    assert_eq!(rig.told(), ["disconnected 0: io client disconnect"]);
    rig.lost();
    rig.pass();
    rig.wants();
    rig.opened();
    assert_eq!(rig.wants(), ["0/a,"], "the other one has left");
    rig.hear(r#"0/a,{"sid":"sb"}"#);
    let owed = rig.owed[0];
    let args = siox_socketio::Encoded::args(&1).unwrap();
    assert!(
        rig.manager.ack(rig.now, owed, &args).is_err(),
        "of a connection that is gone"
    );
    // With the last one goes the connection.
    rig.told();
    rig.manager.disconnect(rig.now, a);
    assert_eq!(rig.wants(), ["1/a,", "close"]);
    assert_eq!(
        rig.told(),
        [
            "disconnected /a: io client disconnect",
            "closed: forced close"
        ]
    );
    assert!(rig.manager.is_closed());
    rig.manager.connect(rig.now, root);
    assert_eq!(rig.wants(), ["open"]);
}

#[test]
fn a_refusal_is_final_until_it_is_connected_again() {
    let (mut rig, _) = Rig::plain();
    let a = rig.manager.socket("/a", SocketOptions::default());
    rig.manager.connect(rig.now, a);
    rig.wants();
    rig.hear(r#"4/a,{"message":"no","data":{"n":1}}"#);
    assert_eq!(rig.told(), ["connect error /a no {\"n\":1}"]);
    assert!(!rig.manager.is_active(a));
    rig.come_back(r#"0{"sid":"t"}"#);
    assert!(!rig.manager.is_connected(a));
    rig.manager.connect(rig.now, a);
    assert_eq!(rig.wants(), ["0/a,"]);
}

#[test]
fn thrown_out_for_good() {
    let (mut rig, key) = Rig::plain();
    rig.hear("1");
    assert_eq!(
        rig.told(),
        [
            "disconnected 0: io server disconnect",
            "closed: forced close"
        ]
    );
    assert_eq!(rig.wants(), ["close"]);
    assert_eq!(rig.manager.poll_timeout(), None);
    assert!(!rig.manager.is_active(key));
}

#[test]
fn credentials_are_asked_for_each_time() {
    let mut rig = Rig::new(ManagerOptions::default());
    let key = rig.manager.socket("/", asking());
    rig.manager.connect(rig.now, key);
    rig.wants();
    rig.opened();
    assert_eq!(rig.told(), ["opened", "auth 0"]);
    assert!(rig.wants().is_empty());
    let auth = |n| Ok(Some(Value::object([("n", n)]).unwrap()));
    let first = rig.attempts[0];
    rig.lost();
    rig.pass();
    rig.wants();
    rig.opened();
    rig.told();
    rig.manager.authorize(rig.now, key, first, auth(1));
    assert!(rig.wants().is_empty(), "of the connection before");
    let second = rig.attempts[1];
    rig.manager.authorize(rig.now, key, second, auth(2));
    rig.manager.authorize(rig.now, key, second, auth(3));
    assert_eq!(rig.wants(), [r#"0{"n":2}"#]);
    rig.hear(r#"0{"sid":"s"}"#);
    assert_eq!(rig.told(), ["connected 0 s false"]);

    // One that has no answer.
    rig.come_back("7");
    rig.wants();
    rig.pass();
    rig.wants();
    rig.opened();
    rig.told();
    let third = *rig.attempts.last().unwrap();
    rig.manager.authorize(rig.now, key, third, Err("no token"));
    assert_eq!(
        rig.told(),
        ["connect error 0 no token -", "closed: forced close"]
    );
    assert!(rig.manager.is_closed() && !rig.manager.is_active(key));
}

#[test]
fn credentials_that_cannot_be_sent() {
    let mut rig = Rig::new(ManagerOptions::default());
    let options = SocketOptions {
        auth: Auth::Value(Value::from("no object")),
        ..SocketOptions::default()
    };
    let key = rig.manager.socket("/", options);
    rig.manager.connect(rig.now, key);
    rig.wants();
    rig.opened();
    let told = rig.told();
    assert_eq!(told[1], "connect error 0 the arguments cannot be encoded -");
}

#[test]
fn leaving_before_the_answer() {
    let (mut rig, _) = Rig::plain();
    let a = rig.manager.socket("/a", SocketOptions::default());
    rig.manager.connect(rig.now, a);
    rig.manager.disconnect(rig.now, a);
    assert_eq!(rig.wants(), ["0/a,"]);
    rig.hear(r#"0/a,{"sid":"x"}"#);
    assert_eq!(rig.wants(), ["1/a,"]);
    assert!(rig.told().is_empty());
}
