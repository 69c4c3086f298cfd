//! The thread of a session: it opens it, and hears it as long as anybody wants that.

use super::super::{carrier::outlet, refusal, shared::Shared, state};
use siox_stack::Dial;
use siox_tcp::engine::{self, ConnectError, ConnectOptions, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The session that is open, for who waits for room in it.
#[derive(Clone, Default)]
pub(super) struct Session(Arc<Mutex<Option<(Dial, Sender)>>>);

impl Session {
    fn lock(&self) -> MutexGuard<'_, Option<(Dial, Sender)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, dial: Dial, sender: Sender) {
        *self.lock() = Some((dial, sender));
    }

    pub(super) fn of(&self, dial: Dial) -> Option<Sender> {
        let session = self.lock();
        let (_, sender) = session.as_ref().filter(|(own, _)| *own == dial)?;
        Some(sender.clone())
    }

    pub(super) fn forget(&self, dial: Dial) {
        self.lock().take_if(|(own, _)| *own == dial);
    }
}

pub(super) fn run(
    shared: &Shared,
    session: &Session,
    dial: Dial,
    url: &str,
    options: &ConnectOptions,
) {
    let mut client = match engine::connect(url, options) {
        Ok(client) => client,
        Err(error) => {
            let rejection = error.rejection();
            let after = rejection.and_then(siox_tcp::Rejection::retry_after);
            let message = refusal::words(&error, rejection.map(|r| &r.body[..]));
            return shared.with(|state, now| match error {
                ConnectError::Url(_) | ConnectError::NoTls | ConnectError::InvalidHeader => {
                    state.failed_for_good(now, dial, &message);
                }
                _ => state.failed(now, dial, &message, after),
            });
        }
    };
    let sid = client.opened().map(|opened| opened.sid.to_string());
    let sid = sid.unwrap_or_default();
    let mut live = shared.with(|state, now| {
        let outlet = Box::new(client.sender());
        let wanted = state.opened(now, dial, &sid, outlet);
        if wanted {
            session.is(dial, client.sender());
        }
        wanted
    });
    while live {
        wait_for_relief(shared, dial);
        let event = client.event();
        let details = state::details(event.as_ref(), || client.cause());
        live = shared.with(|state, now| {
            state.heard(now, dial, event, details.as_deref());
            state.live == Some(dial)
        });
    }
    session.forget(dial);
    client.ended();
}

/// Waits while the application does not take what has come.
fn wait_for_relief(shared: &Shared, dial: Dial) {
    loop {
        let seen = shared.relief.look(|relief| *relief);
        if !shared.is_stalled() || shared.lock().live != Some(dial) {
            return;
        }
        shared
            .relief
            .wait(None, |relief| (*relief != seen).then_some(()));
    }
}

outlet!(Sender);
