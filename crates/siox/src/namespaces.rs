//! All namespaces of a server: those it has by name, and the families that make them as they are asked
//! for.

use crate::{
    Namespace,
    namespace::{Dynamic, Names, Shared, Stay, Visitors},
};
use siox_socketio::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

type Hook = dyn Fn(&Namespace) + Send + Sync;

#[derive(Default)]
pub(crate) struct Namespaces {
    named: RwLock<BTreeMap<Box<str>, Namespace>>,
    /// Asked in the order of their making.
    families: RwLock<Vec<Arc<Dynamic>>>,
    made: RwLock<Vec<Arc<Hook>>>,
    /// Whether a dynamic namespace goes when nobody is in it.
    clean: bool,
}

impl Namespaces {
    pub(crate) fn new(clean: bool) -> Self {
        Self {
            clean,
            ..Self::default()
        }
    }

    pub(crate) fn on_new(&self, hook: impl Fn(&Namespace) + Send + Sync + 'static) {
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        made.push(Arc::new(hook));
    }

    fn tell_new(&self, nsp: &Namespace) {
        let made = self
            .made
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        made.iter().for_each(|hook| hook(nsp));
    }

    pub(crate) fn get_or_make(&self, name: &str, shared: &Arc<Shared>) -> Namespace {
        let name = with_slash(name);
        let mut new = false;
        let nsp = self
            .named
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(name.as_str().into())
            .or_insert_with(|| {
                new = true;
                Namespace::new(&name, shared.clone(), None, Visitors::default())
            })
            .clone();
        if new && name != "/" {
            self.tell_new(&nsp);
        }
        nsp
    }

    pub(crate) fn add_family(&self, name: &str, names: Names, shared: &Arc<Shared>) -> Namespace {
        let family = Arc::new(Dynamic::new(name, names, shared, self.clean));
        let parent = family.parent.clone();
        let mut families = self
            .families
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        families.push(family);
        parent
    }

    fn families(&self) -> Vec<Arc<Dynamic>> {
        self.families
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The namespace of this name, if it is there.
    pub(crate) fn find(&self, name: &str) -> Option<Stay> {
        let named = self
            .named
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned();
        match named {
            Some(nsp) => Some(Stay::new(nsp)),
            None => self.families().iter().find_map(|f| f.find(name)),
        }
    }

    /// The namespace of this name, made by the first family that allows it.
    pub(crate) async fn make(&self, name: &str, auth: &Value) -> Option<Stay> {
        for family in self.families() {
            if family.allows(name, auth).await {
                let (stay, new) = family.make(name)?;
                if new {
                    self.tell_new(stay.nsp());
                }
                return Some(stay);
            }
        }
        None
    }

    /// All there are, the dynamic ones too.
    pub(crate) fn all(&self) -> Vec<Namespace> {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = named.values().cloned().collect();
        drop(named);
        all.extend(self.families().iter().flat_map(|f| f.children()));
        all
    }
}

pub(crate) fn with_slash(name: &str) -> String {
    match name.strip_prefix('/') {
        Some(_) => name.to_owned(),
        None => format!("/{name}"),
    }
}
