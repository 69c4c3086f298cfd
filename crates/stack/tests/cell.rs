//! The shared cell wakes whom it must, when it must, and nobody else.
#![cfg(feature = "std")]

use siox_engineio::{Decision, Method, Request, Sid};
use siox_stack::{Cell, Config, Engine, Machine, Turn};
use siox_testkit::ms;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counter() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (count.clone(), count.into())
}

fn wakes(count: &Count) -> usize {
    count.0.load(Ordering::SeqCst)
}

fn on_socket() -> Cell<Engine> {
    let (engine, _) = Engine::socket(ms(0), &Config::default(), Sid::from_random(&[1; 15]));
    Cell::new(engine)
}

/// Writes all, as a driver's turn does.
fn drain(engine: &mut Engine) {
    let n = engine.poll_transmit().map(<[u8]>::len).sum();
    engine.handle_written(siox_engineio::Lane(1), n);
}

#[test]
fn many_emits_between_two_turns_wake_the_driver_once() {
    let (cell, (count, waker)) = (on_socket(), counter());
    let cx = &mut Context::from_waker(&waker);
    let shift = cell.take_over();
    for turn in 1..=3 {
        assert!(matches!(cell.turn(shift, cx, drain), Turn::Done(())));
        for _ in 0..5 {
            cell.with(|engine| engine.text("x")).unwrap();
        }
        assert_eq!(wakes(&count), turn);
    }
}

#[test]
fn what_a_driver_queues_in_its_own_turn_wakes_nobody() {
    let (cell, (count, waker)) = (on_socket(), counter());
    let cx = &mut Context::from_waker(&waker);
    let shift = cell.take_over();
    assert!(matches!(cell.turn(shift, cx, drain), Turn::Done(())));
    cell.begin(shift);
    cell.with(|engine| engine.text("an answer")).unwrap();
    assert!(matches!(cell.turn(shift, cx, drain), Turn::Done(())));
    assert_eq!(wakes(&count), 0);
}

#[test]
fn a_death_outside_a_turn_wakes_the_driver() {
    let (cell, (count, waker)) = (on_socket(), counter());
    let cx = &mut Context::from_waker(&waker);
    let shift = cell.take_over();
    assert!(matches!(cell.turn(shift, cx, drain), Turn::Done(())));
    cell.with(Machine::abort);
    assert_eq!(wakes(&count), 1);
}

#[test]
fn a_driver_that_was_relieved_is_woken_and_told() {
    let (cell, (count, waker)) = (on_socket(), counter());
    let cx = &mut Context::from_waker(&waker);
    let first = cell.take_over();
    assert!(matches!(cell.turn(first, cx, drain), Turn::Done(())));
    let second = cell.take_over();
    assert_eq!(wakes(&count), 1);
    assert!(matches!(cell.turn(first, cx, drain), Turn::Relieved));
    assert!(matches!(cell.turn(second, cx, drain), Turn::Done(())));
    // A late turn of the first must not have taken the second's place.
    cell.begin(first);
    cell.with(|engine| engine.text("x")).unwrap();
    assert_eq!(wakes(&count), 2);
}

#[test]
fn a_parked_poll_is_woken_with_its_answer() {
    let sid = Sid::from_random(&[1; 15]);
    let (engine, _) = Engine::polling(ms(0), &Config::default(), sid);
    let (cell, (count, waker)) = (Cell::new(engine), counter());
    let cx = &mut Context::from_waker(&waker);
    let query = format!("EIO=4&transport=polling&sid={}", sid.as_str());
    let decision = cell.with(|e| e.handle_request(ms(1), &Request::new(Method::Get, &query)));
    let Decision::Park(lane) = decision else {
        panic!("{decision:?}");
    };
    assert!(cell.poll_response(cx, lane).is_pending());
    cell.with(|engine| engine.text("x")).unwrap();
    assert_eq!(wakes(&count), 1);
    let Poll::Ready(response) = cell.poll_response(cx, lane) else {
        panic!("not answered");
    };
    assert_eq!(
        response.body.iter().flatten().copied().collect::<Vec<_>>(),
        b"4x"
    );
}

#[test]
fn steps_that_are_gathered_wake_once_behind_the_last() {
    let (cell, (count, waker)) = (on_socket(), counter());
    let cx = &mut Context::from_waker(&waker);
    let shift = cell.take_over();
    assert!(matches!(cell.turn(shift, cx, drain), Turn::Done(())));
    let gathered = cell.gather();
    for _ in 0..5 {
        cell.with(|engine| engine.text("x")).unwrap();
        // Somebody else's are among them.
        drop(cell.gather());
    }
    assert_eq!(wakes(&count), 0);
    drop(gathered);
    assert_eq!(wakes(&count), 1);
    assert!(matches!(cell.turn(shift, cx, drain), Turn::Done(())));
    drop(cell.gather());
    assert_eq!(wakes(&count), 1, "there is nothing to do");
}

#[test]
fn what_is_gathered_behind_a_driver_s_turn_wakes_it_again() {
    let (cell, (count, waker)) = (on_socket(), counter());
    let cx = &mut Context::from_waker(&waker);
    let shift = cell.take_over();
    assert!(matches!(cell.turn(shift, cx, drain), Turn::Done(())));
    let gathered = cell.gather();
    cell.with(|engine| engine.text("in time")).unwrap();
    assert!(matches!(cell.turn(shift, cx, drain), Turn::Done(())));
    cell.with(|engine| engine.text("late")).unwrap();
    drop(gathered);
    assert_eq!(wakes(&count), 1);
    let waits: Vec<u8> = cell.look(|e| e.poll_transmit().flatten().copied().collect());
    assert!(waits.ends_with(b"4late"), "{waits:?}");
}

#[test]
fn a_parked_poll_is_answered_with_all_that_was_gathered() {
    let sid = Sid::from_random(&[1; 15]);
    let (engine, _) = Engine::polling(ms(0), &Config::default(), sid);
    let (cell, (count, waker)) = (Cell::new(engine), counter());
    let cx = &mut Context::from_waker(&waker);
    let query = format!("EIO=4&transport=polling&sid={}", sid.as_str());
    let decision = cell.with(|e| e.handle_request(ms(1), &Request::new(Method::Get, &query)));
    let Decision::Park(lane) = decision else {
        panic!("{decision:?}");
    };
    let gathered = cell.gather();
    // It may come to wait while others are at it.
    assert!(cell.poll_response(cx, lane).is_pending());
    for _ in 0..2 {
        cell.with(|engine| engine.text("x")).unwrap();
    }
    assert_eq!(wakes(&count), 0);
    drop(gathered);
    assert_eq!(wakes(&count), 1);
    let Poll::Ready(response) = cell.poll_response(cx, lane) else {
        panic!("not answered");
    };
    let body: Vec<u8> = response.body.iter().flatten().copied().collect();
    assert_eq!(body, b"4x\x1e4x");
}
