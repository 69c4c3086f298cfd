//! A server's session and a client's in memory, over links that delay, cut and break: whatever the
//! network does and whenever the upgrade comes, messages arrive once and in order, both ways.

mod conn;
mod world;

use proptest::prelude::*;
use siox_engineio::{ClientConfig, Config, Transport, Version};
use siox_testkit::{Break, Profile};
use std::time::Duration;
use world::{Plan, World};

const MESSAGES: u32 = 25;

/// A network without stalls and with room enough that nobody can be thought dead.
fn fair(seed: u64) -> Profile {
    Profile {
        stall: None,
        bandwidth: None,
        window: 1 << 20,
        ..Profile::random(seed)
    }
}

fn break_of(n: u8) -> Break {
    [Break::HalfClose, Break::Reset, Break::Silence][usize::from(n % 3)]
}

/// Of the seed comes the protocol too.
fn plan(seed: u64) -> Plan {
    Plan {
        seed,
        messages: MESSAGES,
        profile: fair(seed),
        client: client(seed),
        server: Config {
            allow_eio3: true,
            ..Config::default()
        },
        ..Plan::default()
    }
}

fn client(seed: u64) -> ClientConfig {
    let version = if seed.is_multiple_of(2) {
        Version::V4
    } else {
        Version::V3
    };
    ClientConfig {
        version,
        base64: seed % 5 < 2,
        ..ClientConfig::default()
    }
}

/// All that was sent arrived, and a close by either side is told to both.
fn all_arrives_and_ends(mut world: World, by_server: bool, upgraded: bool) {
    world.run_for(Duration::from_secs(60));
    world.assert_alive_and_complete();
    assert_eq!(world.upgraded(), upgraded);
    if by_server {
        world.close_server();
    } else {
        world.close_client();
    }
    world.run_for(Duration::from_secs(60));
    let (server, client) = if by_server {
        ("forced close", "transport close")
    } else {
        ("transport close", "forced close")
    };
    world.assert_ended(server, client);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn over_polling_and_the_upgrade_nothing_is_lost(seed in any::<u64>(), by_server in any::<bool>()) {
        let world = World::new(plan(seed));
        all_arrives_and_ends(world, by_server, true);
    }

    #[test]
    fn on_one_transport_nothing_is_lost(seed in any::<u64>(), by_server in any::<bool>(), websocket in any::<bool>()) {
        let transport = if websocket { Transport::WebSocket } else { Transport::Polling };
        let world = World::new(Plan {
            client: ClientConfig { transports: vec![transport], ..client(seed) },
            ..plan(seed)
        });
        all_arrives_and_ends(world, by_server, false);
    }

    /// The socket breaks before it carries anything: polling must lose nothing for it.
    #[test]
    fn an_upgrade_that_fails_costs_nothing(seed in any::<u64>(), at in 0u64..40, how in any::<u8>(), up in any::<bool>(), by_server in any::<bool>()) {
        let mut world = World::new(Plan {
            socket_break: Some((at, break_of(how), up)),
            ..plan(seed)
        });
        world.run_for(Duration::from_secs(60));
        if world.upgraded() {
            world.assert_prefixes();
        } else {
            all_arrives_and_ends(world, by_server, false);
        }
    }

    /// A proxy refuses the WebSocket.
    #[test]
    fn a_refused_upgrade_costs_nothing(seed in any::<u64>(), by_server in any::<bool>()) {
        let world = World::new(Plan { refuse_sockets: true, ..plan(seed) });
        all_arrives_and_ends(world, by_server, false);
    }

    /// Any connection may break at any byte, on a network that stalls: what arrives is the beginning
    /// of what was sent; and both ends hear of the end, or live and have it all.
    #[test]
    fn whatever_breaks_both_ends_agree(seed in any::<u64>(), breaks in 0u32..200) {
        let mut world = World::new(Plan {
            profile: Profile { window: 1 << 20, bandwidth: Some(20_000), ..Profile::random(seed) },
            breaks,
            ..plan(seed)
        });
        world.run_for(Duration::from_secs(300));
        world.assert_prefixes();
        world.assert_both_or_neither();
    }
}
