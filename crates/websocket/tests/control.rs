//! Pings, pongs and their floods: what is answered, and how much of it may wait.

mod common;

use common::*;
use siox_testkit::split::oracle;
use siox_websocket::{Connection, Error, Limits};
use siox_wire::{Instant, SendError};

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

/// Pings `names` in one read.
fn pings(names: std::ops::Range<u32>) -> Vec<u8> {
    names
        .flat_map(|n| masked(FIN | PING, &n.to_be_bytes()))
        .collect()
}

/// The numbers in the pongs that wait.
fn pongs(wire: &[u8]) -> Vec<u32> {
    let number = |(first, payload): (u8, Vec<u8>)| {
        assert_eq!(first, FIN | PONG);
        u32::from_be_bytes(payload.try_into().unwrap())
    };
    frames(wire).into_iter().map(number).collect()
}

fn fed(machine: &mut Connection, ms: u64, bytes: &[u8]) -> Result<usize, Error> {
    let mut events = Vec::new();
    feed(machine, at(ms), bytes, &mut events).map(|()| events.len())
}

#[test]
fn each_ping_gets_its_pong() {
    let payload = [b'x'; 125];
    let bytes = [
        masked(FIN | PING, b""),
        masked(TEXT, b"he"),
        masked(FIN | PING, &payload),
        masked(FIN | CONTINUATION, b"y"),
        masked(FIN | PONG, b"unasked"),
    ];
    let outcome = oracle(&bytes.concat(), |p| run(server(&Limits::default()), p));
    let events = [ping(b""), ping(&payload), text("hey"), pong(b"unasked")];
    assert_eq!(outcome.events, events);
    let answers = [(FIN | PONG, vec![]), (FIN | PONG, payload.to_vec())];
    assert_eq!(outcome.frames, answers);
}

#[test]
fn sixteen_pongs_wait_and_the_newest_ping_is_answered_later() {
    let mut machine = server(&Limits::default());
    assert_eq!(fed(&mut machine, 0, &pings(0..100)), Ok(100));
    let wire = queued(&machine);
    assert_eq!(pongs(&wire), (0..16).collect::<Vec<_>>());
    // Half a pong written makes no room; one does.
    machine.handle_written(3);
    assert_eq!(queued(&machine).len(), wire.len() - 3);
    machine.handle_written(3);
    let rest = pongs(&queued(&machine));
    assert_eq!(rest, (1..16).chain([99]).collect::<Vec<_>>());
    drain(&mut machine);
    assert_eq!(fed(&mut machine, 1, &pings(100..102)), Ok(2));
    assert_eq!(pongs(&queued(&machine)), [100, 101]);
}

#[test]
fn a_peer_that_reads_gets_every_pong() {
    let mut machine = server(&Limits::default());
    let mut got = Vec::new();
    for n in 0..2000 {
        fed(&mut machine, u64::from(n) * 10, &pings(n..n + 1)).unwrap();
        got.extend(pongs(&drain(&mut machine)));
    }
    assert_eq!(got, (0..2000).collect::<Vec<_>>());
}

/// However the socket takes the bytes: a ping is answered at once while fewer than 16 pongs wait.
#[test]
fn every_pong_written_makes_room_for_one() {
    let mut machine = server(&Limits::default());
    fed(&mut machine, 0, &pings(0..16)).unwrap();
    machine.handle_written(8 * 6);
    fed(&mut machine, 0, &pings(16..24)).unwrap();
    assert_eq!(pongs(&queued(&machine)), (8..24).collect::<Vec<_>>());
    fed(&mut machine, 0, &pings(24..26)).unwrap();
    machine.handle_written(3 * 6);
    assert_eq!(
        pongs(&queued(&machine)),
        (11..24).chain([25]).collect::<Vec<_>>()
    );
}

/// The queue never drains, but the socket goes on taking bytes: pongs go on being sent.
#[test]
fn pongs_do_not_starve_behind_a_queue_that_never_drains() {
    let mut machine = server(&Limits::default());
    machine.binary(vec![0; 100_000].into()).unwrap();
    let mut wire = Vec::new();
    for n in 0..200 {
        fed(&mut machine, u64::from(n) * 1000, &pings(n..n + 1)).unwrap();
        machine.binary(vec![0; 5000].into()).unwrap();
        wire.extend(machine.poll_transmit().flatten().take(5000));
        machine.handle_written(5000);
    }
    wire.extend(queued(&machine));
    // A pong waits behind 100,000 bytes, for the time of some 21 pings; 16 of these are answered.
    let answered = frames(&wire).iter().filter(|f| f.0 == FIN | PONG).count();
    assert!(answered >= 150, "{answered} of 200");
}

#[test]
fn pongs_handed_out_for_writing_still_wait() {
    let mut machine = server(&Limits::default());
    fed(&mut machine, 0, &pings(0..16)).unwrap();
    let taken: usize = machine.take_transmit().iter().map(bytes::Bytes::len).sum();
    fed(&mut machine, 0, &pings(16..20)).unwrap();
    assert_eq!(queued(&machine), b"");
    machine.handle_written(taken);
    assert_eq!(pongs(&queued(&machine)), [19]);
}

#[test]
fn a_peer_that_does_not_read_cannot_grow_the_queue() {
    let limits = Limits {
        control_flood: u32::MAX,
        ..Limits::default()
    };
    let mut machine = server(&limits);
    machine.text("queued before").unwrap();
    let before = queued(&machine);
    for _ in 0..1000 {
        fed(&mut machine, 0, &masked(FIN | PING, &[7; 125])).unwrap();
    }
    let after = queued(&machine);
    assert!(after.starts_with(&before));
    assert_eq!(after.len() - before.len(), 16 * 127);
}

#[test]
fn no_pong_beyond_the_hard_cap() {
    let limits = Limits {
        hard_cap: 1000,
        ..Limits::default()
    };
    let mut machine = server(&limits);
    machine.binary(vec![0; 5000].into()).unwrap();
    let before = queued(&machine).len();
    fed(&mut machine, 0, &pings(0..3)).unwrap();
    assert_eq!(queued(&machine).len(), before);
    machine.handle_written(before - 10);
    assert_eq!(pongs(&queued(&machine)[10..]), [2]);
}

/// Feeds `n` pings a millisecond apart from `from`, and says how many passed before the flood.
fn passed(machine: &mut Connection, from: u64, step_us: u64, n: u64) -> Result<u64, (u64, Error)> {
    for i in 0..n {
        let now = Instant::from_micros(from * 1000 + i * step_us);
        let mut events = Vec::new();
        feed(machine, now, &pings(0..1), &mut events).map_err(|e| (i, e))?;
    }
    Ok(n)
}

#[test]
fn a_flood_is_refused() {
    let flood = Error::ControlFlood { limit: 1000 };
    let mut machine = server(&Limits::default());
    assert_eq!(passed(&mut machine, 0, 10, 5000), Err((1000, flood)));
    let wire = frames(&queued(&machine));
    let close = close_payload(1008, "too many control frames");
    assert_eq!(wire.last(), Some(&(FIN | CLOSE, close)));
    assert_eq!(wire.len(), 17);

    // A thousand a second is no flood, nor is any number with data between.
    assert_eq!(
        passed(&mut server(&Limits::default()), 0, 1000, 5000),
        Ok(5000)
    );
    let mut machine = server(&Limits::default());
    for _ in 0..5 {
        assert_eq!(passed(&mut machine, 0, 0, 1000), Ok(1000));
        fed(&mut machine, 0, &masked(FIN | TEXT, b"")).unwrap();
    }
    assert_eq!(passed(&mut machine, 0, 0, 1001), Err((1000, flood)));
}

#[test]
fn unasked_pongs_count_as_flood_too() {
    let mut machine = client(&Limits::default());
    let pongs = plain(FIN | PONG, b"").repeat(1000);
    assert_eq!(fed(&mut machine, 0, &pongs), Ok(1000));
    let error = fed(&mut machine, 999, &plain(FIN | PONG, b""));
    assert_eq!(error, Err(Error::ControlFlood { limit: 1000 }));
}

#[test]
fn pings_and_pongs_of_the_caller() {
    let mut machine = server(&Limits::default());
    machine.ping(b"here?").unwrap();
    machine.pong(&[1; 125]).unwrap();
    let too_big = Err(SendError::TooBig { limit: 125 });
    assert_eq!(machine.ping(&[1; 126]), too_big);
    assert_eq!(machine.pong(&[1; 126]), too_big);
    let wire = frames(&queued(&machine));
    assert_eq!(wire[0], (FIN | PING, b"here?".to_vec()));
    assert_eq!(wire[1], (FIN | PONG, vec![1; 125]));
}

#[test]
fn a_client_masks_its_pongs() {
    let mut machine = client(&Limits::default());
    fed(&mut machine, 0, &plain(FIN | PING, b"x")).unwrap();
    let wire = queued(&machine);
    assert_eq!((wire[0], wire[1], wire.len()), (FIN | PONG, 0x81, 7));
    assert_eq!(frames(&wire), [(FIN | PONG, b"x".to_vec())]);
}
