//! Attacks of a given size on machines in memory, for a tool that counts instructions: twice the size may
//! cost no more than about twice as much.

use clap::ValueEnum;
use siox_websocket::{
    Connection, Limits,
    deflate::{Agreed, Config},
    handshake::{client, server},
};
use siox_wire::{Input, Instant};
use std::{hint::black_box, sync::Arc};

/// What is sent; the size is a number of bytes, roughly.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Attack {
    /// A request head, byte by byte.
    HeadBytes,
    /// A request head with header lines as short as can be.
    HeadLines,
    /// A request that offers many extensions.
    Extensions,
    /// An answer behind interim ones, byte by byte.
    InterimAnswers,
    /// One text, byte by byte.
    TextBytes,
    /// Empty fragments.
    EmptyFragments,
    /// Pings whose answers nobody reads.
    Pings,
    /// A compressed message of blocks that are empty, byte by byte.
    EmptyBlocks,
}

/// Carries it out.
pub(crate) fn run(attack: Attack, size: usize) {
    match attack {
        Attack::HeadBytes => request(&format!("X: {}", "a".repeat(size)), 1, size),
        Attack::HeadLines => request(&"a:\r\n".repeat(size / 4), usize::MAX, size),
        Attack::Extensions => {
            let offers = vec!["x; a=\"b\""; size / 10].join(",");
            request(
                &format!("Sec-WebSocket-Extensions: {offers}"),
                usize::MAX,
                size,
            );
        }
        Attack::InterimAnswers => answer(size),
        Attack::TextBytes => frames(plain(), &begun(0x01, size), &mut vec![b'x'; size], 1),
        Attack::EmptyFragments => {
            let mut bytes = b"\x00\x80\0\0\0\0".repeat(size / 6);
            frames(plain(), b"\x02\x80\0\0\0\0", &mut bytes, usize::MAX);
        }
        Attack::Pings => {
            let mut bytes = b"\x89\x81\0\0\0\0x".repeat(size / 7);
            frames(plain(), b"", &mut bytes, usize::MAX);
        }
        Attack::EmptyBlocks => {
            let mut bytes = [0, 0, 0, 0xff, 0xff].repeat(size / 5);
            frames(compressed(), &begun(0xc2, size), &mut bytes, 1);
        }
    }
}

/// The head of a frame that is longer than what comes of it.
fn begun(first: u8, size: usize) -> Vec<u8> {
    let len = (size as u64 + (1 << 16)).to_be_bytes();
    [&[first, 0xff][..], &len, &[0; 4]].concat()
}

/// To a server, with lines of the attacker's.
fn request(lines: &str, piece: usize, size: usize) {
    let mut bytes = format!("GET / HTTP/1.1\r\n{}\r\n\r\n", lines.trim_end()).into_bytes();
    let options = server::AcceptOptions {
        head: 2 * size + 1000,
        ..server::AcceptOptions::default()
    };
    let mut handshake = server::Handshake::new(&options);
    for piece in bytes.chunks_mut(piece) {
        let _ = black_box(handshake.handle_input(&mut Input::new(Instant::EPOCH, piece)));
    }
    // Without our handshake the offers are looked at as well.
    if let Ok((_, offer)) = server::Offer::parse(&bytes) {
        let _ = black_box(offer.extensions());
    }
}

/// To a client.
fn answer(size: usize) {
    let mut bytes = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(size / 28);
    let Ok((_, handshake)) = client::Request::new("h", "/").build([1; 16]) else {
        return;
    };
    let mut answer = client::Answer::new(handshake);
    for byte in bytes.chunks_mut(1) {
        let _ = black_box(answer.handle_input(&mut Input::new(Instant::EPOCH, byte)));
    }
}

fn limits() -> Arc<Limits> {
    Arc::new(Limits {
        message: 1 << 30,
        fragments: u32::MAX,
        control_flood: u32::MAX,
        ..Limits::server()
    })
}

fn plain() -> Connection {
    Connection::server(limits())
}

fn compressed() -> Connection {
    let agreed = Agreed {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        server_max_window_bits: None,
        client_max_window_bits: None,
    };
    Connection::server(limits()).with_deflate(&agreed, &Config::default())
}

/// A beginning, and what comes behind it in pieces.
fn frames(mut connection: Connection, beginning: &[u8], bytes: &mut [u8], piece: usize) {
    let mut beginning = beginning.to_vec();
    for piece in [&mut beginning[..]]
        .into_iter()
        .chain(bytes.chunks_mut(piece))
    {
        let mut input = Input::new(Instant::EPOCH, piece);
        while let Ok(Some(event)) = connection.handle_input(&mut input) {
            black_box(event);
        }
    }
    assert!(!connection.is_closed(), "refused before its end");
}
