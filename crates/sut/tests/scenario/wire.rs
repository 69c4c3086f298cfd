//! The wire between client and server: TCP handed through, until it is cut.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

#[derive(Default)]
struct State {
    /// Where the server is; nowhere while the wire is cut.
    to: Option<SocketAddr>,
    ends: Vec<TcpStream>,
}

pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Wire {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let own = state.clone();
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                join(near, &own);
            }
        });
        Self { address, state }
    }

    pub(crate) fn join(&self, to: SocketAddr) {
        self.state.lock().unwrap().to = Some(to);
    }

    /// Whoever connects from now on is turned away.
    pub(crate) fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.to = None;
        for end in state.ends.drain(..) {
            // It may be closed already.
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

fn join(near: TcpStream, state: &Mutex<State>) {
    let mut state = state.lock().unwrap();
    let Some(far) = state.to.and_then(|to| TcpStream::connect(to).ok()) else {
        thread::spawn(move || turn_away(near));
        return;
    };
    for end in [&near, &far] {
        end.set_nodelay(true).unwrap();
        state.ends.push(end.try_clone().unwrap());
    }
    let (near2, far2) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    thread::spawn(move || carry(near, far));
    thread::spawn(move || carry(far2, near2));
}

/// Asked and not answered: closed with a request unread, it would be reset, or not.
fn turn_away(mut near: TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && near.read(&mut byte).is_ok_and(|n| n > 0) {
        request.push(byte[0]);
    }
}

/// One direction; with its end the other one ends too.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 << 10];
    while let Ok(n) = from.read(&mut buffer)
        && n > 0
        && to.write_all(&buffer[..n]).is_ok()
    {}
    let _ = to.shutdown(Shutdown::Both);
}
