//! The plot: a line a row, a dot a server, by the best of the others, on a logarithmic scale.

use crate::{
    bench::Figures,
    peers::Peer,
    report::figure,
    rows::{Against, ROWS},
};
use std::fmt::Write;

const LEFT: f64 = 340.0;
const WIDTH: f64 = 520.0;
const TOP: f64 = 70.0;
const STEP: f64 = 28.0;
/// The ends of the scale, and what is marked on it.
const ENDS: (f64, f64) = (0.02, 30.0);
const MARKS: [f64; 7] = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

fn color(peer: Peer) -> &'static str {
    match peer {
        Peer::Siox => "#d62728",
        Peer::Socketioxide => "#1f77b4",
        Peer::SocketioxideThreads => "#9ecae9",
        Peer::Bun => "#e0a800",
        Peer::Node => "#2ca02c",
        Peer::Uws => "#9467bd",
        Peer::Probe => "#999999",
    }
}

fn x(ratio: f64) -> f64 {
    let (low, high) = ENDS;
    let share = (ratio.clamp(low, high) / low).ln() / (high / low).ln();
    LEFT + WIDTH * share
}

pub(crate) fn svg(all: &[Figures]) -> String {
    let height = TOP + STEP * ROWS.len() as f64 + 30.0;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="12" y="20" font-size="14">Processor time of the server by that of the best of the others (less is better)</text>
"#,
        LEFT + WIDTH + 30.0
    );
    legend(&mut svg, all);
    scale(&mut svg, height);
    for at in 0..ROWS.len() {
        row(&mut svg, all, at);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Writing to a string cannot fail.
fn put(svg: &mut String, element: &str) {
    let _ = writeln!(svg, "{element}");
}

fn legend(svg: &mut String, all: &[Figures]) {
    for (at, figures) in all.iter().enumerate() {
        let left = 20.0 + 125.0 * at as f64;
        dot(svg, left, 40.0, figures.peer);
        let name = figures.peer.name();
        put(
            svg,
            &format!(r#"<text x="{}" y="44">{name}</text>"#, left + 9.0),
        );
    }
}

fn scale(svg: &mut String, height: f64) {
    for mark in MARKS {
        let (x, bottom) = (x(mark), height - 26.0);
        let grey = if mark == 1.0 { "#666" } else { "#ddd" };
        put(
            svg,
            &format!(r#"<line x1="{x:.1}" y1="{TOP}" x2="{x:.1}" y2="{bottom}" stroke="{grey}"/>"#),
        );
        put(
            svg,
            &format!(
                r#"<text x="{x:.1}" y="{}" text-anchor="middle">{mark}</text>"#,
                height - 10.0
            ),
        );
    }
}

fn row(svg: &mut String, all: &[Figures], at: usize) {
    let y = TOP + STEP * (at as f64 + 0.5);
    let title = ROWS[at].title;
    put(
        svg,
        &format!(
            r#"<text x="{}" y="{}" text-anchor="end">{title}</text>"#,
            LEFT - 12.0,
            y + 4.0
        ),
    );
    let found = |figures: &Figures| figure(&figures.rows[at]);
    let others = all
        .iter()
        .filter(|figures| Against::Best.holds(figures.peer));
    let Some(best) = others.filter_map(found).min_by(f64::total_cmp) else {
        return;
    };
    for figures in all.iter().rev() {
        if let Some(nanos) = found(figures) {
            dot(svg, x(nanos / best), y, figures.peer);
        }
    }
}

fn dot(svg: &mut String, x: f64, y: f64, peer: Peer) {
    let (radius, color) = (if peer == Peer::Siox { 6 } else { 4 }, color(peer));
    put(
        svg,
        &format!(
            r#"<circle cx="{x:.1}" cy="{y}" r="{radius}" fill="{color}" fill-opacity="0.85"/>"#
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_goes_from_end_to_end() {
        assert_eq!(x(ENDS.0), LEFT);
        assert_eq!(x(ENDS.1), LEFT + WIDTH);
        assert!(x(0.1) < x(1.0) && x(1000.0) == x(ENDS.1));
    }
}
