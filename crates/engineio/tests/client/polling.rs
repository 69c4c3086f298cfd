//! GET and POST: one of each at a time, batches within the server's limit.

use crate::peer::{Peer, ms};
use bytes::Bytes;
use siox_engineio::{ClientConfig, ClientError, Lane, Outgoing, V4};
use siox_wire::{Admit, Part, SendError, Shared, Sink};

#[test]
fn polls_follow_one_another() {
    let (mut peer, get) = Peer::polling(ClientConfig::default());
    assert_eq!(peer.request(1), None);
    let seen = peer.answer(1, get, "4a\x1ebAQID\x1e6\x1e4b").unwrap();
    assert_eq!(seen, ["4a", "bAQID", "4b"]);
    let next = peer.get(1);
    assert_ne!(next, get);
    assert_eq!(peer.answer(2, next, "6"), Ok(vec![]));
    peer.get(2);
}

#[test]
fn posts_follow_one_another() {
    let (mut peer, _) = Peer::polling(ClientConfig::default());
    peer.emit("a").unwrap();
    let (post, body) = peer.post(1);
    assert_eq!(body, "4a");
    peer.emit("b").unwrap();
    peer.emit("c").unwrap();
    assert_eq!(peer.request(1), None);
    peer.client.handle_response(ms(2), post, 200, None).unwrap();
    assert_eq!(peer.request(2), None);
    peer.client.handle_done(ms(2), post);
    assert_eq!(peer.post(2).1, "4b\x1e4c");
    assert_eq!(peer.client.queued(), 0);
}

#[test]
fn what_a_post_is_made_of() {
    let (mut peer, _) = Peer::polling(ClientConfig::default());
    peer.emit("a").unwrap();
    let Some(Outgoing::Post {
        query,
        content_type,
        ..
    }) = peer.request(1)
    else {
        panic!()
    };
    assert_eq!(query, "EIO=4&transport=polling&sid=s");
    assert_eq!(content_type, "text/plain;charset=UTF-8");
}

/// The server of these tests takes 40 bytes.
#[test]
fn batches_keep_to_the_server_s_limit() {
    let (mut peer, _) = Peer::polling(ClientConfig::default());
    // 19 bytes each with its type: two and a separator are 39, 40 with one more.
    for text in ["a", "b", "c", "d"] {
        peer.emit(&text.repeat(18)).unwrap();
    }
    peer.emit(&"e".repeat(20)).unwrap();
    peer.emit(&"f".repeat(17)).unwrap();
    peer.emit(&"g".repeat(100)).unwrap();
    let mut out = peer.client.sink(Some(&mut peer.socket));
    // 33 bytes of base64 with its mark.
    out.put_binary(&[], Bytes::from(vec![0; 24]));
    out.put_binary(&[], Bytes::from(vec![0; 2]));
    let mut sizes = Vec::new();
    while peer.client.queued() > 0 {
        let (lane, body) = peer.post(1);
        sizes.push((body.len(), body.split('\x1e').count()));
        peer.ok(1, lane);
    }
    assert_eq!(sizes, [(39, 2), (39, 2), (40, 2), (101, 1), (39, 2)]);
}

#[test]
fn a_group_may_be_cut_between_its_messages() {
    let (mut peer, _) = Peer::polling(ClientConfig::default());
    let group = Shared::new(vec![
        Part::Text(Bytes::from(vec![b'x'; 30])),
        Part::Binary(Bytes::from(vec![1; 30])),
    ]);
    let mut out = peer.client.sink(Some(&mut peer.socket));
    out.put_shared(&group, V4);
    out.put_text(&[b"y"]);
    let (post, first) = peer.post(1);
    assert_eq!(first, format!("4{}", "x".repeat(30)));
    peer.ok(1, post);
    let (post, second) = peer.post(1);
    assert_eq!((&second[..2], second.len()), ("bA", 41));
    peer.ok(1, post);
    assert_eq!(peer.post(1).1, "4y");
    assert_eq!(peer.client.queued(), 0);
}

#[test]
fn without_a_limit_all_goes_at_once() {
    let mut peer = Peer::new(ClientConfig {
        upgrade: false,
        max_packets: usize::MAX,
        ..ClientConfig::default()
    });
    let get = peer.get(0);
    peer.answer(
        0,
        get,
        r#"0{"sid":"s","pingInterval":300,"pingTimeout":200}"#,
    )
    .unwrap();
    peer.get(0);
    for _ in 0..1000 {
        peer.emit("0123456789").unwrap();
    }
    assert_eq!(peer.post(0).1.len(), 11_999);
}

#[test]
fn what_fails_ends_the_session() {
    type Fail = fn(&mut Peer, Lane, Lane);
    let table: [(Fail, &str); 6] = [
        (
            |peer, get, _| assert!(peer.client.handle_response(ms(1), get, 400, None).is_err()),
            "Status(400)",
        ),
        (
            |peer, _, post| assert!(peer.client.handle_response(ms(1), post, 413, None).is_err()),
            "Status(413)",
        ),
        (
            |peer, get, _| {
                peer.client
                    .handle_failed(ms(1), get, ClientError::Unreachable);
            },
            "Unreachable",
        ),
        (
            |peer, _, post| {
                peer.client
                    .handle_failed(ms(1), post, ClientError::Unreachable);
            },
            "Unreachable",
        ),
        (
            |peer, get, _| {
                peer.client
                    .handle_failed(ms(1), get, ClientError::TooBig { limit: 5 });
            },
            "TooBig { limit: 5 }",
        ),
        (
            |peer, get, _| assert!(peer.answer(1, get, "4a\x1e9").is_err()),
            "Packet(UnknownPacket(57))",
        ),
    ];
    for (fail, error) in table {
        let (mut peer, get) = Peer::polling(ClientConfig::default());
        peer.emit("x").unwrap();
        let (post, _) = peer.post(0);
        fail(&mut peer, get, post);
        assert!(!peer.client.wants(get) && !peer.client.wants(post));
        peer.ends(1, &format!("transport error: {error}"));
    }
}

#[test]
fn the_server_s_close_ends_it_and_nothing_behind_it_counts() {
    let (mut peer, get) = Peer::polling(ClientConfig::default());
    assert_eq!(peer.answer(1, get, "4a\x1e1\x1e4b"), Ok(vec!["4a".into()]));
    peer.ends(1, "transport close");
}

#[test]
fn packets_without_a_use_are_ignored() {
    let (mut peer, get) = Peer::polling(ClientConfig::default());
    assert_eq!(
        peer.answer(1, get, "3\x1e3probe\x1e5\x1e6\x1e0{}"),
        Ok(vec![])
    );
    assert_eq!(peer.tick(1), None);
}

#[test]
fn late_words_are_stale() {
    let (mut peer, get) = Peer::polling(ClientConfig::default());
    for lane in [Lane(0), Lane(1), Lane(99)] {
        assert_eq!(peer.answer(1, lane, "4x"), Err(ClientError::Stale));
        peer.client.handle_done(ms(1), lane);
        peer.client
            .handle_failed(ms(1), lane, ClientError::Unreachable);
        peer.gone(1, lane);
        assert_eq!(peer.frame(1, lane, "4x"), Err(ClientError::Stale));
        let opened = peer.client.handle_opened(ms(1), lane, &mut peer.socket);
        assert_eq!(opened, Err(ClientError::Stale));
    }
    assert!(peer.client.wants(get));
    assert_eq!(peer.tick(1), None);
}

#[test]
fn the_queue_has_its_marks() {
    let (mut peer, _) = Peer::polling(ClientConfig {
        high_water: 100,
        hard_cap: 200,
        ..ClientConfig::default()
    });
    while peer.emit("0123456789").is_ok() {}
    assert_eq!(peer.emit(""), Err(SendError::Full));
    assert!((100..150).contains(&peer.client.queued()));
    while !peer.client.is_closed() {
        let mut out = peer.client.sink(Some(&mut peer.socket));
        out.admit(Admit::Owed).unwrap();
        out.put_text(&[b"0123456789"]);
    }
    peer.ends(1, "slow consumer");
}

#[test]
fn batches_keep_to_a_number_of_packets() {
    let (mut peer, _) = Peer::polling(ClientConfig {
        max_packets: 3,
        ..ClientConfig::default()
    });
    for text in ["a", "b", "c", "d", "e", "f"] {
        peer.emit(text).unwrap();
    }
    let (post, body) = peer.post(1);
    assert_eq!(body, "4a\x1e4b\x1e4c");
    peer.client.handle_response(ms(2), post, 200, None).unwrap();
    peer.client.handle_done(ms(2), post);
    peer.client.close(ms(2));
    let (post, body) = peer.post(2);
    assert_eq!(body, "4d\x1e4e\x1e4f");
    peer.client.handle_response(ms(3), post, 200, None).unwrap();
    peer.client.handle_done(ms(3), post);
    assert_eq!(peer.post(3).1, "1", "a goodbye is a packet");
}
