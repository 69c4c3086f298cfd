//! Ten thousand connections come and go, then more stay than there are descriptors: the server serves on.
#![cfg(unix)]

mod common;
#[path = "common/echo.rs"]
mod echo;

use siox_testkit::scarce;
use tokio::net::TcpListener;

#[test]
fn a15_ten_thousand_connections() {
    if scarce::is_server() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            scarce::announce(listener.local_addr().unwrap().port());
            siox_tokio::serve(listener, echo::host()).await.unwrap();
        });
        return;
    }
    let server = scarce::start("a15_ten_thousand_connections").unwrap();
    server
        .endure("/engine.io/?EIO=4&transport=websocket")
        .unwrap();
}
