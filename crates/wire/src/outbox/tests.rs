//! The queue against a model, and what it holds.

use super::*;
use proptest::prelude::*;

fn all(out: &Outbox) -> Vec<u8> {
    out.chunks().collect::<Vec<_>>().concat()
}

#[derive(Debug, Clone)]
enum Op {
    Pack(Vec<u8>),
    Head,
    Headed(Vec<u8>),
    Led(Vec<u8>),
    Share(usize),
    Advance(usize),
    Take,
    Lend,
    Release,
    Clear,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..3000).prop_map(Op::Pack),
        Just(Op::Head),
        proptest::collection::vec(any::<u8>(), 0..5000).prop_map(Op::Headed),
        proptest::collection::vec(any::<u8>(), 0..5000).prop_map(Op::Led),
        (0usize..5000).prop_map(Op::Share),
        (0usize..9000).prop_map(Op::Advance),
        Just(Op::Take),
        Just(Op::Lend),
        Just(Op::Release),
        Just(Op::Clear),
    ]
}

proptest! {
    /// Whatever the order of puts, hand-outs and partial writes, the socket sees the bytes once
    /// and in order, and what is counted is what is held.
    #[test]
    fn keeps_every_byte_in_order(ops in proptest::collection::vec(op(), 0..60)) {
        let (mut out, mut model, mut flight) = (Outbox::default(), Vec::new(), Vec::new());
        let mut pool = Vec::new();
        for op in ops {
            match op {
                Op::Pack(b) => { out.pack(&[&b]); model.extend(b); }
                Op::Head => { out.pack_head(*b"alone"); model.extend(b"alone"); }
                Op::Headed(b) => {
                    out.pack_headed(*b"head", &b);
                    model.extend(b"head");
                    model.extend(b);
                }
                Op::Led(b) => {
                    let (one, rest) = b.split_at(b.len().min(1));
                    out.pack_led(*b"head", &[one, b"", rest], b.len());
                    model.extend(b"head");
                    model.extend(b);
                }
                Op::Share(n) => { let b = alloc::vec![7; n]; model.extend(&b); out.share(b.into()); }
                Op::Advance(n) => {
                    let n = n.min(model.len());
                    let handed = n.min(flight.len());
                    flight.drain(..handed);
                    model.drain(..n);
                    out.advance(n);
                }
                Op::Take if flight.is_empty() => { flight = out.take().iter().flatten().copied().collect(); }
                Op::Take => {}
                Op::Clear => { out.clear(); model.clear(); flight.clear(); }
                Op::Lend => out.lend(&mut pool),
                Op::Release => {
                    out.release(&mut pool);
                    prop_assert!(!out.room.is_lent && pool.capacity() <= Outbox::LENT);
                }
            }
            prop_assert_eq!(out.len(), model.len());
            if let Some(only) = out.only_chunk() {
                prop_assert_eq!(only, all(&out));
            }
            prop_assert_eq!(out.has_chunks(), out.chunks().next().is_some());
            let mut waiting = flight.clone();
            waiting.extend(all(&out));
            prop_assert_eq!(&waiting, &model);
        }
    }
}

#[test]
fn memory_is_freed_when_drained() {
    let mut out = Outbox::default();
    out.pack(&[&[1; 5000]]);
    out.share(alloc::vec![2; 5000].into());
    out.advance(10_000);
    assert_eq!(
        (out.packed.capacity(), out.lent.capacity(), out.held()),
        (0, 0, 0)
    );
}

#[test]
fn a_lent_buffer_comes_back_and_nothing_is_held() {
    let (mut out, mut pool) = (Outbox::default(), Vec::with_capacity(300));
    let at = pool.as_ptr();
    for written in [8, 3] {
        out.lend(&mut pool);
        assert_eq!(pool.capacity(), 0);
        out.pack(&[b"head", b"body"]);
        assert_eq!(out.packed.as_ptr(), at);
        out.advance(written);
        assert!(out.packed.capacity() >= 300);
        out.release(&mut pool);
        assert_eq!((pool.as_ptr(), pool.capacity()), (at, 300));
        assert_eq!(out.packed.capacity(), out.len());
    }
    assert_eq!(all(&out), b"dbody");
}

#[test]
fn a_steady_flow_does_not_grow_the_tail() {
    let mut out = Outbox::default();
    out.pack(&[&[0; 1000]]);
    for _ in 0..10_000 {
        out.pack(&[&[0; 1000]]);
        out.advance(1000);
    }
    assert!(out.packed.capacity() < 64 * 1024);
}

#[test]
fn shared_bytes_are_not_copied() {
    let bytes = Bytes::from(alloc::vec![3; 4096]);
    let mut out = Outbox::default();
    out.pack(&[b"head"]);
    out.share(bytes.clone());
    assert_eq!(
        out.chunks().nth(1).map(<[u8]>::as_ptr),
        Some(bytes.as_ptr())
    );
}

#[test]
fn small_pieces_leave_in_one_slice() {
    let slices = |first: usize, second: usize| {
        let mut out = Outbox::default();
        out.share(alloc::vec![1; first].into());
        out.share(alloc::vec![2; second].into());
        assert_eq!(all(&out).len(), first + second);
        out.chunks().count()
    };
    assert_eq!(slices(40, 40), 1);
    assert_eq!(slices(Outbox::PACK_BELOW, 40), 2);
    assert_eq!(slices(40, Outbox::PACK_BELOW), 2);

    let mut out = Outbox::default();
    out.share(Bytes::from_static(b"abcdef"));
    out.advance(2);
    out.pack_with(&[b"gh", b"i"], <[u8]>::make_ascii_uppercase);
    assert_eq!(out.only_chunk(), Some(&b"cdefGHI"[..]));
    assert_eq!(out.len(), 7);
}

#[test]
fn a_lent_buffer_survives_what_waited_in_it() {
    let (mut out, mut pool) = (Outbox::default(), Vec::with_capacity(300));
    let at = pool.as_ptr();
    out.lend(&mut pool);
    out.pack(&[b"never written"]);
    out.share(alloc::vec![1; 5000].into());
    out.clear();
    assert_eq!((out.len(), out.has_chunks(), out.held()), (0, false, 0));
    out.release(&mut pool);
    assert_eq!((pool.as_ptr(), pool.capacity()), (at, 300));
}
