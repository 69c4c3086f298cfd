//! The official client's files, from a folder that the operator names: beneath the path, nothing else, and
//! not again where the browser has them.

use crate::{
    client::serve,
    raw::http::{Answer, Http},
};
use siox::Server;
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tokio::net::TcpListener;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("siox-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, content) in files {
            fs::write(folder.join(name), content).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

async fn both(folder: &Path) -> [SocketAddr; 2] {
    let make = || Server::builder().serve_client(folder).unwrap().build();
    let own = serve(&make().unwrap()).await;
    let app = axum::Router::new().layer(make().unwrap().layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inside = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    [own, inside]
}

async fn ask(http: &mut Http, method: &str, target: &str, headers: &str) -> Answer {
    http.send(format!(
        "{method} {target} HTTP/1.1\r\nHost: here\r\n{headers}\r\n"
    ))
    .await;
    http.answer().await
}

#[tokio::test]
async fn files_and_nothing_else() {
    let long = format!("long{}", "x".repeat(5000));
    let folder = Folder::new(
        "files",
        &[
            ("socket.io.js", &long),
            ("socket.io.min.js", "min"),
            ("socket.io.esm.min.js.map", "{}"),
            ("secret.js", "secret"),
        ],
    );
    for to in both(&folder.0).await {
        let mut http = Http::connect(to).await;
        let script = http.get("/socket.io/socket.io.js?v=4").await;
        assert_eq!((script.status, script.body == long), (200, true));
        let kind = script.header("content-type");
        assert_eq!(kind, Some("text/javascript; charset=utf-8"));
        assert_eq!(script.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(script.header("cache-control"), Some("public, max-age=0"));
        assert_eq!(http.get("/socket.io/socket.io.min.js").await.body, "min");
        let map = http.get("/socket.io/socket.io.esm.min.js.map").await;
        let kind = map.header("content-type");
        assert_eq!(kind, Some("application/json; charset=utf-8"));
        for path in [
            "/socket.io/secret.js",
            "/socket.io/socket.io.msgpack.min.js",
            "/socket.io/../secret.js",
            "/socket.io/..%2fsecret.js",
            "/socket.io//socket.io.js",
            "/socket.io/socket.io.js/",
            "/socket.io.js",
            "/socket.iosocket.io.js",
        ] {
            assert_eq!(http.get(path).await.status, 404, "{path}");
        }
        let posted = http.post("/socket.io/socket.io.js", "x").await;
        assert_eq!(
            (posted.status, posted.header("allow")),
            (405, Some("GET, HEAD"))
        );
        assert!(!Http::connect(to).await.open("/socket.io/").await.is_empty());
    }
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let folder = Folder::new("etag", &[("socket.io.js", &"x".repeat(5000))]);
    for to in both(&folder.0).await {
        let mut http = Http::connect(to).await;
        let target = "/socket.io/socket.io.js";
        let first = http.get(target).await;
        let etag = first.header("etag").unwrap();
        for (sent, expected) in [
            (etag.to_owned(), 304),
            (format!("W/{etag}"), 304),
            (format!("\"other\", {etag}"), 304),
            ("\"other\"".to_owned(), 200),
        ] {
            let again = ask(
                &mut http,
                "GET",
                target,
                &format!("If-None-Match: {sent}\r\n"),
            )
            .await;
            assert_eq!((again.status, again.header("etag")), (expected, Some(etag)));
            assert_eq!(again.bytes.is_empty(), expected == 304);
        }
        let accept = "Accept-Encoding: gzip\r\n";
        let gzip = ask(&mut http, "GET", target, accept).await;
        let compressed = cfg!(feature = "compression");
        let encoding = gzip.header("content-encoding");
        assert_eq!(encoding, compressed.then_some("gzip"));
        assert_eq!(gzip.bytes.len() < 1000, compressed);
        assert_eq!(gzip.header("etag") == Some(etag), !compressed);
        let vary = compressed.then_some("Accept-Encoding");
        assert_eq!((gzip.header("vary"), first.header("vary")), (vary, vary));
        // The length of what GET would bring, and nothing behind it.
        http.send(format!(
            "HEAD {target} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
        ))
        .await;
        let (mut io, held) = http.into_parts();
        let mut head = held;
        tokio::io::AsyncReadExt::read_to_end(&mut io, &mut head)
            .await
            .unwrap();
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert!(head.contains("content-length: 5000\r\n"), "{head}");
        assert!(head.ends_with("\r\n\r\n"), "{head}");
    }
}

#[test]
fn a_folder_that_is_none_of_the_clients() {
    let folder = Folder::new("none", &[("index.html", "x")]);
    let below = folder.0.join("nowhere");
    for folder in [&folder.0, &below] {
        let error = Server::builder().serve_client(folder).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains("client-dist"), "{error}");
    }
}

/// No file unless the operator says where they are.
#[tokio::test]
async fn off_by_default() {
    let to = serve(&Server::new()).await;
    let mut http = Http::connect(to).await;
    assert_eq!(http.get("/socket.io/socket.io.js").await.status, 404);
}
