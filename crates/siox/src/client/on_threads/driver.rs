//! The thread that knows the time: it has sessions opened, and messages sent that found no room.

use super::{
    super::{
        options::connect_options,
        shared::{Counted, Shared},
        state::State,
        steps::{self, Below},
    },
    line::{self, Session},
    named,
};
use siox_stack::Dial;
use siox_tcp::engine::ConnectOptions;
use siox_wire::Message;
use std::{
    sync::{Arc, mpsc},
    time::Instant,
};

type Held = (Message<'static>, bool);

pub(super) struct Driver {
    shared: Arc<Shared>,
    session: Session,
    /// The thread that waits for room in a session.
    writer: Option<(Dial, mpsc::Sender<Held>)>,
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            session: Session::default(),
            writer: None,
        }
    }

    pub(super) fn run(mut self) {
        let shared = self.shared.clone();
        while !shared.lock().over {
            steps::turn(&shared, &mut self);
            if shared.is_over() {
                return;
            }
            let armed = shared.lock().armed;
            let wait = armed.map(|at| at.since(siox_tcp::now()));
            let by = wait.and_then(|wait| Instant::now().checked_add(wait));
            shared
                .nudge
                .wait(by, |nudge| std::mem::take(nudge).then_some(()));
        }
    }

    /// Where the session's messages wait for room; a thread that ends with it.
    fn writer(&mut self, dial: Dial) -> Option<&mpsc::Sender<Held>> {
        if self.writer.as_ref().is_none_or(|(own, _)| *own != dial) {
            let (held, waiting) = mpsc::channel::<Held>();
            let sender = self.session.of(dial)?;
            let shared = self.shared.clone();
            let write = move || {
                for (message, compress) in waiting {
                    // One that is closed tells so by its events.
                    let _ = sender.compress(compress).send(message);
                    shared.with(|state, _| state.sent(dial));
                }
            };
            named("socket.io writer", write).ok()?;
            self.writer = Some((dial, held));
        }
        self.writer.as_ref().map(|(_, held)| held)
    }
}

impl Below for Driver {
    fn open(&mut self, state: &mut State, dial: Dial) {
        let (url, shared) = (self.shared.target.engine(), self.shared.clone());
        let options = connect_options!(ConnectOptions, shared, state);
        let (session, counted) = (self.session.clone(), Counted::new(&shared));
        let line = move || {
            line::run(&shared, &session, dial, &url, &options);
            drop(counted);
        };
        if let Err(error) = named("socket.io line", line) {
            let now = self.shared.carrier.now();
            state.failed(now, dial, &format!("no thread: {error}"), None);
        }
    }

    fn send(&mut self, dial: Dial, message: Message<'static>, compress: bool) {
        let held = (message, compress);
        let taken = self
            .writer(dial)
            .is_some_and(|writer| writer.send(held).is_ok());
        if !taken && let Some(sender) = self.session.of(dial) {
            // Without it, what comes behind would be out of order.
            sender.close();
        }
    }

    fn forget(&mut self, dial: Dial) {
        self.writer.take_if(|(own, _)| *own == dial);
        self.session.forget(dial);
        self.shared.relieve();
    }
}
