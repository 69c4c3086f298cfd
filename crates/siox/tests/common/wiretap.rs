//! What a client puts on the wire: TCP handed through to a server, and what the client sent written down.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A WebSocket frame of the client, unmasked.
pub(crate) struct Frame {
    /// FIN, the reserved bits, and the opcode (RFC 6455 §5.2).
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

pub(crate) struct Wiretap {
    pub(crate) to: SocketAddr,
    /// By connection, in the order of their coming.
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Wiretap {
    /// Hangs up on those whose first words have `refused` in them.
    pub(crate) fn new(server: SocketAddr, refused: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let sent = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let own = sent.clone();
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(server) else {
                    continue;
                };
                let (near2, far2) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                let mut all = own.lock().unwrap();
                let (at, sent) = (all.len(), own.clone());
                all.push(Vec::new());
                thread::spawn(move || {
                    carry(near, far, |bytes| {
                        let line = &mut sent.lock().unwrap()[at];
                        line.extend_from_slice(bytes);
                        let text = String::from_utf8_lossy(line);
                        refused.is_none_or(|refused| !text.contains(refused))
                    });
                });
                thread::spawn(move || carry(far2, near2, |_| true));
            }
        });
        Self { to, sent }
    }

    /// The head of each connection's first request.
    pub(crate) fn heads(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        let head = |line: &Vec<u8>| Some(line[..end_of_head(line)?].to_vec());
        let heads = sent.iter().filter_map(head);
        heads.map(|head| String::from_utf8(head).unwrap()).collect()
    }

    /// The frames that have been sent whole on the first connection.
    pub(crate) fn frames(&self) -> Vec<Frame> {
        let sent = self.sent.lock().unwrap();
        let mut rest = &sent[0][end_of_head(&sent[0]).unwrap()..];
        let mut frames = Vec::new();
        while let Some((frame, behind)) = frame(rest) {
            frames.push(frame);
            rest = behind;
        }
        frames
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

fn frame(bytes: &[u8]) -> Option<(Frame, &[u8])> {
    let (&[first, second], rest) = bytes.split_first_chunk()?;
    assert_ne!(second & 0x80, 0, "a client masks");
    let (len, rest) = match second & 0x7f {
        126 => {
            let (len, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*len)), rest)
        }
        127 => {
            let (len, rest) = rest.split_first_chunk()?;
            (usize::try_from(u64::from_be_bytes(*len)).unwrap(), rest)
        }
        len => (usize::from(len), rest),
    };
    let (mask, rest) = rest.split_first_chunk::<4>()?;
    let (payload, rest) = rest.split_at_checked(len)?;
    let payload = payload.iter().zip(mask.iter().cycle());
    let payload = payload.map(|(byte, mask)| byte ^ mask).collect();
    Some((Frame { first, payload }, rest))
}

/// One direction, while `goes_on` says so; with its end the other one ends too.
fn carry(mut from: TcpStream, mut to: TcpStream, mut goes_on: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 16 << 10];
    while let Ok(n) = from.read(&mut buffer)
        && n > 0
        && goes_on(&buffer[..n])
        && to.write_all(&buffer[..n]).is_ok()
    {}
    for end in [&from, &to] {
        // It may be closed already.
        let _ = end.shutdown(Shutdown::Both);
    }
}
