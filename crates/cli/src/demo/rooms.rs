//! The rules of the chat: who is in which room, what may be said, what is remembered.
//!
//! No sockets and no clocks: a member is named by an opaque id (of its connection), the time is an
//! argument. What has to be sent to whom is in the returned values; `chat.rs` sends it.

use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    hash::Hash,
};

/// Characters in a name or in the name of a room, after trimming.
const NAME: usize = 32;
/// Characters in a message.
const TEXT: usize = 2_000;
/// Bytes in a picture.
const PICTURE: usize = 512 * 1024;
/// Characters in the name of a picture's file; the rest is cut off.
const FILE_NAME: usize = 128;
/// Bytes in the secret of a page.
const KEY: usize = 128;
/// Messages a room remembers.
const HISTORY: usize = 50;
/// Empty rooms whose messages are still remembered.
const EMPTY_ROOMS: usize = 16;

/// A request to enter a room.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Join {
    pub(crate) name: String,
    pub(crate) room: String,
    /// A secret of the page, with which it takes its name back from a connection it has lost.
    pub(crate) key: String,
}

/// A message as it is sent and remembered. `at` is in milliseconds since 1970 and unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Message {
    pub(crate) author: String,
    pub(crate) text: String,
    pub(crate) at: u64,
}

/// What the one who joined is told, and what is due to others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Joined<Id> {
    pub(crate) name: String,
    pub(crate) room: String,
    pub(crate) members: Vec<String>,
    pub(crate) history: Vec<Message>,
    /// The room that was left to enter this one.
    pub(crate) left: Option<Left>,
    /// The lost connection whose place this one took: to the others nobody came or went.
    pub(crate) replaced: Option<Id>,
}

/// Somebody left a room; these members remain.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) name: String,
    pub(crate) room: String,
    pub(crate) members: Vec<String>,
}

/// What may be passed on to the others in a room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) author: String,
    pub(crate) room: String,
    pub(crate) at: u64,
}

/// Why a request is refused; the text is for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Name,
    Room,
    Key,
    Taken,
    Outside,
    Text,
    NotAPicture,
    TooLarge,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => write!(
                f,
                "Your name must have 1 to {NAME} characters, on one line."
            ),
            Self::Room => write!(f, "The room must have 1 to {NAME} characters, on one line."),
            Self::Key => write!(f, "The key is longer than {KEY} bytes."),
            Self::Taken => {
                f.write_str("Somebody with this name is already there. Please take another name.")
            }
            Self::Outside => f.write_str("Join a room first."),
            Self::Text => write!(f, "A message must have 1 to {TEXT} characters."),
            Self::NotAPicture => {
                f.write_str("Only pictures can be sent (PNG, JPEG, GIF, WebP or AVIF).")
            }
            Self::TooLarge => write!(f, "A picture may have {} KiB.", PICTURE / 1024),
        }
    }
}

#[derive(Debug)]
struct Member<Id> {
    id: Id,
    name: String,
    key: String,
}

#[derive(Debug)]
struct Room<Id> {
    members: Vec<Member<Id>>,
    history: VecDeque<Message>,
}

impl<Id> Room<Id> {
    fn names(&self) -> Vec<String> {
        self.members
            .iter()
            .map(|member| member.name.clone())
            .collect()
    }
}

/// All rooms of a server. A room begins when somebody enters; the last few that emptied keep their
/// messages, so that a page which is loaded again finds them.
#[derive(Debug)]
pub(crate) struct Rooms<Id> {
    rooms: HashMap<String, Room<Id>>,
    /// The room each member is in.
    seats: HashMap<Id, String>,
    /// Empty rooms, the longest empty first.
    empty: VecDeque<String>,
    last: u64,
}

impl<Id: Clone + Eq + Hash> Rooms<Id> {
    pub(crate) fn new() -> Self {
        Self {
            rooms: HashMap::new(),
            seats: HashMap::new(),
            empty: VecDeque::new(),
            last: 0,
        }
    }

    /// Enters a room, leaving the one before. Names differ by more than case within a room.
    pub(crate) fn join(&mut self, id: &Id, wish: &Join) -> Result<Joined<Id>, Refusal> {
        let name = label(&wish.name).ok_or(Refusal::Name)?;
        let room = label(&wish.room).ok_or(Refusal::Room)?;
        if wish.key.len() > KEY {
            return Err(Refusal::Key);
        }
        let replaced = self.replaces(id, &name, &room, &wish.key)?;
        if let Some(lost) = &replaced {
            self.leave(lost);
        }
        let left = self.leave(id);
        self.empty.retain(|empty| *empty != room);
        self.seats.insert(id.clone(), room.clone());
        let entered = self.rooms.entry(room.clone()).or_insert_with(|| Room {
            members: Vec::new(),
            history: VecDeque::new(),
        });
        entered.members.push(Member {
            id: id.clone(),
            name: name.clone(),
            key: wish.key.clone(),
        });
        let (members, history) = (entered.names(), entered.history.iter().cloned().collect());
        Ok(Joined {
            name,
            room,
            members,
            history,
            left,
            replaced,
        })
    }

    /// The connection that has this name and lost it to a page that knows its key.
    fn replaces(&self, id: &Id, name: &str, room: &str, key: &str) -> Result<Option<Id>, Refusal> {
        let folded = name.to_lowercase();
        let members = self.rooms.get(room).map_or(&[][..], |room| &room.members);
        match members
            .iter()
            .find(|member| member.id != *id && member.name.to_lowercase() == folded)
        {
            None => Ok(None),
            Some(member) if !key.is_empty() && member.key == key => Ok(Some(member.id.clone())),
            Some(_) => Err(Refusal::Taken),
        }
    }

    /// Leaves the room, if in one: on request, or because the connection ended.
    pub(crate) fn leave(&mut self, id: &Id) -> Option<Left> {
        let room = self.seats.remove(id)?;
        let left = self.rooms.get_mut(&room)?;
        let place = left.members.iter().position(|member| member.id == *id)?;
        let name = left.members.remove(place).name;
        let members = left.names();
        if members.is_empty() {
            self.empty.push_back(room.clone());
        }
        if self.empty.len() > EMPTY_ROOMS
            && let Some(oldest) = self.empty.pop_front()
        {
            self.rooms.remove(&oldest);
        }
        Some(Left {
            name,
            room,
            members,
        })
    }

    /// Says something to the room; it is remembered.
    pub(crate) fn message(
        &mut self,
        id: &Id,
        text: &str,
        now: u64,
    ) -> Result<(String, Message), Refusal> {
        if text.trim().is_empty() || text.chars().count() > TEXT {
            return Err(Refusal::Text);
        }
        let Said { author, room, at } = self.say(id, now)?;
        let message = Message {
            author,
            text: text.to_owned(),
            at,
        };
        if let Some(room) = self.rooms.get_mut(&room) {
            room.history.push_back(message.clone());
            if room.history.len() > HISTORY {
                room.history.pop_front();
            }
        }
        Ok((room, message))
    }

    /// Shows the room a picture of `size` bytes; it is not remembered.
    pub(crate) fn picture(
        &mut self,
        id: &Id,
        mime: &str,
        size: usize,
        now: u64,
    ) -> Result<Said, Refusal> {
        if !is_raster(mime) || size == 0 {
            return Err(Refusal::NotAPicture);
        }
        if size > PICTURE {
            return Err(Refusal::TooLarge);
        }
        self.say(id, now)
    }

    /// The name and the room of this member.
    pub(crate) fn seat(&self, id: &Id) -> Option<(&str, &str)> {
        let room = self.seats.get(id)?;
        let member = self
            .rooms
            .get(room)?
            .members
            .iter()
            .find(|member| member.id == *id)?;
        Some((&member.name, room))
    }

    fn say(&mut self, id: &Id, now: u64) -> Result<Said, Refusal> {
        let (author, room) = self.seat(id).ok_or(Refusal::Outside)?;
        let (author, room) = (author.to_owned(), room.to_owned());
        Ok(Said {
            author,
            room,
            at: self.at(now),
        })
    }

    /// The time of something said: now, but always later than all before.
    pub(crate) fn at(&mut self, now: u64) -> u64 {
        self.last = now.max(self.last.saturating_add(1));
        self.last
    }
}

/// A name as it is used: trimmed, of the right length, without control characters.
fn label(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=NAME).contains(&text.chars().count());
    (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

/// The first characters of the name of a file.
pub(crate) fn file_name(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_control())
        .take(FILE_NAME)
        .collect()
}

/// Whether this is the type of a picture that is only a picture: an SVG can run scripts.
fn is_raster(mime: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b".+-".contains(&c);
    mime.strip_prefix("image/").is_some_and(|kind| {
        (1..=32).contains(&kind.len()) && kind.bytes().all(plain) && !kind.starts_with("svg")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(name: &str, room: &str) -> Join {
        Join {
            name: name.into(),
            room: room.into(),
            key: String::new(),
        }
    }

    fn keyed(name: &str, key: &str) -> Join {
        Join {
            key: key.into(),
            ..wish(name, "lobby")
        }
    }

    fn lobby(names: &[&str]) -> Rooms<u32> {
        let mut rooms = Rooms::new();
        for (id, name) in (1..).zip(names) {
            rooms.join(&id, &wish(name, "lobby")).unwrap();
        }
        rooms
    }

    #[test]
    fn names_and_rooms_are_trimmed_and_bounded() {
        let long = "é".repeat(33);
        for (name, room, expected) in [
            ("", "lobby", Err(Refusal::Name)),
            ("  \t ", "lobby", Err(Refusal::Name)),
            (&long[..], "lobby", Err(Refusal::Name)),
            ("a\nb", "lobby", Err(Refusal::Name)),
            ("Ada", " ", Err(Refusal::Room)),
            ("Ada", &long, Err(Refusal::Room)),
            ("  Ada ", " lobby\n", Ok(("Ada", "lobby"))),
            (&long[..64], &long[..64], Ok((&long[..64], &long[..64]))),
        ] {
            let joined = Rooms::new().join(&1, &wish(name, room));
            let got = joined
                .as_ref()
                .map(|joined| (&joined.name[..], &joined.room[..]))
                .map_err(|refusal| *refusal);
            assert_eq!(got, expected, "{name:?} {room:?}");
        }
    }

    #[test]
    fn a_name_is_used_once_in_a_room() {
        let mut rooms = lobby(&["Ada"]);
        assert_eq!(rooms.join(&2, &wish("ADA", "lobby")), Err(Refusal::Taken));
        assert_eq!(rooms.seat(&2), None);
        assert!(rooms.join(&2, &wish("Ada", "garden")).is_ok());
        assert!(
            rooms.join(&1, &wish("ada", "lobby")).is_ok(),
            "one may change the case of one's own name"
        );
    }

    #[test]
    fn a_key_takes_a_lost_name_back() {
        let mut rooms = Rooms::new();
        rooms.join(&1, &keyed("Ada", "secret")).unwrap();
        assert_eq!(rooms.join(&2, &keyed("Ada", "guess")), Err(Refusal::Taken));
        assert_eq!(rooms.join(&2, &keyed("Ada", "")), Err(Refusal::Taken));
        let joined = rooms.join(&2, &keyed("Ada", "secret")).unwrap();
        assert_eq!(
            (joined.replaced, joined.members),
            (Some(1), vec!["Ada".to_owned()])
        );
        assert_eq!(
            rooms.leave(&1),
            None,
            "the lost connection has nothing left to leave"
        );
        assert_eq!(rooms.seat(&2), Some(("Ada", "lobby")));
        assert_eq!(
            rooms.join(&3, &keyed("Bob", &"k".repeat(KEY + 1))),
            Err(Refusal::Key)
        );
    }

    #[test]
    fn an_empty_key_takes_nothing() {
        let mut rooms = lobby(&["Ada"]);
        assert_eq!(rooms.join(&2, &keyed("Ada", "")), Err(Refusal::Taken));
    }

    #[test]
    fn entering_a_room_leaves_the_one_before() {
        let mut rooms = lobby(&["Ada", "Bob"]);
        let joined = rooms.join(&1, &wish("Ada", "garden")).unwrap();
        let left = Left {
            name: "Ada".into(),
            room: "lobby".into(),
            members: vec!["Bob".into()],
        };
        assert_eq!(joined.left, Some(left));
        assert_eq!(rooms.seat(&1), Some(("Ada", "garden")));
    }

    #[test]
    fn leaving_happens_once() {
        let mut rooms = lobby(&["Ada", "Bob"]);
        assert_eq!(rooms.leave(&1).unwrap().members, ["Bob"]);
        assert_eq!(rooms.leave(&1), None);
        assert_eq!(rooms.message(&1, "hi", 0), Err(Refusal::Outside));
    }

    #[test]
    fn messages_are_bounded_and_remembered() {
        let mut rooms = lobby(&["Ada"]);
        for (text, refused) in [
            ("", true),
            (" \n", true),
            (&"é".repeat(TEXT + 1), true),
            (&"é".repeat(TEXT), false),
        ] {
            assert_eq!(
                rooms.message(&1, text, 0).err(),
                refused.then_some(Refusal::Text),
                "{}",
                text.len()
            );
        }
        for number in 0..HISTORY {
            rooms.message(&1, &number.to_string(), 0).unwrap();
        }
        let history = rooms.join(&2, &wish("Bob", "lobby")).unwrap().history;
        assert_eq!(history.len(), HISTORY);
        assert_eq!((&history[0].text[..], &history[0].author[..]), ("0", "Ada"));
    }

    #[test]
    fn times_grow_even_if_the_clock_does_not() {
        let mut rooms = lobby(&["Ada"]);
        let times: Vec<_> = [50, 50, 20, 99]
            .map(|now| rooms.message(&1, "hi", now).unwrap().1.at)
            .to_vec();
        assert_eq!(times, [50, 51, 52, 99]);
    }

    #[test]
    fn pictures_are_raster_images_within_the_limit() {
        let mut rooms = lobby(&["Ada"]);
        for (mime, size, expected) in [
            ("image/png", PICTURE, None),
            ("image/x-icon", 1, None),
            ("image/png", PICTURE + 1, Some(Refusal::TooLarge)),
            ("image/png", 0, Some(Refusal::NotAPicture)),
            ("image/svg+xml", 1, Some(Refusal::NotAPicture)),
            ("text/html", 1, Some(Refusal::NotAPicture)),
            ("image/", 1, Some(Refusal::NotAPicture)),
            ("image/png, text/html", 1, Some(Refusal::NotAPicture)),
            ("IMAGE/SVG", 1, Some(Refusal::NotAPicture)),
        ] {
            assert_eq!(
                rooms.picture(&1, mime, size, 0).err(),
                expected,
                "{mime} {size}"
            );
        }
        assert_eq!(rooms.picture(&9, "image/png", 1, 0), Err(Refusal::Outside));
    }

    #[test]
    fn a_room_that_emptied_keeps_its_messages_for_a_while() {
        let mut rooms = lobby(&["Ada"]);
        rooms.message(&1, "hi", 0).unwrap();
        rooms.leave(&1);
        assert_eq!(
            rooms.join(&2, &wish("Bob", "lobby")).unwrap().history.len(),
            1
        );
        rooms.leave(&2);
        for number in 0..EMPTY_ROOMS {
            rooms
                .join(&3, &wish("Eve", &format!("room {number}")))
                .unwrap();
        }
        rooms.leave(&3);
        assert_eq!(rooms.rooms.len(), EMPTY_ROOMS);
        assert!(
            rooms
                .join(&4, &wish("Bob", "lobby"))
                .unwrap()
                .history
                .is_empty()
        );
    }

    #[test]
    fn file_names_are_cut_and_cleaned() {
        assert_eq!(file_name("a\nb.png"), "ab.png");
        assert_eq!(file_name(&"é".repeat(200)).chars().count(), FILE_NAME);
    }
}
