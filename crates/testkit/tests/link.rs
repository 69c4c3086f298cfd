//! A link does to the bytes what its profile says, and nothing else.

use siox_testkit::{Arrival, Break, Cut, Link, Profile, Stall, ms};
use siox_wire::Instant;
use std::time::Duration;

fn all(link: &mut Link, now: Instant) -> Vec<Arrival> {
    std::iter::from_fn(|| link.receive(now)).collect()
}

fn bytes(b: &[u8]) -> Arrival {
    Arrival::Bytes(b.to_vec())
}

#[test]
fn delays_and_keeps_the_order() {
    let profile = Profile {
        delay: Duration::from_millis(10),
        jitter: Duration::from_millis(50),
        ..Profile::default()
    };
    for seed in 0..50 {
        let mut link = Link::new(profile.clone(), seed);
        for i in 0..20 {
            assert_eq!(link.send(ms(i), &[i as u8]), 1);
        }
        link.close(ms(20));
        assert_eq!(all(&mut link, ms(9)), []);
        let (mut got, mut now) = (Vec::new(), ms(0));
        while let Some(due) = link.next_due() {
            assert!(due >= now && due <= ms(79));
            now = due;
            got.extend(all(&mut link, now));
        }
        let mut want: Vec<_> = (0..20).map(|i| bytes(&[i])).collect();
        want.push(Arrival::Eof);
        assert_eq!(got, want);
    }
}

#[test]
fn cuts_as_told() {
    let table: [(Cut, &[usize]); 4] = [
        (Cut::AsSent, &[3, 4]),
        (Cut::Joined, &[7]),
        (Cut::Size(3), &[3, 3, 1]),
        (Cut::Random(1), &[1; 7]),
    ];
    for (cut, want) in table {
        let mut link = Link::new(
            Profile {
                cut,
                ..Profile::default()
            },
            0,
        );
        link.send(ms(0), b"abc");
        link.send(ms(0), b"defg");
        let pieces: Vec<_> = all(&mut link, ms(0))
            .into_iter()
            .map(|a| match a {
                Arrival::Bytes(b) => b,
                end => panic!("{end:?}"),
            })
            .collect();
        assert_eq!(pieces.concat(), b"abcdefg", "{cut:?}");
        assert_eq!(
            pieces.iter().map(Vec::len).collect::<Vec<_>>(),
            want,
            "{cut:?}"
        );
    }
}

#[test]
fn breaks_at_the_byte() {
    for (how, told) in [
        (Break::HalfClose, Some(Arrival::Eof)),
        (Break::Reset, Some(Arrival::Reset)),
        (Break::Silence, None),
    ] {
        for at in 0..=4 {
            let mut link = Link::new(Profile::default().breaking(at, how), 0);
            link.send(ms(0), b"ab");
            link.send(ms(0), b"cd");
            link.close(ms(0));
            let got = all(&mut link, ms(0));
            let (last, before) = match &told {
                Some(_) => (got.last().cloned(), &got[..got.len() - 1]),
                None => (None, &got[..]),
            };
            let text: Vec<u8> = before
                .iter()
                .flat_map(|a| match a {
                    Arrival::Bytes(b) => b.clone(),
                    end => panic!("{end:?}"),
                })
                .collect();
            assert_eq!(text, &b"abcd"[..at as usize], "{how:?} at {at}");
            assert_eq!(last, told);
            assert_eq!(link.next_due(), None);
        }
    }
}

#[test]
fn a_silent_link_fills_its_window() {
    let mut link = Link::new(
        Profile {
            window: 5,
            ..Profile::default()
        },
        0,
    );
    link.silence();
    assert_eq!((link.send(ms(0), b"abc"), link.send(ms(0), b"def")), (3, 2));
    assert_eq!((link.room(), link.next_due()), (0, None));
}

#[test]
fn a_narrow_line_takes_its_time() {
    let profile = Profile {
        bandwidth: Some(1_000),
        ..Profile::default()
    };
    let mut link = Link::new(profile, 0);
    link.send(ms(0), &[0; 2_920]);
    assert_eq!(link.next_due(), Some(ms(1_460)));
    assert_eq!(all(&mut link, ms(1_460)), [bytes(&[0; 1_460])]);
    assert_eq!(link.next_due(), Some(ms(2_920)));
}

#[test]
fn the_window_holds_the_sender_until_the_reader_reads() {
    let mut link = Link::new(
        Profile {
            window: 4,
            ..Profile::default()
        },
        0,
    );
    assert_eq!(link.send(ms(0), b"abcdef"), 4);
    assert_eq!(link.send(ms(0), b"ef"), 0);
    assert_eq!(all(&mut link, ms(0)), [bytes(b"abcd")]);
    assert_eq!((link.send(ms(0), b"ef"), link.passed()), (2, 4));
}

#[test]
fn a_stall_holds_everything_behind_it() {
    let stall = Stall {
        permille: 1000,
        length: Duration::from_millis(100),
    };
    let mut link = Link::new(
        Profile {
            stall: Some(stall),
            ..Profile::default()
        },
        0,
    );
    link.send(ms(0), b"a");
    link.send(ms(0), b"b");
    assert_eq!(all(&mut link, ms(199)), [bytes(b"a")]);
    assert_eq!(all(&mut link, ms(200)), [bytes(b"b")]);
}
