//! Streams of frames made from a tape of choices, by proptest and by the fuzzer alike: mostly valid, then
//! damaged, then cut.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test and fuzz target that includes this file uses a part of it"
)]

use siox_websocket::frame::Role;

const FIN: u8 = 0x80;

/// A stream for one role, and how it is cut.
#[derive(Debug)]
pub struct Case {
    /// Who reads it.
    pub role: Role,
    /// All of it.
    pub bytes: Vec<u8>,
    cuts: Vec<usize>,
}

/// Choices, one a byte; zeros behind the end.
struct Tape<'t>(&'t [u8]);

impl Tape<'_> {
    fn next(&mut self) -> usize {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                usize::from(*first)
            }
            None => 0,
        }
    }

    /// A place in `n`, which is not zero.
    fn place(&mut self, n: usize) -> usize {
        (self.next() << 8 | self.next()) % n
    }

    /// True once in `n`.
    fn rarely(&mut self, n: usize) -> bool {
        self.next() % n == n - 1
    }
}

impl Case {
    /// A stream that breaks no rule of tungstenite's or ours, whole or truncated.
    #[must_use]
    pub fn valid(tape: &[u8]) -> Self {
        let mut tape = Tape(tape);
        let role = role(&mut tape);
        let mut bytes = Vec::new();
        let mut left = tape.next() % 7;
        while left > 0 {
            left -= 1;
            message(&mut tape, role, &mut bytes, true);
        }
        if tape.rarely(3) && !bytes.is_empty() {
            bytes.truncate(tape.place(bytes.len()));
        }
        Self::cut(role, bytes, &mut tape)
    }

    /// A stream of frames of any kind, most of them well formed, damaged at up to three places.
    #[must_use]
    pub fn damaged(tape: &[u8]) -> Self {
        let mut tape = Tape(tape);
        let role = role(&mut tape);
        let mut bytes = Vec::new();
        for _ in 0..tape.next() % 12 {
            match tape.next() % 4 {
                0 => message(&mut tape, role, &mut bytes, false),
                _ => any_frame(&mut tape, role, &mut bytes),
            }
        }
        for _ in 0..tape.next() % 4 {
            damage(&mut tape, &mut bytes);
        }
        Self::cut(role, bytes, &mut tape)
    }

    /// The stream in its pieces.
    #[must_use]
    pub fn pieces(&self) -> Vec<&[u8]> {
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in self.cuts.iter().copied().chain([self.bytes.len()]) {
            pieces.push(&self.bytes[from..cut]);
            from = cut;
        }
        pieces
    }

    fn cut(role: Role, bytes: Vec<u8>, tape: &mut Tape<'_>) -> Self {
        let mut cuts: Vec<usize> = match tape.next() % 4 {
            0 => Vec::new(),
            1 => (1..bytes.len()).collect(),
            _ => (0..tape.next() % 12)
                .map(|_| tape.place(bytes.len() + 1))
                .collect(),
        };
        cuts.sort_unstable();
        Self { role, bytes, cuts }
    }
}

fn role(tape: &mut Tape<'_>) -> Role {
    match tape.next() % 2 {
        0 => Role::Server,
        _ => Role::Client,
    }
}

/// A whole message in up to four fragments, a control frame between two of them; a `good` one breaks no
/// rule.
fn message(tape: &mut Tape<'_>, role: Role, out: &mut Vec<u8>, good: bool) {
    let masked = role == Role::Server;
    let is_text = tape.rarely(2);
    let payload = match is_text {
        true => text(tape, good),
        false => binary(tape, good),
    };
    let mut cuts: Vec<usize> = (0..tape.next() % 4)
        .map(|_| tape.place(payload.len() + 1))
        .collect();
    cuts.sort_unstable();
    let (mut from, mut opcode) = (0, if is_text { 1 } else { 2 });
    for cut in cuts {
        frame(opcode, &payload[from..cut], masked, Form::Fewest, out);
        (from, opcode) = (cut, 0);
    }
    if opcode == 0 && tape.rarely(3) {
        let ping = binary(tape, good);
        let first = FIN | (9 + (tape.next() % 2) as u8);
        frame(
            first,
            &ping[..ping.len().min(125)],
            masked,
            Form::Fewest,
            out,
        );
    }
    frame(FIN | opcode, &payload[from..], masked, Form::Fewest, out);
}

fn any_frame(tape: &mut Tape<'_>, role: Role, out: &mut Vec<u8>) {
    let opcode = match tape.next() % 16 {
        0..=3 => 0,
        4..=5 => 1,
        6..=7 => 2,
        8..=9 => 9,
        10..=11 => 10,
        12..=13 => 8,
        _ => tape.next() as u8 & 0x7f,
    };
    let payload = match opcode {
        8 => {
            let code = match tape.next() % 4 {
                0 => [3, 232 + tape.next() as u8 % 20],
                1 => [tape.next() as u8, tape.next() as u8],
                _ => [3, 232],
            };
            let most = tape.next() % 130;
            let all = [&code[..], &text(tape, false)].concat();
            all[..all.len().min(most)].to_vec()
        }
        1 => text(tape, false),
        _ => binary(tape, false),
    };
    let is_fin = opcode >= 8 && !tape.rarely(16) || tape.rarely(2);
    let masked = (role == Role::Server) != tape.rarely(40);
    let form = match tape.next() {
        0..=245 => Form::Fewest,
        246..=249 => Form::Two,
        250..=253 => Form::Eight,
        _ => Form::Reserved,
    };
    let times = if tape.rarely(12) { 8 } else { 1 };
    let first = if is_fin { FIN } else { 0 } | opcode;
    for _ in 0..times {
        frame(first, &payload, masked, form, out);
    }
}

/// Characters of every length, and now and then a byte that is none, unless it is `good`.
fn text(tape: &mut Tape<'_>, good: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..tape.next() % 20 {
        match tape.next() % 6 {
            0 => out.extend("é".bytes()),
            1 => out.extend("€".bytes()),
            2 => out.extend("𝄞".bytes()),
            3 if !good && tape.rarely(8) => out.push(tape.next() as u8 | 0x80),
            _ => out.push(b'a'),
        }
    }
    if tape.rarely(6) {
        let len = length(tape, good).saturating_sub(out.len());
        out.extend(std::iter::repeat_n(b'z', len));
    }
    out
}

fn binary(tape: &mut Tape<'_>, good: bool) -> Vec<u8> {
    let seed = tape.next();
    (0..length(tape, good))
        .map(|i| (seed + i * 7) as u8)
        .collect()
}

/// Lengths around every border; a `good` one is not beyond the last.
fn length(tape: &mut Tape<'_>, good: bool) -> usize {
    match tape.next() % 12 {
        0 => 0,
        1 => 125,
        2 => 126,
        3 => 127,
        4 => super::oracle::LIMIT,
        5 if !good && tape.rarely(4) => super::oracle::LIMIT + 1,
        6 => 300,
        _ => tape.next() % 20,
    }
}

/// How a length is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In the fewest bytes.
    Fewest,
    /// In two bytes, needed or not.
    Two,
    /// In eight.
    Eight,
    /// In eight, the first bit set.
    Reserved,
}

fn frame(first: u8, payload: &[u8], masked: bool, form: Form, out: &mut Vec<u8>) {
    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let bit = if masked { 0x80 } else { 0 };
    out.push(first);
    match (form, payload.len()) {
        (Form::Fewest, n) if n < 126 => out.push(bit | n as u8),
        (Form::Fewest | Form::Two, n) => {
            out.push(bit | 126);
            out.extend((n as u16).to_be_bytes());
        }
        (Form::Eight | Form::Reserved, n) => {
            let reserved = if form == Form::Reserved { 1 << 63 } else { 0 };
            out.push(bit | 127);
            out.extend((n as u64 | reserved).to_be_bytes());
        }
    }
    let key = if masked { KEY } else { [0; 4] };
    if masked {
        out.extend(key);
    }
    out.extend(payload.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k));
}

fn damage(tape: &mut Tape<'_>, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let at = tape.place(bytes.len());
    match tape.next() % 6 {
        0 => bytes[at] ^= 1 << (tape.next() % 8),
        1 => bytes[at] = tape.next() as u8,
        2 => bytes.insert(at, tape.next() as u8),
        3 => {
            bytes.remove(at);
        }
        4 => bytes.truncate(at),
        _ => {
            let end = (at + tape.next() % 30).min(bytes.len());
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
    }
}
