//! `cargo xtask seeds`: the inputs that a fuzzer starts from, written to `fuzz/corpus/TARGET/NAME`.
//!
//! The bytes are made here, by hand and without the crates under test, so that a seed means what its name says even when
//! our own encoder is wrong.

mod client;
mod connections;
mod deflate;
mod engineio;
mod http;
mod manager;
mod msgpack;
mod ops;
mod session;
mod socketio;
mod websocket;

use crate::shell::{Arguments, Result, root, write};

/// A seed's name and its bytes.
type Seed = (&'static str, Vec<u8>);

/// The fuzz targets that have seeds.
fn corpora() -> [(&'static str, Vec<Seed>); 12] {
    [
        ("ws_reader", websocket::seeds()),
        ("ws_differential", websocket::seeds()),
        ("ws_deflate", deflate::seeds()),
        ("handshake_head", http::seeds()),
        ("eio_payload", engineio::seeds()),
        ("sio_client", manager::seeds()),
        ("sio_msgpack", msgpack::seeds()),
        ("sio_packet", socketio::seeds()),
        ("stack", session::seeds()),
        ("stack_ops", ops::seeds()),
        ("eio_client", client::seeds()),
        ("eio_engine_client", connections::seeds()),
    ]
}

pub(crate) fn run(words: &[String]) -> Result {
    Arguments::parse(words, &[], &[])?.no_plain()?;
    for (target, seeds) in corpora() {
        for (name, bytes) in seeds {
            write(&root().join("fuzz/corpus").join(target).join(name), &bytes)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn seeds_have_names_of_their_own_and_something_to_say() {
        for (target, seeds) in corpora() {
            let names: BTreeSet<&str> = seeds.iter().map(|(name, _)| *name).collect();
            let contents: BTreeSet<&[u8]> =
                seeds.iter().map(|(_, bytes)| bytes.as_slice()).collect();
            assert!(seeds.len() >= 5, "{target}");
            assert_eq!(names.len(), seeds.len(), "{target}: a name twice");
            assert_eq!(
                contents.len(),
                seeds.len(),
                "{target}: the same bytes twice"
            );
        }
    }
}
