//! How a run goes from its opening to its end, and what is said of it.

use super::World;
use crate::{Side, app::App, echo::Apps, peer::Peer};
use siox_wire::Instant;
use std::{fmt, time::Duration};

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Of the scenario.
    pub seed: u64,
    /// Which rule.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.what)
    }
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The first rule broken, if one was.
    pub failure: Option<Failure>,
    /// Whether the session moved from polling to a WebSocket.
    pub upgraded: bool,
    /// Whether all messages came, both ways.
    pub complete: bool,
    /// Messages that came.
    pub messages: u32,
    /// Every step, where it was asked for.
    pub log: Option<String>,
    /// A digest of all steps: the same for the same scenario.
    pub digest: u64,
}

impl World<'_, Apps, App> {
    pub(super) fn play(&mut self) {
        self.turn();
        let plan = self.net.plan;
        let beat = plan.interval + plan.timeout;
        let limit = plan.spread + plan.upgrade[0] + beat * 8 + Duration::from_secs(60);
        let limit = self.net.now.after(limit);
        let start = self.net.now;
        if let Some(at) = plan.closes_at {
            return self.play_short(start.after(at));
        }
        while self.is_going() && self.step(limit) {}
        if self.net.failure.is_some() {
            return;
        }
        if self.is_going() {
            return self.net.fail("alive, but not all messages came");
        }
        let complete = self.is_complete();
        if complete && !self.is_excused() {
            let took = self.net.now.since(start);
            let slow = plan.line.rate.is_some() || took <= plan.swiftness() + self.delays;
            self.net
                .check(slow, || format!("it took {took:?} until all was there"));
            let up = self.peer().user.upgraded == 1 || !plan.may_upgrade();
            self.net
                .check(up, || "no upgrade, and nothing was in its way".into());
            self.judge_upgrade();
        }
        if complete {
            let until = self.net.now.after(plan.idle);
            while self.net.failure.is_none() && self.step(until) {}
        }
        let ended = self.ended();
        if ended && !self.is_excused() {
            return self.net.fail(format!(
                "the session ended without a reason: {:?}",
                self.ends()
            ));
        }
        self.close();
        let until = self.net.now.after(beat * 3 + Duration::from_secs(70));
        while self.net.failure.is_none() && !self.is_quiet() && self.step(until) {}
        self.judge(complete && !ended);
    }

    /// An upgrade that nothing is in the way of waits for nobody.
    fn judge_upgrade(&mut self) {
        let plan = self.net.plan;
        let (Some(opened), Some(upgraded)) =
            (self.peer().user.opened_at, self.peer().user.upgraded_at)
        else {
            return;
        };
        let steps = plan.way() * 24;
        let most = self.delays + steps + Duration::from_millis(250);
        let took = upgraded.since(opened);
        self.net.check(!plan.may_upgrade() || took <= most, || {
            format!("the upgrade took {took:?}, and nothing was in its way")
        });
    }

    /// One side closes early: what it said before still comes, unless a fault ends the session.
    fn play_short(&mut self, until: Instant) {
        let plan = self.net.plan;
        while self.net.failure.is_none() && self.step(until) {}
        let ended = self.ended();
        self.close();
        let rest = (plan.interval + plan.timeout) * 4 + Duration::from_secs(70);
        let until = self.net.now.after(rest);
        while self.net.failure.is_none() && !self.is_quiet() && self.step(until) {}
        self.judge(false);
        if self.is_excused() || self.socket_excused || ended || self.crossed() {
            return;
        }
        let (said, came) = match (plan.closer, self.hosted()) {
            (Side::Server, Some(h)) => (h.sent, self.peer().user.received),
            (Side::Client, Some(h)) if self.peer().session().opened().is_some() => {
                (self.peer().user.sent, h.received)
            }
            _ => return,
        };
        self.net.check(said == came, || {
            format!("{said} messages were sent before the close, {came} came")
        });
    }

    fn peer(&self) -> &Peer<App> {
        &self.peers[0]
    }

    /// The session that the client has.
    fn session(&self) -> Option<usize> {
        let sid = &self.peer().session().opened()?.sid;
        let sessions = &self.host.sessions;
        sessions.iter().position(|h| h.sid.as_str() == &**sid)
    }

    /// The server's application in it.
    fn hosted(&self) -> Option<&App> {
        self.session().map(|at| &self.host.site.0[at])
    }

    fn is_complete(&self) -> bool {
        let [by_server, by_client] = self.net.plan.messages;
        let settled = || self.peer().session().lane().is_none() || self.peer().on_websocket();
        self.peer().user.received == by_server
            && settled()
            && self.hosted().is_some_and(|h| h.received == by_client)
    }

    /// Whether one end has ended.
    fn ended(&self) -> bool {
        self.peer().user.end.is_some() || self.hosted().is_some_and(|h| h.end.is_some())
    }

    fn is_going(&self) -> bool {
        let over =
            || self.peer().user.end.is_some() && self.hosted().is_none_or(|h| h.end.is_some());
        self.net.failure.is_none() && !self.is_complete() && !over()
    }

    fn ends(&self) -> [Option<&str>; 2] {
        let server = self.hosted().and_then(|h| h.end.as_deref());
        [server, self.peer().user.end.as_deref()]
    }

    fn is_excused(&self) -> bool {
        self.excused || self.socket_excused && self.peer().user.upgraded > 0
    }

    /// A POST that was under way to a session that its server closed found none, and the client heard
    /// of that before it had the poll's answer.
    fn crossed(&self) -> bool {
        self.net.plan.closer == Side::Server
            && self.peer().user.upgraded == 0
            && self.ends()[1] == Some("transport error")
    }

    /// One side closes.
    fn close(&mut self) {
        match (self.net.plan.closer, self.session()) {
            (Side::Server, Some(session)) => self.host.close(&mut self.net, session),
            (Side::Server, None) | (Side::Client, _) => self.peers[0].close(&mut self.net),
        }
        self.turn();
    }

    fn is_quiet(&self) -> bool {
        self.host.is_quiet() && self.peer().is_quiet() && self.peer().user.end.is_some()
    }

    /// When all is over: both were told, and nothing is left.
    fn judge(&mut self, orderly: bool) {
        if self.net.failure.is_some() {
            return;
        }
        if !self.is_quiet() {
            let left = (self.host.is_quiet(), self.peer().is_quiet(), self.ends());
            return self.net.fail(format!("it does not come to rest: {left:?}"));
        }
        let [server, client] = self.ends();
        let expected = match self.net.plan.closer {
            Side::Server => [Some("forced close"), Some("transport close")],
            Side::Client => [Some("transport close"), Some("forced close")],
        };
        let fits = [server, client] == expected || self.crossed();
        if orderly && !self.is_excused() && !self.socket_excused && !fits {
            let ends = format!("the ends are {:?}, not {expected:?}", self.ends());
            return self.net.fail(ends);
        }
        let queued = self.host.queued() + self.peer().queued();
        if queued > 0 {
            self.net.fail(format!("{queued} bytes are left behind"));
        }
    }

    pub(super) fn outcome(self) -> Outcome {
        let upgraded =
            self.peer().user.upgraded == 1 && self.hosted().is_some_and(|h| h.upgraded == 1);
        let messages = self.peer().user.received + self.hosted().map_or(0, |h| h.received);
        let [by_server, by_client] = self.net.plan.messages;
        let seed = self.net.plan.seed;
        Outcome {
            upgraded,
            complete: messages == by_server + by_client && self.net.plan.closes_at.is_none(),
            messages,
            digest: self.net.digest,
            failure: self.net.failure.map(|what| Failure { seed, what }),
            log: self.net.log,
        }
    }
}
