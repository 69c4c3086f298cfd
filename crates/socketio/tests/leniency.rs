//! What the reference takes although the protocol does not allow it: refused unless the one leniency is on
//! that names it, and then what the reference makes of it.

use bytes::Bytes;
use proptest::prelude::*;
use siox_socketio::{Config, Decoded, Decoder, Error, Leniency, Packet};
use siox_wire::{Instant, Message};

const NOW: Instant = Instant::EPOCH;

/// The packet of a text and of as many attachments as it wants, as one line.
fn decode(text: &str, leniency: Leniency) -> Result<String, Error> {
    let config = Config {
        leniency,
        ..Config::default()
    };
    let mut decoder = Decoder::default();
    let mut packet = decoder.handle_message(NOW, Message::from(text), &config)?;
    for n in 0..10u8 {
        if !decoder.is_pending() {
            break;
        }
        let bytes = [b'a' + n];
        packet = decoder
            .handle_message(NOW, Message::from(&bytes[..]), &config)?
            .map(Decoded::into_owned);
    }
    Ok(line(&packet.expect("a packet")))
}

fn line(decoded: &Decoded<'_>) -> String {
    let with = |p: &Packet<'_>| {
        let value = p.args_value();
        let all: Vec<String> = value
            .items()
            .map(|item| match item.as_bytes() {
                Some(bytes) => format!("b:{}", String::from_utf8_lossy(bytes)),
                None => item.json().to_owned(),
            })
            .collect();
        assert_eq!(all.len(), p.len());
        format!("{}({})", p.name(), all.join(","))
    };
    match decoded {
        Decoded::Connect { nsp, payload } => {
            format!(
                "connect {nsp} {:?}",
                payload.as_ref().map(siox_socketio::Raw::as_str)
            )
        }
        Decoded::Disconnect { nsp } => format!("disconnect {nsp}"),
        Decoded::Event { nsp, id, packet } => format!("event {nsp} {id:?} {}", with(packet)),
        Decoded::Ack { nsp, id, packet } => format!("ack {nsp} {id} {}", with(packet)),
        Decoded::ConnectError { nsp, payload } => format!("error {nsp} {}", payload.as_str()),
    }
}

/// What each leniency lets in: its setter, a text, why that is refused otherwise, and what it means.
type Row = (
    fn(&mut Leniency) -> &mut bool,
    &'static str,
    Error,
    &'static str,
);

const ROWS: &[Row] = &[
    (
        |l| &mut l.empty_type,
        "",
        Error::PacketType,
        "connect / None",
    ),
    (
        |l| &mut l.empty_type,
        " ",
        Error::PacketType,
        "connect / None",
    ),
    (
        |l| &mut l.empty_type,
        " /a,{}",
        Error::PacketType,
        "connect /a Some(\"{}\")",
    ),
    (
        |l| &mut l.empty_type,
        "\u{feff}{}",
        Error::PacketType,
        "connect / Some(\"{}\")",
    ),
    (
        |l| &mut l.missing_payload,
        "2",
        Error::Payload,
        "event / None undefined()",
    ),
    (
        |l| &mut l.missing_payload,
        "2/a,7",
        Error::Payload,
        "event /a Some(7) undefined()",
    ),
    (
        |l| &mut l.missing_payload,
        "52-",
        Error::Payload,
        "event / None undefined()",
    ),
    (
        |l| &mut l.missing_payload,
        "312",
        Error::Payload,
        "ack / 12 ()",
    ),
    (
        |l| &mut l.missing_payload,
        "3",
        Error::AckId,
        "ack / 18446744073709551615 ()",
    ),
    (
        |l| &mut l.missing_payload,
        "3[1]",
        Error::AckId,
        "ack / 18446744073709551615 (1)",
    ),
    (
        |l| &mut l.missing_payload,
        "4",
        Error::Payload,
        "error / null",
    ),
    (
        |l| &mut l.loose_id,
        "2 [\"a\"]",
        Error::Payload,
        "event / Some(0) a()",
    ),
    (
        |l| &mut l.loose_id,
        "2 5[\"a\"]",
        Error::Payload,
        "event / Some(5) a()",
    ),
    (
        |l| &mut l.loose_id,
        "25 \t[\"a\"]",
        Error::Payload,
        "event / Some(5) a()",
    ),
    (
        |l| &mut l.loose_id,
        "3/a, 5[1]",
        Error::AckId,
        "ack /a 5 (1)",
    ),
    (
        |l| &mut l.loose_id,
        "05{}",
        Error::AckId,
        "connect / Some(\"{}\")",
    ),
    (
        |l| &mut l.loose_id,
        "0 {\"a\":1}",
        Error::Payload,
        "connect / Some(\"{\\\"a\\\":1}\")",
    ),
    (|l| &mut l.loose_id, "17", Error::AckId, "disconnect /"),
    (
        |l| &mut l.unbounded_id,
        "29007199254740992[\"a\"]",
        Error::AckId,
        "event / Some(9007199254740992) a()",
    ),
    (
        |l| &mut l.unbounded_id,
        "212345678901234567890[\"a\"]",
        Error::AckId,
        "event / Some(12345678901234567890) a()",
    ),
    (
        |l| &mut l.unbounded_id,
        "3123456789012345678901234567890[]",
        Error::AckId,
        "ack / 18446744073709551615 ()",
    ),
    (
        |l| &mut l.loose_count,
        "5 1-[\"a\"]",
        Error::AttachmentCount,
        "event / None a()",
    ),
    (
        |l| &mut l.loose_count,
        "51.0-[\"a\"]",
        Error::AttachmentCount,
        "event / None a()",
    ),
    (
        |l| &mut l.loose_count,
        "52.0-[\"a\"]",
        Error::AttachmentCount,
        "event / None a()",
    ),
    (
        |l| &mut l.loose_count,
        "50x1-[\"a\"]",
        Error::AttachmentCount,
        "event / None a()",
    ),
    (
        |l| &mut l.loose_count,
        "50b10-[\"a\"]",
        Error::AttachmentCount,
        "event / None a()",
    ),
    (
        |l| &mut l.loose_count,
        "51e0-[\"a\",{\"_placeholder\":true,\"num\":0}]",
        Error::AttachmentCount,
        "event / None a(b:a)",
    ),
    (
        |l| &mut l.loose_count,
        "6+.1e1-3[]",
        Error::AttachmentCount,
        "ack / 3 ()",
    ),
    (
        |l| &mut l.loose_count,
        "501-[\"a\"]",
        Error::AttachmentCount,
        "event / None a()",
    ),
    (
        |l| &mut l.loose_placeholder,
        "52-[\"a\",{\"_placeholder\":true,\"num\":0.5},{\"_placeholder\":true,\"num\":1}]",
        Error::Placeholder,
        "event / None a(null,b:b)",
    ),
    (
        |l| &mut l.loose_placeholder,
        "52-[\"a\",{\"num\":1e0,\"_placeholder\":true},[{\"_placeholder\":true,\"num\":1.9}]]",
        Error::Placeholder,
        "event / None a(b:b,[null])",
    ),
    (
        |l| &mut l.loose_placeholder,
        "61-4[{\"_placeholder\":true,\"num\":-0}]",
        Error::Placeholder,
        "ack / 4 (b:a)",
    ),
];

#[test]
fn each_leniency_alone() {
    for &(field, text, error, meaning) in ROWS {
        assert_eq!(decode(text, Leniency::STRICT), Err(error), "{text:?}");
        let mut only = Leniency::STRICT;
        *field(&mut only) = true;
        assert_eq!(decode(text, only).as_deref(), Ok(meaning), "{text:?}");
        let all = Leniency::compatible();
        assert_eq!(decode(text, all).as_deref(), Ok(meaning), "{text:?}");
        let mut others = all;
        *field(&mut others) = false;
        assert!(decode(text, others).is_err(), "{text:?}");
    }
}

#[test]
fn what_the_reference_refuses_too() {
    for (text, error) in [
        ("7", Error::PacketType),
        ("abc", Error::PacketType),
        ("\u{85}", Error::PacketType),
        ("2{}", Error::Payload),
        ("2[]", Error::EventName),
        ("2[null]", Error::EventName),
        ("2[\"connect\"]", Error::ReservedName),
        ("2 [\"disconnect\"]", Error::ReservedName),
        ("2a[\"a\"]", Error::Payload),
        ("2-1[\"a\"]", Error::Payload),
        // No number: NaN, which nobody can answer.
        ("21 2[\"a\"]", Error::AckId),
        ("5-[\"a\"]", Error::AttachmentCount),
        ("50-[\"a\"]", Error::AttachmentCount),
        ("5 -[\"a\"]", Error::AttachmentCount),
        ("5Infinity-[\"a\"]", Error::AttachmentCount),
        ("5inf-[\"a\"]", Error::AttachmentCount),
        ("51.5-[\"a\"]", Error::AttachmentCount),
        ("50x-[\"a\"]", Error::AttachmentCount),
        ("50x+1-[\"a\"]", Error::AttachmentCount),
        ("51", Error::AttachmentCount),
        ("511-[\"a\"]", Error::TooManyAttachments { limit: 10 }),
        ("51e1000-[\"a\"]", Error::AttachmentCount),
        ("51e300-[\"a\"]", Error::TooManyAttachments { limit: 10 }),
        (
            "50xffffffffffffffffffff-[\"a\"]",
            Error::TooManyAttachments { limit: 10 },
        ),
        (
            "51-[\"a\",{\"_placeholder\":true,\"num\":1}]",
            Error::Placeholder,
        ),
        (
            "51-[\"a\",{\"_placeholder\":true,\"num\":-0.5}]",
            Error::Placeholder,
        ),
        (
            "51-[\"a\",{\"_placeholder\":true,\"num\":4294967295}]",
            Error::Placeholder,
        ),
        (
            "51-[\"a\",{\"_placeholder\":true,\"num\":\"0\"}]",
            Error::Placeholder,
        ),
        ("51-[\"a\",{\"_placeholder\":true}]", Error::Placeholder),
    ] {
        let refused = decode(text, Leniency::compatible());
        assert_eq!(refused, Err(error), "{text:?}");
    }
}

#[test]
fn numeric_names_are_decimal_strings() {
    for leniency in [Leniency::STRICT, Leniency::compatible()] {
        for (text, meaning) in [
            ("2[7]", "event / None 7()"),
            ("2[-0,1]", "event / None 0(1)"),
            ("21[1e2]", "event / Some(1) 100()"),
            ("2[1.50]", "event / None 1.5()"),
            (
                "51-[3,{\"_placeholder\":true,\"num\":0}]",
                "event / None 3(b:a)",
            ),
        ] {
            assert_eq!(decode(text, leniency).as_deref(), Ok(meaning));
        }
    }
}

#[test]
fn the_strict_is_the_default() {
    assert_eq!(Config::default().leniency, Leniency::STRICT);
    assert_eq!(Leniency::default(), Leniency::STRICT);
    assert!(Leniency::STRICT.is_strict() && !Leniency::compatible().is_strict());
}

proptest! {
    /// A leniency gives nothing another meaning that has one.
    #[test]
    fn what_is_strictly_right_means_the_same(
        head in "[0-6]([1-3]-)?(/[a-c?=]{0,4},?)?[0-9]{0,3}[ ]?",
        body in r#"(\[("a"|7|null)?(,?(1|"x"| |\{"_placeholder":true,"num":(0|1|0.5|-0)\})){0,4}\])?|\{("a":1)?\}|"x""#,
    ) {
        let text = format!("{head}{body}");
        if let Ok(strict) = decode(&text, Leniency::STRICT) {
            prop_assert_eq!(decode(&text, Leniency::compatible()), Ok(strict));
        }
    }

    #[test]
    fn noise_never_panics(text in "[0-6 \u{feff}/,a\\-.ex\\[\\]\"{}]{0,24}") {
        let _ = decode(&text, Leniency::compatible());
    }
}

#[test]
fn attachments_of_what_has_no_payload_are_read() {
    let config = Config {
        leniency: Leniency::compatible(),
        ..Config::default()
    };
    let mut decoder = Decoder::default();
    let none = decoder.handle_message(NOW, Message::from("51-"), &config);
    assert_eq!(none, Ok(None));
    let message = Message::from(&b"x"[..]);
    let Ok(Some(Decoded::Event { packet, .. })) = decoder.handle_message(NOW, message, &config)
    else {
        panic!()
    };
    assert_eq!(packet.attachments(), [Bytes::from_static(b"x")]);
}
