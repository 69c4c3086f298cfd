//! Compressed answers to polls (RFC 1952), decompressed within a limit.

extern crate std;

use alloc::vec::Vec;
use flate2::read::MultiGzDecoder;
use siox_engineio::ClientError;
use std::io::Read;

/// What `body` stands for; no more than `limit` bytes are ever made of it.
///
/// # Errors
/// [`ClientError::TooBig`] when it is more, [`ClientError::Unreachable`] when it is no whole gzip.
pub(super) fn decompress(body: &[u8], limit: usize) -> Result<Vec<u8>, ClientError> {
    let beyond = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(body)
        .take(beyond)
        .read_to_end(&mut plain);
    match read {
        Ok(_) if plain.len() > limit => Err(ClientError::TooBig { limit }),
        Ok(_) => Ok(plain),
        Err(_) => Err(ClientError::Unreachable),
    }
}

/// The beginning of what `body` stands for, `most` bytes at most, and whether that is all.
pub(super) fn beginning(body: &[u8], most: usize) -> (Vec<u8>, bool) {
    let beyond = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(body)
        .take(beyond)
        .read_to_end(&mut plain);
    let is_whole = read.is_ok() && plain.len() <= most;
    plain.truncate(most);
    (plain, is_whole)
}
