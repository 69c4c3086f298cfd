//! Prints the tables of `benches/RESULTS.md` on frames: `siox-frames [read|write|deflate] [--rounds N]`.
#![forbid(unsafe_code)]

use siox_frames::{
    Job,
    deflate::{self, Work},
    input::{SIZES, count},
    read,
    rounds::{Took, measure},
    write,
};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rounds = words.iter().skip_while(|w| *w != "--rounds").nth(1);
    let rounds = rounds.and_then(|n| n.parse().ok()).unwrap_or(7);
    let wants = |part: &str| {
        let parts = ["read", "write", "deflate"];
        words.iter().any(|w| w == part) || !words.iter().any(|w| parts.contains(&&**w))
    };
    if wants("read") {
        println!("### Parse masked text frames, million messages a second\n");
        frames(read::jobs, rounds);
    }
    if wants("write") {
        println!(
            "### Send server text frames through a session, flushed every 16, million messages a second\n"
        );
        frames(write::session::jobs, rounds);
        println!("### Encode them without a session, into a buffer, million messages a second\n");
        frames(write::bare::jobs, rounds);
    }
    if wants("deflate") {
        println!("### Compress messages, level 1, MB a second\n");
        deflated(deflate::compress_jobs, rounds);
        println!("### Inflate them, MB a second\n");
        deflated(deflate::inflate_jobs, rounds);
        println!("### Inflate them as texts, MB a second\n");
        deflated(
            |work| deflate::inflate_jobs(&work.clone().as_texts()),
            rounds,
        );
    }
}

fn deflated(jobs: fn(&Work) -> Vec<Job>, rounds: usize) {
    let names: Vec<_> = jobs(&Work::new(1024, false))
        .iter()
        .map(|job| job.name)
        .collect();
    println!(
        "| payload | context takeover | {} | siox / bare |",
        names.join(" | ")
    );
    println!("|---|---|{}---|", "---|".repeat(names.len()));
    for takeover in [false, true] {
        for (label, size) in deflate::SIZES {
            let work = Work::new(size, takeover);
            let took = measure(&mut jobs(&work), rounds);
            let bytes = (work.count() * size) as f64;
            let rates: Vec<f64> = took
                .iter()
                .map(|took| bytes / took.nanos * 1000.0)
                .collect();
            let cells: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
            let word = if takeover { "yes" } else { "no" };
            let ratio = took[0].times_as_fast_as(&took[1]);
            println!("| {label} | {word} | {} | {ratio:.2} |", cells.join(" | "));
        }
    }
    println!();
}

fn frames(jobs: fn(usize, usize) -> Vec<Job>, rounds: usize) {
    let names: Vec<_> = jobs(16, 1).iter().map(|job| job.name).collect();
    let limit = names.iter().position(|name| name.starts_with("bare"));
    println!(
        "| payload | {} | siox / best peer |{}",
        names.join(" | "),
        limit.map_or("", |_| " siox / limit |")
    );
    println!(
        "|---|{}---|",
        "---|".repeat(names.len() + usize::from(limit.is_some()))
    );
    for (label, size) in SIZES {
        let count = count(size);
        let took = measure(&mut jobs(size, count), rounds);
        let rates: Vec<f64> = took
            .iter()
            .map(|Took { nanos, .. }| count as f64 / nanos * 1000.0)
            .collect();
        let cells: Vec<String> = rates.iter().map(|rate| figure(*rate)).collect();
        let siox = &took[0];
        let peers = took.iter().filter(|took| is_peer(took.name));
        let best = peers
            .map(|peer| siox.times_as_fast_as(peer))
            .fold(f64::INFINITY, f64::min);
        let limit = limit.map(|at| format!(" {:.2} |", siox.times_as_fast_as(&took[at])));
        println!(
            "| {label} | {} | {best:.2} |{}",
            cells.join(" | "),
            limit.unwrap_or_default()
        );
    }
    println!();
}

/// Neither ours, nor what nobody can do without.
fn is_peer(name: &str) -> bool {
    !name.starts_with("siox") && !name.starts_with("bare")
}

fn figure(rate: f64) -> String {
    match rate {
        10.0.. => format!("{rate:.1}"),
        0.1.. => format!("{rate:.2}"),
        _ => format!("{rate:.4}"),
    }
}
