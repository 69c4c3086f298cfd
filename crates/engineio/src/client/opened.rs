//! The server's handshake as the client reads it: a small JSON object.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::time::Duration;

/// What the server told in its open packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The session's id, at most 1024 bytes.
    pub sid: Box<str>,
    /// Whether the server offers an upgrade to a WebSocket.
    pub websocket: bool,
    /// How often one side pings.
    pub ping_interval: Duration,
    /// How long it waits for the pong.
    pub ping_timeout: Duration,
    /// The largest body that the server takes, in bytes, if it said so.
    pub max_payload: Option<usize>,
}

/// How long a session's id may be, in bytes.
const SID: usize = 1024;
/// How deeply what is skipped may be nested.
const DEPTH: usize = 32;

impl Opened {
    /// Reads the object. `None` when it is none or lacks id or times. Keys that mean nothing here are
    /// skipped; of a key given twice the last counts.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut scan = Scan {
            rest: text.as_bytes(),
        };
        let (mut sid, mut websocket) = (None, false);
        let (mut interval, mut timeout, mut max_payload) = (None, None, None);
        scan.expect(b'{')?;
        let mut first = true;
        while !scan.accept(b'}') {
            if !first {
                scan.expect(b',')?;
            }
            first = false;
            let key = scan.string()?;
            scan.expect(b':')?;
            match &*key {
                "sid" => sid = Some(scan.string()?),
                "upgrades" => websocket = scan.strings()?.iter().any(|u| u == "websocket"),
                "pingInterval" => interval = Some(scan.number()?),
                "pingTimeout" => timeout = Some(scan.number()?),
                "maxPayload" => max_payload = usize::try_from(scan.number()?).ok(),
                _ => scan.skip()?,
            }
        }
        scan.end()?;
        Some(Self {
            sid: sid.filter(|sid| (1..=SID).contains(&sid.len()))?.into(),
            websocket,
            ping_interval: Duration::from_millis(interval?),
            ping_timeout: Duration::from_millis(timeout?),
            max_payload,
        })
    }
}

/// Reads JSON (RFC 8259) from the front.
struct Scan<'a> {
    rest: &'a [u8],
}

impl Scan<'_> {
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.first().copied()
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn accept(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        if is {
            self.byte();
        }
        is
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.accept(byte).then_some(())
    }

    fn end(&mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    fn string(&mut self) -> Option<String> {
        self.expect(b'"')?;
        let mut out = Vec::new();
        loop {
            match self.byte()? {
                b'"' => return String::from_utf8(out).ok(),
                b'\\' => {
                    let mut buffer = [0; 4];
                    let escaped = self.escaped()?.encode_utf8(&mut buffer);
                    out.extend_from_slice(escaped.as_bytes());
                }
                0..0x20 => return None,
                byte => out.push(byte),
            }
        }
    }

    /// The character behind a `\`; a surrogate becomes U+FFFD.
    fn escaped(&mut self) -> Option<char> {
        Some(match self.byte()? {
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            same @ (b'"' | b'\\' | b'/') => char::from(same),
            b'u' => {
                let mut code = 0;
                for _ in 0..4 {
                    code = code << 4 | char::from(self.byte()?).to_digit(16)?;
                }
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }

    fn strings(&mut self) -> Option<Vec<String>> {
        self.expect(b'[')?;
        let mut out = Vec::new();
        while !self.accept(b']') {
            if !out.is_empty() {
                self.expect(b',')?;
            }
            out.push(self.string()?);
        }
        Some(out)
    }

    /// A number, not negative; what stands behind its point is dropped.
    fn number(&mut self) -> Option<u64> {
        self.peek();
        let whole = self.digits()?;
        if self.rest.first() == Some(&b'.') {
            self.byte();
            self.digits()?;
        }
        Some(whole)
    }

    fn digits(&mut self) -> Option<u64> {
        let len = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at_checked(len).filter(|_| len > 0)?;
        self.rest = rest;
        // More digits than fit mean a very long time.
        let digit = |sum: u64, &b: &u8| sum.saturating_mul(10).saturating_add(u64::from(b & 0x0f));
        Some(digits.iter().fold(0, digit))
    }

    /// Any value. Only its brackets and strings are looked at.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    self.byte();
                    depth = depth.checked_add(1).filter(|depth| *depth <= DEPTH)?;
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.byte();
                }
                b',' | b':' => {
                    depth.checked_sub(1)?;
                    self.byte();
                    continue;
                }
                _ => self.word()?,
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// A number or `true`, `false`, `null`.
    fn word(&mut self) -> Option<()> {
        let is_word = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        let len = self.rest.iter().take_while(is_word).count();
        self.rest = self.rest.get(len..)?;
        (len > 0).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;
    use serde_json::json;

    const WHOLE: &str = r#"{"sid":"a-_b","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

    #[test]
    fn reads_what_servers_write() {
        let opened = Opened::parse(WHOLE).unwrap();
        let whole = Opened {
            sid: "a-_b".into(),
            websocket: true,
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            max_payload: Some(1_000_000),
        };
        assert_eq!(opened, whole);
        let v3 = r#" { "pingTimeout" : 5000.0, "x": {"y":[1,{"z":null}],"w":"]}"}, "pingInterval":1,"sid":"\u00e9\n","upgrades":[ ], "f":-1e5,"g":true } "#;
        let opened = Opened::parse(v3).unwrap();
        assert_eq!((&*opened.sid, opened.websocket), ("é\n", false));
        assert_eq!(opened.ping_timeout, Duration::from_secs(5));
        assert_eq!(opened.max_payload, None);
    }

    #[test]
    fn refuses_what_is_no_handshake() {
        let long = WHOLE.replace("a-_b", &"a".repeat(1025));
        let deep = WHOLE.replace(
            "{\"sid",
            &alloc::format!("{{\"x\":{}{},\"sid", "[".repeat(40), "]".repeat(40)),
        );
        for text in [
            "",
            "{",
            "{}",
            "[]",
            "null",
            &long,
            &deep,
            r#"{"sid":"","pingInterval":1,"pingTimeout":1}"#,
            r#"{"sid":1,"pingInterval":1,"pingTimeout":1}"#,
            r#"{"sid":"a","pingInterval":1}"#,
            r#"{"sid":"a","pingTimeout":1}"#,
            r#"{"sid":"a","pingInterval":-1,"pingTimeout":1}"#,
            r#"{"sid":"a","pingInterval":"1","pingTimeout":1}"#,
            r#"{"sid":"a" "pingInterval":1,"pingTimeout":1}"#,
            r#"{"sid":"a","pingInterval":1,"pingTimeout":1}x"#,
            r#"{"sid":"a,"pingInterval":1,"pingTimeout":1}"#,
            r#"{"sid":"\ua","pingInterval":1,"pingTimeout":1}"#,
        ] {
            assert_eq!(Opened::parse(text), None, "{text}");
        }
        for end in 0..WHOLE.len() {
            assert_eq!(Opened::parse(&WHOLE[..end]), None);
        }
    }

    proptest! {
        #[test]
        fn any_json_around_it_is_skipped(sid in ".{1,20}", key in "[a-z]{0,3}", text in ".*", n in any::<f64>()) {
            let extra = json!([{ &text: [n, text, null, true, {}] }]);
            let value = json!({ "sid": sid, &*key: extra, "pingInterval": 7, "pingTimeout": 8, "~": extra });
            let opened = Opened::parse(&value.to_string()).unwrap();
            prop_assert_eq!(&*opened.sid, &*sid);
            prop_assert_eq!(opened.ping_timeout, Duration::from_millis(8));
        }

        #[test]
        fn no_text_breaks_it(text in r#"([{}\[\]",:\\]|sid|pingInterval|pingTimeout|[0-9.]|.){0,60}"#) {
            let _ = Opened::parse(&text);
        }
    }
}
