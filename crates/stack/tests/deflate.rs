//! permessage-deflate on the WebSocket of a session: off unless configured, agreed to in either opening,
//! bounded as `max_payload` says, made once for many receivers, and nothing held while idle.
#![cfg(feature = "deflate")]

use bytes::Bytes;
use siox_engineio::{
    self as engineio, CloseReason, Decision, Event, Handshake, Lane, Method, Request, Sid,
    Transport,
};
use siox_stack::{Config, Engine, Error, Machine, Outbound};
use siox_testkit::{alloc::CountingAllocator, alloc::measure, ms};
use siox_websocket::{
    self as websocket, Connection, Limits,
    deflate::{self, Codec},
    handshake::server::Offer,
};
use siox_wire::{Admit, Input, Lead, Message, Part, Shared, Sink};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const UPGRADE: &str = "EIO=4&transport=websocket&sid=BwcHBwcHBwcHBwcHBwcH";
const POLL: &str = "EIO=4&transport=polling&sid=BwcHBwcHBwcHBwcHBwcH";

fn plain() -> Config {
    let engine = engineio::Config {
        max_payload: 100_000,
        ..engineio::Config::default()
    };
    Config::new(engine, siox_socketio::Config::default())
}

/// The defaults: without context takeover.
fn alone() -> Config {
    plain().with_deflate(deflate::Config::default())
}

fn takeover() -> Config {
    plain().with_deflate(deflate::Config {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        ..deflate::Config::default()
    })
}

fn offer(extensions: &str) -> Offer<'_> {
    let headers: [(&str, &[u8]); 6] = [
        ("Host", b"a"),
        ("Upgrade", b"websocket"),
        ("Connection", b"Upgrade"),
        ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", b"13"),
        ("Sec-WebSocket-Extensions", extensions.as_bytes()),
    ];
    Offer::from_parts(true, true, headers)
}

/// A session's end, its client's, and the codecs that a runtime lends.
struct Pair {
    engine: Engine,
    lane: Lane,
    client: Connection,
    pool: Option<Box<Codec>>,
    heard: Vec<Message<'static>>,
    closed: Option<CloseReason>,
}

impl Pair {
    /// Opened by a WebSocket, whose client offers the extension bare.
    fn socket(config: &Config) -> Self {
        let (_, agreed) = config.accept(&offer("permessage-deflate")).unwrap();
        let handshake = Handshake::v4(Transport::WebSocket);
        let (mut engine, lane) =
            Engine::socket_for(ms(0), config, Sid::from_random(&[7; 15]), &handshake);
        engine.agree(config, lane, agreed);
        Self::new(config, engine, lane)
    }

    /// Opened by a GET and moved to a WebSocket, which offers it too.
    fn upgraded(config: &Config) -> Self {
        let sid = Sid::from_random(&[7; 15]);
        let (mut engine, _) = Engine::polling(ms(0), config, sid);
        // What waits for a poll is compressed when the WebSocket takes it over.
        engine.text(&"waits. ".repeat(1000)).unwrap();
        let request = Request {
            websocket: true,
            ..Request::new(Method::Get, UPGRADE)
        };
        let Decision::Upgrade(lane) = engine.handle_request(ms(0), &request) else {
            panic!("no upgrade")
        };
        let (_, agreed) = config.accept(&offer("permessage-deflate")).unwrap();
        engine.agree(config, lane, agreed);
        let mut pair = Self::new(config, engine, lane);
        pair.say("2probe").unwrap();
        assert_eq!(pair.take().0, [Message::from("3probe")]);
        pair.say("5").unwrap();
        let (told, bytes) = pair.take();
        assert_eq!(
            told,
            [Message::from(&*format!("4{}", "waits. ".repeat(1000)))]
        );
        assert!(bytes < 200, "{bytes}");
        pair
    }

    fn new(config: &Config, engine: Engine, lane: Lane) -> Self {
        let agreed = config.accept(&offer("permessage-deflate")).unwrap().0;
        let answer = agreed
            .headers()
            .find_map(|(name, value)| (name == "Sec-WebSocket-Extensions").then_some(value));
        let client = Connection::client(Arc::new(Limits::default()), [1; 32]);
        let client = match answer {
            None => client,
            Some(answer) => {
                let no_takeover = answer.contains("server_no_context_takeover");
                let agreed = deflate::Agreed {
                    server_no_context_takeover: no_takeover,
                    client_no_context_takeover: answer.contains("client_no_context_takeover"),
                    server_max_window_bits: None,
                    client_max_window_bits: None,
                };
                client.with_deflate(&agreed, &deflate::Config::default())
            }
        };
        Self {
            engine,
            lane,
            client,
            pool: None,
            heard: Vec::new(),
            closed: None,
        }
    }

    /// A step as a runtime takes it.
    fn step<R>(&mut self, step: impl FnOnce(&mut Engine) -> R) -> R {
        self.engine.lend_codec(&mut self.pool);
        let result = step(&mut self.engine);
        self.engine.release_codec(&mut self.pool);
        result
    }

    /// The client says something.
    fn say(&mut self, text: &str) -> Result<(), Error> {
        self.client.text(text).unwrap();
        let mut bytes = self.client.poll_transmit().collect::<Vec<_>>().concat();
        self.client.handle_written(bytes.len());
        self.feed(&mut bytes)
    }

    fn feed(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        let mut input = Input::new(ms(0), bytes);
        let lane = self.lane;
        loop {
            match self.step(|engine| engine.handle_input(lane, &mut input))? {
                Some(Event::Message(message)) => self.heard.push(message.into_owned()),
                Some(Event::Closed(reason)) => self.closed = Some(reason),
                Some(Event::Heartbeat | Event::Upgrading | Event::Upgraded) => {}
                None => return Ok(()),
            }
        }
    }

    /// What the client hears, and in how many bytes it came.
    fn take(&mut self) -> (Vec<Message<'static>>, usize) {
        let mut bytes = self.engine.poll_transmit().collect::<Vec<_>>().concat();
        let len = bytes.len();
        self.engine.handle_written(self.lane, len);
        let mut input = Input::new(ms(0), &mut bytes);
        let mut told = Vec::new();
        while let Some(event) = self.client.handle_input(&mut input).unwrap() {
            if let websocket::Event::Message(message) = event {
                told.push(message.into_owned());
            }
        }
        (told, len)
    }
}

#[test]
fn it_is_agreed_to_only_where_it_is_configured_and_offered() {
    let table = [
        (plain(), "permessage-deflate", None),
        (alone(), "", None),
        (alone(), "x-other", None),
        (
            alone(),
            "permessage-deflate",
            Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
        ),
        (takeover(), "permessage-deflate", Some("permessage-deflate")),
    ];
    for (config, offered, expected) in table {
        let (accept, _) = config.accept(&offer(offered)).unwrap();
        let answer = accept
            .headers()
            .find_map(|(name, value)| (name == "Sec-WebSocket-Extensions").then_some(value));
        assert_eq!(answer, expected, "{offered}");
    }
    assert!(alone().accept(&offer("permessage-deflate; ;")).is_err());
}

#[test]
fn messages_are_compressed_from_the_threshold_on() {
    let make: [fn(&Config) -> Pair; 2] = [Pair::socket, Pair::upgraded];
    for (config, make) in [alone(), takeover()]
        .iter()
        .flat_map(|config| make.map(|make| (config, make)))
    {
        let mut pair = make(config);
        pair.take();
        for n in [10, 1022, 1023, 50_000] {
            let text = "a".repeat(n);
            pair.say(&format!("4{text}")).unwrap();
            assert_eq!(pair.heard.pop(), Some(Message::from(&*text)));
            pair.step(|engine| engine.send(Message::from(&*text)).unwrap());
            let (told, len) = pair.take();
            assert_eq!(told, [Message::from(&*format!("4{text}"))]);
            assert_eq!(len < n, n >= 1023, "{n}: {len}");
        }
        pair.step(|engine| engine.binary(Bytes::from(vec![7; 9000])).unwrap());
        let (told, len) = pair.take();
        assert_eq!(told, [Message::from(&[7; 9000][..])]);
        assert!(len < 100, "{len}");
    }
}

#[test]
fn without_the_setting_an_extension_bit_is_a_violation() {
    let mut pair = Pair::socket(&plain());
    let refused = pair.feed(&mut [0xc1, 0x81, 0, 0, 0, 0, b'4']);
    assert!(matches!(refused, Err(Error::WebSocket(_))), "{refused:?}");
}

#[test]
fn the_limit_holds_on_what_is_inflated() {
    for config in [alone(), takeover()] {
        let mut pair = Pair::socket(&config);
        pair.take();
        pair.say(&format!("4{}", "a".repeat(99_999))).unwrap();
        assert_eq!(pair.heard.len(), 1);
        let refused = pair.say(&format!("4{}", "a".repeat(100_000)));
        let too_big = websocket::Error::TooBig { limit: 100_000 };
        assert!(
            matches!(refused, Err(Error::WebSocket(e)) if e == too_big),
            "{refused:?}"
        );
    }
}

#[test]
fn a_group_is_compressed_once_for_all_receivers() {
    // Long enough, compressed too, that no copy is cheaper than a reference.
    let mut state = 1u32;
    let news: String = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        char::from(b'a' + (state % 16) as u8)
    })
    .take(40_000)
    .collect();
    let group = Shared::new(vec![Part::Text(news.clone().into_bytes().into())]);
    let mut pairs: Vec<_> = (0..3)
        .map(|_| Pair::socket(&alone()))
        .chain((0..3).map(|_| Pair::upgraded(&alone())))
        .collect();
    let mut places = Vec::new();
    for pair in &mut pairs {
        pair.take();
        pair.step(|engine| engine.shared(&group).unwrap());
        let chunk = pair.engine.poll_transmit().max_by_key(|chunk| chunk.len());
        places.push(chunk.map(<[u8]>::as_ptr));
        let (told, len) = pair.take();
        assert!(told == [Message::from(&*format!("4{news}"))]);
        assert!((30_000..39_000).contains(&len), "{len}");
    }
    assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
}

/// What sessions hold after a message each way, beyond what they held before: bytes of one.
fn held(config: &Config) -> isize {
    let text = format!("4{}", "to and fro. ".repeat(1000));
    let mut pairs: Vec<_> = (0..10).map(|_| Pair::socket(config)).collect();
    let mut pool = None;
    let mut used = 0;
    for pair in &mut pairs {
        pair.take();
        pair.client.text(&text).unwrap();
        let mut bytes = pair.client.poll_transmit().collect::<Vec<_>>().concat();
        pair.client.handle_written(bytes.len());
        std::mem::swap(&mut pair.pool, &mut pool);
        pair.heard.reserve(4);
        let ((), measured) = measure(|| {
            pair.feed(&mut bytes).unwrap();
            let message = pair.heard.pop().unwrap();
            pair.step(|engine| engine.send(message).unwrap());
            let n = pair.engine.poll_transmit().map(<[u8]>::len).sum();
            pair.engine.handle_written(pair.lane, n);
        });
        std::mem::swap(&mut pair.pool, &mut pool);
        used = measured.kept;
    }
    used
}

#[test]
fn an_idle_session_holds_a_codec_for_takeover_only() {
    let alone = held(&alone());
    assert!(alone < 4096, "{alone}");
    let takeover = held(&takeover());
    assert!(takeover > 200_000, "{takeover}");
}

/// A poll is never compressed by this.
#[test]
fn polling_is_left_alone() {
    let (mut engine, _) = Engine::polling(ms(0), &alone(), Sid::from_random(&[7; 15]));
    engine.text(&"a".repeat(5000)).unwrap();
    let Decision::Answer(response) = engine.handle_request(ms(0), &Request::new(Method::Get, POLL))
    else {
        panic!("no answer")
    };
    let body: Vec<u8> = response.body.iter().flatten().copied().collect();
    assert_eq!(body, format!("4{}", "a".repeat(5000)).as_bytes());
}

#[test]
fn a_message_may_wish_to_be_sent_as_it_is() {
    let text = "a".repeat(5000);
    for (config, make) in [alone(), takeover()]
        .iter()
        .flat_map(|config| [Pair::socket, Pair::upgraded].map(|make| (config, make)))
    {
        let mut pair = make(config);
        pair.take();
        for wanted in [false, true, false, true] {
            pair.step(|engine| {
                let mut out = engine.sink();
                out.admit(Admit::Normal).unwrap();
                out.set_compress(wanted);
                out.put_text(&[text.as_bytes()]);
                out.put_binary(b"", Bytes::from(vec![7; 5000]));
                out.set_compress(true);
            });
            let (told, len) = pair.take();
            assert_eq!(told.len(), 2);
            assert_eq!(len > 10_000, !wanted, "{len}");
            let parts = vec![Part::Text(text.clone().into())];
            let group = Shared::with_compression(parts, wanted);
            pair.step(|engine| engine.shared(&group).unwrap());
            let (told, len) = pair.take();
            assert_eq!(told, [Message::from(&*format!("4{text}"))]);
            assert_eq!(len > 5000, !wanted, "{len}");
            // Whoever says nothing is compressed.
            pair.step(|engine| engine.text(&text).unwrap());
            assert!(pair.take().1 < 100);
        }
    }
}

/// An answer to a poll is compressed as a whole: if any message in it may be.
#[test]
fn an_answer_to_a_poll_tells_whether_it_may_be() {
    let sid = Sid::from_random(&[7; 15]);
    let (mut engine, _) = Engine::polling(ms(0), &plain(), sid);
    for (wishes, expected) in [
        (&[false][..], false),
        (&[true], true),
        (&[false, true], true),
        (&[false, false], false),
    ] {
        for wanted in wishes {
            let mut out = engine.sink();
            out.set_compress(*wanted);
            out.put_text(&[b"text"]);
            out.put_binary(b"", Bytes::from_static(b"bytes"));
            let parts = vec![Part::Text(Bytes::from_static(b"shared"))];
            out.put_shared(&Shared::with_compression(parts, *wanted), Lead::NONE);
            out.set_compress(true);
        }
        let request = Request::new(Method::Get, POLL);
        let Decision::Answer(response) = engine.handle_request(ms(0), &request) else {
            panic!("nothing waits")
        };
        assert_eq!(response.compress, expected, "{wishes:?}");
    }
}

/// What was put for a poll keeps its sender's wish on the WebSocket that takes it over.
#[test]
fn the_wish_outlives_an_upgrade() {
    let text = "a".repeat(5000);
    let bytes = [7; 5000];
    let shared = |wanted| Shared::with_compression(vec![Part::Text(text.clone().into())], wanted);
    for wanted in [false, true] {
        let sid = Sid::from_random(&[7; 15]);
        let (mut engine, _) = Engine::polling(ms(0), &alone(), sid);
        for message in [Message::from(&*text), Message::from(&bytes[..])] {
            let message = Outbound::from(message).compressed(wanted);
            engine.offer(&message).unwrap();
        }
        engine.shared(&shared(wanted)).unwrap();
        let request = Request {
            websocket: true,
            ..Request::new(Method::Get, UPGRADE)
        };
        let Decision::Upgrade(lane) = engine.handle_request(ms(0), &request) else {
            panic!("no upgrade")
        };
        let (_, agreed) = alone().accept(&offer("permessage-deflate")).unwrap();
        engine.agree(&alone(), lane, agreed);
        let mut pair = Pair::new(&alone(), engine, lane);
        pair.say("2probe").unwrap();
        pair.take();
        pair.say("5").unwrap();
        let (told, len) = pair.take();
        let text = Message::from(&*format!("4{text}")).into_owned();
        assert_eq!(told, [text.clone(), Message::from(&bytes[..]), text]);
        assert_eq!(len > 15_000, !wanted, "{len}");
        // Whoever says nothing afterwards is compressed.
        pair.step(|engine| engine.text(&"a".repeat(5000)).unwrap());
        assert!(pair.take().1 < 100);
    }
}

#[test]
fn what_is_offered_may_wish_so_too() {
    let text = "a".repeat(5000);
    let mut pair = Pair::socket(&takeover());
    pair.take();
    for wanted in [false, true, false] {
        let message = Outbound::from(Message::from(&*text)).compressed(wanted);
        pair.step(|engine| engine.offer(&message).unwrap());
        let (told, len) = pair.take();
        assert_eq!(told, [Message::from(&*format!("4{text}"))]);
        assert_eq!(len > 5000, !wanted, "{len}");
    }
}
