//! `ws-client`: the client under test of the Autobahn|Testsuite's fuzzing server, which counts its
//! cases, plays one for each connection to `/runCase`, and then writes its report.

use crate::{Runtime, ws_echo};
use siox_tcp as tcp;
use siox_tokio::websocket as tokio_socket;
use siox_wire::Message;
use std::error::Error;

/// What the suite's server is asked, one path for each request.
struct Suite<'a> {
    /// `ws://HOST:PORT`.
    url: &'a str,
    agent: &'a str,
}

impl Suite<'_> {
    fn case_count(&self) -> String {
        format!("{}/getCaseCount", self.url)
    }

    fn case(&self, number: usize) -> String {
        format!("{}/runCase?case={number}&agent={}", self.url, self.agent)
    }

    fn report(&self) -> String {
        format!("{}/updateReports?agent={}", self.url, self.agent)
    }
}

/// The server's answer to `/getCaseCount`.
fn count(answer: Option<Message<'_>>) -> Result<usize, Box<dyn Error>> {
    match answer {
        Some(Message::Text(count)) => Ok(count.parse()?),
        Some(Message::Binary(_)) | None => Err("no case count".into()),
    }
}

/// Plays every case. A case that fails the connection is as good as any: the suite is the judge.
pub(crate) async fn run(url: &str, agent: &str, runtime: Runtime) -> Result<(), Box<dyn Error>> {
    let url = url.trim_end_matches('/');
    let suite = Suite { url, agent };
    match runtime {
        Runtime::Tokio => run_tokio(&suite).await,
        Runtime::Tcp => run_tcp(&suite),
    }
}

async fn run_tokio(suite: &Suite<'_>) -> Result<(), Box<dyn Error>> {
    let options = tokio_socket::Options {
        limits: ws_echo::limits(),
        deflate: Some(ws_echo::deflate()),
        ..Default::default()
    };
    let connect = async |url: String| tokio_socket::connect(&url, &options).await;
    let mut counter = connect(suite.case_count()).await?;
    let cases = count(counter.next().await.transpose()?)?;
    // The server closes each of its answers itself.
    drain(&mut counter).await;
    for case in 1..=cases {
        let mut socket = connect(suite.case(case)).await?;
        let _ = echo(&mut socket).await;
    }
    drain(&mut connect(suite.report()).await?).await;
    Ok(())
}

type TokioSocket = tokio_socket::WebSocket<tokio_socket::MaybeTls>;

/// Sends every message back, what one read brought in one write.
async fn echo(socket: &mut TokioSocket) -> Result<(), tokio_socket::Error> {
    while let Some(message) = socket.next().await {
        let message = message?;
        socket.ready().await?;
        match socket.queue(message) {
            // After a violation the next read says so.
            Ok(()) | Err(tokio_socket::SendError::Closed) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

async fn drain(socket: &mut TokioSocket) {
    while let Some(Ok(_)) = socket.next().await {}
}

fn run_tcp(suite: &Suite<'_>) -> Result<(), Box<dyn Error>> {
    let options = tcp::Options {
        limits: ws_echo::limits(),
        deflate: Some(ws_echo::deflate()),
        ..Default::default()
    };
    let mut counter = tcp::connect(&suite.case_count(), &options)?;
    let cases = count(counter.read()?)?;
    let _ = counter.run(|_, _| Ok(()));
    for case in 1..=cases {
        let _ = tcp::connect(&suite.case(case), &options)?.run(ws_echo::echo);
    }
    let _ = tcp::connect(&suite.report(), &options)?.run(|_, _| Ok(()));
    Ok(())
}
