//! Who has which private id: a socket that is here, or a client at the door. What is kept of a session
//! that nobody has is the adapter's.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::timeout};

/// The private ids that somebody has, each with what tells those who wait for it.
#[derive(Debug, Default)]
pub(crate) struct Claims(Mutex<HashMap<Arc<str>, Option<watch::Sender<()>>>>);

impl Claims {
    fn table(&self) -> MutexGuard<'_, HashMap<Arc<str>, Option<watch::Sender<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The claim to `pid`, once nobody else has it; `None` if somebody has it for all of `patience`.
    pub(crate) async fn await_claim(
        self: &Arc<Self>,
        pid: &str,
        patience: Duration,
    ) -> Option<Claim> {
        if let Ok(claim) = self.take(pid) {
            return Some(claim);
        }
        let claimed = async {
            loop {
                match self.take(pid) {
                    Ok(claim) => return claim,
                    // An error, always: nothing is ever sent, the sender goes with the claim.
                    Err(mut taken) => drop(taken.changed().await),
                }
            }
        };
        timeout(patience, claimed).await.ok()
    }

    /// The claim, or what ends when the one that there is ends.
    fn take(self: &Arc<Self>, pid: &str) -> Result<Claim, watch::Receiver<()>> {
        let mut table = self.table();
        if let Some(taken) = table.get_mut(pid) {
            return Err(taken.get_or_insert_default().subscribe());
        }
        let pid: Arc<str> = pid.into();
        table.insert(pid.clone(), None);
        let claims = self.clone();
        Ok(Claim { pid, claims })
    }
}

/// The only one to a private id, while it lives.
pub(crate) struct Claim {
    pid: Arc<str>,
    claims: Arc<Claims>,
}

impl Claim {
    pub(crate) fn pid(&self) -> &Arc<str> {
        &self.pid
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let waiting = self.claims.table().remove(&self.pid);
        // Told with the table unlocked.
        drop(waiting);
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The id is a credential.
        f.write_str("Claim")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    const NONE: Duration = Duration::ZERO;

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_has_an_id() {
        let claims = Arc::new(Claims::default());
        let first = claims.await_claim("a", NONE).await.unwrap();
        assert_eq!(&**first.pid(), "a");
        assert!(claims.await_claim("a", NONE).await.is_none());
        assert!(
            claims
                .await_claim("a", Duration::from_secs(9))
                .await
                .is_none()
        );
        assert!(claims.await_claim("b", NONE).await.is_some());
        drop(first);
        assert!(claims.await_claim("a", NONE).await.is_some());
        assert!(claims.table().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_get_it_one_after_the_other() {
        let claims = Arc::new(Claims::default());
        let first = claims.await_claim("a", NONE).await;
        let patience = Duration::from_secs(3600);
        let mut waiting: Vec<_> = (0..3)
            .map(|_| Box::pin(claims.await_claim("a", patience)))
            .collect();
        let mut cx = Context::from_waker(Waker::noop());
        let mut ready = |held: &mut Vec<Claim>| {
            waiting.retain_mut(|w| match w.as_mut().poll(&mut cx) {
                Poll::Ready(claim) => {
                    held.extend(claim);
                    false
                }
                Poll::Pending => true,
            });
        };
        let mut held = Vec::new();
        ready(&mut held);
        assert!(held.is_empty());
        drop(first);
        for _ in 0..3 {
            ready(&mut held);
            assert_eq!(held.len(), 1);
            held.clear();
        }
        assert!(claims.table().is_empty());
    }

    /// Whoever gives up waiting leaves nothing behind.
    #[tokio::test(start_paused = true)]
    async fn waiting_leaves_nothing_behind() {
        let claims = Arc::new(Claims::default());
        let first = claims.await_claim("a", NONE).await;
        for _ in 0..100 {
            let mut waiting = pin!(claims.await_claim("a", Duration::from_secs(1)));
            assert!(
                waiting
                    .as_mut()
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_pending()
            );
        }
        let listeners = claims
            .table()
            .get("a")
            .and_then(|s| Some(s.as_ref()?.receiver_count()));
        assert_eq!(listeners, Some(0));
        drop(first);
        assert!(claims.table().is_empty());
    }
}
