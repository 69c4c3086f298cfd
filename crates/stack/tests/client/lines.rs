//! Connections: which are used again, which are closed, and what their loss costs.

use crate::desk::{Desk, OPEN, ok, polling};
use siox_stack::{ClientOptions, Failure};
use std::time::Duration;

#[test]
fn a_connection_is_used_again() {
    let mut desk = Desk::opened(polling());
    let first = desk.lines[0];
    for _ in 0..3 {
        let (line, _) = desk.take("GET");
        assert_eq!(line, first);
        desk.answer(line, "6");
    }
    // A POST needs one of its own, while the poll is held; the next POST does not.
    desk.client.text("a").unwrap();
    desk.settle();
    let (post, _) = desk.take("POST");
    assert_ne!(post, first);
    desk.answer(post, "ok");
    desk.client.text("b").unwrap();
    desk.settle();
    assert_eq!(desk.take("POST").0, post);
    assert_eq!(desk.lines.len(), 2);
}

#[test]
fn an_idle_connection_is_not_kept_for_long() {
    let mut desk = Desk::opened(polling());
    desk.client.text("a").unwrap();
    desk.settle();
    let (post, _) = desk.take("POST");
    desk.answer(post, "ok");
    assert!(desk.lines.contains(&post));
    desk.pass(Duration::from_millis(2001));
    assert!(!desk.lines.contains(&post));
    desk.client.text("b").unwrap();
    desk.settle();
    desk.take("POST");

    let mut desk = Desk::opened(ClientOptions {
        keep_alive: Duration::ZERO,
        ..polling()
    });
    let (line, _) = desk.take("GET");
    desk.answer(line, "6");
    assert!(!desk.lines.contains(&line));
    assert_ne!(desk.take("GET").0, line);
}

#[test]
fn a_connection_that_the_server_gives_up_is_not_used_again() {
    let closes = ok("6").replacen("OK", "OK\r\nConnection: close", 1);
    let noisy = ok("6") + "HTTP/1.1 200 OK\r\n";
    for answer in [closes, noisy, ok("6").replacen("1.1", "1.0", 1)] {
        let mut desk = Desk::opened(polling());
        let (line, _) = desk.take("GET");
        desk.feed(line, answer.as_bytes());
        assert_ne!(desk.take("GET").0, line, "{answer}");
        assert!(!desk.lines.contains(&line));
        assert_eq!(desk.heard(), [""; 0]);
    }
    // Or says something, or ends, while it is idle.
    for eof in [true, false] {
        let mut desk = Desk::opened(polling());
        desk.client.text("a").unwrap();
        desk.settle();
        let (post, _) = desk.take("POST");
        desk.answer(post, "ok");
        match eof {
            true => desk.eof(post),
            false => desk.feed(post, b"x"),
        }
        assert!(!desk.lines.contains(&post));
        assert_eq!(desk.heard(), [""; 0]);
    }
}

#[test]
fn an_answer_before_the_request_is_written_spoils_the_connection() {
    let mut desk = Desk::opened(polling());
    desk.client.text(&"x".repeat(5000)).unwrap();
    desk.settle();
    let post = desk.lines[1];
    desk.client.handle_written(post, 1000);
    desk.answer(post, "ok");
    assert!(!desk.lines.contains(&post));
    assert_eq!(desk.heard(), [""; 0]);
}

#[test]
fn what_is_lost_ends_the_session() {
    for method in ["GET", "POST"] {
        let mut desk = Desk::opened(polling());
        desk.client.text("a").unwrap();
        desk.settle();
        let (line, _) = desk.take(method);
        desk.gone(line);
        assert_eq!(
            desk.heard(),
            ["closed: transport error: the server cannot be reached"]
        );
        assert_eq!(desk.client.failure(), Some(&Failure::Lost));
        assert!(desk.client.is_over(), "{method}");
    }
}

#[test]
fn no_connection_is_no_session() {
    let mut desk = Desk::new(polling());
    let line = desk.lines[0];
    desk.gone(line);
    assert_eq!(
        desk.heard(),
        ["closed: transport error: the server cannot be reached"]
    );
    assert!(desk.client.is_over() && desk.client.is_closed());
}

#[test]
fn a_close_lets_the_queue_out_first() {
    let mut desk = Desk::opened(polling());
    desk.client.text("a").unwrap();
    desk.client.close(desk.now);
    desk.settle();
    assert!(desk.client.text("b").is_err());
    let (post, request) = desk.take("POST");
    assert!(request.ends_with("\n\n4a\\x1e1"), "{request}");
    assert_eq!(desk.heard(), [""; 0]);
    desk.answer(post, "ok");
    assert_eq!(desk.heard(), ["closed: forced close"]);
    assert!(desk.lines.is_empty() && desk.client.is_over());
    assert_eq!(desk.client.poll_timeout(), None);
}

#[test]
fn batches_keep_to_the_servers_limit() {
    let mut desk = Desk::new(polling());
    let (line, _) = desk.take("GET");
    desk.answer(line, &OPEN.replace("20000}", "20000,\"maxPayload\":10}"));
    for text in ["aaaa", "bbb", "cccccccccccc", "d"] {
        desk.client.text(text).unwrap();
    }
    desk.settle();
    for body in ["4aaaa\\x1e4bbb", "4cccccccccccc", "4d"] {
        let (post, request) = desk.take("POST");
        assert!(request.ends_with(&format!("\n\n{body}")), "{request}");
        desk.answer(post, "ok");
    }
}
