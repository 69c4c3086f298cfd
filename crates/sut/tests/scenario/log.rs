//! What a client wrote, brought to a form in which chance has no part.
//!
//! Lines of one source are in order; between sources there is none. Ids become numbers, by source. How often it was
//! tried to come back is left out: what an outage tells, it tells once. So are the server's pings, the upgrade, which
//! an outage may forestall, the words of the system, and what a recovery log marks its offsets with.

use siox_socketio::{Value, View};
use std::collections::BTreeMap;

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Log {
    /// By source: a namespace's events, its acknowledgements, the connection.
    by: BTreeMap<String, Vec<String>>,
}

impl Log {
    pub(crate) fn of(lines: &[Value]) -> Self {
        let mut log = Self::default();
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in lines.iter().filter(|line| !is_chance(line)) {
            let source = source(line);
            let text = shown(line, ids.entry(source.clone()).or_default());
            let own = log.by.entry(source).or_default();
            // Since it was connected last.
            let outage = own.iter().rev();
            let is_up = |line: &str| line.contains(r#""connect""#) || line.contains(r#""open""#);
            let mut outage = outage.take_while(|line| !is_up(line));
            let is_told = text.contains("reconnect_") || text.contains("error");
            let again = is_told && outage.any(|told| *told == text);
            if !again {
                own.push(text);
            }
        }
        log
    }

    fn has(&self, source: &str, part: &str) -> bool {
        let own = self.by.get(source);
        own.is_some_and(|own| own.iter().any(|line| line.contains(part)))
    }

    /// Two logs might be alike in what they lack.
    pub(crate) fn check(&self) {
        let parts = [
            ("events /", r#""recovered":true"#),
            ("events /", r#""args":["missed 3","#),
            ("acks /", r#""count":300"#),
            ("acks /", r#""ordered":true"#),
            ("acks /", "did not come in time"),
            ("events /", "io client disconnect"),
            ("events /custom", "io server disconnect"),
            ("events /private", r#""code":401"#),
            ("manager", r#""event":"reconnect""#),
        ];
        for (source, part) in parts {
            assert!(self.has(source, part), "no {part} of {source} in {self:#?}");
        }
    }
}

/// Whether chance decides if it is told.
fn is_chance(line: &Value) -> bool {
    let event = member(line, "event").unwrap_or_default();
    let is_chance = event == "ping" || event.starts_with("upgrad");
    is_chance && source(line) == "manager"
}

fn member(line: &Value, name: &str) -> Option<String> {
    let member = line.view().get(name)?;
    Some(member.as_str()?.into_owned())
}

fn source(line: &Value) -> String {
    let is = member(line, "is").unwrap();
    let nsp = member(line, "nsp").unwrap_or_default();
    match is.as_str() {
        "ack" | "ack_error" => format!("acks {nsp}"),
        "manager" | "error" => is,
        _ => format!("events {nsp}"),
    }
}

fn shown(line: &Value, ids: &mut Vec<String>) -> String {
    let mut members: Vec<String> = Vec::new();
    for (name, value) in line.view().members() {
        let value = match (&*name, value.as_str()) {
            // Counted from the first.
            ("attempt" | "details", _) => continue,
            ("id", Some(id)) if member(line, "is").as_deref() == Some("connect") => {
                number(&id, ids)
            }
            ("args", _) => without_mark(json(value)),
            _ => json(value),
        };
        members.push(format!("\"{name}\":{value}"));
    }
    members.sort();
    members.join(",")
}

fn json(value: View<'_>) -> String {
    value.to_value().json().to_owned()
}

/// Of an offset behind the arguments the number alone: the log's mark is random.
fn without_mark(args: String) -> String {
    let offset = args.strip_suffix("\"]").and_then(|args| {
        let (rest, offset) = args.rsplit_once('"')?;
        let (mark, number) = offset.split_once('-')?;
        let is_hex = |part: &str| part.bytes().all(|digit| digit.is_ascii_hexdigit());
        (is_hex(mark) && is_hex(number)).then(|| format!("{rest}\"{number}\"]"))
    });
    offset.unwrap_or(args)
}

fn number(id: &str, ids: &mut Vec<String>) -> String {
    let at = ids.iter().position(|known| known == id);
    let at = at.unwrap_or_else(|| {
        ids.push(id.to_owned());
        ids.len() - 1
    });
    format!("#{at}")
}
