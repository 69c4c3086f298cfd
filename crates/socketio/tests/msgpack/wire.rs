//! Bytes: what notepack.io 2 and 3 write, in both directions.

use crate::{decode, encode, hex, line};
use bytes::Bytes;
use siox_socketio::{Decoded, Kind};

#[test]
fn reads_what_notepack_writes() {
    for (wire, expected) in [
        ("82a47479706500a36e7370a12f", "0 / None"),
        (
            "83a47479706500a36e7370a22f61a46461746181a5746f6b656ea178",
            r#"0 /a Some("{\"token\":\"x\"}")"#,
        ),
        ("82a47479706501a36e7370a12f", "1 /"),
        (
            "84a47479706502a4646174619ba165007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000cf001fffffffffffffa36e7370a12fa2696407",
            r#"2 / Some(7) e ["e",0,127,128,255,256,65535,65536,4294967295,4294967296,9007199254740991] []"#,
        ),
        (
            "83a47479706502a4646174619ba16effe0d0dfd080d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffffd3ffe0000000000001a36e7370a12f",
            r#"2 / None n ["n",-1,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649,-9007199254740991] []"#,
        ),
        (
            "83a47479706502a46461746195a166cb3ff8000000000000cbbfd0000000000000cb3e7ad7f29abcaf48cb3fb999999999999aa36e7370a12f",
            r#"2 / None f ["f",1.5,-0.25,1e-7,0.1] []"#,
        ),
        (
            "83a47479706502a46461746198a173a0a6c3a9f09f9880a66122625c0a01c3c2c081a16b81a16e90a36e7370a12f",
            r#"2 / None s ["s","","é😀","a\"b\\\n\u0001",true,false,null,{"k":{"n":[]}}] []"#,
        ),
        (
            "83a47479706502a46461746193a162c40301020381a178c400a36e7370a12f",
            r#"2 / None b ["b",{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1}}] [b"\x01\x02\x03", b""]"#,
        ),
        (
            "84a47479706503a46461746190a36e7370a12fa2696400",
            "3 / 0  [] []",
        ),
        (
            "83a47479706504a46461746181a76d657373616765a26e6fa36e7370a22f78",
            r#"4 /x {"message":"no"}"#,
        ),
        (
            "83a47479706504a464617461a26e6fa36e7370a22f78",
            r#"4 /x "no""#,
        ),
        // `undefined`, a date and an ArrayBuffer; a key of its own; an id that is `undefined`. Of notepack
        // 2 and of 3.
        (
            "85a47479706502a46461746194a16fd40000d7000000018df4dc5495c702000908a76f7074696f6e7381a8636f6d7072657373c3a26964d40000a36e7370a12f",
            r#"2 / None o ["o",null,"2024-02-29T12:34:56.789Z",{"_placeholder":true,"num":0}] [b"\t\x08"]"#,
        ),
        (
            "84a47479706502a46461746196a16fc0d7ffbc1cbd0065e079f0d6ff65e079f0c70cff3b8b87c0ffffffffffffffffc4020908a76f7074696f6e7381a8636f6d7072657373c3a36e7370a12f",
            r#"2 / None o ["o",null,"2024-02-29T12:34:56.789Z","2024-02-29T12:34:56.000Z","1969-12-31T23:59:59.999Z",{"_placeholder":true,"num":0}] [b"\t\x08"]"#,
        ),
    ] {
        let decoded = decode(&hex(wire)).unwrap_or_else(|e| panic!("{wire}: {e}"));
        assert_eq!(line(&decoded), expected, "{wire}");
    }
}

#[test]
fn writes_what_notepack_writes() {
    let placeholder = |num| format!(r#"{{"_placeholder":true,"num":{num}}}"#);
    let binary = [Bytes::from_static(&[1, 2, 3]), Bytes::new()];
    let two = format!(r#"["b",{},{{"x":{}}}]"#, placeholder(0), placeholder(1));
    let long = format!(
        r#"["long","{}","{}",[{}]]"#,
        "x".repeat(32),
        "y".repeat(40),
        ["1"; 16].join(",")
    );
    // Its key order is `type`, `nsp`, `data`, `id`; the values are notepack's byte for byte.
    for (body, attachments, data) in [
        (
            r#"["e",0,127,128,255,256,65535,65536,4294967295,4294967296,9007199254740991]"#,
            &[][..],
            "9ba165007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000cf001fffffffffffff",
        ),
        (
            "[\"n\",-1,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649,-9007199254740991]",
            &[],
            "9ba16effe0d0dfd080d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffffd3ffe0000000000001",
        ),
        (
            r#"["f",1.5,-0.25,1e-7,0.1]"#,
            &[],
            "95a166cb3ff8000000000000cbbfd0000000000000cb3e7ad7f29abcaf48cb3fb999999999999a",
        ),
        // Whole numbers in other forms are integers; -0 is 0, as there.
        (r#"["f",1.0,1e2,-2.0E0,-0,-0.0]"#, &[], "96a1660164fe0000"),
        (
            r#" [ "s" , "" , "é😀" , "a\"b\\\n\u0001" , true , false , null , {"k":{"n":[ ]}} ] "#,
            &[],
            "98a173a0a6c3a9f09f9880a66122625c0a01c3c2c081a16b81a16e90",
        ),
        (&two, &binary, "93a162c40301020381a178c400"),
        (
            &long,
            &[],
            "94a46c6f6e67d9207878787878787878787878787878787878787878787878787878787878787878d92879797979797979797979797979797979797979797979797979797979797979797979797979797979dc001001010101010101010101010101010101",
        ),
    ] {
        let wire = encode(Kind::Event, Some(7), body, attachments);
        let head = "84a47479706502a36e7370a12fa464617461";
        assert_eq!(wire, hex(&format!("{head}{data}a2696407")), "{body}");
    }
    let connect = encode(Kind::Connect, None, r#"{"sid":"x"}"#, &[]);
    assert_eq!(
        connect,
        hex("83a47479706500a36e7370a12fa46461746181a3736964a178")
    );
    assert_eq!(
        encode(Kind::Disconnect, None, "", &[]),
        hex("82a47479706501a36e7370a12f")
    );
}

#[test]
fn heads_of_every_width() {
    for len in [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
        let text = format!("[\"e\",\"{}\"]", "x".repeat(len));
        let array = format!("[\"e\",[{}]]", vec!["0"; len].join(","));
        let members: Vec<String> = (0..len).map(|n| format!("\"{n}\":null")).collect();
        let object = format!("[\"e\",{{{}}}]", members.join(","));
        for body in [text, array, object] {
            let decoded = decode(&encode(Kind::Event, None, &body, &[])).unwrap();
            let Decoded::Event { packet, .. } = decoded else {
                panic!("{decoded:?}")
            };
            assert!(packet.args() == body, "{len}");
        }
        let binary = [Bytes::from(vec![7; len])];
        let body = r#"["e",{"_placeholder":true,"num":0}]"#;
        let decoded = decode(&encode(Kind::Event, None, body, &binary)).unwrap();
        let Decoded::Event { packet, .. } = decoded else {
            panic!("{decoded:?}")
        };
        assert_eq!(packet.attachments(), binary, "{len}");
        assert_eq!(packet.decode::<Bytes>().unwrap(), binary[0]);
    }
}
