//! The files of the official browser client, served beneath the path from memory. No disk here: whoever
//! has read them brings them.

use super::{Answer, Fields, about::Pairs};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, VecDeque},
    format,
    string::String,
};
use bytes::Bytes;
use siox_engineio::Method;

/// The files of the client by name: `socket.io.js`, its variants, and their source maps.
#[derive(Debug, Clone, Default)]
pub struct ClientFiles(BTreeMap<Box<str>, File>);

#[derive(Debug, Clone)]
struct File {
    kind: &'static str,
    plain: Variant,
    /// Compressed once, where that is shorter.
    gzip: Option<Variant>,
}

#[derive(Debug, Clone)]
struct Variant {
    body: Bytes,
    etag: Box<str>,
}

impl Variant {
    fn new(body: Bytes, suffix: &str) -> Self {
        let etag = format!("\"{:016x}{suffix}\"", digest(&body));
        Self {
            body,
            etag: etag.into(),
        }
    }
}

impl ClientFiles {
    /// The names that are served: those of the reference.
    pub const NAMES: [&'static str; 8] = [
        "socket.io.js",
        "socket.io.js.map",
        "socket.io.min.js",
        "socket.io.min.js.map",
        "socket.io.esm.min.js",
        "socket.io.esm.min.js.map",
        "socket.io.msgpack.min.js",
        "socket.io.msgpack.min.js.map",
    ];

    /// Adds a file. Whether its name is one of [`NAMES`](Self::NAMES); if not, it is left out.
    pub fn add(&mut self, name: &str, content: impl Into<Bytes>) -> bool {
        if !Self::NAMES.contains(&name) {
            return false;
        }
        let content = content.into();
        let file = File {
            kind: match name.ends_with(".map") {
                true => "application/json; charset=utf-8",
                false => "text/javascript; charset=utf-8",
            },
            gzip: compress(&content),
            plain: Variant::new(content, ""),
        };
        self.0.insert(name.into(), file);
        true
    }

    /// The names of the files there are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// Whether `rest`, which stands behind the path without its slash, names a file.
    pub(super) fn has(&self, rest: &str) -> bool {
        self.find(rest).is_some()
    }

    fn find(&self, rest: &str) -> Option<&File> {
        self.0.get(rest.strip_prefix('/')?)
    }

    /// The answer to a request for a file, if it is one; `fields` are those of CORS.
    pub(super) fn answer(
        &self,
        rest: &str,
        method: Method,
        asked: &Pairs<'_>,
        mut fields: Fields,
    ) -> Option<Answer> {
        let file = self.find(rest)?;
        if !matches!(method, Method::Get | Method::Head) {
            fields.own("Allow", "GET, HEAD");
            return Some(dressed(405, fields, Bytes::new()));
        }
        let (variant, encoding) = match &file.gzip {
            Some(gzip) if takes_gzip(asked) => (gzip, Some("gzip")),
            Some(_) | None => (&file.plain, None),
        };
        if file.gzip.is_some() {
            super::cors::vary(&mut fields, "Accept-Encoding");
        }
        fields.own("ETag", String::from(&*variant.etag));
        // May be kept, and is asked for again each time.
        fields.own("Cache-Control", "public, max-age=0");
        if asked.all("if-none-match").any(|v| knows(v, &variant.etag)) {
            return Some(dressed(304, fields, Bytes::new()));
        }
        fields.own("Content-Type", file.kind);
        fields.own("X-Content-Type-Options", "nosniff");
        if let Some(encoding) = encoding {
            fields.own("Content-Encoding", encoding);
        }
        Some(dressed(200, fields, variant.body.clone()))
    }
}

fn dressed(status: u16, fields: Fields, body: Bytes) -> Answer {
    Answer {
        status,
        headers: fields.into_lines(),
        body: VecDeque::from([body]),
    }
}

/// The path of a request's target, be it in absolute form (RFC 9112 §3.2.2).
pub(super) fn path(target: &str) -> &str {
    let path = match target.starts_with('/') {
        true => target,
        false => {
            let host = target.split_once("://").map_or("", |(_, rest)| rest);
            host.find('/').and_then(|at| host.get(at..)).unwrap_or("")
        }
    };
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// Whether the client has the content of this tag already (RFC 9110 §13.1.2: compared weakly).
fn knows(value: &[u8], etag: &str) -> bool {
    let mut tags = value.split(|&b| b == b',').map(<[u8]>::trim_ascii);
    tags.any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag.as_bytes())
}

/// FNV-1a: it only has to tell versions of one's own files apart.
fn digest(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &b| {
        (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(feature = "compression")]
fn compress(content: &Bytes) -> Option<Variant> {
    let body = super::compression::gzip(content)?;
    (body.len() < content.len()).then(|| Variant::new(body.into(), "-gzip"))
}

#[cfg(not(feature = "compression"))]
fn compress(_: &Bytes) -> Option<Variant> {
    None
}

#[cfg(feature = "compression")]
fn takes_gzip(asked: &Pairs<'_>) -> bool {
    super::compression::takes_gzip(asked.all("accept-encoding"))
}

#[cfg(not(feature = "compression"))]
fn takes_gzip(_: &Pairs<'_>) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (target, expected) in [
            ("/socket.io/x.js?v=1", "/socket.io/x.js"),
            ("/", "/"),
            ("http://here:80/a?b", "/a"),
            ("http://here", ""),
            ("*", ""),
        ] {
            assert_eq!(path(target), expected, "{target}");
        }
    }

    #[test]
    fn tags() {
        for (value, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(knows(value.as_bytes(), "\"a\""), expected, "{value}");
        }
    }

    #[test]
    fn names_that_are_none_of_the_clients() {
        let mut files = ClientFiles::default();
        for name in ["secret.js", "../socket.io.js", "socket.io.js/", ""] {
            assert!(!files.add(name, &b"x"[..]), "{name}");
        }
        assert!(files.add("socket.io.js", &b"x"[..]));
        for rest in [
            "/../socket.io.js",
            "/./socket.io.js",
            "socket.io.js",
            "/%2e",
            "/",
        ] {
            assert!(!files.has(rest), "{rest}");
        }
        assert!(files.has("/socket.io.js"));
        assert_eq!(
            files.names().collect::<alloc::vec::Vec<_>>(),
            ["socket.io.js"]
        );
    }
}
