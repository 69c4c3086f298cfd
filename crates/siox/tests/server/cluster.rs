//! Two servers joined by an adapter that is not the crate's: what passes between them is plain data, as over a
//! network, and comes later. Its log gives each event its offset, so that a session may be recovered on
//! either.

use crate::client::{Client, answering, log, serve};
use siox::{
    Ack, Acks, Action, Adapter, AdapterError, Args, BroadcastError, Bytes, Data, Emit, Encoded,
    Later, Local, RemoteSocket, Restored, SavedSession, Selection, SendError, Server, Socket,
    Value, parser::Kind,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

const PATIENCE: Duration = Duration::from_secs(30);

/// JSON, and the binary values beside it.
type Parts = (String, Vec<Bytes>);

#[derive(Clone)]
struct Event {
    name: String,
    parts: Parts,
}

#[derive(Clone)]
struct Whom {
    to: Vec<String>,
    except: Vec<String>,
}

/// What one node tells the others.
#[derive(Clone)]
enum Wire {
    Emit {
        event: Event,
        whom: Whom,
        volatile: bool,
        /// Its place in the log, if it has one, and what is sent to clients that cannot be recovered.
        place: Option<(usize, Event)>,
    },
    Ask(Event, Whom, UnboundedSender<(usize, Vec<Parts>)>),
    Act(Whom, Action),
    Fetch(Whom, UnboundedSender<Vec<String>>),
    Tell(Event, Option<UnboundedSender<Option<Parts>>>),
}

/// What there is between the nodes: channels, and a store.
#[derive(Default)]
struct Bus {
    nodes: Mutex<BTreeMap<String, Vec<UnboundedSender<Wire>>>>,
    recovers: bool,
    log: Mutex<Vec<(Event, Whom)>>,
    sessions: Mutex<BTreeMap<String, Kept>>,
}

struct Kept {
    sid: String,
    rooms: Vec<String>,
    data: String,
    since: String,
}

struct Node {
    local: Local,
    bus: Arc<Bus>,
    number: usize,
    /// How much of the log its sockets have been sent.
    place: Arc<AtomicUsize>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap()
}

impl Event {
    fn of(name: &str, encoded: &Encoded) -> Self {
        Self {
            name: name.to_owned(),
            parts: parts(encoded),
        }
    }

    fn encoded(&self) -> Encoded {
        let (json, attachments) = self.parts.clone();
        Encoded::from_parts(Kind::Event, &json, attachments).unwrap()
    }
}

fn parts(encoded: &Encoded) -> Parts {
    (encoded.json().to_owned(), encoded.attachments().to_vec())
}

fn answer((json, attachments): Parts) -> Args {
    Args::from_parts(Kind::Ack, &json, attachments).unwrap()
}

async fn answers(mut acks: Acks) -> (usize, Vec<Args>) {
    let mut came = Vec::new();
    while let Some(args) = acks.next().await {
        came.push(args);
    }
    (acks.expected(), came)
}

impl Whom {
    fn of(selection: &Selection) -> Self {
        Self {
            to: selection.to().to_vec(),
            except: selection.except().map(str::to_owned).collect(),
        }
    }

    fn selection(self) -> Selection {
        Selection::new(self.to, self.except)
    }
}

impl Node {
    fn new(local: Local, bus: &Arc<Bus>) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut nodes = lock(&bus.nodes);
        let nodes = nodes.entry(local.name().to_owned()).or_default();
        let place = Arc::new(AtomicUsize::new(0));
        tokio::spawn(listen(local.clone(), place.clone(), receiver));
        nodes.push(sender);
        Self {
            local,
            bus: bus.clone(),
            number: nodes.len() - 1,
            place,
        }
    }

    fn tell(&self, wire: &Wire, own: bool) {
        let nodes = lock(&self.bus.nodes);
        for (number, node) in nodes[self.local.name()].iter().enumerate() {
            if own || number != self.number {
                node.send(wire.clone()).unwrap();
            }
        }
    }

    /// Puts an event into the log that a client may come back for. All nodes send it when they have come so
    /// far in the log, this one too.
    fn publish(&self, emit: &Emit<'_>) {
        let mut log = lock(&self.bus.log);
        let place = log.len() + 1;
        let stamped = emit.encoded.with_argument(&place.to_string());
        let (event, whom) = (Event::of(emit.event, &stamped), Whom::of(emit.selection));
        log.push((event.clone(), whom.clone()));
        // Under the lock: they hear in its order.
        let wire = Wire::Emit {
            event,
            whom,
            volatile: false,
            place: Some((place, Event::of(emit.event, emit.encoded))),
        };
        self.tell(&wire, true);
    }

    /// Those of the log behind one place and up to another that are for a member of these rooms.
    fn missed(&self, from: usize, to: usize, session: &SavedSession) -> Vec<Encoded> {
        let mut rooms: Vec<&str> = session.rooms.iter().map(|room| &**room).collect();
        rooms.push(&session.sid);
        let log = lock(&self.bus.log);
        let some = log.get(from..to).unwrap_or_default().iter();
        some.filter(|(_, whom)| whom.clone().selection().meets(&rooms))
            .map(|(event, _)| event.encoded())
            .collect()
    }
}

async fn listen(local: Local, place: Arc<AtomicUsize>, mut wires: UnboundedReceiver<Wire>) {
    while let Some(wire) = wires.recv().await {
        match wire {
            Wire::Emit {
                event,
                whom,
                volatile,
                place: at,
            } => {
                let (encoded, selection) = (event.encoded(), whom.selection());
                let sent = match at {
                    Some((at, plain)) => {
                        let plain = plain.encoded();
                        let emit = Emit::new(&event.name, &plain, &selection).stamped(&encoded);
                        local.emit_then(emit, || place.store(at, Ordering::Relaxed))
                    }
                    None => {
                        let mut emit = Emit::new(&event.name, &encoded, &selection);
                        emit.volatile = volatile;
                        local.emit(emit)
                    }
                };
                sent.unwrap();
            }
            Wire::Ask(event, whom, reply) => {
                let (encoded, selection) = (event.encoded(), whom.selection());
                let emit = Emit::new(&event.name, &encoded, &selection);
                let acks = local.emit_with_ack(emit, PATIENCE).unwrap();
                tokio::spawn(async move {
                    let (expected, came) = answers(acks).await;
                    let came = came.iter().map(|a| (a.json(), a.attachments().to_vec()));
                    drop(reply.send((expected, came.collect())));
                });
            }
            Wire::Act(whom, action) => local.act(&whom.selection(), &action),
            Wire::Fetch(whom, reply) => {
                let sockets = local.fetch_sockets(&whom.selection());
                let told = sockets
                    .iter()
                    .map(|s| s.to_value().unwrap().json().to_owned());
                drop(reply.send(told.collect()));
            }
            Wire::Tell(event, reply) => {
                let (json, attachments) = event.parts;
                let args = Args::from_parts(Kind::Event, &json, attachments).unwrap();
                let answer = local.server_side_event(&event.name, &args);
                if let Some(reply) = reply {
                    drop(reply.send(answer.as_ref().map(parts)));
                }
            }
        }
    }
}

impl Adapter for Node {
    fn emit(&self, emit: Emit<'_>) -> Result<(), SendError> {
        if self.bus.recovers && !emit.volatile {
            self.publish(&emit);
            return Ok(());
        }
        self.local.emit(emit)?;
        if !emit.selection.is_local() {
            let wire = Wire::Emit {
                event: Event::of(emit.event, emit.encoded),
                whom: Whom::of(emit.selection),
                volatile: emit.volatile,
                place: None,
            };
            self.tell(&wire, false);
        }
        Ok(())
    }

    fn emit_with_ack(
        &self,
        emit: Emit<'_>,
        timeout: Duration,
    ) -> Later<'static, Result<Vec<Args>, BroadcastError>> {
        let own = self.local.emit_with_ack(emit, timeout);
        let (reply, mut replies) = mpsc::unbounded_channel();
        let event = Event::of(emit.event, emit.encoded);
        self.tell(&Wire::Ask(event, Whom::of(emit.selection), reply), false);
        Box::pin(async move {
            let (mut expected, mut responses) = answers(own?).await;
            while let Some((asked, came)) = replies.recv().await {
                expected += asked;
                responses.extend(came.into_iter().map(answer));
            }
            match expected - responses.len() {
                0 => Ok(responses),
                missing => Err(BroadcastError::Partial { responses, missing }),
            }
        })
    }

    fn act(&self, selection: &Selection, action: &Action) -> Result<(), AdapterError> {
        self.local.act(selection, action);
        self.tell(&Wire::Act(Whom::of(selection), action.clone()), false);
        Ok(())
    }

    fn fetch_sockets(
        &self,
        selection: Selection,
    ) -> Later<'_, Result<Vec<RemoteSocket>, AdapterError>> {
        let (reply, mut replies) = mpsc::unbounded_channel();
        self.tell(&Wire::Fetch(Whom::of(&selection), reply), false);
        Box::pin(async move {
            let mut all = self.local.fetch_sockets(&selection);
            while let Some(told) = replies.recv().await {
                let values = told.iter().map(|json| json.parse::<Value>().unwrap());
                all.extend(values.map(|value| self.local.remote_socket(&value).unwrap()));
            }
            Ok(all)
        })
    }

    fn server_side_emit(&self, event: &str, args: &Encoded) -> Result<(), AdapterError> {
        self.tell(&Wire::Tell(Event::of(event, args), None), false);
        Ok(())
    }

    fn server_side_emit_with_ack(
        &self,
        event: &str,
        args: &Encoded,
        _: Duration,
    ) -> Later<'_, Result<Vec<Args>, BroadcastError>> {
        let (reply, mut replies) = mpsc::unbounded_channel();
        self.tell(&Wire::Tell(Event::of(event, args), Some(reply)), false);
        Box::pin(async move {
            let (mut responses, mut missing) = (Vec::new(), 0);
            while let Some(told) = replies.recv().await {
                match told {
                    Some(parts) => responses.push(answer(parts)),
                    None => missing += 1,
                }
            }
            match missing {
                0 => Ok(responses),
                missing => Err(BroadcastError::Partial { responses, missing }),
            }
        })
    }

    fn server_count(&self) -> Later<'_, Result<usize, AdapterError>> {
        let count = lock(&self.bus.nodes)[self.local.name()].len();
        Box::pin(async move { Ok(count) })
    }

    fn recovers(&self) -> bool {
        self.bus.recovers
    }

    fn offset(&self) -> Box<str> {
        self.place.load(Ordering::Relaxed).to_string().into()
    }

    fn persist(&self, session: SavedSession) {
        let kept = Kept {
            sid: session.sid.to_string(),
            rooms: session.rooms.iter().map(ToString::to_string).collect(),
            data: session.data().json().to_owned(),
            since: session.since().to_owned(),
        };
        lock(&self.bus.sessions).insert(session.pid.to_string(), kept);
    }

    fn restore(
        &self,
        pid: &str,
        offset: Option<&str>,
    ) -> Later<'_, Result<Option<Restored>, AdapterError>> {
        let kept = lock(&self.bus.sessions).remove(pid);
        let restored = kept.map(|kept| {
            let from = offset.unwrap_or(&kept.since).parse().unwrap();
            let rooms = kept.rooms.iter().map(|room| room.as_str().into());
            let data = kept.data.parse().unwrap();
            let session = SavedSession::new(pid, kept.sid, rooms.collect(), data, kept.since);
            let until = self.place.load(Ordering::Relaxed);
            Restored {
                missed: self.missed(from, until, &session),
                until: until.to_string().into(),
                session,
            }
        });
        Box::pin(async move { Ok(restored) })
    }

    fn missed_since(&self, restored: &Restored) -> Vec<Encoded> {
        let from = restored.until.parse().unwrap();
        self.missed(from, self.place.load(Ordering::Relaxed), &restored.session)
    }
}

fn servers(bus: Bus) -> [Server; 2] {
    let bus = Arc::new(bus);
    [(), ()].map(|()| {
        let bus = bus.clone();
        let io = Server::builder().adapter(move |local| Node::new(local, &bus));
        let io = io.build().unwrap();
        let nsp = io.namespace("/");
        answering(&nsp);
        nsp.on(
            "join",
            |socket: Socket, Data(room): Data<String>, ack: Ack| {
                socket.join(&room)?;
                socket.set_data(format!("in {room}"));
                ack.send(&())?;
                Ok::<_, siox::BoxError>(())
            },
        );
        io
    })
}

/// A client of each, in a room of both.
async fn two_in(room: &str, servers: &[Server; 2]) -> [(Client, String); 2] {
    let mut clients = Vec::new();
    for io in servers {
        let mut client = Client::open(serve(io).await).await;
        let id = client.enter("").await;
        client.send(&format!("20[\"join\",\"{room}\"]")).await;
        assert_eq!(client.packet().await, "30[]");
        clients.push((client, id));
    }
    clients.try_into().unwrap_or_else(|_| panic!("two"))
}

#[tokio::test]
async fn broadcasts_reach_all_of_both() {
    let servers = servers(Bus::default());
    let nsp = servers[0].namespace("/");
    assert_eq!(nsp.server_count().await.unwrap(), 2);
    let [(mut a, id), (mut b, other)] = two_in("room", &servers).await;
    nsp.emit("all", &(1, Bytes::from_static(b"bytes"))).unwrap();
    for client in [&mut a, &mut b] {
        let text = "51-[\"all\",1,{\"_placeholder\":true,\"num\":0}]";
        assert_eq!(client.packet().await, text);
        let bytes = client.next().await;
        assert_eq!(bytes, crate::raw::ws::Said::Binary(b"bytes".to_vec()));
    }
    nsp.local().emit("local", &()).unwrap();
    let own = nsp.socket(&id).unwrap();
    own.local().emit("to no other of this one", &()).unwrap();
    nsp.to("room").except(id).emit("there", "x").unwrap();
    nsp.to("elsewhere").emit("nowhere", &()).unwrap();
    nsp.to(other).emit("one", &()).unwrap();
    assert_eq!(a.packet().await, "2[\"local\"]");
    assert_eq!(b.packet().await, "2[\"there\",\"x\"]");
    assert_eq!(b.packet().await, "2[\"one\"]");
    assert!(a.heard_until_now("").await.is_empty());
}

#[tokio::test]
async fn acknowledgements_come_from_both() {
    let servers = servers(Bus::default());
    let [(mut a, _), (mut b, _)] = two_in("room", &servers).await;
    let asked = servers[1]
        .namespace("/")
        .to("room")
        .emit_with_ack("who", &(), PATIENCE);
    for (client, name) in [(&mut a, "a"), (&mut b, "b")] {
        let asks = client.packet().await;
        let id = asks
            .strip_prefix('2')
            .unwrap()
            .trim_end_matches("[\"who\"]");
        client
            .send(&format!("3{id}[\"{name}\",[{{\"x\":null}}]]"))
            .await;
    }
    let mut came: Vec<(String, Value)> = Vec::new();
    for args in asked.await.unwrap() {
        came.push(args.decode().unwrap());
    }
    came.sort_by(|a, b| a.0.cmp(&b.0));
    let names: Vec<_> = came.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(came[0].1.json(), "[{\"x\":null}]");
}

#[tokio::test]
async fn sockets_of_the_other_server_are_known_and_led() {
    let servers = servers(Bus::default());
    let nsp = servers[0].namespace("/");
    let [(mut a, id), (mut b, other)] = two_in("room", &servers).await;
    let found = nsp.to("room").fetch_sockets().await.unwrap();
    let mut ids: Vec<_> = found.iter().map(RemoteSocket::id).collect();
    ids.sort_unstable();
    let mut expected = [&*id, &*other];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    let there = found.iter().find(|socket| socket.id() == other).unwrap();
    assert!(there.rooms().contains(&"room".to_owned()));
    assert_eq!(
        there.data::<String>().as_deref().map(String::as_str),
        Some("in room")
    );
    assert_eq!(there.handshake().query(), "EIO=4&transport=websocket");
    assert_eq!(there.auth(), "{}");
    there.emit("you", &1).unwrap();
    assert_eq!(b.packet().await, "2[\"you\",1]");
    there.leave("room").unwrap();
    nsp.sockets_join("new").unwrap();
    nsp.to("room").emit("room", &()).unwrap();
    nsp.to("new").emit("new", &()).unwrap();
    assert_eq!(a.packet().await, "2[\"room\"]");
    for client in [&mut a, &mut b] {
        assert_eq!(client.packet().await, "2[\"new\"]");
    }
    there.disconnect(false).unwrap();
    assert_eq!(b.packet().await, "1");
    assert!(nsp.socket(&other).is_none());
    assert_eq!(
        nsp.socket(&id).map(|socket| socket.id().to_owned()),
        Some(id)
    );
}

#[tokio::test]
async fn servers_tell_and_ask_each_other() {
    let [a, b] = servers(Bus::default()).map(|io| io.namespace("/"));
    let (tell, mut told) = log::<String>();
    b.on_server_side("said", move |args| {
        tell(args.decode()?);
        Ok(())
    });
    b.on_server_side("sum", |args| {
        let (x, y): (i64, i64) = args.decode()?;
        Ok(x + y)
    });
    a.server_side_emit("said", "hello").unwrap();
    assert_eq!(told.next().await, "hello");
    let sums = a
        .server_side_emit_with_ack("sum", &(2, 3), PATIENCE)
        .await
        .unwrap();
    assert_eq!(sums.iter().map(Args::json).collect::<Vec<_>>(), ["[5]"]);
    let nobody = b.server_side_emit_with_ack("sum", &(2, 3), PATIENCE).await;
    assert!(matches!(
        nobody,
        Err(BroadcastError::Partial { missing: 1, .. })
    ));
}

#[tokio::test]
async fn a_session_is_recovered_on_the_other_server() {
    let servers = servers(Bus {
        recovers: true,
        ..Bus::default()
    });
    let nsps = [0, 1].map(|n| servers[n].namespace("/"));
    let mut client = Client::open(serve(&servers[0]).await).await;
    client.send("0").await;
    let connected = client.packet().await;
    let body: Value = connected[1..].parse().unwrap();
    let text = |key: &str| body.get(key).unwrap().as_str().unwrap().into_owned();
    let (sid, pid) = (text("sid"), text("pid"));
    client.send("20[\"join\",\"room\"]").await;
    assert_eq!(client.packet().await, "30[]");
    nsps[1].emit("before", &()).unwrap();
    assert_eq!(client.packet().await, "2[\"before\",\"1\"]");
    drop(client);
    while nsps[0].socket(&sid).is_some() {
        tokio::task::yield_now().await;
    }
    nsps[0].to("room").emit("missed", &1).unwrap();
    nsps[1].to("elsewhere").emit("not for it", &()).unwrap();
    nsps[1].to(&*sid).emit("missed", &2).unwrap();
    let mut client = Client::open(serve(&servers[1]).await).await;
    client
        .send(&format!("0{{\"pid\":\"{pid}\",\"offset\":\"1\"}}"))
        .await;
    assert_eq!(client.packet().await, connected);
    assert_eq!(client.packet().await, "2[\"missed\",1,\"2\"]");
    assert_eq!(client.packet().await, "2[\"missed\",2,\"4\"]");
    let socket = nsps[1].socket(&sid).unwrap();
    assert!(socket.is_recovered() && socket.rooms().contains(&"room".to_owned()));
    assert_eq!(
        socket.data::<String>().as_deref().map(String::as_str),
        Some("in room")
    );
    nsps[0].to("room").emit("after", &()).unwrap();
    assert_eq!(client.packet().await, "2[\"after\",\"5\"]");
}
