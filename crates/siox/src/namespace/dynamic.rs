//! Namespaces that come into being when a client asks for them, and go when the last has left.

use super::{Inner, Namespace, Shared, pattern::Pattern};
use crate::{
    Adapter, AdapterError, Args, BroadcastError, RemoteSocket, Selection, SendError,
    adapter::{Action, Emit, Later},
};
use siox_socketio::{Encoded, Value};
use std::{
    collections::BTreeMap,
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Whether a namespace of this name may be made, for a client with these credentials.
type Allow = dyn Fn(&str, &Value) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync;

/// Which names a dynamic namespace stands for.
pub(crate) enum Names {
    Pattern(Pattern),
    Asked(Box<Allow>),
}

/// The most members of a family: whoever may name them at will must not fill the memory with them.
const MOST: usize = 10_000;

/// A family of namespaces.
pub(crate) struct Dynamic {
    pub(crate) parent: Namespace,
    names: Names,
    children: Arc<Children>,
}

/// The namespaces of one family.
pub(crate) struct Children {
    all: Mutex<BTreeMap<Box<str>, Namespace>>,
    /// Whether one goes when nobody is in it.
    clean: bool,
}

impl Children {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Box<str>, Namespace>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn list(&self) -> Vec<Namespace> {
        self.lock().values().cloned().collect()
    }
}

/// Counts who is in a namespace, or on the way in.
#[derive(Default)]
pub(crate) struct Visitors {
    count: AtomicUsize,
    family: Option<Weak<Children>>,
}

/// One stay in a namespace, or the way into it. A dynamic namespace lives at least as long.
pub(crate) struct Stay(Namespace);

impl Stay {
    pub(crate) fn new(nsp: Namespace) -> Self {
        nsp.0.visitors.count.fetch_add(1, Ordering::AcqRel);
        Self(nsp)
    }

    pub(crate) fn nsp(&self) -> &Namespace {
        &self.0
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let visitors = &self.0.0.visitors;
        if visitors.count.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        let Some(children) = visitors.family.as_ref().and_then(Weak::upgrade) else {
            return;
        };
        let mut all = children.lock();
        // Looked at again under the lock: who finds a namespace counts itself under it.
        if children.clean && visitors.count.load(Ordering::Acquire) == 0 {
            all.remove(&*self.0.0.name);
        }
    }
}

impl Dynamic {
    pub(crate) fn new(name: &str, names: Names, shared: &Arc<Shared>, clean: bool) -> Self {
        let children = Arc::new(Children {
            all: Mutex::default(),
            clean,
        });
        let adapter = Arc::new(Family(Arc::downgrade(&children)));
        let parent = Namespace::with_adapter(name, shared.clone(), adapter);
        Self {
            parent,
            names,
            children,
        }
    }

    /// The member of this name, if there is one.
    pub(crate) fn find(&self, name: &str) -> Option<Stay> {
        self.children.lock().get(name).cloned().map(Stay::new)
    }

    /// Whether it stands for this name.
    pub(crate) async fn allows(&self, name: &str, auth: &Value) -> bool {
        match &self.names {
            Names::Pattern(pattern) => pattern.fits(name),
            Names::Asked(allow) => allow(name, auth).await,
        }
    }

    /// The member of this name, made if there is none and there are not too many; and whether it was made.
    pub(crate) fn make(&self, name: &str) -> Option<(Stay, bool)> {
        let mut all = self.children.lock();
        let made = !all.contains_key(name);
        if made && all.len() >= MOST {
            return None;
        }
        let child = all
            .entry(name.into())
            .or_insert_with(|| self.parent.child(name, &self.children));
        Some((Stay::new(child.clone()), made))
    }

    pub(crate) fn children(&self) -> Vec<Namespace> {
        self.children.list()
    }
}

impl Namespace {
    /// A namespace that stands for others: its handlers are theirs.
    fn with_adapter(name: &str, shared: Arc<Shared>, adapter: Arc<dyn Adapter>) -> Self {
        Self(Arc::new(Inner::new(name, shared, adapter)))
    }

    fn child(&self, name: &str, family: &Arc<Children>) -> Self {
        let visitors = Visitors {
            count: AtomicUsize::new(0),
            family: Some(Arc::downgrade(family)),
        };
        Self::new(name, self.0.shared.clone(), Some(self.0.clone()), visitors)
    }
}

/// The adapter of a family: what it is told goes to each member.
struct Family(Weak<Children>);

impl Family {
    fn members(&self) -> Vec<Namespace> {
        self.0.upgrade().map(|c| c.list()).unwrap_or_default()
    }
}

impl Adapter for Family {
    fn emit(&self, emit: Emit<'_>) -> Result<(), SendError> {
        self.members()
            .iter()
            .try_for_each(|nsp| nsp.0.adapter.emit(emit))
    }

    fn emit_with_ack(
        &self,
        emit: Emit<'_>,
        timeout: Duration,
    ) -> Later<'static, Result<Vec<Args>, BroadcastError>> {
        let asked: Vec<_> = self
            .members()
            .iter()
            .map(|nsp| nsp.0.adapter.emit_with_ack(emit, timeout))
            .collect();
        Box::pin(async move {
            let (mut responses, mut missing) = (Vec::new(), 0);
            for asked in asked {
                match asked.await {
                    Ok(got) => responses.extend(got),
                    Err(BroadcastError::Partial {
                        responses: got,
                        missing: m,
                    }) => {
                        responses.extend(got);
                        missing += m;
                    }
                    Err(e @ (BroadcastError::Send(_) | BroadcastError::Adapter(_))) => {
                        return Err(e);
                    }
                }
            }
            match missing {
                0 => Ok(responses),
                missing => Err(BroadcastError::Partial { responses, missing }),
            }
        })
    }

    fn act(&self, selection: &Selection, action: &Action) -> Result<(), AdapterError> {
        self.members()
            .iter()
            .try_for_each(|nsp| nsp.0.adapter.act(selection, action))
    }

    fn fetch_sockets(
        &self,
        selection: Selection,
    ) -> Later<'_, Result<Vec<RemoteSocket>, AdapterError>> {
        Box::pin(async move {
            let mut all = Vec::new();
            for nsp in self.members() {
                all.extend(nsp.0.adapter.fetch_sockets(selection.clone()).await?);
            }
            Ok(all)
        })
    }

    fn server_side_emit(&self, event: &str, args: &Encoded) -> Result<(), AdapterError> {
        self.members()
            .iter()
            .try_for_each(|nsp| nsp.0.adapter.server_side_emit(event, args))
    }

    fn server_side_emit_with_ack(
        &self,
        _: &str,
        _: &Encoded,
        _: Duration,
    ) -> Later<'_, Result<Vec<Args>, BroadcastError>> {
        let error = "a family of namespaces cannot ask other servers: ask as one of its members";
        Box::pin(async move { Err(BroadcastError::Adapter(AdapterError(error.into()))) })
    }

    fn server_count(&self) -> Later<'_, Result<usize, AdapterError>> {
        Box::pin(async move {
            match self.members().first() {
                Some(nsp) => nsp.0.adapter.server_count().await,
                None => Ok(1),
            }
        })
    }
}

impl fmt::Debug for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dynamic").field(&self.parent).finish()
    }
}
