//! A script holds where the machine does what it says, and a failure tells all that is needed.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod toy;

use siox_testkit::{Script, ms};
use std::time::Duration;
use toy::Lines;

fn machine() -> Lines {
    Lines::with_idle(ms(0), Duration::from_secs(1))
}

fn faulty(fault: impl FnOnce(&mut Lines)) -> Lines {
    let mut machine = machine();
    fault(&mut machine);
    machine
}

fn good() -> Script<Lines> {
    Script::<Lines>::new()
        .recv(b"one\nping\n")
        .expect_event("one")
        .expect_event("ping")
        .expect_send(b"pong\n")
        .expect_timeout(ms(1_000))
        .at(ms(400))
        .recv(b"two\n")
        .expect_event("two")
        .call("say", |m, now| m.say(&format!("at {}", now.as_micros())))
        .expect_send(b"at 400000\n")
        .at(ms(1_399))
        .at(ms(1_400))
        .expect_send(b"anyone?\n")
        .expect_finished(false)
        .recv(b"bye\n")
        .expect_event("bye")
        .expect_finished(true)
}

fn failure(script: &Script<Lines>) -> String {
    script.check(machine()).unwrap_err()
}

#[test]
fn a_machine_that_does_as_told_passes_however_its_input_is_cut() {
    good().run(machine());
    good().run_cut(machine);
}

#[test]
#[should_panic(expected = "cut into pieces of 1")]
fn a_machine_that_tells_how_it_was_cut_is_found() {
    Script::new()
        .recv(b"one\n")
        .expect_event("4 bytes")
        .expect_event("one")
        .run_cut(|| faulty(|m| m.tells_pieces = true));
}

#[test]
fn a_failure_names_its_step_and_what_was_played() {
    let script = Script::new()
        .recv(b"one\ntwo\n")
        .expect_event("one")
        .expect_event("three");
    let why = failure(&script);
    assert!(
        why.starts_with("step 2 (crates/testkit/tests/script.rs:"),
        "{why}"
    );
    for part in [
        "expect_event \"three\"",
        "expected \"three\"\n      got \"two\"",
        "played:\n   recv \"one\\ntwo\\n\"\n   expect_event \"one\"",
    ] {
        assert!(why.contains(part), "{part}\n{why}");
    }
}

#[test]
fn each_kind_of_step_can_fail() {
    let table: [(Script<Lines>, &str); 10] = [
        (Script::new().expect_event("x"), "got no event"),
        (
            Script::new()
                .recv(b"ping\n")
                .expect_event("ping")
                .expect_send(b"pang\n"),
            "from offset 1 on",
        ),
        (
            Script::new().expect_timeout(ms(7)),
            "the timer is at Some(1000000) us",
        ),
        (
            Script::new().expect_timeout(None),
            "the timer is at Some(1000000) us",
        ),
        (
            Script::new().expect_finished(true),
            "is_finished() is false",
        ),
        (
            Script::new().recv(b"one\n"),
            "at the end: events that no step expects: [\"one\"]",
        ),
        (
            Script::<Lines>::new().call("say", |m, _| m.say("x")),
            "output that no step expects: \"x\\n\"",
        ),
        (
            Script::new().recv(b"one\n").at(ms(1)).expect_event("one"),
            "events that no step expects",
        ),
        (Script::new().recv_eof(), "[\"end\"]"),
        (Script::new().recv_reset(), "[\"reset\"]"),
    ];
    for (script, part) in &table {
        let why = failure(script);
        assert!(why.contains(part), "{part}\n{why}");
    }
}

#[test]
fn a_full_connection_takes_what_it_has_room_for() {
    Script::new()
        .room(3)
        .recv(b"ping\n")
        .expect_event("ping")
        .expect_send(b"pon")
        .room(1)
        .expect_send(b"g")
        .room(100)
        .expect_send(b"\n")
        .run(machine());
}

#[test]
fn a_timer_that_is_never_satisfied_is_found() {
    let stuck = faulty(|m| m.is_stuck = true);
    let why = Script::new().at(ms(5_000)).check(stuck).unwrap_err();
    assert!(why.contains("stuck"), "{why}");
}
