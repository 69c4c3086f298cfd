//! Socket.IO packets of every type in MessagePack, each one message.

use super::Seed;

pub(super) fn seeds() -> Vec<Seed> {
    let event = |data: &[u8]| [b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data", data].concat();
    let deep = [&b"\x92\xa1e"[..], &[0x91; 200], b"\x90"].concat();
    let binary = [&b"\xdc\x00\x51\xa1b"[..], &[&b"\xc4\x01x"[..]; 80].concat()].concat();
    vec![
        ("connect", b"\x82\xa4type\x00\xa3nsp\xa1/".to_vec()),
        (
            "connect-auth",
            b"\x83\xa4type\x00\xa3nsp\xa2/a\xa4data\x81\xa5token\xa3abc".to_vec(),
        ),
        ("disconnect", b"\x82\xa4type\x01\xa3nsp\xa1/".to_vec()),
        (
            "event-id-options",
            b"\x85\xa4type\x02\xa4data\x92\xa2hi\x07\xa7options\x81\xa8compress\xc3\xa2id\xcd\x01\x00\xa3nsp\xa1/".to_vec(),
        ),
        ("event-number-name", event(b"\x92\x07\xcb\x3f\xf8\0\0\0\0\0\0")),
        (
            "event-integers",
            event(b"\x9b\xa1i\x00\x7f\xcc\x80\xcd\x01\x00\xce\0\x01\0\0\xcf\0\0\0\x01\0\0\0\0\xff\xd0\x80\xd1\x80\0\xd3\x80\0\0\0\0\0\0\0"),
        ),
        (
            "event-texts",
            event(b"\x96\xa1t\xa0\xd9\x02\"\\\xda\x00\x02\xc3\xa9\xdb\0\0\0\x01\x01\xc2"),
        ),
        (
            "event-binary",
            event(b"\x94\xa1b\xc4\x02\x01\x02\xc5\x00\x01\x03\x81\xa1k\xc6\0\0\0\x00"),
        ),
        (
            "event-extensions",
            event(b"\x97\xa1x\xd4\x00\x00\xd7\x00\0\0\x01\x8d\xf4\xdcT\x95\xc7\x02\x00\x09\x08\xd6\xff\x65\xe0\x79\xf0\xc7\x0c\xff\0\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xff\xd5\x05\x01\x02"),
        ),
        (
            "event-placeholder",
            event(b"\x93\xa1p\x82\xac_placeholder\xc3\xa3num\x00\xc4\x01x"),
        ),
        (
            "event-wide-containers",
            event(b"\xdd\0\0\0\x03\xa1w\xde\x00\x01\xa1a\xdf\0\0\0\x00\xdc\x00\x00"),
        ),
        (
            "ack",
            b"\x84\xa4type\x03\xa3nsp\xa1/\xa4data\x91\xc0\xa2id\x01".to_vec(),
        ),
        (
            "refused",
            b"\x83\xa4type\x04\xa3nsp\xa1/\xa4data\x81\xa7message\xa2no".to_vec(),
        ),
        ("bad-noise", b"\x04\x84\x17\x02".to_vec()),
        ("bad-declared", event(b"\xdd\xff\xff\xff\xff")),
        ("bad-key", event(b"\x92\xa1k\x82\x01\x02\xc0\x03")),
        ("bad-number", event(b"\x92\xa1n\xcb\x7f\xf8\0\0\0\0\0\0")),
        ("bad-reserved", event(b"\x91\xaadisconnect")),
        ("bad-name", event(b"\x92\xc0\x01")),
        (
            "bad-twice",
            b"\x83\xa4type\x01\xa3nsp\xa1/\xa4type\x00".to_vec(),
        ),
        ("many-binary", event(&binary)),
        ("deep", event(&deep)),
    ]
}
