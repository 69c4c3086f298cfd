//! The rounds, and the table of what they measured.

use crate::{
    Failure,
    peers::{self, Peer},
    process::Process,
    row::Row,
};
use std::{io, process::Command};

/// Prints the table. Each round runs every client, beginning with another one each time, so that whatever disturbs the
/// machine disturbs all.
pub(crate) fn run(is_quick: bool, only: Option<Row>) -> Result<(), Failure> {
    let (rounds, part) = if is_quick { (1, 20) } else { (7, 1) };
    println!(
        "Processor time of the client's process as the scheduler accounts it, microseconds a message there and back (or \
         received): medians of {rounds} interleaved rounds; the ratios are medians of the ratios of each round. One \
         connection, on a WebSocket; the server is siox in a process of its own; each client has warmed up.\n"
    );
    for peer in Peer::ALL {
        println!("- {}: {}", peer.name(), peer.about());
    }
    println!(
        "\n| row | siox | rust_socketio | node | siox : rust_socketio | siox : node |\n|---|--:|--:|--:|--:|--:|"
    );
    for row in Row::ALL
        .into_iter()
        .filter(|row| only.is_none_or(|only| only == *row))
    {
        let figures = measure(row, rounds, row.count() / part)?;
        println!("{}", line(row, &figures));
    }
    Ok(())
}

/// Microseconds a message of each client, round by round; `None` for one that cannot do it.
fn measure(row: Row, rounds: usize, count: u32) -> Result<[Option<Vec<f64>>; 3], Failure> {
    let mut figures = Peer::ALL.map(|peer| peers::can(peer, row).then(Vec::new));
    for round in 0..rounds {
        for turn in 0..Peer::ALL.len() {
            let at = (round + turn) % Peer::ALL.len();
            if let Some(figures) = &mut figures[at] {
                figures.push(one(Peer::ALL[at], row, count)?);
            }
        }
        eprintln!("{}: round {}", row.name(), round + 1);
    }
    Ok(figures)
}

fn one(peer: Peer, row: Row, count: u32) -> io::Result<f64> {
    let mut server = Process::start(Command::new(std::env::current_exe()?).arg("serve"))?;
    let url = format!("http://127.0.0.1:{}", server.line()?);
    // What is compiled while it runs has to run for a while.
    let warm = count / 2;
    let words = [&url, row.name(), &warm.to_string(), &count.to_string()];
    let mut client = Process::start(peer.command()?.args(words))?;
    client.expect("ready")?;
    let before = client.cpu()?;
    client.tell("go")?;
    client.expect("done")?;
    let took = client.cpu()?.saturating_sub(before);
    Ok(took.as_secs_f64() * 1e6 / f64::from(count))
}

fn line(row: Row, figures: &[Option<Vec<f64>>; 3]) -> String {
    let mut line = format!("| {} (`{}`)", row.about(), row.name());
    for figures in figures {
        let text = figures
            .as_ref()
            .map_or("cannot".into(), |f| short(median(f)));
        line.push_str(&format!(" | {text}"));
    }
    let [Some(own), others @ ..] = figures else {
        return line + " |";
    };
    for other in others {
        let ratio = other.as_ref().map(|other| {
            let each: Vec<f64> = own
                .iter()
                .zip(other)
                .map(|(own, other)| own / other)
                .collect();
            median(&each)
        });
        line.push_str(&format!(
            " | {}",
            ratio.map_or("–".into(), |r| format!("{r:.2}"))
        ));
    }
    line + " |"
}

fn short(figure: f64) -> String {
    let places = if figure < 10.0 { 2 } else { 1 };
    format!("{figure:.places$}")
}

/// The one in the middle; of two, the larger.
fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_medians_ratios_and_gaps() {
        let figures = [Some(vec![1.0, 3.0, 2.0]), None, Some(vec![4.0, 6.0, 8.0])];
        let told = line(Row::Answer, &figures);
        assert!(
            told.ends_with("(`answer`) | 2.00 | cannot | 6.00 | – | 0.25 |"),
            "{told}"
        );
    }
}
