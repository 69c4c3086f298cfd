//! What stands before the sessions: verdicts, and the answers that options dress.

mod answers;
mod cors;
mod verdicts;

use siox_engineio::{self as engineio, Method};
use siox_stack::{
    Config,
    front::{About, Answer, Front, Judged, Options, Verdict},
};

pub(crate) const OPEN: &str = "EIO=4&transport=polling";
pub(crate) const OPEN_SOCKET: &str = "EIO=4&transport=websocket";
pub(crate) const UPGRADE: [(&str, &str); 5] = [
    ("Host", "here"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
];

pub(crate) fn front(options: Options) -> Front {
    Front::new(&config(false), options).unwrap()
}

pub(crate) fn config(allow_eio3: bool) -> Config {
    let engine = engineio::Config {
        allow_eio3,
        ..engineio::Config::default()
    };
    Config::new(engine, siox_socketio::Config::default())
}

/// A request, as a table writes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) method: Method,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
}

impl<'a> Asked<'a> {
    pub(crate) fn get(query: &'a str, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            method: Method::Get,
            query,
            headers,
        }
    }

    pub(crate) fn judge<R>(self, front: &Front, look: impl FnOnce(Judged<'_>) -> R) -> R {
        let bytes = |&(name, value): &(&'a str, &'a str)| (name, value.as_bytes());
        let headers: Vec<_> = self.headers.iter().map(bytes).collect();
        let about = About {
            method: self.method,
            http11: true,
            peer: None,
            tls: false,
            target: "/engine.io/",
            query: self.query,
            headers: &&headers[..],
            trusted_proxies: front.options().trusted_proxies,
        };
        look(front.judge(&about))
    }

    /// What it is refused with, or answered at once.
    pub(crate) fn answer(self, front: &Front) -> Answer {
        self.judge(front, |judged| match judged.verdict {
            Verdict::Answer(answer) => answer,
            Verdict::Refuse(refused) => judged.reply.refuse(&refused),
            Verdict::Open(..) | Verdict::Session(..) => panic!("{self:?} is not answered"),
        })
    }
}

pub(crate) fn text(answer: &Answer) -> String {
    let bytes = answer.body.iter().flatten().copied().collect();
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let mut found = answer
        .headers()
        .filter(|(n, _)| n.eq_ignore_ascii_case(name));
    let value = found.next().map(|(_, value)| value);
    assert!(found.next().is_none(), "{name} twice");
    value
}
