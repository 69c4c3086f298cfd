//! The Engine.IO servers: what each of them is set to and answers, the same on either runtime.

mod tasks;
mod threads;

use crate::{Heartbeat, Runtime};
use siox_engineio::{CloseReason, Config};
use siox_socketio::Value;
use siox_tokio::front::{About, Admission, Fields};
use siox_wire::Message;
use std::{
    collections::BTreeMap,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Echo, v4 alone.
    V4,
    /// Echo, v3 too.
    V3,
    /// What the test suite of the official client talks to.
    Support,
    /// What the test suite of the client of v3 talks to.
    SupportV3,
    /// Default settings and commands, for tests of our own.
    Interop,
}

/// How many ended sessions are remembered.
const REMEMBERED: usize = 1000;

/// One server.
pub(crate) struct Engine {
    profile: Profile,
    heartbeat: Heartbeat,
    /// Why sessions have ended, by id.
    ended: Mutex<BTreeMap<String, CloseReason>>,
}

/// What a message is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reply {
    Send(Message<'static>),
    /// The numbers below this, each as a message.
    Count(usize),
    Close,
}

pub(crate) async fn serve(
    listener: tokio::net::TcpListener,
    engine: Engine,
    runtime: Runtime,
) -> io::Result<()> {
    let listener = listener.into_std()?;
    let served = tokio::task::spawn_blocking(move || match runtime {
        Runtime::Tokio => tasks::serve(listener, engine),
        Runtime::Tcp => {
            listener.set_nonblocking(false)?;
            threads::serve(&listener, engine)
        }
    });
    served.await.unwrap_or_else(|e| Err(io::Error::other(e)))
}

impl Engine {
    pub(crate) fn new(profile: Profile, heartbeat: Heartbeat) -> Self {
        Self {
            profile,
            heartbeat,
            ended: Mutex::default(),
        }
    }

    fn config(&self) -> Config {
        let config = self.usual();
        let (ping_interval, ping_timeout) =
            self.heartbeat.or(config.ping_interval, config.ping_timeout);
        Config {
            ping_interval,
            ping_timeout,
            ..config
        }
    }

    /// What the profile says.
    fn usual(&self) -> Config {
        let config = Config::default();
        match self.profile {
            Profile::V4 | Profile::V3 => Config {
                ping_interval: Duration::from_millis(300),
                ping_timeout: Duration::from_millis(200),
                max_payload: 1_000_000,
                allow_eio3: self.profile == Profile::V3,
                ..config
            },
            Profile::Support => Config {
                ping_interval: Duration::from_millis(500),
                ping_timeout: Duration::from_secs(20),
                max_payload: 100,
                ..config
            },
            Profile::SupportV3 => Config {
                ping_interval: Duration::from_millis(500),
                allow_eio3: true,
                ..config
            },
            Profile::Interop => Config {
                allow_eio3: true,
                ..config
            },
        }
    }

    /// A request of one suite asks to be refused.
    fn admit(&self, about: &About<'_>) -> Admission {
        let mut keys = about
            .query
            .split('&')
            .filter_map(|pair| pair.split('=').next());
        match self.profile {
            Profile::Support if keys.any(|key| key == "deny") => Admission::forbidden(""),
            _ => Admission::Granted,
        }
    }

    /// The first answer of one suite's sessions sets cookies, of which two come back.
    fn initial_headers(&self, fields: &mut Fields) {
        if self.profile != Profile::Support {
            return;
        }
        let now = crate::date::imf_fixdate(SystemTime::now());
        for cookie in [
            "1=1; Max-Age=86400".to_owned(),
            "2=2; Path=/; HttpOnly; Secure; SameSite=Strict".to_owned(),
            "3=3; Max-Age=0".to_owned(),
            format!("4=4; Expires={now}"),
        ] {
            // None of them holds what a header may not.
            let _ = fields.append("Set-Cookie", cookie);
        }
    }

    /// What a new session is sent.
    fn greeting(&self) -> Option<&'static str> {
        match self.profile {
            Profile::Support | Profile::SupportV3 => Some("hi"),
            Profile::V4 | Profile::V3 | Profile::Interop => None,
        }
    }

    /// What a message is answered; `headers` are those of the POST that brought it, as JSON.
    fn reply(&self, message: Message<'_>, headers: impl FnOnce() -> String) -> Reply {
        let text = match &message {
            Message::Text(text) => &**text,
            Message::Binary(_) => "",
        };
        let reply = match (self.profile, text) {
            (Profile::Support | Profile::SupportV3, "give binary") => {
                Message::from(&[0, 1, 2, 3, 4][..])
            }
            (Profile::Support, "give utf8") => Message::from("пойду спать всем спокойной ночи"),
            (Profile::SupportV3, "give utf8") => Message::from("пойду сать всем мпокойной ночи"),
            (Profile::Support, "sendHeaders") => Message::Text(headers().into()),
            (Profile::Interop, _) => return self.command(message),
            _ => message,
        };
        Reply::Send(reply.into_owned())
    }

    /// `close`, `count N`, `ended SID`; anything else is sent back.
    fn command(&self, message: Message<'_>) -> Reply {
        if let Message::Text(text) = &message {
            let count = text.strip_prefix("count ").and_then(|n| n.parse().ok());
            if let Some(count) = count {
                return Reply::Count(count);
            }
            if let Some(sid) = text.strip_prefix("ended ") {
                let reason = self.ended().get(sid).map_or("", |reason| reason.name());
                return Reply::Send(Message::from(reason));
            }
            if text == "close" {
                return Reply::Close;
            }
        }
        Reply::Send(message.into_owned())
    }

    fn ended(&self) -> MutexGuard<'_, BTreeMap<String, CloseReason>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_ended(&self, sid: &str, reason: CloseReason) {
        let mut ended = self.ended();
        if ended.len() >= REMEMBERED {
            ended.pop_first();
        }
        ended.insert(sid.to_owned(), reason);
    }
}

/// The headers of a request as one JSON object, names in lower case.
fn headers(about: &About<'_>) -> String {
    let mut headers = Vec::new();
    about.headers.for_each(&mut |name, value| {
        let value = String::from_utf8_lossy(value).into_owned();
        headers.push((name.to_ascii_lowercase(), value));
    });
    Value::object(headers).unwrap_or_default().json().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(profile: Profile, message: &str) -> Reply {
        let engine = Engine::new(profile, Heartbeat::default());
        engine.has_ended("x", CloseReason::PingTimeout);
        engine.reply(Message::from(message), || "{}".to_owned())
    }

    #[test]
    fn each_server_answers_in_its_own_way() {
        use Profile::{Interop, Support, SupportV3, V3, V4};
        let text = |text: &'static str| Reply::Send(Message::from(text));
        for (profile, message, expected) in [
            (V4, "give utf8", text("give utf8")),
            (V3, "close", text("close")),
            (
                Support,
                "give utf8",
                text("пойду спать всем спокойной ночи"),
            ),
            (
                SupportV3,
                "give utf8",
                text("пойду сать всем мпокойной ночи"),
            ),
            (Support, "sendHeaders", text("{}")),
            (SupportV3, "sendHeaders", text("sendHeaders")),
            (Support, "x", text("x")),
            (Interop, "x", text("x")),
            (Interop, "close", Reply::Close),
            (Interop, "count 7", Reply::Count(7)),
            (Interop, "ended x", text("ping timeout")),
            (Interop, "ended y", text("")),
        ] {
            assert_eq!(reply(profile, message), expected, "{profile:?} {message}");
        }
        let binary = Reply::Send(Message::from(&[0, 1, 2, 3, 4][..]));
        assert_eq!(reply(Support, "give binary"), binary);
    }
}
