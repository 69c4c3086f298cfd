//! The applications of plain Engine.IO sessions: what each side says and hears.

use crate::{
    Side,
    app::App,
    check,
    host::{Hosted, Site},
    net::Net,
    peer::User,
    scenario::Scenario,
};
use siox_engineio::{ClientEvent, Event};
use siox_stack::{Engine, EngineClient, Machine};
use siox_wire::{Instant, Part, SendError, Shared};
use std::time::Duration;

/// How long what is refused is put off.
const LATER: Duration = Duration::from_millis(40);

/// The server's applications, one for each session.
#[derive(Debug, Default)]
pub(crate) struct Apps(pub(crate) Vec<App>);

impl Site for Apps {
    type Machine = Engine;

    fn engine(machine: &Engine) -> &Engine {
        machine
    }

    fn opened(&mut self, net: &mut Net<'_>, now: Instant) {
        self.0.push(App::new(Side::Server, net.plan, now));
    }

    fn hear(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        at: usize,
        sessions: &mut [Hosted<Engine>],
        event: Event<'_>,
    ) {
        let app = &mut self.0[at];
        let result = match event {
            Event::Message(message) => {
                net.digest([2, u64::from(app.received), 0]);
                net.note(format_args!("server: message {}", app.received));
                app.hear(net.plan, &message)
            }
            Event::Heartbeat | Event::Upgrading => Ok(()),
            Event::Upgraded => {
                net.note(format_args!("server: upgraded"));
                app.upgraded += 1;
                Ok(())
            }
            Event::Closed(reason) => {
                net.note(format_args!("server: closed: {reason}"));
                net.digest([3, reason as u64, 0]);
                check::server_end(net, &sessions[at], now, reason);
                app.ended(reason.to_string())
            }
        };
        net.check_result("server", result);
    }

    fn next(&self) -> Option<Instant> {
        self.0.iter().filter_map(App::next).min()
    }

    fn speak(&mut self, net: &mut Net<'_>, now: Instant, sessions: &mut [Hosted<Engine>]) {
        for (app, hosted) in self.0.iter_mut().zip(sessions) {
            let engine = &mut hosted.engine;
            while app.next().is_some_and(|at| at <= now) {
                match say(app, net.plan, engine) {
                    Ok(()) => app.said(),
                    Err(SendError::Full) => app.put_off(now.after(LATER)),
                    Err(SendError::Closed) => {
                        app.hush();
                        net.check(
                            engine.is_closed() || engine.poll_timeout().is_some(),
                            || "server: closed without an end to tell".into(),
                        );
                    }
                    Err(other) => net.fail(format!("server: cannot send: {other}")),
                }
            }
        }
    }
}

fn say(app: &mut App, plan: &Scenario, engine: &mut Engine) -> Result<(), SendError> {
    let say = app.say(plan);
    match (say.shared, say.binary) {
        (true, binary) => {
            let bytes = say.text.to_owned().into();
            let part = if binary {
                Part::Binary(bytes)
            } else {
                Part::Text(bytes)
            };
            engine.shared(&Shared::new(vec![part]))
        }
        (false, true) => engine.binary(say.text.to_owned().into()),
        (false, false) => engine.text(say.text),
    }
}

impl User for App {
    fn hear(
        &mut self,
        net: &mut Net<'_>,
        _now: Instant,
        _client: &mut EngineClient,
        event: ClientEvent<'_>,
    ) {
        let result = match event {
            ClientEvent::Opened => {
                net.note(format_args!("client: opened"));
                self.opened_at = Some(net.now);
                Ok(())
            }
            ClientEvent::Message(message) => {
                net.note(format_args!("client: message {}", self.received));
                net.digest([5, u64::from(self.received), 0]);
                App::hear(self, net.plan, &message)
            }
            ClientEvent::Heartbeat | ClientEvent::Upgrading => Ok(()),
            ClientEvent::Upgraded => {
                net.note(format_args!("client: upgraded"));
                self.upgraded_at = Some(net.now);
                self.upgraded += 1;
                Ok(())
            }
            ClientEvent::UpgradeFailed(error) => {
                net.note(format_args!("client: no upgrade: {error}"));
                check::client_error(net, error);
                Ok(())
            }
            ClientEvent::Closed { reason, error } => {
                net.note(format_args!("client: closed: {reason} {error:?}"));
                net.digest([6, reason as u64, 0]);
                if let Some(error) = error {
                    check::client_error(net, error);
                }
                self.ended(reason.to_string())
            }
        };
        net.check_result("client", result);
    }

    fn next(&self) -> Option<Instant> {
        App::next(self)
    }

    fn speak(&mut self, net: &mut Net<'_>, now: Instant, client: &mut EngineClient) {
        while App::next(self).is_some_and(|at| at <= now) {
            let say = self.say(net.plan);
            let sent = if say.binary {
                client.binary(say.text.to_owned().into())
            } else {
                client.text(say.text)
            };
            match sent {
                Ok(()) => self.said(),
                Err(SendError::Full) => self.put_off(now.after(LATER)),
                Err(SendError::Closed) => self.hush(),
                Err(other) => return net.fail(format!("client: cannot send: {other}")),
            }
        }
    }
}
