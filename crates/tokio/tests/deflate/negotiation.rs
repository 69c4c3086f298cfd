//! Offers and answers, those among them that a common client or server never makes.

use super::{alone, by_hand, client_with_answer, open};
use siox_tokio::websocket::{Error, HandshakeError, deflate::Config};

#[tokio::test]
async fn what_a_server_answers() {
    let demanding = Config {
        server_max_window_bits: 10,
        client_max_window_bits: 11,
        ..open()
    };
    let both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    let table = [
        // A bare offer: neither end may be told a window for the client's messages.
        ("permessage-deflate", open(), Some("permessage-deflate")),
        ("permessage-deflate", alone(), Some(both)),
        (
            "permessage-deflate",
            demanding.clone(),
            Some("permessage-deflate; server_max_window_bits=10"),
        ),
        (
            "permessage-deflate; client_max_window_bits",
            demanding,
            Some("permessage-deflate; server_max_window_bits=10; client_max_window_bits=11"),
        ),
        (
            "permessage-deflate; server_max_window_bits=8, permessage-deflate",
            open(),
            Some("permessage-deflate"),
        ),
        ("permessage-deflate; server_max_window_bits=8", open(), None),
        ("permessage-deflate; server_max_window_bits", open(), None),
        ("permessage-deflate; mystery", open(), None),
        ("x-webkit-deflate-frame", open(), None),
    ];
    for (offer, config, expected) in table {
        let (answer, _, _) = by_hand(offer, config).await;
        assert_eq!(answer.as_deref(), expected, "{offer}");
    }
}

#[tokio::test]
async fn what_a_client_makes_of_an_answer() {
    let table = [
        ("permessage-deflate", Some(open()), true),
        (
            "permessage-deflate; server_max_window_bits=9",
            Some(open()),
            true,
        ),
        (
            "permessage-deflate; client_max_window_bits=9",
            Some(open()),
            true,
        ),
        // A value is left out in an offer only.
        (
            "permessage-deflate; server_max_window_bits",
            Some(open()),
            false,
        ),
        (
            "permessage-deflate; client_max_window_bits",
            Some(open()),
            false,
        ),
        (
            "permessage-deflate; client_max_window_bits=16",
            Some(open()),
            false,
        ),
        (
            "permessage-deflate; server_max_window_bits=7",
            Some(open()),
            false,
        ),
        ("permessage-deflate; mystery", Some(open()), false),
        (
            "permessage-deflate, permessage-deflate",
            Some(open()),
            false,
        ),
        ("x-other", Some(open()), false),
        // Asked for, and not agreed to.
        ("permessage-deflate", Some(alone()), false),
        // Not asked for.
        ("permessage-deflate", None, false),
    ];
    for (answer, offered, fine) in table {
        match client_with_answer(answer, offered).await {
            Ok(()) => assert!(fine, "{answer}"),
            Err(Error::Handshake(HandshakeError::Deflate(_) | HandshakeError::Extension)) => {
                assert!(!fine, "{answer}");
            }
            Err(e) => panic!("{answer}: {e}"),
        }
    }
}
