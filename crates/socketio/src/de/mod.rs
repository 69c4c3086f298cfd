//! Typed values straight from text: no tree is made. A placeholder reads as bytes. The recursion of nested types ends
//! where the scan's depth limit does. Text need not have been checked before: what is no JSON is an error.

mod access;
mod args;
mod key;
mod number;
mod reader;
mod value;

pub(crate) use args::{decode_args, decode_unchecked};
pub(crate) use reader::{Reader, Source};

use crate::DecodeError;
use serde::Deserialize;

/// The name by which [`Value`](crate::Value) asks this deserializer for raw text.
pub(crate) const RAW: &str = "$siox::raw";

/// The one value of a text.
pub(crate) fn decode_one<'a, T: Deserialize<'a>>(source: Source<'a>) -> Result<T, DecodeError> {
    T::deserialize(&mut Reader::new(source, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{
        collections::BTreeMap,
        format,
        string::{String, ToString},
        vec::Vec,
    };
    use proptest::prelude::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Order {
        name: String,
        price: f64,
        sku: i64,
        tags: Vec<String>,
        grid: Vec<Vec<u16>>,
        more: Option<BTreeMap<String, bool>>,
    }

    fn agree(text: &str) {
        let ours: Option<Order> = decode_one(Source::text(text)).ok();
        assert_eq!(ours, serde_json::from_str(text).ok(), "{text}");
    }

    proptest! {
        #[test]
        fn an_object_of_any_form_is_what_serde_json_makes_of_it(
            strings in proptest::collection::vec("[a-z]{0,30}[\u{20}-\u{7ff}]{0,3}[a-z]{0,12}", 1..5),
            price in "-?(0|[1-9][0-9]{0,6})(\\.[0-9]{1,8})?(e-?[1-9])?",
            sku: i64,
            bits in 0u32..64,
            grid in proptest::collection::vec(proptest::collection::vec(any::<u16>(), 0..12), 0..4),
            (a, b) in ("[ \n\t]{0,20}", " ?"),
            rotate in 0usize..7,
        ) {
            let quoted: Vec<String> = strings.iter().map(|s| serde_json::to_string(s).unwrap()).collect();
            let sku = (sku >> bits).to_string();
            let members = strings.iter().map(|s| (s.as_str(), s.len() > 3));
            let mut members: Vec<String> = [
                ("name", quoted[0].clone()),
                ("price", price),
                ("sku", sku),
                ("tags", format!("[{a}{}{a}]", quoted.join(&format!("{b},{a}")))),
                ("grid", serde_json::to_string(&grid).unwrap()),
                ("more", serde_json::to_string(&members.collect::<BTreeMap<_, _>>()).unwrap()),
                ("a name that is not known", "[{\"x\":[1,{}]},\"\\\"]\"]".to_string()),
            ]
            .iter()
            .map(|(key, value)| format!("{a}\"{key}\"{b}:{a}{value}{b}"))
            .collect();
            members.rotate_left(rotate);
            agree(&format!("{{{}}}", members.join(",")));
            members.truncate(6);
            agree(&format!("{{{}}}", members.join(",")));
        }
    }
}
