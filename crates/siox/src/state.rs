//! What handlers share: one value per type.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
};

/// Values by type; looked up, never iterated.
#[derive(Default)]
pub(crate) struct States {
    map: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl States {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.map.insert(TypeId::of::<T>(), Box::new(value));
    }

    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.map.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "States({})", self.map.len())
    }
}
