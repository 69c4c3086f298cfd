//! `cargo xtask bench`: siox beside its peers. Each benchmark is a workspace of its own under `benches/`, one file here; its
//! tables become a section of `benches/RESULTS.md`, or a file beside it.

mod client;
mod engineio;
mod frames;
mod results;
mod server;
mod websocket;

use crate::shell::Result;

pub(crate) fn run(words: &[String]) -> Result {
    let Some((name, rest)) = words.split_first() else {
        return Err("which? `client`, `engineio`, `frames`, `server` or `websocket`".to_owned());
    };
    match name.as_str() {
        "client" => client::run(rest),
        "engineio" => engineio::run(rest),
        "frames" => frames::run(rest),
        "server" => server::run(rest),
        "websocket" => websocket::run(rest),
        other => Err(format!("there is no benchmark `{other}`")),
    }
}
