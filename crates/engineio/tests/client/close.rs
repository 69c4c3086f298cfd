//! The client's own close: what is owed is sent first.

use crate::peer::{Peer, ms};
use siox_engineio::{ClientConfig, ClientError};
use siox_wire::SendError;

#[test]
fn over_polling_the_last_post_carries_what_is_queued_and_the_close() {
    let (mut peer, get) = Peer::polling(ClientConfig::default());
    peer.emit("a").unwrap();
    peer.client.close(ms(1));
    assert!(peer.client.is_closed() && !peer.client.is_finished());
    assert_eq!(peer.emit("b"), Err(SendError::Closed));
    let (post, body) = peer.post(1);
    assert_eq!(body, "4a\x1e1");
    // The poll ends with what the server had queued; no other begins.
    assert_eq!(peer.answer(2, get, "4x"), Ok(vec!["4x".into()]));
    assert_eq!(peer.request(2), None);
    assert_eq!(peer.tick(2), None);
    peer.ok(3, post);
    peer.ends(3, "forced close");
}

#[test]
fn with_nothing_queued_the_close_goes_alone() {
    let (mut peer, _) = Peer::polling(ClientConfig::default());
    peer.client.close(ms(1));
    peer.client.close(ms(2));
    let (post, body) = peer.post(2);
    assert_eq!(body, "1");
    peer.ok(3, post);
    peer.ends(3, "forced close");
}

#[test]
fn a_post_under_way_and_full_batches_go_before_it() {
    let (mut peer, _) = Peer::polling(ClientConfig::default());
    peer.emit(&"a".repeat(39)).unwrap();
    let (post, _) = peer.post(1);
    peer.emit(&"b".repeat(39)).unwrap();
    peer.client.close(ms(1));
    assert_eq!(peer.request(1), None);
    peer.ok(2, post);
    let (post, body) = peer.post(2);
    // Forty bytes: the close does not fit.
    assert_eq!(body, format!("4{}", "b".repeat(39)));
    peer.ok(3, post);
    let (post, body) = peer.post(3);
    assert_eq!(body, "1");
    peer.ok(4, post);
    peer.ends(4, "forced close");
}

#[test]
fn an_upgrade_under_way_is_given_up() {
    for probed in [false, true] {
        let (mut peer, get, socket) = Peer::probing();
        if probed {
            peer.frame(1, socket, "3probe").unwrap();
        }
        peer.emit("a").unwrap();
        peer.client.close(ms(1));
        assert!(!peer.client.wants(socket) && peer.client.wants(get));
        assert_eq!(peer.post(1).1, "4a\x1e1");
    }
}

#[test]
fn however_it_goes_on_it_ends_as_the_client_s_close() {
    let table: [fn(&mut Peer, siox_engineio::Lane); 4] = [
        |peer, get| assert_eq!(peer.answer(2, get, "1"), Ok(vec![])),
        |peer, get| {
            peer.client
                .handle_failed(ms(2), get, ClientError::Unreachable);
        },
        |peer, _| {
            let (post, _) = peer.post(2);
            assert!(peer.client.handle_response(ms(2), post, 400, None).is_err());
        },
        // The server never answers.
        |peer, _| peer.client.expire(ms(500), Some(&mut peer.socket)),
    ];
    for go_on in table {
        let (mut peer, get) = Peer::polling(ClientConfig::default());
        peer.client.close(ms(1));
        go_on(&mut peer, get);
        peer.ends(500, "forced close");
    }
}

#[test]
fn over_a_websocket_it_is_over_at_once() {
    let (mut peer, lane) = Peer::socket(ClientConfig::default());
    peer.client.close(ms(1));
    assert_eq!(peer.frame(1, lane, "4late"), Ok(None));
    peer.ends(1, "forced close");
}

#[test]
fn the_server_s_close_packet_ends_a_websocket_session() {
    let (mut peer, lane) = Peer::socket(ClientConfig::default());
    assert_eq!(peer.frame(1, lane, "1"), Ok(None));
    peer.ends(1, "transport close");
}

#[test]
fn sizes() {
    assert!(
        size_of::<siox_engineio::Client>() <= 96,
        "{}",
        size_of::<siox_engineio::Client>()
    );
    fn shareable<T: Send + Sync>() {}
    shareable::<siox_engineio::Client>();
}
