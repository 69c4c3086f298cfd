//! A sorted set: a slice while it is small, as most rooms are, a tree when it is not.

use alloc::{
    collections::{BTreeSet, btree_set},
    vec::Vec,
};
use core::{mem, slice};

/// Up to this many members are a sorted slice.
const FEW: usize = 32;

#[derive(Debug, Clone)]
pub(super) enum Set<K> {
    Few(Vec<K>),
    Many(BTreeSet<K>),
}

impl<K: Ord> Set<K> {
    pub(super) const fn new() -> Self {
        Self::Few(Vec::new())
    }

    pub(super) fn contains(&self, k: &K) -> bool {
        match self {
            Self::Few(few) => few.binary_search(k).is_ok(),
            Self::Many(many) => many.contains(k),
        }
    }

    /// Says whether it was not there.
    pub(super) fn insert(&mut self, k: K) -> bool {
        match self {
            Self::Few(few) => {
                let Err(at) = few.binary_search(&k) else {
                    return false;
                };
                if few.len() < FEW {
                    // A room of one's own is the commonest of all: it holds one place, not four.
                    if few.is_empty() {
                        few.reserve_exact(1);
                    }
                    few.insert(at, k);
                } else {
                    let mut many: BTreeSet<K> = mem::take(few).into_iter().collect();
                    many.insert(k);
                    *self = Self::Many(many);
                }
                true
            }
            Self::Many(many) => many.insert(k),
        }
    }

    /// Says whether it was there.
    pub(super) fn remove(&mut self, k: &K) -> bool {
        match self {
            Self::Few(few) => {
                let at = few.binary_search(k);
                at.map(|at| few.remove(at)).is_ok()
            }
            Self::Many(many) => {
                let found = many.remove(k);
                if many.len() <= FEW / 2 {
                    *self = Self::Few(mem::take(many).into_iter().collect());
                }
                found
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(few) => few.len(),
            Self::Many(many) => many.len(),
        }
    }

    pub(super) fn iter(&self) -> SetIter<'_, K> {
        match self {
            Self::Few(few) => SetIter::Few(few.iter()),
            Self::Many(many) => SetIter::Many(many.iter()),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum SetIter<'a, K> {
    None,
    Few(slice::Iter<'a, K>),
    Many(btree_set::Iter<'a, K>),
}

impl<'a, K> Iterator for SetIter<'a, K> {
    type Item = &'a K;

    #[inline]
    fn next(&mut self) -> Option<&'a K> {
        match self {
            Self::None => None,
            Self::Few(few) => few.next(),
            Self::Many(many) => many.next(),
        }
    }
}
