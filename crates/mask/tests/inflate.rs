//! What is inflated into fresh memory is what the codec makes of it in memory that is filled.
#![cfg(feature = "inflate")]

use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;
use zlib_rs::{Inflate, InflateFlush};

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 1024);
    let mut codec = Compress::new(Compression::new(6), false);
    codec
        .compress_vec(bytes, &mut out, FlushCompress::Sync)
        .unwrap();
    out
}

/// What the codec makes of each step in zeroed memory: its answer, what it took, and the bytes.
fn zeroed(
    codec: &mut Inflate,
    input: &[u8],
    room: usize,
) -> (Result<zlib_rs::Status, zlib_rs::InflateError>, Vec<u8>) {
    let before = codec.total_out();
    let mut out = vec![0; room];
    let status = codec.decompress(input, &mut out, InflateFlush::SyncFlush);
    out.truncate((codec.total_out() - before) as usize);
    (status, out)
}

/// Feeds both the same, in the same steps, until neither moves.
fn agree(packed: &[u8], held: &[u8], room: usize, spare: usize) {
    let (mut ours, mut theirs) = (Inflate::new(false, 15), Inflate::new(false, 15));
    let (mut out, mut expected) = (held.to_vec(), held.to_vec());
    loop {
        let from = ours.total_in() as usize;
        out.reserve_exact(spare);
        let given = room.min(out.capacity() - out.len());
        let (status, new) = zeroed(&mut theirs, &packed[from..], given);
        expected.extend(&new);
        assert_eq!(
            siox_mask::inflate(&mut ours, &packed[from..], &mut out, room),
            status
        );
        assert_eq!(ours.total_in(), theirs.total_in());
        assert_eq!(out, expected);
        if status.is_err() || (new.is_empty() && ours.total_in() as usize == from) {
            return;
        }
    }
}

#[test]
fn no_room_and_no_input_are_nothing() {
    let packed = deflated(b"some text, some text, some text");
    let mut codec = Inflate::new(false, 15);
    let mut out = Vec::new();
    let _ = siox_mask::inflate(&mut codec, &packed, &mut out, 100);
    assert!(out.is_empty(), "it has no capacity");
    out.reserve_exact(100);
    let taken = codec.total_in() as usize;
    let _ = siox_mask::inflate(&mut codec, &packed[taken..], &mut out, 4);
    assert_eq!(out, b"some");
    let _ = siox_mask::inflate(&mut Inflate::new(false, 15), &[], &mut out, 100);
    assert_eq!(out, b"some");
}

proptest! {
    #[test]
    fn agrees_with_the_codec_in_zeroed_memory(
        words in proptest::collection::vec("[a-c]{0,40}", 0..40),
        held in proptest::collection::vec(any::<u8>(), 0..40),
        room in 1usize..400,
        spare in 1usize..400,
        fault in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut packed = deflated(words.concat().as_bytes());
        if let Some((at, byte)) = fault {
            let at = at.index(packed.len());
            packed[at] = byte;
        }
        agree(&packed, &held, room, spare);
    }

    #[test]
    fn a_text_is_what_std_says(bytes in proptest::collection::vec(any::<u8>(), 0..40), text in ".{0,40}") {
        prop_assert_eq!(siox_mask::into_text(text.clone().into_bytes()), Ok(text));
        prop_assert_eq!(siox_mask::into_text(bytes.clone()), String::from_utf8(bytes));
    }
}
