//! Engine.IO payloads as polls carry them: v4 (packets parted by 0x1E), v3 (counted), v3 binary, and ways to be wrong.

use super::Seed;

pub(super) fn seeds() -> Vec<Seed> {
    let many = "4x\x1e".repeat(300);
    let texts: &[(&'static str, &str)] = &[
        ("query", "EIO=4&transport=polling&sid=x"),
        (
            "query-unknown-keys",
            "t=abc&transport=websocket&b64=1&mine=%C3%BC%26&EIO=4",
        ),
        ("query-bad", "EIO=abc&transport=pigeon&sid=%zz"),
        (
            "open",
            r#"0{"sid":"lv_VI97HAXpY6yYWAAAB","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
        ),
        ("text", "4hello"),
        ("text-unicode", "4привет €\u{1F600}"),
        ("several", "4hello\x1e2\x1e4world\x1e3probe\x1e6\x1e1"),
        ("binary", "bAQIDBA=="),
        ("binary-empty", "b"),
        ("mixed", "4hello\x1ebAQIDBA==\x1e4€"),
        ("socketio", "40\x1e42[\"hi\",1]\x1e43/admin,12[]"),
        (
            "binary-event",
            "451-[\"x\",{\"_placeholder\":true,\"num\":0}]\x1ebAQIDBA==",
        ),
        ("ping-probe", "2probe"),
        ("upgrade", "5"),
        ("empty-message", "4"),
        ("bad-type", "abc"),
        ("bad-empty", ""),
        ("bad-empty-packet", "4a\x1e\x1e4b"),
        ("bad-last-separator", "4a\x1e"),
        ("bad-base64", "bAQ*D"),
        ("bad-base64-padding", "bAQIDBA="),
        ("many", &many),
        ("v3-text", "6:4hello2:4€10:b4AQIDBA=="),
        ("v3-bad-count", "99999999999999999999:4a"),
        ("v3-short", "6:4he"),
    ];
    let mut seeds: Vec<Seed> = texts
        .iter()
        .map(|(name, text)| (*name, text.as_bytes().to_vec()))
        .collect();
    seeds.push((
        "v3-binary",
        b"\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04".to_vec(),
    ));
    seeds.push((
        "v3-binary-bad-count",
        b"\x01\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff\x04".to_vec(),
    ));
    seeds.push(("bad-utf8", b"4\xff\xfe".to_vec()));
    seeds
}
