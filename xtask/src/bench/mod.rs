//! `cargo xtask bench`: siox beside its peers. Each benchmark is a workspace of its own under `benches/`, one file here; its
//! tables become a section of `benches/RESULTS.md`.

mod engineio;
mod frames;
mod results;
mod websocket;

use crate::shell::Result;

pub(crate) fn run(words: &[String]) -> Result {
    let Some((name, rest)) = words.split_first() else {
        return Err("which? `engineio`, `frames` or `websocket`".to_owned());
    };
    match name.as_str() {
        "engineio" => engineio::run(rest),
        "frames" => frames::run(rest),
        "websocket" => websocket::run(rest),
        other => Err(format!("there is no benchmark `{other}`")),
    }
}
