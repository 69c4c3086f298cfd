//! Requests as bytes on connections.

use super::{
    EngineClient, Failure, Line, Random, Timestamps,
    conn::{Conn, Request, Shaking, Stage, Work},
};
use alloc::{
    boxed::Box,
    collections::VecDeque,
    string::{String, ToString},
    vec::Vec,
};
use bytes::Bytes;
use siox_engineio::{ClientError, Lane, Outgoing};
use siox_http1::{self as http1, Exchange, Method};
use siox_websocket::handshake::{
    InvalidHeader,
    client::{self as handshake, Answer, Handshake},
};
use siox_wire::{Instant, Outbox};

/// The answer to a POST says `ok`; no proxy's page is longer than this.
const ANSWER_TO_POST: usize = 64 * 1024;

/// A request as the session wants it.
struct Wanted {
    lane: Lane,
    query: String,
    /// With the value of `Content-Type`, for a POST.
    body: Option<(&'static str, VecDeque<Bytes>)>,
    limit: usize,
}

impl EngineClient {
    /// A connection to be opened. Ask until `None` after every step; then
    /// [`handle_connected`](Self::handle_connected), or [`handle_gone`](Self::handle_gone) if it comes to
    /// nothing. It is wanted until it [is finished](Self::is_finished).
    pub fn poll_connect(&mut self, now: Instant) -> Option<Line> {
        self.settle(now);
        while let Some(outgoing) = self.engine.poll_request(now) {
            self.begin(now, outgoing);
        }
        let conn = self
            .conns
            .iter_mut()
            .find(|conn| conn.stage == Stage::Wanted)?;
        conn.stage = Stage::Asked;
        Some(conn.line)
    }

    fn begin(&mut self, now: Instant, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Get { lane, query, limit } => self.request(
                now,
                Wanted {
                    lane,
                    query,
                    body: None,
                    limit,
                },
            ),
            Outgoing::Post {
                lane,
                query,
                content_type,
                body,
            } => self.request(
                now,
                Wanted {
                    lane,
                    query,
                    body: Some((content_type, body)),
                    limit: ANSWER_TO_POST,
                },
            ),
            Outgoing::Socket { lane, query } => {
                let stamped = self.options.timestamps == Timestamps::Always;
                let target = self.target(now, &query, stamped);
                self.open(Work::Socket { lane, target });
            }
        }
    }

    fn target(&mut self, now: Instant, query: &str, stamped: bool) -> String {
        let mut target = [&*self.target, query].concat();
        if stamped {
            target.push('&');
            super::options::encode(&self.options.timestamp_param, &mut target);
            target.push('=');
            self.stamps = self.stamps.wrapping_add(1);
            let millis = u64::try_from(self.unix(now).as_millis()).unwrap_or(u64::MAX);
            base36(millis, &mut target);
            target.push('.');
            base36(self.stamps.into(), &mut target);
        }
        target
    }

    /// Puts a request on a connection that is idle, or on a new one.
    fn request(&mut self, now: Instant, wanted: Wanted) {
        let (lane, limit, is_get) = (wanted.lane, wanted.limit, wanted.body.is_none());
        let Ok(out) = self.encode(now, wanted) else {
            return self.failed(now, lane, ClientError::Unreachable, Failure::Invalid);
        };
        let work = Work::Request(Box::new(Request {
            lane,
            is_get,
            out,
            exchange: Exchange::new(self.options.http.clone(), limit),
            answered: None,
        }));
        let idle = |conn: &&mut Conn| matches!(&conn.work, Work::Idle(until) if *until > now);
        match self.conns.iter_mut().find(idle) {
            Some(conn) => conn.work = work,
            None => self.open(work),
        }
    }

    fn encode(&mut self, now: Instant, wanted: Wanted) -> Result<Outbox, http1::Invalid> {
        let stamped = self.options.timestamps != Timestamps::Never;
        let target = self.target(now, &wanted.query, stamped);
        let cookies = self.cookie_header(now);
        let mut headers = Vec::with_capacity(8);
        headers.extend([("Accept", "*/*")]);
        headers.extend(self.headers(cookies.as_deref()));
        let own = self.options.headers.iter();
        let coded = own
            .map(|(name, _)| name)
            .any(|n| n.eq_ignore_ascii_case("accept-encoding"));
        if wanted.body.is_none() && self.options.takes_gzip() && !coded {
            headers.push(("Accept-Encoding", "gzip"));
        }
        let length;
        if let Some((content_type, body)) = &wanted.body {
            length = body
                .iter()
                .fold(0_usize, |n, chunk| n.saturating_add(chunk.len()))
                .to_string();
            headers.push(("Content-Type", content_type));
            headers.push(("Content-Length", &length));
        }
        let request = http1::Request {
            method: match wanted.body {
                None => Method::Get,
                Some(_) => Method::Post,
            },
            target: &target,
            host: &self.host,
            headers: &headers,
        };
        let mut out = Outbox::default();
        out.pack(&[&request.encode()?]);
        for chunk in wanted.body.into_iter().flat_map(|(_, body)| body) {
            out.share(chunk);
        }
        Ok(out)
    }

    /// The caller's headers, and the cookies among them.
    fn headers<'a>(&'a self, cookies: Option<&'a str>) -> impl Iterator<Item = (&'a str, &'a str)> {
        let own = self.options.headers.iter().map(|(n, v)| (&**n, &**v));
        let own =
            own.filter(move |(name, _)| cookies.is_none() || !name.eq_ignore_ascii_case("cookie"));
        own.chain(cookies.map(|cookies| ("Cookie", cookies)))
    }

    /// The value of `Cookie`, where the server has set any: the caller's own first.
    fn cookie_header(&self, now: Instant) -> Option<String> {
        let mut kept = String::new();
        let path = self.target.split('?').next().unwrap_or_default();
        self.cookies
            .add_to(&mut kept, path, self.secure, self.unix(now));
        if kept.is_empty() {
            return None;
        }
        let own = self.options.headers.iter();
        let own = own.filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let all: Vec<&str> = own.map(|(_, value)| &**value).chain([&*kept]).collect();
        Some(all.join("; "))
    }

    fn open(&mut self, work: Work) {
        self.lines = self.lines.wrapping_add(1);
        self.conns.push(Conn {
            line: Line(self.lines),
            stage: Stage::Wanted,
            work,
        });
    }

    /// There is a connection, TLS on it included where the URL asks for it.
    pub fn handle_connected(&mut self, now: Instant, line: Line, random: Random) {
        let cookies = self.cookie_header(now);
        let Some(at) = self.conns.iter().position(|conn| conn.line == line) else {
            return;
        };
        let shaking = match self.conns.get(at).map(|conn| &conn.work) {
            Some(Work::Socket { lane, target }) => {
                let made = self.handshake(target, cookies.as_deref(), random.nonce);
                Some((*lane, made))
            }
            Some(_) | None => None,
        };
        let Some(conn) = self.conns.get_mut(at) else {
            return;
        };
        conn.stage = Stage::Open;
        match shaking {
            Some((lane, Ok((bytes, handshake)))) => {
                let mut out = Outbox::default();
                out.pack(&[&bytes]);
                conn.work = Work::Handshake(Box::new(Shaking {
                    lane,
                    out,
                    answer: Answer::new(handshake),
                    random,
                }));
            }
            Some((lane, Err(InvalidHeader))) => {
                conn.work = Work::Done;
                self.failed(now, lane, ClientError::Unreachable, Failure::Invalid);
            }
            None => {}
        }
    }

    fn handshake(
        &self,
        target: &str,
        cookies: Option<&str>,
        nonce: [u8; 16],
    ) -> Result<(Vec<u8>, Handshake), InvalidHeader> {
        let headers: Vec<_> = self.headers(cookies).collect();
        let protocols: Vec<&str> = self.options.protocols.iter().map(|p| &**p).collect();
        let request = handshake::Request {
            headers: &headers,
            protocols: &protocols,
            ..handshake::Request::new(&self.host, target)
        };
        #[cfg(feature = "deflate")]
        if let Some(config) = &self.options.deflate {
            return request.build_with_deflate(nonce, config);
        }
        request.build(nonce)
    }

    /// Whether what the caller gave can be sent at all.
    pub(super) fn check(&self) -> Result<(), InvalidHeader> {
        self.handshake(&self.target, None, [0; 16]).map(|_| ())
    }
}

fn base36(mut n: u64, out: &mut String) {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    // As many as the largest number has.
    let mut digits = [b'0'; 13];
    let mut used = 0_usize;
    for place in digits.iter_mut().rev() {
        let digit = usize::try_from(n % 36).ok().and_then(|d| DIGITS.get(d));
        *place = digit.copied().unwrap_or(b'0');
        n /= 36;
        used = used.saturating_add(1);
        if n == 0 {
            break;
        }
    }
    let from = digits.len().saturating_sub(used);
    out.extend(digits.iter().skip(from).copied().map(char::from));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_to_the_base_of_36() {
        for (n, text) in [
            (0, "0"),
            (35, "z"),
            (36, "10"),
            (1_700_000_000_000, "loyw3v28"),
            (u64::MAX, "3w5e11264sgsf"),
        ] {
            let mut out = String::from("x=");
            base36(n, &mut out);
            assert_eq!(out, alloc::format!("x={text}"));
        }
    }
}
