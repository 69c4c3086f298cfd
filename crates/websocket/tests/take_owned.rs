//! `take_owned`, and `take_ahead` of what was found, take what `take_message` takes, into the memory that they are given.

mod common;

use common::*;
use proptest::prelude::*;
use siox_websocket::{CloseCode, Connection, Error, Event, Limits, frame::Role};
use siox_wire::{Input, Instant, Message};

/// What is taken first, how much is left, and for how many bytes the caller was asked for memory.
type Taken = (Result<Option<Message<'static>>, Error>, usize, Vec<usize>);

fn owned(role: Role, bytes: &[u8]) -> Taken {
    let mut machine = connection(role, &Limits::default());
    let (mut bytes, mut asked) = (bytes.to_vec(), Vec::new());
    let mut input = Input::new(Instant::EPOCH, &mut bytes);
    let taken = machine.take_owned(&mut input, |len| {
        asked.push(len);
        "used before".to_owned()
    });
    (taken, input.len(), asked)
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
                        let (taken, left, asked) = owned(role, &bytes);
                        assert_eq!((taken.clone(), left), borrowed(role, &bytes));
                        let is_begun = !matches!(taken, Ok(None));
                        assert_eq!(asked, vec![payload.len(); usize::from(is_begun)]);
                    }
                }
            }
        }
    }
}

#[test]
fn it_is_put_into_the_memory_that_is_given() {
    for first in [FIN | TEXT, FIN | BINARY] {
        let mut bytes = masked(first, &[b'x'; 100]);
        let mut machine = connection(Role::Server, &Limits::default());
        let mut input = Input::new(Instant::EPOCH, &mut bytes);
        let memory = String::with_capacity(150);
        let address = memory.as_ptr();
        let taken = machine.take_owned(&mut input, |_| memory).unwrap().unwrap();
        assert_eq!(taken.as_bytes().as_ptr(), address);
        assert_eq!(taken.as_bytes(), [b'x'; 100]);
    }
}

/// What was found is of no use once the connection takes no whole message, or the input is shorter.
#[test]
fn what_was_found_is_taken_only_where_it_may_be() {
    let bytes = masked(FIN | TEXT, b"hello");
    let mut machine = connection(Role::Server, &Limits::default());
    let ahead = machine.message_ahead(&bytes);
    assert!(ahead.is_some());
    for len in 0..bytes.len() {
        let mut bytes = bytes.clone();
        let mut input = Input::new(Instant::EPOCH, &mut bytes[..len]);
        let taken = machine.take_ahead(&mut { ahead }, &mut input, String::with_capacity);
        assert_eq!((taken, input.len()), (Ok(None), len));
    }
    let mut whole = bytes.clone();
    let mut input = Input::new(Instant::EPOCH, &mut whole);
    let taken = machine.take_ahead(&mut { ahead }, &mut input, String::with_capacity);
    assert_eq!((taken, input.len()), (Ok(Some("hello".into())), 0));
    machine
        .close(Instant::EPOCH, CloseCode::NORMAL, "")
        .unwrap();
    let mut whole = bytes.clone();
    let mut input = Input::new(Instant::EPOCH, &mut whole);
    let taken = machine.take_ahead(&mut { ahead }, &mut input, String::with_capacity);
    assert_eq!((taken, input.len()), (Ok(None), bytes.len()));
    assert_eq!(machine.message_ahead(&bytes), None);
}

/// What a machine tells of `pieces`, taking what it can as a runtime does: what it finds ahead, and otherwise by
/// `handle_input`.
fn taken(machine: &mut Connection, pieces: &[&[u8]]) -> (Vec<Event<'static>>, Option<Error>) {
    let mut events = Vec::new();
    for piece in pieces {
        let mut bytes = piece.to_vec();
        let mut input = Input::new(Instant::from_millis(5), &mut bytes);
        loop {
            let mut ahead = machine.message_ahead(input.peek());
            let event = match ahead {
                Some(_) => {
                    let taken = machine.take_ahead(&mut ahead, &mut input, String::with_capacity);
                    assert_eq!(ahead, machine.message_ahead(input.peek()), "found behind");
                    taken.map(|message| Some(Event::Message(message.expect("it was found"))))
                }
                None => machine.handle_input(&mut input),
            };
            match event {
                Ok(Some(event)) => events.push(event.into_owned()),
                Ok(None) => break,
                Err(error) => return (events, Some(error)),
            }
        }
    }
    (events, None)
}

proptest! {
    #[test]
    fn the_same_comes_of_any_frames_in_any_pieces(
        frames in proptest::collection::vec(any_frame(), 1..8),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
        damage in proptest::option::of((any::<proptest::sample::Index>(), any::<u8>())),
    ) {
        let mut bytes: Vec<u8> = frames
            .iter()
            .flat_map(|(first, payload, is_wrong)| frame(*first, payload, !is_wrong))
            .collect();
        if let Some((at, with)) = damage {
            let at = at.index(bytes.len());
            bytes[at] = with;
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect();
        let (mut machine, expected) = (server(&Limits::default()), run(server(&Limits::default()), &pieces));
        let (events, error) = taken(&mut machine, &pieces);
        prop_assert_eq!(events, expected.events);
        prop_assert_eq!(error, expected.error);
        prop_assert_eq!(common::frames(&queued(&machine)), expected.frames);
    }
}
