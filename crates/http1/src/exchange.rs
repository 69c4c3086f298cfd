//! What answers a client's request, whole: the head, then the body, framed as RFC 9112, 6.3 has it.

use crate::{
    Body, Error, Limits, ResponseHead, ResponseReader, Violation,
    chunk::{Chunked, Progress},
    fields::lists,
    framing::decimal,
    held::Held,
};
use alloc::{boxed::Box, sync::Arc};
use siox_wire::Input;

/// What came of an answer's bytes.
#[derive(Debug)]
pub enum Answered<'b> {
    /// The final head. The body follows, an empty one too.
    Head(ResponseHead<'b>),
    /// The whole body. The answer is complete.
    Body(Body<'b>),
    /// The body is larger than its limit, or is declared to be. It is given up, and the connection is
    /// of no more use.
    TooLarge {
        /// The limit given to [`Exchange::new`], in bytes.
        limit: usize,
    },
}

/// Reads the answer to one request, a GET or a POST, of a client. Time is the caller's to limit.
///
/// Bytes behind the answer stay in the input: nobody asked for them, and a connection that brings them
/// is not to be used again.
#[derive(Debug)]
pub struct Exchange {
    limits: Arc<Limits>,
    most: usize,
    state: State,
    stays: bool,
}

#[derive(Debug)]
enum State {
    Head(Box<ResponseReader>),
    /// So many bytes of a declared length are wanted.
    Length(usize, Held),
    Chunks(Box<Chunked>),
    /// The body ends with the stream.
    Eof(Held),
    Whole,
    Failed(Error),
}

/// How the body behind a head is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
    Eof,
}

impl Exchange {
    /// A reader of the answer that comes next, whose body may have `most` bytes. Of the limits those of
    /// heads and chunks count.
    #[must_use]
    pub fn new(limits: Arc<Limits>, most: usize) -> Self {
        Self {
            state: State::Head(Box::new(ResponseReader::new(limits.clone()))),
            limits,
            most,
            stays: false,
        }
    }

    /// Takes bytes up to the end of the answer. Call until `Ok(None)`.
    ///
    /// # Errors
    /// What is wrong with the answer; the same again at each later call.
    pub fn handle_input<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Result<Option<Answered<'b>>, Error> {
        let step = self.step(input);
        if let Err(error) = step {
            self.state = State::Failed(error);
        }
        step
    }

    fn step<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Answered<'b>>, Error> {
        match &mut self.state {
            State::Head(reader) => {
                let Some(head) = reader.handle_input(input)? else {
                    return Ok(None);
                };
                let (framing, stays) = examine(&head)?;
                self.stays = stays && framing != Framing::Eof;
                self.state = match framing {
                    Framing::Length(n) => {
                        State::Length(usize::try_from(n).unwrap_or(usize::MAX), Held::default())
                    }
                    Framing::Chunked => State::Chunks(Box::new(Chunked::new(self.most))),
                    Framing::Eof => State::Eof(Held::default()),
                };
                Ok(Some(Answered::Head(head)))
            }
            State::Length(n, _) if *n > self.most => Ok(Some(self.too_large())),
            State::Length(n, held) => {
                let missing = n.saturating_sub(held.len());
                if held.is_empty() && input.len() >= missing {
                    self.state = State::Whole;
                    return Ok(Some(Answered::Body(Body::Borrowed(input.take(missing)))));
                }
                held.push(input.take(missing), *n);
                if held.len() < *n {
                    return Ok(None);
                }
                let body = held.take(usize::MAX);
                self.state = State::Whole;
                Ok(Some(Answered::Body(Body::Owned(body))))
            }
            State::Chunks(chunked) => {
                let (eaten, progress) = chunked.feed(input.peek(), &self.limits)?;
                input.take(eaten);
                match progress {
                    Progress::More => Ok(None),
                    Progress::TooLarge => Ok(Some(self.too_large())),
                    Progress::Done => {
                        let whole = core::mem::replace(&mut **chunked, Chunked::new(0));
                        self.state = State::Whole;
                        Ok(Some(Answered::Body(Body::Owned(whole.into_body()))))
                    }
                }
            }
            State::Eof(held) => {
                if input.len() > self.most.saturating_sub(held.len()) {
                    return Ok(Some(self.too_large()));
                }
                held.push(input.take_all(), self.most);
                Ok(None)
            }
            State::Whole => Ok(None),
            State::Failed(error) => Err(*error),
        }
    }

    fn too_large(&mut self) -> Answered<'static> {
        self.stays = false;
        self.state = State::Whole;
        Answered::TooLarge { limit: self.most }
    }

    /// The stream has ended: the body may have ended with it.
    ///
    /// # Errors
    /// [`Error::UnexpectedEof`] inside an answer, or before it.
    pub fn handle_eof(&mut self) -> Result<Option<Answered<'static>>, Error> {
        self.stays = false;
        match &mut self.state {
            State::Eof(held) => {
                let body = held.take(usize::MAX);
                self.state = State::Whole;
                Ok(Some(Answered::Body(Body::Owned(body))))
            }
            State::Whole => Ok(None),
            State::Head(_) | State::Length(..) | State::Chunks(_) => {
                self.state = State::Failed(Error::UnexpectedEof);
                Err(Error::UnexpectedEof)
            }
            State::Failed(error) => Err(*error),
        }
    }

    /// Whether the answer is complete and the server keeps the connection for another request.
    #[must_use]
    pub fn is_reusable(&self) -> bool {
        self.stays && matches!(self.state, State::Whole)
    }
}

/// How the body is framed, and whether the connection stays (RFC 9112, 6.3 and 9.3).
fn examine(head: &ResponseHead<'_>) -> Result<(Framing, bool), Error> {
    let (mut length, mut chunked, mut close, mut keep) = (None, false, false, false);
    for (name, value) in head.headers() {
        if name.eq_ignore_ascii_case("content-length") {
            if length.is_some() {
                return Err(Violation::Duplicate.into());
            }
            length = Some(decimal(value).ok_or(Violation::Length)?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            if chunked {
                return Err(Violation::Duplicate.into());
            }
            if !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Error::Coding);
            }
            chunked = true;
        } else if name.eq_ignore_ascii_case("connection") {
            close |= lists(value, "close");
            keep |= lists(value, "keep-alive");
        }
    }
    let bodiless = matches!(head.status(), 100..=199 | 204 | 304);
    let framing = match length {
        _ if bodiless => Framing::Length(0),
        Some(_) if chunked => return Err(Violation::Framing.into()),
        None if chunked && !head.http11() => return Err(Violation::Framing.into()),
        None if chunked => Framing::Chunked,
        Some(n) => Framing::Length(n),
        None => Framing::Eof,
    };
    let stays = !close && (head.http11() || keep) && head.status() >= 200;
    Ok((framing, stays))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String, vec::Vec};
    use siox_testkit::split::oracle;
    use siox_wire::Instant;

    /// The status, the body or what is wrong, whether the connection is of use, and what is left.
    type Outcome = (Option<u16>, String, bool, usize);

    fn run(pieces: &[&[u8]], eof: bool) -> Outcome {
        let mut exchange = Exchange::new(Arc::new(Limits::default()), 10);
        let (mut status, mut told, mut left) = (None, String::from("more"), 0);
        let mut take = |answered: Answered<'_>, told: &mut String| match answered {
            Answered::Head(head) => status = Some(head.status()),
            Answered::Body(body) => *told = String::from_utf8(body.into_vec()).unwrap(),
            Answered::TooLarge { limit } => *told = format!("too large: {limit}"),
        };
        for piece in pieces {
            let mut bytes = piece.to_vec();
            let mut input = Input::new(Instant::EPOCH, &mut bytes);
            loop {
                match exchange.handle_input(&mut input) {
                    Ok(Some(answered)) => take(answered, &mut told),
                    Ok(None) => break,
                    Err(error) => {
                        told = format!("{error}");
                        break;
                    }
                }
            }
            left += input.len();
        }
        if eof {
            match exchange.handle_eof() {
                Ok(Some(answered)) => take(answered, &mut told),
                Ok(None) => {}
                Err(error) => told = format!("{error}"),
            }
        }
        let is_bad = status.is_none() || !matches!(exchange.state, State::Whole);
        (
            status,
            told,
            exchange.is_reusable(),
            if is_bad { 0 } else { left },
        )
    }

    fn read(answer: &str, eof: bool) -> Outcome {
        oracle(answer.as_bytes(), |pieces| {
            let mut outcome = run(pieces, eof);
            if outcome.1.starts_with("too large") {
                outcome.3 = 0;
            }
            outcome
        })
    }

    #[test]
    fn bodies_are_framed_in_three_ways() {
        for (answer, eof, body, stays, left) in [
            (
                "200 OK\r\nContent-Length: 3\r\n\r\nabc",
                false,
                "abc",
                true,
                0,
            ),
            (
                "200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP",
                false,
                "abc",
                true,
                4,
            ),
            ("200 OK\r\nContent-Length: 0\r\n\r\n", false, "", true, 0),
            ("204 No\r\nContent-Length: 9\r\n\r\n", false, "", true, 0),
            ("304 No\r\n\r\n", false, "", true, 0),
            (
                "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
                false,
                "abc",
                true,
                0,
            ),
            ("200 OK\r\n\r\nabc", true, "abc", false, 0),
            ("200 OK\r\n\r\n", true, "", false, 0),
            (
                "200 OK\r\nContent-Length: 1\r\nConnection: x, Close\r\n\r\na",
                false,
                "a",
                false,
                0,
            ),
        ] {
            let told = read(&format!("HTTP/1.1 {answer}"), eof);
            assert_eq!(told.1, body, "{answer}");
            assert_eq!((told.2, told.3), (stays, left), "{answer}");
        }
        let old = |more: &str| read(&format!("HTTP/1.0 200 OK\r\n{more}\r\na"), false);
        assert!(!old("Content-Length: 1\r\n").2);
        assert!(old("Content-Length: 1\r\nConnection: keep-alive\r\n").2);
    }

    #[test]
    fn interim_answers_are_skipped() {
        let told = read(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
            false,
        );
        assert_eq!(told, (Some(200), "a".into(), true, 0));
    }

    #[test]
    fn a_body_ends_at_its_limit() {
        for answer in [
            "Content-Length: 11\r\n\r\n",
            "Content-Length: 18446744073709551615\r\n\r\nabc",
            "Transfer-Encoding: chunked\r\n\r\nb\r\n",
            "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\n",
            "\r\n01234567890",
        ] {
            let told = read(&format!("HTTP/1.1 200 OK\r\n{answer}"), false);
            assert_eq!(
                told,
                (Some(200), "too large: 10".into(), false, 0),
                "{answer}"
            );
        }
    }

    #[test]
    fn bodies_that_lie() {
        for (answer, eof) in [
            ("Content-Length: 3\r\n\r\nab", true),
            ("Content-Length: 3\r\n\r\n", true),
            ("Content-Length: -1\r\n\r\n", false),
            ("Content-Length: 1\r\nContent-Length: 1\r\n\r\na", false),
            (
                "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                false,
            ),
            ("Transfer-Encoding: gzip, chunked\r\n\r\n", false),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                false,
            ),
            ("Transfer-Encoding: chunked\r\n\r\n1\r\nab", false),
            ("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", true),
            ("Transfer-Encoding: chunked\r\n\r\nx\r\n", false),
        ] {
            let told = read(&format!("HTTP/1.1 200 OK\r\n{answer}"), eof);
            assert!(!told.2, "{answer}");
            assert!(
                !["more", "", "a", "ab"].contains(&&*told.1),
                "{answer}: {}",
                told.1
            );
        }
        let told = read(
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            false,
        );
        assert!(told.1.contains("Transfer-Encoding"), "{}", told.1);
        assert!(read("", true).1.contains("closed"));
        assert!(read("SSH-2.0\r\n\r\n", false).0.is_none());
    }

    #[test]
    fn memory_follows_what_came() {
        let mut exchange = Exchange::new(Arc::new(Limits::default()), usize::MAX);
        let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nabc".to_vec();
        let mut input = Input::new(Instant::EPOCH, &mut bytes);
        assert!(exchange.handle_input(&mut input).unwrap().is_some());
        assert!(exchange.handle_input(&mut input).unwrap().is_none());
        let State::Length(_, held) = &exchange.state else {
            panic!()
        };
        assert!(held.capacity() < 100);
        let sizes: Vec<usize> = [size_of::<Exchange>()].into();
        assert!(sizes[0] < 100);
    }
}
