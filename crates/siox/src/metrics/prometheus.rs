//! The numbers as text for Prometheus, exposition format 0.0.4.

use super::Metrics;
use std::fmt::Write;

type Labels<'a> = &'a [(&'a str, &'a str)];

struct Page<'a> {
    text: String,
    /// On every line.
    common: Labels<'a>,
}

pub(super) fn text(m: &Metrics, common: Labels<'_>) -> String {
    let mut page = Page {
        text: String::with_capacity(8 * 1024),
        common,
    };
    sessions(m, &mut page);
    sockets(m, &mut page);
    packets(m, &mut page);
    page.text
}

fn sessions(m: &Metrics, page: &mut Page<'_>) {
    let t = &m.traffic;
    let by = |polling: u64, websocket: u64| [("polling", polling), ("websocket", websocket)];
    page.gauge("sessions", "Sessions there are, by transport.");
    page.each(
        "sessions",
        "transport",
        by(t.polling as u64, t.websocket as u64),
    );
    page.counter(
        "sessions_opened_total",
        "Sessions opened, by their first transport.",
    );
    let opened = by(t.opened_polling, t.opened_websocket);
    page.each("sessions_opened_total", "transport", opened);
    page.count(
        "upgrades_total",
        "Sessions that went from polling to a WebSocket.",
        m.upgrades,
    );
    page.counter(
        "sessions_closed_total",
        "Sessions that have ended, by reason.",
    );
    let closed = m.closed.iter().map(|(reason, n)| (reason.name(), *n));
    page.each("sessions_closed_total", "reason", closed);
    page.counter(
        "refusals_total",
        "Requests refused, by the code of Engine.IO.",
    );
    for (code, n) in &m.refusals {
        let number = (*code as u8).to_string();
        let labels = [("code", number.as_str()), ("message", code.message())];
        page.line("refusals_total", &labels, *n);
    }
    page.count("received_bytes_total", "Bytes read.", t.bytes_in);
    page.count("sent_bytes_total", "Bytes written.", t.bytes_out);
    page.value("queued_bytes", "What waits for all clients.", t.queued);
    let about = "The most that has been seen to wait for one client.";
    page.value("queue_high_water_bytes", about, t.queue_high_water);
}

fn sockets(m: &Metrics, page: &mut Page<'_>) {
    page.value("namespaces", "Namespaces there are.", m.namespaces);
    page.value("sockets", "Sockets that are connected.", m.sockets);
    page.value("rooms", "Rooms that have members.", m.rooms);
    page.count(
        "connects_total",
        "Sockets let into a namespace.",
        m.connects,
    );
    page.count(
        "recoveries_total",
        "Sockets that came back to their session.",
        m.recoveries,
    );
    page.count(
        "connect_errors_total",
        "Sockets that a namespace refused.",
        m.connect_errors,
    );
    page.counter(
        "disconnects_total",
        "Sockets that have left a namespace, by reason.",
    );
    let left = m
        .disconnects
        .iter()
        .map(|(reason, n)| (reason.as_str(), *n));
    page.each("disconnects_total", "reason", left);
}

fn packets(m: &Metrics, page: &mut Page<'_>) {
    let both = |events: u64, acks: u64| [("event", events), ("ack", acks)];
    page.counter("received_packets_total", "Packets that came, by type.");
    page.each(
        "received_packets_total",
        "type",
        both(m.events_in, m.acks_in),
    );
    page.counter(
        "sent_packets_total",
        "Packets queued, by type, once for each receiver.",
    );
    page.each("sent_packets_total", "type", both(m.events_out, m.acks_out));
    page.count(
        "ack_timeouts_total",
        "Acknowledgements that did not come in time.",
        m.ack_timeouts,
    );
    page.count(
        "full_total",
        "Events refused because too much waited for their client.",
        m.full,
    );
    page.counter(
        "handler_errors_total",
        "What went wrong in handlers, by kind.",
    );
    let faults = [
        ("arguments", m.argument_errors),
        ("refused", m.refused_events),
        ("returned", m.handler_errors),
        ("panicked", m.panics),
    ];
    page.each("handler_errors_total", "kind", faults);
}

impl Page<'_> {
    fn head(&mut self, kind: &str, name: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        self.put(format_args!(
            "# HELP siox_{name} {help}\n# TYPE siox_{name} {kind}\n"
        ));
    }

    fn gauge(&mut self, name: &str, help: &str) {
        self.head("gauge", name, help);
    }

    fn counter(&mut self, name: &str, help: &str) {
        self.head("counter", name, help);
    }

    fn value(&mut self, name: &str, help: &str, value: usize) {
        self.gauge(name, help);
        self.line(name, &[], value as u64);
    }

    fn count(&mut self, name: &str, help: &str, value: u64) {
        self.counter(name, help);
        self.line(name, &[], value);
    }

    fn each<'b>(
        &mut self,
        name: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'b str, u64)>,
    ) {
        for (which, value) in values {
            self.line(name, &[(label, which)], value);
        }
    }

    fn line(&mut self, name: &str, labels: Labels<'_>, value: u64) {
        self.put(format_args!("siox_{name}"));
        let common = self.common;
        let mut opened = false;
        for (label, value) in common.iter().chain(labels) {
            self.text.push(if opened { ',' } else { '{' });
            opened = true;
            self.label(label, value);
        }
        if opened {
            self.text.push('}');
        }
        self.put(format_args!(" {value}\n"));
    }

    fn label(&mut self, name: &str, value: &str) {
        for (at, c) in name.chars().enumerate() {
            let fits = c == '_' || c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit());
            self.text.push(if fits { c } else { '_' });
        }
        self.text.push_str("=\"");
        for c in value.chars() {
            match c {
                '\\' => self.text.push_str("\\\\"),
                '"' => self.text.push_str("\\\""),
                '\n' => self.text.push_str("\\n"),
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }

    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // A string takes everything.
        let _ = self.text.write_fmt(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// A reader of the format as its document describes it: names and labels to values. Fails on what it
    /// does not allow.
    fn parse(text: &str) -> BTreeMap<(String, Vec<(String, String)>), u64> {
        let (mut found, mut declared, mut helped) =
            (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut last = String::new();
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, _) = help.split_once(' ').unwrap();
                assert!(helped.insert(name.to_owned()), "{name} has its help twice");
                continue;
            }
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(helped.contains(name), "{name} without help");
                assert!(matches!(kind, "counter" | "gauge"), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                assert!(declared.insert(name.to_owned(), kind.to_owned()).is_none());
                last = name.to_owned();
                continue;
            }
            let name_end = line.find(['{', ' ']).unwrap();
            let (name, mut rest) = line.split_at(name_end);
            assert_eq!(
                name, last,
                "the lines of a metric stand together, behind its type"
            );
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
            let mut labels = Vec::new();
            if let Some(inner) = rest.strip_prefix('{') {
                rest = read_labels(inner, &mut labels);
            }
            let value = rest.strip_prefix(' ').unwrap().parse().unwrap();
            assert!(
                found.insert((name.to_owned(), labels), value).is_none(),
                "{line} twice"
            );
        }
        found
    }

    fn read_labels<'a>(mut rest: &'a str, labels: &mut Vec<(String, String)>) -> &'a str {
        loop {
            let (name, quoted) = rest.split_once("=\"").unwrap();
            assert!(!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()));
            assert!(
                name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
                "{name}"
            );
            let mut value = String::new();
            let mut chars = quoted.char_indices();
            let end = loop {
                match chars.next().unwrap() {
                    (at, '"') => break at + 1,
                    (_, '\\') => value.push(match chars.next().unwrap().1 {
                        'n' => '\n',
                        c @ ('\\' | '"') => c,
                        other => panic!("no escape: {other}"),
                    }),
                    (_, c) => value.push(c),
                }
            };
            labels.push((name.to_owned(), value));
            match quoted[end..].split_at(1) {
                (",", more) => rest = more,
                ("}", more) => return more,
                (other, _) => panic!("neither , nor }} but {other}"),
            }
        }
    }

    fn label(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_text_reads_back() {
        let metrics = crate::metrics::Counts::default();
        metrics.add(crate::metrics::Count::EventIn, 7);
        metrics.refused(siox_engineio::ErrorCode::Forbidden);
        let mut metrics = metrics.so_far();
        metrics.traffic.websocket = 3;
        let read = parse(&metrics.to_prometheus());
        let value = |name: &str, labels: &[(String, String)]| {
            read[&(format!("siox_{name}"), labels.to_vec())]
        };
        assert_eq!(value("sessions", &[label("transport", "websocket")]), 3);
        assert_eq!(
            value("received_packets_total", &[label("type", "event")]),
            7
        );
        let forbidden = [label("code", "4"), label("message", "Forbidden")];
        assert_eq!(value("refusals_total", &forbidden), 1);
        assert_eq!(value("sockets", &[]), 0);
        let reasons = read.keys().filter(|(n, _)| n == "siox_disconnects_total");
        assert_eq!(reasons.count(), metrics.disconnects.len());
    }

    #[test]
    fn labels_of_the_operator_are_escaped() {
        let nasty = "a \"quoted\\\" one\nand a line, {with=\"all\"} é";
        let text = Metrics::default().to_prometheus_with(&[("in-stance", nasty), ("9", "")]);
        for (_, labels) in parse(&text).keys() {
            assert_eq!(labels[..2], [label("in_stance", nasty), label("_", "")]);
        }
    }
}
