//! What an application may say about requests: who comes in, under which id, with which headers.

use crate::echo::{BOTH, Below};
use crate::{POLLING, SOCKET, WEBSOCKET, ask, common, open, start};
use common::{
    http::{Http, sid},
    until, within,
};
use siox_engineio::Context;
use siox_tokio::engine::{About, Admission, Builder, Server, Sid};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

type Heard = Arc<Mutex<Vec<String>>>;

/// A server that writes down which requests were refused, and why.
fn hearing(heard: &Heard) -> Builder {
    let heard = heard.clone();
    Server::builder().connection_error(move |_, refused| {
        let code = refused.refusal.code as u8;
        let context = refused.refusal.context.name().unwrap_or("-");
        let line = format!("{code} {} {context}", refused.message());
        heard.lock().unwrap().push(line);
    })
}

fn word(about: &About<'_>) -> Admission {
    let asked = |key: &str| {
        let mut pairs = siox_engineio::pairs(about.query);
        pairs.find_map(|(k, v)| (k == key).then(|| v.into_owned()))
    };
    if let Some(message) = asked("deny") {
        return Admission::forbidden(message);
    }
    if let Some(id) = asked("as") {
        let sid = Sid::parse(&id);
        return sid.map_or(Admission::Failed(Context::IdGeneration), Admission::As);
    }
    match asked("fail") {
        Some(_) => Admission::Failed(Context::Middleware),
        None => Admission::Granted,
    }
}

/// The same whether the application answers at once or later, on either transport.
#[tokio::test]
async fn who_comes_in() {
    const TABLE: [(&str, u16, &str, &str); 6] = [
        (
            "deny=no+%22ticket%22",
            403,
            r#"{"code":4,"message":"no \"ticket\""}"#,
            "4 no \"ticket\" -",
        ),
        (
            "deny",
            403,
            r#"{"code":4,"message":"Forbidden"}"#,
            "4 Forbidden -",
        ),
        (
            "fail",
            400,
            r#"{"code":3,"message":"Bad request"}"#,
            "3 Bad request MIDDLEWARE_FAILURE",
        ),
        (
            "as=a%20b",
            400,
            r#"{"code":3,"message":"Bad request"}"#,
            "3 Bad request ID_GENERATION_ERROR",
        ),
        (
            "as=taken",
            400,
            r#"{"code":3,"message":"Bad request"}"#,
            "3 Bad request ID_GENERATION_ERROR",
        ),
        (
            "sid=nobody",
            400,
            r#"{"code":1,"message":"Session ID unknown"}"#,
            "1 Session ID unknown -",
        ),
    ];
    for below in BOTH {
        for later in [false, true] {
            let heard = Heard::default();
            let builder = match later {
                false => hearing(&heard).allow_request(word),
                true => hearing(&heard).allow_request_later(|about| {
                    let word = word(about);
                    async {
                        tokio::task::yield_now().await;
                        word
                    }
                }),
            };
            let (server, to) = start(builder, below).await;
            let taken = ask(to, "GET", &format!("{POLLING}&as=taken"), "").await;
            assert_eq!(sid(&taken.body), "taken");
            for (query, status, body, line) in TABLE {
                for (target, headers) in [(POLLING, ""), (SOCKET, WEBSOCKET)] {
                    let name = format!("{below:?} {later} {target} {query}");
                    let answer = ask(to, "GET", &format!("{target}&{query}"), headers).await;
                    assert_eq!((answer.status, &*answer.body), (status, body), "{name}");
                    assert_eq!(
                        answer.header("content-type"),
                        Some("application/json"),
                        "{name}"
                    );
                    assert_eq!(heard.lock().unwrap().pop().as_deref(), Some(line), "{name}");
                }
            }
            assert_eq!(server.clients(), 1, "{below:?} {later}");
            let mut http = Http::connect(to).await;
            let session = open(&mut http).await;
            assert_eq!(http.post(&session, "4x").await.body, "ok");
            // The id that the application has made is a session's like any other.
            let session = format!("{POLLING}&sid=taken");
            assert_eq!(http.post(&session, "4x").await.body, "ok");
            assert_eq!(http.post(&session, "1").await.body, "ok");
            until(1, || server.clients()).await;
            let again = ask(to, "GET", &format!("{SOCKET}&as=taken"), WEBSOCKET).await;
            assert_eq!(again.status, 101, "{below:?} {later}");
        }
    }
}

/// The application is asked for new sessions only, and after all that is wrong with a request is found.
#[tokio::test]
async fn whom_it_is_asked_about() {
    for below in BOTH {
        let heard = Heard::default();
        let asked = heard.clone();
        let builder = Server::builder().allow_request(move |about| {
            asked.lock().unwrap().push(about.query.to_owned());
            Admission::Granted
        });
        let (_server, to) = start(builder, below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        assert_eq!(http.post(&session, "4x").await.body, "ok");
        http.get("/engine.io/?EIO=2&transport=polling").await;
        http.get("/engine.io/?EIO=4").await;
        ask(to, "GET", POLLING, "Origin: http://there\r\n").await;
        assert_eq!(
            *heard.lock().unwrap(),
            ["EIO=4&transport=polling"],
            "{below:?}"
        );
    }
}

/// A client that goes away while the application thinks is forgotten, and no session opened.
#[tokio::test]
async fn a_client_that_does_not_wait_for_the_word() {
    /// Counts its drops.
    struct Guard(Arc<Semaphore>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.add_permits(1);
        }
    }
    for below in BOTH {
        let (begun, dropped) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (b, d) = (begun.clone(), dropped.clone());
        let builder = Server::builder().allow_request_later(move |_| {
            b.add_permits(1);
            let guard = Guard(d.clone());
            async move {
                std::future::pending::<()>().await;
                drop(guard);
                Admission::Granted
            }
        });
        let (server, to) = start(builder, below).await;
        let mut http = Http::connect(to).await;
        http.send(format!("GET {POLLING} HTTP/1.1\r\nHost: here\r\n\r\n"))
            .await;
        within(begun.acquire()).await.unwrap().forget();
        drop(http);
        within(dropped.acquire()).await.unwrap().forget();
        assert_eq!(server.clients(), 0, "{below:?}");
    }
}

/// A server that closes does not let in whom it is still asked about.
#[tokio::test]
async fn the_word_comes_when_the_server_closes() {
    for below in BOTH {
        let (begun, word) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (b, w) = (begun.clone(), word.clone());
        let builder = Server::builder().allow_request_later(move |_| {
            b.add_permits(1);
            let word = w.clone();
            async move {
                word.acquire().await.unwrap().forget();
                Admission::Granted
            }
        });
        let (server, to) = start(builder, below).await;
        let mut http = Http::connect(to).await;
        http.send(format!("GET {POLLING} HTTP/1.1\r\nHost: here\r\n\r\n"))
            .await;
        within(begun.acquire()).await.unwrap().forget();
        let closing = server.clone();
        let closed = tokio::spawn(async move { closing.close(common::PATIENCE).await });
        until(true, || {
            use std::future::Future;
            let waker = std::task::Waker::noop();
            let mut cx = std::task::Context::from_waker(waker);
            std::pin::pin!(server.accept()).poll(&mut cx).is_ready()
        })
        .await;
        word.add_permits(1);
        if let Some(answer) = http.try_answer().await {
            assert_eq!(answer.status, 503, "{below:?}");
        }
        drop(http);
        assert!(within(closed).await.unwrap());
        assert_eq!(server.clients(), 0, "{below:?}");
    }
}

/// Headers of the application: of the first answer, and of every one.
#[tokio::test]
async fn headers() {
    for below in [Below::Own, Below::Hyper] {
        let builder = Server::builder()
            .initial_headers(|_, fields| {
                fields.append("Set-Cookie", "a=1").unwrap();
                fields.append("Set-Cookie", "b=2; HttpOnly").unwrap();
                assert!(fields.append("X-A", "1\r\nX-B: 2").is_err());
            })
            .headers(|about, fields| {
                let sid = about.query.contains("sid=");
                fields.set("X-Sid", if sid { "yes" } else { "no" }).unwrap();
            });
        let (_server, to) = start(builder, below).await;
        let cookies = |head: &str| head.to_lowercase().matches("set-cookie").count();
        let mut http = Http::connect(to).await;
        let first = http.get(POLLING).await;
        assert_eq!(
            (cookies(&first.head), first.header("x-sid")),
            (2, Some("no")),
            "{below:?}"
        );
        assert_eq!(first.header("cache-control"), Some("no-store"));
        let session = format!("{POLLING}&sid={}", sid(&first.body));
        let later = http.post(&session, "4x").await;
        assert_eq!(
            (cookies(&later.head), later.header("x-sid")),
            (0, Some("yes")),
            "{below:?}"
        );
        let upgrade = session.replace("polling", "websocket");
        let upgrade = ask(to, "GET", &upgrade, WEBSOCKET).await;
        assert_eq!(upgrade.status, 101);
        assert_eq!(
            (cookies(&upgrade.head), upgrade.header("x-sid")),
            (0, Some("yes")),
            "{below:?}"
        );
        let socket = ask(to, "GET", SOCKET, WEBSOCKET).await;
        assert_eq!(socket.status, 101);
        assert_eq!(
            (cookies(&socket.head), socket.header("x-sid")),
            (2, Some("no")),
            "{below:?}"
        );
        let refused = http.get("/engine.io/").await;
        assert_eq!(
            (cookies(&refused.head), refused.header("x-sid")),
            (0, None),
            "{below:?}"
        );
    }
}
