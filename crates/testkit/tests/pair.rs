//! Two machines under one clock: the same seed gives the same run, and every way a connection can end
//! reaches both sides.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod toy;

use siox_testkit::{Break, Pair, Profile, ms, pair::Side};
use siox_wire::Instant;
use std::time::Duration;
use toy::Lines;

const SECOND: Duration = Duration::from_secs(1);

fn pair(profile: Profile, seed: u64) -> Pair<Lines, Lines> {
    let lines = || Lines::with_idle(ms(0), 30 * SECOND);
    Pair::new(lines(), lines(), profile, seed)
}

fn texts(events: &[(Instant, String)]) -> Vec<&str> {
    events.iter().map(|(_, e)| e.as_str()).collect()
}

/// A conversation with traffic both ways, timers, and an end.
fn conversation(profile: Profile, seed: u64) -> Pair<Lines, Lines> {
    let mut pair = pair(profile, seed);
    for i in 0..50 {
        pair.a.say(&format!("line {i}"));
        pair.b.say("ping");
        pair.run_for(SECOND / 10);
    }
    pair.run_for(200 * SECOND);
    pair
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..20 {
        let run = |seed| conversation(Profile::random(seed), seed).trace().to_owned();
        assert_eq!(run(seed), run(seed));
        assert_ne!(run(seed), run(seed + 1));
    }
}

#[test]
fn no_link_changes_what_is_said() {
    for seed in 0..100 {
        let pair = conversation(Profile::random(seed), seed);
        let heard = texts(pair.events_b());
        let (pongs, rest): (Vec<&str>, Vec<&str>) = heard.iter().partition(|e| **e == "pong");
        let want: Vec<_> = (0..50).map(|i| format!("line {i}")).collect();
        assert_eq!(rest[..50], want, "seed {seed}");
        assert_eq!(pongs.len(), 50, "seed {seed}");
    }
}

#[test]
fn time_passes_only_as_the_link_says() {
    let profile = Profile {
        delay: Duration::from_millis(70),
        ..Profile::default()
    };
    let mut pair = pair(profile, 0);
    pair.a.say("ping");
    pair.run_until_quiet();
    assert_eq!(pair.events_b(), [(ms(70), "ping".to_owned())]);
    assert_eq!(pair.events_a(), [(ms(140), "pong".to_owned())]);
    assert_eq!(pair.now(), ms(140));
    assert_eq!(
        pair.trace(),
        "         0 A writes 5\n     70000 B receives 5\n     70000 B tells \"ping\"\n     \
         70000 B writes 5\n    140000 A receives 5\n    140000 A tells \"pong\"\n"
    );
}

#[test]
fn timers_run_at_their_time() {
    let mut pair = pair(Profile::default(), 0);
    pair.run_until(ms(60_000));
    assert_eq!(pair.now(), ms(60_000));
    // Each asked at 30 s, and heard the other's question at once.
    assert_eq!(
        pair.events_a(),
        [
            (ms(30_000), "anyone?".to_owned()),
            (ms(60_000), "anyone?".to_owned())
        ]
    );
    assert_eq!(texts(pair.events_b()), ["anyone?", "anyone?"]);
}

#[test]
fn one_side_that_is_done_ends_the_other() {
    let mut pair = pair(Profile::rough(), 3);
    pair.a.say("one");
    pair.a.say("bye");
    assert!(pair.run_until_done(ms(20_000), |p| p.is_closed(Side::A) && p.is_closed(Side::B)));
    assert_eq!(texts(pair.events_b()), ["one", "bye"]);
    assert_eq!(texts(pair.events_a()), ["end"]);
}

#[test]
fn a_break_at_any_byte_is_seen() {
    for at in 0..=8 {
        for (how, told) in [
            (Break::HalfClose, Some("end")),
            (Break::Reset, Some("reset")),
            (Break::Silence, None),
        ] {
            let mut pair = Pair::with_links(
                Lines::default(),
                Lines::default(),
                Profile::default().breaking(at, how),
                Profile::default(),
                0,
            );
            pair.a.say("one");
            pair.a.say("two");
            pair.run_until_quiet();
            let mut want = vec!["one", "two"];
            want.truncate(usize::from(at >= 4) + usize::from(at >= 8));
            want.extend(told);
            assert_eq!(texts(pair.events_b()), want, "{how:?} at {at}");
            let heard = texts(pair.events_a()).join(" ");
            match how {
                // The other side hangs up in turn.
                Break::HalfClose => assert_eq!(heard, "end"),
                Break::Reset => assert_eq!(heard, "reset"),
                Break::Silence => assert_eq!(heard, ""),
            }
        }
    }
}

#[test]
fn a_reader_that_stops_holds_the_writer() {
    let profile = Profile {
        window: 100,
        ..Profile::default()
    };
    let mut pair = pair(profile, 0);
    pair.set_reading(Side::B, false);
    for _ in 0..50 {
        pair.a.say("line");
    }
    pair.run_until_quiet();
    assert_eq!(siox_testkit::machine::transmit(&pair.a).len(), 150);
    assert!(pair.events_b().is_empty());
    pair.set_reading(Side::B, true);
    pair.run_until_quiet();
    assert_eq!(pair.events_b().len(), 50);
}

#[test]
fn a_jump_of_the_clock_is_seen_by_timers_at_once() {
    let mut pair = pair(Profile::default(), 0);
    pair.jump(45 * SECOND);
    pair.run_until_quiet();
    assert_eq!(pair.events_a(), [(ms(45_000), "anyone?".to_owned())]);
}

#[test]
fn a_reset_from_outside_reaches_both() {
    let mut pair = pair(Profile::rough(), 0);
    pair.a.say("lost");
    pair.reset();
    pair.run_for(SECOND);
    assert_eq!(
        (texts(pair.events_a()), texts(pair.events_b())),
        (vec!["reset"], vec!["reset"])
    );
}

#[test]
#[should_panic(expected = "stuck")]
fn a_timer_that_is_never_satisfied_is_found() {
    let mut pair = pair(Profile::default(), 0);
    pair.a.is_stuck = true;
    pair.inbound(Side::A).silence();
    pair.run_for(60 * SECOND);
}
