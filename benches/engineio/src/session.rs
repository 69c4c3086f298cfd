//! A session without a socket: a body is posted, every message of it is sent back, and a poll takes them.

use crate::{
    input::Batch,
    peers,
    rounds::{Job, measure},
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use siox_engineio::{
    Config, Decision, Event, Messages, Method, Payload, Request as Asked, Session, Sid,
};
use siox_wire::{Admit, Instant, Lead, SendError, Shared, Sink};
use std::{error::Error, fmt::Debug, rc::Rc, sync::Arc};
use tokio::runtime::Runtime;
use tower_service::Service;

const BATCHES: [Batch; 4] = [
    Batch::text(1, 20),
    Batch::text(1, 1024),
    Batch::text(16, 20),
    Batch::text(16, 1024),
];

/// Turns in one run, so that what begins and ends it does not count.
const TURNS: usize = 32;

pub(crate) fn table(rounds: usize) -> Result<(), Box<dyn Error + Send + Sync>> {
    println!("### A session's turn: a body posted, its messages echoed, a poll; ns a message\n");
    println!(
        "siox-engineio is the session alone. The services take `http` requests of memory and answer them, so that the \
         routing, the runtime's tasks and the lock are in them. rust_engineio has no server.\n"
    );
    println!(
        "| body | siox-engineio | siox-tokio's service | engineioxide's service | service ÷ engineioxide |"
    );
    println!("|---|--:|--:|--:|--:|");
    for batch in BATCHES {
        let runtime = Rc::new(
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
        );
        let mut jobs = [
            Job::new("session", session(batch)),
            Job::new("siox", service(peers::siox(), runtime.clone(), batch)),
            Job::new(
                "engineioxide",
                service(peers::engineioxide(), runtime, batch),
            ),
        ];
        let took = measure(&mut jobs, rounds, TURNS * batch.body().len());
        let [session, siox, oxide] = [0, 1, 2].map(|at| took[at] / (TURNS * batch.count) as f64);
        println!(
            "| {} | {session:.0} | {siox:.0} | {oxide:.0} | {:.2} |",
            batch.title(),
            siox / oxide
        );
    }
    println!();
    Ok(())
}

/// Stands for the WebSocket that a polling session does not have.
struct NoSocket;

impl Sink for NoSocket {
    fn admit(&self, _: Admit) -> Result<(), SendError> {
        Err(SendError::Closed)
    }
    fn put_text(&mut self, _: &[&[u8]]) {}
    fn put_binary(&mut self, _: &[u8], _: Bytes) {}
    fn put_shared(&mut self, _: &Arc<Shared>, _: Lead) {}
}

fn session(batch: Batch) -> impl FnMut() -> usize {
    let now = Instant::from_millis(0);
    let sid = Sid::from_random(&[7; 15]);
    let query = format!("EIO=4&transport=polling&sid={}", sid.as_str());
    let (mut session, _) = Session::polling(now, Arc::new(Config::default()), sid);
    let (body, mut scratch) = (batch.body(), Vec::new());
    move || {
        let mut seen = 0;
        for _ in 0..TURNS {
            let post = session.handle_request(now, &Asked::new(Method::Post, &query));
            let Decision::Body { lane, .. } = post else {
                panic!("{post:?}");
            };
            scratch.clear();
            scratch.extend_from_slice(&body);
            let mut payload = Payload::new(&mut scratch);
            while let Some(event) = session.handle_body(now, lane, &mut payload).expect("valid") {
                if let Event::Message(message) = event {
                    let mut out: Messages<'_, NoSocket> = session.sink(None);
                    out.admit(Admit::Normal).expect("it is open");
                    out.put_text(&[message.as_bytes()]);
                }
            }
            assert_eq!(session.finish_post(lane, Ok(())).status, 200);
            let poll = session.handle_request(now, &Asked::new(Method::Get, &query));
            let Decision::Answer(answer) = poll else {
                panic!("{poll:?}");
            };
            seen += answer.body.iter().map(Bytes::len).sum::<usize>();
        }
        seen
    }
}

fn service<S, B>(mut service: S, runtime: Rc<Runtime>, batch: Batch) -> impl FnMut() -> usize
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    S::Error: Debug,
    B: http_body_util::BodyExt<Data = Bytes> + Unpin,
    B::Error: Debug,
{
    let ours = "/engine.io/?EIO=4&transport=polling";
    let open = runtime.block_on(ask(&mut service, "GET", ours, Bytes::new()));
    let open = String::from_utf8_lossy(&open).into_owned();
    let sid = crate::client::sid(&open)
        .expect("an open packet")
        .to_owned();
    let target = format!("{ours}&sid={sid}");
    let body = Bytes::from(batch.body());
    move || {
        runtime.block_on(async {
            let mut seen = 0;
            for _ in 0..TURNS {
                let answer = ask(&mut service, "POST", &target, body.clone()).await;
                assert_eq!(answer, "ok");
                seen += ask(&mut service, "GET", &target, Bytes::new()).await.len();
            }
            seen
        })
    }
}

async fn ask<S, B>(service: &mut S, method: &str, target: &str, body: Bytes) -> Bytes
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    S::Error: Debug,
    B: http_body_util::BodyExt<Data = Bytes> + Unpin,
    B::Error: Debug,
{
    let request = Request::builder()
        .method(method)
        .uri(target)
        .body(Full::new(body))
        .expect("a request");
    let answer = service.call(request).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let body = BodyExt::collect(answer.into_body()).await;
    body.expect("a body").to_bytes()
}
