//! A15 of the hostile classes: clients take the last descriptor of the process. Who is there goes on being
//! served, and who came too late is accepted when there is room again.
#![cfg(unix)]

mod common;
#[path = "common/echo.rs"]
mod echo;

use common::{within, ws::Ws};
use echo::{Below, host, serve};
use std::{fs::File, process::Command, time::Duration};
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};

const WEBSOCKET: &str = "/engine.io/?EIO=4&transport=websocket";

/// Set in the process that has few.
const FEW: &str = "SIOX_FEW_DESCRIPTORS";

#[test]
fn a15_no_descriptor_is_left() {
    if std::env::var_os(FEW).is_some() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        return runtime.enable_all().build().unwrap().block_on(starve());
    }
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -n 60 && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a15_no_descriptor_is_left"])
        .env(FEW, "1");
    assert!(few.status().unwrap().success());
}

async fn starve() {
    let at = serve(&host(), Below::Own).await;
    let mut first = Ws::connect(at, WEBSOCKET).await;
    assert!(first.text().await.starts_with("0{"));
    let mut fill = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        fill.push(file);
    }
    fill.pop();
    // It takes the last one, so that none is left to accept it with.
    let mut late = TcpStream::connect(at).await.unwrap();
    let unanswered = timeout(Duration::from_millis(200), late.read(&mut [0])).await;
    assert!(unanswered.is_err());
    first.send("4meanwhile").await;
    assert_eq!(first.text().await, "4meanwhile");
    drop(fill);
    let mut late = within(Ws::handshake(late, WEBSOCKET, &[], &[]))
        .await
        .unwrap();
    assert!(late.text().await.starts_with("0{"));
    first.send("4after").await;
    assert_eq!(first.text().await, "4after");
}
