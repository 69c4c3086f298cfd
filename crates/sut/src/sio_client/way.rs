//! What each runtime does its own way: who waits for events and acknowledgements, and for the end.

use super::{
    FAREWELL,
    say::{answered, told},
};
use siox::{
    Answer, Value,
    client::{Client, ConnectionEvent, Kind, Received, Threads, Tokio},
};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

pub(super) trait Way: Kind + Sized {
    /// Who tells what a client receives.
    type Listener;

    fn listen(client: &Client<Self>, closing: Arc<AtomicBool>) -> Self::Listener;

    /// It is to tell nothing more.
    fn ignore(listener: Self::Listener);

    /// Tells the acknowledgement when it comes.
    fn answer(client: Client<Self>, event: String, id: Value, answer: Answer);
}

/// Tells one; whether it is the last.
fn tell<K: Kind>(client: &Client<K>, event: Received, closing: &AtomicBool) -> bool {
    let is_end = matches!(event, Received::Disconnected { .. });
    told(client, event);
    is_end && !client.is_active() && closing.load(Ordering::Relaxed)
}

impl Way for Tokio {
    type Listener = JoinHandle<()>;

    fn listen(client: &Client<Self>, closing: Arc<AtomicBool>) -> JoinHandle<()> {
        let (client, mut events) = (client.clone(), client.events());
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                if tell(&client, event, &closing) {
                    return;
                }
            }
        })
    }

    fn ignore(listener: JoinHandle<()>) {
        listener.abort();
    }

    fn answer(client: Client<Self>, event: String, id: Value, answer: Answer) {
        tokio::spawn(async move { answered(&client, &event, id, answer.await) });
    }
}

/// Waits for the last words.
pub(super) async fn leave_tokio(left: Vec<(Client<Tokio>, JoinHandle<()>)>) {
    drop(left);
    // The tasks that are left send what is queued.
    let runtime = tokio::runtime::Handle::current();
    let sent = async {
        while runtime.metrics().num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let _ = tokio::time::timeout(FAREWELL, sent).await;
}

/// Who tells what a client on threads receives, and who tells of its connection: each hangs up when it has told
/// the last.
pub(super) struct Listening {
    events: mpsc::Receiver<()>,
    connection: mpsc::Receiver<()>,
}

impl Way for Threads {
    type Listener = Listening;

    fn listen(client: &Client<Self>, closing: Arc<AtomicBool>) -> Listening {
        let connection = until_closed(client, closing.clone());
        let (client, events) = (client.clone(), client.events());
        let (alive, ended) = mpsc::channel::<()>();
        thread::spawn(move || {
            for event in events {
                if tell(&client, event, &closing) {
                    break;
                }
            }
            drop(alive);
        });
        Listening {
            events: ended,
            connection,
        }
    }

    fn ignore(listener: Listening) {
        drop(listener);
    }

    fn answer(client: Client<Self>, event: String, id: Value, answer: Answer) {
        thread::spawn(move || answered(&client, &event, id, answer.wait()));
    }
}

/// Hangs up when the connection's last close was told, to those who asked before too.
fn until_closed(client: &Client<Threads>, closing: Arc<AtomicBool>) -> mpsc::Receiver<()> {
    let (alive, ended) = mpsc::channel::<()>();
    let alive = Mutex::new(Some(alive));
    client.manager().on_event(move |event| {
        if matches!(event, ConnectionEvent::Close { .. }) && closing.load(Ordering::Relaxed) {
            alive.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    });
    ended
}

/// Waits for the last words.
pub(super) fn leave_threads(left: Vec<(Client<Threads>, Listening)>) {
    let by = Instant::now() + FAREWELL;
    let time = || by.saturating_duration_since(Instant::now());
    for (client, listening) in left {
        // Told or not, there is nothing else to be done.
        let _ = listening.events.recv_timeout(time());
        let _ = client.manager().closed_within(time());
        let _ = listening.connection.recv_timeout(time());
    }
}
