//! The same bytes, cut the same way, into this crate and into tungstenite: valid, damaged and truncated
//! streams in both roles. What may differ has a name, and an example here.

mod oracle;
mod streams;

use oracle::{Difference, End, LIMIT, compare, ours, strict, theirs};
use proptest::prelude::*;
use siox_websocket::{Error, Violation as V, frame::Role};
use streams::Case;

fn tape() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_and_truncated_streams(tape in tape()) {
        let case = Case::valid(&tape);
        let met = compare(case.role, &case.pieces());
        prop_assert!(met.is_empty(), "{met:?}");
    }

    #[test]
    fn damaged_streams(tape in tape()) {
        let case = Case::damaged(&tape);
        compare(case.role, &case.pieces());
    }

    #[test]
    fn noise(bytes in proptest::collection::vec(any::<u8>(), 0..40), cut in 1usize..9, is_server in any::<bool>()) {
        let role = if is_server { Role::Server } else { Role::Client };
        compare(role, &bytes.chunks(cut).collect::<Vec<_>>());
    }
}

/// The generator reaches what it is for: every difference, every way to end.
#[test]
fn the_streams_meet_everything() {
    let mut met = std::collections::BTreeSet::new();
    let (mut ends, mut tape) = (std::collections::BTreeSet::new(), [0; 300]);
    let mut rng = siox_testkit::Rng::new(1);
    for _ in 0..6000 {
        rng.fill(&mut tape);
        let case = Case::damaged(&tape);
        met.extend(compare(case.role, &case.pieces()));
        ends.insert(format!(
            "{:?}",
            ours(case.role, &strict(), &case.pieces()).0.end
        ));
    }
    println!("{met:?}");
    assert_eq!(ends.len(), 5, "{ends:?}");
    assert_eq!(met.len(), 12, "{met:?}");
}

/// Every pair of first bytes, with zeros behind for any short payload, at once and byte by byte.
#[test]
fn all_two_byte_heads() {
    for role in [Role::Server, Role::Client] {
        for bits in 0..=u16::MAX {
            let mut bytes = bits.to_be_bytes().to_vec();
            bytes.resize(2 + 8 + 4 + 125, 0);
            let met = compare(role, &[&bytes]);
            let refused = ours(role, &strict(), &[&bytes]).1.is_some();
            assert!(refused || met.is_empty(), "{bits:04x} {met:?}");
        }
    }
}

/// Each difference by an example, so that none is allowed that does not exist.
#[test]
fn every_difference_is_met() {
    use Difference::*;
    let fragments = [vec![0x02, 0], [0x00, 0].repeat(5), vec![0x80, 0]].concat();
    let big = |n: u16| [&[0x02, 126][..], &n.to_be_bytes(), &vec![0; n.into()]].concat();
    let continued = [big(400), vec![0x80, 126, 1, 0], vec![0; 256]].concat();
    // One that the server's client sends, our error, and how tungstenite ends.
    type Row = (Difference, Vec<u8>, Option<Error>, End);
    let broken = |violation| Some(Error::Protocol(violation));
    let table: [Row; 12] = [
        (
            HeadJudgedAtOnce,
            b"\x80\x01x".to_vec(),
            broken(V::StrayContinuation),
            End::Protocol,
        ),
        (
            OpcodeJudgedAtOnce,
            b"\x83\x7e\x00\x80".to_vec(),
            broken(V::ReservedOpcode),
            End::Protocol,
        ),
        (
            TextJudgedByTheByte,
            b"\x81\x03a\xffb".to_vec(),
            broken(V::InvalidUtf8),
            End::Utf8,
        ),
        (
            SumJudgedByTheHead,
            continued,
            Some(Error::TooBig { limit: LIMIT }),
            End::TooBig,
        ),
        (
            SizeNotJudgedFirst,
            b"\xc2\x7e\x02\x59".to_vec(),
            broken(V::ReservedBits),
            End::TooBig,
        ),
        (
            ReservedLengthBit,
            b"\x82\x7f\x80\0\0\0\0\0\0\0".to_vec(),
            broken(V::LengthOverflow),
            End::TooBig,
        ),
        (
            CloseCodeNotDelivered,
            b"\x88\x02\x03\xed".to_vec(),
            broken(V::CloseCode(1005)),
            End::Closed,
        ),
        (
            CloseCodeJudgedFirst,
            b"\x88\x03\x03\xed\xff".to_vec(),
            broken(V::CloseCode(1005)),
            End::Utf8,
        ),
        (
            BadGatewayIsACode,
            b"\x88\x02\x03\xf6".to_vec(),
            None,
            End::Closed,
        ),
        (
            NonMinimalLength,
            b"\x82\x7e\x00\x01x".to_vec(),
            broken(V::LengthNotMinimal),
            End::Open,
        ),
        (
            ControlFlood,
            [0x89, 0].repeat(8),
            Some(Error::ControlFlood { limit: 7 }),
            End::Open,
        ),
        (
            TooManyFragments,
            fragments,
            Some(Error::TooManyFragments { limit: 5 }),
            End::Open,
        ),
    ];
    for (difference, bytes, error, end) in table {
        let singles: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(compare(Role::Client, &singles), [difference]);
        assert_eq!(ours(Role::Client, &strict(), &singles).1, error);
        assert_eq!(
            theirs(Role::Client, LIMIT, &singles).end,
            end,
            "{difference:?}"
        );
    }
}
