//! A namespace for each project, made when its first client comes and gone when its last has left.
//!
//! `cargo run -p siox --example dynamic`, then with the official client:
//! `io("http://127.0.0.1:3000/project-7").emit("say", "hello")`

use siox::{Data, Namespace, Server};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    server()?.serve(listener).await
}

pub(crate) fn server() -> std::io::Result<Server> {
    let io = Server::builder()
        .cleanup_empty_child_namespaces(true)
        .build()?;
    let projects = io.dynamic("/project-{id}");
    projects.on("say", |project: Namespace, Data(text): Data<String>| {
        project.emit("said", &(project.name(), text))
    });
    io.on_new_namespace(|project| println!("{} begins", project.name()));
    Ok(io)
}
