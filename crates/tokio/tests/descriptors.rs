//! A server that runs out of descriptors, or whose peers come and go by the thousand, serves on.
#![cfg(unix)]

mod common;
#[path = "common/echo.rs"]
mod echo;

use siox_testkit::scarce;
use tokio::net::TcpListener;

#[test]
fn a_server_out_of_descriptors_serves_on() {
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
    let server = scarce::start("a_server_out_of_descriptors_serves_on").unwrap();
    server
        .endure("/engine.io/?EIO=4&transport=websocket")
        .unwrap();
}
