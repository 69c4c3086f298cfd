//! What was emitted and what became of it, by the plainest means; and how the crowd's waits are spread.

use super::Link;
use siox_stack::{Ticket, Unanswered};
use std::{collections::BTreeMap, time::Duration};

/// The events of one client.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    emitted: Vec<u64>,
    awaited: BTreeMap<Ticket, u64>,
    /// On which connection each event last left.
    left: BTreeMap<u64, Link>,
    /// The connections that were lost.
    lost: Vec<Link>,
    is_in: bool,
    attempt: u32,
}

impl Ledger {
    /// The number of the next event.
    pub(super) fn next(&self) -> u64 {
        self.emitted.len() as u64 + 1
    }

    pub(super) fn emitted(&mut self, n: u64, ticket: Option<Ticket>) {
        self.emitted.push(n);
        if let Some(ticket) = ticket {
            self.awaited.insert(ticket, n);
        }
    }

    /// A packet leaves.
    pub(super) fn leaves(&mut self, text: &str, link: Link) {
        let number = text.split_once(r#"["n","#).map(|(_, rest)| rest);
        let digits = number.and_then(|rest| rest.split([',', ']']).next());
        if let Some(n) = digits.and_then(|digits| digits.parse().ok()) {
            self.left.insert(n, link);
        }
    }

    pub(super) fn is_in(&mut self, is_in: bool) {
        self.is_in = is_in;
        if is_in {
            self.attempt = 0;
        }
    }

    pub(super) fn lost(&mut self, link: Link) {
        self.lost.push(link);
    }

    /// Its attempts are counted from the loss of a connection.
    pub(super) fn tries(&mut self, attempt: u32) {
        self.attempt = attempt;
    }

    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    pub(super) fn answered(
        &mut self,
        ticket: Ticket,
        said: Result<u64, Unanswered>,
    ) -> Result<(), String> {
        let Some(n) = self.awaited.remove(&ticket) else {
            return Err(format!("{ticket:?} is answered, and nobody waits"));
        };
        match said {
            Ok(said) if said == n => Ok(()),
            Err(Unanswered::Disconnected) if self.left.contains_key(&n) => Ok(()),
            other => Err(format!("event {n} is answered by {other:?}")),
        }
    }

    /// Whether the server heard what it had to.
    pub(super) fn verdict(&self, heard: &[u64], retries: bool) -> Result<(), String> {
        if let Some(pair) = heard.windows(2).find(|pair| match retries {
            // The same again, or the next: no other one before that is heard.
            true => pair[1] != pair[0] && pair[1] != pair[0] + 1,
            false => pair[1] <= pair[0],
        }) {
            return Err(format!("event {} comes behind {}", pair[1], pair[0]));
        }
        if let Some(n) = self.emitted.iter().find(|n| {
            let may_be_lost = self
                .left
                .get(n)
                .is_some_and(|link| self.lost.contains(link));
            !heard.contains(n) && (retries || !may_be_lost)
        }) {
            return Err(format!("event {n} is lost"));
        }
        match self.awaited.first_key_value() {
            Some((_, n)) => Err(format!("the answer to event {n} is never told")),
            None => Ok(()),
        }
    }
}

/// How long the crowd waited, by the number of the attempt.
#[derive(Debug, Default)]
pub(super) struct Waits(BTreeMap<u32, Vec<Duration>>);

impl Waits {
    pub(super) fn add(&mut self, attempt: u32, wait: Duration) {
        self.0.entry(attempt).or_default().push(wait);
    }

    /// A tenth of the window gets a tenth of those who wait, within five standard deviations; so the
    /// server that comes back is not asked by all at once.
    pub(super) fn verdict(&self) -> Result<(), String> {
        for (attempt, waits) in &self.0 {
            let delay = 1_000_u64 << (attempt.saturating_sub(1)).min(3);
            let (low, high) = (delay.min(5_000) * 500, delay.min(5_000) * 1_500);
            let mut tenths = [0_u32; 10];
            for wait in waits {
                let wait = wait.as_micros() as u64;
                if !(low..=high).contains(&wait) {
                    return Err(format!("attempt {attempt} is made after {wait} µs"));
                }
                tenths[((wait - low) * 10 / (high - low + 1)) as usize] += 1;
            }
            let all = waits.len() as f64;
            let most = all / 10.0 + 5.0 * (all * 0.09).sqrt() + 1.0;
            if tenths.iter().any(|count| f64::from(*count) > most) {
                return Err(format!("attempt {attempt} is made in step: {tenths:?}"));
            }
        }
        Ok(())
    }
}
