//! What has come of a client's session and its application has not taken yet. Which task or thread is woken
//! by it is the runtime's business.

use alloc::collections::VecDeque;
use siox_engineio::ClientEvent;

/// Events of a client's session that wait for the application. Bounded by the runtime, which reads no more
/// that [may bring](crate::EngineClient::may_bring) messages while it [is full](Self::is_full).
#[derive(Debug)]
pub struct Inbox {
    events: VecDeque<ClientEvent<'static>>,
    weight: usize,
    most: usize,
    abandoned: bool,
}

impl Inbox {
    /// What an event weighs beside the bytes of its message.
    const EACH: usize = 32;

    /// Full from `most` bytes on, of which each event takes 32 beside its message. One event always fits.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            events: VecDeque::new(),
            weight: 0,
            most: most.max(1),
            abandoned: false,
        }
    }

    /// Something for the application, while there is one.
    pub fn put(&mut self, event: ClientEvent<'static>) {
        if !self.abandoned {
            self.weight = self.weight.saturating_add(weight(&event));
            self.events.push_back(event);
        }
    }

    /// The next event, and whether the inbox was full and is no more.
    pub fn take(&mut self) -> Option<(ClientEvent<'static>, bool)> {
        let was_full = self.is_full();
        let event = self.events.pop_front()?;
        self.weight = self.weight.saturating_sub(weight(&event));
        Some((event, was_full && !self.is_full()))
    }

    /// Whether the application has to take something before more is read.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.weight >= self.most
    }

    /// How many events wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The application is gone: nothing waits for it any more.
    pub fn abandon(&mut self) {
        *self = Self {
            abandoned: true,
            ..Self::new(self.most)
        };
    }
}

fn weight(event: &ClientEvent<'_>) -> usize {
    match event {
        ClientEvent::Message(message) => message.as_bytes().len().saturating_add(Inbox::EACH),
        _ => Inbox::EACH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_wire::Message;

    fn message(len: usize) -> ClientEvent<'static> {
        ClientEvent::Message(Message::Binary(alloc::vec![0; len].into()))
    }

    #[test]
    fn is_full_by_weight_and_takes_one_of_any_size() {
        let mut inbox = Inbox::new(100);
        inbox.put(message(10));
        assert!(!inbox.is_full());
        inbox.put(ClientEvent::Heartbeat);
        inbox.put(message(0));
        assert!(inbox.is_full() && inbox.len() == 3);
        assert_eq!(inbox.take(), Some((message(10), true)));
        assert_eq!(inbox.take(), Some((ClientEvent::Heartbeat, false)));
        assert_eq!(inbox.take(), Some((message(0), false)));
        assert_eq!(inbox.take(), None);
        inbox.put(message(1_000));
        inbox.put(message(1_000));
        assert_eq!(inbox.take(), Some((message(1_000), false)));
        assert!(inbox.is_full());
        assert!(!Inbox::new(0).is_full());
    }

    #[test]
    fn keeps_nothing_for_nobody() {
        let mut inbox = Inbox::new(1);
        inbox.put(message(1));
        inbox.abandon();
        inbox.put(message(1));
        assert!(inbox.is_empty() && !inbox.is_full());
    }
}
