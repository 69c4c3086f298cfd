//! Who may depend on whom: the layers of the design, checked on what is linked (normal dependencies, every feature on).

use super::Finding;
use crate::metadata::{Package, Workspace};
use std::collections::BTreeSet;

/// The protocol crates: one protocol each, without a socket, a clock, a thread or randomness.
pub(super) const PROTOCOLS: [&str; 5] = [
    "siox-wire",
    "siox-http1",
    "siox-websocket",
    "siox-engineio",
    "siox-socketio",
];

/// Where the protocols meet. Still a machine without an outside.
pub(super) const STACK: &str = "siox-stack";

/// The leaf with unsafe code: functions of bytes, under the protocol that is made fast by it.
const LEAF: &str = "siox-mask";

/// What one protocol crate may know beside `wire`: the WebSocket handshake is an HTTP request, and its payloads are masked.
const MAY_KNOW: [(&str, &str); 2] = [("siox-websocket", "siox-http1"), ("siox-websocket", LEAF)];

/// Sockets, runtimes, randomness: packages that no machine may be linked with, however indirectly. A generator without a
/// source of its own (`rand_core`, `chacha20`) is not among them.
const OUTSIDE: [&str; 13] = [
    "async-executor",
    "async-io",
    "async-std",
    "embassy-executor",
    "futures-executor",
    "getrandom",
    "hyper",
    "mio",
    "polling",
    "rand",
    "smol",
    "socket2",
    "tokio",
];

/// WebSocket on blocking sockets.
const BLOCKING: &str = "siox-tcp";

/// The same on tokio.
const ON_TOKIO: &str = "siox-tokio";

/// Async runtimes, and what only they or their users need: packages that the blocking crate must not be linked with.
const ASYNC: [&str; 15] = [
    "async-executor",
    "async-io",
    "async-std",
    "embassy-executor",
    "futures-core",
    "futures-executor",
    "futures-sink",
    "futures-util",
    "hyper",
    "mio",
    "polling",
    "smol",
    "tokio",
    "tokio-rustls",
    "tower-service",
];

pub(super) fn blocking_knows_no_runtime(workspace: &Workspace, found: &mut Vec<Finding>) {
    for package in workspace
        .members()
        .filter(|package| package.name == BLOCKING)
    {
        for other in workspace.transitive(package) {
            if ASYNC.contains(&other.name.as_str()) {
                let rule = format!(
                    "{} is linked in, directly or not; {BLOCKING} is without any async dependency, whatever its features",
                    other.name
                );
                found.push(Finding::new(place(package), rule));
            }
        }
    }
}

/// The features of `siox` that leave the async server and client out.
pub(super) const WITHOUT_RUNTIME: [&str; 2] = ["blocking", "blocking,compression,deflate,tls"];

/// `tree` is what `cargo tree --prefix none` prints of `siox` with these features.
pub(super) fn blocking_client_knows_no_runtime(
    features: &str,
    tree: &str,
    found: &mut Vec<Finding>,
) {
    let names: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let place = "crates/siox/Cargo.toml";
    if !names.contains(BLOCKING) {
        let rule = format!("{BLOCKING} is not linked in with features {features}");
        found.push(Finding::new(place, rule));
    }
    for name in names {
        if ASYNC.contains(&name) || name == ON_TOKIO {
            let rule = format!(
                "{name} is linked in with features {features}; the blocking client is without any async dependency"
            );
            found.push(Finding::new(place, rule));
        }
    }
}

pub(super) fn protocols_stay_apart(workspace: &Workspace, found: &mut Vec<Finding>) {
    for package in workspace
        .members()
        .filter(|package| PROTOCOLS.contains(&package.name.as_str()))
    {
        for other in workspace.direct(package).filter(|other| is_ours(other)) {
            let pair = (package.name.as_str(), other.name.as_str());
            if other.name != "siox-wire" && !MAY_KNOW.contains(&pair) {
                found.push(Finding::new(
                    place(package),
                    format!(
                        "a protocol crate may depend on siox-wire alone of ours, not on {}",
                        other.name
                    ),
                ));
            }
        }
    }
}

pub(super) fn machines_know_no_outside(workspace: &Workspace, found: &mut Vec<Finding>) {
    for package in workspace
        .members()
        .filter(|package| is_machine(&package.name))
    {
        for other in workspace.transitive(package) {
            if OUTSIDE.contains(&other.name.as_str()) {
                found.push(Finding::new(place(package), format!("{} is linked in, directly or not; nothing at or under siox-stack may know sockets, runtimes or randomness", other.name)));
            }
            if is_ours(other) && !is_machine(&other.name) {
                found.push(Finding::new(
                    place(package),
                    format!("{} stands above siox-stack", other.name),
                ));
            }
        }
    }
}

/// Whether a package of this name stands at or under `stack`.
pub(super) fn is_machine(name: &str) -> bool {
    name == STACK || name == LEAF || PROTOCOLS.contains(&name)
}

fn is_ours(package: &Package) -> bool {
    package.member
}

fn place(package: &Package) -> String {
    format!(
        "crates/{}/Cargo.toml",
        package.name.trim_start_matches("siox-")
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::findings;
    use super::*;
    use crate::metadata::samples::workspace;

    #[test]
    fn the_layers_of_the_design_pass() {
        let good = workspace(&[
            "siox-wire:bytes",
            "siox-http1:siox-wire httparse",
            "siox-mask:cpufeatures",
            "siox-websocket:siox-wire siox-http1 siox-mask",
            "siox-engineio:siox-wire",
            "siox-socketio:siox-wire serde_json",
            "siox-stack:siox-websocket siox-engineio siox-socketio",
            "siox-tokio:siox-stack tokio getrandom",
        ]);
        assert!(findings(|found| protocols_stay_apart(&good, found)).is_empty());
        assert!(findings(|found| machines_know_no_outside(&good, found)).is_empty());
    }

    #[test]
    fn a_protocol_that_knows_another_is_found() {
        for bad in [
            "siox-engineio:siox-websocket",
            "siox-http1:siox-websocket",
            "siox-socketio:siox-engineio",
            "siox-wire:siox-http1",
            "siox-wire:siox-testkit",
            "siox-engineio:siox-mask",
        ] {
            let (_, other) = bad.split_once(':').unwrap();
            let workspace = workspace(&[bad, &format!("{other}:")]);
            let texts = findings(|found| protocols_stay_apart(&workspace, found));
            assert_eq!(texts.len(), 1, "{bad}: {texts:?}");
            assert!(texts[0].contains(other));
        }
    }

    #[test]
    fn an_outside_that_comes_indirectly_is_found() {
        let bad = workspace(&[
            "siox-stack:siox-http1",
            "siox-http1:helper",
            "helper:between",
            "between:socket2",
        ]);
        let texts = findings(|found| machines_know_no_outside(&bad, found));
        assert!(
            texts
                .iter()
                .any(|text| text.starts_with("crates/stack/Cargo.toml: socket2")),
            "{texts:?}"
        );
        assert!(
            texts
                .iter()
                .any(|text| text.starts_with("crates/http1/Cargo.toml: socket2")),
            "{texts:?}"
        );
    }

    #[test]
    fn a_runtime_under_the_blocking_crate_is_found() {
        let good = workspace(&["siox-tcp:siox-websocket rustls", "siox-tokio:tokio"]);
        assert!(findings(|found| blocking_knows_no_runtime(&good, found)).is_empty());
        let bad = workspace(&["siox-tcp:rustls helper", "helper:tokio"]);
        let texts = findings(|found| blocking_knows_no_runtime(&bad, found));
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts[0].starts_with("crates/tcp/Cargo.toml: tokio is linked in"));
    }

    #[test]
    fn a_runtime_under_the_blocking_client_is_found() {
        let check = |tree: &str| {
            findings(|found| blocking_client_knows_no_runtime("blocking", tree, found))
        };
        let good = "siox v0.1.0 (/x/crates/siox)\nsiox-tcp v0.1.0\nbytes v1.0.0 (*)\n";
        assert!(check(good).is_empty());
        for bad in [
            "tokio v1.0.0",
            "siox-tokio v0.1.0",
            "futures-core v0.3.0 (*)",
        ] {
            let texts = check(&format!("{good}{bad}\n"));
            assert_eq!(texts.len(), 1, "{texts:?}");
            let name = bad.split(' ').next().unwrap();
            assert!(texts[0].starts_with(&format!("crates/siox/Cargo.toml: {name} is linked")));
        }
        assert_eq!(check("siox v0.1.0\n").len(), 1, "it is not there at all");
    }

    #[test]
    fn a_machine_may_not_reach_up() {
        let bad = workspace(&["siox-stack:siox-tokio", "siox-tokio:"]);
        let texts = findings(|found| machines_know_no_outside(&bad, found));
        assert_eq!(
            texts,
            ["crates/stack/Cargo.toml: siox-tokio stands above siox-stack"]
        );
    }
}
