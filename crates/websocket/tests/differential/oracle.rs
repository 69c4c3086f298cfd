//! tungstenite as the oracle: the same bytes, cut the same way, must give the same messages at the same
//! offsets and end the same way at the same offset. Where the two differ on purpose, the difference is in
//! [`Difference`], with what exactly tungstenite does instead; anything else panics.
//!
//! An offset is how many bytes had been fed when something was told.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test and fuzz target that includes this file uses a part of it"
)]

use siox_websocket::{CloseCode, Connection, Error, Event, Limits, Violation, frame::Role};
use siox_wire::{Input, Instant, Message};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    sync::Arc,
};
use tungstenite::{
    WebSocket,
    error::ProtocolError,
    protocol::{Message as Theirs, Role as TheirRole, WebSocketConfig},
};

/// The largest message, for both.
pub const LIMIT: usize = 600;

/// What the two do differently, and why each is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// A bad head is refused by us with the byte that shows it, by them when the frame is whole.
    HeadJudgedAtOnce,
    /// A reserved opcode is refused by us with the second byte, by them when the head is whole.
    OpcodeJudgedAtOnce,
    /// A text is refused by us with its first bad byte, by them when the frame is whole.
    TextJudgedByTheByte,
    /// Fragments that together pass the limit are refused by us by the head, by them when the frame is
    /// whole.
    SumJudgedByTheHead,
    /// A head that is wrong and too long: we call it wrong, with the byte that shows it, they call it
    /// too long when it is whole.
    SizeNotJudgedFirst,
    /// A length with its most significant bit set breaks a rule (RFC 6455 §5.2) for us; for them it is
    /// too long.
    ReservedLengthBit,
    /// A close code that may not be sent is an error for us; they deliver it, as one of 1002.
    CloseCodeNotDelivered,
    /// 1014 stands in IANA's registry; they know the codes up to 1013.
    BadGatewayIsACode,
    /// A close frame with a bad code and a bad reason: we judge the code, they judge the reason.
    CloseCodeJudgedFirst,
    /// They accept lengths in more bytes than needed. Without our rule the rest agrees.
    NonMinimalLength,
    /// They accept any number of control frames. Without our rule the rest agrees.
    ControlFlood,
    /// They accept any number of fragments. Without our rule the rest agrees.
    TooManyFragments,
}

/// How a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It does not: more bytes are wanted.
    Open,
    /// With a close frame.
    Closed,
    /// RFC 6455, but for text.
    Protocol,
    /// Text that is not UTF-8.
    Utf8,
    /// A message beyond the limit.
    TooBig,
}

/// What one implementation made of a stream.
#[derive(Debug, PartialEq)]
pub struct Told {
    /// Each with its offset.
    pub events: Vec<(usize, Event<'static>)>,
    /// How it ended, if it did.
    pub end: End,
    /// The offset of the end.
    pub at: usize,
}

/// Our limits at their strictest: every rule that tungstenite lacks is on, and near.
#[must_use]
pub fn strict() -> Limits {
    Limits {
        message: LIMIT,
        fragments: 5,
        control_flood: 7,
        ..Limits::default()
    }
}

/// Runs both on `pieces` and says in what they differed.
///
/// # Panics
/// When they differ otherwise than [`Difference`] says.
pub fn compare(role: Role, pieces: &[&[u8]]) -> Vec<Difference> {
    let bytes = pieces.concat();
    let theirs = theirs(role, LIMIT, pieces);
    let (mut limits, mut met) = (strict(), Vec::new());
    loop {
        let (mine, error) = ours(role, &limits, pieces);
        let Some(error) = error else {
            let (expected, difference) = without_1014(mine);
            agree(&expected, &theirs, None, &bytes);
            met.extend(difference);
            return met;
        };
        // Byte by byte the offset is that of the byte that shows the fault.
        let singles: Vec<&[u8]> = bytes.chunks(1).collect();
        let (exact, again) = ours(role, &limits, &singles);
        assert_eq!(again, Some(error), "{bytes:02x?}");
        assert_eq!(mine.at, offset(pieces, exact.at), "{bytes:02x?}");
        let frame = Frame::around(&bytes, exact.at);
        if let Some(rule) = lift(error, &frame, &mut limits) {
            assert!(theirs.events.starts_with(&mine.events), "{bytes:02x?}");
            met.extend(rule);
            continue;
        }
        let (expected, difference) = expected(mine, error, &frame, pieces);
        agree(&expected, &theirs, Some(error), &bytes);
        met.extend(difference);
        return met;
    }
}

/// A close frame whose code tungstenite does not know comes out of it as this one.
fn refused_close() -> Event<'static> {
    Event::Close(Some(siox_websocket::Close {
        code: CloseCode::PROTOCOL,
        reason: "Protocol violation".into(),
    }))
}

/// What tungstenite must make of a stream that broke no rule of ours.
fn without_1014(mut mine: Told) -> (Told, Option<Difference>) {
    if let Some((_, Event::Close(Some(close)))) = mine.events.last()
        && close.code == CloseCode::BAD_GATEWAY
    {
        let at = mine.at;
        mine.events.pop();
        mine.events.push((at, refused_close()));
        return (mine, Some(Difference::BadGatewayIsACode));
    }
    (mine, None)
}

/// Demands that tungstenite told what it should.
fn agree(expected: &Told, theirs: &Told, error: Option<Error>, bytes: &[u8]) {
    let both = expected.events.iter().zip(&theirs.events);
    let same = both.take_while(|(a, b)| a == b).count();
    assert!(
        expected == theirs,
        "behind {same} events\nexpected {:?} at {}: {:.300?}\n  theirs {:?} at {}: {:.300?}\nour error {error:?}\n{bytes:02x?}",
        expected.end,
        expected.at,
        expected.events.get(same..),
        theirs.end,
        theirs.at,
        theirs.events.get(same..),
    );
}

/// Takes a rule off that only we have, if it was that which ended the stream; says which, unless the frame
/// is one that breaks the rule beside another.
fn lift(error: Error, frame: &Frame, limits: &mut Limits) -> Option<Option<Difference>> {
    match error {
        Error::Protocol(Violation::LengthNotMinimal) => {
            assert!(!frame.is_minimal && !limits.accept_non_minimal_length);
            limits.accept_non_minimal_length = true;
            Some(Some(Difference::NonMinimalLength))
        }
        // The two-byte head of a long control frame tells enough while lengths must be minimal.
        Error::Protocol(Violation::ControlTooLong) if !limits.accept_non_minimal_length => {
            limits.accept_non_minimal_length = true;
            Some((!frame.is_minimal).then_some(Difference::NonMinimalLength))
        }
        Error::ControlFlood { .. } => {
            limits.control_flood = u32::MAX;
            Some(Some(Difference::ControlFlood))
        }
        Error::TooManyFragments { .. } => {
            limits.fragments = u32::MAX;
            Some(Some(Difference::TooManyFragments))
        }
        _ => None,
    }
}

/// What tungstenite must make of a stream that we ended with `error` inside `frame`.
fn expected(
    mine: Told,
    error: Error,
    frame: &Frame,
    pieces: &[&[u8]],
) -> (Told, Option<Difference>) {
    let violation = match error {
        Error::Protocol(violation) => Some(violation),
        _ => None,
    };
    if let (Some(Violation::CloseCode(_)), true) = (violation, frame.has_good_reason) {
        let mut told = mine;
        told.events.push((told.at, refused_close()));
        told.end = End::Closed;
        return (told, Some(Difference::CloseCodeNotDelivered));
    }
    let (end, shown, difference) = match violation {
        _ if frame.is_reserved => (
            End::Protocol,
            frame.head_end,
            Difference::OpcodeJudgedAtOnce,
        ),
        Some(Violation::LengthOverflow) => {
            (End::TooBig, frame.head_end, Difference::ReservedLengthBit)
        }
        _ if frame.len > LIMIT as u64 => {
            (End::TooBig, frame.head_end, Difference::SizeNotJudgedFirst)
        }
        None => (End::TooBig, frame.frame_end, Difference::SumJudgedByTheHead),
        Some(Violation::InvalidUtf8 | Violation::CloseReason) => {
            (End::Utf8, frame.frame_end, Difference::TextJudgedByTheByte)
        }
        Some(Violation::CloseCode(_)) => {
            (End::Utf8, frame.frame_end, Difference::CloseCodeJudgedFirst)
        }
        Some(_) => (End::Protocol, frame.frame_end, Difference::HeadJudgedAtOnce),
    };
    let all = pieces.iter().map(|p| p.len()).sum();
    let (end, at) = match shown <= all {
        true => (end, offset(pieces, shown)),
        false => (End::Open, all),
    };
    let differs = (end, at) != (mine.end, mine.at);
    let events = mine.events;
    (Told { events, end, at }, differs.then_some(difference))
}

/// How much had been fed when byte `n` had come.
fn offset(pieces: &[&[u8]], n: usize) -> usize {
    let mut fed = 0;
    for piece in pieces {
        fed += piece.len();
        if fed >= n && !piece.is_empty() {
            break;
        }
    }
    fed
}

/// A frame as it lies in the stream, read plainly; an end that is not there is `usize::MAX`.
#[derive(Debug)]
struct Frame {
    len: u64,
    head_end: usize,
    frame_end: usize,
    is_reserved: bool,
    is_minimal: bool,
    /// It is a whole frame, with two bytes and UTF-8 behind them.
    has_good_reason: bool,
}

impl Frame {
    /// The frame that byte `n` (counted from one) is in.
    fn around(bytes: &[u8], n: usize) -> Self {
        let mut start = 0;
        loop {
            let frame = Self::at(bytes, start);
            if frame.frame_end >= n {
                return frame;
            }
            start = frame.frame_end;
        }
    }

    fn at(bytes: &[u8], start: usize) -> Self {
        let byte = |i: usize| bytes.get(start + i).copied().unwrap_or(0);
        let number = |i: usize, n: usize| (i..i + n).fold(0, |v, i| v << 8 | u64::from(byte(i)));
        let short = byte(1) & 0x7f;
        let (len, size, fewest) = match short {
            126 => (number(2, 2), 4, 126),
            127 => (number(2, 8), 10, 1 << 16),
            _ => (u64::from(short), 2, 0),
        };
        let mask = byte(1) & 0x80 != 0;
        let within = |end: u64| match usize::try_from(end) {
            Ok(end) if end <= bytes.len() => end,
            _ => usize::MAX,
        };
        let head_end = (start + size + if mask { 4 } else { 0 }) as u64;
        let frame_end = within(head_end.saturating_add(len));
        let payload = match frame_end {
            usize::MAX => &[],
            end => &bytes[head_end as usize..end],
        };
        let key: [u8; 4] = match mask {
            true => std::array::from_fn(|i| byte(size + i)),
            false => [0; 4],
        };
        let plain: Vec<u8> = payload
            .iter()
            .zip(key.iter().cycle())
            .map(|(b, k)| b ^ k)
            .collect();
        Self {
            len,
            head_end: within(head_end),
            frame_end,
            is_reserved: matches!(byte(0) & 0x0f, 3..=7 | 11..=15),
            is_minimal: len >= fewest,
            has_good_reason: plain
                .get(2..)
                .is_some_and(|r| std::str::from_utf8(r).is_ok()),
        }
    }
}

/// What we make of the pieces, and the error itself. What lies behind the end is not fed.
pub fn ours(role: Role, limits: &Limits, pieces: &[&[u8]]) -> (Told, Option<Error>) {
    let limits = Arc::new(limits.clone());
    let mut connection = match role {
        Role::Server => Connection::server(limits),
        Role::Client => Connection::client(limits, [3; 32]),
    };
    let (mut events, mut at) = (Vec::new(), 0);
    for piece in pieces {
        at += piece.len();
        let mut piece = piece.to_vec();
        let mut input = Input::new(Instant::EPOCH, &mut piece);
        loop {
            match connection.handle_input(&mut input) {
                Ok(Some(event)) => {
                    let is_close = matches!(event, Event::Close(_));
                    events.push((at, event.into_owned()));
                    if is_close {
                        let end = End::Closed;
                        return (Told { events, end, at }, None);
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    let end = match error {
                        Error::Protocol(Violation::InvalidUtf8 | Violation::CloseReason) => {
                            End::Utf8
                        }
                        Error::TooBig { .. } => End::TooBig,
                        _ => End::Protocol,
                    };
                    return (Told { events, end, at }, Some(error));
                }
            }
        }
    }
    let end = End::Open;
    (Told { events, end, at }, None)
}

/// Gives what was put in and then would block; writes to nowhere.
#[derive(Debug, Default)]
struct Stream(VecDeque<u8>);

impl Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.is_empty() {
            true => Err(ErrorKind::WouldBlock.into()),
            false => self.0.read(buf),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What tungstenite makes of the pieces, its messages at most `limit` bytes long. What lies behind the end
/// is not fed.
pub fn theirs(role: Role, limit: usize, pieces: &[&[u8]]) -> Told {
    let config = WebSocketConfig::default()
        .read_buffer_size(64)
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit));
    let role = match role {
        Role::Server => TheirRole::Server,
        Role::Client => TheirRole::Client,
    };
    let mut socket = WebSocket::from_raw_socket(Stream::default(), role, Some(config));
    let (mut events, mut at) = (Vec::new(), 0);
    for piece in pieces {
        at += piece.len();
        socket.get_mut().0.extend(*piece);
        loop {
            let end = match socket.read() {
                Ok(message) => {
                    let is_close = matches!(message, Theirs::Close(_));
                    events.push((at, event(message)));
                    if !is_close {
                        continue;
                    }
                    End::Closed
                }
                Err(tungstenite::Error::Io(e)) if e.kind() == ErrorKind::WouldBlock => break,
                Err(tungstenite::Error::Utf8(_)) => End::Utf8,
                Err(tungstenite::Error::Capacity(_)) => End::TooBig,
                Err(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                    panic!("the stream never ends")
                }
                Err(tungstenite::Error::Protocol(_)) => End::Protocol,
                Err(other) => panic!("{other:?}"),
            };
            return Told { events, end, at };
        }
    }
    let end = End::Open;
    Told { events, end, at }
}

fn event(message: Theirs) -> Event<'static> {
    match message {
        Theirs::Text(s) => Event::Message(Message::Text(s.as_str().to_owned().into())),
        Theirs::Binary(b) => Event::Message(Message::Binary(b.to_vec().into())),
        Theirs::Ping(b) => Event::Ping(b.to_vec().into()),
        Theirs::Pong(b) => Event::Pong(b.to_vec().into()),
        Theirs::Close(close) => Event::Close(close.map(|close| siox_websocket::Close {
            code: CloseCode::new(close.code.into()).expect("an allowed code"),
            reason: close.reason.as_str().to_owned().into(),
        })),
        Theirs::Frame(frame) => panic!("{frame:?}"),
    }
}
