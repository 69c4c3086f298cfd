//! One side's work and nothing else, to be run under `valgrind --tool=callgrind`:
//! `instructions read|write|bare|inflate|inflate-takeover SIZE CRATE [RUNS]`. What a message costs is the difference
//! between two numbers of runs, over 4,096 messages each, or as many as make 16 MiB, or those of 1 MiB to inflate.

use siox_frames::deflate::{Work, inflate_jobs};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [part, size, name, runs @ ..] = words.as_slice() else {
        panic!("instructions read|write|bare|inflate|inflate-takeover SIZE CRATE [RUNS]");
    };
    let runs = runs.first().map_or(10, |n| n.parse().expect("a number"));
    let size: usize = size.parse().expect("a number");
    let count = ((16 << 20) / size.max(1)).clamp(1, 4096);
    let jobs = match part.as_str() {
        "read" => siox_frames::read::jobs(size, count),
        "write" => siox_frames::write::session::jobs(size, count),
        "inflate" => inflate_jobs(&Work::new(size, false)),
        "inflate-takeover" => inflate_jobs(&Work::new(size, true)),
        _ => siox_frames::write::bare::jobs(size, count),
    };
    let job = jobs.into_iter().find(|job| job.name == name);
    let mut job = job.expect("one of the crates");
    for _ in 0..runs {
        (job.run)();
    }
}
