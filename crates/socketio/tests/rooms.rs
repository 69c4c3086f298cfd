//! Rooms against a naive list of who is where.

use proptest::{collection::vec, prelude::*};
use siox_socketio::{RoomError, Rooms};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn selection() {
    let mut rooms = Rooms::default();
    rooms.add(9);
    for (room, members) in [("a", &[3, 1, 2][..]), ("b", &[2, 4]), ("c", &[4])] {
        for &m in members {
            assert_eq!(rooms.join(room, m), Ok(true));
        }
    }
    assert_eq!(rooms.join("a", 1), Ok(false));
    let select =
        |to: &[&str], except: &[&str]| rooms.select(to, except).copied().collect::<Vec<_>>();
    assert_eq!(select(&[], &[]), [1, 2, 3, 4, 9]);
    assert_eq!(select(&["a"], &[]), [1, 2, 3]);
    assert_eq!(select(&["b", "a"], &[]), [1, 2, 3, 4]);
    assert_eq!(select(&["a", "a", "x"], &["b"]), [1, 3]);
    assert_eq!(select(&[], &["a", "c", "x"]), [9]);
    assert_eq!(select(&["x"], &[]), [0; 0]);
    assert_eq!(rooms.rooms().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(rooms.rooms_of(&2).collect::<Vec<_>>(), ["a", "b"]);
    let left: Vec<String> = rooms
        .leave_all(&4)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(left, ["b", "c"]);
    assert_eq!(rooms.rooms().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((rooms.count("b"), rooms.count("c"), rooms.len()), (1, 0, 4));
}

#[test]
fn rooms_are_counted_for_each_member() {
    let mut rooms = Rooms::new(2);
    for (room, result) in [
        ("a", Ok(true)),
        ("b", Ok(true)),
        ("b", Ok(false)),
        ("c", Err(RoomError::TooManyRooms { limit: 2 })),
    ] {
        assert_eq!(rooms.join(room, 1), result, "{room}");
    }
    assert_eq!(rooms.rooms().count(), 2, "a refused room is not made");
    assert_eq!(rooms.join("c", 2), Ok(true));
    assert!(rooms.leave("a", &1));
    assert_eq!(rooms.join("c", 1), Ok(true));
}

#[derive(Debug, Clone)]
enum Act {
    Add(u8),
    Join(u8, u8),
    Leave(u8, u8),
    LeaveAll(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => (0u8..50).prop_map(Act::Add),
        12 => (0u8..4, 0u8..50).prop_map(|(r, m)| Act::Join(r, m)),
        4 => (0u8..4, 0u8..50).prop_map(|(r, m)| Act::Leave(r, m)),
        2 => (0u8..50).prop_map(Act::LeaveAll),
    ]
}

proptest! {
    #[test]
    fn agrees_with_a_naive_list(acts in vec(act(), 0..400), to in vec(0u8..5, 0..4), except in vec(0u8..5, 0..3)) {
        const NAMES: [&str; 5] = ["a", "b", "c", "d", "nobody"];
        let mut rooms = Rooms::default();
        let mut naive: BTreeMap<u8, BTreeSet<&str>> = BTreeMap::new();
        for act in acts {
            match act {
                Act::Add(m) => {
                    rooms.add(m);
                    naive.entry(m).or_default();
                }
                Act::Join(r, m) => {
                    let room = NAMES[r as usize];
                    prop_assert_eq!(rooms.join(room, m), Ok(naive.entry(m).or_default().insert(room)));
                }
                Act::Leave(r, m) => {
                    let room = NAMES[r as usize];
                    let was = naive.get_mut(&m).is_some_and(|rooms| rooms.remove(room));
                    prop_assert_eq!(rooms.leave(room, &m), was);
                }
                Act::LeaveAll(m) => {
                    let was = naive.remove(&m).unwrap_or_default();
                    let left = rooms.leave_all(&m);
                    prop_assert!(left.iter().map(|r| &**r).eq(was));
                }
            }
        }
        let names = |of: &[u8]| of.iter().map(|&r| NAMES[r as usize]).collect::<Vec<_>>();
        let (to, except) = (names(&to), names(&except));
        let expected: Vec<u8> = naive
            .iter()
            .filter(|(_, rooms)| to.is_empty() || to.iter().any(|r| rooms.contains(r)))
            .filter(|(_, rooms)| !except.iter().any(|r| rooms.contains(r)))
            .map(|(&m, _)| m)
            .collect();
        prop_assert_eq!(rooms.select(&to, &except).copied().collect::<Vec<_>>(), expected);
        for room in NAMES {
            let expected: Vec<u8> = naive.iter().filter(|(_, r)| r.contains(room)).map(|(&m, _)| m).collect();
            prop_assert_eq!(rooms.members(room).copied().collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(rooms.count(room), expected.len());
            prop_assert_eq!(rooms.rooms().any(|r| r == room), !expected.is_empty());
        }
        for (m, expected) in &naive {
            prop_assert!(rooms.rooms_of(m).eq(expected.iter().copied()));
        }
        prop_assert_eq!(rooms.len(), naive.len());
    }
}
