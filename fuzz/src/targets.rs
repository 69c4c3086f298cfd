//! The targets by name, and what was once found: every file of `regressions/` goes through every target.

use crate::{
    eio_client, eio_engine_client, eio_payload, handshake_head, sio_client, sio_msgpack,
    sio_packet, stack, stack_ops, ws_deflate, ws_differential, ws_reader,
};

/// What a target does with an input.
pub type Target = fn(&[u8]);

/// Every target, by the name of its program.
pub const TARGETS: [(&str, Target); 12] = [
    ("eio_client", eio_client::fuzz),
    ("eio_engine_client", eio_engine_client::fuzz),
    ("eio_payload", eio_payload::fuzz),
    ("handshake_head", handshake_head::fuzz),
    ("sio_client", sio_client::fuzz),
    ("sio_msgpack", sio_msgpack::fuzz),
    ("sio_packet", sio_packet::fuzz),
    ("stack", stack::fuzz),
    ("stack_ops", stack_ops::fuzz),
    ("ws_deflate", ws_deflate::fuzz),
    ("ws_differential", ws_differential::fuzz),
    ("ws_reader", ws_reader::fuzz),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn every_program_is_a_target() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
        let mut programs: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        programs.sort();
        assert_eq!(programs, TARGETS.map(|(name, _)| name));
    }

    #[test]
    fn what_was_found_once_is_not_found_again() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
        let mut count = 0;
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap();
            let by = TARGETS.iter().any(|(target, _)| {
                name.strip_prefix(target)
                    .is_some_and(|rest| rest.starts_with('-'))
            });
            assert!(by, "{name}: named after no target");
            for (target, fuzz) in TARGETS {
                println!("{name} through {target}"); // shown when it panics
                fuzz(&bytes);
            }
            count += 1;
        }
        assert!(count > 0);
    }
}
