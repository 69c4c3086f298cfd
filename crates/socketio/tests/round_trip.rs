//! Whatever goes in comes out: random values with binary leaves, through our encoder and decoder.

mod common;

use bytes::Bytes;
use common::{Peer, Sent};
use proptest::{collection::vec, prelude::*};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use siox_socketio::{Config, Encoded, Event, Packet, Value, ValueKind, View};
use siox_wire::Admit;

/// The naive tree that the flat value must agree with.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Bytes),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => s.serialize_unit(),
            Self::Bool(b) => s.serialize_bool(*b),
            Self::Int(n) => s.serialize_i64(*n),
            Self::Float(n) => s.serialize_f64(*n),
            Self::Text(t) => s.serialize_str(t),
            Self::Bytes(b) => s.serialize_bytes(b),
            Self::Array(items) => {
                let mut seq = s.serialize_seq(None)?;
                items.iter().try_for_each(|i| seq.serialize_element(i))?;
                seq.end()
            }
            Self::Object(members) => {
                let mut map = s.serialize_map(None)?;
                members
                    .iter()
                    .try_for_each(|(k, v)| map.serialize_entry(k, v))?;
                map.end()
            }
        }
    }
}

fn tree(view: View<'_>) -> Tree {
    match view.kind() {
        ValueKind::Null => Tree::Null,
        ValueKind::Bool => Tree::Bool(view.as_bool().unwrap()),
        ValueKind::Number => view
            .as_i64()
            .map_or_else(|| Tree::Float(view.as_f64().unwrap()), Tree::Int),
        ValueKind::String => Tree::Text(view.as_str().unwrap().into_owned()),
        ValueKind::Binary => Tree::Bytes(view.as_bytes().unwrap().clone()),
        ValueKind::Array => Tree::Array(view.items().map(tree).collect()),
        ValueKind::Object => Tree::Object(
            view.members()
                .map(|(k, v)| (k.into_owned(), tree(v)))
                .collect(),
        ),
    }
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::Int),
        any::<f64>()
            .prop_filter("finite", |f| f.is_finite())
            .prop_map(Tree::Float),
        any::<String>().prop_map(Tree::Text),
        vec(any::<u8>(), 0..9).prop_map(|b| Tree::Bytes(b.into())),
    ];
    leaf.prop_recursive(5, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Tree::Array),
            vec(("[a-c\\PC]{0,3}", inner), 0..5).prop_map(Tree::Object),
        ]
    })
}

/// Carries a group from one machine's sink into another machine.
fn carry(sent: &[Sent], owned: bool) -> Packet<'static> {
    let mut peer = Peer::with(Config {
        max_attachments: 9999,
        ..Config::default()
    });
    peer.join("/");
    let mut last = None;
    for message in sent {
        assert!(last.is_none(), "nothing comes before the last attachment");
        let message = match message {
            Sent::Text(text) => siox_wire::Message::from(&**text),
            Sent::Binary(bytes) => siox_wire::Message::from(&**bytes),
        };
        let message = if owned { message.into_owned() } else { message };
        last = peer
            .connection
            .handle_message(peer.now, message, &mut peer.out)
            .unwrap()
            .map(|event| match event {
                Event::Event { packet, .. } => packet.into_owned(),
                other => panic!("{other:?}"),
            });
    }
    last.unwrap()
}

fn send(encoded: &Encoded) -> Vec<Sent> {
    let mut peer = Peer::with(Config {
        max_attachments: 9999,
        ..Config::default()
    });
    let slot = peer.join("/");
    peer.connection
        .emit(slot, encoded, Admit::Normal, &mut peer.out)
        .unwrap();
    peer.out.sent
}

proptest! {
    #[test]
    fn values_survive(trees in vec(any_tree(), 0..4), name in "[^\\x00]{0,12}") {
        prop_assume!(!siox_socketio::is_reserved(&name));
        // Several arguments from one value: what a tuple does.
        let mut args = Vec::new();
        for t in &trees {
            args.push(Value::from_serialize(t).unwrap());
        }
        let encoded = match &args[..] {
            [] => Encoded::event(&name, &()),
            [a] => Encoded::event(&name, a),
            [a, b] => Encoded::event(&name, &(a, b)),
            [a, b, c] => Encoded::event(&name, &(a, b, c)),
            _ => unreachable!(),
        }.unwrap();
        let sent = send(&encoded);
        let packet = carry(&sent, false);
        prop_assert_eq!(&packet, &carry(&sent, true));
        prop_assert_eq!(packet.name(), &*name);
        prop_assert_eq!(packet.len(), trees.len());

        let value = packet.args_value();
        let got: Vec<Tree> = value.items().map(tree).collect();
        prop_assert_eq!(&got, &trees);
        for (item, arg) in value.items().zip(&args) {
            prop_assert_eq!(&item.to_value(), arg);
            prop_assert_eq!(&item.decode::<Value>().unwrap(), arg);
        }
        if let Some(first) = args.first() {
            prop_assert_eq!(&packet.decode::<Value>().unwrap(), first);
        }
        // Passing through, typed or not, changes nothing.
        let relayed = Encoded::relay_event(&name, &packet).unwrap();
        prop_assert_eq!(relayed, encoded);
        let array = Value::array(args).unwrap();
        prop_assert_eq!(Value::from_serialize(&trees).unwrap(), array.clone());
        prop_assert_eq!(array, value);
    }

    #[test]
    fn json_is_what_serde_json_writes(tree in any_tree()) {
        let tree = comparable(tree);
        let value = Value::from_serialize(&tree).unwrap();
        let json = serde_json::to_string(&tree).unwrap();
        prop_assert_eq!(value.json(), &json);
        prop_assert_eq!(serde_json::to_string(&value).unwrap(), json.clone());
        prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value.clone());
        prop_assert_eq!(json.parse::<Value>().unwrap(), value);
    }
}

/// Without what the two write differently: doubles (another form of the same number) and bytes.
fn comparable(tree: Tree) -> Tree {
    match tree {
        Tree::Float(n) => Tree::Int(n.to_bits().cast_signed()),
        Tree::Bytes(b) => Tree::Bool(b.is_empty()),
        Tree::Array(items) => Tree::Array(items.into_iter().map(comparable).collect()),
        Tree::Object(members) => Tree::Object(
            members
                .into_iter()
                .map(|(k, v)| (k, comparable(v)))
                .collect(),
        ),
        leaf => leaf,
    }
}
