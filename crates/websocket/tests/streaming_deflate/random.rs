//! Any messages, any noise, any cuts.

use super::*;
use proptest::prelude::*;

/// Prose whose compressed form ends in noise.
fn judged_the_same(noise: Vec<u8>, at: usize, takeover: bool) {
    let mut payload = pack(prose(200).as_bytes());
    let at = at.min(payload.len());
    payload.splice(at.., noise);
    let bytes = masked(FIN | RSV1 | TEXT, &payload);
    let limits = Limits::default();
    let kept = run(deflated(Role::Server, &limits, takeover), &[&bytes]);
    let streamed = streaming(&bytes, &limits, takeover);
    assert_eq!(kept.error, streamed.error);
    let told: Vec<_> = whole(streamed.events).into_iter().flatten().collect();
    assert_eq!(kept.events, told);
}

#[test]
fn a_character_before_a_fault_may_be_unfinished() {
    judged_the_same(vec![98, 0, 52, 136, 75, 73, 126], 43, false);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Good and bad compressed messages: the same in every cutting, and what the whole-message mode gives.
    #[test]
    fn chunks_are_the_message(
        list in proptest::collection::vec((any::<bool>(), ".{0,40}", 0usize..4, any::<u16>(), any::<bool>()), 1..5),
        noise in proptest::collection::vec(any::<u8>(), 0..3),
        takeover in any::<bool>(),
    ) {
        let mut bytes = Vec::new();
        for (is_packed, text, times, cut, is_text) in &list {
            let message = text.repeat(*times);
            let payload = if *is_packed { pack(message.as_bytes()) } else { message.clone().into_bytes() };
            let (a, b) = payload.split_at(usize::from(*cut) % (payload.len() + 1));
            let bit = if *is_packed { RSV1 } else { 0 };
            bytes.extend(masked(bit | if *is_text { TEXT } else { BINARY }, a));
            bytes.extend(masked(FIN | PING, b""));
            bytes.extend(masked(FIN, b));
        }
        bytes.extend(masked(FIN | RSV1 | TEXT, &[&pack(b"good")[..], &noise].concat()));
        let limits = Limits::default();
        let kept = run(deflated(Role::Server, &limits, takeover), &[&bytes]);
        let streamed = streaming(&bytes, &limits, takeover);
        prop_assert_eq!((kept.error, &kept.frames), (streamed.error, &streamed.frames));
        let told: Vec<_> = whole(streamed.events).into_iter().flatten().collect();
        prop_assert_eq!(kept.events, told);
    }

    #[test]
    fn noise_is_judged_the_same(noise in proptest::collection::vec(any::<u8>(), 0..60), at in 0usize..60, takeover in any::<bool>()) {
        judged_the_same(noise, at, takeover);
    }

    #[test]
    fn what_is_written_is_read(
        chunks in proptest::collection::vec((".{0,60}", 0usize..400), 1..6),
        takeover in any::<bool>(),
        from_server in any::<bool>(),
        piece in 1usize..3000,
    ) {
        let (a, b) = (deflated(Role::Server, &wide(), takeover), deflated(Role::Client, &wide(), takeover));
        let (mut from, to) = if from_server { (a, b) } else { (b, a) };
        let mut expected = String::new();
        from.begin_text().unwrap();
        for (text, times) in &chunks {
            let chunk = text.repeat(*times);
            from.write(chunk.as_bytes()).unwrap();
            expected.push_str(&chunk);
        }
        from.finish(b"").unwrap();
        let bytes = drain(&mut from);
        let pieces: Vec<_> = bytes.chunks(piece).collect();
        let streamed = run_streaming(to, &pieces);
        prop_assert_eq!(streamed.error, None);
        prop_assert_eq!(whole(streamed.events), [Some(text(&expected))]);
    }
}
