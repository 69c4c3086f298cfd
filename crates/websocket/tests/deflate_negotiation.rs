//! permessage-deflate in the opening handshake: offers, answers, and the client's check (RFC 7692 §7.1).
#![cfg(feature = "deflate")]

use proptest::prelude::*;
use siox_websocket::{
    deflate::{Agreed, AnswerError, Config, answer, check, offer},
    handshake::{
        client::{HandshakeError, Request},
        parse_extensions,
        server::Offer,
    },
};
use siox_wire::{Input, Instant};

fn open() -> Config {
    Config {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        ..Config::default()
    }
}

fn answered(offers: &str, config: &Config) -> Option<String> {
    let offers = parse_extensions(offers.as_bytes()).unwrap();
    answer(&offers, config).map(|agreed| agreed.header_value().as_str().to_owned())
}

fn checked(value: &str, config: &Config) -> Result<Option<Agreed>, AnswerError> {
    check(&parse_extensions(value.as_bytes()).unwrap(), config)
}

#[test]
fn a_server_that_demands_nothing() {
    let bare = Some("permessage-deflate");
    let table: [(&str, Option<&str>); 30] = [
        ("", None),
        ("x-webkit-deflate-frame, __proto__; constructor", None),
        ("Permessage-Deflate", None),
        ("permessage-deflate", bare),
        ("permessage-deflate; client_max_window_bits", bare),
        ("permessage-deflate; client_max_window_bits=8", bare),
        ("permessage-deflate; client_max_window_bits=\"10\"", bare),
        (
            "permessage-deflate; server_no_context_takeover",
            Some("permessage-deflate; server_no_context_takeover"),
        ),
        (
            "permessage-deflate; client_no_context_takeover",
            Some("permessage-deflate; client_no_context_takeover"),
        ),
        (
            "permessage-deflate; server_max_window_bits=9",
            Some("permessage-deflate; server_max_window_bits=9"),
        ),
        (
            "permessage-deflate; server_max_window_bits=15",
            Some("permessage-deflate; server_max_window_bits=15"),
        ),
        ("permessage-deflate; server_max_window_bits=8", None),
        (
            "permessage-deflate; server_max_window_bits=8, permessage-deflate",
            bare,
        ),
        (
            "permessage-deflate; server_max_window_bits=10, permessage-deflate",
            Some("permessage-deflate; server_max_window_bits=10"),
        ),
        ("permessage-deflate; unknown, x, permessage-deflate", bare),
        ("permessage-deflate; unknown", None),
        ("permessage-deflate; unknown=1", None),
        ("permessage-deflate; server_max_window_bits", None),
        ("permessage-deflate; server_max_window_bits=7", None),
        ("permessage-deflate; server_max_window_bits=16", None),
        ("permessage-deflate; server_max_window_bits=09", None),
        ("permessage-deflate; server_max_window_bits=+9", None),
        ("permessage-deflate; client_max_window_bits=0", None),
        ("permessage-deflate; client_max_window_bits=16", None),
        ("permessage-deflate; client_max_window_bits=108", None),
        ("permessage-deflate; server_no_context_takeover=1", None),
        ("permessage-deflate; client_no_context_takeover=true", None),
        (
            "permessage-deflate; client_max_window_bits; client_max_window_bits=9",
            None,
        ),
        (
            "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
            None,
        ),
        (
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            None,
        ),
    ];
    for (offers, expected) in table {
        assert_eq!(answered(offers, &open()).as_deref(), expected, "{offers}");
    }
}

#[test]
fn a_server_that_demands() {
    let small = Config {
        server_max_window_bits: 12,
        client_max_window_bits: 11,
        ..Config::default()
    };
    let both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    let table = [
        ("permessage-deflate", "; server_max_window_bits=12"),
        (
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits",
            "; server_max_window_bits=10; client_max_window_bits=11",
        ),
        (
            "permessage-deflate; server_max_window_bits=15; client_max_window_bits=14",
            "; server_max_window_bits=12; client_max_window_bits=11",
        ),
        (
            "permessage-deflate; client_max_window_bits=9",
            "; server_max_window_bits=12",
        ),
    ];
    for (offers, bits) in table {
        assert_eq!(
            answered(offers, &small),
            Some(format!("{both}{bits}")),
            "{offers}"
        );
    }
    assert_eq!(
        answered("permessage-deflate", &Config::default()).as_deref(),
        Some(both)
    );
}

#[test]
fn what_a_client_offers() {
    let table = [
        (open(), "permessage-deflate; client_max_window_bits"),
        (
            Config::default(),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
        ),
        (
            Config {
                server_max_window_bits: 0,
                client_max_window_bits: 8,
                ..open()
            },
            "permessage-deflate; server_max_window_bits=8; client_max_window_bits=9",
        ),
    ];
    for (config, expected) in table {
        assert_eq!(offer(&config).as_str(), expected);
    }
}

#[test]
fn what_a_client_accepts() {
    let strict = Config {
        server_max_window_bits: 12,
        client_max_window_bits: 12,
        ..Config::default()
    };
    use AnswerError as E;
    let table: [(&Config, &str, Result<bool, E>); 21] = [
        (&open(), "", Ok(false)),
        (&open(), "permessage-deflate", Ok(true)),
        (
            &open(),
            "permessage-deflate; server_max_window_bits=8",
            Ok(true),
        ),
        (
            &open(),
            "permessage-deflate; client_max_window_bits=8",
            Ok(true),
        ),
        (
            &open(),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            Ok(true),
        ),
        (&open(), "x-webkit-deflate-frame", Err(E::Extension)),
        (&open(), "permessage-deflate, x", Err(E::Extension)),
        (
            &open(),
            "permessage-deflate, permessage-deflate",
            Err(E::Repeated),
        ),
        (&open(), "permessage-deflate; unknown", Err(E::Parameter)),
        (
            &open(),
            "permessage-deflate; client_max_window_bits",
            Err(E::Parameter),
        ),
        (
            &open(),
            "permessage-deflate; server_max_window_bits",
            Err(E::Parameter),
        ),
        (
            &open(),
            "permessage-deflate; server_max_window_bits=7",
            Err(E::Parameter),
        ),
        (
            &open(),
            "permessage-deflate; server_max_window_bits=1000",
            Err(E::Parameter),
        ),
        (
            &open(),
            "permessage-deflate; client_max_window_bits=16",
            Err(E::Parameter),
        ),
        (
            &open(),
            "permessage-deflate; server_no_context_takeover=0",
            Err(E::Parameter),
        ),
        (
            &open(),
            "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9",
            Err(E::Parameter),
        ),
        (&strict, "permessage-deflate", Err(E::ServerContextTakeover)),
        (
            &strict,
            "permessage-deflate; server_no_context_takeover",
            Err(E::ServerWindow),
        ),
        (
            &strict,
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=13",
            Err(E::ServerWindow),
        ),
        (
            &strict,
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=12; client_max_window_bits=13",
            Err(E::ClientWindow),
        ),
        (
            &strict,
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
            Ok(true),
        ),
    ];
    for (config, value, expected) in table {
        let got = checked(value, config).map(|agreed| agreed.is_some());
        assert_eq!(got, expected, "{value}");
    }
}

fn any_config() -> impl Strategy<Value = Config> {
    (any::<[bool; 2]>(), 8u8..=15, 8u8..=15).prop_map(|(no_takeover, server, client)| Config {
        server_no_context_takeover: no_takeover[0],
        client_no_context_takeover: no_takeover[1],
        server_max_window_bits: server,
        client_max_window_bits: client,
        ..Config::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Our client accepts whatever our server answers to it, and both agree to the same.
    #[test]
    fn both_ends_agree(server in any_config(), client in any_config()) {
        let offer = offer(&client);
        let agreed = answer(&parse_extensions(offer.as_str().as_bytes()).unwrap(), &server);
        match agreed {
            Some(agreed) => {
                let value = agreed.header_value();
                prop_assert_eq!(checked(value.as_str(), &client), Ok(Some(agreed)));
                prop_assert!(agreed.server_max_window_bits.unwrap_or(15) >= 9);
            }
            None => prop_assert_eq!(client.server_max_window_bits, 8),
        }
    }
}

/// A client's request, answered by a server with `answer`, or as it would.
fn handshake(
    config: Option<&Config>,
    answer: Option<&str>,
) -> Result<Option<Agreed>, HandshakeError> {
    let request = Request::new("example.com", "/");
    let (bytes, mut client) = match config {
        Some(config) => request.build_with_deflate([7; 16], config).unwrap(),
        None => request.build([7; 16]).unwrap(),
    };
    let (_, offer) = Offer::parse(&bytes).unwrap();
    let mut accept = offer.accept().unwrap();
    let extra = answer.map(|value| ("Sec-WebSocket-Extensions", value));
    if answer.is_none() {
        let offers = offer.extensions().unwrap();
        if let Some(agreed) = siox_websocket::deflate::answer(&offers, &Config::default()) {
            accept = accept.with_deflate(&agreed);
        }
    }
    let mut response = accept.response(extra.as_slice()).unwrap();
    let mut input = Input::new(Instant::EPOCH, &mut response);
    Ok(client.handle_input(&mut input)?.unwrap().deflate)
}

#[test]
fn through_the_handshake() {
    let config = Config::default();
    let agreed = handshake(Some(&config), None).unwrap().unwrap();
    assert!(agreed.server_no_context_takeover && agreed.client_no_context_takeover);
    assert_eq!(handshake(None, None), Ok(None));
    assert_eq!(handshake(Some(&config), Some("")), Ok(None));
    assert_eq!(
        handshake(None, Some("permessage-deflate")),
        Err(HandshakeError::Extension)
    );
    assert_eq!(
        handshake(
            Some(&config),
            Some("permessage-deflate; server_max_window_bits=99")
        ),
        Err(HandshakeError::Deflate(AnswerError::Parameter))
    );
    assert_eq!(
        handshake(Some(&config), Some("permessage-deflate;;")),
        Err(HandshakeError::Extension)
    );
}
