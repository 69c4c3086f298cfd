//! The connections of this process that further clients may share.

use super::{
    kind::Which,
    options::Options,
    shared::{Handle, Shared},
    target::Target,
};
use std::sync::{Arc, Mutex, PoisonError, Weak};

static CONNECTIONS: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// One to the same server with the same settings, on which nobody is in the namespace yet.
pub(super) fn find(which: Which, target: &Target, options: &Options) -> Option<Arc<Handle>> {
    let mut connections = CONNECTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    connections.retain(|shared| shared.strong_count() > 0);
    let known: Vec<Arc<Shared>> = connections.iter().filter_map(Weak::upgrade).collect();
    drop(connections);
    let fits = known.into_iter().find(|shared| {
        let state = shared.lock();
        let taken = state.sockets.iter().any(|s| *s.nsp == *target.nsp);
        shared.which == which
            && !state.over
            && !taken
            && shared.target.origin == target.origin
            && shared.target.query == target.query
            && shared.options.fits(options)
    });
    fits?.handle()
}

pub(super) fn add(shared: &Arc<Shared>) {
    let mut connections = CONNECTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    connections.push(Arc::downgrade(shared));
}
