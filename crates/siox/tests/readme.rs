//! The README's server and the example of it are the same, and do what they say.

#[path = "server/client.rs"]
mod client;
#[path = "../../tokio/tests/common/mod.rs"]
mod raw;

use client::Client;

/// The lines between `begin` and `end`, without their common indentation.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    let (_, rest) = text.split_once(begin).expect("it begins somewhere");
    let (block, _) = rest.split_once(end).expect("it ends somewhere");
    let lines: Vec<_> = block.lines().filter(|l| !l.trim().is_empty()).collect();
    let indent = lines.iter().map(|l| l.len() - l.trim_start().len()).min();
    lines.iter().map(|l| &l[indent.unwrap_or(0)..]).collect()
}

#[test]
fn the_readme_and_the_example_agree_line_for_line() {
    let readme = include_str!("../../../README.md");
    let example = include_str!("../examples/readme.rs");
    let (uses, body): (Vec<_>, Vec<_>) = between(readme, "```rust\n", "```")
        .into_iter()
        .partition(|l| l.starts_with("use "));
    assert_eq!(body.len(), 8, "ten lines with the `use` and the blank one");
    let main = "async fn main() -> std::io::Result<()> {\n";
    let (code, _) = example.split_once("\n}\n").expect("main ends");
    let code = format!("{code}\nEND");
    let mut written = between(&code, main, "END");
    // What `main` returns is the example's own.
    assert_eq!(written.pop(), Some("Ok(())"));
    assert_eq!(written, body);
    let used: Vec<_> = example.lines().filter(|l| l.starts_with("use ")).collect();
    assert_eq!(used, uses);
}

/// Code that is run, together with its text.
macro_rules! told {
    ($io:ident; $($code:tt)*) => {{
        $($code)*
        ($io, stringify!($($code)*))
    }};
}

/// The README's server but for its last line, which serves it.
fn server() -> (siox::Server, &'static str) {
    use siox::{Ack, Data, Server, Socket};
    told! { io;
        let io = Server::new();
        let chat = io.namespace("/");
        chat.on_connect(async |socket: Socket| socket.join("lobby"));
        chat.on("chat message", async |socket: Socket, Data(text): Data<String>, ack: Ack| {
            socket.to("lobby").emit("chat message", &text)?;
            ack.send("delivered")
        });
    }
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[tokio::test]
async fn the_server_of_the_readme_serves() {
    let (io, told) = server();
    let readme = include_str!("../../../README.md");
    let code = between(readme, "```rust\n", "```").join("\n");
    let (_, code) = code.split_once("Socket};").expect("it uses what it needs");
    let (code, _) = code.split_once("io.serve(").expect("it is served");
    assert_eq!(squeezed(told), squeezed(code));
    let to = client::serve(&io).await;
    let (mut a, mut b) = (Client::join(to).await, Client::join(to).await);
    a.send("21[\"chat message\",\"hello\"]").await;
    assert_eq!(a.packet().await, "31[\"delivered\"]");
    assert_eq!(b.packet().await, "2[\"chat message\",\"hello\"]");
}
