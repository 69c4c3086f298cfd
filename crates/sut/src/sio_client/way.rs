//! What each runtime does its own way: who waits for events and acknowledgements, and for the end.

use super::{
    FAREWELL,
    say::{answered, told},
};
use siox::{
    Answer, Value,
    client::{Client, Kind, Received, Threads, Tokio},
};
use std::{
    sync::{
        Arc,
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

impl Way for Threads {
    /// Hears of the thread's end.
    type Listener = mpsc::Receiver<()>;

    fn listen(client: &Client<Self>, closing: Arc<AtomicBool>) -> mpsc::Receiver<()> {
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
        ended
    }

    fn ignore(listener: mpsc::Receiver<()>) {
        drop(listener);
    }

    fn answer(client: Client<Self>, event: String, id: Value, answer: Answer) {
        thread::spawn(move || answered(&client, &event, id, answer.wait()));
    }
}

/// Waits for the last words.
pub(super) fn leave_threads(left: Vec<(Client<Threads>, mpsc::Receiver<()>)>) {
    let by = Instant::now() + FAREWELL;
    let time = || by.saturating_duration_since(Instant::now());
    for (client, ended) in left {
        // Told or not, there is nothing else to be done.
        let _ = ended.recv_timeout(time());
        let _ = client.manager().closed_within(time());
    }
}
