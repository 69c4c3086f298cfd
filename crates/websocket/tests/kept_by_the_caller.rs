//! A caller that keeps an unfinished message in its own buffer, as far as it fits there: the same comes
//! of it as of `handle_input` alone, and what fits is borrowed from that buffer.

mod common;

use common::*;
use proptest::prelude::*;
use siox_websocket::{Connection, Error, Event, Limits};
use siox_wire::{Input, Instant, Message};
use std::borrow::Cow;

/// What was told, and how many messages were not borrowed.
#[derive(Debug, Default, PartialEq)]
struct Told {
    events: Vec<Event<'static>>,
    error: Option<Error>,
    copied: usize,
}

impl Told {
    fn event(&mut self, event: Event<'_>) {
        let is_owned = matches!(
            &event,
            Event::Message(Message::Text(Cow::Owned(_)) | Message::Binary(Cow::Owned(_)))
        );
        self.copied += usize::from(is_owned);
        self.events.push(event.into_owned());
    }
}

/// Reads at most `at_once` bytes at a time into a buffer of `size`.
fn kept(machine: &mut Connection, mut bytes: &[u8], size: usize, at_once: usize) -> Told {
    let (mut buffer, mut held, mut told) = (vec![0; size], 0, Told::default());
    while !bytes.is_empty() {
        let n = (size - held).min(at_once).min(bytes.len());
        buffer[held..held + n].copy_from_slice(&bytes[..n]);
        bytes = &bytes[n..];
        let len = held + n;
        let mut input = Input::new(Instant::EPOCH, &mut buffer[..len]);
        match work_off(machine, &mut input, size, &mut told) {
            Ok(left) => held = left,
            Err(error) => {
                told.error = Some(error);
                return told;
            }
        }
        buffer.copy_within(len - held..len, 0);
    }
    told
}

fn work_off(
    machine: &mut Connection,
    input: &mut Input<'_>,
    size: usize,
    told: &mut Told,
) -> Result<usize, Error> {
    loop {
        if let Some(message) = machine.take_message(input)? {
            told.event(Event::Message(message));
        } else if let Some(lacks) = machine.message_lacks(input.peek())
            && lacks <= size - input.len()
        {
            assert!(lacks > 0, "a whole message was not taken");
            return Ok(input.len());
        } else {
            match machine.handle_input(input)? {
                Some(event) => told.event(event),
                None => return Ok(0),
            }
        }
    }
}

fn given(machine: &mut Connection, bytes: &[u8]) -> Told {
    let (mut bytes, mut told) = (bytes.to_vec(), Told::default());
    let mut input = Input::new(Instant::EPOCH, &mut bytes);
    loop {
        match machine.handle_input(&mut input) {
            Ok(Some(event)) => told.event(event),
            Ok(None) => return told,
            Err(error) => {
                told.error = Some(error);
                return told;
            }
        }
    }
}

fn traffic() -> Vec<u8> {
    [
        masked(FIN | TEXT, "Grüße".as_bytes()),
        masked(FIN | BINARY, &[7; 300]),
        masked(FIN | PING, b"now"),
        masked(TEXT, b"in "),
        masked(FIN | PONG, b""),
        masked(FIN | CONTINUATION, "Stücken".as_bytes()),
        masked(FIN | TEXT, &[b'x'; 5000]),
        masked(FIN | TEXT, b""),
        masked(FIN | CLOSE, &close_payload(1000, "done")),
    ]
    .concat()
}

#[test]
fn the_same_comes_of_every_size_of_buffer_and_read() {
    let bytes = traffic();
    let expected = given(&mut server(&Limits::default()), &bytes);
    for size in [
        14, 15, 20, 100, 305, 308, 309, 1000, 5007, 5008, 5009, 10_000,
    ] {
        for at_once in [1, 2, 7, 13, 100, 10_000] {
            let told = kept(&mut server(&Limits::default()), &bytes, size, at_once);
            let context = format!("{size} {at_once}");
            assert_eq!(told.events, expected.events, "{context}");
            assert_eq!(told.error, expected.error, "{context}");
        }
    }
}

/// From the head on: a head that is cut goes to the machine, and the payload behind it need not.
#[test]
fn what_fits_the_buffer_is_not_copied() {
    let bytes: Vec<u8> = (0..20)
        .flat_map(|_| masked(FIN | TEXT, &[b'x'; 100]))
        .collect();
    for size in 120..400 {
        let told = kept(&mut server(&Limits::default()), &bytes, size, 10_000);
        let heads_cut = told.copied;
        assert_eq!(told.events.len(), 20);
        assert!(heads_cut <= 5, "{size}: {heads_cut}");
    }
}

#[test]
fn tells_what_a_message_lacks_from_its_head_on() {
    let limits = Limits {
        message: 300,
        ..Limits::default()
    };
    for (frame, head) in [
        (masked(FIN | TEXT, b"hello"), 6),
        (masked(FIN | BINARY, &[1; 300]), 8),
    ] {
        for len in 0..frame.len() {
            let lacks = (len >= head).then_some(frame.len() - len);
            assert_eq!(server(&limits).message_lacks(&frame[..len]), lacks, "{len}");
        }
    }
    for other in [
        masked(FIN | TEXT, &[b'x'; 301]),
        masked(TEXT, b"part"),
        masked(FIN | PING, b""),
        plain(FIN | TEXT, b"unmasked"),
    ] {
        let mut machine = server(&limits);
        assert_eq!(machine.message_lacks(&other), None);
        let mut copy = other.clone();
        let mut input = Input::new(Instant::EPOCH, &mut copy);
        assert_eq!(machine.take_message(&mut input), Ok(None));
        assert_eq!(input.peek(), other);
    }
}

#[test]
fn nothing_is_taken_while_something_is_incomplete() {
    let mut machine = server(&Limits::default());
    given(&mut machine, &masked(TEXT, b"part"));
    let mut next = masked(FIN | TEXT, b"whole");
    assert_eq!(machine.message_lacks(&next), None);
    let mut input = Input::new(Instant::EPOCH, &mut next);
    assert_eq!(machine.take_message(&mut input), Ok(None));
    assert!(machine.handle_input(&mut input).is_err());
}

#[test]
fn bad_text_fails_as_it_does_otherwise() {
    let mut bytes = masked(FIN | TEXT, b"\xff");
    let expected = given(&mut server(&Limits::default()), &bytes).error;
    let mut machine = server(&Limits::default());
    let mut input = Input::new(Instant::EPOCH, &mut bytes);
    assert_eq!(machine.take_message(&mut input).err(), expected);
    assert!(input.is_empty() && machine.is_closed());
}

proptest! {
    #[test]
    fn random_bytes_fare_the_same(
        noise in proptest::collection::vec(any::<u8>(), 0..20),
        at in 0usize..5400,
        size in 14usize..600,
        at_once in 1usize..600,
    ) {
        let mut bytes = traffic();
        let at = at.min(bytes.len());
        let end = (at + noise.len()).min(bytes.len());
        bytes.splice(at..end, noise);
        let expected = given(&mut server(&Limits::default()), &bytes);
        let told = kept(&mut server(&Limits::default()), &bytes, size, at_once);
        // What is kept at the end was never given.
        prop_assert_eq!(&told.events, &expected.events);
        prop_assert_eq!(told.error, expected.error);
    }
}
