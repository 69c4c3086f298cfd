//! siox on tokio: sockets, clocks, tasks; no protocol decisions.
