//! Whom an operation concerns: rooms to reach and rooms to leave out, as plain data.

use std::{fmt, sync::Arc};

/// Sockets of a namespace, described by rooms. Every socket is a member of the room of its own id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    pub(crate) to: Vec<String>,
    pub(crate) except: Vec<String>,
    pub(crate) sender: Option<Sender>,
    pub(crate) local: bool,
}

/// The socket that an operation is called on, which is not concerned itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) number: u64,
    pub(crate) id: Arc<str>,
}

impl fmt::Debug for Sender {
    /// Without the id, which is a credential with clients of 2.x.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.number)
    }
}

impl Selection {
    /// The members of any room in `to` (everybody, if it is empty) who are in no room in `except`.
    #[must_use]
    pub fn new(to: Vec<String>, except: Vec<String>) -> Self {
        Self {
            to,
            except,
            sender: None,
            local: false,
        }
    }

    /// The rooms whose members are meant; none means everybody.
    #[must_use]
    pub fn to(&self) -> &[String] {
        &self.to
    }

    /// The rooms whose members are not meant, the sender's own among them.
    pub fn except(&self) -> impl Iterator<Item = &str> {
        let sender = self.sender.iter().map(|s| &*s.id);
        self.except.iter().map(String::as_str).chain(sender)
    }

    /// Whether only sockets of this node are meant.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Whether a socket that is in these rooms is meant.
    #[must_use]
    pub fn meets(&self, rooms: &[&str]) -> bool {
        let wanted =
            self.to.is_empty() || self.to.iter().any(|room| rooms.contains(&room.as_str()));
        wanted && !self.except().any(|room| rooms.contains(&room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_meet() {
        let of = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        for (to, except, rooms, meets) in [
            (&[][..], &[][..], &["id"][..], true),
            (&[], &["id"], &["id"], false),
            (&["a"], &[], &["id"], false),
            (&["a", "b"], &[], &["id", "b"], true),
            (&["a"], &["b"], &["a", "b"], false),
        ] {
            let selection = Selection::new(of(to), of(except));
            assert_eq!(selection.meets(rooms), meets, "{selection:?} {rooms:?}");
        }
    }

    #[test]
    fn the_sender_is_left_out_by_its_own_room() {
        let selection = Selection {
            sender: Some(Sender {
                number: 7,
                id: "me".into(),
            }),
            ..Selection::default()
        };
        assert!(!selection.meets(&["me"]));
        assert!(selection.meets(&["you"]));
    }
}
