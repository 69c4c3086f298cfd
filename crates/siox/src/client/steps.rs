//! The steps of whoever drives a connection: what is due is done, what is wanted is had done below.

use super::{manager::Direction, shared::Shared, state::State};
use siox_stack::{Dial, Want};
use siox_wire::Message;

/// What opens sessions, and waits for room in them.
pub(super) trait Below {
    /// Begins to open a session, of which [`State::opened`] or [`State::failed`] is to be told.
    fn open(&mut self, state: &mut State, dial: Dial);

    /// Begins to send what finds no room; [`State::sent`] is to be told.
    fn send(&mut self, dial: Dial, message: Message<'static>, compress: bool);

    /// The session is not wanted any more.
    fn forget(&mut self, dial: Dial);
}

/// One turn.
pub(super) fn turn(shared: &Shared, below: &mut impl Below) {
    let mut state = shared.lock();
    state.machine.handle_timeout(shared.carrier.now());
    loop {
        state.pump();
        if state.blocked {
            break;
        }
        let Some(want) = state.machine.poll_want() else {
            break;
        };
        do_one(&mut state, want, below);
    }
    state.armed = state.machine.poll_timeout();
    shared.let_go(state);
}

fn do_one(state: &mut State, want: Want, below: &mut impl Below) {
    let compress = state.machine.may_compress();
    match want {
        Want::Open(dial) => {
            state.live = Some(dial);
            below.open(state, dial);
        }
        Want::Close(dial) => {
            state.forget(dial);
            below.forget(dial);
        }
        // The session has no room: whatever comes later waits behind it.
        Want::Text(text) => send_later(state, Message::Text(text.into()), compress, below),
        Want::Binary(bytes) => {
            send_later(
                state,
                Message::Binary(bytes.to_vec().into()),
                compress,
                below,
            );
        }
    }
}

fn send_later(
    state: &mut State,
    message: Message<'static>,
    compress: bool,
    below: &mut impl Below,
) {
    if let (Some(dial), Some(_)) = (state.live, &state.outlet) {
        state.tap(Direction::Sent, &message);
        state.blocked = true;
        below.send(dial, message, compress);
    }
}
