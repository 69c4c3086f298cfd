//! What the main namespace answers to events. An event that is not here is ignored, and not acknowledged.

use super::{get_id, shake::Handshake};
use crate::date;
use siox::{Ack, AckError, Args, Bytes, Namespace, SendError, Socket, Value, View};
use std::time::SystemTime;

const BINARY: Bytes = Bytes::from_static(b"asdfasdf");

const UTF8: [&str; 5] = [
    "てすと",
    "Я Б Г Д Ж Й",
    "Ä ä Ü ü ß",
    "utf8 — string",
    "utf8 — string",
];

pub(super) fn answer(namespace: &Namespace) {
    get_id(namespace);
    plain(namespace);
    dates(namespace);
    binary(namespace);
    blobs(namespace);
}

fn plain(namespace: &Namespace) {
    namespace.on("hi", |socket: Socket| socket.emit("hi", &()));
    namespace.on("echo", |args: Args, ack: Ack| ack.relay(&args));
    namespace.on("ack", async |socket: Socket| -> Result<(), AckError> {
        let answer = socket.emit_with_ack_args("ack", &(), None).await?;
        let answer = answer.to_value();
        let five = answer.at(0).and_then(View::as_i64) == Some(5);
        let test = answer.at(1).and_then(|v| v.get("test"));
        if five && test.is_some_and(|v| is_truthy(&v.to_value())) {
            socket.emit("got it", &()).map_err(AckError::Send)?;
        }
        Ok(())
    });
    namespace.on("getUtf8", |socket: Socket| {
        UTF8.iter().try_for_each(|s| socket.emit("takeUtf8", s))
    });
    namespace.on("false", |socket: Socket| socket.emit("false", &false));
    namespace.on("getHandshake", |socket: Socket, ack: Ack| {
        ack.send(&Handshake::of(&socket))
    });
}

fn dates(namespace: &Namespace) {
    #[derive(serde::Serialize)]
    struct Dated {
        date: String,
    }
    let now = || date::iso8601(SystemTime::now());
    namespace.on("getAckDate", move |ack: Ack| ack.send(&now()));
    namespace.on("getDate", move |socket: Socket| {
        socket.emit("takeDate", &now())
    });
    namespace.on("getDateObj", move |socket: Socket| {
        socket.emit("takeDateObj", &Dated { date: now() })
    });
}

fn binary(namespace: &Namespace) {
    namespace.on("doge", |socket: Socket| socket.emit("doge", &BINARY));
    namespace.on("getbin", |socket: Socket| socket.emit("takebin", &BINARY));
    namespace.on("buffa", |socket: Socket, args: Args| {
        emit_if(first_is_binary(&args), &socket, "buffack")
    });
    namespace.on("jsonbuff", |socket: Socket, args: Args| {
        let args = args.to_value();
        let is = |key: &str, text: &str| {
            let member = args.at(0).and_then(|v| v.get(key));
            member.is_some_and(|v| v.as_str().as_deref() == Some(text))
        };
        let message = args.at(0).and_then(|v| v.get("message"));
        let binary = message.is_some_and(|v| v.as_bytes().is_some());
        let fits = is("hello", "lol") && is("goodbye", "gotcha") && binary;
        emit_if(fits, &socket, "jsonbuff-ack")
    });
    namespace.on("abuff1", |socket: Socket, args: Args| {
        advance(&socket, 0, first_is_binary(&args));
    });
    namespace.on("abuff2", |socket: Socket| {
        emit_if(advance(&socket, 1, true), &socket, "abuff2-ack")
    });
}

/// What browsers send in the place of buffers.
fn blobs(namespace: &Namespace) {
    namespace.on("blob", |socket: Socket, args: Args| {
        if first_is_binary(&args) {
            return socket.relay("back", &args);
        }
        Ok(())
    });
    namespace.on("jsonblob", |socket: Socket, args: Args| {
        let args = args.to_value();
        let message = args.at(0).and_then(|v| v.get("message"));
        let fits = message.is_some_and(|v| v.as_bytes().is_some());
        emit_if(fits, &socket, "jsonblob-ack")
    });
    namespace.on("blob1", |socket: Socket, args: Args| {
        advance(&socket, 0, first_is_binary(&args));
    });
    namespace.on("blob2", |socket: Socket, args: Args| {
        let args = args.to_value();
        let second = args
            .at(0)
            .is_some_and(|v| v.as_str().as_deref() == Some("second"));
        advance(&socket, 1, second);
    });
    namespace.on("blob3", |socket: Socket, args: Args| {
        let complete = advance(&socket, 2, first_is_binary(&args));
        emit_if(complete, &socket, "blob3-ack")
    });
}

fn emit_if(so: bool, socket: &Socket, event: &str) -> Result<(), SendError> {
    match so {
        true => socket.emit(event, &()),
        false => Ok(()),
    }
}

fn first_is_binary(args: &Args) -> bool {
    let args = args.to_value();
    args.at(0).is_some_and(|v| v.as_bytes().is_some())
}

/// How many events of a sequence a socket has sent. Whether this one was next, and as it should be.
fn advance(socket: &Socket, before: u8, good: bool) -> bool {
    let seen = socket.data::<u8>().map_or(0, |seen| *seen);
    let fits = good && (seen == before || before == 0);
    socket.set_data(if fits { before + 1 } else { 0 });
    fits
}

/// Whether JavaScript takes a value for true.
fn is_truthy(value: &Value) -> bool {
    match value.json() {
        "null" | "false" | "\"\"" => false,
        json => json.parse::<f64>().ok() != Some(0.0),
    }
}
