//! The tables: what was measured, in microseconds, and the bounds beside.

use crate::{
    bench::{Figures, Plan},
    instructions,
    load::{CONNECTIONS, MEMBERS},
    packets::Line,
    peers::Peer,
    rounds::median,
    rows::{Against, ROWS, Row},
};
use std::fmt::Write;

/// What a connection may hold, in bytes, and how much more after its echoes.
const MEMORY: (f64, f64) = (3000.0, 1.1);
/// What may be kept of it when it has gone: a tenth of what it held.
const KEPT: f64 = 0.1;

pub(crate) fn report(all: &[Figures], lines: &[Line], plan: &Plan) -> String {
    let mut text = intro(plan);
    for figures in all {
        line(
            &mut text,
            &format!("- {}: {}", figures.peer.name(), figures.peer.about()),
        );
    }
    loopback(&mut text, all);
    counted(&mut text, all);
    memory(&mut text, all, plan);
    packets(&mut text, lines);
    text
}

fn intro(plan: &Plan) -> String {
    format!(
        "Processor time of the server's process as the scheduler accounts it, medians of {} interleaved rounds; the ratios are \
         medians of the ratios of each round. Every server is a process of its own with its library's default settings and \
         serves the same application. The generator is one thread; {CONNECTIONS} connections, {MEMBERS} members of the room; \
         all that is in flight of a connection is sent in one write, its answers are awaited and compared byte for byte.\n\n",
        plan.rounds
    )
}

/// Writing to a string cannot fail.
fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}

fn title(text: &mut String, title: &str) {
    line(text, &format!("\n### {title}\n"));
}

fn head(text: &mut String, columns: &[&str]) {
    line(text, &format!("| {} |", columns.join(" | ")));
    line(text, &format!("|---|{}", "--:|".repeat(columns.len() - 1)));
}

/// The median of the rounds, where no round failed.
pub(crate) fn figure(rounds: &[Option<f64>]) -> Option<f64> {
    let rounds: Vec<f64> = rounds.iter().copied().collect::<Option<_>>()?;
    (!rounds.is_empty()).then(|| median(&rounds))
}

/// By whom a bound is judged: the one of the lowest median.
fn rival(all: &[Figures], row: usize, against: Against) -> Option<&Figures> {
    let rivals = all.iter().filter(|figures| against.holds(figures.peer));
    rivals
        .filter_map(|figures| Some((figures, figure(&figures.rows[row])?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(figures, _)| figures)
}

/// The ratio of siox to the rival, and whether it holds.
fn judged(all: &[Figures], row: usize, (bound, against): (f64, Against)) -> Option<String> {
    let ours = all.iter().find(|figures| figures.peer == Peer::Siox)?;
    let rival = rival(all, row, against)?;
    let pairs = ours.rows[row].iter().zip(&rival.rows[row]);
    let ratios: Vec<f64> = pairs
        .map(|(ours, theirs)| Some((*ours)? / (*theirs)?))
        .collect::<Option<_>>()?;
    let ratio = median(&ratios);
    Some(format!(
        "{ratio:.2} × {} (≤ {bound} {})",
        match against {
            Against::Best => format!("best ({})", rival.peer.name()),
            other => other.title().to_owned(),
        },
        verdict(ratio <= bound)
    ))
}

fn verdict(holds: bool) -> &'static str {
    if holds { "✓" } else { "✗" }
}

fn loopback(text: &mut String, all: &[Figures]) {
    let is_measured = |row: usize| all.iter().any(|figures| !figures.rows[row].is_empty());
    if !(0..ROWS.len()).any(is_measured) {
        return;
    }
    title(text, "Over loopback, µs a message, delivery or connection");
    let names: Vec<&str> = all.iter().map(|figures| figures.peer.name()).collect();
    let mut columns = vec!["row"];
    columns.extend(&names);
    columns.push("siox, and what must hold");
    head(text, &columns);
    for (at, row) in ROWS.iter().enumerate().filter(|(at, _)| is_measured(*at)) {
        let cells = all.iter().map(|figures| match figure(&figures.rows[at]) {
            Some(nanos) => micros(nanos),
            None => "–".to_owned(),
        });
        line(
            text,
            &format!(
                "| {} (`{}`) | {} | {} |",
                row.title,
                row.name,
                cells.collect::<Vec<_>>().join(" | "),
                verdicts(all, at, row)
            ),
        );
    }
}

fn verdicts(all: &[Figures], at: usize, row: &Row) -> String {
    let judged = row
        .bounds
        .iter()
        .filter_map(|bound| judged(all, at, *bound));
    judged.collect::<Vec<_>>().join(", ")
}

fn micros(nanos: f64) -> String {
    match nanos / 1000.0 {
        micros if micros < 1.0 => format!("{micros:.3}"),
        micros if micros < 10.0 => format!("{micros:.2}"),
        micros => format!("{micros:.1}"),
    }
}

fn counted(text: &mut String, all: &[Figures]) {
    let counted: Vec<&Figures> = all
        .iter()
        .filter(|figures| figures.instructions.iter().any(Option::is_some))
        .collect();
    if counted.is_empty() {
        return;
    }
    title(
        text,
        "User-space instructions a message or delivery (callgrind)",
    );
    let mut columns = vec!["row"];
    columns.extend(counted.iter().map(|figures| figures.peer.name()));
    columns.push("must hold");
    head(text, &columns);
    for (name, bound) in instructions::ROWS {
        let Some(at) = ROWS.iter().position(|row| row.name == name) else {
            continue;
        };
        let count = |figures: &&Figures| figures.instructions[at];
        let cells = counted
            .iter()
            .map(|figures| count(figures).map_or("–".to_owned(), |count| format!("{count:.0}")));
        let ours = counted.iter().find(|figures| figures.peer == Peer::Siox);
        let holds = ours.and_then(count).map(|count| verdict(count <= bound));
        line(
            text,
            &format!(
                "| {} | {} | ≤ {bound} {} |",
                ROWS[at].title,
                cells.collect::<Vec<_>>().join(" | "),
                holds.unwrap_or_default()
            ),
        );
    }
}

fn memory(text: &mut String, all: &[Figures], plan: &Plan) {
    if all.iter().all(|figures| figures.memory.is_none()) {
        return;
    }
    title(
        text,
        &format!("Resident bytes a connection, {} idle ones", plan.idle),
    );
    head(
        text,
        &[
            "server",
            "connected",
            "after an echo of 30 B and one of 1 KiB",
            "kept when all have gone",
        ],
    );
    for figures in all {
        let Some(found) = figures.memory else {
            continue;
        };
        let marks = match figures.peer {
            Peer::Siox => [
                found.opened <= MEMORY.0,
                found.echoed <= found.opened * MEMORY.1,
                found.gone <= found.opened * KEPT,
            ]
            .map(verdict),
            _ => [""; 3],
        };
        line(
            text,
            &format!(
                "| {} | {:.0} {} | {:.0} {} | {:.0} {} |",
                figures.peer.name(),
                found.opened,
                marks[0],
                found.echoed,
                marks[1],
                found.gone,
                marks[2]
            ),
        );
    }
    line(
        text,
        &format!(
            "\nsiox must hold at most {} B, {:.0} % more after the echoes, and give it back.",
            MEMORY.0,
            100.0 * (MEMORY.1 - 1.0)
        ),
    );
}

fn packets(text: &mut String, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    title(text, "Packets in memory, ns");
    let columns = ["", "siox", "socketioxide", "÷", "must hold", "and ÷"];
    head(text, &columns);
    for found in lines {
        let (ratio, share) = (found.siox / found.other, found.bound / found.reference);
        line(
            text,
            &format!(
                "| {} | {:.0} | {:.0} | {ratio:.2} | ≤ {:.0} {} | ≤ {share:.2} {} |",
                found.title,
                found.siox,
                found.other,
                found.bound,
                verdict(found.siox <= found.bound),
                verdict(ratio <= share)
            ),
        );
    }
    line(
        text,
        "\nThe nanoseconds are of a quiet machine on which socketioxide took 218, 1460 (a KiB), 231, 1800 and 6100; the last \
         column is that bound as a share of socketioxide's figure, for this machine as it was in this run.",
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    fn figures(peer: Peer, first: &[f64]) -> Figures {
        let mut figures = Figures {
            peer,
            rows: Default::default(),
            memory: Some(Memory {
                opened: 2000.0,
                echoed: 2300.0,
                gone: 10.0,
            }),
            instructions: Default::default(),
        };
        figures.rows[0] = first.iter().map(|nanos| Some(*nanos)).collect();
        figures
    }

    #[test]
    fn a_bound_is_judged_by_the_ratios_of_the_rounds_to_the_best() {
        let all = [
            figures(Peer::Siox, &[100.0, 600.0, 300.0]),
            figures(Peer::Bun, &[1000.0, 2000.0, 1000.0]),
            figures(Peer::Node, &[9000.0, 9000.0, 9000.0]),
        ];
        let judged = judged(&all, 0, (0.35, Against::Best)).unwrap();
        assert_eq!(judged, "0.30 × best (bun) (≤ 0.35 ✓)");
        assert_eq!(super::judged(&all, 0, (0.35, Against::Uws)), None);
    }

    #[test]
    fn what_grows_or_fails_is_marked() {
        let mut all = [figures(Peer::Siox, &[100.0]), figures(Peer::Node, &[900.0])];
        all[1].rows[0] = vec![None];
        let mut text = String::new();
        loopback(&mut text, &all);
        assert!(text.contains("| 0.100 | – |"), "{text}");
        let mut text = String::new();
        counted(&mut text, &all);
        assert_eq!(text, "");
        let ours = all[0].memory.unwrap();
        assert!(ours.echoed > ours.opened * MEMORY.1);
    }
}
