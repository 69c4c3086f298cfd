//! What a server logs: a span for each socket, within which its handlers run, what becomes of clients, and a warning
//! where an option would help.

#[path = "server/client.rs"]
mod client;
#[path = "../../tokio/tests/common/mod.rs"]
mod raw;

use client::{Client, POLLING, answering, serve};
use raw::http::Http;
use siox::{Auth, ConnectError, Server, Socket, Value};
use std::{
    cell::RefCell,
    fmt::{Debug, Write as _},
    sync::{Mutex, OnceLock},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

thread_local! {
    /// The spans that this thread is in, by number.
    static WITHIN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what is logged, each line with the span that it is in.
#[derive(Default)]
struct Book {
    spans: Mutex<Vec<String>>,
    lines: Mutex<Vec<String>>,
}

impl Book {
    fn has(&self, line: &str) -> bool {
        self.lines.lock().unwrap().iter().any(|l| l == line)
    }

    #[track_caller]
    fn must_have(&self, line: &str) {
        let all = || self.lines.lock().unwrap().join("\n");
        assert!(self.has(line), "{line}\nis not in\n{}", all());
    }
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => write!(self.0, " {value:?}").unwrap(),
            name => write!(self.0, " {name}={value:?}").unwrap(),
        }
    }
}

struct Shared(&'static Book);

impl Subscriber for Shared {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let about = span.metadata();
        let mut text = format!("{} {}", about.level(), about.name());
        span.record(&mut Line(&mut text));
        let mut spans = self.0.spans.lock().unwrap();
        spans.push(text);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let span = WITHIN.with_borrow(|within| within.last().copied());
        let span = span.map_or(String::new(), |n| {
            self.0.spans.lock().unwrap()[n as usize - 1].clone()
        });
        let mut line = format!("[{span}] {}", event.metadata().level());
        event.record(&mut Line(&mut line));
        self.0.lines.lock().unwrap().push(line);
    }

    fn enter(&self, span: &Id) {
        WITHIN.with_borrow_mut(|within| within.push(span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        let left = WITHIN.with_borrow_mut(Vec::pop);
        assert_eq!(left, Some(span.into_u64()));
    }
}

fn book() -> &'static Book {
    static BOOK: OnceLock<Book> = OnceLock::new();
    let book = BOOK.get_or_init(Book::default);
    tracing::subscriber::set_global_default(Shared(book)).unwrap();
    book
}

fn server() -> Server {
    let io = Server::new();
    let chat = io.namespace("/chat");
    answering(&chat);
    chat.middleware(|Auth(auth): Auth<Value>| match auth.get("no").is_some() {
        true => Err(ConnectError::new("no")),
        false => Ok(()),
    });
    chat.on_connect(|| tracing::info!("on connect"));
    chat.on("in place", || tracing::info!("in place"));
    chat.on("later", async || {
        tokio::task::yield_now().await;
        tracing::info!("later");
    });
    chat.on("fails", || Err::<(), _>("on purpose"));
    chat.on_disconnect(|socket: Socket| tracing::info!("gone from {}", socket.namespace().name()));
    io
}

#[tokio::test]
async fn what_becomes_of_a_client_and_what_its_handlers_say() {
    let book = book();
    let io = server();
    let to = serve(&io).await;
    let mut client = Client::open(to).await;
    client.send("0/chat,{\"no\":1}").await;
    assert_eq!(client.packet().await, "4/chat,{\"message\":\"no\"}");
    let id = client.enter("/chat,").await;
    for event in ["in place", "later", "fails"] {
        client.send(&format!("2/chat,[\"{event}\"]")).await;
    }
    client.heard_until_now("/chat,").await;
    client.send("1/chat,").await;
    let chat = io.namespace("/chat");
    raw::until(0, || chat.sockets().len()).await;
    drop(client);
    raw::until(0, || io.clients()).await;

    let spans = book.spans.lock().unwrap().clone();
    let own = format!("INFO socket sid=\"{id}\" nsp=\"/chat\" address=127.0.0.1:");
    let own: Vec<_> = spans.iter().filter(|s| s.starts_with(&own)).collect();
    assert_eq!(own.len(), 1, "{spans:?}");
    let own = own[0];
    for line in [
        "DEBUG connected recovered=false",
        "INFO on connect",
        "INFO in place",
        "INFO later",
        "WARN handler error=handler of \"fails\": on purpose",
        "DEBUG disconnected reason=client namespace disconnect",
        "INFO gone from /chat",
    ] {
        book.must_have(&format!("[{own}] {line}"));
    }
    let refused = book.lines.lock().unwrap().clone();
    let refused: Vec<_> = refused
        .iter()
        .filter(|l| l.ends_with("DEBUG refused"))
        .collect();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].starts_with("[INFO socket sid="), "{refused:?}");

    // Whoever runs the server is told which option admits the page.
    let mut http = Http::connect(to).await;
    let page = "Host: here\r\nOrigin: http://there\r\n";
    http.send(format!("GET {POLLING} HTTP/1.1\r\n{page}\r\n"))
        .await;
    assert_eq!(http.answer().await.status, 403);
    book.must_have("[] WARN a page of another origin was refused; the option `cors` admits it");
}
