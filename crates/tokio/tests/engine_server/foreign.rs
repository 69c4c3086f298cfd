//! Upgrades for another path than the server's, inside somebody else's.

use crate::{WEBSOCKET, ask, common::http::Http};
use axum::{Router, routing::get};
use siox_tokio::engine::{Options, Server};
use std::{future::pending, net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

/// Serves beside a route that answers and one that never does.
async fn beside(destroy_upgrade: Option<Duration>) -> SocketAddr {
    let options = Options {
        destroy_upgrade,
        ..Options::default()
    };
    let server = Server::builder().options(options).build().unwrap();
    let router = Router::new()
        .route("/prompt", get(async || "prompt"))
        .route("/never", get(pending::<&str>))
        .layer(server.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn one_that_nobody_answers_is_cut() {
    let to = beside(Some(Duration::from_millis(50))).await;
    let mut http = Http::connect(to).await;
    http.send(format!(
        "GET /never HTTP/1.1\r\nHost: here\r\n{WEBSOCKET}\r\n"
    ))
    .await;
    assert_eq!(http.answer().await.status, 404);
    assert!(http.is_over().await);
}

#[tokio::test]
async fn what_is_answered_or_no_upgrade_is_let_be() {
    let to = beside(Some(Duration::ZERO)).await;
    let answer = ask(to, "GET", "/prompt", WEBSOCKET).await;
    assert_eq!((answer.status, &*answer.body), (200, "prompt"));
    let answer = ask(to, "GET", "/elsewhere", "").await;
    assert_eq!(answer.status, 404);
    assert_eq!(ask(to, "GET", crate::POLLING, "").await.status, 200);
    // A plain request may take as long as it likes, and so may an upgrade where the option is off.
    for (destroy, headers) in [(Some(Duration::ZERO), ""), (None, WEBSOCKET)] {
        let to = beside(destroy).await;
        let mut http = Http::connect(to).await;
        http.send(format!(
            "GET /never HTTP/1.1\r\nHost: here\r\n{headers}\r\n"
        ))
        .await;
        // Enough turns of this one thread for an answer to come.
        for _ in 0..3 {
            assert_eq!(ask(to, "GET", "/prompt", "").await.body, "prompt");
        }
        assert!(http.io.try_read(&mut [0; 1]).is_err(), "{destroy:?}");
    }
}
