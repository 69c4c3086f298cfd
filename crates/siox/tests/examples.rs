//! The examples, each used by a client over a real socket.

#[path = "server/client.rs"]
mod client;
#[path = "../../tokio/tests/common/mod.rs"]
mod raw;

macro_rules! examples {
    ($($name:ident = $path:literal)*) => {$(
        #[path = $path]
        #[expect(dead_code, reason = "its `main` is not run")]
        #[allow(clippy::needless_pass_by_value, reason = "what a handler takes, it owns")]
        mod $name;
    )*};
}

examples! {
    custom_parser = "../examples/custom_parser.rs"
    acks = "../examples/acks.rs"
    binary = "../examples/binary.rs"
    in_axum = "../examples/axum.rs"
    rooms = "../examples/rooms.rs"
    asking = "../examples/client.rs"
    chat = "../examples/chat.rs"
    client_session = "../examples/client_session.rs"
    client_typed = "../examples/client_typed.rs"
    behind_nginx = "../examples/behind_nginx.rs"
    dynamic = "../examples/dynamic.rs"
    metrics = "../examples/metrics.rs"
    middleware = "../examples/middleware.rs"
    private_messages = "../examples/private_messages.rs"
    typed = "../examples/typed.rs"
    upload = "../examples/upload.rs"
}

use client::{Client, serve};

#[tokio::test]
async fn a_parser_of_ones_own() {
    let to = serve(&custom_parser::server().unwrap()).await;
    let mut client = Client::open(to).await;
    client.send("\tconnect\t/\t").await;
    let welcome = client.packet().await;
    assert!(welcome.starts_with("{\"sid\":"), "{welcome}");
    assert!(welcome.ends_with("}\tconnect\t/\t"), "{welcome}");
    client.send("[\"echo\",1,\"x\"]\tevent\t/\t").await;
    assert_eq!(client.packet().await, "[\"echo\",1,\"x\"]\tevent\t/\t");
    client.send("[\"echo\",2]\tevent\t/\t7").await;
    assert_eq!(client.packet().await, "[2]\tack\t/\t7");
    client.send("\tconnect\t/no\t").await;
    let refused = "{\"message\":\"Invalid namespace\"}\trefusal\t/no\t";
    assert_eq!(client.packet().await, refused);
    client.send("2[\"echo\"]").await;
    assert!(!matches!(client.next().await, raw::ws::Said::Text(_)));
}

#[tokio::test]
async fn a_picture_goes_to_everyone_else() {
    let to = serve(&binary::server()).await;
    let (mut a, mut b) = (Client::join(to).await, Client::join(to).await);
    let picture = r#"{"name":"dot","data":{"_placeholder":true,"num":0}}"#;
    a.send(&format!("51-1[\"picture\",{picture}]")).await;
    a.ws.send_binary(b"\x01\x02\x03").await;
    assert_eq!(a.packet().await, "31[3]");
    assert_eq!(b.packet().await, format!("51-[\"picture\",{picture}]"));
    assert_eq!(b.next().await, raw::ws::Said::Binary(vec![1, 2, 3]));
}

#[tokio::test]
async fn beside_other_routes_of_axum() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let app = in_axum::app().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let mut client = Client::join(to).await;
    for (id, sum) in [(1, 5), (2, 10)] {
        client.send(&format!("2{id}[\"add\",5]")).await;
        assert_eq!(client.packet().await, format!("3{id}[{sum}]"));
    }
    let mut http = raw::http::Http::connect(to).await;
    assert_eq!(http.get("/count").await.body, "10\n");
}

#[tokio::test]
async fn what_is_said_in_a_room_stays_there() {
    let io = rooms::server();
    client::answering(&io.namespace("/"));
    let to = serve(&io).await;
    let (mut a, mut b) = (Client::join(to).await, Client::join(to).await);
    a.send("2[\"join\",\"tea\"]").await;
    assert!(a.heard_until_now("").await.is_empty());
    b.send("2[\"say\",\"tea\",\"from outside\"]").await;
    assert_eq!(a.packet().await, "2[\"said\",\"from outside\"]");
    b.send("2[\"join\",\"tea\"]").await;
    assert_eq!(a.packet().await, "2[\"said\",\"somebody has come\"]");
    a.send("2[\"say\",\"tea\",\"hello\"]").await;
    assert_eq!(b.packet().await, "2[\"said\",\"hello\"]");
    b.send("2[\"leave\",\"tea\"]").await;
    assert!(b.heard_until_now("").await.is_empty());
    a.send("2[\"say\",\"tea\",\"alone\"]").await;
    assert!(a.heard_until_now("").await.is_empty());
    assert!(b.heard_until_now("").await.is_empty());
}

#[tokio::test]
async fn a_chat_is_heard_by_those_who_are_in() {
    let io = chat::server().unwrap();
    client::answering(&io.namespace("/"));
    let to = serve(&io).await;
    let (mut ada, mut bob) = (Client::join(to).await, Client::join(to).await);
    ada.send("21[\"join\",\"ada\"]").await;
    assert_eq!(ada.packet().await, "31[[]]");
    // Nobody yet: not heard, and not answered.
    bob.send("21[\"message\",\"from outside\"]").await;
    assert!(bob.heard_until_now("").await.is_empty());
    ada.send("22[\"message\",\"hello\"]").await;
    assert_eq!(ada.packet().await, "32[]");
    bob.send("22[\"join\",\"bob\"]").await;
    assert_eq!(bob.packet().await, "32[[[\"ada\",\"hello\"]]]");
    bob.send("2[\"typing\",true]").await;
    bob.send("23[\"message\",\"hi\"]").await;
    assert_eq!(bob.packet().await, "33[]");
    assert_eq!(ada.packet().await, "2[\"joined\",\"bob\"]");
    let heard = ada.heard_until_now("").await;
    assert_eq!(heard.last().unwrap(), "2[\"message\",\"bob\",\"hi\"]");
    drop(ada);
    assert_eq!(bob.packet().await, "2[\"left\",\"ada\"]");
}

#[tokio::test]
async fn a_client_asks_and_is_asked() {
    let io = siox::Server::new();
    io.namespace("/").on("guess", acks::guess);
    let to = serve(&io).await;
    let client = asking::connect(&format!("http://{to}")).unwrap();
    assert_eq!(asking::guess(&client, "siox").await.unwrap(), "right");
    assert_eq!(asking::guess(&client, "io").await.unwrap(), "wrong");
}

#[tokio::test]
async fn a_client_renews_its_token_and_comes_back() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let notes = || {
        let io = middleware::server();
        io.namespace("/private")
            .on("note", |siox::Data(n): siox::Data<u32>, ack: siox::Ack| {
                ack.send(&n)
            });
        io
    };
    let serve = |io: &siox::Server, listener| {
        let io = io.clone();
        tokio::spawn(async move { io.serve(listener).await })
    };
    let io = notes();
    let serving = serve(&io, listener);
    let tokens = client_session::Tokens::new("worn out");
    let client = client_session::connect(&format!("http://{to}/private"), tokens).unwrap();
    let answer = client.emit_with_ack::<u32>("note", &1, None);
    assert_eq!(answer.await.unwrap(), 1);
    let (tell, mut gone) = tokio::sync::mpsc::unbounded_channel();
    client.on_disconnect(move || {
        let _ = tell.send(());
    });
    serving.abort();
    io.close_within(std::time::Duration::ZERO).await;
    gone.recv().await.unwrap();
    let answer = client.emit_with_ack::<u32>("note", &2, None);
    let listener = loop {
        match tokio::net::TcpListener::bind(to).await {
            Ok(listener) => break listener,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    serve(&notes(), listener);
    assert_eq!(answer.await.unwrap(), 2);
}

#[tokio::test]
async fn both_ends_know_the_types() {
    let to = serve(&client_typed::server()).await;
    let sum = client_typed::sum(&format!("http://{to}")).await;
    assert_eq!(sum.unwrap(), 3);
}

#[tokio::test]
async fn the_client_is_the_one_that_the_proxy_saw() {
    const CLAIMED: &str = "6.6.6.6";
    let to = serve(&behind_nginx::server(3001).unwrap()).await;
    for (address, proto, secure) in [
        ("203.0.113.7", "https", true),
        ("2001:db8::1", "http", false),
    ] {
        let forwarded = format!("{CLAIMED}, {address}");
        let headers = [
            ("X-Forwarded-For", &*forwarded),
            ("X-Forwarded-Proto", proto),
            ("X-Forwarded-Host", "here"),
            ("Origin", "https://here"),
        ];
        let early = ["40", "421[\"whoami\"]"];
        let mut ws = raw::ws::Ws::connect_with(to, client::WEBSOCKET, &headers, &early).await;
        assert!(ws.text().await.starts_with("0{"));
        assert!(ws.text().await.starts_with("40{"));
        let seen = format!("{{\"address\":\"{address}\",\"secure\":{secure},\"node\":3001}}");
        assert_eq!(ws.text().await, format!("431[{seen}]"));
    }
}

#[tokio::test]
async fn projects_are_apart() {
    let io = dynamic::server().unwrap();
    let to = serve(&io).await;
    let (mut a, mut b) = (Client::open(to).await, Client::open(to).await);
    a.enter("/project-1,").await;
    b.enter("/project-2,").await;
    a.send("2/project-1,[\"say\",\"x\"]").await;
    assert_eq!(
        a.packet().await,
        "2/project-1,[\"said\",\"/project-1\",\"x\"]"
    );
    b.send("2/project-2,[\"say\",\"y\"]").await;
    assert_eq!(
        b.packet().await,
        "2/project-2,[\"said\",\"/project-2\",\"y\"]"
    );
    drop(a);
    while io.namespaces().len() > 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_token_opens_the_door() {
    let to = serve(&middleware::server()).await;
    let mut client = Client::open(to).await;
    client.send("0/private,{\"token\":\"open\"}").await;
    assert_eq!(
        client.packet().await,
        "4/private,{\"message\":\"not authorised\",\"data\":{\"code\":401,\"wanted\":\"a token\"}}"
    );
    client.send("0/private,{\"token\":\"sesame\"}").await;
    assert!(client.packet().await.starts_with("0/private,{\"sid\":"));
    assert!(
        client
            .packet()
            .await
            .starts_with("2/private,[\"welcome\",\"")
    );
}

#[tokio::test]
async fn letters_arrive_late_rather_than_never() {
    let io = private_messages::server().unwrap();
    let to = serve(&io).await;
    let mut client = Client::open(to).await;
    client.send("0").await;
    assert_eq!(client.packet().await, "4{\"message\":\"who are you?\"}");
    client.send("0{\"name\":\"ada\"}").await;
    let answer = client.packet().await;
    let body: siox::Value = answer[1..].parse().unwrap();
    let pid = body.get("pid").unwrap().as_str().unwrap().into_owned();
    drop(client);
    while !io.namespace("/").sockets().is_empty() {
        tokio::task::yield_now().await;
    }
    let mut other = Client::open(to).await;
    other.send("0{\"name\":\"bob\"}").await;
    other.packet().await;
    other
        .send("21[\"message\",{\"to\":\"ada\",\"text\":\"hello\"}]")
        .await;
    assert_eq!(other.packet().await, "31[\"sent\"]");
    let mut ada = Client::open(to).await;
    ada.send(&format!("0{{\"name\":\"ada\",\"pid\":\"{pid}\"}}"))
        .await;
    assert_eq!(ada.packet().await, answer);
    // Behind it stands where the session is by now.
    let letter = ada.packet().await;
    let expected = "2[\"message\",{\"from\":\"bob\",\"text\":\"hello\"},\"";
    assert!(letter.starts_with(expected), "{letter}");
    assert!(letter.ends_with("-1\"]"), "{letter}");
}

#[tokio::test]
async fn sums_and_sayings() {
    let to = serve(&typed::server()).await;
    let (mut a, mut b) = (Client::join(to).await, Client::join(to).await);
    a.send("25[\"sum\",20,22]").await;
    assert_eq!(a.packet().await, "35[42]");
    a.send("2[\"say\",\"hello\"]").await;
    assert_eq!(b.packet().await, "2[\"say\",\"hello\"]");
}

#[tokio::test]
async fn an_upload_in_pieces_tells_its_progress() {
    let to = serve(&upload::server()).await;
    let (mut a, mut b) = (Client::join(to).await, Client::join(to).await);
    for received in [5, 10] {
        let head = "51-1[\"piece\",\"name\",{\"_placeholder\":true,\"num\":0}]";
        a.send(head).await;
        a.ws.send_binary(b"bytes").await;
        assert_eq!(a.packet().await, format!("31[{{\"received\":{received}}}]"));
    }
    a.send("22[\"done\",\"name\"]").await;
    assert_eq!(a.packet().await, "32[10]");
    assert_eq!(b.packet().await, "2[\"uploaded\",\"name\",10]");
}

#[tokio::test]
async fn prometheus_reads_the_numbers() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let app = metrics::app(metrics::server());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let mut client = Client::join(to).await;
    client.send("21[\"echo\",\"x\"]").await;
    assert_eq!(client.packet().await, "31[\"x\"]");
    let mut http = raw::http::Http::connect(to).await;
    let answer = http.get("/metrics").await;
    assert_eq!(
        answer.header("content-type"),
        Some(siox::Metrics::PROMETHEUS)
    );
    let line = "siox_sessions{job=\"echo\",transport=\"websocket\"} 1";
    assert!(answer.body.lines().any(|l| l == line), "{}", answer.body);
}

#[cfg(feature = "tls")]
#[path = "../examples/tls.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod tls;

#[cfg(feature = "tls")]
#[tokio::test]
async fn echoes_over_tls() {
    use siox::rustls::{
        ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject,
    };
    let (root, config) = tls::localhost().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let io = tls::server();
    tokio::spawn(async move { io.serve_tls(listener, config).await });
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap())
        .unwrap();
    let client = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let options = siox_tokio::websocket::Options {
        tls: Some(client.into()),
        ..siox_tokio::websocket::Options::default()
    };
    let url = format!("wss://localhost:{port}{}", client::WEBSOCKET);
    let mut ws = siox_tokio::websocket::connect(&url, &options)
        .await
        .unwrap();
    for send in ["40", "421[\"echo\",1,[true]]"] {
        ws.send(send).await.unwrap();
    }
    for expected in ["0{", "40{", "431[1,[true]]"] {
        let Some(Ok(siox::Message::Text(text))) = raw::within(ws.next()).await else {
            panic!("no {expected}");
        };
        assert!(text.starts_with(expected), "{text}");
    }
}
