//! `take_owned` takes what `take_message` takes, and of long messages gives no other memory away than their own.

mod common;

use common::*;
use siox_websocket::{Error, Limits, frame::Role};
use siox_wire::{Input, Instant, Message};

/// What is taken first, how much is left, and how often the caller was asked to detach it.
type Taken = (Result<Option<Message<'static>>, Error>, usize, u32);

fn owned(role: Role, bytes: &[u8]) -> Taken {
    let mut machine = connection(role, &Limits::default());
    let (mut bytes, mut detached) = (bytes.to_vec(), 0);
    let mut input = Input::new(Instant::EPOCH, &mut bytes);
    let taken = machine.take_owned(&mut input, |message| {
        detached += 1;
        message.into_owned()
    });
    (taken, input.len(), detached)
}

fn borrowed(role: Role, bytes: &[u8]) -> (Result<Option<Message<'static>>, Error>, usize) {
    let mut machine = connection(role, &Limits::default());
    let mut bytes = bytes.to_vec();
    let mut input = Input::new(Instant::EPOCH, &mut bytes);
    let taken = machine.take_message(&mut input);
    let taken = taken.map(|message| message.map(Message::into_owned));
    (taken, input.len())
}

#[test]
fn it_takes_the_same_messages() {
    for role in [Role::Server, Role::Client] {
        for len in [0, 1, 125, 126, 4095, 4096, 4097, 65_535, 65_536, 100_000] {
            for payload in [
                vec![b'x'; len],
                "\u{e4}".repeat(len / 2).into_bytes(),
                [&vec![b'x'; len][..], b"\xff"].concat(),
            ] {
                for first in [FIN | TEXT, FIN | BINARY, TEXT, FIN | PING] {
                    let is_control = first == FIN | PING;
                    if is_control && payload.len() > 125 {
                        continue;
                    }
                    let mut bytes = frame(first, &payload, role == Role::Server);
                    for cut in [0, 1] {
                        bytes.truncate(bytes.len() - cut);
                        let (taken, left, detached) = owned(role, &bytes);
                        assert_eq!((taken.clone(), left), borrowed(role, &bytes));
                        let is_short = payload.len() < 4096;
                        let is_taken = matches!(taken, Ok(Some(_)));
                        assert_eq!(detached, u32::from(is_taken && is_short));
                    }
                }
            }
        }
    }
}

#[test]
fn a_long_message_has_no_room_to_spare() {
    for first in [FIN | TEXT, FIN | BINARY] {
        let bytes = masked(first, &[b'x'; 16_384]);
        let capacity = match owned(Role::Server, &bytes).0 {
            Ok(Some(Message::Text(text))) => text.into_owned().capacity(),
            Ok(Some(Message::Binary(bytes))) => bytes.into_owned().capacity(),
            other => panic!("{other:?}"),
        };
        assert_eq!(capacity, 16_384);
    }
}
