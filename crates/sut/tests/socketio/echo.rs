//! `sio-v5` and `sio-v4`: the echo servers of the protocol's test suites.

use crate::{process::Sut, raw::ws::Said};

const TWO: &str = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},"test""#;

#[tokio::test]
async fn v5_answers_connect_with_its_id_alone() {
    let sut = Sut::start("sio-v5");
    let mut client = sut.open(4, "").await;
    for (nsp, payload, auth) in [
        ("", "", "{}"),
        ("/custom,", r#"{"token":"abc"}"#, r#"{"token":"abc"}"#),
    ] {
        let answer = client.join(nsp, payload).await;
        let sid = answer.strip_prefix("{\"sid\":\"").unwrap();
        let sid = sid.strip_suffix("\"}").unwrap();
        assert!(!sid.is_empty() && sid != client.sid);
        let event = format!(r#"< 42{nsp}["auth",{auth}]"#);
        client.play(&[&event]).await;
    }
    let refusal = r#"< 44/random,{"message":"Invalid namespace"}"#;
    client.play(&["> 40/random", refusal]).await;
}

/// What both revisions share, once `/` and `/custom` are joined; bytes with `lead` before them.
async fn echoes(client: &mut crate::process::Client, lead: &str) {
    let (one, two) = (format!("<{lead}010203>"), format!("<{lead}040506>"));
    let (say_one, say_two) = (format!("> {one}"), format!("> {two}"));
    let (hear_one, hear_two) = (format!("< {one}"), format!("< {two}"));
    client
        .play(&[
            r#"> 42["message",1,"2",{"3":[true]}]"#,
            r#"< 42["message-back",1,"2",{"3":[true]}]"#,
            r#"> 42/custom,["message","x"]"#,
            r#"< 42/custom,["message-back","x"]"#,
            &format!(r#"> 452-["message",{TWO}]"#),
            &say_one,
            &say_two,
            &format!(r#"< 452-["message-back",{TWO}]"#),
            &hear_one,
            &hear_two,
            r#"> 42456["message-with-ack",1,"2",{"3":[false]}]"#,
            r#"< 43456[1,"2",{"3":[false]}]"#,
            &format!(r#"> 452-789["message-with-ack",{TWO}]"#),
            &say_one,
            &say_two,
            &format!("< 462-789[{TWO}]"),
            &hear_one,
            &hear_two,
            r#"> 42["emit-with-ack",1,"2",{"3":[true]}]"#,
            r#"< 421["emit-with-ack",1,"2",{"3":[true]}]"#,
            r#"> 431[1,"2",{"3":[true]}]"#,
            r#"< 42["emit-with-ack",1,"2",{"3":[true]}]"#,
            // Ids count for each socket.
            r#"> 42/custom,["emit-with-ack"]"#,
            r#"< 42/custom,1["emit-with-ack"]"#,
            r#"> 43/custom,1["done"]"#,
            r#"< 42/custom,["emit-with-ack","done"]"#,
            "> 41/custom",
            r#"> 42["message","still here"]"#,
            r#"< 42["message-back","still here"]"#,
        ])
        .await;
}

#[tokio::test]
async fn v5_echoes() {
    let sut = Sut::start("sio-v5");
    let mut client = sut.open(4, "").await;
    for nsp in ["", "/custom,"] {
        client.join(nsp, "").await;
        client.next().await;
    }
    echoes(&mut client, "").await;
    // Leaving is answered by nothing: the next thing said is the ping.
    client.send("41").await;
    assert_eq!(client.ws.next().await, Said::Text("2".into()));
}

#[tokio::test]
async fn v4_echoes() {
    let sut = Sut::start("sio-v4");
    let mut client = sut.open(3, "").await;
    client.play(&["< 40", r#"< 42["auth",{}]"#]).await;
    client
        .play(&[
            "> 40/random",
            r#"< 44/random,{"message":"Invalid namespace"}"#,
            "> 40/custom",
            "< 40/custom,",
            r#"< 42/custom,["auth",{}]"#,
        ])
        .await;
    echoes(&mut client, "04").await;
    client.play(&["> 41", "< closed"]).await;
}

#[tokio::test]
async fn bad_input_closes() {
    let sut = Sut::start("sio-v4");
    for eio in [3, 4] {
        for packet in ["4abc", "42{}", r#"42abc["message-with-ack",1]"#] {
            let mut client = sut.open(eio, "").await;
            if eio == 4 {
                client.send("40").await;
            }
            client.next().await;
            client.next().await;
            client.send(packet).await;
            assert_eq!(client.next().await, "closed", "{packet}");
        }
    }
    let mut client = sut.open(4, "").await;
    client.play(&["> 4abc", "< closed"]).await;
    // Who joins nothing is closed too, pings answered.
    let mut client = sut.open(4, "").await;
    assert_eq!(client.next().await, "closed");
}

#[tokio::test]
async fn v4_over_polling() {
    let sut = Sut::start("sio-v4");
    let mut http = sut.http().await;
    let base = "/socket.io/?EIO=3&transport=polling";
    let nameless = http.get("/socket.io/?transport=polling").await;
    assert_eq!(nameless.status, 400);
    let open = http.get(base).await.body;
    let (len, packet) = open.split_once(':').unwrap();
    assert_eq!(len, packet.len().to_string());
    let sid = packet.split_once("\"sid\":\"").unwrap().1;
    let session = format!("{base}&sid={}", sid.split_once('"').unwrap().0);
    for polled in [r#"2:4013:42["auth",{}]1:3"#, "1:3", "1:3"] {
        assert_eq!(http.post(&session, "1:2").await.status, 200);
        assert_eq!(http.get(&session).await.body, polled);
    }
    assert_eq!(http.post(&session, "1:1").await.status, 200);
    assert_eq!(http.get(&session).await.status, 400);
}
