//! `client-support` and `client-support-v2`: what the test suites of socket.io-client 4 and 2 talk to.

use crate::process::{Client, Sut, member};

/// Joins `/`, and says how events of the server end: with recovery each has an offset behind it.
async fn v5(sut: &Sut) -> Client {
    let mut client = sut.open(4, "").await;
    client.join("", "").await;
    client
}

/// What `/` answers to an event, offsets aside; `lead` stands before bytes.
async fn events(client: &mut Client, lead: &str, offsets: bool) {
    let mut offset = 0;
    let bytes = format!("<{lead}6173646661736466>");
    let utf8 = [
        "てすと",
        "Я Б Г Д Ж Й",
        "Ä ä Ü ü ß",
        "utf8 — string",
        "utf8 — string",
    ];
    let hole = r#"{"_placeholder":true,"num":0}"#;
    let own = |text: &str| vec![text.to_owned()];
    let rows: Vec<(Vec<String>, Vec<String>)> = vec![
        (own(r#"42["hi"]"#), own(r#"42["hi"]"#)),
        (own(r#"42["false"]"#), own(r#"42["false",false]"#)),
        (
            own(r#"42["getUtf8"]"#),
            utf8.map(|s| format!(r#"42["takeUtf8","{s}"]"#)).into(),
        ),
        (
            own(r#"42["doge"]"#),
            vec![format!(r#"451-["doge",{hole}]"#), bytes.clone()],
        ),
        (
            own(r#"42["getbin"]"#),
            vec![format!(r#"451-["takebin",{hole}]"#), bytes.clone()],
        ),
        (
            vec![format!(r#"451-["buffa",{hole}]"#), bytes.clone()],
            own(r#"42["buffack"]"#),
        ),
        (
            vec![
                format!(
                    r#"451-["jsonbuff",{{"hello":"lol","message":{hole},"goodbye":"gotcha"}}]"#
                ),
                bytes.clone(),
            ],
            own(r#"42["jsonbuff-ack"]"#),
        ),
        (
            vec![
                format!(r#"451-["abuff1",{hole}]"#),
                bytes.clone(),
                r#"42["abuff2","please arrive second"]"#.to_owned(),
            ],
            own(r#"42["abuff2-ack"]"#),
        ),
        (
            vec![format!(r#"451-["blob",{hole}]"#), bytes.clone()],
            vec![format!(r#"451-["back",{hole}]"#), bytes.clone()],
        ),
        (
            vec![
                format!(r#"451-["jsonblob",{{"message":{hole}}}]"#),
                bytes.clone(),
            ],
            own(r#"42["jsonblob-ack"]"#),
        ),
        (
            vec![
                format!(r#"451-["blob1",{hole}]"#),
                bytes.clone(),
                r#"42["blob2","second"]"#.to_owned(),
                format!(r#"451-["blob3",{hole}]"#),
                bytes.clone(),
            ],
            own(r#"42["blob3-ack"]"#),
        ),
    ];
    for (said, answers) in rows {
        for packet in &said {
            client.send(packet).await;
        }
        for mut answer in answers {
            if offsets && answer.starts_with('4') {
                offset += 1;
                let open = answer.strip_suffix(']').unwrap();
                answer = format!("{open},\"{offset:x}\"]");
            }
            let heard = client.next().await;
            let heard = if offsets { unmarked(&heard) } else { heard };
            assert_eq!(heard, answer, "{said:?}");
        }
    }
    // What is not of its kind is not answered, nor what nobody knows.
    client
        .play(&[
            r#"> 42["buffa","x"]"#,
            r#"> 42["abuff2"]"#,
            r#"> 425["unknown"]"#,
            r#"> 42["event"]"#,
            r#"> 420["echo",null]"#,
            "< 430[null]",
            r#"> 421["echo",{"a":[1]}]"#,
            r#"< 431[{"a":[1]}]"#,
        ])
        .await;
}

/// With the number alone of the offset behind an event's arguments: the mark before it is random.
fn unmarked(packet: &str) -> String {
    match packet.rsplit_once('-') {
        Some((rest, number)) if packet.ends_with("\"]") => {
            let (rest, mark) = rest.rsplit_once('"').unwrap();
            assert!(mark.bytes().all(|digit| digit.is_ascii_hexdigit()));
            format!("{rest}\"{number}")
        }
        _ => packet.to_owned(),
    }
}

#[tokio::test]
async fn main_namespace_with_recovery() {
    let sut = Sut::start("client-support");
    let mut client = v5(&sut).await;
    events(&mut client, "", true).await;

    // An event with an acknowledgement is not one that can be recovered.
    let mut client = v5(&sut).await;
    client
        .play(&[
            r#"> 42["ack"]"#,
            r#"< 421["ack"]"#,
            r#"> 431[5,{"test":true}]"#,
        ])
        .await;
    assert!(client.next().await.starts_with(r#"42["got it",""#));
    client
        .play(&[
            r#"> 42["ack"]"#,
            r#"< 422["ack"]"#,
            r#"> 432[5,{"test":""}]"#,
            r#"> 423["echo",1]"#,
            "< 433[1]",
        ])
        .await;
}

#[tokio::test]
async fn dates_ids_and_handshakes() {
    let sut = Sut::start("client-support");
    let mut client = sut.open(4, "&a%26=%26%3D%3Fa&b=c").await;
    let main = member(&client.join("", r#"{"token":"x"}"#).await, "sid");
    let is_date = |text: &str| {
        let date = text.get(..24).unwrap_or_default();
        assert!(date.ends_with('Z') && &date[10..11] == "T", "{text}");
    };
    client.send(r#"427["getAckDate",{"x":1}]"#).await;
    is_date(client.next().await.strip_prefix(r#"437[""#).unwrap());
    client.send(r#"42["getDate"]"#).await;
    let date = client.next().await;
    is_date(date.strip_prefix(r#"42["takeDate",""#).unwrap());
    client.send(r#"42["getDateObj"]"#).await;
    let date = client.next().await;
    is_date(date.strip_prefix(r#"42["takeDateObj",{"date":""#).unwrap());

    client.send(r#"428["getId"]"#).await;
    assert_eq!(client.next().await, format!(r#"438["{main}"]"#));
    let foo = member(&client.join("/foo,", "").await, "sid");
    client.send(r#"42/foo,9["getId"]"#).await;
    assert_eq!(client.next().await, format!(r#"43/foo,9["{foo}"]"#));
    assert!(main != foo && main != client.sid && foo != client.sid);

    client.send(r#"425["getHandshake"]"#).await;
    let answer = client.next().await;
    let handshake = answer.strip_prefix("435[").unwrap().strip_suffix(']');
    let handshake: siox_socketio::Value = handshake.unwrap().parse().unwrap();
    let inside = |a: &str, b: &str| {
        let member = handshake.get(a).unwrap().get(b);
        member.map(|v| v.as_str().unwrap().into_owned())
    };
    assert_eq!(inside("query", "a&").as_deref(), Some("&=?a"));
    assert_eq!(inside("query", "b").as_deref(), Some("c"));
    assert_eq!(inside("query", "token"), None);
    assert_eq!(inside("auth", "token").as_deref(), Some("x"));
    for key in ["headers", "time", "address", "issued", "url"] {
        assert!(handshake.get(key).is_some(), "{key}");
    }
    for key in ["xdomain", "secure"] {
        let value = handshake.get(key).unwrap();
        assert_eq!(value.as_bool(), Some(false), "{key}");
    }
}

#[tokio::test]
async fn who_is_let_in_where() {
    let sut = Sut::start("client-support");
    let mut client = sut.open(4, "").await;
    for nsp in ["", "/foo,", "/timeout_socket,", "/valid,", "/asd,"] {
        client.join(nsp, "").await;
    }
    client.join("/abc,", r#"{"a":"b"}"#).await;
    let shaken = client.next().await;
    assert!(shaken.starts_with(r#"42/abc,["handshake",{"#), "{shaken}");
    assert!(shaken.contains(r#""auth":{"a":"b"}"#), "{shaken}");
    client
        .play(&[
            r#"> 42/abc,["my-event"]"#,
            "> 40/no,",
            r#"< 44/no,{"message":"Auth failed (custom namespace)"}"#,
            "> 40/elsewhere,",
            r#"< 44/elsewhere,{"message":"Invalid namespace"}"#,
            // Joined again, it is another socket.
            "> 41",
        ])
        .await;
    client.join("", "").await;

    let mut client = sut.open(4, "&fail=true").await;
    let refusal = r#"< 44{"message":"Auth failed (main namespace)"}"#;
    client.play(&["> 40", refusal]).await;
    let mut client = sut.open(4, "&fail=").await;
    client.join("", "").await;
}

#[tokio::test]
async fn a_client_that_was_cut_off_comes_back() {
    let sut = Sut::start("client-support");
    let mut client = v5(&sut).await;
    client.send(r#"42["hi"]"#).await;
    assert_eq!(unmarked(&client.next().await), r#"42["hi","1"]"#);
    drop(client);

    let mut client = sut.open(4, "").await;
    let first = client.join("", "").await;
    let (sid, pid) = (member(&first, "sid"), member(&first, "pid"));
    client.send(r#"42["hi"]"#).await;
    assert!(client.next().await.starts_with(r#"42["hi",""#));
    // A close frame, and the server's answer to it: then the session is kept.
    client.ws.send_raw(&[0x88, 0x80, 0, 0, 0, 0]).await;
    assert_eq!(client.next().await, "closed");
    let mut client = sut.open(4, "").await;
    let again = client.join("", &format!(r#"{{"pid":"{pid}"}}"#)).await;
    assert_eq!(
        (member(&again, "sid"), member(&again, "pid")),
        (sid.clone(), pid.clone())
    );
    assert!(client.next().await.starts_with(r#"42["hi",""#), "missed");
    // Who leaves does not come back.
    client.send("41").await;
    let later = client.join("", &format!(r#"{{"pid":"{pid}"}}"#)).await;
    assert_ne!(member(&later, "sid"), sid);
}

#[tokio::test]
async fn v2_main_namespace() {
    let sut = Sut::start("client-support-v2");
    let mut client = sut.open(3, "").await;
    client.play(&["< 40"]).await;
    events(&mut client, "04", false).await;
    let id = client.sid.clone();
    client.send(r#"428["getId"]"#).await;
    assert_eq!(client.next().await, format!(r#"438["{id}"]"#));
    client.play(&["> 40/foo", "< 40/foo,"]).await;
    client.send(r#"42/foo,8["getId"]"#).await;
    let answer = format!(r#"43/foo,8["/foo#{id}"]"#);
    assert_eq!(client.next().await, answer);
    // A client of today finds no recovery here.
    let mut client = sut.open(4, "").await;
    let answer = client.join("", "").await;
    assert!(!answer.contains("pid"), "{answer}");
    client.play(&[r#"> 42["hi"]"#, r#"< 42["hi"]"#]).await;
}

#[tokio::test]
async fn v2_queries_and_refusals() {
    let sut = Sut::start("client-support-v2");
    let mut client = sut.open(3, "&b=d&e=f").await;
    client
        .play(&[
            "< 40",
            "> 40/no",
            r#"< 44/no,"Auth failed (custom namespace)""#,
            "> 40/elsewhere",
            r#"< 44/elsewhere,{"message":"Invalid namespace"}"#,
            "> 40/abc?a=%26&b=c,",
            "< 40/abc,",
        ])
        .await;
    let shaken = client.next().await;
    let query = r#""query":{"EIO":"3","a":"&","b":"c","e":"f","transport":"websocket"}"#;
    assert!(shaken.contains(query), "{shaken}");
    let auth = r#""auth":{"a":"&","b":"c"}"#;
    assert!(shaken.contains(auth), "{shaken}");

    let mut client = sut.open(3, "&fail=true").await;
    let refusal = r#"< 44"Auth failed (main namespace)""#;
    client.play(&[refusal]).await;
}
