//! Messages deflated fragment by fragment.

use super::*;

#[test]
fn a_message_is_deflated_as_it_is_written() {
    let parts = [prose(5000), String::new(), prose(70_000), "é".into()];
    let payload = parts.concat();
    for takeover in [false, true] {
        for last in [0, 2] {
            for role in [Role::Server, Role::Client] {
                let mut machine = deflated(role, &wide(), takeover);
                let mut z = Decompress::new(false);
                for _ in 0..2 {
                    machine.begin_text().unwrap();
                    for part in &parts {
                        machine.write(part.as_bytes()).unwrap();
                    }
                    machine.finish(&b"!!"[..last]).unwrap();
                    let sent = frames(&drain(&mut machine));
                    let firsts: Vec<u8> = sent.iter().map(|f| f.0).collect();
                    assert_eq!(firsts, [RSV1 | TEXT, 0, 0, FIN]);
                    let mut inflated = Vec::with_capacity(payload.len() + 100);
                    let mut fragments: Vec<_> = sent.into_iter().map(|f| f.1).collect();
                    fragments.last_mut().unwrap().extend([0, 0, 0xff, 0xff]);
                    let ends = [
                        parts[0].len(),
                        parts[0].len() + parts[2].len(),
                        payload.len(),
                    ];
                    for (i, fragment) in fragments.iter().enumerate() {
                        z.decompress_vec(fragment, &mut inflated, FlushDecompress::Sync)
                            .unwrap();
                        // All of a fragment can be read when it is there.
                        let end = ends.get(i).copied();
                        assert_eq!(inflated.len(), end.unwrap_or(payload.len() + last));
                    }
                    let expected = [payload.as_bytes(), &b"!!"[..last]].concat();
                    assert!(inflated == expected);
                    if !takeover {
                        z.reset(false);
                    }
                }
            }
        }
    }
}

#[test]
fn fragments_and_whole_messages_share_one_window() {
    let text = prose(2000);
    for takeover in [false, true] {
        let mut from = deflated(Role::Server, &wide(), takeover);
        let mut to = deflated(Role::Client, &wide(), takeover);
        to.set_streaming(true);
        let mut events = Vec::new();
        let mut pool = None;
        for round in 0..4 {
            from.lend_codec(&mut pool);
            from.text(&text).unwrap();
            from.begin_text().unwrap();
            from.write(text.as_bytes()).unwrap();
            from.release_codec(&mut pool);
            // What others do with the pool in the meantime is nothing to a message that has begun.
            let mut other = deflated(Role::Server, &wide(), takeover);
            other.lend_codec(&mut pool);
            other.text(&prose(3000)).unwrap();
            other.release_codec(&mut pool);
            if round % 2 == 0 {
                from.lend_codec(&mut pool);
            }
            from.write(text.as_bytes()).unwrap();
            from.finish(b"").unwrap();
            from.release_codec(&mut pool);
            for piece in drain(&mut from).chunks(700) {
                feed(&mut to, Instant::EPOCH, piece, &mut events).unwrap();
            }
        }
        let told: Vec<_> = whole(events).into_iter().flatten().collect();
        let twice = text.repeat(2);
        let pair = [&text, &twice].map(|s| Event::Message(Message::Text(s.clone().into())));
        let expected: Vec<_> = pair.iter().cloned().cycle().take(8).collect();
        assert!(told == expected);
    }
}

#[test]
fn a_message_that_is_not_to_be_compressed_goes_as_it_is() {
    let mut machine = deflated(Role::Server, &wide(), false);
    machine.set_compress(false);
    machine.begin_binary().unwrap();
    // What is wanted later is for later messages.
    machine.set_compress(true);
    machine.write(&[1; 2000]).unwrap();
    machine.finish(b"").unwrap();
    let sent = frames(&drain(&mut machine));
    assert_eq!(sent, [(BINARY, vec![1; 2000]), (FIN, vec![])]);
    machine.begin_binary().unwrap();
    machine.set_compress(false);
    machine.finish(b"short").unwrap();
    let sent = frames(&drain(&mut machine));
    assert_eq!(sent[0].0, FIN | RSV1 | BINARY);
}

/// The compressor of a message that is over, or will never be, is not kept.
#[test]
fn no_compressor_is_left_behind() {
    for finished in [true, false] {
        let mut machine = deflated(Role::Server, &wide(), false);
        let ((), usage) = measure(|| {
            machine.begin_binary().unwrap();
            machine.write(&[1; 2000]).unwrap();
            match finished {
                true => machine.finish(b"").unwrap(),
                false => machine
                    .close(Instant::EPOCH, siox_websocket::CloseCode::NORMAL, "")
                    .unwrap(),
            }
            drain(&mut machine);
        });
        assert!(usage.kept <= 0, "{usage:?}");
        let closed = machine.write(b"");
        assert!(matches!(
            closed,
            Err(SendError::NotBegun | SendError::Closed)
        ));
    }
}

#[test]
fn writing_holds_a_fragment_at_most() {
    let chunk = prose(64 << 10);
    let mut machine = deflated(Role::Server, &Limits::default(), false);
    let (sent, usage) = measure(|| {
        let mut sent = 0;
        machine.begin_text().unwrap();
        for _ in 0..64 {
            machine.write(chunk.as_bytes()).unwrap();
            sent += machine.queued();
            machine.handle_written(machine.queued());
        }
        machine.finish(b"").unwrap();
        machine.handle_written(machine.queued());
        sent
    });
    assert!(sent < 64 * chunk.len() / 2);
    assert!(
        usage.peak <= (380 + 128) * 1024 && usage.kept <= 0,
        "{usage:?}"
    );
}
