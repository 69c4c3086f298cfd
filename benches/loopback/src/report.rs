//! The table: medians, their ratio to the raw echo, and to the best of the others.

use crate::{
    bench::{CASES, Plan, is_other},
    peers::{OURS, Peer, RAW},
};
use std::fmt::Write;

/// What was measured of one server, a figure a round.
pub(crate) struct Figures {
    name: &'static str,
    /// Nanoseconds of processor time a message, by case.
    pub(crate) echo: [Vec<f64>; CASES.len()],
    /// System calls a message, by case.
    pub(crate) calls: [Option<f64>; CASES.len()],
    /// Nanoseconds of processor time a handshake.
    pub(crate) handshake: Vec<f64>,
    pub(crate) memory: Vec<Memory>,
}

/// Resident bytes a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) opened: f64,
    pub(crate) echoed: f64,
}

impl Figures {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            echo: Default::default(),
            calls: Default::default(),
            handshake: Vec::new(),
            memory: Vec::new(),
        }
    }
}

pub(crate) fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        len if len % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// The median of the ratios of each round: both sides of a round had the same machine.
fn ratio(ours: &[f64], base: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> = ours
        .iter()
        .zip(base)
        .map(|(ours, base)| ours / base)
        .collect();
    median(&ratios)
}

fn cell(text: &mut String, value: Option<f64>, digits: usize) {
    let _ = match value {
        Some(value) => write!(text, " {value:.digits$} |"),
        None => write!(text, " – |"),
    };
}

/// One table: a line a server, a column pair a case.
struct Table<'a> {
    title: &'a str,
    columns: Vec<String>,
    /// By server, by column.
    series: Vec<Vec<Vec<f64>>>,
    unit: f64,
    digits: usize,
}

impl Table<'_> {
    fn write(&self, text: &mut String, peers: &[&Peer]) {
        let _ = writeln!(text, "\n### {}\n", self.title);
        let _ = write!(text, "| server |");
        for column in &self.columns {
            let _ = write!(text, " {column} | × raw |");
        }
        let _ = writeln!(text, "\n|---|{}", "--:|--:|".repeat(self.columns.len()));
        let raw = peers.iter().position(|peer| peer.name == RAW);
        for (peer, series) in peers.iter().zip(&self.series) {
            if series.iter().all(Vec::is_empty) {
                continue;
            }
            let _ = write!(text, "| {} |", peer.name);
            for (at, figures) in series.iter().enumerate() {
                cell(
                    text,
                    median(figures).map(|value| value / self.unit),
                    self.digits,
                );
                cell(
                    text,
                    raw.and_then(|raw| ratio(figures, &self.series[raw][at])),
                    2,
                );
            }
            text.push('\n');
        }
        self.write_best(text, peers);
    }

    fn write_best(&self, text: &mut String, peers: &[&Peer]) {
        let Some(ours) = peers.iter().position(|peer| peer.name == OURS) else {
            return;
        };
        let _ = write!(text, "| siox ÷ best other |");
        for at in 0..self.columns.len() {
            let others = peers
                .iter()
                .zip(&self.series)
                .filter(|(peer, _)| is_other(peer));
            let ratios =
                others.filter_map(|(_, series)| ratio(&self.series[ours][at], &series[at]));
            cell(text, ratios.max_by(f64::total_cmp), 2);
            let _ = write!(text, " |");
        }
        text.push('\n');
    }
}

pub(crate) fn table(peers: &[&Peer], all: &[Figures], plan: &Plan, has_calls: bool) -> String {
    let mut text = format!(
        "Processor time of the server's process as the scheduler accounts it, medians of {} interleaved rounds; the \
         ratios are medians of the ratios of each round, in which raw and siox, between which the bounds stand, have {} \
         turns each. Every server is one thread of tokio in a process of its own, \
         over 64 connections; the generator sends all messages in flight of a connection in one write, reads once for \
         what comes together, never sleeps, and compares every byte that comes back. The raw echo is sent what a WebSocket server answers, frame heads included, so \
         that the same bytes leave (four a message fewer come in).\n\n",
        plan.rounds, plan.turns
    );
    for peer in peers {
        let _ = writeln!(text, "- {}: {}", peer.name, peer.about);
    }
    for (title, in_flight) in [
        ("Echo, 16 in flight, ns a message", 16),
        ("Echo, one in flight, ns a message", 1),
    ] {
        let of = || {
            CASES
                .iter()
                .enumerate()
                .filter(move |(_, case)| case.in_flight == in_flight)
        };
        Table {
            title,
            columns: of().map(|(_, case)| case.title()).collect(),
            series: all
                .iter()
                .map(|f| of().map(|(at, _)| f.echo[at].clone()).collect())
                .collect(),
            unit: 1.0,
            digits: 0,
        }
        .write(&mut text, peers);
    }
    if has_calls {
        calls(&mut text, all);
    }
    Table {
        title: "Handshake, opened and closed, µs",
        columns: vec!["handshake".into()],
        series: all.iter().map(|f| vec![f.handshake.clone()]).collect(),
        unit: 1000.0,
        digits: 1,
    }
    .write(&mut text, peers);
    Table {
        title: &format!("Resident bytes a connection, {} idle ones", plan.idle),
        columns: vec![
            "after the handshake".into(),
            "after one echo of 16 KiB".into(),
        ],
        series: all
            .iter()
            .map(|f| {
                let of = |field: fn(&Memory) -> f64| f.memory.iter().map(field).collect();
                vec![of(|m| m.opened), of(|m| m.echoed)]
            })
            .collect(),
        unit: 1.0,
        digits: 0,
    }
    .write(&mut text, peers);
    text
}

fn calls(text: &mut String, all: &[Figures]) {
    let _ = writeln!(text, "\n### System calls a message\n");
    let _ = write!(text, "| server |");
    for case in CASES {
        let _ = write!(text, " {} |", case.title());
    }
    let _ = writeln!(text, "\n|---|{}", "--:|".repeat(CASES.len()));
    for figures in all {
        let _ = write!(text, "| {} |", figures.name);
        for calls in figures.calls {
            cell(text, calls, 3);
        }
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_ratios() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        assert_eq!(ratio(&[2.0, 9.0, 4.0], &[1.0, 3.0, 4.0]), Some(2.0));
    }
}
