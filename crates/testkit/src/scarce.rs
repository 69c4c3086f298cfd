//! A server in a process of its own that may open few files, and a storm of connections to it: what
//! HTTP and WebSocket it speaks is written by hand. For Unix, whose shells set such limits.

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    process::{Child, Command, Stdio},
};

/// Files that the server may have open.
const FILES: usize = 48;
/// Connections at once: more than it can have, and how many come and go together: fewer.
const MANY: usize = 100;
const FEW: usize = 25;
/// How often those come and go.
const WAVES: usize = 400;
/// Set in the server's process.
const ROLE: &str = "SIOX_SCARCE_SERVER";
const MARK: &str = "listens on ";

/// Whether this process is to be the server.
#[must_use]
pub fn is_server() -> bool {
    env::var_os(ROLE).is_some()
}

/// Called by the server: tells its port to who started it.
pub fn announce(port: u16) {
    println!("\n{MARK}{port}");
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
}

/// Runs the test `name` of this binary again, as the server.
///
/// # Errors
/// When there is no such process, or it does not announce itself.
pub fn start(name: &str) -> io::Result<Server> {
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -n {FILES} && exec \"$@\""), "sh"])
        .arg(env::current_exe()?)
        .args([name, "--exact", "--nocapture"])
        .env(ROLE, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = child.stdout.take().map(|out| BufReader::new(out).lines());
    for line in lines.into_iter().flatten() {
        if let Some(port) = line?.strip_prefix(MARK) {
            let port = port.parse().map_err(io::Error::other)?;
            return Ok(Server { child, port });
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Ten thousand connections come and go while one stays, then more stay than the server can have:
    /// whoever was let in is served meanwhile, and all the others as soon as there is room.
    /// `target` is the WebSocket's, which sends back the text `4`.
    ///
    /// # Errors
    /// When anyone is not served.
    pub fn endure(&self, target: &str) -> io::Result<()> {
        let mut first = self.asking(target)?;
        first.echo()?;
        for _ in 0..WAVES {
            let wave: io::Result<Vec<_>> = (0..FEW).map(|_| self.connect()).collect();
            drop(wave?);
            // Accepted in the order of coming, so that none of the wave waits any more.
            self.asking(target)?.echo()?;
            first.echo()?;
        }
        let all: io::Result<Vec<_>> = (0..MANY).map(|_| self.asking(target)).collect();
        for mut one in all? {
            one.echo()?;
            first.echo()?;
        }
        first.echo()
    }

    fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
    }

    /// A client that has asked for a WebSocket, and has no answer yet.
    fn asking(&self, target: &str) -> io::Result<Asking> {
        let mut stream = self.connect()?;
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        Ok(Asking {
            stream: BufReader::new(stream),
            is_open: false,
        })
    }
}

struct Asking {
    stream: BufReader<TcpStream>,
    is_open: bool,
}

impl Asking {
    /// Waits for the answer to the handshake, where it has not come, and for that to a message.
    fn echo(&mut self) -> io::Result<()> {
        if !self.is_open {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            if !line.starts_with("HTTP/1.1 101 ") {
                return Err(io::Error::other(line));
            }
            while line != "\r\n" {
                line.clear();
                if self.stream.read_line(&mut line)? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            self.is_open = true;
        }
        let masked_by_zeros = b"\x81\x81\0\0\0\x004";
        self.stream.get_mut().write_all(masked_by_zeros)?;
        loop {
            // A session's first packets may come before it; all are short.
            let mut head = [0; 2];
            self.stream.read_exact(&mut head)?;
            let len = match head[1] {
                126 => {
                    let mut len = [0; 2];
                    self.stream.read_exact(&mut len)?;
                    usize::from(u16::from_be_bytes(len))
                }
                len => usize::from(len),
            };
            let mut text = vec![0; len];
            self.stream.read_exact(&mut text)?;
            if text == b"4" {
                return Ok(());
            }
        }
    }
}
