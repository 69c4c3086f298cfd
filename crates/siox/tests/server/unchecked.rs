//! Long events, which a typed handler checks by decoding them: whatever is registered, what is no JSON reaches no
//! handler and ends the session, what does not fit reaches no handler, and what is right reaches it once, in order.

use crate::client::{Client, Log, answering, log, serve};
use siox::{
    Ack, Args, ArgsRef, Borrowing, BoxError, Data, DisconnectReason, EventName, Fault, FromEvent,
    Incoming, Namespace, SendError, Server, Socket, Value, borrowing,
};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// More than what is always checked first.
const FILLER: &str = "and so on and on, until it is long enough to be told of before it is checked, \
                      which is some hundred bytes and then some more of them";

#[derive(Debug, serde::Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    count: u32,
}

impl Borrowing for Order<'static> {
    type Of<'a> = Order<'a>;
}

#[derive(Debug, serde::Deserialize)]
struct Owned {
    name: String,
    count: u32,
}

/// An extractor of the application's own.
struct Own(String);

impl FromEvent for Own {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        let Data(order) = Data::<Owned>::from_event(incoming)?;
        Ok(Self(line(&order.name, order.count)))
    }
}

type Tell = Arc<dyn Fn(String) + Send + Sync>;

fn line(name: &str, count: u32) -> String {
    format!("{} {count}", name.trim_end_matches(FILLER))
}

fn told(tell: &Tell, ack: Ack, line: String) -> Result<(), SendError> {
    tell(line);
    ack.send("done")
}

fn sync(nsp: &Namespace, tell: Tell) {
    nsp.on("order", move |Data(o): Data<Owned>, ack: Ack| {
        told(&tell, ack, line(&o.name, o.count))
    });
}

fn not_sync(nsp: &Namespace, tell: Tell) {
    nsp.on("order", move |_: Socket, Data(o): Data<Owned>, ack: Ack| {
        let tell = tell.clone();
        async move {
            tokio::task::yield_now().await;
            told(&tell, ack, line(&o.name, o.count))
        }
    });
}

fn lent(nsp: &Namespace, tell: Tell) {
    nsp.on(
        "order",
        borrowing::<Order<'_>, _>(move |_: EventName, ack: Ack, o: Order<'_>| {
            told(&tell, ack, line(&o.name, o.count))
        }),
    );
}

fn by_hand(nsp: &Namespace, tell: Tell) {
    nsp.on(
        "order",
        move |ack: Ack, args: ArgsRef<'_>| -> Result<(), BoxError> {
            let o: Order<'_> = args.decode().inspect_err(|_| tell("called".into()))?;
            Ok(told(&tell, ack, line(&o.name, o.count))?)
        },
    );
}

fn of_its_own(nsp: &Namespace, tell: Tell) {
    nsp.on("order", move |ack: Ack, Own(line): Own| {
        told(&tell, ack, line)
    });
}

fn of_the_socket(nsp: &Namespace, tell: Tell) {
    nsp.on_connect(move |socket: Socket| {
        let tell = tell.clone();
        socket.on("order", move |Data(o): Data<Owned>, ack: Ack| {
            told(&tell, ack, line(&o.name, o.count))
        });
    });
}

fn behind_others(nsp: &Namespace, tell: Tell) {
    nsp.on_any(|_: Args| ())
        .packet_middleware(|_: Data<Value>| ());
    sync(nsp, tell);
}

/// As what it is called, what is heard of events: right, one that does not fit, right, damaged, right.
async fn hears(install: fn(&Namespace, Tell), damaged: &str) -> (Vec<String>, Log<String>) {
    let io = Server::new();
    let (tell, mut heard) = log::<String>();
    let (fault, faults) = log::<String>();
    io.on_error(move |e| {
        assert!(!matches!(e.fault, Fault::Panicked(_)), "{e}");
        fault(e.event);
    });
    let nsp = io.namespace("/");
    let bye = tell.clone();
    nsp.on_disconnect(move |reason: DisconnectReason| bye(reason.to_string()));
    install(&nsp, Arc::new(tell));
    let to = serve(&io).await;
    let mut other = Client::join(to).await;
    let mut client = Client::join(to).await;
    client
        .send_all([
            format!("27[\"order\",{{\"name\":\"one{FILLER}\",\"count\":1}},\"more\"]"),
            format!("2[\"order\",{{\"name\":\"two{FILLER}\",\"count\":\"2\"}}]"),
            format!("2[\"order\" , {{ \"name\" : \"three{FILLER}\" , \"count\" : 3 }} ]"),
        ])
        .await;
    assert_eq!(client.packet().await, "37[\"done\"]");
    client
        .send_all([
            damaged.to_owned(),
            format!("2[\"order\",{{\"name\":\"five{FILLER}\",\"count\":5}}]"),
        ])
        .await;
    let mut lines = Vec::new();
    while !lines.iter().any(|line: &String| line.contains("parse")) {
        lines.push(heard.next().await);
    }
    other
        .send(&format!(
            "28[\"order\",{{\"name\":\"other{FILLER}\",\"count\":6}}]"
        ))
        .await;
    assert_eq!(other.packet().await, "38[\"done\"]");
    lines.extend(heard.so_far());
    (lines, faults)
}

#[tokio::test]
async fn whatever_is_registered() {
    let damaged: BTreeMap<&str, String> = [
        ("a brace", "{\"name\":\"four\",\"count\":4,\"x\":\"F\""),
        ("a comma", "{\"name\":\"four\",\"count\":4,\"x\":\"F\",}"),
        (
            "a literal",
            "{\"name\":\"four\",\"count\":4,\"x\":[\"F\",tru]}",
        ),
        ("behind", "{\"name\":\"four\",\"count\":4},\"F\"]"),
        (
            "another argument",
            "{\"name\":\"four\",\"count\":4},\"F\",[1,]",
        ),
        (
            "not what it takes",
            "[{\"name\":\"four\",\"count\":4},\"F\",01]",
        ),
    ]
    .map(|(what, args)| (what, format!("2[\"order\",{}]", args.replace('F', FILLER))))
    .into();
    for (name, install) in [
        ("sync", sync as fn(&Namespace, Tell)),
        ("not sync", not_sync),
        ("lent", lent),
        ("by hand", by_hand),
        ("of its own", of_its_own),
        ("of the socket", of_the_socket),
        ("behind others", behind_others),
    ] {
        for (what, damaged) in &damaged {
            let (lines, mut faults) = hears(install, damaged).await;
            let called = if name == "by hand" {
                vec!["called"]
            } else {
                vec![]
            };
            let mut expected = vec!["one 1"];
            expected.extend(called);
            expected.extend(["three 3", "parse error", "other 6"]);
            assert_eq!(lines, expected, "{name}, {what}");
            assert_eq!(faults.so_far(), ["order"], "{name}, {what}");
        }
    }
}

#[tokio::test]
async fn a_handler_of_one_call_is_called_once() {
    let io = Server::new();
    let (tell, mut heard) = log::<String>();
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.once("order", move |Data(o): Data<Owned>| {
        tell(line(&o.name, o.count));
    });
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    let order = format!("2[\"order\",{{\"name\":\"one{FILLER}\",\"count\":1}}]");
    client.send_all([order.clone(), order]).await;
    assert!(client.heard_until_now("").await.is_empty());
    assert_eq!(heard.so_far(), ["one 1"]);
}
