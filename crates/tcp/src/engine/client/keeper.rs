//! The thread that knows the time: it does what is due, has connections opened, and closes them.

use super::{
    ConnectOptions,
    line::{self, Conn, Reach},
    shared::{Shared, State},
};
use crate::{clock, turn::LINGER};
use siox_websocket::handshake::client::Url;
use siox_wire::Instant;
use std::{sync::Arc, thread};

pub(super) struct Keeper {
    shared: Arc<Shared>,
    reach: Arc<Reach>,
    options: ConnectOptions,
    conns: Vec<Kept>,
}

/// A connection, and by when it is closed for good.
struct Kept {
    conn: Arc<Conn>,
    closing: Option<Instant>,
}

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>, url: Url, options: ConnectOptions) -> Self {
        let reach = Reach {
            url,
            proxy: options.proxy.clone(),
            #[cfg(feature = "tls")]
            tls: options.tls.clone(),
        };
        Self {
            shared,
            reach: Arc::new(reach),
            options,
            conns: Vec::new(),
        }
    }

    pub(super) fn run(mut self) {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        loop {
            while let Some(event) = state.machine.handle_timeout(clock::now()) {
                state.push(event);
            }
            while let Some(line) = state.machine.poll_connect(clock::now()) {
                let conn = Arc::new(Conn::new(line));
                if self.open(&conn) {
                    self.conns.push(Kept {
                        conn,
                        closing: None,
                    });
                } else {
                    state.machine.handle_gone(clock::now(), line);
                }
            }
            let closing = self.close_finished(&mut state);
            // An event, bytes for a writer, a queue that is no more.
            shared.tell();
            if state.machine.is_over() && self.conns.is_empty() {
                return;
            }
            let due = state.machine.poll_timeout();
            let by = due.into_iter().chain(closing).min();
            if by.is_none_or(|by| by > clock::now()) {
                state = shared.wait(state, by);
            }
        }
    }

    fn open(&self, conn: &Arc<Conn>) -> bool {
        let (shared, reach, conn) = (self.shared.clone(), self.reach.clone(), conn.clone());
        let by = clock::now().after(self.options.client.engine.open_timeout);
        let thread = thread::Builder::new().name("engine.io line".into());
        thread
            .spawn(move || line::run(&shared, &conn, &reach, by))
            .is_ok()
    }

    /// Closes the connections that the machine is done with: a WebSocket after a moment, in which its last
    /// word may arrive. By when there is more to do.
    fn close_finished(&mut self, state: &mut State) -> Option<Instant> {
        let now = clock::now();
        for Kept { conn, closing } in &mut self.conns {
            if closing.is_none() && state.machine.is_finished(conn.line) {
                let lingers = state.machine.is_socket(conn.line);
                state.machine.handle_gone(now, conn.line);
                *closing = Some(if lingers { now.after(LINGER) } else { now });
            }
        }
        self.conns.retain(|Kept { conn, closing }| {
            let over = closing.is_some_and(|by| by <= now || conn.is_deaf());
            if over {
                conn.shut();
            }
            !over
        });
        self.conns.iter().filter_map(|kept| kept.closing).min()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        for Kept { conn, .. } in &self.conns {
            conn.shut();
        }
        self.shared.end();
    }
}
