//! The rounds: every server once a round, so that what disturbs the machine disturbs all alike.

use crate::{
    instructions,
    memory::{self, Memory},
    packets::{self, Line},
    peers::{Failure, Peer},
    plot, report,
    rows::{self, Effort, ROWS, Row, generate},
};
use std::{fs, path::PathBuf, time::Duration};

/// What was asked for on the command line.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) is_quick: bool,
    /// This row only, or `memory`, `instructions` or `packets`.
    pub(crate) row: Option<String>,
    /// These peers only.
    pub(crate) only: Vec<String>,
    /// Where the plot goes.
    pub(crate) plot: Option<PathBuf>,
}

impl Options {
    fn has(&self, part: &str) -> bool {
        self.row.as_deref().is_none_or(|row| row == part)
    }

    fn has_peer(&self, peer: Peer) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == peer.name())
    }
}

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    effort: Effort,
    pub(crate) idle: usize,
    packet_rounds: usize,
}

impl Plan {
    const FULL: Self = Self {
        rounds: 3,
        effort: Effort {
            warm: Duration::from_millis(400),
            time: Duration::from_millis(600),
            connections: 1600,
        },
        idle: 10_000,
        packet_rounds: 9,
    };
    const QUICK: Self = Self {
        rounds: 1,
        effort: Effort {
            warm: Duration::from_millis(50),
            time: Duration::from_millis(150),
            connections: 160,
        },
        idle: 500,
        packet_rounds: 3,
    };

    /// What counts is a server that has run for a while.
    fn effort(&self, peer: Peer) -> Effort {
        let more = if peer.is_compiled_late() { 2 } else { 1 };
        Effort {
            warm: self.effort.warm * more,
            ..self.effort
        }
    }
}

/// What was measured of one server.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) peer: Peer,
    /// Nanoseconds, for each of [`ROWS`] a figure a round; none where the server failed.
    pub(crate) rows: [Vec<Option<f64>>; ROWS.len()],
    pub(crate) memory: Option<Memory>,
    /// Instructions, for each of [`ROWS`].
    pub(crate) instructions: [Option<f64>; ROWS.len()],
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let plan = match options.is_quick {
        true => Plan::QUICK,
        false => Plan::FULL,
    };
    let peers = Peer::ALL.into_iter().filter(|peer| options.has_peer(*peer));
    let mut all: Vec<Figures> = peers
        .map(|peer| Figures {
            peer,
            rows: Default::default(),
            memory: None,
            instructions: Default::default(),
        })
        .collect();
    for round in 0..plan.rounds {
        for turn in 0..all.len() {
            let at = (round + turn) % all.len();
            eprintln!(
                "round {} of {}: {}",
                round + 1,
                plan.rounds,
                all[at].peer.name()
            );
            generate(measure(&mut all[at], plan, options))??;
        }
    }
    if options.has("memory") {
        generate(idle(&mut all, plan))?;
    }
    if options.has("instructions") && instructions::is_possible() {
        generate(count(&mut all))?;
    }
    let lines: Vec<Line> = match options.has("packets") {
        true => packets::lines(plan.packet_rounds),
        false => Vec::new(),
    };
    print!("{}", report::report(&all, &lines, &plan));
    if let Some(path) = &options.plot {
        fs::write(path, plot::svg(&all))?;
    }
    Ok(())
}

/// One round of one server. A peer that fails has no figure; siox must not.
async fn measure(figures: &mut Figures, plan: Plan, options: &Options) -> Result<(), Failure> {
    let peer = figures.peer;
    let wanted = |row: &Row| options.has(row.name);
    if !ROWS.iter().any(wanted) {
        return Ok(());
    }
    let server = peer.start()?;
    for (row, found) in ROWS.into_iter().zip(&mut figures.rows) {
        if !wanted(&row) {
            continue;
        }
        match rows::measure(&server, row, plan.effort(peer)).await {
            Ok(nanos) => found.push(Some(nanos)),
            Err(why) if peer.is_other() => {
                eprintln!("{} failed at {}: {why}", peer.name(), row.name);
                found.push(None);
            }
            Err(why) => return Err(format!("{} at {}: {why}", peer.name(), row.name).into()),
        }
    }
    Ok(())
}

async fn idle(all: &mut [Figures], plan: Plan) {
    for figures in all {
        eprintln!("memory: {}", figures.peer.name());
        match memory::measure(figures.peer, plan.idle).await {
            Ok(memory) => figures.memory = Some(memory),
            Err(why) => eprintln!("{} failed: {why}", figures.peer.name()),
        }
    }
}

/// Of the two whose programs are compiled to instructions before they run.
async fn count(all: &mut [Figures]) {
    for figures in all {
        if !matches!(figures.peer, Peer::Siox | Peer::Socketioxide) {
            continue;
        }
        eprintln!("instructions: {}", figures.peer.name());
        for (row, found) in ROWS.into_iter().zip(&mut figures.instructions) {
            if instructions::ROWS.iter().any(|(name, _)| *name == row.name) {
                match instructions::measure(figures.peer, row, None).await {
                    Ok(count) => *found = Some(count),
                    Err(why) => eprintln!("{} failed: {why}", row.name),
                }
            }
        }
    }
}
