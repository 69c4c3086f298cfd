//! Socket.IO packets of every type, as text; a packet's attachments follow it, each on a line of its own.

use super::Seed;

pub(super) fn seeds() -> Vec<Seed> {
    let deep = format!("2[\"deep\",{}{}]", "[".repeat(200), "]".repeat(200));
    let texts: &[(&'static str, &str)] = &[
        ("connect", "0"),
        ("connect-auth", r#"0{"token":"abc"}"#),
        ("connect-namespace", "0/admin,"),
        ("connect-namespace-bare", "0/admin"),
        ("connect-namespace-auth", r#"0/admin,{"token":"abc"}"#),
        ("connect-query", "0/admin?a=b,"),
        ("connect-answer", r#"0{"sid":"oSO0OpakMV_3jnilAAAA"}"#),
        ("disconnect", "1"),
        ("disconnect-namespace", "1/admin,"),
        ("event", r#"2["hello",1,-2.5e3,"x",null,true,{"a":[]}]"#),
        ("event-namespace", r#"2/admin,["hello"]"#),
        ("event-ack", r#"212["hello"]"#),
        (
            "event-namespace-ack",
            r#"2/admin,456["project:delete",123]"#,
        ),
        ("event-number-name", "2[5,6]"),
        ("event-unicode", "2[\"€\\u00e9\\ud83d\\ude00\",\"\\n\\\"\"]"),
        ("ack", "312[]"),
        ("ack-namespace", r#"3/admin,456["ok"]"#),
        (
            "refused",
            r#"4{"message":"Not authorized","data":{"code":401}}"#,
        ),
        (
            "refused-namespace",
            r#"4/admin,{"message":"Invalid namespace"}"#,
        ),
        ("refused-text", r#"4"no""#),
        (
            "binary-event",
            "51-[\"hello\",{\"_placeholder\":true,\"num\":0}]\n\x01\x02\x03",
        ),
        (
            "binary-event-nested",
            "52-/admin,7[\"a\",{\"b\":[{\"_placeholder\":true,\"num\":1},{\"c\":{\"num\":0,\"_placeholder\":true}}]}]\nx\ny",
        ),
        (
            "binary-ack",
            "61-/admin,456[{\"_placeholder\":true,\"num\":0}]\n\x03\x02\x01",
        ),
        ("bad-type", "9"),
        ("bad-object", "2{}"),
        ("bad-empty-array", "2[]"),
        ("bad-reserved", r#"2["disconnect"]"#),
        ("bad-ack-number", r#"2abc["x"]"#),
        ("bad-ack-huge", r#"299999999999999999999["x"]"#),
        ("bad-count", "5a-[\"x\"]"),
        ("bad-count-huge", "5999999999-[\"x\"]"),
        (
            "bad-placeholder",
            "51-[\"x\",{\"_placeholder\":true,\"num\":7}]\nz",
        ),
        ("bad-json", r#"2["x",{"a":}"#),
        ("deep", &deep),
    ];
    texts
        .iter()
        .map(|(name, text)| (*name, text.as_bytes().to_vec()))
        .collect()
}
