//! The wire between client and server: TCP handed through, until it is cut.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// Long enough for a loaded machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct State {
    /// Where the server is; nowhere while the wire is cut.
    to: Option<SocketAddr>,
    lines: Vec<Line>,
}

struct Line {
    ends: [TcpStream; 2],
    poll: Poll,
}

/// How far the last poll of a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Poll {
    /// There was none, or the server has begun to answer it.
    Done,
    OnItsWay,
    /// The server has it, and has not begun to answer: the end of the line is the end of this poll.
    Held,
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

    /// Whoever connects from now on is turned away. Of a client that polls a server notices that only while it
    /// holds a poll: `holding` waits for that.
    pub(crate) fn cut(&self, holding: bool) {
        let mut state = self.state.lock().unwrap();
        let by = Instant::now() + PATIENCE;
        while holding && !state.lines.iter().any(|line| line.poll == Poll::Held) {
            assert!(Instant::now() < by, "nobody polls");
            drop(state);
            thread::sleep(Duration::from_millis(1));
            state = self.state.lock().unwrap();
        }
        state.to = None;
        for end in state.lines.drain(..).flat_map(|line| line.ends) {
            // It may be closed already.
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

fn join(near: TcpStream, shared: &Arc<Mutex<State>>) {
    let mut state = shared.lock().unwrap();
    let Some(far) = state.to.and_then(|to| TcpStream::connect(to).ok()) else {
        thread::spawn(move || turn_away(near));
        return;
    };
    let [own, there] = [&near, &far].map(|end| {
        end.set_nodelay(true).unwrap();
        end.try_clone().unwrap()
    });
    let port = own.peer_addr().unwrap();
    state.lines.push(Line {
        ends: [own, there],
        poll: Poll::Done,
    });
    let (near2, far2) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    let (asked, answered) = (shared.clone(), shared.clone());
    thread::spawn(move || {
        carry(near, far, |bytes, sent| {
            // The first bytes of a request; the client writes no other before its answer.
            if bytes.starts_with(b"GET ") {
                poll(&asked, port, |poll| match (poll, sent) {
                    (_, false) => Poll::OnItsWay,
                    (Poll::OnItsWay, true) => Poll::Held,
                    (answered, true) => answered,
                });
            }
        });
    });
    thread::spawn(move || {
        carry(far2, near2, |_, sent| {
            if !sent {
                poll(&answered, port, |_| Poll::Done);
            }
        });
    });
}

/// Something happened to a poll on the line of this client's port.
fn poll(state: &Mutex<State>, port: SocketAddr, step: impl FnOnce(Poll) -> Poll) {
    let mut state = state.lock().unwrap();
    let of = |line: &&mut Line| line.ends[0].peer_addr().is_ok_and(|own| own == port);
    // None, once it is cut.
    if let Some(line) = state.lines.iter_mut().find(of) {
        line.poll = step(line.poll);
    }
}

/// Asked and not answered: closed with a request unread, it would be reset, or not.
fn turn_away(mut near: TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && near.read(&mut byte).is_ok_and(|n| n > 0) {
        request.push(byte[0]);
    }
}

/// One direction; with its end the other one ends too. Tells before what has come is sent, and after.
fn carry(mut from: TcpStream, mut to: TcpStream, tell: impl Fn(&[u8], bool)) {
    let mut buffer = [0; 16 << 10];
    while let Ok(n) = from.read(&mut buffer)
        && n > 0
    {
        let bytes = &buffer[..n];
        tell(bytes, false);
        if to.write_all(bytes).is_err() {
            break;
        }
        tell(bytes, true);
    }
    let _ = to.shutdown(Shutdown::Both);
}
