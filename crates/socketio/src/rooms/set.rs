//! A sorted set that is mostly walked through: runs of a few hundred members, one behind the other in memory;
//! one run while it is small, and without memory of its own for the only one, as most rooms are.

use alloc::{vec, vec::Vec};
use core::{mem, slice};

/// Up to this many members are one run.
const FEW: usize = 32;
/// A run that would become longer is cut in two.
const RUN: usize = 512;

#[derive(Debug, Clone)]
pub(super) enum Set<K> {
    /// A room of one's own is the commonest of all.
    One(K),
    Few(Vec<K>),
    Many(Runs<K>),
}

/// More than a few members.
#[derive(Debug, Clone)]
pub(super) struct Runs<K> {
    /// None is empty, and each is behind the one before.
    runs: Vec<Vec<K>>,
    len: usize,
}

impl<K: Ord> Runs<K> {
    /// The run in which `k` is, or would be.
    fn run_of(&self, k: &K) -> usize {
        let behind = |run: &Vec<K>| run.first().is_some_and(|first| first <= k);
        self.runs.partition_point(behind).saturating_sub(1)
    }

    fn contains(&self, k: &K) -> bool {
        let run = self.runs.get(self.run_of(k));
        run.is_some_and(|run| run.binary_search(k).is_ok())
    }

    fn insert(&mut self, k: K) -> bool {
        let at = self.run_of(&k);
        let Some(run) = self.runs.get_mut(at) else {
            self.runs.push(vec![k]);
            self.len = 1;
            return true;
        };
        let Err(place) = run.binary_search(&k) else {
            return false;
        };
        self.len = self.len.saturating_add(1);
        if run.len() < RUN {
            run.insert(place, k);
            return true;
        }
        // Members mostly come in order: then the run that is full stays so.
        let mut rest = match place == run.len() {
            true => Vec::new(),
            false => run.split_off(RUN / 2),
        };
        match place.checked_sub(run.len()) {
            Some(place) => rest.insert(place, k),
            None => run.insert(place, k),
        }
        self.runs.insert(at.saturating_add(1), rest);
        true
    }

    fn remove(&mut self, k: &K) -> bool {
        let at = self.run_of(k);
        let Some(run) = self.runs.get_mut(at) else {
            return false;
        };
        let Ok(place) = run.binary_search(k) else {
            return false;
        };
        run.remove(place);
        self.len = self.len.saturating_sub(1);
        if run.is_empty() {
            self.runs.remove(at);
        } else if run.len() < run.capacity() / 4 {
            run.shrink_to_fit();
        }
        true
    }
}

impl<K: Ord> Set<K> {
    pub(super) const fn new() -> Self {
        Self::Few(Vec::new())
    }

    pub(super) fn contains(&self, k: &K) -> bool {
        match self {
            Self::One(one) => one == k,
            Self::Few(few) => few.binary_search(k).is_ok(),
            Self::Many(many) => many.contains(k),
        }
    }

    /// Says whether it was not there.
    pub(super) fn insert(&mut self, k: K) -> bool {
        match self {
            Self::One(one) if *one == k => false,
            Self::One(_) => {
                if let Self::One(one) = mem::replace(self, Self::new()) {
                    let few = if one < k { vec![one, k] } else { vec![k, one] };
                    *self = Self::Few(few);
                }
                true
            }
            Self::Few(few) if few.is_empty() => {
                *self = Self::One(k);
                true
            }
            Self::Few(few) => {
                let Err(at) = few.binary_search(&k) else {
                    return false;
                };
                few.insert(at, k);
                if few.len() > FEW {
                    *self = Self::Many(Runs {
                        len: few.len(),
                        runs: vec![mem::take(few)],
                    });
                }
                true
            }
            Self::Many(many) => many.insert(k),
        }
    }

    /// Says whether it was there.
    pub(super) fn remove(&mut self, k: &K) -> bool {
        match self {
            Self::One(one) => {
                let found = one == k;
                if found {
                    *self = Self::new();
                }
                found
            }
            Self::Few(few) => {
                let at = few.binary_search(k);
                at.map(|at| few.remove(at)).is_ok()
            }
            Self::Many(many) => {
                let found = many.remove(k);
                if many.len <= FEW / 2 {
                    *self = Self::Few(mem::take(&mut many.runs).into_iter().flatten().collect());
                }
                found
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Few(few) => few.len(),
            Self::Many(many) => many.len,
        }
    }

    /// The members: the first run, which may be empty, and the others, none of which is.
    pub(super) fn runs(&self) -> (&[K], &[Vec<K>]) {
        match self {
            Self::One(one) => (slice::from_ref(one), &[]),
            Self::Few(few) => (few, &[]),
            Self::Many(many) => (&[], &many.runs),
        }
    }

    pub(super) fn iter(&self) -> SetIter<'_, K> {
        SetIter::of(self.runs())
    }
}

/// The members of one run, then those of the next.
#[derive(Debug, Clone)]
pub(super) struct SetIter<'a, K> {
    run: slice::Iter<'a, K>,
    runs: slice::Iter<'a, Vec<K>>,
}

impl<'a, K> SetIter<'a, K> {
    pub(super) fn none() -> Self {
        Self::of((&[], &[]))
    }

    fn of((first, rest): (&'a [K], &'a [Vec<K>])) -> Self {
        Self {
            run: first.iter(),
            runs: rest.iter(),
        }
    }
}

impl<'a, K> Iterator for SetIter<'a, K> {
    type Item = &'a K;

    #[inline]
    fn next(&mut self) -> Option<&'a K> {
        if let Some(member) = self.run.next() {
            return Some(member);
        }
        // No run of many is empty.
        self.run = self.runs.next()?.iter();
        self.run.next()
    }

    #[inline]
    fn fold<B, F: FnMut(B, &'a K) -> B>(self, init: B, mut each: F) -> B {
        let begun = self.run.fold(init, &mut each);
        self.runs
            .fold(begun, |folded, run| run.iter().fold(folded, &mut each))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use proptest::prelude::*;

    proptest! {
        /// It is a sorted set, however its members come and go.
        #[test]
        fn is_a_sorted_set(steps in proptest::collection::vec((any::<bool>(), 0u16..1500), 0..4000), ordered in 0u16..1600) {
            let (mut set, mut model) = (Set::new(), BTreeSet::new());
            for k in 0..ordered {
                prop_assert_eq!(set.insert(k), model.insert(k));
            }
            for (comes, k) in steps {
                prop_assert_eq!(set.contains(&k), model.contains(&k));
                match comes {
                    true => prop_assert_eq!(set.insert(k), model.insert(k)),
                    false => prop_assert_eq!(set.remove(&k), model.remove(&k)),
                }
                prop_assert_eq!(set.len(), model.len());
            }
            prop_assert!(set.iter().eq(model.iter()));
            let folded = set.iter().skip(1).fold(Vec::new(), |mut all, k| {
                all.push(k);
                all
            });
            prop_assert!(folded.into_iter().eq(model.iter().skip(1)));
            for k in mem::take(&mut model) {
                prop_assert!(set.remove(&k));
            }
            prop_assert_eq!((set.len(), set.iter().count()), (0, 0));
        }
    }
}
